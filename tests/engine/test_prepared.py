"""Prepared statements: what they give, when what waits is seen, and that nothing of it stays when a unit is undone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

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


def test_a_write_that_must_touch_a_row_and_touches_none_undoes_the_unit(house: House) -> None:
    with house.runtime.transaction() as session:
        INSERT.later(session, row("old"))
    with pytest.raises(ValueError, match="it is gone"), house.runtime.transaction() as session:
        INSERT.later(session, row("new"))
        CHANGE.later(session, {"which": "old", "faults": []}, must=lambda: ValueError("not this one"))
        CHANGE.later(session, {"which": "nobody", "faults": []}, must=lambda: ValueError("it is gone"))
    assert [(each["folder"], each["faults"]) for each in house.rows(t.refused)] == [("old", ["a"])]


@POSTGRES
def test_begin_travels_with_the_first_statement_and_commit_with_the_last_write(house: House, tmp_path: Path) -> None:
    with house.runtime.transaction() as session:  # what is prepared is prepared
        LOOK.one(session, {"which": "one"})
        INSERT.later(session, row("one"))
    with (tmp_path / "trace").open("w+") as trace, house.runtime.transaction() as session:
        driver: Any = session.connection().connection.dbapi_connection
        driver.pgconn.trace(trace.fileno())
        assert LOOK.one(session, {"which": "one"}) is not None
        INSERT.later(session, row("two"))
        session.keep()  # type: ignore[attr-defined]  # what transaction() does at its end
        driver.pgconn.untrace()
        trace.seek(0)
        sent = [line.split("\t")[3].split()[0] for line in trace if line.split("\t")[1] == "F"]
    assert (sent.count("Sync"), sent.count("Query"), sent.count("Parse")) == (2, 0, 0)
    assert [each["folder"] for each in house.rows(t.refused)] == ["one", "two"]


def test_what_was_prepared_is_prepared_again_when_the_driver_has_forgotten(house: House) -> None:
    with pytest.raises(ValueError), house.runtime.transaction() as session:
        for _ in range(8):  # often enough for psycopg to prepare it
            session.execute(ALL).all()
        INSERT.run(session, row("one"))
        raise ValueError  # psycopg gives up what is prepared on the connection
    with house.runtime.transaction() as session:
        INSERT.run(session, row("one"))
        with pytest.raises(ValueError), session.begin_nested():
            session.execute(ALL).all()
            raise ValueError
        INSERT.run(session, row("two"))
        assert LOOK.one(session, {"which": "two"}) is not None
    assert [each["folder"] for each in house.rows(t.refused)] == ["one", "two"]


@POSTGRES
def test_text_that_the_database_cannot_hold_is_refused_and_never_cut(house: House) -> None:
    with pytest.raises(DBAPIError, match="NUL"), house.runtime.transaction() as session:
        INSERT.run(session, row("cut\x00here"))
    assert house.rows(t.refused) == []
