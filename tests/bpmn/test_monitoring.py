"""Covenants, early warning, reviews and amendments on the real engine with real handlers (A15, A36–A38, B10, B11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from engine import api, scheduler
from engine.errors import ScenarioWrong
from engine.play import play, read_scenario
from engine.store import tables as t
from engine.store.dates import schedule
from handlers.alerts import outcome
from handlers.records import (
    amendments,
    covenants,
    facilities,
    kyc,
    monitoring,
    parties,
    portfolio,
    projects,
    repayments,
    security,
)
from tests.bpmn.monitoring_house import (
    CLIENT,
    FA,
    OTHER,
    PROJECT,
    SISTER,
    STAMP,
    TABLES,
    TEST,
    MonitoringHouse,
    certificate,
    enter,
    furnish,
)
from tests.bpmn.packages import FOLDER
from tests.patience import PATIENCE, within
from web import create_app


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> str:
    return furnish(tmp_path_factory.mktemp("monitoring"))


@pytest.fixture
def house(furnished: str, tmp_path: Path) -> Iterator[MonitoringHouse]:
    entered = enter(furnished, tmp_path)
    yield entered
    entered.runtime.database.dispose()


def statuses(house: MonitoringHouse) -> list[tuple[int, str, str, Decimal | None]]:
    with house.looking() as session:
        tests = covenants.tests_of(session, FA)
    return sorted((one.round, one.covenant, one.status, one.value) for one in tests)


def locked(house: MonitoringHouse, key: str = FA) -> bool:
    with house.looking() as session:
        return covenants.is_locked(session, key)


REAL = {"breach_real": "yes", "breach_cause": "限电", "cure_method": "equity_cure", "notice_date": "2026-05-01"}
AGREED = {"confirm_decision": "confirm", "confirm_comment": "同意"}


def breached(house: MonitoringHouse) -> None:
    """A test that ends in a breach which two people have found."""
    house.reach_test_date()
    house.tell("certificate_received", TEST, **certificate(104))
    house.finish("ut_breach", REAL, "tang")
    house.finish("ut_breach_confirm", AGREED, "rao")


@pytest.mark.parametrize(
    ("package", "name", "element", "person"),
    [
        ("covenant_monitoring", "04_breach_cured", "ut_breach_confirm", "xia"),
        ("early_warning", "04_false_with_reason", "ut_dismiss", "xia"),
        ("topup_waiver_restructure", "01_topup_registered", "ut_valuation", "li"),
        ("topup_waiver_restructure", "01_topup_registered", "ut_approve", "li"),
        ("topup_waiver_restructure", "01_topup_registered", "ut_register", "gu"),
        ("collateral_revaluation", "01_valued_and_checked", "ut_check", "gu"),
    ],
)
def test_nobody_decides_on_their_own_finding(package: str, name: str, element: str, person: str) -> None:
    told = read_scenario(FOLDER / package / "scenarios" / f"{name}.json")
    at = next(number for number, step in enumerate(told["steps"]) if step.get("complete") == element)
    steps = [{**step, "as": person} if number == at else step for number, step in enumerate(told["steps"])]
    files = [FOLDER / package, *(FOLDER / folder / table for folder, table in TABLES)]
    with pytest.raises(ScenarioWrong, match="second person must do this"):
        play(files, {**told, "steps": steps})


# ── covenants ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_ratios_come_from_the_statement_and_a_lock_up_stops_distributions(house: MonitoringHouse) -> None:
    house.reach_test_date()
    house.tell("certificate_received", TEST, **certificate(110))
    assert statuses(house) == [
        (1, "DSCR", "LOCK_UP", Decimal("1.1")), (1, "GEAR", "COMPLIANT", Decimal("0.6")),
    ]  # fmt: skip
    assert locked(house)
    assert house.letters() == ["covenant_certificate_request", "covenant_lockup_notice"]
    assert house.letters("li") == ["covenant_locked"]
    assert house.keys_of("early_warning") == [FA]
    with house.looking() as session:
        (alert,) = monitoring.alerts_of(session, FA)
    assert (alert.level, alert.severity, alert.state) == ("red", None, "open")


def test_a_breach_takes_two_people_and_a_cure_is_tested_again(house: MonitoringHouse) -> None:
    house.reach_test_date()
    house.tell("certificate_received", TEST, **certificate(104))
    house.finish("ut_breach", REAL, "tang")
    house.finish("ut_breach_confirm", AGREED, "rao")
    assert locked(house)
    house.tell("cure_evidence", TEST, cure_text="股东注资 11 元")
    house.finish("ut_cure", {"cure_accepted": "yes", "cure_cash": "11", "cure_comment": "回单已核"})
    assert statuses(house)[2:] == [(2, "DSCR", "WATCH", Decimal("1.15")), (2, "GEAR", "COMPLIANT", Decimal("0.6"))]
    with house.looking() as session:
        (breach,) = covenants.breaches_of(session, FA)
    assert (breach.state, breach.cure_until) == ("cured", date(2026, 4, 1))
    assert not locked(house)
    house.finish("ut_watch", {"watch_comment": "注资后恢复"})
    assert house.open_elements() == ["ut_triage"]


def test_a_balance_sheet_by_api_is_a_task_in_the_right_inbox_within_five_seconds(house: MonitoringHouse) -> None:
    house.reach_test_date()
    with house.writing() as session:
        token = api.make_token(session, "ledger", "messages")
    sent = {"name": "certificate_received", "business_key": TEST, "variables": certificate(104)}
    client = create_app(runtime=house.runtime).test_client()
    running = scheduler.start(house.runtime)
    try:
        began = monotonic()
        answer = client.post("/api/v1/messages", json=sent, headers={"Authorization": f"Bearer {token}"})
        assert answer.json is not None and answer.json["state"] == "delivered"
        while not (found := [one for who in ("tang", "rao") for one in house.inbox(who)]):
            assert monotonic() - began < within(5)
            sleep(0.05)
    finally:
        assert running.shutdown(PATIENCE) == 0
    assert [one.element for one in found] == ["ut_breach"]


def test_an_uncured_breach_is_told_to_the_group_once_and_begins_a_restructuring(house: MonitoringHouse) -> None:
    breached(house)
    house.pass_time(days=32)
    assert house.keys_of("topup_waiver_restructure") == [FA]
    with house.looking() as session:
        assert facilities.get(session, FA).default_since == date(2026, 4, 3)
        (told,) = monitoring.alerts_of(session, OTHER)
        (own,) = monitoring.alerts_of(session, FA)
    assert (told.metric, told.level) == ("cross_default", "red")
    assert (own.metric, [note["event"] for note in own.notes]) == ("dscr", ["again"])
    assert "covenant_default_notice" in house.letters()


def test_a_certificate_that_never_comes_is_no_data_and_never_compliant(house: MonitoringHouse) -> None:
    house.reach_test_date()
    house.clock.move(days=75)
    house.work()
    assert house.letters().count("covenant_certificate_reminder") == 2
    house.finish("ut_chase", {"chase_outcome": "missing", "chase_record": "不再回应"})
    assert statuses(house) == [(1, "DSCR", "DATA_MISSING", None), (1, "GEAR", "DATA_MISSING", None)]
    assert house.open_elements() == ["ut_breach"]
    with house.looking() as session:
        (breach,) = covenants.breaches_of(session, FA)
    assert breach.kind == "information"


# ── early warning ──────────────────────────────────────────────────────────────────────────────────────────────


def read(house: MonitoringHouse, value: str, day: str, metric: str = "dscr_forward") -> None:
    house.tell("metric_readings", FA, source="account", readings=[{"metric": metric, "value": value, "day": day}])


def test_crossing_red_makes_one_alert_and_recovery_is_noted(house: MonitoringHouse) -> None:
    read(house, "1.30", "2026-03-02")
    house.morning(date(2026, 3, 3))
    read(house, "1.10", "2026-03-03")
    house.morning(date(2026, 3, 4))
    house.morning(date(2026, 3, 5))
    with house.looking() as session:
        (alert,) = monitoring.alerts_of(session, FA)
    assert (alert.level, alert.value, alert.threshold, alert.trend) == (
        "red", Decimal("1.10"), Decimal("1.15"), "worse",
    )  # fmt: skip
    assert len([key for key in house.open_elements() if key == "ut_triage"]) == 1
    read(house, "1.40", "2026-03-05")
    house.morning(date(2026, 3, 6))
    with house.looking() as session:
        (alert,) = monitoring.alerts_of(session, FA)
    assert [note["event"] for note in alert.notes] == ["closed"]
    assert alert.recovered_at is not None


def test_a_feed_that_is_too_old_shows_as_stale_and_raises_one_data_task(house: MonitoringHouse) -> None:
    read(house, "1.1", "2026-03-01", "dsra_cover")
    house.morning(date(2026, 4, 20))
    house.morning(date(2026, 4, 21))
    assert house.open_elements() == ["ut_stale"]
    with house.looking() as session:
        assert monitoring.states_of(session, [FA])[FA]["dsra_cover"].stale_since is not None
    house.finish("ut_stale", {"metric_available": "yes", "metric_value": "1.05", "metric_day": "2026-04-20"})
    house.morning(date(2026, 4, 22))
    with house.looking() as session:
        assert monitoring.states_of(session, [FA])[FA]["dsra_cover"].stale_since is None


def test_arrears_reach_early_warning_without_anybody_sending_them(house: MonitoringHouse) -> None:
    with house.writing() as session:
        unpaid = {"period": 1, "due": date(2026, 3, 2), "opening": Decimal(650), "interest": Decimal(10),
                  "principal": Decimal(5), "payment": Decimal(15), "balance": Decimal(645)}  # fmt: skip
        repayments.plan(session, facilities.get(session, FA).id, [unpaid], 1, STAMP)
    house.morning(date(2026, 3, 4))
    with house.looking() as session:
        (alert,) = monitoring.alerts_of(session, FA)
        assert monitoring.alerts_of(session, OTHER) == ()
    assert (alert.metric, alert.value, alert.level) == ("days_past_due", 2, "amber")
    assert alert.text.endswith("（2026-03-04）"), "Chinese keeps its punctuation"


ALERT: dict[str, Any] = {
    "metric": "dscr_forward",
    "level": "red",
    "value": "1.1",
    "text": "低于红线",
    "facility_key": FA,
}


def test_a_client_answers_for_its_measure_by_link_and_both_are_reminded_when_it_is_overdue(
    house: MonitoringHouse,
) -> None:
    house.tell("alert", FA, **ALERT)
    house.finish("ut_triage", {"triage_verdict": "action", "triage_reason": "来水偏枯"})
    plan = [{"action": "提交改善方案", "side": "client", "due": "2026-03-09"}]
    house.finish("ut_plan", {"actions": plan, "material_event": "no", "restructuring": "no"})
    assert house.keys_of("risk_item") == ["RK-2026-0001"]
    house.pass_time(days=9)
    assert house.letters("li").count("risk_item_overdue_team") == 1
    assert house.letters()[-2:] == ["risk_item_request", "risk_item_overdue"]
    house.tell(
        "risk_item_updated", "RK-2026-0001", progress_state="done", progress_text="已报", progress_evidence="决议"
    )
    house.finish("ut_check", {"check_decision": "accept"})
    with house.looking() as session:
        (item,) = monitoring.risks_of(session, FA)
        (listed,) = monitoring.watch_list(session)
        (alert,) = monitoring.alerts_of(session, FA)
    assert (item.state, item.side, item.owner) == ("done", "client", "li")
    assert (listed.subject_key, alert.state, outcome(alert)) == (FA, "closed", "done")


@pytest.mark.parametrize(
    ("went", "restructuring", "state", "became"),
    [("done", "no", "closed", "done"), ("missed", "no", "watch", "missed"), ("missed", "yes", "closed", "passed_on")],
)
def test_an_alert_is_settled_by_what_came_of_its_measures_and_its_subject_stays_watched(
    house: MonitoringHouse, went: str, restructuring: str, state: str, became: str
) -> None:
    house.tell("alert", FA, **ALERT)
    house.finish("ut_triage", {"triage_verdict": "action", "triage_reason": "来水偏枯"})
    plan = [{"action": what, "side": "bank", "owner": "li", "due": "2026-03-20"} for what in ("补足准备金", "现场核查")]
    house.finish("ut_plan", {"actions": plan, "material_event": "no", "restructuring": restructuring})
    for action_state in ("done", went):
        with house.looking() as session:
            (alert,) = monitoring.alerts_of(session, FA)
        assert (alert.state, outcome(alert)) == ("action", None)
        evidence = {"action_evidence": "回单"} if action_state == "done" else {}
        house.finish("ut_action", {"action_state": action_state, "action_progress": "见附件", **evidence})
    with house.looking() as session:
        (alert,) = monitoring.alerts_of(session, FA)
        shown = portfolio.settled(session, house.clock.at - timedelta(days=30))
        assert [one.subject_key for one in monitoring.watch_list(session)] == [FA]
    assert (alert.state, outcome(alert)) == (state, became)
    assert [one.id for one in shown] == ([alert.id] if state == "closed" else [])


def test_nobody_leaves_the_watch_list_without_two_clean_tests(house: MonitoringHouse) -> None:
    house.tell("alert", FA, **ALERT)
    house.finish("ut_triage", {"triage_verdict": "watch", "triage_reason": "继续跟踪"})
    house.morning(date(2026, 4, 1))
    house.finish("ut_review", {"watch_decision": "exit", "five_class": 2, "watch_comment": "申请移出名单"})
    with house.looking() as session:
        (listed,) = monitoring.watch_list(session)
    assert (listed.exited_at, listed.five_class) == (None, 2)


def test_with_two_clean_tests_a_subject_leaves_and_takes_all_its_alerts_along(house: MonitoringHouse) -> None:
    for metric in ("dscr_forward", "arrears"):
        house.tell("alert", FA, **{**ALERT, "metric": metric})
        house.finish("ut_triage", {"triage_verdict": "watch", "triage_reason": "继续跟踪"})
    clean = {
        "facility_key": FA, "covenant": "DSCR", "metric": "dscr", "direction": "min",
        "value": Decimal("1.4"), "default_level": Decimal("1.05"), "status": "COMPLIANT",
    }  # fmt: skip
    with house.writing() as session:
        days = (date(2025, 9, 30), date(2025, 12, 31))
        covenants.add_tests(session, [{**clean, "business_key": f"TD-{day}", "test_date": day} for day in days], STAMP)
    house.morning(date(2026, 4, 1))
    house.finish("ut_review", {"watch_decision": "exit", "five_class": 1, "watch_comment": "两次合格"})
    with house.looking() as session:
        assert monitoring.watch_list(session) == ()
        assert {one.state for one in monitoring.alerts_of(session, FA)} == {"closed"}


def watched_project(house: MonitoringHouse) -> None:
    house.tell("alert", PROJECT, metric="report_late", level="amber", text="迟报", project_key=PROJECT)
    house.finish("ut_triage", {"triage_verdict": "watch", "triage_reason": "继续跟踪"})


def reviewed(house: MonitoringHouse, day: date) -> bool:
    """A month's review that asks for the exit; whether the subject has left."""
    house.morning(day)
    house.finish("ut_review", {"watch_decision": "exit", "five_class": 1, "watch_comment": "申请移出名单"})
    with house.looking() as session:
        return not monitoring.watch_list(session)


def test_a_project_leaves_the_watch_list_by_the_tests_of_all_its_facilities(house: MonitoringHouse) -> None:
    watched_project(house)
    clean = {"covenant": "DSCR", "metric": "dscr", "direction": "min", "value": Decimal("1.4"),
             "default_level": Decimal("1.05"), "status": "COMPLIANT"}  # fmt: skip
    terms = {"name": "二期贷款", "type": "term", "currency": "CNY", "amount": Decimal(100), "months": 60,
             "rate_pct": Decimal(6)}  # fmt: skip
    with house.writing() as session:
        first = facilities.get(session, FA)
        other = facilities.open_(session, first.project_id, first.party_id, terms, STAMP, 2026)
        facilities.enter(session, other.id, "operational", STAMP)
        for key, days in ((FA, 2), (other.business_key, 1)):
            rows = [
                {**clean, "facility_key": key, "business_key": f"TD-{key}-{at}", "test_date": date(2025, 6 + at, 30)}
                for at in range(days)
            ]
            covenants.add_tests(session, rows, STAMP)
    assert not reviewed(house, date(2026, 4, 1))
    with house.writing() as session:
        row = {**clean, "facility_key": other.business_key, "business_key": "TD-2", "test_date": date(2025, 12, 31)}
        covenants.add_tests(session, [row], STAMP)
    assert reviewed(house, date(2026, 5, 1))


def test_a_project_without_tests_leaves_at_a_second_review_with_nothing_beyond_a_line(house: MonitoringHouse) -> None:
    watched_project(house)
    assert not reviewed(house, date(2026, 4, 1)), "it was never reviewed before"
    read(house, "1.10", "2026-04-20")
    house.morning(date(2026, 4, 21))
    assert not reviewed(house, date(2026, 5, 1)), "a figure of its facility is beyond its red line"
    read(house, "1.40", "2026-05-20")
    house.morning(date(2026, 5, 21))
    assert reviewed(house, date(2026, 6, 1))


# ── reviews of clients ─────────────────────────────────────────────────────────────────────────────────────────

OWNED = [{"owner": "林海", "owned": "江南绿源新能源有限公司", "pct": "100", "control": "shares"}]
UPDATE = {
    "ownership_type": "private", "people": [{"name": "林海", "title": "董事长", "pep": True}], "ownership": OWNED,
    "kyc_declared": True,
}  # fmt: skip
APPROVAL = {
    "documents": [{"kind": "licence", "number": "1", "expiry": "2036-01-01"}], "source_of_funds": "经营收入",
    "ubo_confirmed": "yes", "kyc_rating": 3, "rating_reason": "已退休", "kyc_decision": "approve",
}  # fmt: skip


def test_a_client_rated_high_is_asked_again_60_days_before_the_yearly_date(house: MonitoringHouse) -> None:
    house.tell("kyc_trigger", CLIENT, trigger="news", trigger_text="涉诉报道")
    (asked,) = house.rows(t.outbox, t.outbox.c.template == "kyc_refresh_request")
    assert "news" not in str(asked["data"]) and "涉诉" not in str(asked["data"])
    house.tell("kyc_documents_received", CLIENT, **UPDATE)
    house.finish("ut_kyc_approve", APPROVAL)
    house.finish("ut_kyc_senior", {"senior_decision": "approve", "senior_comment": "同意"})
    with house.looking() as session:
        party = parties.get(session, CLIENT)
        case = kyc.cases_of(session, party.id)[0]
    assert (party.risk_rating, case.next_review) == (3, date(2027, 3, 2))
    (planned,) = house.rows(schedule, schedule.c.message == "kyc_refresh_due")
    assert planned["day"] == date(2027, 3, 2) - timedelta(days=60)
    house.pass_time(days=309)
    assert house.keys_of("kyc_refresh") == [CLIENT, CLIENT]
    house.pass_time(days=91)
    assert house.open_elements() == ["ut_collect", "ut_restrict"]
    house.finish("ut_restrict", {"restriction_decision": "restrict", "restriction_reason": "长期不回应"})
    with house.looking() as session:
        assert amendments.restricted(session, party.id) == ("kyc_overdue",)


def test_a_new_list_screens_every_client_again_and_a_hit_asks_nobody_outside(house: MonitoringHouse) -> None:
    with house.writing() as session:
        for key in (CLIENT, SISTER):
            parties.change(session, parties.get(session, key).id, {"lifecycle_stage": "client"}, STAMP)
    house.source("sanctions", entries=[{"list": "TEST", "kind": "person", "names": ["陈晓"]}])
    for _ in range(2):
        with house.writing() as session:
            api.raise_signal(session, api.SYSTEM, "sanctions_list_updated")
        house.work()
    assert house.keys_of("kyc_refresh") == [CLIENT]
    assert house.open_elements() == ["ut_ownership"]
    assert house.letters() == []


# ── amendments ─────────────────────────────────────────────────────────────────────────────────────────────────

PLAIN = {
    "proposal_reason": "收入下降", "standstill_until": "2026-06-30", "covenant_loosened": "no",
    "security_released": "no",
}  # fmt: skip
SIGNED_OFF = {"decision": "approved", "decision_questions": "同意"}


def needed(house: MonitoringHouse) -> None:
    house.tell("restructure_needed", FA, facility_key=FA, project_key=PROJECT, reason="违约未补救")


def test_security_is_valued_by_itself_and_a_shortfall_begins_a_top_up(house: MonitoringHouse) -> None:
    house.tell("revaluation_due", PROJECT)
    old = [{"value": "1", "valued_at": "2024-01-15", "valuer": "甲"}] * 4
    house.finish("ut_value", {"items": old, "valuation_comment": "上期报告"})
    assert house.variables(house.task("ut_value")["instance_id"])["expired"] == ["电站", "土地", "应收"]
    worth = [("300", "2026-03-01"), ("330", "2026-03-01"), ("210", "2026-03-01"), ("50", "2026-01-15")]
    rows = [{"value": value, "valued_at": day, "valuer": "甲"} for value, day in worth]
    house.finish("ut_value", {"items": rows, "valuation_comment": "见报告"})
    checked = house.variables(house.task("ut_check")["instance_id"])
    # no rank is known, so none is first: 300 × 0.4 + 330 × 0.5 + 210 × 0.5 + 50 = 440, of 1.10 × 650 = 715
    assert (checked["adjusted"], checked["shortfall"]) == (Decimal("440.00"), Decimal("275.00"))
    house.finish("ut_check", {"check_decision": "confirm", "check_comment": "同意"}, "rao")
    with house.looking() as session:
        held = security.of_project(session, projects.get(session, PROJECT).id)
        change = monitoring.newest(session, [FA])[(FA, "valuation_change_pct")]
    assert [(one.value, one.valuer) for one in held] == [(300, "甲"), (330, "甲"), (210, "甲"), (50, None)]
    assert change[0] == Decimal("-6.67")
    assert house.keys_of("topup_waiver_restructure") == [FA]
    [planned] = house.rows(schedule, schedule.c.message == "revaluation_due")
    assert (planned["business_key"], planned["day"]) == (PROJECT, date(2027, 2, 2))


def test_a_shortfall_of_security_is_topped_up_by_a_new_version_of_the_terms(house: MonitoringHouse) -> None:
    needed(house)
    house.finish("ut_proposal", {**PLAIN, "options": ["topup"]})
    task = house.task("ut_valuation")
    values = house.variables(int(task["instance_id"]))
    assert values["shortfall"] == Decimal("55.00")
    top_up = [{"name": "新增存单", "type": "deposit", "value": "55", "valued_at": "2026-03-02", "valuer": "本行"}]
    first, *others = values["items"]
    revalued = [{**first, "value": "410", "valued_at": "2026-03-01"}, *others]
    house.finish("ut_valuation", {"items": revalued, "topups": top_up, "valuation_comment": "足额"})
    house.finish("ut_approve", SIGNED_OFF, "zhao")
    house.tell("amendment_signed", FA)
    valuer = str(task["assignee"])
    other = "an" if valuer == "gu" else "gu"
    house.finish(
        "ut_register", {"registration_result": "registered", "registration_no": "ZD-1", "registered_on": "2026-03-02"},
        other,
    )  # fmt: skip
    with house.looking() as session:
        made = amendments.amendments_of(session, FA)[0]
        versions = [(one.version, one.state) for one in amendments.terms_of(session, FA)]
        items = {
            one.description: (one.value, one.state)
            for one in security.of_project(session, projects.get(session, PROJECT).id)
        }
    assert (items[str(first["name"])][0], items["新增存单"]) == (410, (55, "registered"))
    assert (made.state, made.materiality, dict(made.approval or {})["body"]) == ("active", "minor", "rm_head")
    assert versions == [(2, "active"), (1, "superseded")]
    assert house.letters() == ["amendment_documents", "amendment_active"]


def test_a_waiver_passes_the_lenders_and_the_committee_and_covers_the_covenant_until_its_day(
    house: MonitoringHouse,
) -> None:
    needed(house)
    waiver = {"options": ["waiver"], "waived_covenants": [{"code": "DSCR"}], "waiver_until": "2026-12-31"}
    house.finish("ut_proposal", {**PLAIN, **waiver, "covenant_loosened": "yes"})
    votes = [
        {"lender": "甲行", "commitment": "75", "vote": "yes"},
        {"lender": "乙行", "commitment": "25", "vote": "silent"},
    ]
    house.finish("ut_lenders", {"lenders": votes, "lender_share": "2/3", "lender_matter": "covenant"})
    invited = {"members": ["ke", "luo", "yin"], "chair": "shen", "agenda": "约束性条款豁免", "conflicts": []}
    house.finish("ut_prepare", invited)
    house.pass_time(days=7)
    for _ in range(2):
        house.finish("ut_vote", {"vote": "agree"})
    house.finish("ut_chair", {"chair_decision": "confirm", "minutes": "同意"})
    house.tell("amendment_signed", FA)
    with house.looking() as session:
        made = amendments.amendments_of(session, FA)[0]
        free = [covenants.waived(session, FA, day) for day in (date(2026, 12, 31), date(2027, 1, 1))]
    assert (made.state, made.materiality, dict(made.approval or {})["body"]) == ("active", "major", "committee")
    assert free == [frozenset({"DSCR"}), frozenset()]


@pytest.mark.parametrize("change", [{"new_rate_pct": "5.5"}, {"new_grace": 3}])
def test_a_lower_rate_and_a_new_grace_are_major_though_nobody_calls_them_so(
    house: MonitoringHouse, change: dict[str, object]
) -> None:
    needed(house)
    terms = {"new_amount": "650", "new_rate_pct": "6", "new_start": "2026-03-02", "new_instalments": 16,
             "new_months": 3, "new_profile": "annuity"}  # fmt: skip
    house.finish("ut_proposal", {**PLAIN, **terms, **change, "options": ["schedule"]})
    with house.looking() as session:
        assert amendments.amendments_of(session, FA)[0].materiality == "major"


def test_old_and_new_schedules_stand_side_by_side_and_taking_back_restores_the_old_one(
    house: MonitoringHouse,
) -> None:
    with house.writing() as session:
        facility = facilities.get(session, FA)
        first = {"period": 1, "due": date(2026, 6, 2), "opening": Decimal(650), "interest": Decimal(10),
                 "principal": Decimal(650), "payment": Decimal(660), "balance": Decimal(0)}  # fmt: skip
        repayments.plan(session, facility.id, [first], 1, STAMP)
    needed(house)
    terms = {"new_amount": "650", "new_rate_pct": "6", "new_start": "2026-03-02", "new_instalments": 16,
             "new_months": 3, "new_profile": "annuity"}  # fmt: skip
    house.finish("ut_proposal", {**PLAIN, **terms, "options": ["schedule"]})
    shown = house.variables(int(house.task("ut_approve")["instance_id"]))["comparison"]
    assert {"due", "old", "new", "difference"} == set(shown["rows"][0])
    assert [(one["due"], one["old"]) for one in shown["rows"] if one["old"]] == [(date(2026, 6, 2), Decimal(660))]
    house.finish("ut_approve", SIGNED_OFF, "zhao")
    house.tell("amendment_signed", FA)
    with house.writing() as session:
        made = amendments.amendments_of(session, FA)[0]
        assert len(repayments.of_facility(session, facility.id)) == 16
        amendments.withdraw(session, made.id, STAMP)
        amendments.restore_instalments(session, facility.id, 2)
    with house.looking() as session:
        assert [one.due for one in repayments.of_facility(session, facility.id)] == [date(2026, 6, 2)]
        active = amendments.active_terms(session, FA)
    assert active is not None and active.version == 1
    agreed = active.terms
    assert (agreed["months"], agreed["instalments"], agreed["grace_periods"]) == (3, 20, 0)
