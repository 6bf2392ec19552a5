"""Messages to programs, robots and telephones go out signed, once, when they may; and what became of each is told."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self
from zoneinfo import ZoneInfo

import pytest

from engine.errors import DeliveryDelayed, InvalidInput, RecipientRefused
from engine.outbox import Message
from handlers import consent
from handlers.channels import CHANNELS, chat, posting, signatures
from handlers.records import endpoints, parties, preferences
from handlers.records.changes import Stamp
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry

STAMP = Stamp(NOW, "root", "test")
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Partner:
    """A real HTTP server that answers as told and keeps what came."""

    answer: int = 200
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        partner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                partner.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(partner.answer)
                if partner.answer == 302:
                    self.send_header("Location", partner.url)
                self.end_headers()
                self.wfile.write(b"as told")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def partner() -> Iterator[Partner]:
    with Partner() as one:
        yield one


def message(channel: str, recipient: str, template: str = "lead_no_candidate", **data: Any) -> Message:
    said = {"client_name": "华丰", "project_name": "如东", "project_key": "PJ-1", "group": "rm", **data}
    return Message(1, channel, recipient, template, "zh", said, "7001:x", datetime(2026, 3, 2, tzinfo=UTC))


def send(desk: Desk, one: Message) -> None:
    with desk.runtime.reading() as session:
        CHANNELS[one.channel](desk.runtime.settings, session, one)


def know(desk: Desk, name: str, channel: str, url: str) -> str:
    """Keep an endpoint; returns its signing key."""
    with desk.runtime.transaction() as session:
        made = endpoints.put(session, name, channel, url, STAMP)
    return signatures.key(desk.runtime.settings, "webhook" if channel == "webhook" else channel, name, made.generation)


def test_a_webhook_is_signed_and_what_the_partner_answers_decides(quick_desk: Desk, partner: Partner) -> None:
    key = know(quick_desk, "ledger", "webhook", partner.url)
    send(quick_desk, message("webhook", "ledger", amount="1234.50"))
    headers, body = partner.taken[0]
    told = json.loads(body)
    assert (told["id"], told["event"], told["data"]["client_name"]) == ("7001:x", "lead_no_candidate", "华丰")
    assert signatures.holds(key, headers["dealflow-signature"], body, NOW)
    assert not signatures.holds(key, headers["dealflow-signature"], body + b" ", NOW)
    assert not signatures.holds(key, headers["dealflow-signature"], body, NOW + timedelta(minutes=6))
    for answer, error in ((503, DeliveryDelayed), (429, DeliveryDelayed), (400, RecipientRefused)):
        partner.answer = answer
        with pytest.raises(error, match=str(answer)):
            send(quick_desk, message("webhook", "ledger"))
    partner.answer = 302
    with pytest.raises(RecipientRefused):
        send(quick_desk, message("webhook", "ledger"))
    assert len(partner.taken) == 5  # a redirect is not followed


def test_an_endpoint_that_is_off_unknown_or_down_is_told_apart(quick_desk: Desk, partner: Partner) -> None:
    know(quick_desk, "ledger", "webhook", "http://127.0.0.1:9/nobody")
    with pytest.raises(DeliveryDelayed):
        send(quick_desk, message("webhook", "ledger"))
    with quick_desk.runtime.transaction() as session:
        assert endpoints.switch_off(session, "ledger")
    for name in ("ledger", "stranger"):
        with pytest.raises(RecipientRefused):
            send(quick_desk, message("webhook", name))
    closed = [
        "169.254.169.254",
        "2852039166",
        "0x7f.1",
        "127.0.0.2",
        "0.0.0.0",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
    ]
    named = [f"https://{one}/" for one in closed]
    for url in ("http://partner.example/hook", "ftp://x.example", "file:///etc/passwd", *named):
        with pytest.raises(InvalidInput):
            posting.checked(url)


def test_a_name_that_leads_to_a_closed_address_is_not_posted_to(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("169.254.169.254", 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_named: found)
    with pytest.raises(RecipientRefused, match="closed"):
        posting.post("webhook", "cloud", "https://metadata.example/", b"{}", {})


def test_a_new_address_makes_the_old_key_worthless(quick_desk: Desk, partner: Partner) -> None:
    assert know(quick_desk, "ledger", "webhook", partner.url) != know(quick_desk, "ledger", "webhook", partner.url)


def test_a_text_message_goes_to_the_gateway_with_subject_and_link(quick_desk: Desk, partner: Partner) -> None:
    know(quick_desk, "sms", "sms", partner.url)
    quick_desk.run("intake.register", inquiry(phone="13800138000"))
    send(quick_desk, message("sms", inquiry()["email"], "client_form_link", link_url="https://d.example/l/1"))
    told = json.loads(partner.taken[0][1])
    assert told["to"] == "+8613800138000"
    assert told["text"].endswith(" https://d.example/l/1") and len(told["text"]) <= 134
    with pytest.raises(RecipientRefused):
        send(quick_desk, message("sms", "nobody@x.example"))


def test_robots_are_reached_through_apprise_and_no_other_scheme_is_taken(quick_desk: Desk, partner: Partner) -> None:
    know(quick_desk, "desk", "chat", chat.checked(partner.url.replace("http://", "json://")))
    send(quick_desk, message("chat", "desk"))
    told = json.loads(partner.taken[0][1])
    assert "华丰" in told["title"] + told["message"]
    partner.answer = 500
    with pytest.raises(DeliveryDelayed):
        send(quick_desk, message("chat", "desk"))
    kinds = {"wecombot://1ab2c3": "WeComBot", "dingtalk://12345678": "DingTalk", "feishu://12345678": "Feishu"}
    for url, kind in kinds.items():
        assert kind in type(chat.robot_at(url)).__name__
    for url in ("syslog://", "macosx://", "mailto://a:b@c.example", "dingtalk://"):
        with pytest.raises(InvalidInput):
            chat.checked(url)


def test_who_said_no_to_texts_gets_mail_only_and_nobody_is_woken(quick_desk: Desk) -> None:
    made = quick_desk.run("intake.register", inquiry(phone="13800138000"))
    with quick_desk.runtime.reading() as session:
        (person,) = parties.contacts_of(session, int(made["party_id"]))
    told = {"contact_id": str(person.id), "channels": {"sms": False}, "quiet_from": "18:00", "quiet_until": "09:30"}
    quick_desk.run("contact.set_preferences", told)
    letter = {"template": "client_form_link", "data": {"client_name": "华丰"}}
    assert quick_desk.run("notify.send", letter | {"channel": "sms", "to": "138 0013 8000"})["state"] == "no_consent"
    quick_desk.later(hours=9)  # seven in the evening in Shanghai
    assert quick_desk.run("notify.send", letter | {"channel": "email", "to": person.email})["state"] == "waiting"
    (sent,) = quick_desk.posted.messages
    assert sent["not_before"] == datetime(2026, 3, 3, 9, 30, tzinfo=ZONE)
    with pytest.raises(InvalidInput):
        quick_desk.run("contact.set_preferences", told | {"quiet_from": "25:00"})


@pytest.mark.parametrize(
    ("clock", "until"),
    [("20:59", None), ("21:00", (3, "08:00")), ("02:00", (2, "08:00")), ("08:00", None)],
)
def test_quiet_hours_over_midnight_end_in_the_morning(clock: str, until: tuple[int, str] | None) -> None:
    now = datetime.fromisoformat(f"2026-03-02T{clock}").replace(tzinfo=ZONE)
    expected = until and datetime.fromisoformat(f"2026-03-0{until[0]}T{until[1]}").replace(tzinfo=ZONE)
    assert consent.after(("21:00", "08:00"), now, ZONE) == expected


def test_a_text_in_the_night_waits_for_the_house_s_morning(quick_desk: Desk) -> None:
    night = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    with quick_desk.runtime.reading() as session:
        assert consent.not_before(session, "sms", "+8613900000000", night, ZONE) is not None
        assert consent.not_before(session, "email", "a@b.example", night, ZONE) is None
        assert preferences.reached_by(session, "a@b.example") == ()
