"""Cases carried to another installation: alive there, the same to the last byte of their history."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, identity, transfer, verification
from engine.api.carrying import CARRIED, LEFT
from engine.api.importing import Imported
from engine.errors import DefinitionsMissing, Forbidden, InvalidInput
from engine.queries import history
from engine.queries.selection import Cases
from engine.store import tables as t
from tests import databases
from tests.conformance.drawing import boundary, call, diagram, message, process, service, timer
from tests.house import House, build


@pytest.fixture
def other(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> House:
    """A second installation: PostgreSQL beside SQLite and SQLite beside PostgreSQL where both are tested."""
    folder = tmp_path / "other"
    folder.mkdir()
    url = f"sqlite:///{folder / 'other.db'}"
    if "across" in request.keywords and database_url.startswith("sqlite"):
        url = databases.create(request.getfixturevalue("postgres_server"))
    second = build(url, folder, handlers=())
    request.addfinalizer(second.runtime.database.dispose)
    return second


def files() -> dict[str, str]:
    guards = boundary("b", "u1", timer("Duration", "P1D")), boundary("m", "u1", message("stop"))
    flow = "s -> f -> u1 -> j -> e; f -> c -> j; f -> w -> j; b -> e2; m -> e3"
    above = diagram(
        process(
            "p", flow, '<parallelGateway id="f"/>', '<parallelGateway id="j"/>',
            '<userTask id="u1" camunda:candidateGroups="rm" camunda:dueDate="PT48H"/>',
            call("c", "q"), service("w", "elsewhere"), *guards,
        )
    )  # fmt: skip
    below = diagram(process("q", "s -> u2 -> e", '<userTask id="u2" camunda:candidateGroups="rm"/>'))
    return {"p_bpmn": above, "q_bpmn": below}


def filled(house: House) -> int:
    """A case that waits for everything there is: a task with a draft, a called process, a timer, a message, work."""
    house.deploy(**files())
    instance = house.start("p", business_key="PJ-1", amount=5)
    with house.writing() as session:
        holder = api.actor(session, str(house.task("u1")["assignee"]))
        api.save_draft(session, holder, house.task("u1")["id"], {"note": "half"})
        api.set_variables(session, house.actor("owen"), instance, {"rate": 3})
        api.fetch_and_lock(session, api.SYSTEM, "w", [api.Topic("elsewhere", lock=_HOUR)])
    return instance


_HOUR = timedelta(hours=1)


def written(house: House, tmp_path: Path, wanted: Cases | None = None, **more: Any) -> Path:
    path = tmp_path / "cases.jsonl"
    transfer.export_file(house.runtime, house.actor("owen"), path, wanted or Cases(key="p"), **more)
    return path


def read(house: House, path: Path, **more: Any) -> Imported:
    return transfer.import_file(house.runtime, house.actor("root"), path, **more)


def carried(house: House, *but: str) -> dict[str, list[Any]]:
    """All carried rows, without what says where they are."""
    own = {"definition_id", "lease_by", "lease_until", *but}
    found = {}
    for name, table in CARRIED.items():
        rows = house.rows(table)
        found[name] = [{k: v for k, v in row.items() if k not in own} for row in rows]
    entries = found["audit_entry"]
    own_of_the_house = ("imported", "exported", "deployed")
    found["audit_entry"] = [entry for entry in entries if entry["action"] not in own_of_the_house]
    return found


def worked_to_its_end(house: House, instance: int) -> None:
    for element in ("u1", "u2"):
        house.complete(element, str(house.task(element)["assignee"]))
    with house.writing() as session:
        [work] = api.fetch_and_lock(session, api.SYSTEM, "w2", [api.Topic("elsewhere", lock=_HOUR)])
        api.complete_external(session, api.SYSTEM, "w2", work.id, {"done": True})
    assert house.state(instance) == "completed"


def whole(house: House) -> None:
    with house.looking() as session:
        assert verification.verify(session).broken == []


@pytest.mark.across
def test_a_case_goes_to_another_installation_and_back_and_lives_on(
    house: House, other: House, tmp_path: Path, postgres_server: str
) -> None:
    instance = filled(house)
    other.deploy("first", x_bpmn=files()["q_bpmn"].replace('"q"', '"x"'))  # its ids and versions are others
    other.deploy("elsewhere", **files())
    there = read(other, written(house, tmp_path))
    assert (there.instances, there.tasks, there.timers, there.jobs) == (2, 2, 1, 1)
    assert there.renamed == {} and there.unknown_people == set()
    assert other.variables(instance) == {"amount": 5, "rate": 3}
    with house.looking() as here, other.looking() as away:
        assert history(here, instance) == history(away, instance)
    whole(other)
    other.clock.at = house.clock.at
    with other.writing() as session:
        session.execute(sa.update(t.user_task).values(points=2))
    path = written(other, tmp_path)
    with house.writing() as session:
        for table in reversed(CARRIED.values()):
            session.execute(sa.delete(table))
    assert read(house, path).instances == 2
    assert {task["points"] for task in house.tasks()} == {2}
    assert carried(house) == carried(other)
    whole(house)
    worked_to_its_end(house, instance)
    whole(house)


def test_timers_and_tasks_are_alive_there(house: House, other: House, tmp_path: Path) -> None:
    instance = filled(house)
    other.deploy(**files())
    read(other, written(house, tmp_path))
    assert {row.element for row in other.inbox(str(other.task("u1")["assignee"]))} >= {"u1"}
    with other.looking() as session:
        holder = identity.actor(session, str(other.task("u1")["assignee"]))
        assert api.draft(session, holder, other.task("u1")["id"]) == {"note": "half"}
    other.pass_time(days=1)
    assert [task["element"] for task in other.tasks(instance)] == []
    assert other.state(instance) == "active"
    whole(other)


def test_a_process_that_is_not_there_with_the_same_content_is_named(house: House, other: House, tmp_path: Path) -> None:
    filled(house)
    other.deploy(**{**files(), "q_bpmn": files()["q_bpmn"].replace("rm", "hu")})
    with pytest.raises(DefinitionsMissing, match="p v1"):
        read(other, written(house, tmp_path))
    assert other.rows(t.instance) == []


def test_a_case_that_is_there_is_refused_left_out_or_copied(house: House, tmp_path: Path) -> None:
    instance = filled(house)
    path = written(house, tmp_path)
    with pytest.raises(InvalidInput):
        read(house, path)
    assert read(house, path, if_there="skip").skipped and len(house.rows(t.instance)) == 2
    done = read(house, path, if_there="copy")
    copy = done.renamed[instance]
    assert len(done.renamed) == 2 and len(house.rows(t.instance)) == 4
    assert house.variables(copy) == house.variables(instance)
    whole(house)
    with house.writing() as session:
        api.cancel(session, house.actor("owen"), instance, "the copy goes on")
    worked_to_its_end(house, copy)
    whole(house)


def test_what_goes_elsewhere_can_be_held_here(house: House, other: House, tmp_path: Path) -> None:
    instance = filled(house)
    other.deploy(**files())
    read(other, written(house, tmp_path, suspended=True))
    assert (house.state(instance), other.state(instance)) == ("suspended", "active")


@pytest.mark.parametrize("how", ["cut", "cut within a letter", "changed", "other"])
def test_a_file_that_is_not_whole_is_refused(house: House, tmp_path: Path, how: str) -> None:
    filled(house)
    path = written(house, tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    if how == "cut":
        lines.pop()
    elif how == "changed":
        lines[3] = lines[3].replace("PJ-1", "PJ-2") if "PJ-1" in lines[3] else lines[3].replace('"', "'", 1)
    elif how == "other":
        lines[0] = json.dumps({"line": "head", "format": "else"}) + "\n"
    path.write_text("".join(lines))
    if how == "cut within a letter":
        path.write_bytes(path.read_bytes() + '{"line": "row", "values": "询'.encode()[:-1])
    with pytest.raises(InvalidInput) as refused:
        read(house, path, if_there="copy")
    assert "cut" not in how or "the file is cut off" in str(refused.value)
    assert len(house.rows(t.instance)) == 2


def test_owners_take_out_and_administrators_bring_in(house: House, tmp_path: Path) -> None:
    filled(house)
    path = written(house, tmp_path)
    with pytest.raises(Forbidden):
        transfer.export_file(house.runtime, house.actor("li"), path, Cases(key="p"))
    with pytest.raises(Forbidden):
        transfer.import_file(house.runtime, house.actor("owen"), path, if_there="copy")


def test_every_table_that_hangs_on_an_instance_or_a_task_is_carried_or_left_on_purpose() -> None:
    for table in t.metadata.tables.values():
        columns = {"instance_id", "task_id"} & set(table.c.keys())
        targets = {key.target_fullname for key in table.foreign_keys}
        if columns or targets & {"instance.id", "user_task.id"}:
            assert table.name in CARRIED or table in LEFT, table.name
