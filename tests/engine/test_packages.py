"""Deploying packages: versions, faults that name the place, saved files taken up within two seconds."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import api, faults, queries, watcher
from engine.errors import Forbidden, FormInvalid, ModelRefused
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import House
from tests.patience import PATIENCE, within

FORM = json.dumps(
    {
        "id": "answer",
        "type": "default",
        "schemaVersion": 19,
        "components": [
            {"type": "number", "key": "amount", "label": "金额", "validate": {"required": True, "min": 1}, "id": "c1"}
        ],
    }
)


def with_form(name: str = "ask") -> str:
    body = d.user_task(name, more='camunda:formRef="answer" camunda:formRefBinding="deployment"')
    return d.process(
        '<startEvent id="start"/>' + body + '<endEvent id="end"/>' + d.flows(f"start>{name}", f"{name}>end")
    )


def rules(refused: ModelRefused) -> set[str]:
    return {fault.rule for fault in refused.faults}


def test_the_same_files_again_are_no_new_version(house: House) -> None:
    first = house.deploy(p_bpmn=d.one_task())
    again = house.deploy(p_bpmn=d.one_task())
    assert (again.unchanged, again.deployment_id) == (True, first.deployment_id)


def test_a_running_case_keeps_its_diagram_and_form_when_a_new_version_comes(house: House) -> None:
    house.deploy(p_bpmn=with_form(), answer_form=FORM)
    old = house.start("p")
    house.deploy(p_bpmn=with_form(), answer_form=FORM.replace('"amount"', '"total"'))
    new = house.start("p")
    li = house.actor("root")
    with house.looking() as session:
        fields = [
            queries.task(session, li, house.task("ask", case)["id"]).form_schema["components"][0]["key"]  # type: ignore[index]
            for case in (old, new)
        ]
        versions = [row.version for row in queries.definitions(session)[0].versions]
    assert fields == ["amount", "total"]
    assert versions == [2, 1]


def test_a_form_holds_its_rules_on_the_server_and_gives_exact_numbers(house: House) -> None:
    house.deploy(p_bpmn=with_form(), answer_form=FORM)
    case = house.start("p")
    holder = house.task("ask")["assignee"]
    for wrong in ({}, {"amount": 0}, {"amount": "many"}):
        with pytest.raises(FormInvalid) as refused:
            house.complete("ask", holder, **wrong)
        assert list(refused.value.errors) == ["amount"]
    house.complete("ask", holder, amount="12.30", smuggled="x")
    assert house.variables(case) == {"amount": Decimal("12.30")}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"<definitions", "line"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "DOCTYPE"),
        (b"", "empty"),
        (b"\x00\x01\x02 not a diagram", ""),
        (b"<html/>", "BPMN"),
    ],
)
def test_a_file_that_is_no_diagram_is_refused_by_name(house: House, content: bytes, word: str) -> None:
    with pytest.raises(ModelRefused) as refused:
        house.deploy(p_bpmn=content)
    fault = refused.value.faults[0]
    assert fault.file == "p.bpmn"
    assert word.lower() in fault.text("en").lower()
    assert any("\u4e00" <= char <= "\u9fff" for char in fault.text("zh"))
    assert house.rows(t.deployment) == []


def test_a_file_of_fifty_megabytes_is_refused_without_being_read(house: House) -> None:
    before = time.thread_time()
    with pytest.raises(ModelRefused) as refused:
        house.deploy(p_bpmn=d.one_task().encode() + b" " * 50_000_000)
    assert "10,000,000" in refused.value.faults[0].text("en")
    assert time.thread_time() - before < 5


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("rates.dmn", b" " * 10_000_001, "larger"),
        ("forms/answer.form", b" " * 10_000_001, "larger"),
        ("i18n/en.json", b" " * 10_000_001, "larger"),
        ("scenarios/a.json", b" " * 10_000_001, "larger"),
        ("forms/answer.form", b'{"components": [', "line 1"),
        ("forms/answer.form", FORM.replace("answer", "金额").encode("gbk"), "UTF-8"),
        ("forms/answer.form", b"[" * 100_000, "JSON"),
        ("forms/answer.form", b"[1, 2]", "components"),
    ],
)
def test_what_is_beside_a_diagram_is_refused_once_and_by_its_own_name(
    house: House, name: str, content: bytes, word: str
) -> None:
    files = {"p.bpmn": with_form().encode(), "forms/answer.form": FORM.encode(), name: content}
    with house.writing() as session:
        told = api.check(session, "asking", files)
    assert [fault.file for fault in told] == [name]
    assert word in told[0].text("en") and any("\u4e00" <= char <= "\u9fff" for char in told[0].text("zh"))


def test_an_unknown_topic_is_refused_with_its_element_and_line(house: House) -> None:
    body = '<startEvent id="start"/>\n<serviceTask id="work" camunda:topic="no.such"/>'
    xml = d.process(body + '<endEvent id="end"/>' + d.flows("start>work", "work>end"))
    with pytest.raises(ModelRefused) as refused:
        house.deploy(p_bpmn=xml)
    fault = refused.value.faults[0]
    assert (fault.element, fault.line) == ("work", xml[: xml.index("serviceTask")].count("\n") + 1)
    assert fault.hint_zh.endswith("。") and "Near" not in fault.hint_en  # nothing is near, and nothing is said of it


def test_only_process_owners_deploy(house: House) -> None:
    with pytest.raises(Forbidden), house.writing() as session:
        api.deploy(session, house.actor("li"), "test", {"p.bpmn": d.one_task().encode()})
    with house.writing() as session:
        assert api.deploy(session, house.actor("owen"), "test", {"p.bpmn": d.one_task().encode()}).definitions


def test_what_is_exported_is_what_was_deployed(house: House) -> None:
    house.deploy("one", p_bpmn=with_form(), answer_form=FORM)
    with house.looking() as session:
        exported = api.export(session)
    assert exported == {"one": {"p.bpmn": with_form().encode(), "answer.form": FORM.encode()}}


def test_packages_that_call_each_other_are_deployed_in_the_order_that_works(house: House, tmp_path: Path) -> None:
    call = d.process(
        '<startEvent id="start"/><callActivity id="call" calledElement="p"/><endEvent id="end"/>'
        + d.flows("start>call", "call>end"),
        key="caller",
    )
    for name, text in (("a_caller", call), ("b_called", d.one_task())):
        (tmp_path / "bpmn" / name).mkdir(parents=True)
        (tmp_path / "bpmn" / name / "x.bpmn").write_text(text)
    outcomes = watcher.deploy_all(house.runtime, tmp_path / "bpmn", api.SYSTEM)
    assert [(o.folder, o.deployed is not None) for o in outcomes] == [("b_called", True), ("a_caller", True)]


@pytest.fixture
def watched(open_house: Any, tmp_path: Path) -> Any:
    """A house that watches a folder, and what the watcher told."""
    root = tmp_path / "bpmn"
    (root / "test").mkdir(parents=True)
    house, told, stop = open_house(handlers=(), bpmn_dir=root), [], threading.Event()
    thread = threading.Thread(target=watcher.watch, args=(house.runtime, stop, told.append), daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE
    while not listens(root):
        assert time.monotonic() < until
        time.sleep(0.02)
    yield house, root / "test" / "p.bpmn", told
    stop.set()
    thread.join(timeout=PATIENCE)


def listens(folder: Path) -> bool:
    """Whether Linux tells this process what happens in the folder; elsewhere that is supposed."""
    mark = f"ino:{folder.stat().st_ino:x} "
    opened = Path("/proc/self/fdinfo")
    with suppress(FileNotFoundError):  # closed between the two looks
        return not opened.exists() or any(mark in one.read_text("ascii") for one in opened.iterdir())
    return False


def saved(file: Path, text: str, told: list[Any]) -> tuple[Any, float]:
    """Save as editors do (write, then rename); what the watcher told, and after how long."""
    count, begun = len(told), time.monotonic()
    file.with_suffix(".tmp").write_text(text)
    file.with_suffix(".tmp").rename(file)
    while len(told) == count and time.monotonic() - begun < PATIENCE:
        time.sleep(0.02)
    return told[-1], time.monotonic() - begun


def test_a_saved_diagram_is_deployed_and_a_broken_one_changes_nothing(watched: Any) -> None:
    house, file, told = watched
    outcome, seconds = saved(file, d.one_task(), told)
    assert outcome.deployed.definitions == (("p", 1),)
    broken, seconds_broken = saved(file, d.one_task().replace('targetRef="end"', 'targetRef="nowhere"'), told)
    assert broken.deployed is None
    with house.looking() as session:
        kept = faults.last(session)
        assert [row.version for row in queries.definitions(session)[0].versions] == [1]
    assert kept[0].folder == "test"
    assert "nowhere" in kept[0].fault.text("en")
    mended, seconds_mended = saved(file, d.one_task(due="2BD"), told)
    assert mended.deployed.definitions == (("p", 2),)
    with house.looking() as session:
        assert faults.last(session) == []
    saved(file, "<broken", told)
    same, seconds_same = saved(file, d.one_task(due="2BD"), told)
    assert same.mended and same.deployed.unchanged, "bringing back what runs is told as well"
    assert max(seconds, seconds_broken, seconds_mended, seconds_same) < within(10)
