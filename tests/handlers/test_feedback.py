"""Every letter to a client says how to answer it."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from engine.errors import NotFound
from engine.settings import Settings, load
from handlers import feedback, notices
from handlers.channels import signatures
from handlers.channels.rendering import render
from handlers.records import parties
from handlers.records.changes import Stamp
from tests.handlers.conftest import NOW, Desk


def test_a_letter_to_a_client_bears_the_link_for_a_word_back_and_one_to_staff_does_not(quick_desk: Desk) -> None:
    with quick_desk.runtime.transaction() as session:
        company = parties.create(session, {"legal_name": "华丰集团"}, Stamp(NOW, "li", "test"), 2026)
    letter: dict[str, Any] = {"channel": "email", "template": "client_form_link", "data": {"client_name": "华丰"}}
    quick_desk.run("notify.send", letter | {"to": "chen@example.org", "party_id": str(company.id)})
    quick_desk.run("notify.send", letter | {"to": "staff@house.example"})
    links = [one["data"].get("feedback_url") for one in quick_desk.posted.messages]
    assert links[0].startswith("https://") and "/feedback/" in links[0]
    assert links[1] is None


def test_a_letter_s_link_shows_no_address_and_those_of_earlier_letters_are_still_read() -> None:
    settings, letter = load(secret_key="tests"), feedback.Letter(7, "chen@example.org", "7001:letter")
    token = feedback.url(settings, letter).rpartition("/")[2]
    assert b"chen" not in base64.urlsafe_b64decode(token + "==")
    assert feedback.url(settings, letter).endswith(token), "the same letter has the same link"
    body = b'[7,"chen@example.org","7001:letter"]'
    mark = hmac.new(signatures.key(settings, "feedback", "link").encode(), body, hashlib.sha256).digest()[:16]
    earlier = base64.urlsafe_b64encode(mark + body).decode().rstrip("=")
    assert feedback.letter_of(settings, token) == feedback.letter_of(settings, earlier) == letter
    for made_up in ("made-up", earlier[:-2], token[:-2]):
        with pytest.raises(NotFound):
            feedback.letter_of(settings, made_up)


def test_a_neutral_letter_invites_no_question(quick_desk: Desk) -> None:
    with quick_desk.runtime.transaction() as session:
        company = parties.create(session, {"legal_name": "华丰集团"}, Stamp(NOW, "li", "test"), 2026)
    told: dict[str, Any] = {
        "channel": "email",
        "to": "chen@example.org",
        "party_id": str(company.id),
        "data": {"client_name": "华丰"},
    }
    for template in sorted(notices.NEUTRAL):
        quick_desk.run("notify.send", told | {"template": template}, job_key=template)
    assert [one["data"].get("feedback_url") for one in quick_desk.posted.messages] == [None] * len(notices.NEUTRAL)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_letter_about_a_complaint_shows_where_it_stands(language: str) -> None:
    link = "https://house.example/complaint/1"
    data = dict.fromkeys(("subject", "complaint_key", "contact_name", "delay_reason", "new_date"), "x")
    for template in sorted(notices.ABOUT_COMPLAINTS):
        made = render(Settings(), template, language, data | {"solve_due": NOW, "status_url": link})
        assert link in made.body, template
