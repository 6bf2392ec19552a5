"""Many small units of work in one transaction: what they write goes in lists, and nobody sees a difference."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api
from engine.errors import AlreadyHandled, InternalError, NotFound
from engine.store import Prepared, gathering
from engine.store import tables as t
from engine.verification import verify
from tests.engine import diagrams as d
from tests.engine.test_prepared import ALL, CHANGE, INSERT, LOOK, row
from tests.house import House

TWO = d.process(
    '<startEvent id="start"/>'
    + d.user_task("look", assign="queue")
    + d.user_task("sign", assign="queue")
    + '<endEvent id="end"/>'
    + d.flows("start>look", "look>sign", "sign>end")
)
CHANGE_OF = Prepared(CHANGE.statement, of="which")
LOOK_OF = Prepared(LOOK.statement, seen={"refused": "folder"})


def said_in(house: House) -> list[tuple[str, bool]]:
    """(statement, whether it was said for many) of everything from now on, but for what brackets a unit."""
    said: list[tuple[str, bool]] = []
    sa.event.listen(house.runtime.database, "before_cursor_execute", lambda *args: said.append((args[2], args[5])))
    return said


def start(session: Session, amount: int) -> int:
    return api.start(session, api.SYSTEM, "p", {"amount": amount})


def complete(session: Session, task: int) -> Any:
    return api.complete(session, api.SYSTEM, task, {})


def open_tasks(house: House) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in house.rows(t.user_task):
        if one["state"] == "open":
            found.setdefault(one["element"], []).append(one["id"])
    return found


def test_many_starts_and_completions_write_in_lists_what_one_by_one_they_write(house: House) -> None:
    house.deploy(p_bpmn=TWO)
    said = said_in(house)
    begun = api.each(house.runtime, range(20), start)
    assert sum("INSERT INTO history" in text for text, _ in said) < 10
    looks = open_tasks(house)["look"]
    said.clear()
    api.each(house.runtime, looks, complete)
    if house.runtime.database.dialect.name == "sqlite":
        assert [many for text, many in said if text.startswith("UPDATE instance")] == [True]
    api.each(house.runtime, open_tasks(house)["sign"], complete)
    cases = {case["id"]: (case["state"], case["version"]) for case in house.rows(t.instance)}
    assert cases == {id: ("completed", 3) for id in begun}
    assert len(house.rows(t.history)) == 60
    with house.runtime.reading() as session:
        assert not verify(session).broken


def test_one_that_is_refused_takes_none_of_the_others_with_it(house: House) -> None:
    house.deploy(p_bpmn=TWO)
    api.each(house.runtime, range(3), start)
    first, second, third = open_tasks(house)["look"]
    found = api.each(house.runtime, [first, 4711, second, first, third], complete)
    kinds = [type(one) for one in found]
    assert kinds == [api.Completed, NotFound, api.Completed, AlreadyHandled, api.Completed]
    assert len(open_tasks(house)["sign"]) == 3
    with house.runtime.reading() as session:
        assert not verify(session).broken


def test_a_fault_of_ours_undoes_all_of_it(house: House) -> None:
    house.deploy(p_bpmn=TWO)

    def failing(session: Session, amount: int) -> int:
        if amount == 2:
            raise ZeroDivisionError
        return start(session, amount)

    with pytest.raises(ZeroDivisionError):
        api.each(house.runtime, range(4), failing)
    assert house.rows(t.instance) == []


def test_one_case_in_several_units_goes_on_from_where_the_one_before_left_it(house: House) -> None:
    house.deploy(p_bpmn=TWO)
    api.each(house.runtime, [1], start)

    def next_open(session: Session, _: int) -> Any:
        waiting = sa.select(t.user_task.c.id).where(t.user_task.c.state == "open")
        return complete(session, session.scalars(waiting).one())

    api.each(house.runtime, range(2), next_open)
    assert [(case["state"], case["version"]) for case in house.rows(t.instance)] == [("completed", 3)]


def test_a_reading_sees_what_was_gathered_for_it_and_waits_for_nothing_else(house: House) -> None:
    with house.runtime.transaction() as session:
        session.execute(sa.insert(t.refused), [row("one"), row("two")])
    said = said_in(house)
    with house.runtime.transaction() as session, gathering(session):
        said.clear()
        CHANGE_OF.later(session, {"which": "one", "faults": [1]})
        assert (LOOK_OF.one(session, {"which": "two"}) or {})["faults"] == ["a"]
        assert [text[:6] for text, _ in said] == ["SELECT"]
        assert (LOOK_OF.one(session, {"which": "one"}) or {})["faults"] == [1]
        INSERT.later(session, row("three"))
        assert LOOK_OF.one(session, {"which": "three"}) is not None
        CHANGE_OF.later(session, {"which": "three", "faults": [3]})
        assert len(session.execute(ALL).all()) == 3
        CHANGE_OF.later(session, {"which": "three", "faults": [4]})
        CHANGE_OF.later(session, {"which": "three", "faults": [5]})
    assert [one["faults"] for one in sorted(house.rows(t.refused), key=lambda one: one["folder"])] == [[1], [5], ["a"]]


@pytest.mark.parametrize("others", [0, 40])
def test_a_gathered_write_that_must_touch_a_row_and_touches_none_is_told(house: House, others: int) -> None:
    def gone() -> InternalError:
        return InternalError(reason="it is gone")

    with house.runtime.transaction() as session:
        session.execute(sa.insert(t.refused), [row(str(number)) for number in range(40)])
    with pytest.raises(InternalError, match="it is gone"), house.runtime.transaction() as session, gathering(session):
        for number in range(others):
            CHANGE_OF.later(session, {"which": str(number), "faults": []}, must=gone)
        CHANGE_OF.later(session, {"which": "nobody", "faults": []}, must=gone)
    assert {str(one["faults"]) for one in house.rows(t.refused)} == {"['a']"}


def test_a_gathered_fault_that_is_caught_where_it_shows_is_everybodys_all_the_same(house: House) -> None:
    def gone() -> InternalError:
        return InternalError(reason="it is gone")

    with pytest.raises(InternalError, match="it is gone"), house.runtime.transaction() as session, gathering(session):
        INSERT.later(session, row("one"))
        CHANGE_OF.later(session, {"which": "nobody", "faults": []}, must=gone)
        with suppress(InternalError):  # as one that takes it for a handler's
            session.execute(ALL)
    assert house.rows(t.refused) == []


def test_new_rows_come_before_those_that_refer_to_them_and_behind_what_goes(house: House) -> None:
    team, member = Prepared(sa.insert(t.team)), Prepared(sa.insert(t.membership), of="team_id")
    gone = Prepared(sa.delete(t.membership).where(t.membership.c.team_id == sa.bindparam("team")), of="team")
    columns = {name: None for name in t.team.c.keys()}  # noqa: SIM118
    with house.runtime.transaction() as session, gathering(session):
        member.later(session, {"team_id": "new", "person_id": "li"})
        gone.later(session, {"team": "rm"})
        for number in range(43):
            values = {"id": "new" if number == 42 else f"new{number}", "name": "new", "strategy": "queue"}
            team.later(session, {**columns, **values, **_set(t.team)})
    members = {(one["team_id"], one["person_id"]) for one in house.rows(t.membership)}
    assert ("new", "li") in members
    assert not any(team == "rm" for team, _ in members)
    assert len([one for one in house.rows(t.team) if one["name"] == "new"]) == 43


def _set(table: sa.Table) -> dict[str, Any]:
    """Values of columns that may not be empty."""
    return {c.name: 1 for c in table.c if not c.nullable and c.name not in ("id", "name", "strategy")}
