"""Who gets the task, and the reason that is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import calendars, identity, reminders
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import SQLITE
from tests.house import MONDAY, House

pytestmark = SQLITE


def named(person: str, group: str = "rm") -> str:
    """A task for the person in the variable `owner`."""
    return d.process(
        f'<startEvent id="start"/><userTask id="ask" camunda:assignee="{person}" camunda:candidateGroups="{group}"/>'
        '<endEvent id="end"/>' + d.flows("start>ask", "ask>end")
    )


def away(house: House, person: str, substitute: str | None = None) -> None:
    with house.writing() as session:
        identity.add_absence(session, person, MONDAY - timedelta(days=1), MONDAY + timedelta(days=7), substitute)


def given(house: House, **variables: Any) -> tuple[str | None, str | None, str]:
    """(assignee, owner, rule) of a new case's task."""
    instance = house.start("p", **variables)
    task = house.task("ask", instance)
    return task["assignee"], task["owner"], task["why"]["rule"]


def test_a_substitute_who_is_away_too_is_followed_to_their_own(house: House) -> None:
    house.deploy(p_bpmn=named("${owner}"))
    away(house, "chen", "sun")
    away(house, "sun", "wang")
    assert given(house, owner="chen") == ("wang", "chen", "substitute")


def test_substitutes_who_stand_in_for_each_other_and_are_away_leave_it_to_the_team(house: House) -> None:
    house.deploy(p_bpmn=named("${owner}"))
    away(house, "chen", "sun")
    away(house, "sun", "chen")
    assignee, owner, rule = given(house, owner="chen")
    assert (assignee in ("li", "wang", "zhao"), owner, rule) == (True, None, "least_busy")


def test_a_substitute_whom_four_eyes_bar_is_given_nothing(house: House) -> None:
    owned = 'camunda:assignee="${owner}"'
    body = '<startEvent id="start"/>' + d.user_task("ask", more=owned, exclude="barred") + '<endEvent id="end"/>'
    house.deploy(p_bpmn=d.process(body + d.flows("start>ask", "ask>end")))
    away(house, "chen", "wang")
    assert given(house, owner="chen")[0] == "wang"
    assignee, owner, _rule = given(house, owner="chen", barred=["wang"])
    assert assignee in ("li", "zhao") and owner is None


def test_a_substitute_who_left_is_given_nothing(house: House) -> None:
    house.deploy(p_bpmn=named("${owner}"))
    away(house, "chen", "sun")
    with house.writing() as session:
        session.execute(sa.update(t.person).where(t.person.c.id == "sun").values(active=False))
    assert given(house, owner="chen")[0] in ("li", "wang", "zhao")


def test_a_name_that_nobody_has_leaves_it_to_the_team(house: House) -> None:
    house.deploy(p_bpmn=named("${owner}"))
    assert given(house, owner="gone")[0] in ("li", "wang", "zhao")


def test_the_existing_owner_is_kept_and_passed_over_only_while_away_or_excluded(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(keep="owner", exclude="not_again"))
    for _ in range(3):
        assert given(house, owner="zhao")[::2] == ("zhao", "keep_owner")
    assert given(house, owner="zhao", not_again=["zhao"])[0] in ("li", "wang")
    away(house, "zhao", "chen")
    assert given(house, owner="zhao") == ("chen", "zhao", "keep_owner")


def test_turns_go_round_past_those_who_are_away(house: House) -> None:
    with house.writing() as session:
        identity.add_team(session, "rm", "客户经理", "RM", "hu", strategy="round_robin")
    house.deploy(p_bpmn=d.one_task())
    assert [given(house)[0] for _ in range(4)] == ["li", "wang", "zhao", "li"]
    away(house, "wang")
    assert [given(house)[0] for _ in range(3)] == ["zhao", "li", "zhao"]


def test_a_team_without_anybody_and_one_that_is_not_there_keep_the_task_with_the_reason(house: House) -> None:
    house.deploy("one", p_bpmn=d.one_task().replace('candidateGroups="rm"', 'candidateGroups="nobodys"'))
    assert given(house) == (None, None, "no_team")
    assert house.task("ask")["team"] == "admin"
    for person in ("li", "wang", "zhao"):
        away(house, person)
    house.deploy("two", p_bpmn=d.one_task())
    instance = house.start("p")
    task = house.task("ask", instance)
    assert (task["assignee"], task["team"], task["why"]["rule"]) == (None, "rm", "no_candidate")
    assert set(task["why"]["passed_over"]) == {"li", "wang", "zhao"}
    assert "客户经理" in task["why"]["zh"]


def test_a_task_that_nobody_holds_reminds_its_team_and_its_lead(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="2BD", assign="queue"))
    house.start("p")
    house.pass_time(days=2, hours=12)
    told = {
        row["recipient"]
        for row in house.rows(t.outbox, t.outbox.c.template == "reminder_due")
        if "@" not in row["recipient"]
    }
    assert told == {"li", "wang", "zhao", "hu"}


def test_after_a_stop_every_task_reminds_once_however_many_there_are(house: House) -> None:
    """More tasks than one sweep takes: still the last step of each, and no other."""
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    for _ in range(6):
        house.start("p")
    house.clock.move(days=20)
    while reminders.sweep(house.runtime, limit=2):
        pass
    sent = house.rows(t.reminder, t.reminder.c.state == "sent")
    assert [row["step"] for row in sent] == ["overdue"] * 6
    assert {row["template"] for row in house.rows(t.outbox)} == {"task_assigned", "escalation"}


def test_a_reminder_policy_that_cannot_be_carried_out_stops_nobody_elses(house: House) -> None:
    with house.writing() as session:
        session.execute(
            sa.insert(t.reminder_policy).values(
                key="odd", steps=[{"step": "due", "days": 0, "template": "x", "channels": []}]
            )
        )
    house.deploy("odd", p_bpmn=d.one_task(due="2BD", reminderPolicy="odd"))
    house.start("p")
    house.deploy("good", q_bpmn=d.one_task(due="2BD").replace('process id="p"', 'process id="q"'))
    house.start("q")
    house.pass_time(days=20)
    assert house.rows(t.incident)[0]["code"] == "REMINDER_FAILED"
    assert house.rows(t.outbox, t.outbox.c.template == "escalation")
    assert house.rows(t.reminder, t.reminder.c.state == "planned") == []


def test_the_policy_none_reminds_nobody(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="2BD", reminderPolicy="none"))
    house.start("p")
    house.pass_time(days=20)
    assert house.rows(t.reminder) == []


@pytest.mark.parametrize("by", ["here", "another process"])
def test_a_day_that_the_firm_takes_off_counts_for_the_next_due_date(house: House, by: str) -> None:
    house.deploy(p_bpmn=d.one_task(due="1BD"))
    house.start("p")
    with house.writing() as session:
        if by == "here":
            calendars.set_day(session, date(2026, 3, 3), working=False, note="moving house")
        else:
            values = {"calendar": "firm", "day": date(2026, 3, 3), "working": False, "note": ""}
            session.execute(sa.insert(t.calendar_day).values(**values))
    house.clock.move(minutes=2 if by == "another process" else 0)
    house.start("p")
    dues = [task["due_at"].astimezone(house.runtime.zone).day for task in house.tasks()]
    assert dues == [3, 4]


def test_a_day_off_that_was_rolled_back_counts_for_nobody(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="1BD"))
    with pytest.raises(RuntimeError), house.writing() as session:
        calendars.set_day(session, date(2026, 3, 3), working=False)
        assert date(2026, 3, 3) in calendars.calendar(session).holidays
        raise RuntimeError
    house.start("p")
    assert house.task("ask")["due_at"].astimezone(house.runtime.zone).day == 3
