"""Late tasks: reminded on each occasion once, escalated, moved with the due date, and delivered by real SMTP."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from json import dumps
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler

from engine import api, identity
from engine.store import tables as t
from handlers.channels.rendering import render
from tests.engine import diagrams as d
from tests.house import MONDAY, SHANGHAI, House


def steps(house: House) -> list[tuple[str, str]]:
    return [(row["step"], row["state"]) for row in sorted(house.rows(t.reminder), key=lambda r: r["due_at"])]


def sent(house: House, template: str) -> list[tuple[str, str]]:
    return sorted((row["channel"], row["recipient"]) for row in house.rows(t.outbox, t.outbox.c.template == template))


def test_a_task_of_two_working_days_is_due_on_wednesday_evening(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    house.start("p")
    assert house.task("ask")["due_at"].astimezone(SHANGHAI) == datetime(2026, 3, 4, 18, 0, tzinfo=SHANGHAI)
    assert [step for step, _ in steps(house)] == ["half", "before", "due", "overdue"]


def test_each_reminder_comes_once_on_its_occasion(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    house.start("p")
    holder = house.task("ask")["assignee"]
    for _ in range(48):
        house.pass_time(hours=3)
    assert sent(house, "reminder_half") == [("in_app", holder)]
    assert sent(house, "reminder_before") == [("email", f"{holder}@example.com"), ("in_app", holder)]
    assert ("in_app", "hu") in sent(house, "reminder_due")
    assert sent(house, "escalation") == sorted(
        [("email", f"{holder}@example.com"), ("email", "hu@example.com"), ("in_app", holder), ("in_app", "hu")]
    )


def test_after_a_stop_of_days_one_reminder_comes_not_a_burst(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    house.start("p")
    house.pass_time(days=10)
    assert [state for _, state in steps(house)] == ["dropped", "dropped", "dropped", "sent"]
    assert sent(house, "reminder_half") == []
    assert len(sent(house, "escalation")) == 4


def test_a_finished_task_reminds_nobody(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    house.start("p")
    house.complete("ask", house.task("ask")["assignee"])
    house.pass_time(days=10)
    assert {state for _, state in steps(house)} == {"dropped"}


def test_a_moved_due_date_moves_the_reminders_and_reminds_again(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    house.start("p")
    house.pass_time(days=2, hours=12)
    task = house.task("ask")
    with house.writing() as session:
        api.set_due(session, house.actor("hu"), task["id"], MONDAY + timedelta(days=9), "client is travelling")
    house.pass_time(days=7)
    due = house.rows(t.reminder, t.reminder.c.step == "due")
    assert sorted((row["occurrence"], row["state"]) for row in due) == [(1, "sent"), (2, "sent")]
    assert house.rows(t.audit_entry, t.audit_entry.c.action == "due_moved")


class Post:
    """What a real SMTP server took in."""

    def __init__(self) -> None:
        self.mails: list[Message] = []

    def handle(self, message: Message) -> None:
        self.mails.append(message_from_bytes(message.as_bytes(), policy=default))


@pytest.fixture
def post() -> Iterator[tuple[Post, str]]:
    """A real SMTP server on loopback, and its address."""
    box = Post()

    class Handler(MessageHandler):
        def handle_message(self, message: Message) -> None:
            box.handle(message)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(Handler(), hostname="127.0.0.1", port=port)
    server.start()
    yield box, f"smtp://127.0.0.1:{port}"
    server.stop()


def test_a_late_task_is_told_by_mail_and_in_the_app_each_once(
    open_house: Callable[..., House], post: tuple[Post, str]
) -> None:
    box, url = post
    house = open_house(smtp_url=url, handlers=("handlers",))
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    house.start("p")
    holder = house.task("ask")["assignee"]
    house.work()
    for _ in range(48):
        house.pass_time(hours=3)
    to_holder = [mail for mail in box.mails if holder in str(mail["To"])]
    subjects = [str(mail["Subject"]) for mail in to_holder]
    assert len(subjects) == len(set(subjects)) == 4, subjects
    assert len({mail["Message-ID"] for mail in box.mails}) == len(box.mails)
    assert all("/tasks/" in mail.get_body(("plain",)).get_content() for mail in to_holder)  # type: ignore[attr-defined]
    notices = house.rows(t.notification, t.notification.c.person_id == holder)
    assert len(notices) == 5
    assert all(notice["text_zh"] and notice["text_en"] for notice in notices)


def test_a_dead_mail_server_stops_nothing_and_the_mail_goes_out_once_it_is_back(
    open_house: Callable[..., House], post: tuple[Post, str]
) -> None:
    box, url = post
    house = open_house(smtp_url="smtp://127.0.0.1:9", handlers=("handlers",))
    house.deploy(p_bpmn=d.one_task())
    instance = house.start("p")
    house.work()
    mail = house.rows(t.outbox, t.outbox.c.channel == "email")[0]
    assert (mail["state"], mail["attempts"]) == ("waiting", 1)
    assert mail["last_error"]
    house.complete("ask", house.task("ask")["assignee"])
    assert house.state(instance) == "completed"
    house.runtime.settings = house.runtime.settings.model_copy(update={"smtp_url": url})
    house.pass_time(minutes=10)
    house.pass_time(minutes=10)
    assert len(box.mails) == 1


def test_an_absent_person_is_passed_over_and_the_reason_is_kept(house: House) -> None:
    with house.writing() as session:
        identity.add_absence(session, "li", MONDAY - timedelta(days=1), MONDAY + timedelta(days=7))
    house.deploy(p_bpmn=d.one_task())
    people: list[Any] = []
    for _ in range(9):
        house.start("p")
    people = [task["assignee"] for task in house.tasks()]
    assert {person: people.count(person) for person in people} in ({"wang": 5, "zhao": 4}, {"wang": 4, "zhao": 5})
    why = house.tasks()[0]["why"]
    assert why["rule"] == "least_busy"
    assert why["passed_over"] == {"li": "absent"}


def test_nine_tasks_for_three_people_are_three_each(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    for _ in range(9):
        house.start("p")
    people = [task["assignee"] for task in house.tasks()]
    assert sorted(people.count(person) for person in ("li", "wang", "zhao")) == [3, 3, 3]


def test_a_substitute_acts_for_the_named_person(house: House) -> None:
    with house.writing() as session:
        identity.add_absence(session, "li", MONDAY - timedelta(days=1), MONDAY + timedelta(days=7), substitute="wang")
    house.deploy(p_bpmn=d.process(
        '<startEvent id="start"/><userTask id="ask" camunda:assignee="${owner}"/><endEvent id="end"/>'
        + d.flows("start>ask", "ask>end")
    ))  # fmt: skip
    house.start("p", owner="li")
    task = house.task("ask")
    assert (task["assignee"], task["owner"]) == ("wang", "li")
    house.complete("ask", "wang")
    done = house.tasks(state="completed")[0]
    assert (done["completed_by"], done["owner"]) == ("wang", "li")


def test_a_dead_mail_server_is_asked_once_a_round_not_once_a_mail(open_house: Callable[..., House]) -> None:
    house = open_house(smtp_url="smtp://127.0.0.1:9", handlers=("handlers",))
    house.deploy(p_bpmn=d.one_task())
    for _ in range(5):
        house.start("p")
    house.work()
    attempts = sorted(row["attempts"] for row in house.rows(t.outbox, t.outbox.c.channel == "email"))
    assert attempts == [0, 0, 0, 0, 1]


def test_letters_and_notices_name_tasks_and_people_in_the_readers_language(house: House) -> None:
    english = {"ask": "Ask the client", "p": "Offer"}
    house.deploy(
        p_bpmn=d.one_task(due="2BD").replace('name="ask"', 'name="询问客户"'), **{"i18n/en.json": dumps(english)}
    )
    house.start("p")
    [told, mailed] = sorted(
        house.rows(t.outbox, t.outbox.c.template == "task_assigned"), key=lambda r: -len(r["channel"])
    )
    for row in (told, mailed):
        assert (row["data"]["task"], row["data"]["task_en"], row["data"]["process_en"]) == (
            "询问客户", "Ask the client", "Offer",
        )  # fmt: skip
    settings = house.runtime.settings
    assert "Ask the client" in render(settings, "task_assigned", "en", mailed["data"]).subject
    text = render(settings, "escalation", "en", mailed["data"])
    assert not re.search(r"[一-鿿]", text.subject + text.body)
    assert "询问客户" in render(settings, "escalation", "zh", mailed["data"]).subject
