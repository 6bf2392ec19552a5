"""The `dealflow` command: what it does, what it says, and the code it leaves with."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine import api, queries
from engine.errors import StorageFull
from engine.settings import load
from handlers.inquiries import import_inquiries
from tests.paths import ROOT
from tests.patience import PATIENCE
from tests.stories.served import free_port
from tests.web.material import package
from web.cli import data, run
from web.cli.serving import shown_database


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty installation."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEALFLOW_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", f"sqlite:///{tmp_path / 'var' / 'x.db'}")
    monkeypatch.setenv("DEALFLOW_BPMN_DIR", str(tmp_path / "bpmn"))
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "en")
    monkeypatch.setenv("DEALFLOW_PORT", str(free_port()))  # whatever else runs on this machine
    return tmp_path


def write_package(folder: Path) -> Path:
    for name, content in package().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_deploying_twice_changes_nothing_the_second_time(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_package(place / "bpmn" / "offer")
    assert run(["deploy", "--note", "first"]) == 0
    assert "offer v1" in capsys.readouterr().out
    assert run(["deploy"]) == 0
    assert "unchanged" in capsys.readouterr().out


def test_a_refused_model_is_told_by_file_element_and_rule(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_package(place / "bpmn" / "offer")
    text = (folder / "offer.bpmn").read_text("utf-8")
    (folder / "offer.bpmn").write_text(text.replace('targetRef="check"', 'targetRef="nowhere"'), "utf-8")
    assert run(["deploy"]) == 2
    told = capsys.readouterr().out
    assert "offer/offer.bpmn" in told and "refused" in told


def test_a_malformed_file_and_a_doctype_are_refused_not_read(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = place / "bpmn" / "bad"
    folder.mkdir(parents=True)
    for content in (
        "<definitions",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><definitions>&e;</definitions>',
    ):
        (folder / "bad.bpmn").write_text(content)
        assert run(["deploy"]) == 2
        told = capsys.readouterr().out
        assert "bad.bpmn" in told and "root:" not in told


def test_a_file_over_the_limit_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEALFLOW_MAX_MODEL_BYTES", "1500")
    write_package(place / "bpmn" / "offer")
    assert run(["deploy"]) == 2
    assert "offer.bpmn" in capsys.readouterr().out


def test_a_demonstration_without_processes_says_where_they_are_looked_for(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["demo"]) == 3
    assert f"no process packages in {place / 'bpmn'}/" in capsys.readouterr().err
    assert not (place / "var" / "x.db").exists()


def test_what_was_deployed_can_be_exported_unchanged(place: Path) -> None:
    folder = write_package(place / "bpmn" / "offer")
    run(["deploy"])
    assert run(["export", "out"]) == 0
    assert (place / "out/offer/offer.bpmn").read_bytes() == (folder / "offer.bpmn").read_bytes()
    assert (place / "out/offer/i18n/en.json").is_file()


def test_check_says_what_is_missing_and_then_that_all_is_well(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 1
    assert "dealflow run" in capsys.readouterr().out
    assert run(["jobs", "failed"]) == 1
    assert "no tables yet" in capsys.readouterr().err
    write_package(place / "bpmn" / "offer")
    run(["deploy"])
    capsys.readouterr()
    assert run(["check"]) == 0
    assert "dealflow limits line" in capsys.readouterr().out


def test_whoever_started_it_it_can_be_told_to_stop(place: Path) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        run(["check"])
        assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, set())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/deals.db", "/srv/deals.db"),
        ("postgresql://deal:hush@db.example/deals", "db.example/deals"),
        ("postgresql://db.example/deals?user=deal&password=hush", "postgresql://db.example/deals"),
    ],
)
def test_no_password_of_the_database_is_printed(place: Path, url: str, shown: str) -> None:
    assert shown_database(load(database_url=url)) == shown


@pytest.mark.parametrize(("stored", "said"), [("records_0017", "older release"), ("records_9999", "newer release")])
def test_nothing_starts_on_the_tables_of_another_release(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stored: str, said: str
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("DEALFLOW_PORT", str(probe.getsockname()[1]))
    write_package(place / "bpmn" / "offer")
    run(["deploy"])
    with sqlite3.connect(place / "var" / "x.db") as file:
        file.execute("UPDATE alembic_version SET version_num = ? WHERE version_num LIKE 'records_%'", (stored,))
    file.close()
    capsys.readouterr()
    for arguments in (["serve"], ["worker", "--once"], ["check"]):
        assert run(arguments) == 1
        told = capsys.readouterr()
        assert said in told.out + told.err
    if stored == "records_9999":
        assert run(["deploy"]) == 1
        assert stored in capsys.readouterr().err


def test_a_setting_that_cannot_be_used_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEALFLOW_ZONE", "Mars/Olympus")
    assert run(["check"]) == 1
    assert "DEALFLOW_ZONE" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["deploy", "missing"], ["import", "inquiries", "missing.csv"], ["deploy"]]
)
def test_what_is_given_wrong_leaves_with_3(place: Path, arguments: list[str]) -> None:
    assert run(arguments) == 3


def test_a_token_is_printed_once_and_opens_its_scope(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "create", "portal", "--scope", "messages"]) == 0
    made = capsys.readouterr().out.strip()
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        found = api.token_holder(session, made, "messages")
        assert found is not None and found.id == "api:portal"
        assert api.token_holder(session, made, "other") is None
    runtime.database.dispose()


HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""Who starts the suite in the background has it, and all that it starts, ignore Ctrl+C."""


def started(place: Path, port: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DEALFLOW_PORT": str(port)}
    with (place / "told.txt").open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-c", f"{HEARS}; from web.cli import main; main(['run'])"],
            env={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=told,
            stderr=told,
        )
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
            return process
        except OSError:
            assert process.poll() is None, (place / "told.txt").read_text("utf-8")
            time.sleep(0.2)
    raise AssertionError((place / "told.txt").read_text("utf-8"))


def save(place: Path, file: Path, text: str, words: str) -> None:
    """Save until the server says these words: what is saved before its watcher listens, it hears at the next save."""
    told, until = place / "told.txt", time.monotonic() + PATIENCE
    while words not in told.read_text("utf-8"):
        assert time.monotonic() < until, told.read_text("utf-8")
        file.write_text(text, "utf-8")
        again = time.monotonic() + 5
        while words not in told.read_text("utf-8") and time.monotonic() < again:
            time.sleep(0.05)


@pytest.mark.slow
def test_run_serves_tells_who_can_sign_in_and_deploys_what_is_saved(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_package(place / "bpmn" / "offer")
    monkeypatch.setenv("DEALFLOW_CLOCK_OFFSET", "PT1H")
    process = started(place, port := free_port())
    try:
        told = (place / "told.txt").read_text("utf-8")
        assert f"http://127.0.0.1:{port}" in told and "Li Lei" in told and "offer v1" in told
        good = (folder / "offer.bpmn").read_text("utf-8")
        save(place, folder / "offer.bpmn", good.replace("测算报价", "测算并报价"), "offer v2")
        save(place, folder / "offer.bpmn", good.replace('targetRef="check"', 'targetRef="nowhere"'), "refused")
        runtime = api.open_engine(load())
        with runtime.reading() as session:
            assert queries.definitions(session)[0].version == 2
            assert queries.last_faults(session)
        runtime.database.dispose()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    told = (place / "told.txt").read_text("utf-8")
    assert re.search(r"Preparing the database .+x\.db … \d+\.\d s\n", told)
    assert re.search(r"Checking and deploying the processes in .+ … \d+\.\d s\n", told)
    assert "The demonstration clock says" in told and "(PT1H)" in told
    assert told.count("Everything has stopped; what was done is kept in") == 1
    assert told.rstrip().endswith("goes on at the next start.")


def test_a_taken_port_is_said_with_the_way_out(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("DEALFLOW_PORT", str(taken.getsockname()[1]))
        assert run(["serve"]) == 1
    assert "DEALFLOW_PORT" in capsys.readouterr().err


CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b(the|is|no|missing|settings|handlers|database|faults|passed|nodes|Usage|Error|Try)\b")


def speak(monkeypatch: pytest.MonkeyPatch, tongue: str | None, locale: str = "") -> None:
    """Set the run's language by the setting, or the terminal's alone."""
    monkeypatch.delenv("DEALFLOW_LANGUAGE", raising=False)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    if tongue:
        monkeypatch.setenv("DEALFLOW_LANGUAGE", tongue)
    if locale:
        monkeypatch.setenv("LANG", locale)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"], ["nonsense"], ["deploy", "away"], ["play"], ["--help"], ["import", "inquiries", "-h"], ["mail"],
        ["import", "inquiries"], ["serve"], ["test", "nowhere"], ["test"], ["mail", "drop"],
    ],
)  # fmt: skip
def test_a_run_speaks_one_language(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    write_package(place / "bpmn" / "offer")
    runtime = api.open_engine(load())
    api.migrate(runtime)
    runtime.database.dispose()
    if arguments == ["test"]:
        arguments = ["test", str(Path(__file__).parents[2] / "bpmn" / "kyc_onboarding")]
    if arguments == ["serve"]:
        monkeypatch.setenv("DEALFLOW_PORT", "abc")
    capfd.readouterr()
    for tongue, locale, other in (
        ("zh", "en_GB.UTF-8", ENGLISH),
        ("en", "zh_CN.UTF-8", CHINESE),
        (None, "en_GB.UTF-8", CHINESE),
        (None, "C.UTF-8", ENGLISH),
    ):
        speak(monkeypatch, tongue, locale)
        run(arguments)
        told = "".join(capfd.readouterr())
        assert told.strip() and not other.findall(told.replace(str(place), "")), told


def test_a_failed_expectation_is_told_in_the_run_s_language(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_package(place / "bpmn" / "offer")
    (folder / "scenarios").mkdir(exist_ok=True)
    steps = [{"start": "offer"}, {"expect": {"ended": True, "visited": ["nowhere"], "variables": {"a": 1}}}]
    (folder / "scenarios" / "bad.json").write_text(json.dumps({"steps": steps}), "utf-8")
    speak(monkeypatch, "zh")
    assert run(["test", "bpmn"]) == 1
    told = capsys.readouterr().out
    assert "第 1 项预期：仍在进行" in told and "nowhere 未经过" in told and "expected" not in told


HEADER = "企业名称,统一社会信用代码,联系人,联系电话,行业,融资用途,项目名称,融资金额\n"
GOOD = "华丰风电有限公司,91320623MA1N0ABC1H,王敏,13812345678,风电,新建,如东海上风电二期,8.6亿\n"
BAD = "华丰风电有限公司,,,13812345678,风电,新建,如东海上风电三期,很多\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [(HEADER + GOOD, 0), (HEADER + GOOD + BAD, 1), (HEADER + BAD, 3), (HEADER, 3), ("企业名称\n华丰\n", 3), ("", 3)],
)
def test_the_import_s_code_tells_all_some_and_none(place: Path, content: str, code: int) -> None:
    (place / "rows.csv").write_text(content, "utf-8")
    assert run(["import", "inquiries", "rows.csv", "--dry-run"]) == code


def test_an_import_that_ends_for_want_of_room_says_what_is_in(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = []

    def until_full(session: Any, actor: api.Actor, name: str, **given: Any) -> api.Delivery:
        if len(taken) == 3:
            raise StorageFull(reason="database or disk is full")
        taken.append(name)
        return api.send_message(session, actor, name, **given)

    sample = str(ROOT / "handlers/samples/inquiries_50_gb18030.csv")
    with monkeypatch.context() as full:
        full.setattr(data, "import_inquiries", partial(import_inquiries, send=until_full))
        assert run(["import", "inquiries", sample]) == 1
    told = capsys.readouterr().err
    assert "the rows before are in" in told and "no room left" in told
    run(["import", "inquiries", sample])
    assert "33 in, " in capsys.readouterr().out  # of 36 good rows


def test_the_import_names_fields_as_people_do(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "rows.csv").write_text(HEADER + BAD, "utf-8")
    for tongue, lines in (
        ("zh", ("✗ 第 2 行", "    融资金额：金额“很多”无法识别", "    联系人：未填写", "    统一社会信用代码：未填写")),
        ("en", ("✗ line 2", "    Amount: the amount “很多” cannot be read", "    Contact person: is missing")),
    ):
        speak(monkeypatch, tongue)
        run(["import", "inquiries", "rows.csv", "--dry-run"])
        told = capsys.readouterr().out
        assert all(line in told for line in lines), told
        assert not re.search(r"reg_no|contact_name|amount:", told)


def test_serving_a_database_without_tables_says_what_to_do(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["serve"], ["worker", "--once"]):
        assert run(command) == 1
        assert "dealflow deploy" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "file").write_text("")
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", f"sqlite:///{place / 'file' / 'x.db'}")
    assert run(["check"]) == 1
    assert f"{place / 'file'} cannot be read or written" in capsys.readouterr().err


def test_rows_that_repeat_others_are_told_without_a_field(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "rows.csv").write_text(HEADER + GOOD + GOOD, "utf-8")
    assert run(["import", "inquiries", "rows.csv", "--dry-run"]) == 0
    assert "\n    the same as line 2\n" in capsys.readouterr().out


def test_a_clock_moved_back_is_said_at_start(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_package(place / "bpmn" / "offer")
    monkeypatch.setenv("DEALFLOW_CLOCK_OFFSET", "P8D")
    assert run(["deploy"]) == 0
    assert run(["worker", "--once"]) == 0
    assert "moved back" not in capsys.readouterr().err
    monkeypatch.setenv("DEALFLOW_CLOCK_OFFSET", "P1D")
    assert run(["worker", "--once"]) == 0
    told = capsys.readouterr().err
    assert "moved back" in told and "P1D" in told and "clock_behind_database" in told


def test_a_decision_can_be_asked_and_a_scenario_played_from_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    bpmn = Path(__file__).parents[2] / "bpmn"
    inputs = '{"kyc_rating": 2}'
    assert run(["decide", str(bpmn / "kyc_onboarding"), "--decision", "kyc_interval", "--input", inputs]) == 0
    assert capsys.readouterr().out.strip()
    scenario = sorted((bpmn / "client_intake" / "scenarios").glob("*.json"))[4]
    files = [str(bpmn / "client_intake"), str(bpmn / "kyc_onboarding")]
    assert run(["play", *files, "--scenario", str(scenario)]) == 0
    assert run(["play", "--help"]) == 0
    assert run(["play"]) == 3
    assert run(["tck", "--help"]) == 0
