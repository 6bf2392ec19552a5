"""The first talk, the decision and the withdrawal leave their traces, once."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import api, identity
from handlers import records
from handlers.records import inquiries, links, projects
from tests.bpmn.intake_house import CONTACT, enter, furnish
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry


@pytest.fixture
def client(desk: Desk) -> dict[str, Any]:
    made = desk.run("intake.register", inquiry(consent_contact=False))
    return {"party_id": made["party_id"], "project_key": made["project_key"], "client_key": made["client_key"]}


def talk(desk: Desk, client: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = {
        "contact_outcome": "proceed",
        "contact_date": "2026-02-27",
        "contact_channel": "visit",
        "contact_person": "王敏",
        "need": "希望 18 年期",
        "amount": Decimal(900_000_000),
        "tenor_months": Decimal(216),
        "expected_close": "2026-06-30",
        "consent_contact": True,
        "owner": "li.wei",
        "nurture_rounds": None,
    }
    return dict(desk.run("intake.record_contact", said | client | changes))


def test_a_talk_updates_project_consent_and_timeline(desk: Desk, client: dict[str, Any]) -> None:
    assert talk(desk, client) == {"owner": "li.wei", "nurture_rounds": 0, "stage": "contacted"}
    with desk.runtime.reading() as session:
        card = records.client_card(session, client["client_key"])
    latest = next(one for one in card.interactions if one.subject == "首次联系")
    assert (latest.channel, latest.by, latest.outcome) == ("visit", "li.wei", "proceed")
    assert latest.at.astimezone(NOW.tzinfo).date().isoformat() == "2026-02-27"
    assert (card.projects[0].amount, card.projects[0].tenor_months) == (Decimal("900000000.00"), 216)
    assert card.contacts[0].consent is True and len(card.contacts) == 1
    assert card.party.consent == {"contact": True}


def test_nurturing_counts_rounds_and_disqualifying_closes(desk: Desk, client: dict[str, Any]) -> None:
    assert talk(desk, client, contact_outcome="nurture", nurture_rounds=Decimal(2))["nurture_rounds"] == 3
    assert talk(desk, client, contact_outcome="disqualify", contact_reason="无意向")["stage"] == "closed"
    with desk.runtime.reading() as session:
        matter, project = inquiries.find(session, client["project_key"]), projects.get(session, client["project_key"])
    assert matter is not None and (matter.state, matter.outcome) == ("closed", "not_pursued")
    assert project.phase == "declined", "it leaves the pipeline"


def test_what_was_nurtured_in_vain_leaves_the_pipeline_with_its_reason(desk: Desk, client: dict[str, Any]) -> None:
    said = {"outcome": "not_pursued", "project_key": client["project_key"], "reason": "条件不成熟"}
    assert desk.run("intake.close", said) == {"stage": "closed"}
    with desk.runtime.reading() as session:
        matter, project = inquiries.find(session, client["project_key"]), projects.get(session, client["project_key"])
        phases = projects.phases_of(session, project.id)
    assert matter is not None and (matter.state, matter.outcome) == ("closed", "not_pursued")
    assert (phases[-1].phase_to, phases[-1].reason) == ("declined", "条件不成熟")


def test_who_took_the_task_from_the_queue_becomes_the_owner(tmp_path: Path) -> None:
    (tmp_path / "furnished").mkdir()
    house = enter(furnish(tmp_path / "furnished"), tmp_path)
    delivery = house.inquire(sector="transport", region="south")
    while house.task("ut_first_contact")["assignee"] is not None:
        house.clock.move(days=10)
        house.work()
    with house.writing() as session:
        identity.add_person(session, "new", "新人", "Newcomer", "new@house.example")
        for team in ("rm", "rm_south"):
            identity.add_member(session, team, "new")
    with house.writing() as session:
        api.claim(session, house.actor("new"), house.task("ut_first_contact")["id"])
    house.finish("ut_first_contact", CONTACT)
    assert delivery.instance_id is not None
    variables = house.variables(delivery.instance_id)
    with house.looking() as session:
        card = records.client_card(session, variables["client_key"])
    assert (variables["owner"], card.party.owner, card.projects[0].owner) == ("new", "new", "new")
    house.runtime.database.dispose()


@pytest.mark.parametrize(
    ("decision", "stage", "phase", "state"),
    [
        ("approve", "approved", "evaluation", "closed"),
        ("hold", "hold", "intake", "open"),
        ("decline", "declined", "declined", "closed"),
    ],
)
def test_the_review_moves_the_project(
    desk: Desk, client: dict[str, Any], decision: str, stage: str, phase: str, state: str
) -> None:
    given = {"review_decision": decision, "review_priority": "high", "review_remarks": "可行"}
    assert desk.run("intake.record_decision", given | client) == {"stage": stage}
    with desk.runtime.reading() as session:
        card = records.project_card(session, client["project_key"])
        matter = inquiries.find(session, client["project_key"])
    assert (card.project.phase, card.project.priority) == (phase, "high")
    assert matter is not None and matter.state == state


def test_a_withdrawal_is_told_and_confirmed_once(desk: Desk, client: dict[str, Any]) -> None:
    given = {
        "withdraw_reason": "自行筹资",
        "withdraw_channel": "phone",
        "email": "w@example.com",
        "client_name": "华丰",
    }
    for _ in range(2):
        desk.run("intake.withdraw", given | client)
    with desk.runtime.reading() as session:
        card = records.project_card(session, client["project_key"])
    assert [one.phase_to for one in card.phases] == ["intake", "withdrawn"]
    assert card.phases[-1].reason == "自行筹资"
    assert [one["template"] for one in desk.posted.messages] == ["withdrawal_confirmed"]


def test_an_early_withdrawal_without_a_client_is_no_fault(desk: Desk) -> None:
    assert desk.run("intake.withdraw", {"withdraw_reason": None}) == {"stage": "closed"}


def test_a_clients_link_opens_once_and_until_its_day(desk: Desk, client: dict[str, Any]) -> None:
    given = {"form": "client_profile", "message": "client_form_submitted", "valid_days": Decimal(10)}
    opened = desk.run("client.open_link", given | client)
    assert opened["link_url"].startswith("https://deals.example.com/link/")
    token = opened["link_url"].rpartition("/")[2]
    with desk.runtime.transaction() as session:
        link = links.find(session, token)
        assert link is not None
        assert (link.business_key, link.form, str(link.id)) == ("PJ-2026-0001", "client_profile", opened["link_id"])
        assert link.is_open(NOW) and not link.is_open(NOW + timedelta(days=10))
        assert links.prefill(session, link)["reg_no"] == "91310000607337822J"
        assert links.use(session, link, NOW + timedelta(days=10)) is False
        assert links.use(session, link, NOW) is True
        assert links.use(session, link, NOW) is False
        assert links.find(session, token[:-1] + "x") is None


def test_the_links_table_has_no_token(desk: Desk, client: dict[str, Any]) -> None:
    opened = desk.run("client.open_link", {"form": "f", "message": "m"} | client, job_key="")
    token = opened["link_url"].rpartition("/")[2]
    with desk.runtime.reading() as session:
        rows = session.execute(records.metadata.tables["client_link"].select()).all()
    assert token not in str(rows)
