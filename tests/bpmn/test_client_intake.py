"""Client intake on the real engine with the real handlers: its acceptance list (a) to (h), one test each and more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import api, identity
from engine.errors import FourEyes
from engine.store import tables as t
from handlers.records import cards, parties, projects, relationship
from handlers.records.changes import Stamp
from tests.bpmn.intake_house import (
    COMPANY,
    CONTACT,
    INQUIRY,
    KEY,
    KYC,
    PROFILE,
    REG_NO,
    REVIEW,
    VERIFIED,
    IntakeHouse,
    enter,
    furnish,
)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def furnished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    server = request.getfixturevalue("postgres_server") if request.param == "postgres" else None
    return furnish(tmp_path_factory.mktemp("furnished"), server)


@pytest.fixture
def house(furnished: str, tmp_path: Path) -> Iterator[IntakeHouse]:
    entered = enter(furnished, tmp_path)
    yield entered
    entered.runtime.database.dispose()


INVESTOR_FIELDS = frozenset(
    ("client_name", "reg_no", "legal_rep", "address", "founded", "registered_capital", "ownership_type", "people",
     "ownership", "statements", "credit_authorised", "credit_authorised_at", "profile_complete")
)  # fmt: skip
"""What the form asks of an investor; the sections on parties and project are hidden."""


def collected(house: IntakeHouse) -> str:
    """Bring an inquiry to where its data are in; returns the collector."""
    house.inquire()
    owner = str(house.task("ut_first_contact")["assignee"])
    house.finish("ut_first_contact", CONTACT)
    house.finish("ut_profile", PROFILE)
    return owner


def diligent(house: IntakeHouse) -> None:
    """Everything up to the initial review."""
    collected(house)
    house.finish("ut_verify", VERIFIED)
    house.finish("ut_kyc_approve", KYC)


def test_a_an_inquiry_has_an_owner_and_a_task_due_in_two_working_days(house: IntakeHouse) -> None:
    delivery = house.message("inquiry_received", KEY, variables=INQUIRY)
    task = house.task("ut_first_contact")
    assert delivery.state == "started"
    assert task["instance_id"] == delivery.instance_id
    assert task["assignee"] in {"li", "wang"}
    assert task["due_at"].astimezone(house.runtime.zone).isoformat() == "2026-03-04T18:00:00+08:00"
    assert task["facts"]["client_name"] == COMPANY
    assert task["why"]


def test_b_the_same_registration_number_twice_offers_to_merge(house: IntakeHouse) -> None:
    house.inquire()
    house.inquire("PJ-2026-0002", project_name="另一项目")
    offer = house.task("ut_dedupe")
    assert offer["business_key"] == "PJ-2026-0002"
    [candidate] = house.variables(offer["instance_id"])["duplicates"]
    assert candidate["reg_no"] == REG_NO
    house.finish("ut_dedupe", {"dedupe_decision": "merge", "survivor": candidate["party_id"]})
    assert house.state(offer["instance_id"]) == "completed"
    assert house.open_elements() == ["ut_first_contact"]


def test_a_client_with_a_service_plan_is_answered_within_what_the_plan_promises(house: IntakeHouse) -> None:
    house.inquire()
    house.inquire("PJ-2026-0002", project_name="另一项目")
    [candidate] = house.variables(house.task("ut_dedupe")["instance_id"])["duplicates"]
    with house.writing() as session:
        promised = {"tier": "A", "response_hours": 4, "contact_days": 30, "review_months": 12, "meetings": 4}
        plan = {**promised, "channel": "visit"}
        relationship.set_plan(session, int(candidate["party_id"]), plan, Stamp(house.clock(), "li", "review"))
    house.finish("ut_dedupe", {"dedupe_decision": "merge_continue", "survivor": candidate["party_id"]})
    due = {task["business_key"]: task["due_at"] for task in house.tasks() if task["element"] == "ut_first_contact"}
    assert due["PJ-2026-0001"].astimezone(house.runtime.zone).isoformat() == "2026-03-04T18:00:00+08:00"
    assert due["PJ-2026-0002"].astimezone(house.runtime.zone).date().isoformat() == "2026-03-02"


def test_b_the_same_matter_again_is_attached_without_anybody_asked(house: IntakeHouse) -> None:
    house.inquire()
    again = house.inquire("PJ-2026-0002", source="email")
    assert again.instance_id is not None
    assert house.state(again.instance_id) == "completed"
    assert house.open_elements() == ["ut_first_contact"]


def test_c_a_lead_that_nobody_contacts_goes_to_another_person_once(house: IntakeHouse) -> None:
    delivery = house.inquire()
    first = house.task("ut_first_contact")
    house.clock.move(days=6)
    house.work()
    assert house.task("ut_first_contact")["id"] == first["id"]
    house.clock.move(days=2)
    house.work()
    second = house.task("ut_first_contact")
    assert second["id"] != first["id"]
    assert {first["assignee"], second["assignee"]} == {"li", "wang"}
    assert delivery.instance_id is not None
    assert house.variables(delivery.instance_id)["excluded_owners"] == [first["assignee"]]
    house.work()
    assert house.task("ut_first_contact")["id"] == second["id"]


def test_c_when_nobody_is_left_the_task_stands_in_the_queue_and_the_head_is_told(house: IntakeHouse) -> None:
    house.inquire(sector="transport", region="south")
    seen = set()
    for _ in range(4):
        task = house.task("ut_first_contact")
        if task["assignee"] is None:
            break
        seen.add(task["assignee"])
        house.clock.move(days=10)
        house.work()
    assert seen == {"li", "wang", "he"}
    assert house.task("ut_first_contact")["assignee"] is None
    told = house.rows(t.outbox, t.outbox.c.template == "lead_no_candidate")
    assert [row["recipient"] for row in told] == ["zhao"]


def test_d_the_collector_cannot_verify(house: IntakeHouse) -> None:
    owner = collected(house)
    task = house.task("ut_verify")
    assert task["assignee"] != owner
    with house.writing() as session:
        identity.add_member(session, "data_steward", owner)
        api.release(session, identity.actor(session, str(task["assignee"])), task["id"])
    for forbidden in (api.claim, lambda *them: api.complete(*them, VERIFIED)):
        with pytest.raises(FourEyes), house.writing() as session:
            forbidden(session, identity.actor(session, owner), task["id"])
    with house.writing() as session:
        api.claim(session, identity.actor(session, "qian"), task["id"])
    house.finish("ut_verify", VERIFIED)
    assert house.open_elements() == ["ut_kyc_approve"]


def test_e_a_kyc_rejection_sends_the_neutral_letter_alone(house: IntakeHouse) -> None:
    house.source("sanctions", entries=[{"list": "TEST", "kind": "person", "names": ["林海"]}])
    collected(house)
    house.finish("ut_verify", VERIFIED)
    house.finish(
        "ut_hit",
        {"hit_decision": "confirmed", "hit_reason_code": "same_identity", "hit_comment": "证件号码一致"},
    )
    record = {
        "kyc_record_reason_code": "sanctions",
        "kyc_record_text": "名单命中,证件号码一致",
        "str_considered": "yes",
        "retention_confirmed": True,
    }
    house.finish("ut_kyc_record", record)
    assert house.open_elements() == []
    assert house.letters() == ["kyc_neutral_decline"]
    [letter] = house.rows(t.outbox, t.outbox.c.template == "kyc_neutral_decline")
    assert set(letter["data"]) <= {"client_name", "contact_name", "project_name", "project_key", "feedback_url"}


def test_f_a_register_that_is_down_becomes_a_task_by_hand(house: IntakeHouse) -> None:
    house.source("registry")
    collected(house)
    assert house.open_elements() == ["ut_kyc_approve", "ut_manual_check"]
    by_hand = {"registry_source": "公示系统", "registry_checked_at": "2026-03-02", "registry_result": "match"}
    house.finish("ut_manual_check", by_hand)
    assert house.open_elements() == ["ut_kyc_approve", "ut_verify"]


def test_g_a_withdrawal_ends_every_open_task(house: IntakeHouse) -> None:
    collected(house)
    assert house.open_elements() == ["ut_kyc_approve", "ut_verify"]
    delivery = house.message("client_withdrew", KEY, variables={"withdraw_reason": "已与他行签约"})
    house.work()
    assert delivery.state == "delivered"
    assert house.open_elements() == []
    assert {row["state"] for row in house.rows(t.instance)} <= {"completed", "cancelled", "terminated"}
    assert house.rows(t.timer, t.timer.c.instance_id.is_not(None)) == []


def test_what_a_second_person_verified_is_kept_with_their_name(house: IntakeHouse) -> None:
    collected(house)
    task = house.task("ut_verify")
    house.finish("ut_verify", VERIFIED)
    assert house.variables(task["instance_id"])["verified_fields"] > 10
    with house.looking() as session:
        party = parties.by_reg_no(session, REG_NO)
        assert party is not None
        found = cards.client_card(session, party.id).origins
    assert party.last_verified_at is not None
    assert found["legal_rep"].verifier == task["assignee"]
    assert found["legal_rep"].evidence == "营业执照原件"


def test_h_an_approved_project_asks_for_its_evaluation_under_the_same_key(house: IntakeHouse) -> None:
    diligent(house)
    house.finish("ut_initial_review", REVIEW)
    assert house.open_elements() == []
    [message] = house.kept("start_evaluation")
    assert message["business_key"] == KEY
    sent = message["variables"]
    assert sent["project_key"] == KEY
    assert (sent["client_name"], sent["reg_no"], sent["capex"]) == (COMPANY, REG_NO, 980_000_000)
    assert (sent["kyc_status"], sent["tier"], len(sent["statements"])) == ("approved", "A", 3)
    assert sum(reason["points"] for reason in sent["score_reasons"]) == sent["score"]
    with house.looking() as session:
        project = projects.find(session, KEY)
        party = parties.by_reg_no(session, REG_NO)
    assert project is not None
    assert party is not None
    assert party.legal_name == COMPANY


def test_the_client_fills_the_form_by_link_after_reminders(house: IntakeHouse) -> None:
    house.inquire()
    house.finish("ut_first_contact", CONTACT, collection_mode="client_link", email="chen@example.org")
    for _ in range(3):
        house.clock.move(days=3)
        house.work()
    assert house.letters() == ["client_form_link", "client_form_reminder", "client_form_reminder"]
    assert house.message("client_form_submitted", KEY, variables=PROFILE).state == "delivered"
    house.work()
    assert house.open_elements() == ["ut_kyc_approve", "ut_verify"]


def test_statements_that_do_not_balance_come_back_for_correction(house: IntakeHouse) -> None:
    house.inquire()
    house.finish("ut_first_contact", CONTACT)
    first, *others = PROFILE["statements"]
    house.finish("ut_profile", PROFILE, statements=[{**first, "equity": "1"}, *others])
    task = house.task("ut_correct")
    issues = house.variables(task["instance_id"])["dq_issues"]
    assert [issue["rule"] for issue in issues if issue["level"] == "error"] == ["balance"]
    house.finish("ut_correct", PROFILE)
    assert house.open_elements() == ["ut_kyc_approve", "ut_verify"]


def test_an_investor_is_not_asked_for_a_project(house: IntakeHouse) -> None:
    nothing = dict.fromkeys(("project_name", "purpose", "project_stage", "equity_pct", "permits"))
    house.inquire("CL-2026-0001", client_role="investor", amount=50_000_000, **nothing)
    house.finish("ut_first_contact", CONTACT)
    house.finish("ut_profile", {key: value for key, value in PROFILE.items() if key in INVESTOR_FIELDS})
    assert house.open_elements() == ["ut_kyc_approve", "ut_verify"]
    house.finish("ut_verify", VERIFIED)
    house.finish("ut_kyc_approve", KYC)
    house.finish("ut_initial_review", REVIEW)
    suitable = {
        "risk_class": "R4", "investor_type": "institutional", "ticket_max": "50000000", "horizon_months": 60,
        "sector_limits": ["mining"], "suitability_result": "suitable", "suitability_comment": "机构投资者",
    }  # fmt: skip
    house.finish("ut_suitability", suitable)
    assert house.open_elements() == []
    assert house.kept("start_evaluation") == []


def test_an_ineligible_inquiry_is_declined_politely_and_costs_nobody_time(house: IntakeHouse) -> None:
    house.inquire(equity_pct=15)
    assert house.tasks() == []
    assert house.letters() == ["intake_ineligible"]


def test_new_sanctions_lists_are_screened_without_stopping_the_work(house: IntakeHouse) -> None:
    collected(house)
    house.source("sanctions", entries=[{"list": "NEW", "kind": "company", "names": [COMPANY]}])
    with house.writing() as session:
        api.raise_signal(session, api.SYSTEM, "sanctions_list_updated", {"list_version": "2026-03"})
    house.work()
    assert house.open_elements() == ["ut_kyc_approve", "ut_rescreen_hit", "ut_verify"]
    house.finish("ut_rescreen_hit", {"rescreen_decision": "confirmed", "rescreen_comment": "代码一致"})
    house.finish("ut_verify", VERIFIED)
    house.finish("ut_kyc_approve", KYC)
    assert house.open_elements() == ["ut_kyc_record"]
