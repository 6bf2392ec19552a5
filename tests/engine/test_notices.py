"""How people are told: at once, in the morning, or in one mail a day; policies of tasks, processes and the house."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, notices, reminders
from engine.errors import InvalidInput
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import SQLITE, at_once, errors
from tests.house import SHANGHAI, House

pytestmark = SQLITE


def settle(house: House, who: str, **settings: Any) -> None:
    """A person's own choices."""
    with house.writing() as session:
        api.save_preferences(session, house.actor(who), settings=settings)


def only_li(house: House) -> None:
    """Everything goes to li."""
    with house.writing() as session:
        session.execute(sa.delete(t.membership).where(t.membership.c.person_id.in_(["wang", "zhao"])))


def mails(house: House, who: str = "li") -> list[Mapping[str, Any]]:
    where = t.outbox.c.channel == "email", t.outbox.c.recipient == f"{who}@example.com"
    return sorted(house.rows(t.outbox, *where), key=lambda row: row["id"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_a_digest_is_one_mail_a_working_day_with_what_is_still_open(house: House) -> None:
    only_li(house)
    settle(house, "li", digest="08:30")
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    for number in range(3):
        house.start("p", business_key=f"CL-{number}")
    house.complete("ask", "li", house.tasks()[0]["instance_id"])
    house.work()
    assert mails(house) == []
    assert len(house.rows(t.outbox, t.outbox.c.channel == "in_app")) == 3
    house.pass_time(hours=24)
    [mail] = mails(house)
    assert mail["template"] == "digest"
    assert [line["business_key"] for line in mail["data"]["lines"]] == ["CL-1", "CL-2"]
    for _ in range(12):
        house.pass_time(days=1)
    keys = [row["dedupe_key"] for row in mails(house)]
    assert 3 <= len(keys) == len(set(keys)) <= 5
    assert {row["template"] for row in mails(house)} == {"digest"}
    assert house.rows(t.digest_line, t.digest_line.c.state == "waiting") == []


def test_after_a_stop_of_days_one_digest_comes(house: House) -> None:
    only_li(house)
    settle(house, "li", digest="08:30")
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    house.start("p")
    house.clock.move(hours=30)
    reminders.sweep(house.runtime)
    house.pass_time(days=20)
    house.pass_time(days=1)
    assert [len(mail["data"]["lines"]) for mail in mails(house)] in ([1], [1, 1])
    assert len(mails(house)) <= 2


def test_digest_senders_at_once_send_one(house: House) -> None:
    only_li(house)
    settle(house, "li", digest="08:30")
    house.deploy(p_bpmn=d.one_task())
    for _ in range(5):
        house.start("p")
    house.clock.move(days=1)
    results = at_once(*[lambda: notices.send_digests(house.runtime)] * 3)
    assert (errors(results), sum(results)) == ([], 5)
    assert len(mails(house)) == 1


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        ("2026-03-02T10:00", "2026-03-02T10:00"),
        ("2026-03-02T21:00", "2026-03-03T08:00"),
        ("2026-03-03T05:00", "2026-03-03T08:00"),
        ("2026-03-06T22:00", "2026-03-09T08:00"),
        ("2026-03-07T12:00", "2026-03-09T08:00"),
    ],
)
def test_in_quiet_hours_mail_waits_for_the_morning_and_the_app_does_not(house: House, now: str, goes: str) -> None:
    only_li(house)
    settle(house, "li", quiet=["20:00", "08:00"])
    house.clock.at = at(now)
    house.deploy(p_bpmn=d.one_task())
    house.start("p")
    [mail] = mails(house)
    assert mail["due_at"] == at(goes)
    assert house.rows(t.outbox, t.outbox.c.channel == "in_app")[0]["due_at"] == at(now)


@pytest.mark.parametrize("wrong", [{"digest": "soon"}, {"digest": 7}, {"quiet": "night"}, {"quiet": ["x", "08:00"]}])
def test_a_setting_that_cannot_be_read_is_none(house: House, wrong: dict[str, Any]) -> None:
    only_li(house)
    settle(house, "li", **wrong)
    house.deploy(p_bpmn=d.one_task())
    house.start("p")
    assert [mail["template"] for mail in mails(house)] == ["task_assigned"]


LATE = {"step": "late", "hours": 4, "template": "reminder_due", "to": ["assignee", "chen"], "channels": ["in_app"]}
EARLY = {"step": "early", "share": 0.25, "template": "reminder_half", "to": ["assignee"], "channels": ["in_app"]}


def planned(house: House) -> list[tuple[str, str]]:
    rows = sorted(house.rows(t.reminder), key=lambda row: row["due_at"])
    return [(row["step"], f"{row['due_at'].astimezone(SHANGHAI):%d %H:%M}") for row in rows]


def set_policy(house: House, key: str, *steps: Mapping[str, Any]) -> None:
    with house.writing() as session:
        api.set_reminder_policy(session, house.actor("root"), key, steps)


def test_a_policy_is_the_tasks_own_else_its_processs_else_the_houses(house: House) -> None:
    set_policy(house, "mine", EARLY)
    set_policy(house, "ours", LATE)
    house.deploy("own", p_bpmn=d.one_task(due="PT4H", reminderPolicy="mine"))
    house.start("p")
    assert planned(house) == [("early", "02 10:00")]
    extra = d.properties(reminderPolicy="ours")
    model = d.one_task(due="PT4H").replace('<startEvent id="start"/>', extra + '<startEvent id="start"/>')
    house.deploy("own", p_bpmn=model)
    second = house.start("p")
    assert planned(house)[1:] == [("late", "02 17:00")]
    house.pass_time(hours=9)
    told = [row["recipient"] for row in house.rows(t.outbox, t.outbox.c.template == "reminder_due")]
    assert sorted(told) == sorted([house.task("ask", second)["assignee"], "chen"])
    set_policy(house, "standard", EARLY)
    house.deploy("own", p_bpmn=d.one_task(due="PT4H"))
    house.start("p")
    assert planned(house)[-1] == ("early", "02 19:00")


@pytest.mark.parametrize(
    "wrong",
    [
        {**EARLY, "share": 2},
        {**EARLY, "days": 1},
        {**EARLY, "step": ""},
        {**EARLY, "channels": ["pigeon"]},
        {**EARLY, "to": []},
        {k: v for k, v in EARLY.items() if k != "template"},
    ],
)
def test_a_policy_that_could_not_be_carried_out_is_refused_with_its_step(house: House, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_policy(house, "odd", LATE, wrong)
    assert "step 2" in str(refused.value)
    with pytest.raises(InvalidInput, match="twice"):
        set_policy(house, "odd", LATE, LATE)


def test_reminders_follow_the_calendar_of_their_task(house: House) -> None:
    with house.writing() as session:
        api.set_calendar(session, house.actor("root"), "gulf", "海湾", country="AE", zone="Asia/Shanghai")
        api.set_calendar_day(session, house.actor("root"), at("2026-03-04T00:00").date(), False, calendar="gulf")
    house.deploy(p_bpmn=d.one_task(due="2BD", calendar="gulf"))
    house.start("p")
    assert dict(planned(house)) == {
        "before": "03 18:00", "half": "04 01:30", "due": "05 18:00", "overdue": "09 18:00",
    }  # fmt: skip
