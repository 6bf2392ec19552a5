"""Every letter to a client says how to answer it."""

from typing import Any

import pytest

from engine.settings import Settings
from handlers import notices
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
