"""`dealflow cases`, `batches`, `jobs` and `process` as an operator types them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from engine import api, queries
from engine.errors import ProcessSuspended
from engine.settings import load
from tests.web.material import package
from web.cli import commands, run

Said = pytest.CaptureFixture[str]


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[api.Runtime]:
    """An installation with three cases of one process, and a second version of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEALFLOW_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", f"sqlite:///{tmp_path / 'var' / 'x.db'}")
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "en")
    opened = api.open_engine(load())
    api.migrate(opened)
    with opened.transaction() as session:
        api.deploy(session, api.SYSTEM, "offer", package())
    with opened.transaction() as session:
        for number in (1, 2, 3):
            api.start(session, api.SYSTEM, "offer", {"n": number}, f"PJ-{number}")
    files = {**package(), "offer.bpmn": package()["offer.bpmn"].replace(b'"check"', b'"second"')}
    with opened.transaction() as session:
        api.deploy(session, api.SYSTEM, "offer", files)
    yield opened
    opened.database.dispose()


def cases(runtime: api.Runtime) -> list[queries.InstanceRow]:
    with runtime.reading() as session:
        return queries.instances(session, key="offer")


def ids(runtime: api.Runtime) -> list[str]:
    return [str(case.id) for case in reversed(cases(runtime))]


def test_many_follow_to_the_new_version_and_the_report_says_how_many(runtime: api.Runtime, capsys: Said) -> None:
    first = ids(runtime)[0]
    assert run(["cases", "move", "--from", "assess", "--to", "check", "--id", first, "--dry-run"]) == 0
    assert "check is entered." in capsys.readouterr().out
    assert run(["cases", "move", "--from", "assess", "--to", "check", "--id", first, "--here"]) == 0
    assert run(["cases", "migrate", "--process", "offer", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "To version 2: 2 can follow, 1 cannot" in told and first in told
    assert run(["cases", "migrate", "--process", "offer", "--why", "new form", "--here"]) == 1
    assert "2 done, 1 failed, 0 left" in capsys.readouterr().out
    assert sorted(case.version for case in cases(runtime)) == [1, 2, 2]
    assert run(["cases", "migrate", "--id", first, "--map", "check=second", "--here"]) == 0


def test_a_batch_waits_for_a_worker_unless_it_is_done_here(runtime: api.Runtime, capsys: Said) -> None:
    assert run(["cases", "suspend", "--process", "offer"]) == 0
    batch = re.search(r"batch (\d+): 3 items", capsys.readouterr().out)
    assert batch is not None
    assert run(["batches", "pause", batch[1]]) == 0 and run(["batches", "resume", batch[1]]) == 0
    assert {case.state for case in cases(runtime)} == {"active"}
    assert run(["worker", "--once"]) == 0
    assert {case.state for case in cases(runtime)} == {"suspended"}
    capsys.readouterr()
    assert run(["batches", "show", batch[1], "--items"]) == 0
    told = capsys.readouterr().out
    assert "finished" in told and "PJ-2  done" in told
    assert run(["cases", "resume", "--process", "offer", "--here"]) == 0
    assert run(["batches"]) == 0 and len(capsys.readouterr().out.splitlines()) > 2


def test_cases_end_by_a_word_and_go_on_again(runtime: api.Runtime, capsys: Said) -> None:
    first = ids(runtime)[0]
    assert run(["cases", "cancel", "--id", first, "--here"]) == 3
    assert run(["cases", "cancel", "--id", first, "--why", "by mistake", "--here"]) == 0
    assert run(["cases", "restart", "--id", first, "--begin", "check", "--dry-run"]) == 0
    assert "assess" in capsys.readouterr().out
    assert run(["cases", "restart", "--id", first, "--begin", "check", "--set", "n=7", "--here"]) == 0
    assert cases(runtime)[0].business_key == "PJ-1"
    assert run(["cases", "set", "rate=3.5", "name=Hua", "--process", "offer", "--here"]) == 0
    with runtime.reading() as session:
        found = queries.instance(session, cases(runtime)[0].id).variables
    assert (found["n"], str(found["rate"]), found["name"]) == (7, "3.5", "Hua")


def test_a_process_rests_and_is_resumed(runtime: api.Runtime, capsys: Said) -> None:
    assert run(["process", "suspend", "offer", "--why", "wrong table"]) == 0
    assert "offer v1, v2" in capsys.readouterr().out
    with runtime.transaction() as session, pytest.raises(ProcessSuspended):
        api.start(session, api.SYSTEM, "offer")
    assert run(["process", "resume", "offer"]) == 0
    assert run(["process", "suspend", "nothing"]) == 3


def test_cases_go_to_a_file_and_come_from_it(runtime: api.Runtime, capsys: Said, tmp_path: Path) -> None:
    assert run(["cases", "export", "out.jsonl", "--process", "offer"]) == 0
    assert "3 cases" in capsys.readouterr().out
    assert run(["cases", "import", "out.jsonl"]) == 3
    assert run(["cases", "import", "out.jsonl", "--if-there", "copy"]) == 0
    assert len(cases(runtime)) == 6
    assert run(["verify"]) == 0
    assert run(["cases", "export", "none.jsonl", "--process", "nothing"]) == 3


def test_what_is_meant_must_be_said(runtime: api.Runtime, capsys: Said) -> None:
    assert run(["cases", "suspend"]) == 3
    assert run(["cases", "set", "nonsense", "--process", "offer"]) == 3
    assert run(["jobs", "failed"]) == 0
    assert "No job has failed" in capsys.readouterr().out
    assert run(["jobs", "retry"]) == 3


@pytest.mark.parametrize("name", ["cases", "batches", "jobs", "process"])
def test_every_help_text_is_said_in_chinese(name: str, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "zh")
    group = commands.commands[name]
    assert isinstance(group, click.Group)
    for verb in group.commands:
        assert run([name, verb, "--help"]) == 0
        told = capsys.readouterr().out
        untold = [line for line in told.splitlines() if re.search(r"\b(the|of|it|with|this|them)\b", line, re.I)]
        assert untold == []
