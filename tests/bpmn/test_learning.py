"""High-potential leads, data review, events and training on the real engine with the real handlers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from engine import api, identity, watcher
from engine.errors import Forbidden, FormInvalid
from engine.settings import load
from handlers import case_files
from handlers.records import events, inquiries, kyc, merging, parties, projects, requests, training
from handlers.records.changes import Stamp
from handlers.records.tables import lead_verdict
from tests.bpmn.packages import FOLDER
from tests.house import MONDAY, House, MovableClock

PACKAGES = (
    "kyc_onboarding",
    "client_intake",
    "high_potential",
    "data_quality_review",
    "marketing_event",
    "user_onboarding",
    "credit_check",
)
PEOPLE = {
    "li": ("rm", "rm_power"), "zhao": ("rm_head", "rm"), "ma": ("marketing",), 
    "qian": ("data_steward",), "deng": ("data_steward",), "ye": ("crm_specialist",), "gao": ("finance",),
    "sun": ("compliance",), "owen": ("process_owner",), "wu": ("investor_relations",),
}  # fmt: skip
BY = Stamp(MONDAY, "li", "manual")


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a house with the four packages and intake, made once."""
    folder = tmp_path_factory.mktemp("learning")
    runtime = api.open_engine(load(database_url=f"sqlite:///{folder / 'house.db'}", data_dir=folder), MovableClock())
    api.migrate(runtime)
    with runtime.transaction() as session:
        for team in sorted({team for teams in PEOPLE.values() for team in teams}):
            identity.add_team(session, team, team, team, "zhao" if team == "rm" else None)
        for person, teams in PEOPLE.items():
            identity.add_person(session, person, person, person, f"{person}@house.example")
            for team in teams:
                identity.add_member(session, team, person)
    for package in PACKAGES:
        outcome = watcher.deploy_folder(runtime, FOLDER / package, api.SYSTEM)
        assert not outcome.faults and not outcome.error, outcome
    runtime.database.dispose()
    return folder / "house.db"


@pytest.fixture
def house(furnished: Path, tmp_path: Path) -> Iterator[House]:
    copyfile(furnished, tmp_path / "house.db")
    clock = MovableClock()
    settings = load(database_url=f"sqlite:///{tmp_path / 'house.db'}", data_dir=tmp_path)
    runtime = api.open_engine(settings, clock)
    yield House(runtime, clock)
    runtime.database.dispose()


def finish(house: House, element: str, by: str, **values: Any) -> None:
    """Complete the oldest task of an element that the person has or may take; then everything automatic."""
    tasks = [one for one in house.tasks() if one["element"] == element]
    task = next((one for one in tasks if one["assignee"] == by), tasks[0])
    with house.writing() as session:
        api.complete(session, house.actor(by), task["id"], values)
    house.work()


def begin(house: House, key: str, by: str, business_key: str | None = None, **more: Any) -> int:
    with house.writing() as session:
        found = api.start(session, house.actor(by), key, business_key=business_key, variables=more)
    house.work()
    return found


def open_elements(house: House) -> list[str]:
    return sorted(str(task["element"]) for task in house.tasks())


def test_accepted_leads_of_an_event_become_inquiries_that_carry_its_key_and_their_cost_is_counted(house: House) -> None:
    instance = begin(house, "marketing_event", "ma", business_key="EV-2026-0001")
    plan = {"event_name": "储能研讨会", "event_kind": "seminar", "held_on": "2026-03-20", "place": "上海",
            "event_purpose": "介绍项目融资", "budget": "60000", "expected_leads": 30}  # fmt: skip
    finish(house, "ut_plan", "ma", **plan)
    with pytest.raises(Forbidden):
        finish(house, "ut_approve", "ma", approval_decision="approve")
    finish(house, "ut_approve", "zhao", approval_decision="approve")
    lead = {"client_name": "晴川储能有限公司", "contact_name": "周晴", "phone": "13800000001", "sector": "grid_storage",
            "amount": "200000000", "need": "贷款", "consent": True}  # fmt: skip
    leads = [lead, lead, {**lead, "client_name": "不愿联系公司", "consent": False}]
    finish(house, "ut_hold", "ma", held_outcome="held", cost="46000", attendance=80, leads=leads)
    assert [one["reason_en"] for one in house.variables(instance)["skipped"]] == [
        "is there twice",
        "did not agree to be contacted",
    ]
    house.pass_time(minutes=5)
    [key] = house.variables(instance)["lead_keys"]
    with house.looking() as session:
        inquiry = inquiries.find(session, key)
        assert inquiry is not None
        assert (inquiry.campaign, inquiry.source, inquiry.state) == ("EV-2026-0001", "event", "open")
        found = events.brought(session, events.get(session, "EV-2026-0001"))
    assert (found.leads, found.cost_per_lead, found.cost_per_won) == (1, Decimal("46000.00"), None)
    assert "ut_first_contact" in open_elements(house)


def test_a_claim_without_evidence_is_refused_and_one_with_it_goes_to_compliance(house: House) -> None:
    begin(house, "marketing_event", "ma", business_key="EV-2026-0002")
    plan = {"event_name": "植树", "event_kind": "csr", "held_on": "2026-03-20", "event_purpose": "公益",
            "budget": "2000", "claim": "种植 1 万棵树"}  # fmt: skip
    with pytest.raises(FormInvalid, match="evidence"):
        finish(house, "ut_plan", "ma", **plan)
    finish(house, "ut_plan", "ma", **plan, evidence="协议 1")
    [back] = house.tasks()
    assert (back["element"], back["assignee"]) == ("ut_plan", "ma")
    with house.writing() as session:
        case_files.take(session, house.actor("ma"), back["instance_id"], "协议.txt", b"1", house.clock())
    finish(house, "ut_plan", "ma", **plan, evidence="协议 1")
    [task] = house.tasks()
    assert (task["element"], task["assignee"]) == ("ut_approve", "sun")
    assert house.variables(task["instance_id"])["evidence_files"] == ["协议.txt"]


def client(house: House, name: str, **values: Any) -> str:
    told = {"kind": "company", "legal_name": name, "lifecycle_stage": "client", "owner": "li"}
    with house.writing() as session:
        party = parties.create(session, told | values, BY, 2026)
        parties.add_contact(session, party.id, {"name": "某人"}, BY)
    return party.business_key


WHOLE = {"legal_rep": "林海", "address": "南京", "industry": "D44"}


def test_owners_clean_their_clients_data_and_another_steward_checks_before_anything_happens(house: House) -> None:
    lacking = client(house, "江南绿源新能源有限公司", legal_rep="林海", industry="D44", reg_no="91320900MA1MUQ3G0X")
    twin = client(house, "江南绿源新能源公司", owner=None, **WHOLE)
    with house.writing() as session:
        for key in (lacking, twin):
            parties.verify(session, parties.get(session, key).id, BY)
    instance = begin(house, "data_quality_review", "qian")
    told = house.variables(instance)
    assert told["found"] == {"missing": 2, "format": 0, "cross": 0, "duplicate": 1, "stale": 0, "outlier": 0}
    assert told["completeness"] == Decimal("75.00")
    groups = {one["owner"]: [row["issue"] for row in one["issues"]] for one in told["groups"]}
    assert groups == {
        "li": [f"missing:{lacking}:address"],
        None: [f"duplicate:{twin}:{lacking}", f"missing:{twin}:reg_no"],
    }
    named = {task["assignee"] == "li": task["facts"]["client_name"] for task in house.tasks()}
    assert named == {True: "江南绿源新能源有限公司", False: "江南绿源新能源公司"}, "whose data it is"
    finish(house, "ut_clean", "li", decisions=[
        {"issue": f"missing:{lacking}:address", "decision": "correct", "new_value": "江苏省盐城市"}])  # fmt: skip
    steward = next(str(task["assignee"]) for task in house.tasks() if task["element"] == "ut_clean")
    other = "deng" if steward == "qian" else "qian"
    finish(house, "ut_clean", steward, decisions=[
        {"issue": f"duplicate:{twin}:{lacking}", "decision": "merge", "survivor": "other", "reason": "营业执照相同"},
        {"issue": f"missing:{twin}:reg_no", "decision": "dismiss", "reason": "随合并解决"}])  # fmt: skip
    with house.looking() as session:
        assert parties.get(session, lacking).address is None
    passed = {"sample_size": 1, "sample_errors": 0, "sample_decision": "pass"}
    assert {task["assignee"] for task in house.tasks()} == {other}
    with pytest.raises(Forbidden):
        finish(house, "ut_sample", steward, **passed)
    finish(house, "ut_sample", other, **passed)
    finish(house, "ut_sample", other, **passed)
    assert house.state(instance) == "completed"
    with house.writing() as session:
        kept = parties.get(session, twin)
        assert (kept.business_key, kept.address) == (lacking, "江苏省盐城市")
        [merge] = merging.merges_of(session, kept.id)
        merging.undo(session, merge.id, BY)
        assert parties.get(session, twin).business_key == twin


def test_what_cannot_be_carried_out_comes_back_to_whoever_decided_it(house: House) -> None:
    """A merge of what is no duplicate is refused in words, and nothing of it is done."""
    key = client(house, "江南绿源新能源有限公司", legal_rep="林海", industry="D44", reg_no="91320900MA1MUQ3G0X")
    with house.writing() as session:
        parties.verify(session, parties.get(session, key).id, BY)
    instance = begin(house, "data_quality_review", "qian")
    named = f"missing:{key}:address"
    finish(
        house, "ut_clean", "li", decisions=[{"issue": named, "decision": "merge", "survivor": "other", "reason": "x"}]
    )
    passed = {"sample_size": 1, "sample_errors": 0, "sample_decision": "pass"}
    finish(house, "ut_sample", str(house.task("ut_sample")["assignee"]), **passed)
    again = house.task("ut_clean")["locals"]
    assert (again["decisions"], again["refused"][0]["issue"]) == ([{"issue": named}], named)
    assert "is no duplicate" in again["refused"][0]["reason_en"]
    finish(house, "ut_clean", "li", decisions=[{"issue": named, "decision": "dismiss", "reason": "临时办公"}])
    finish(house, "ut_sample", str(house.task("ut_sample")["assignee"]), **passed)
    assert house.state(instance) == "completed"


def test_a_correction_of_who_a_client_is_still_waits_for_a_second_person(house: House) -> None:
    from handlers import data_review

    key = client(house, "江南绿源新能源有限公司", **WHOLE)
    row = {"issue": "x", "kind": "missing", "client_key": key, "field": "legal_rep", "other_key": None}
    done: dict[str, Any] = {"corrected": 0, "verified": 0, "dismissed": 0, "merges": [], "requests": 0}
    with house.writing() as session:
        decision = {"issue": "x", "decision": "correct", "new_value": "何青"}
        data_review._carry_out(session, row, decision, BY, done)
        party = parties.get(session, key)
        assert (party.legal_rep, [one.after for one in requests.open_of(session, party.id)]) == ("林海", ["何青"])
    assert (done["corrected"], done["requests"]) == (1, 1)


def test_amounts_far_from_the_others_are_told(house: House) -> None:
    from handlers.data_review import scores

    usual = [Decimal(100 + at) for at in range(12)]
    assert max(abs(one) for one in scores(usual)) < Decimal("3.5") < scores([*usual, Decimal(1_000_000)])[-1]
    assert scores(usual[:5]) == [0] * 5


def test_leads_are_judged_by_people_and_the_accepted_enter_intake(house: House) -> None:
    with house.writing() as session:
        for at in range(60):
            key = f"PJ-2025-{at + 1:04d}"
            party = parties.create(
                session, {"kind": "company", "legal_name": f"往年 {at}", "lifecycle_stage": "client"}, BY, 2025
            )
            sector = "renewable_power" if (at % 2 == 0) != (at % 10 >= 8) else "mining"
            project = projects.create(session, {"name": key, "sector": sector}, BY, 2025, key)
            told = {"business_key": key, "party_id": party.id, "project_id": project.id, "client_role": "borrower",
                    "campaign": None, "content": {}}  # fmt: skip
            inquiries.create(session, told, BY)
            inquiries.close(session, key, "approved" if at % 2 == 0 else "declined", BY)
        lead = parties.create(
            session, {"kind": "company", "legal_name": "晴川光伏有限公司", "phone": "13800000001"}, BY, 2026
        )
        parties.add_contact(session, lead.id, {"name": "周晴", "email": "z@example.com"}, BY)
    instance = begin(house, "high_potential", "ma", business_key="HP-2026-0001")
    assert house.variables(instance)["verdicts"] == [{"client_key": lead.business_key}]
    finish(house, "ut_judge", str(house.task("ut_judge")["assignee"]), verdicts=[
        {"client_key": lead.business_key, "decision": "accept", "reason": ""}])  # fmt: skip
    assert house.state(instance) == "completed"
    house.pass_time(minutes=5)
    [accepted] = house.variables(instance)["accepted"]
    with house.looking() as session:
        inquiry = inquiries.find(session, accepted["business_key"])
        assert inquiry is not None and (inquiry.party_id, inquiry.source) == (lead.id, "high_potential")
    assert [(row["decision"], row["run"]) for row in house.rows(lead_verdict)] == [("accept", "HP-2026-0001")]


def test_under_fifty_cases_nobody_is_proposed_and_the_specialists_are_told(house: House) -> None:
    instance = begin(house, "high_potential", "ma", business_key="HP-2026-0001")
    assert house.state(instance) == "completed"
    assert house.variables(instance).get("ranked") is None


def test_a_new_colleague_learns_practises_and_is_confirmed_by_their_lead(house: House) -> None:
    house.message("user_joined", "UO-li", variables={"new_user": "li", "teams": ["rm"]})
    house.work()
    with house.looking() as session:
        given = training.of_person(session, "li")
    assert {one.lesson for one in given} == {"basics", "secrecy", "intake", "kyc", "finance"}
    for _ in given:
        finish(house, "ut_lesson", "li", lesson_read=True, lesson_correct_pct="90")
    finish(house, "ut_practice", "li", practice_key="PJ-2026-0042", practice_notes="补正后重新提交")
    assert house.task("ut_confirm")["assignee"] == "zhao"
    with pytest.raises(Forbidden):
        finish(house, "ut_confirm", "li", confirm_decision="confirm")
    finish(house, "ut_confirm", "zhao", confirm_decision="confirm")
    with house.looking() as session:
        states = {(one.state, one.correct_pct, one.confirmed_by) for one in training.of_person(session, "li")}
    assert states == {("confirmed", Decimal(90), "zhao")}


def test_a_credit_report_needs_an_authorisation_and_by_hand_a_second_person(house: House, tmp_path: Path) -> None:
    """The bureau is down: the report comes by hand, is checked by another, and is used again within ninety days."""
    key = client(house, "江南绿源新能源有限公司", reg_no="91320900MA1MUQ3G0X")
    (tmp_path / "providers").mkdir()
    with house.looking() as session:
        told = {"party_id": str(parties.get(session, key).id), "client_name": "江南绿源", "project_name": "盐城"}
    begin(house, "credit_check", "li", business_key="PJ-2026-0001", **told)
    signed = {"authorisation_outcome": "signed", "credit_authorisation_id": "SQ-1", "authorised_on": "2026-03-02"}
    finish(house, "ut_authorise", str(house.task("ut_authorise")["assignee"]), **signed)
    report = {"report_no": "1", "reported_on": "2026-03-01", "report_source": "柜台", "evidence": "扫描件",
              "overdue_amount": "200000", "defaults": 1, "guarantees_amount": "0"}  # fmt: skip
    finish(house, "ut_upload", str(house.task("ut_upload")["assignee"]), **report)
    finish(house, "ut_check", "sun", report_decision="pass")
    with house.looking() as session:
        [kept] = kyc.credit_records(session, int(told["party_id"]))
    assert (kept.authorisation, kept.source, kept.events["overdue"]) == (
        "SQ-1",
        "manual:柜台",
        [{"overdue": Decimal(200000)}],
    )
    again = begin(house, "credit_check", "li", business_key="PJ-2026-0001", **told)
    assert house.variables(again)["bureau_state"] == "fresh" and house.state(again) == "completed"
