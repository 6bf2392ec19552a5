"""Prepared statements: what they give, when what waits is seen, and that nothing of it stays when a unit is undone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from engine.ids import new_id
from engine.store import Prepared, savepoint
from engine.store import tables as t
from tests.engine.together import POSTGRES
from tests.house import House

AT = datetime(2026, 3, 2, 1, 30, 0, 123456, tzinfo=UTC)
INSERT = Prepared(sa.insert(t.refused))
CHANGE = Prepared(
    sa.update(t.refused)
    .where(t.refused.c.folder == sa.bindparam("which"))
    .values(faults=sa.bindparam("faults"))
    .returning(t.refused.c.folder)
)
LOOK = Prepared(sa.select(t.refused).where(t.refused.c.folder == sa.bindparam("which")))
ALL = sa.select(t.refused.c.folder, t.refused.c.faults).order_by(t.refused.c.folder)


def row(folder: str, faults: object = ("a",)) -> dict[str, object]:
    return {"folder": folder, "at": AT, "faults": faults}


def test_what_goes_in_and_comes_out_is_what_sqlalchemy_makes_of_it(house: House) -> None:
    with house.runtime.transaction() as session:
        INSERT.later(session, row("prepared", [1, None, AT]))
        session.execute(sa.insert(t.refused), row("plain", [1, None, AT]))
    with house.runtime.transaction() as session:
        mine, plain = LOOK.one(session, {"which": "prepared"}), LOOK.one(session, {"which": "plain"})
        assert mine == {**row("prepared"), "faults": [1, None, AT]}
        assert plain == dict(session.execute(LOOK.statement, {"which": "plain"}).mappings().one())
        assert LOOK.one(session, {"which": "nobody"}) is None
        assert LOOK.all(session, {"which": "nobody"}) == []


def test_what_waits_is_there_for_whatever_is_said_next(house: House) -> None:
    with house.runtime.transaction() as session:
        INSERT.later(session, row("one"))
        assert len(session.execute(ALL).all()) == 1
        INSERT.later(session, row("two"))
        assert LOOK.one(session, {"which": "two"}) is not None
        INSERT.later(session, row("three"))
        session.connection().exec_driver_sql("DELETE FROM refused WHERE folder = 'three'")
        INSERT.later(session, row("four"))
    assert [each["folder"] for each in house.rows(t.refused)] == ["one", "two", "four"]


def test_writes_of_one_row_follow_each_other(house: House) -> None:
    told: list[list[str]] = []
    with house.runtime.transaction() as session:
        INSERT.later(session, row("one"))
        for number in range(3):
            CHANGE.later(session, {"which": "one", "faults": [number]}, lambda found: told.append(list(found)))
        CHANGE.later(session, {"which": "nobody", "faults": []}, lambda found: told.append(list(found)))
    assert told == [["one"], ["one"], ["one"], []]
    assert [each["faults"] for each in house.rows(t.refused)] == [[2]]


@POSTGRES
def test_writes_that_cannot_meet_are_sent_as_one_statement(house: House) -> None:
    with house.runtime.transaction() as session:
        INSERT.run(session, row("old"))
    said: list[str] = []
    told: list[list[str]] = []
    sa.event.listen(house.runtime.database, "before_cursor_execute", lambda *args: said.append(args[2]))
    team = Prepared(sa.insert(t.membership))
    with house.runtime.transaction() as session:
        session.execute(sa.insert(t.team).values(id="new", name="new", strategy="queue"))
        session.execute(sa.insert(t.person).values(id="she", name="she"))
        said.clear()
        team.later(session, {"team_id": "new", "person_id": "she"})
        CHANGE.later(session, {"which": "old", "faults": ["%(which)s"]}, lambda found: told.append(list(found)))
    assert len(said) == 1
    assert told == [["old"]]
    assert house.rows(t.refused)[0]["faults"] == ["%(which)s"]


def test_a_savepoint_that_is_undone_takes_what_waited_in_it_and_nothing_else(house: House) -> None:
    with house.runtime.transaction() as session:
        INSERT.later(session, row("before"))
        with pytest.raises(ValueError), savepoint(session):
            INSERT.later(session, row("inside"))
            with savepoint(session):
                INSERT.later(session, row("deeper"))
            raise ValueError
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            INSERT.later(session, row("inside"))
            _ = 1 / 0
        with savepoint(session):
            INSERT.later(session, row("after"))
    assert [each["folder"] for each in house.rows(t.refused)] == ["before", "after"]


def test_a_unit_that_is_undone_leaves_nothing_for_the_next_one(house: House) -> None:
    with pytest.raises(ValueError), house.runtime.transaction() as session:
        INSERT.later(session, row("one"))
        raise ValueError
    with house.runtime.transaction() as session:
        assert session.execute(ALL).all() == []


def test_what_the_driver_complains_of_is_raised_as_sqlalchemy_raises_it(house: House) -> None:
    with pytest.raises(IntegrityError) as said, house.runtime.transaction() as session:
        INSERT.run(session, row("one"))
        INSERT.run(session, row("one"))
    assert "refused" in str(said.value)
    assert not said.value.connection_invalidated
    with pytest.raises(IntegrityError), house.runtime.transaction() as session:  # at the commit at the latest
        INSERT.later(session, row("one"))
        INSERT.later(session, row("one"))
    assert house.rows(t.refused) == []


def test_a_step_that_somebody_wrote_past_is_undone(house: House) -> None:
    none = Prepared(sa.update(t.refused).values(folder="x").where(sa.false()).returning(t.refused.c.folder))

    def complain(found: object) -> None:
        if not found:
            raise ValueError("nothing was written")

    with pytest.raises(ValueError, match="nothing was written"), house.runtime.transaction() as session:
        session.execute(sa.insert(t.deployment).values(id=new_id(), at=AT, by="x", folder="f"))
        none.later(session, {}, complain)
    assert house.rows(t.deployment) == []
