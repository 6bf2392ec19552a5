"""What a unit takes for granted: a start reads nothing, and what another process has changed is seen all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from engine import api, identity
from engine.errors import Forbidden, ProcessSuspended, SavedUnknown
from engine.execution import make_runtime
from engine.store import tables as t
from engine.store.direct import Direct
from tests.engine.diagrams import process
from tests.engine.together import POSTGRES
from tests.house import House

ASKED = process(
    """<startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="look"/>
    <userTask id="look" camunda:candidateGroups="GROUP"/>
    <sequenceFlow id="f2" sourceRef="look" targetRef="e"/><endEvent id="e"/>""",
    "asked",
)


def deployed(house: House, group: str = "nobody_yet") -> None:
    house.deploy(asked_bpmn=ASKED.replace("GROUP", group))


@pytest.fixture
def other(house: House) -> Iterator[House]:
    """Another process on the same database."""
    runtime = make_runtime(house.runtime.settings, house.runtime.registry, house.clock)
    yield House(runtime, house.clock)
    runtime.database.dispose()


def started(house: House) -> int:
    return house.runtime.unit(lambda session: api.start(session, api.SYSTEM, "asked"))


@POSTGRES
def test_a_start_is_one_statement_once_its_process_and_team_are_known(house: House) -> None:
    deployed(house, "rm_head")
    with house.writing() as session:
        session.execute(sa.update(t.team).values(strategy="queue"))
    started(house)
    said: list[str] = []
    sa.event.listen(house.runtime.database, "before_cursor_execute", lambda *args: said.append(args[2]))
    case = started(house)
    assert len(said) == 1
    assert house.task("look", case)["team"] == "rm_head"


def test_a_version_that_another_process_deploys_is_the_one_that_starts(house: House, other: House) -> None:
    deployed(house)
    started(house)
    deployed(other, "rm")
    case = started(house)
    (row,) = house.rows(t.instance, t.instance.c.id == case)
    versions = {each["id"]: each["version"] for each in house.rows(t.definition)}
    assert versions[row["definition_id"]] == 2
    assert len(house.rows(t.instance)) == len(house.tasks()) == 2


def test_what_another_process_suspends_does_not_start_and_starts_when_it_is_resumed(house: House, other: House) -> None:
    deployed(house)
    started(house)
    for suspended in (True, False, True):
        with other.writing() as session:
            session.execute(sa.update(t.definition).values(suspended=suspended))
        if suspended:
            with pytest.raises(ProcessSuspended):
                started(house)
        else:
            started(house)
    assert len(house.tasks()) == 2


def test_a_team_that_another_process_adds_or_changes_gets_its_tasks_as_it_is_then(house: House, other: House) -> None:
    deployed(house, "newcomers")
    assert house.task("look", started(house))["team"] == "admin"
    with other.writing() as session:
        identity.add_team(session, "newcomers", "新组", "Newcomers")
        session.execute(sa.update(t.team).where(t.team.c.id == "newcomers").values(strategy="queue"))
        identity.add_member(session, "newcomers", "li")
    given = house.task("look", started(house))
    assert (given["team"], given["assignee"]) == ("newcomers", None)
    with other.writing() as session:
        session.execute(sa.update(t.team).where(t.team.c.id == "newcomers").values(strategy="least_busy"))
    assert house.task("look", started(house))["assignee"] == "li"


def test_a_unit_that_fails_tells_its_own_fault_and_keeps_nothing(house: House) -> None:
    deployed(house)
    started(house)

    def refused(session: sa.orm.Session) -> None:
        api.start(session, api.SYSTEM, "asked")
        raise Forbidden(reason="not today", reason_zh="今天不行")

    with pytest.raises(Forbidden, match="not today"):
        house.runtime.unit(refused)
    assert len(house.rows(t.instance)) == 1


@POSTGRES
def test_a_commit_whose_answer_is_lost_is_told_and_not_done_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(house)
    started(house)
    whole = Direct._exchanged

    def losing(self: Direct, *asked: Any) -> Any:
        answer = whole(self, *asked)
        if asked[-1]:  # the COMMIT went with it
            self.pgconn.finish()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return answer

    monkeypatch.setattr(Direct, "_exchanged", losing)
    with pytest.raises(SavedUnknown):
        started(house)
    assert len(house.rows(t.instance)) == 2


@POSTGRES
def test_a_connection_at_hand_that_was_closed_meanwhile_is_left_aside(house: House) -> None:
    deployed(house)
    started(house)
    for connection, _ in vars(house.runtime.database)["store.resting"]:
        connection.connection.dbapi_connection.close()
    started(house)
    assert len(house.rows(t.instance)) == 2
