"""Letters go out once, to those who may have them, and never with more than they should say."""

from typing import Any

import pytest

from handlers import records
from tests.handlers.conftest import Desk
from tests.handlers.people import inquiry

ADDRESS = "wang.min@huafeng.example.com"


def send(desk: Desk, **inputs: Any) -> dict[str, Any]:
    given = {"channel": "email", "template": "client_form_link", "to": ADDRESS, "data": {"client_name": "华丰"}}
    changes = {"job_key": inputs.pop("job_key")} if "job_key" in inputs else {}
    return dict(desk.run("notify.send", given | inputs, **changes))


def test_a_letter_waits_in_the_outbox_and_shows_on_the_timeline(desk: Desk) -> None:
    made = desk.run("intake.register", inquiry())
    sent = send(desk, language="en")
    assert sent["state"] == "waiting"
    (letter,) = desk.posted.messages
    assert (letter["channel"], letter["recipient"], letter["template"]) == ("email", ADDRESS, "client_form_link")
    assert letter["language"] == "en"
    with desk.runtime.reading() as session:
        card = records.client_card(session, made["client_key"])
    assert card.interactions[0].subject == "Please fill in your company profile"


def test_the_same_job_sends_once(desk: Desk) -> None:
    states = [send(desk, job_key="7001:svc_send")["state"] for _ in range(2)]
    assert states == ["waiting", "duplicate"]
    assert len(desk.posted.messages) == 1


def test_a_dedupe_key_of_the_model_holds_over_jobs(desk: Desk) -> None:
    assert send(desk, dedupe_key="welcome")["state"] == "waiting"
    assert send(desk, dedupe_key="welcome")["state"] == "duplicate"


def test_who_refused_contact_gets_answers_only(desk: Desk) -> None:
    desk.run("intake.register", inquiry(consent_contact=False))
    assert send(desk)["state"] == "no_consent"
    assert send(desk, template="intake_declined")["state"] == "waiting"
    assert [one["template"] for one in desk.posted.messages] == ["intake_declined"]
    assert ("notice_not_sent", {"template": "client_form_link", "to": ADDRESS, "state": "no_consent"}) in desk.audited


def test_a_team_means_each_of_its_members(desk: Desk) -> None:
    desk.people.teams = {"rm_head": ("gao.feng", "li.wei")}
    send(desk, channel="in_app", template="lead_no_candidate", to="team:rm_head")
    assert [one["recipient"] for one in desk.posted.messages] == ["gao.feng", "li.wei"]


@pytest.mark.parametrize("to", [None, "", [None], "team:nobody"])
def test_nobody_to_send_to_fails_nothing(desk: Desk, to: object) -> None:
    assert send(desk, to=to)["state"] == "no_recipient"


@pytest.mark.parametrize("template", ["kyc_neutral_decline", "decline_neutral"])
def test_a_neutral_letter_is_cut_down_to_names(desk: Desk, template: str) -> None:
    told = {"client_name": "华丰", "project_key": "PJ-1", "hits": ["x"], "kyc_rating": 4, "reason": "制裁"}
    send(desk, template=template, data=told)
    assert desk.posted.messages[0]["data"] == {"client_name": "华丰", "project_key": "PJ-1"}
