"""Mail leaves over real SMTP, readable, addressed once, and a dead server is told as such."""

import email
import email.policy
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from sqlalchemy.orm import Session

from engine.errors import ChannelDown, DeliveryDelayed, RecipientRefused
from engine.execution import Runtime
from engine.outbox import Message
from engine.settings import Settings
from engine.store import tables as t
from handlers.channels import CHANNELS
from handlers.channels.email import message_id


class Postbox:
    """Keeps what it accepts; refuses as told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answer = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, Settings]]:
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, Settings(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="远山融资 <deals@example.com>")
    controller.stop()


def message(recipient: str = "wang.min@huafeng.example.com", **changes: Any) -> Message:
    values: dict[str, Any] = {
        "id": 1,
        "channel": "email",
        "recipient": recipient,
        "template": "client_form_link",
        "language": "zh",
        "data": {
            "client_name": "华丰风电 <script>",
            "project_name": "如东海上风电二期",
            "project_key": "PJ-2026-0001",
            "link_url": "https://deals.example.com/link/abc-1_2",
        },
        "dedupe_key": "7001:svc_link:email:wang",
        "created_at": datetime(2026, 3, 2, 2, 0, tzinfo=UTC),
    }
    return Message(**(values | changes))


def send(runtime: Runtime, settings: Settings, sent: Message) -> None:
    with runtime.reading() as session:
        CHANNELS["email"](settings, session, sent)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestMail:
    def test_a_mail_arrives_with_readable_headers_in_two_forms(
        self, book: Runtime, postbox: tuple[Postbox, Settings]
    ) -> None:
        box, settings = postbox
        send(book, settings, message())
        (mail,) = box.mails
        assert box.envelopes == [("deals@example.com", ["wang.min@huafeng.example.com"])]
        assert mail["From"] == "远山融资 <deals@example.com>"
        assert mail["Subject"] == "请在线填写客户资料（编号 PJ-2026-0001）"
        assert mail["Date"].datetime == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert plain is not None and html is not None
        assert "https://deals.example.com/link/abc-1_2" in plain.get_content()
        assert '<a href="https://deals.example.com/link/abc-1_2">' in html.get_content()
        assert "华丰风电 &lt;script&gt;" in html.get_content()

    def test_the_message_id_is_the_same_for_every_hand_over(
        self, book: Runtime, postbox: tuple[Postbox, Settings]
    ) -> None:
        box, settings = postbox
        send(book, settings, message())
        send(book, settings, message(id=2))
        first, second = box.mails
        assert first["Message-ID"] == second["Message-ID"] == message_id(message().dedupe_key, settings.mail_from)

    def test_a_sign_in_name_is_resolved_to_an_address(self, book: Runtime, postbox: tuple[Postbox, Settings]) -> None:
        box, settings = postbox
        with book.transaction() as session:
            add_person(session, "li.wei", "li.wei@example.com")
            add_person(session, "no.mail", None)
        send(book, settings, message("li.wei"))
        assert box.envelopes[0][1] == ["li.wei@example.com"]
        with pytest.raises(RecipientRefused, match="no mail address"):
            send(book, settings, message("no.mail"))

    def test_a_refused_address_and_a_busy_server_are_told_apart(
        self, book: Runtime, postbox: tuple[Postbox, Settings]
    ) -> None:
        box, settings = postbox
        box.answer = "550 no such user"
        with pytest.raises(RecipientRefused, match="550 no such user"):
            send(book, settings, message())
        box.answer = "451 try later"
        with pytest.raises(DeliveryDelayed, match="451 try later"):
            send(book, settings, message())

    def test_a_dead_server_is_a_channel_that_is_down(self, book: Runtime) -> None:
        with pytest.raises(ChannelDown, match="email"):
            send(book, Settings(smtp_url="smtp://127.0.0.1:9"), message())

    def test_a_line_break_cannot_enter_the_headers(self, book: Runtime, postbox: tuple[Postbox, Settings]) -> None:
        box, settings = postbox
        data = dict(message().data) | {"project_key": "PJ\r\nBcc: x@evil.example"}
        send(book, settings, message(data=data))
        assert box.mails[0]["Bcc"] is None
        assert box.mails[0]["Subject"] == "请在线填写客户资料（编号 PJ"


def test_the_bell_gets_both_languages_and_a_link(book: Runtime) -> None:
    with book.transaction() as session:
        add_person(session, "li.wei", None)
        data = {"client_name": "华丰风电", "path": "/tasks/7"}
        CHANNELS["in_app"](book.settings, session, message("li.wei", template="lead_no_candidate", data=data))
    with book.reading() as session:
        (row,) = session.execute(sa.select(t.notification)).all()
    assert (row.text_zh, row.text_en) == ("无人可接的客户线索：华丰风电", "No one available for the lead 华丰风电")
    assert (row.person_id, row.link, row.read_at) == ("li.wei", "/tasks/7", None)


def test_the_bell_of_nobody_is_refused(book: Runtime) -> None:
    with book.transaction() as session, pytest.raises(RecipientRefused, match="no such person"):
        CHANNELS["in_app"](book.settings, session, message("nobody", template="lead_no_candidate"))


def add_person(session: Session, name: str, address: str | None) -> None:
    values = {"id": name, "name": name, "name_en": name, "email": address, "language": "zh", "active": True}
    session.execute(t.person.insert().values(**values, capacity=100, failed_sign_ins=0))
