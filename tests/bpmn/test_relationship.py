"""Maintenance, retention, surveys and care on the real engine: the acceptance list of maintenance (a) to (d), and the
requirements on looking after clients, one test each and more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, queries
from engine.errors import FourEyes
from engine.store import tables as t
from handlers import default_risk, live_checks, modules
from handlers.records import (
    cases,
    facilities,
    greetings,
    interactions,
    kyc,
    opportunities,
    parties,
    projects,
    relationship,
    retention,
    security,
    service,
    statements,
    surveys,
)
from handlers.records.changes import origins
from handlers.records.tables import model_score
from handlers.reports.client import client_360
from handlers.reports.content import Table
from handlers.views import next_actions
from tests.bpmn import relationship_house
from tests.bpmn.relationship_house import CLIENT, EMAIL, PROJECT, REVIEW, RelationshipHouse
from tests.house import SHANGHAI
from web.findings import at_fields


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> str:
    return relationship_house.furnish(tmp_path_factory.mktemp("relationship"))


@pytest.fixture
def house(furnished: str, tmp_path: Path) -> Iterator[RelationshipHouse]:
    entered = relationship_house.enter(furnished, tmp_path)
    yield entered
    entered.runtime.database.dispose()


def operational(house: RelationshipHouse, key: str = PROJECT) -> None:
    house.tell("facility_operational", key, project_key=PROJECT, project_name="盐城渔光互补", facility_keys=[])


def reviewed(house: RelationshipHouse, *needs: str, **changes: Any) -> None:
    """A review that is due, held and written down."""
    house.tell("review_due", review_year=2026)
    house.finish("ut_review", {**REVIEW, "needs": [{"category": one} for one in needs], **changes})


# ── one review a year, tier, plan ──────────────────────────────────────────────────────────────────────────────


def test_a_each_client_gets_one_review_a_year_moved_to_a_working_day(house: RelationshipHouse) -> None:
    house.clock.move(days=4)  # a Friday; a year later it is a Saturday
    operational(house)
    operational(house, "PJ-2026-0009")  # another project of the same client
    [row] = house.planned("review_due")
    assert row["business_key"] == CLIENT
    assert row["day"] == date(2027, 3, 6)
    assert row["due_at"].astimezone(SHANGHAI).date() == date(2027, 3, 8)
    house.clock.at = datetime(2027, 3, 8, 10, tzinfo=SHANGHAI)
    house.work()
    task = house.task("ut_review")
    assert (task["assignee"], task["due_at"].astimezone(SHANGHAI).date()) == ("li", date(2027, 4, 6))
    house.finish("ut_review", REVIEW)
    [after] = house.planned("review_due")
    assert after["day"] == date(2028, 3, 8)
    with house.looking() as session:
        assert relationship.reviewed_years(session, house.party) == (2027,)


def test_the_tier_changes_in_the_annual_review_alone_and_the_service_follows_it(house: RelationshipHouse) -> None:
    operational(house)
    house.tell("attention_due", attention="churn")
    with house.looking() as session:
        assert parties.get(session, CLIENT).tier == "B"
        plan = relationship.plan_of(session, house.party)
    assert plan is not None and (plan.tier, plan.response_hours, plan.contact_days) == ("B", 8, 90)
    assert house.letters("maintenance_welcome") == [EMAIL]
    reviewed(house)
    with house.looking() as session:
        assert parties.get(session, CLIENT).tier == "A"
        plan = relationship.plan_of(session, house.party)
        stages = [one.stage_to for one in relationship.stages_of(session, house.party)]
        phases = [one.phase_to for one in projects.phases_of(session, projects.get(session, PROJECT).id)]
        paper = {one.id: one for one in client_360(session, CLIENT, house.clock()).sections}
    told, cases, tasks = (paper[id] for id in ("service_plan", "cases", "tasks"))
    assert plan is not None and (plan.tier, plan.response_hours, plan.contact_days) == ("A", 4, 30)
    assert plan.goals == REVIEW["goals"]
    assert stages == ["maturity"]
    assert phases[-1] == "maintenance"
    assert isinstance(told, Table) and [(row["tier"], row["goals"]) for row in told.rows] == [("A", REVIEW["goals"])]
    assert isinstance(cases, Table) and isinstance(tasks, Table) and tasks.rows
    for words in [row[at] for row in cases.rows for at in ("key", "state")] + [row["name"] for row in tasks.rows]:
        assert words["text_en"].isascii() and not words["text"].isascii(), words
    assert {row["state"]["text"] for row in cases.rows} == {"进行中"}


def test_the_yearly_category_needs_a_second_person(house: RelationshipHouse) -> None:
    reviewed(house)
    grades = {f"grade_{one}": 3 for one in ("financial", "political", "transaction", "sponsor", "security")}
    house.finish("ut_rerate", {**grades, "rating_basis": "DSCR 1.38"}, by="jin")
    house.finish("ut_rerate_confirm", {"confirmed_category": "Satisfactory", "rating_reason": "单一购电方"}, by="tang")
    with house.looking() as session:
        assert relationship.rating_of(session, house.party) == "Satisfactory"


def test_the_years_statements_are_entered_once_refused_unbalanced_and_read_by_whoever_asks(
    house: RelationshipHouse,
) -> None:
    year = {
        "period": "2025", "currency": "CNY", "audited": True, "total_assets": "1000000000.00",
        "total_liabilities": "650000000.00", "equity": "300000000.00", "revenue": "400000000.00",
        "ebitda": "125000000.00", "interest_expense": "30000000.00",
    }  # fmt: skip
    house.change_client(founded=date(2015, 1, 1))
    with house.writing() as session:
        default_risk.try_out(session, house.clock(), "jin", "tang")
        typed = live_checks.check(session, "annual_review", {"statements": [year]})
    assert typed is not None
    assert [(one.level, one.places) for one in typed.notes] == [("block", ("statements.0.equity",))]
    reviewed(house, statements=[year])
    returned = house.task("ut_review")
    seen = house.variables_of(returned)
    said = "2025：资产 1,000,000,000.00 − 负债 650,000,000.00 − 权益 300,000,000.00 = 50,000,000.00"
    with house.looking() as session:
        form = queries.task(session, house.actor("li"), int(returned["id"])).form_schema
        assert statements.of_party(session, house.party) == ()
        assert relationship.reviewed_years(session, house.party) == ()
    assert at_fields(form, seen, seen, "zh") == {"statements.0.period": [said]}
    house.finish("ut_review", {**REVIEW, "statements": [year | {"equity": "350000000.00"}]})
    with house.looking() as session:
        [kept] = statements.of_party(session, house.party)
        origin = origins(session, "financial_statement", kept.id)["currency"]
        tested = statements.latest(session, house.party, date(2025, 12, 31))  # as covenant.load asks for it
    assert (origin.source, origin.by, origin.verifier) == ("annual_review", "li", None)
    assert tested == kept
    shown = house.variables_of(house.task("ut_rerate"))
    assert (shown["overview"]["ratios"]["period"], shown["overview"]["ratios"]["icr_ebitda"]) == (
        "2025-12-31",
        Decimal("4.1667"),
    )
    with house.looking() as session:
        used = session.scalars(sa.select(model_score.c.features)).all()
    assert shown["pd_ability"] is None, "one closed case here gives no level"
    assert "还款能力" in shown["pd_told"] and "不给出违约概率" in shown["pd_told"]
    assert {str(one["leverage"]) for one in used if "leverage" in one} == {"0.6500"}
    grades = {f"grade_{one}": 3 for one in ("financial", "political", "transaction", "sponsor", "security")}
    house.finish("ut_rerate", {**grades, "rating_basis": "与审计报告相符", "statements_verified": "yes"}, by="jin")
    with house.looking() as session:
        checked = origins(session, "financial_statement", kept.id).values()
    assert {(one.verifier, one.evidence) for one in checked} == {("jin", "与审计报告相符")}


def test_a_mature_client_gets_a_yearly_meeting_and_declined_suggestions_count(house: RelationshipHouse) -> None:
    reviewed(house, "refinancing", "liquidity")
    actions = {
        str(house.variables_of(task)["action"]["action"]) for task in house.tasks() if task["element"] == "ut_action"
    }
    assert actions == {"discuss_refinancing", "offer_liquidity", "opportunity_meeting", "executive_visit"}
    for _ in range(2):
        house.finish("ut_action", {"action_result": "declined", "action_comment": "暂不需要"})
    with house.looking() as session:
        done = relationship.actions_of(session, house.party)
        assert [one.result for one in done] == ["declined", "declined"]
    house.tell("attention_due", attention="churn")
    with house.looking() as session:
        churn = relationship.churn_of(session, house.party)
    assert churn is not None and "Two or more offers declined in a year" in {one["reason_en"] for one in churn.reasons}


def test_nothing_is_pushed_without_consent(house: RelationshipHouse) -> None:
    reviewed(house, "hedging")
    assert house.letters("product_suggestion") == [EMAIL]
    with house.writing() as session:
        parties.add_contact(session, house.party, {"name": "陈晓", "email": EMAIL, "consent": False}, house.stamp())
    house.change_client(consent={"contact": False})
    reviewed(house, "hedging")
    assert house.letters("product_suggestion") == [EMAIL]
    assert "ask_consent" in {
        house.variables_of(task)["action"]["action"] for task in house.tasks() if task["element"] == "ut_action"
    }


def proposed(house: RelationshipHouse) -> list[tuple[str, str]]:
    with house.looking() as session:
        party, now = parties.get(session, house.party), house.clock()
        table = next_actions.next_actions(session, party, now, now.astimezone(SHANGHAI).date())
    return [(row["text"]["text_en"], row["how"]["text_en"]) for row in table.rows]


def test_what_to_do_next_is_told_at_once_when_the_clients_data_change(house: RelationshipHouse) -> None:
    assert not any("hedge" in text for text, _how in proposed(house))
    reviewed(house, "hedging")
    assert ("Products that hedge rates and currency", "By letter (the client agreed)") in proposed(house)
    with house.writing() as session:
        parties.add_contact(session, house.party, {"name": "陈晓", "email": EMAIL, "consent": False}, house.stamp())
    house.change_client(consent={"contact": False})
    assert {how for _text, how in proposed(house)} == {"By a person"}


# ── opportunities ──────────────────────────────────────────────────────────────────────────────────────────────

FOUND = {
    "action_result": "accepted", "action_comment": "二期 2 亿元", "opportunity_found": True,
    "opportunity_title": "盐城二期", "opportunity_sector": "renewable_power", "opportunity_purpose": "expansion",
    "opportunity_amount": "200000000", "opportunity_currency": "CNY", "opportunity_tenor": 144,
}  # fmt: skip


def test_c_a_found_opportunity_uses_kyc_again_while_it_is_valid(house: RelationshipHouse) -> None:
    reviewed(house, "expansion")
    house.finish("ut_action", FOUND)
    [mail] = house.kept("start_evaluation")
    told = mail["variables"]
    with house.looking() as session:
        [found] = opportunities.of_party(session, house.party)
        project = projects.get(session, mail["business_key"])
    assert (found.route, found.amount, found.project_id) == ("evaluation", Decimal(200_000_000), project.id)
    assert (project.phase, project.name, project.tenor_months) == ("evaluation", "盐城二期", 144)
    assert (told["kyc_status"], told["kyc_rating"], told["client_key"]) == ("approved", 2, CLIENT)
    assert (told["project_key"], told["email"], told["owner"]) == (project.business_key, EMAIL, "li")
    assert [(one["name"], one["birthday"]) for one in told["people"]] == [("陈晓", date(1975, 3, 8))]
    assert [(one["owner"], one["pct"]) for one in told["ownership"]] == [("林海", Decimal(60))]
    assert house.kept("opportunity_found") == []


def test_c_an_opportunity_goes_through_intake_when_kyc_has_run_out(house: RelationshipHouse) -> None:
    with house.writing() as session:
        case = kyc.open_case(session, house.party, house.stamp())
        kyc.decide(session, case.id, "approved", house.stamp(), rating=2, next_review=date(2026, 3, 1))
    reviewed(house, "expansion")
    house.finish("ut_action", FOUND)
    [mail] = house.kept("opportunity_found")
    assert house.kept("start_evaluation") == []
    assert (mail["variables"]["existing_owner"], mail["variables"]["source"]) == ("li", "opportunity")
    assert str(mail["business_key"]).startswith("PJ-")


# ── churn and retention ────────────────────────────────────────────────────────────────────────────────────────

OFFER = {"offer": "fee_waiver", "offer_amount": "30000", "offer_currency": "CNY", "offer_text": "减免账户管理费"}
TALK = {
    "contact_date": "2026-03-02", "contact_channel": "visit", "contact_person": "陈晓", "contact_result": "accepted",
    "contact_text": "接受",
}  # fmt: skip


def leaving(house: RelationshipHouse) -> None:
    """The client wants to refinance, and its key contact has left: with its low mark that is 80 points."""
    with house.writing() as session:
        for kind in ("refinance_notice", "key_contact_left", "income_moved"):
            relationship.note_signal(session, house.party, kind, house.stamp())


def test_b_churn_points_of_60_start_one_retention_case_and_not_two(house: RelationshipHouse) -> None:
    leaving(house)
    house.begin("client_maintenance", "ev_sweep")  # the weekly look finds the signs …
    house.begin("client_maintenance", "ev_sweep")  # … and tells them once
    assert house.open_elements().count("ut_cause") == 1
    reviewed(house)  # a review finds them too
    assert house.open_elements().count("ut_cause") == 1
    with house.looking() as session:
        [case] = retention.of_party(session, house.party)
        churn = relationship.churn_of(session, house.party)
    assert (case.state, case.points, case.owner) == ("open", 70, "li")
    assert churn is not None and sum(one["points"] for one in churn.reasons) == churn.points == 70


def test_retention_ends_with_an_outcome_after_60_days(house: RelationshipHouse) -> None:
    leaving(house)
    house.tell("attention_due", attention="churn")
    house.finish("ut_cause", {"retention_cause": "price", "cause_text": "他行报价更低"})
    house.finish("ut_offer", OFFER)
    assert house.task("ut_approve")["assignee"] == "zhao"
    house.finish("ut_approve", {"approval_decision": "approve"})
    house.finish("ut_contact", TALK)
    house.pass_time(days=61)
    with house.looking() as session:
        [case] = retention.of_party(session, house.party)
    assert (case.state, case.outcome, case.points_after) == ("closed", "retained", 0)
    assert (case.offer_amount, case.approved, case.approved_by) == (Decimal(30_000), True, "zhao")
    leaving(house)
    house.tell("attention_due", attention="churn")
    with house.looking() as session:
        assert [one.state for one in retention.of_party(session, house.party)] == ["open", "closed"]


# ── the weekly look ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_weekly_look_asks_for_contact_needs_and_plans_once(house: RelationshipHouse) -> None:
    house.change_client(tier="A")
    operational(house)
    house.speak()
    house.clock.move(days=31)
    house.begin("client_maintenance", "ev_sweep")
    house.begin("client_maintenance", "ev_sweep")
    asked = sorted(house.variables_of(task)["kind"] for task in house.tasks() if task["element"] == "ut_attend")
    assert asked == ["contact", "needs", "plan"]
    missing = house.task("ut_unplanned")  # the second look has nothing new to tell
    assert [one["client_key"] for one in house.variables_of(missing)["unplanned"]] == [CLIENT]
    said = {
        "contact_date": "2026-04-02",
        "contact_channel": "phone",
        "contact_person": "陈晓",
        "contact_summary": "正常",
    }
    for task in [task for task in house.tasks() if task["element"] == "ut_attend"]:
        kind = house.variables_of(task)["kind"]
        more: dict[str, Any] = {"needs": [{"category": "expansion"}]} if kind == "needs" else {}
        house.finish("ut_attend", said | more | ({"goals": "季度拜访"} if kind == "plan" else {}))
    with house.looking() as session:
        assert [one.category for one in relationship.needs_of(session, house.party)] == ["expansion"]
        assert relationship.without_plan(session) == ()
        plan = relationship.plan_of(session, house.party)
        talks = [one.subject for one in interactions.timeline(session, house.party)]
    assert plan is not None and plan.goals == "季度拜访"
    assert {"保持联系", "需求访谈", "客户计划"} <= set(talks)


def test_a_client_of_the_old_book_gets_its_first_review_on_its_anniversary(house: RelationshipHouse) -> None:
    house.begin("client_maintenance", "ev_sweep")
    house.begin("client_maintenance", "ev_sweep")
    assert [row["day"] for row in house.planned("review_due")] == [date(2027, 2, 20)]


# ── repayment ──────────────────────────────────────────────────────────────────────────────────────────────────


def repaid(house: RelationshipHouse) -> None:
    with house.writing() as session:
        [facility] = facilities.of_party(session, house.party)
        facilities.repay(session, facility.id, facility.balance, house.stamp())
        facilities.enter(session, facility.id, "closed", house.stamp())
    house.tell("loan_repaid", PROJECT, project_key=PROJECT, repaid_on="2026-03-02")


def test_d_repayment_creates_security_release_and_archives_the_case(house: RelationshipHouse) -> None:
    repaid(house)
    task = house.task("ut_release")
    assert task["due_at"].astimezone(SHANGHAI).date() == date(2026, 3, 16)
    item = {"item": "项目土地抵押", "released_on": "2026-03-05", "evidence": "注销证明"}
    house.finish("ut_release", {"fully_paid": True, "released_items": [{**item, "item": "别的"}]}, by="dong")
    assert house.open_elements() == ["ut_release"]  # what is on the books is not released yet
    house.finish("ut_release", {"fully_paid": True, "released_items": [item]}, by="dong")
    agreed = {"release_decision": "confirm", "release_consent": "yes", "lessons": "长期购电合同"}
    with house.writing() as session:
        api.release(session, house.actor("pan"), house.task("ut_release_confirm")["id"])
    with pytest.raises(FourEyes):
        house.finish("ut_release_confirm", agreed, by="dong")
    house.finish("ut_release_confirm", agreed, by="pan")
    with house.looking() as session:
        project = projects.get(session, PROJECT)
        assert {one.state for one in security.of_project(session, project.id)} == {"released"}
        case = cases.find(session, PROJECT)
        [asked] = surveys.of_party(session, house.party)
    assert project.phase == "closed"
    assert case is not None and (case.outcome, case.release_consent, case.lessons) == ("repaid", True, "长期购电合同")
    assert (asked.kind, asked.state, asked.round) == ("exit", "sent", f"{PROJECT}:exit")
    assert house.letters("loan_repaid_thanks") == [EMAIL]


# ── surveys ────────────────────────────────────────────────────────────────────────────────────────────────────


def asked(house: RelationshipHouse) -> surveys.Survey:
    house.begin("satisfaction_survey", "ev_quarter")
    with house.looking() as session:
        return surveys.of_party(session, house.party)[0]


def test_a_low_mark_is_called_back_a_gap_too_and_a_suggestion_is_answered(house: RelationshipHouse) -> None:
    survey = asked(house)
    assert (survey.state, house.letters("survey_invitation")) == ("sent", [EMAIL])
    answer = {"nps": 8, "csat": 4, "suggestion": "希望线上提交提款资料", "expect_drawdown": 5, "experience_drawdown": 3}
    house.message("survey_answered", survey.business_key, variables=answer)
    house.work()
    task = house.task("ut_callback")
    assert (task["assignee"], task["due_at"].astimezone(SHANGHAI).date()) == ("li", date(2026, 3, 4))
    assert house.variables_of(task)["low"] == ["drawdown"]
    with house.looking() as session:
        [suggestion] = service.of_party(session, house.party)
        assert (suggestion.kind, suggestion.text) == ("suggestion", "希望线上提交提款资料")
        assert service.open_complaints(session, house.party) == ()
    call = {"callback_contact": "陈晓", "callback_date": "2026-03-02", "score_reason": "放款慢", "promise": "指定专人",
            "promise_due": "2026-03-31"}  # fmt: skip
    house.finish("ut_callback", call)
    with house.looking() as session:
        kept = surveys.get(session, survey.business_key)
        assert (kept.state, kept.nps, kept.csat, kept.followup) == ("answered", 8, 4, "callback")


def test_nobody_is_asked_twice_in_90_days_or_with_an_open_complaint_and_a_round_is_summed_up(
    house: RelationshipHouse,
) -> None:
    survey = asked(house)
    house.message("survey_answered", survey.business_key, variables={"nps": 9, "csat": 5})
    house.work()
    house.finish("ut_reference", {"reference_result": "agreed"})
    house.tell("milestone_reached", PROJECT, milestone="cod", project_key=PROJECT)
    with house.looking() as session:
        assert len(surveys.of_party(session, house.party)) == 1
    house.pass_time(days=28)
    house.finish("ut_summary", {"survey_summary": "保持"})
    with house.looking() as session:
        done = surveys.find_round(session, "2026Q1")
    assert done is not None and (done.invited, done.answered, done.nps, done.csat) == (1, 1, Decimal(100), Decimal(100))
    house.clock.move(days=70)
    complain(house)
    house.tell("milestone_reached", PROJECT, milestone="year", project_key=PROJECT)
    with house.looking() as session:
        assert len(surveys.of_party(session, house.party)) == 1


def test_who_stands_in_the_book_twice_is_asked_once(house: RelationshipHouse) -> None:
    other = stands_twice(house)
    asked(house)
    with house.looking() as session:
        assert [len(surveys.of_party(session, one)) for one in (house.party, other)] == [1, 0]


def test_with_surveys_switched_off_the_rest_goes_on_and_what_came_meanwhile_is_asked_afterwards(
    house: RelationshipHouse,
) -> None:
    with house.writing() as session:
        modules.switch(session, api.SYSTEM, ["surveys"])
    house.clock.move(days=4)
    operational(house)
    house.tell("milestone_reached", PROJECT, milestone="cod", project_key=PROJECT)
    reviewed(house)
    with house.looking() as session:
        assert surveys.of_party(session, house.party) == ()
    assert len(house.rows(t.message, t.message.c.name == "milestone_reached", t.message.c.state == "kept")) == 1
    assert not house.rows(t.incident)
    with house.writing() as session:
        modules.switch(session, api.SYSTEM, [])
    house.work()
    with house.looking() as session:
        assert len(surveys.of_party(session, house.party)) == 1


def complain(house: RelationshipHouse) -> None:
    said = {"subject": "放款慢", "text": "三周未到账", "channel": "email", "email": EMAIL, "kind": "complaint"}
    house.message("complaint_received", "CO-2026-0900", variables=said)
    house.work()


# ── care ───────────────────────────────────────────────────────────────────────────────────────────────────────


def found(house: RelationshipHouse) -> dict[str, greetings.Occasion]:
    with house.looking() as session:
        return {one.kind: one for one in greetings.of_party(session, house.party)}


def stands_twice(house: RelationshipHouse) -> int:
    """陈晓 of 绿源 is entered at another client of ours as well."""
    with house.writing() as session:
        client = {"legal_name": "绿源二期", "owner": "li", "tier": "C", "lifecycle_stage": "client"}
        party = parties.create(session, client | {"consent": {"contact": True}}, house.stamp(), 2026)
        person = {"name": "陈晓", "email": EMAIL, "consent": True, "birthday": date(1975, 3, 8)}
        parties.add_contact(session, party.id, person, house.stamp())
    return party.id


def test_a_greeting_is_sent_on_the_day_and_never_twice(house: RelationshipHouse) -> None:
    other = stands_twice(house)
    for _ in range(2):
        house.begin("care_occasions", "ev_daily")
    task = house.task("ut_prepare")  # a B client's birthday is written by its manager, two working days ahead
    assert (task["assignee"], task["due_at"].astimezone(SHANGHAI).date()) == ("li", date(2026, 3, 5))
    assert {kind: one.day for kind, one in found(house).items()} == {
        "birthday": date(2026, 3, 8), "signing": date(2026, 3, 5)
    }  # fmt: skip
    house.finish("ut_prepare", {"care_channel": "email", "care_text": "生日快乐"})
    house.clock.at = datetime(2026, 3, 8, 9, 29, tzinfo=SHANGHAI)
    house.work()
    assert found(house)["birthday"].state == "found"
    house.pass_time(minutes=1)
    assert [one.state for one in found(house).values()] == ["sent", "sent"]
    house.pass_time(days=1)
    assert house.letters("care_greeting") == [EMAIL, EMAIL]
    with house.looking() as session:
        [twin] = greetings.of_party(session, other)
    assert (twin.state, twin.reason) == ("suppressed", "greeted")


@pytest.mark.parametrize("reason", ["default", "complaint", "opted_out"])
def test_no_greeting_where_it_is_not_welcome_even_when_it_came_up_after_it_was_found(
    house: RelationshipHouse, reason: str
) -> None:
    house.begin("care_occasions", "ev_daily")
    match reason:
        case "default":
            with house.writing() as session:
                [facility] = facilities.of_party(session, house.party)
                facilities.change(session, facility.id, {"default_since": date(2026, 3, 3)}, house.stamp())
        case "complaint":
            complain(house)
        case _:
            house.change_client(consent={"contact": False})
    house.pass_time(days=7)
    assert {(one.state, one.reason) for one in found(house).values()} == {("suppressed", reason)}
    assert house.letters("care_greeting") == []


def test_a_key_clients_gift_needs_another_person_and_an_official_gets_none(house: RelationshipHouse) -> None:
    house.change_client(tier="A")
    house.begin("care_occasions", "ev_daily")
    ready = {"care_channel": "call_card", "care_text": "生日快乐", "gift": "茶礼", "gift_cost": "300"}
    birthday = next(task for task in house.tasks() if house.variables_of(task)["occasion"]["kind"] == "birthday")
    with house.writing() as session:
        api.complete(session, house.actor("li"), birthday["id"], ready)
    house.work()
    assert house.task("ut_approve")["assignee"] == "zhao"
    house.finish("ut_approve", {"gift_decision": "approve"})
    with house.writing() as session:
        person = {"name": "陈晓", "email": EMAIL, "public_official": True}
        parties.add_contact(session, house.party, person, house.stamp())
    house.pass_time(days=7)
    one = found(house)["birthday"]
    assert (one.state, one.gift, one.channel) == ("sent", None, "call_card")


# ── on the other database ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.postgres
def test_the_book_is_read_and_written_alike_on_postgresql(postgres_server: str, tmp_path: Path) -> None:
    house = relationship_house.enter(relationship_house.furnish(tmp_path, postgres_server), tmp_path)
    try:
        house.change_client(tier="A")
        leaving(house)
        house.begin("client_maintenance", "ev_sweep")
        house.begin("care_occasions", "ev_daily")
        house.begin("care_occasions", "ev_daily")
        survey = asked(house)
        reviewed(house, "expansion")
        assert set(house.open_elements()) >= {"ut_action", "ut_attend", "ut_cause", "ut_prepare", "ut_rerate"}
        assert len(found(house)) == 2
        assert survey.state == "sent"
        with house.looking() as session:
            [case] = retention.of_party(session, house.party)
            assert case.points == 70
        house.pass_time(days=7)
        assert {one.state for one in found(house).values()} == {"sent"}
    finally:
        house.runtime.database.dispose()
