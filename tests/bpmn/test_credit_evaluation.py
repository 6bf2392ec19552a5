"""Credit evaluation on the real engine with the real handlers: its acceptance list, as far as kernel scenarios cannot
show it. (a), (b), (g) are scenarios 02, 05 and 13 of the package; (d) is in tests/handlers/test_plan_design.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import api, identity, queries
from engine.errors import Forbidden, FormInvalid, FourEyes, InvalidInput
from engine.store import tables as t
from handlers.records import credit, decisions, kyc, limits, links, parties, projects
from handlers.records.changes import insert
from handlers.records.tables import investor_profile
from tests.bpmn.credit_house import (
    ANSWERS,
    CASE,
    KEY,
    LOAN,
    MEMBERS,
    MILLION,
    PLAN,
    REPORT,
    RISK,
    SCREENING,
    STAMP,
    CreditHouse,
    enter,
    furnish,
)

Standing = tuple[str, datetime, int]
Case = tuple[CreditHouse, int]
"""Address of a house's database, the moment on its clock, and the evaluation in it."""


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> str:
    return furnish(tmp_path_factory.mktemp("credit"))


@pytest.fixture(scope="module")
def standing(furnished: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Standing]:
    """One evaluation on its way: as it stood when the plan was due, and when the client had the term sheet."""
    kept = {}
    folder = tmp_path_factory.mktemp("walk")
    house = enter(furnished, folder)
    instance = house.begin()
    house.diligent()
    house.runtime.database.dispose()
    before = tmp_path_factory.mktemp("diligent")
    enter(f"sqlite:///{folder / 'credit.db'}", before).runtime.database.dispose()
    kept["diligent"] = (f"sqlite:///{before / 'credit.db'}", house.clock.at, instance)
    house = enter(f"sqlite:///{folder / 'credit.db'}", tmp_path_factory.mktemp("on"), house.clock.at)
    house.reviewed()
    house.convened("jin", "li")
    for member in MEMBERS[:6]:
        house.vote(member, "agree")
    signed(house, chair_decision="confirm")
    house.runtime.database.dispose()
    kept["offered"] = (str(house.runtime.settings.database_url), house.clock.at, instance)
    return kept


@pytest.fixture
def house(furnished: str, tmp_path: Path) -> Iterator[CreditHouse]:
    entered = enter(furnished, tmp_path)
    yield entered
    entered.runtime.database.dispose()


@pytest.fixture
def diligent(standing: dict[str, Standing], tmp_path: Path) -> Iterator[Case]:
    """Due diligence is done; the plan is to be designed."""
    url, at, instance = standing["diligent"]
    entered = enter(url, tmp_path, at)
    yield entered, instance
    entered.runtime.database.dispose()


@pytest.fixture
def offered(standing: dict[str, Standing], tmp_path: Path) -> Iterator[Case]:
    """The committee approved; the client has the term sheet."""
    url, at, instance = standing["offered"]
    entered = enter(url, tmp_path, at)
    yield entered, instance
    entered.runtime.database.dispose()


@pytest.fixture(scope="module")
def ballots(furnished: str, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """Nine invited, one in conflict, the ballots of eight are out."""
    house = enter(furnished, tmp_path_factory.mktemp("ballots"))
    authority = {"body": "committee", "quorum": "2/3", "share": "2/3", "veto": True}
    instance = house.start("committee_vote", **CASE, authority=authority, may_defer=True, business_key=KEY)
    house.work()
    house.convened()
    house.runtime.database.dispose()
    return str(house.runtime.settings.database_url), house.clock.at, instance


@pytest.fixture
def voting(ballots: Standing, tmp_path: Path) -> Iterator[CreditHouse]:
    url, at, _ = ballots
    entered = enter(url, tmp_path, at)
    yield entered
    entered.runtime.database.dispose()


def signed(house: CreditHouse, **entered: object) -> Mapping[str, Any]:
    """What became of the vote once the chair signed."""
    instance = int(house.task("ut_chair")["instance_id"])
    house.finish("ut_chair", {"minutes": "会议纪要", **entered})
    return house.variables(instance)


def test_a_report_that_is_too_old_is_asked_for_anew_beside_the_diligence_and_only_with_leave(
    house: CreditHouse,
) -> None:
    house.clock.move(days=91)
    instance = house.begin()
    house.finish("ut_es_screening", SCREENING)
    house.finish("ut_ep_category", {"ep_category": "B"})
    assert {"ut_authorise", "ut_model", "ut_perform"} <= set(house.waiting())
    house.finish("ut_authorise", {"authorisation_outcome": "refused", "refusal_reason": "暂不同意"})
    assert house.variables(instance)["credit_outcome"] == "refused"
    with house.looking() as session:
        assert len(kyc.credit_records(session, int(house.variables(instance)["party_id"]))) == 1


def test_investors_whom_the_rated_project_suits_are_put_to_investor_relations(diligent: Case) -> None:
    house, instance = diligent
    with house.writing() as session:
        for number, risk in enumerate(("R3", "R2"), start=1):
            fund = parties.create(session, {"kind": "fund", "legal_name": f"基金{number}"}, STAMP, 2026)
            suited = {"party_id": fund.id, "risk_class": risk, "result": "suitable", "at": STAMP.at, "by": "wu"}
            insert(session, investor_profile, {**suited, "horizon_months": 240}, STAMP)
    house.reviewed()
    house.convened()
    for member in MEMBERS[:6]:
        house.vote(member, "agree")
    signed(house, chair_decision="confirm")
    [match] = house.variables(instance)["matched_investors"]
    assert (match["client_name"], match["risk_class"], len(match["reasons"]) >= 3) == ("基金1", "R3", True)
    assert house.letters() == []
    house.finish("ut_syndicate", {"syndication": "hold", "syndication_comment": "额度充足"}, "wu")
    assert house.letters() == ["term_sheet"]


def test_a_project_goes_from_approval_to_execution_and_everything_is_in_the_book(
    offered: Case,
) -> None:
    house, instance = offered
    sheet = house.variables(instance)
    with house.looking() as session:
        held = limits.find(session, KEY)
    assert held is not None
    assert (held.amount, held.state) == (200 * MILLION, "open")
    assert house.letters() == ["term_sheet"]
    with house.looking() as session:
        link = links.find(session, sheet["accept_url"].rpartition("/")[2])
    assert link is not None
    assert (link.form, link.correlation) == ("term_sheet_accept", {"offer_id": sheet["offer_id"]})
    with house.looking() as session:
        paper = links.paper(session, link)
        assert paper is not None and paper.kind == "term_sheet", "whoever is to accept it can read it"
    [letter] = house.rows(t.outbox, t.outbox.c.template == "term_sheet")
    assert letter["data"]["sheet_file"] == paper.name and letter["data"]["sheet_online"]
    house.message(link.message, KEY, correlation=link.correlation, variables={"accepted_by": "陈晓"})
    house.work()
    sent = house.thrown("start_execution")
    assert (sent["project_key"], sent["plan_version"], sent["ep_category"]) == (KEY, 1, "B")
    assert (sent["slotting_category"], sent["debt_total"]) == ("Good", 200 * MILLION)
    assert [one["name"] for one in sent["facilities"]] == ["项目贷款"]
    assert (len(sent["cfads"]), sent["cfads"][0]["amount"]) == (10, 42 * MILLION)
    assert sent["approval"]["body"] == "committee"
    assert sent["limit_id"] == str(held.id)
    with house.looking() as session:
        project = house.project()
        [plan] = credit.plans_of(session, project.id)
        [rating] = credit.ratings_of(session, project.id)
        [decision] = decisions.of_project(session, project.id)
        streams = credit.streams_of(session, project.id)
    assert (plan.state, plan.debt) == ("active", 200 * MILLION)
    assert plan.schedules["项目贷款"]["rows"][-1]["balance"] == 0
    assert (rating.category, rating.by in {"tang", "rao"}) == ("Good", True)
    assert (decision.decision, decision.signed_by) == ("approved", ["shen"])
    assert decision.eligible == MEMBERS[:8], "without the one in conflict, the relationship manager and the analyst"
    assert {one["member"] for one in decision.conflicts} == {"m9", "jin", "li"}
    assert sorted(one.stream for one in streams) == ["es", "financial", "legal", "technical"]
    assert all(one.reviewer not in (None, one.by) for one in streams)


def test_c_a_short_tail_comes_back_until_an_exception_is_asked_for(diligent: Case) -> None:
    house, instance = diligent
    for wrong, place in (({"months": 97}, "项目贷款"), ({"currency": "USD"}, "currency")):
        house.finish("ut_plan", PLAN, facilities=[{**LOAN, **wrong}])
        assert [one["place"] for one in house.variables(instance)["plan_problems"]] == [place]
    for end, rule in (("2030-06-30", "beyond_concession"), ("2036-06-30", "tail")):
        with house.writing() as session:
            api.set_variables(session, api.SYSTEM, instance, {"concession_end": end})
        house.finish("ut_plan", PLAN)
        assert house.waiting() == ["ut_plan"]
        assert [one["rule"] for one in house.variables(instance)["plan_findings"]] == [rule]
    with pytest.raises(FormInvalid):
        house.finish("ut_plan", PLAN, exceptions=[{"rule": "beyond_concession", "reason": "特许经营期可续期"}])
    house.finish("ut_plan", PLAN, exceptions=[{"rule": "tail", "reason": "购售电合同可续签"}])
    assert house.waiting() == ["ut_rating_answers"]
    with house.looking() as session:
        versions = credit.plans_of(session, house.project().id)
    assert [(one.version, one.state) for one in versions] == [(3, "draft"), (2, "superseded"), (1, "superseded")]


def test_e_an_override_without_a_second_person_is_refused(diligent: Case) -> None:
    house, instance = diligent
    house.finish("ut_plan", PLAN)
    house.finish("ut_rating_answers", ANSWERS)
    override = {"slotting_choice": "Weak", "override_reason": "审慎起见"}
    first = str(house.task("ut_rating")["assignee"])
    house.finish("ut_rating", override)
    task = house.task("ut_rating_second")
    assert task["assignee"] not in (None, first)
    with house.writing() as session:
        api.release(session, identity.actor(session, str(task["assignee"])), task["id"])
    with pytest.raises(FourEyes), house.writing() as session:
        api.complete(session, identity.actor(session, first), task["id"], {"override_decision": "agree"})
    house.finish("ut_rating_second", {"override_decision": "agree"}, str(task["assignee"]))
    assert house.waiting() == ["ut_rating"]
    assert "超过一级" in house.variables(instance)["override_problem"]
    house.finish("ut_rating", {**override, "slotting_choice": "Satisfactory"})
    house.finish("ut_rating_second", {"override_decision": "agree"})
    house.finish("ut_risk_review", RISK)
    with house.looking() as session:
        [rating] = credit.ratings_of(session, house.project().id)
    assert (rating.proposed, rating.category, rating.reason) == ("Good", "Satisfactory", "审慎起见")
    assert rating.second not in (None, rating.by)


@pytest.mark.parametrize(("in_favour", "outcome"), [(4, "approved"), (3, "rejected")])
def test_f_of_nine_with_one_in_conflict_and_six_cast_four_pass_and_three_fail(
    voting: CreditHouse, in_favour: int, outcome: str
) -> None:
    assert len(voting.tasks()) == 8
    for number, member in enumerate(MEMBERS[:6]):
        voting.vote(member, "agree" if number < in_favour else "disagree")
    voting.after(days=9)
    made = voting.variables(int(voting.task("ut_chair")["instance_id"]))
    assert made["tally"]["decision"] == outcome
    assert made["tally"]["counts"]["eligible"] == 8
    assert signed(voting, chair_decision="confirm")["decision"] == outcome


def test_f_the_chair_cannot_approve_or_defer_a_rejection(voting: CreditHouse) -> None:
    for member in MEMBERS[:6]:
        voting.vote(member, "disagree")
    assert voting.waiting() == ["ut_chair"], "six of eight against: it can no longer pass"
    made = signed(voting, chair_decision="approve", chair_defer=True)
    assert (made["decision"], made["approval_valid_until"]) == ("rejected", None)


def test_nobody_sees_how_anybody_voted_before_closing(voting: CreditHouse) -> None:
    voting.vote("m1", "disagree", vote_opinion="利差过低，不同意")
    voting.vote("m2", "conditional", vote_conditions=[{"text": "追加发起人担保"}])
    instance = int(voting.tasks()[0]["instance_id"])
    done = voting.tasks(state="completed")
    ballot = next(task for task in done if task["completed_by"] == "m1")
    with voting.looking() as session:
        seen = queries.instance(session, instance)
        past = queries.history(session, instance)
        for other in ("m3", "ke", "shen"):
            try:
                page = queries.task(session, identity.actor(session, other), ballot["id"])
            except Forbidden:
                continue
            assert page.entered is None
        with pytest.raises(InvalidInput, match="still open"):
            decisions.ballots_of(session, decisions.of_project(session, voting.project().id)[0].id)
    told = f"{seen.variables} {[row.detail for row in past]}"
    assert not any(word in told for word in ("利差过低", "追加发起人担保", "disagree", "conditional"))
    for member in MEMBERS[2:6]:
        voting.vote(member, "agree")
    voting.after(days=9)
    made = signed(voting, chair_decision="confirm")
    assert made["decision"] == "approved_with_conditions"
    assert made["decision_conditions"] == ["追加发起人担保"]
    assert {one["member"]: one["vote"] for one in made["votes"]}["m1"] == "disagree"


def test_h_a_term_sheet_silent_for_thirty_days_frees_the_limit_and_tells_the_client(
    offered: Case,
) -> None:
    house, instance = offered
    house.after(days=20)
    assert house.letters() == ["term_sheet", "term_sheet_reminder"]
    house.after(days=10)
    assert house.state(instance) == "completed"
    assert house.letters() == ["term_sheet", "term_sheet_reminder", "term_sheet_lapsed"]
    with house.looking() as session:
        held = limits.find(session, KEY)
        [plan] = credit.plans_of(session, house.project().id)
    assert held is None or held.state == "released"
    assert (plan.state, house.project().phase) == ("lapsed", "declined")


def test_a_minor_change_is_the_next_version_and_an_answer_to_the_old_offer_reaches_nobody(
    offered: Case,
) -> None:
    house, instance = offered
    first = house.variables(instance)
    before = first["offer_id"]
    answer = {"counter_kind": "change", "counter_text": "希望降低利差", "counter_margin_pct": "1.4"}
    house.message("term_sheet_countered", KEY, correlation={"offer_id": before}, variables=answer)
    house.work()
    house.finish("ut_change_minor", {"minor_decision": "agree"})
    late = house.message("term_sheet_accepted", KEY, correlation={"offer_id": before}, variables={})
    assert late.state == "kept"
    with house.looking() as session:
        old_link, new_link = (
            links.find(session, sheet["accept_url"].rpartition("/")[2]) for sheet in (first, house.variables(instance))
        )
        assert old_link is not None and new_link is not None
        asked = [queries.is_awaited(session, one.message, KEY, one.correlation or {}) for one in (old_link, new_link)]
    assert asked == [False, True], "the page behind the earlier link says so"
    with house.looking() as session:
        new, old = credit.plans_of(session, house.project().id)
        held = limits.find(session, KEY)
    assert (new.version, new.state, old.state) == (2, "approved", "superseded")
    assert Decimal(new.terms["facilities"][0]["rate_pct"]) == Decimal("4.9")
    assert held is not None
    assert (held.amount, held.state) == (200 * MILLION, "open")


def test_a_fatal_finding_reaches_those_who_decide_with_what_was_found(house: CreditHouse) -> None:
    instance = house.begin()
    house.finish("ut_es_screening", {"es_resettlement": "none", "es_habitat": "none", "es_hazard": "none",
                                     "technology": "proven", "es_comment": "无"})  # fmt: skip
    house.finish("ut_ep_category", {"ep_category": "B"})
    fatal = {"text": "用地位于生态红线内", "severity": "fatal", "red_flag": True, "mitigation": "无"}
    house.finish(
        "ut_perform",
        {"dd_author": "法务部", "dd_opinion": "unfavourable", "dd_summary": "用地不可行", "findings": [fatal]},
    )
    house.finish("ut_review", {"dd_review_decision": "accept"})
    task = house.task("ut_stop_go_head")
    assert task["locals"]["dd_result"]["findings"][0]["text"] == fatal["text"]
    house.finish("ut_stop_go_head", {"go_head": "stop", "go_head_comment": "无法化解"})
    assert (house.waiting(), house.state(instance), house.letters()) == ([], "terminated", ["credit_rejected"])
    assert house.project().phase == "declined"


def test_two_advisers_hand_in_by_links_of_their_own_without_an_account(house: CreditHouse) -> None:
    with house.writing() as session:
        projects.change(session, house.project().id, {"capex": Decimal(600 * MILLION)}, STAMP)
    house.begin()
    house.finish("ut_es_screening", {**SCREENING, "es_resettlement": "large"})
    house.finish("ut_ep_category", {"ep_category": "A"})
    for stream in ("technical", "es"):
        mail = {"engage_mode": "adviser", "adviser_name": stream, "adviser_email": f"{stream}@adviser.example"}
        task = next(one for one in house.tasks() if house.variables(one["instance_id"]).get("stream") == stream)
        house.finish("ut_engage", mail, str(task["assignee"]))
    [letter] = house.rows(t.outbox, t.outbox.c.recipient == "es@adviser.example")
    with house.looking() as session:
        link = links.find(session, letter["data"]["link_url"].rpartition("/")[2])
    assert link is not None
    assert (link.process, link.form, link.correlation) == ("due_diligence", "dd_report", {"stream": "es"})
    sent = house.message(link.message, KEY, correlation=link.correlation, variables={**REPORT, "dd_author": "环境顾问"})
    house.work()
    assert sent.state == "delivered"
    review = house.task("ut_review")
    assert house.variables(review["instance_id"])["stream"] == "es"
    house.finish("ut_review", {"dd_review_decision": "accept"})
    with house.looking() as session:
        [stream_] = credit.streams_of(session, house.project().id)
    assert (stream_.stream, stream_.author, stream_.by) == ("es", "环境顾问", "环境顾问")
