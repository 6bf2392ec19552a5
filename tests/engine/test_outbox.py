"""Messages on their way out, to a real mail server: tried again, given up, or held for a person's word."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from engine import outbox, worker
from engine.api.mails import drop_mails, send_mails
from engine.errors import Forbidden
from engine.queries.mails import delivery_log, mails
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import POSTGRES, SQLITE
from tests.house import House

LETTER = {"client_name": "华丰风电", "project_name": "如东", "project_key": "PJ-1", "link_url": "https://x.example/1"}


@dataclass
class Postbox:
    """A real SMTP server that answers RCPT and DATA as told, and notes what it took and was asked."""

    answers: dict[str, str] = field(default_factory=dict)
    """Address, or `DATA`, -> answer."""
    taken: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.asked.append(address)
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("250"):
            self.taken += envelope.rcpt_tos
        return answer


@contextmanager
def listening() -> Iterator[Postbox]:
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with listening() as box:
        yield box


def post(house: House, *addresses: str) -> None:
    """Queue a letter to each address."""
    with house.writing() as session:
        for address in addresses:
            outbox.add(session, "email", address, "client_form_link", LETTER, dedupe_key=f"k:{address}")


def switch_on(house: House, port: int) -> None:
    """The operator sets the mail server's address and starts again."""
    house.runtime.settings = house.runtime.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}"})


def states(house: House) -> dict[str, tuple[str, int]]:
    return {row["recipient"]: (row["state"], row["attempts"]) for row in house.rows(t.outbox)}


def test_letters_of_long_ago_are_held_when_mail_is_first_switched_on(
    open_house: Callable[..., House], postbox: Postbox
) -> None:
    house = open_house(handlers=("handlers",), mail_hold_hours=24)
    post(house, "old@client.example")
    house.pass_time(days=3)
    post(house, "new@client.example")
    house.pass_time(hours=1)
    switch_on(house, postbox.port)
    house.work()
    assert postbox.taken == ["new@client.example"]
    assert states(house) == {"old@client.example": ("held", 0), "new@client.example": ("sent", 1)}
    with house.looking() as session:
        [held] = mails(session, "held")
    assert (held.recipient, held.template) == ("old@client.example", "client_form_link")
    house.pass_time(days=3)
    assert postbox.taken == ["new@client.example"]


def test_a_held_letter_goes_out_or_never_does_as_an_administrator_says(
    open_house: Callable[..., House], postbox: Postbox
) -> None:
    house = open_house(handlers=("handlers",))
    post(house, "a@client.example", "b@client.example")
    house.clock.move(days=3)
    switch_on(house, postbox.port)
    house.work()
    ids = {row["recipient"]: row["id"] for row in house.rows(t.outbox)}
    with pytest.raises(Forbidden), house.writing() as session:
        send_mails(session, house.actor("li"), ids.values())
    with house.writing() as session:
        assert send_mails(session, house.actor("root"), [ids["a@client.example"]]) == 1
        assert drop_mails(session, house.actor("root"), [ids["b@client.example"]]) == 1
    house.work()
    house.pass_time(days=3)
    assert postbox.taken == ["a@client.example"]
    assert states(house)["b@client.example"][0] == "dropped"
    with house.writing() as session:
        assert send_mails(session, house.actor("root"), ids.values()) == 0
    entries = house.rows(t.audit_entry, t.audit_entry.c.subject == "outbox")
    assert [(entry["actor"], entry["action"]) for entry in entries] == [
        ("root", "mail_released"),
        ("root", "mail_dropped"),
    ]


@SQLITE
def test_a_server_that_is_down_for_days_is_no_switched_off_channel(
    open_house: Callable[..., House], postbox: Postbox
) -> None:
    house = open_house(handlers=("handlers",), smtp_url="smtp://127.0.0.1:9")
    post(house, "a@client.example", "b@client.example")
    house.work()
    house.pass_time(days=3)
    switch_on(house, postbox.port)
    house.pass_time(hours=2)
    assert sorted(postbox.taken) == ["a@client.example", "b@client.example"]


@SQLITE
@pytest.mark.parametrize("place", ["no@client.example", "DATA"])
def test_what_is_refused_for_good_fails_at_once_and_a_person_sees_it(
    open_house: Callable[..., House], postbox: Postbox, place: str
) -> None:
    house = open_house(handlers=("handlers",), smtp_url=f"smtp://127.0.0.1:{postbox.port}")
    postbox.answers[place] = "550 5.1.1 no such mailbox"
    post(house, "no@client.example")
    house.work()
    house.pass_time(days=2)
    assert postbox.asked == ["no@client.example"]
    assert states(house) == {"no@client.example": ("failed", 1)}
    [incident] = house.rows(t.incident)
    assert incident["kind"] == "mail" and "550 5.1.1" in incident["text"]


@SQLITE
def test_what_is_refused_for_now_is_tried_again_and_does_not_hold_up_the_others(
    open_house: Callable[..., House], postbox: Postbox
) -> None:
    house = open_house(handlers=("handlers",), smtp_url=f"smtp://127.0.0.1:{postbox.port}")
    postbox.answers["grey@client.example"] = "451 4.7.1 greylisted, try again later"
    post(house, "grey@client.example", "good@client.example")
    house.work()
    assert postbox.taken == ["good@client.example"]
    assert states(house)["grey@client.example"] == ("waiting", 1)
    del postbox.answers["grey@client.example"]
    house.pass_time(minutes=2)
    assert postbox.taken == ["good@client.example", "grey@client.example"]
    assert house.rows(t.incident) == []
    with house.looking() as session:
        [logged] = delivery_log(session, recipient="grey@client.example")
    assert [(one.attempt, one.outcome) for one in logged.attempts] == [(1, "delayed"), (2, "sent")]
    assert "greylisted" in str(logged.attempts[0].detail)
    with house.looking() as session:
        newest, older = delivery_log(session)
        assert [one.id for one in delivery_log(session, before=newest.id)] == [older.id]


@SQLITE
def test_a_template_at_fault_fails_at_once_too(open_house: Callable[..., House], postbox: Postbox) -> None:
    house = open_house(handlers=("handlers",), smtp_url=f"smtp://127.0.0.1:{postbox.port}")
    with house.writing() as session:
        outbox.add(session, "email", "a@client.example", "client_form_link", {}, dedupe_key="k")
    house.work()
    assert states(house) == {"a@client.example": ("failed", 1)} and len(house.rows(t.incident)) == 1


@SQLITE
def test_notices_in_the_page_are_never_held(open_house: Callable[..., House]) -> None:
    house = open_house(handlers=("handlers",))
    with house.writing() as session:
        outbox.add(session, "in_app", "li", "lead_no_candidate", {"client_name": "x"}, dedupe_key="k")
    house.pass_time(days=9)
    assert states(house)["li"][0] == "sent"


@SQLITE
def test_a_clock_moved_back_sends_no_reminder_twice(open_house: Callable[..., House]) -> None:
    house = open_house(handlers=("handlers",))
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    house.start("p")
    house.pass_time(days=8)
    sent = [row["dedupe_key"] for row in house.rows(t.outbox)]
    notices = len(house.rows(t.notification))
    assert any(row["template"] == "escalation" for row in house.rows(t.outbox)), sent
    house.clock.move(days=-8)
    house.work()
    house.pass_time(days=9)
    assert len(house.rows(t.notification)) == notices
    assert sorted(row["dedupe_key"] for row in house.rows(t.outbox)) == sorted(sent)


class Killed(BaseException):
    """What a SIGKILL is to the code that it meets."""


def dying(channel: Any) -> Any:
    """The channel hands over, and its process dies before that is written down."""

    def send(settings: Any, session: Any, message: Any) -> None:
        channel(settings, session, message)
        raise Killed

    return send


@SQLITE
def test_a_letter_whose_sender_died_behind_it_comes_again_and_its_row_and_the_log_say_so(
    open_house: Callable[..., House], postbox: Postbox, capsys: pytest.CaptureFixture[str]
) -> None:
    house = open_house(handlers=("handlers",), smtp_url=f"smtp://127.0.0.1:{postbox.port}")
    post(house, "a@client.example")
    channels = worker.channels(house.runtime)
    with pytest.raises(Killed):
        outbox.sweep(house.runtime, {"email": dying(channels["email"])})
    [row] = house.rows(t.outbox)
    assert (row["state"], row["attempts"], row["last_error"]) == ("waiting", 1, outbox.UNKNOWN)
    house.pass_time(minutes=4)
    assert len(postbox.taken) == 1  # its sender may be alive
    capsys.readouterr()
    house.pass_time(minutes=2)
    assert "message_may_come_twice" in capsys.readouterr().err
    assert len(postbox.taken) == 2
    [row] = house.rows(t.outbox)
    assert (row["state"], row["attempts"], row["last_error"]) == ("sent", 2, None)


@SQLITE
def test_a_letter_whose_sender_died_before_it_is_not_said_to_come_twice(
    open_house: Callable[..., House], postbox: Postbox, capsys: pytest.CaptureFixture[str]
) -> None:
    house = open_house(handlers=("handlers",), smtp_url=f"smtp://127.0.0.1:{postbox.port}")
    post(house, "a@client.example")
    assert len(house.runtime.unit(lambda session: outbox._claim(session, ("email",), 10))) == 1
    house.pass_time(minutes=6)
    assert "message_may_come_twice" not in capsys.readouterr().err
    assert postbox.taken == ["a@client.example"]


@POSTGRES
def test_a_connection_that_breaks_behind_a_letter_does_not_send_it_again(
    open_house: Callable[..., House], postbox: Postbox
) -> None:
    house = open_house(handlers=("handlers",), smtp_url=f"smtp://127.0.0.1:{postbox.port}")
    post(house, "a@client.example")
    email = worker.channels(house.runtime)["email"]

    def cut(settings: Any, session: Any, message: Any) -> None:
        email(settings, session, message)
        with house.writing() as other:
            others = "pid <> pg_backend_pid() AND datname = current_database()"
            other.execute(sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))

    assert outbox.sweep(house.runtime, {"email": cut}) == 1
    house.pass_time(hours=1)
    assert states(house) == {"a@client.example": ("sent", 1)}
    assert postbox.taken == ["a@client.example"]


def test_a_channel_takes_no_more_in_a_minute_than_it_may(open_house: Callable[..., House], postbox: Postbox) -> None:
    house = open_house(handlers=("handlers",), smtp_url=f"smtp://127.0.0.1:{postbox.port}", mail_per_minute=3)
    post(house, *(f"c{number}@client.example" for number in range(7)))
    taken = []
    for _ in range(4):
        outbox.sweep(house.runtime, worker.channels(house.runtime))
        outbox.sweep(house.runtime, worker.channels(house.runtime))
        taken.append(len(postbox.taken))
        house.clock.move(seconds=61)
    assert taken == [3, 6, 7, 7]


def test_what_a_channel_refuses_for_now_counts_as_an_attempt_and_does_not_block_it_for_ever(
    open_house: Callable[..., House], postbox: Postbox
) -> None:
    house = open_house(handlers=("handlers",), smtp_url=f"smtp://127.0.0.1:{postbox.port}", mail_per_minute=2)
    postbox.answers["c0@client.example"] = postbox.answers["c1@client.example"] = "450 later"
    post(house, *(f"c{number}@client.example" for number in range(4)))
    for _ in range(6):
        outbox.sweep(house.runtime, worker.channels(house.runtime))
        house.clock.move(seconds=61)
    assert {"c2@client.example", "c3@client.example"} <= set(postbox.taken)
