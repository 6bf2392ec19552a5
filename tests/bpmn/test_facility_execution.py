"""Facility execution on the real engine with the real handlers: its acceptance list (a) to (f), and what money does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from engine import api, identity
from engine.errors import FourEyes
from engine.store import tables as t
from engine.store.dates import schedule
from handlers.demonstration.clients import Clients
from handlers.records import conditions, construction, draws, facilities, ledger, limits, projects, repayments, security
from tests.bpmn import execution_house
from tests.bpmn.execution_house import DR, FA, IN_ORDER, KEY, MILLION, STAMP, ExecutionHouse
from tests.handlers.conftest import Desk


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> str:
    return execution_house.furnish(tmp_path_factory.mktemp("execution"))


@pytest.fixture
def house(furnished: str, tmp_path: Path) -> Iterator[ExecutionHouse]:
    entered = execution_house.enter(furnished, tmp_path)
    yield entered
    entered.runtime.database.dispose()


def balance(house: ExecutionHouse, account: str) -> Decimal:
    with house.looking() as session:
        return ledger.balance(session, account, "CNY")


def certify(house: ExecutionHouse) -> None:
    """The works are complete, and all three tests pass."""
    house.tell("completion_certified", certified_on="2027-03-01", certificate_no="CC-1")
    for kind in ("technical", "financial", "legal"):
        house.finish(f"ut_test_{kind}", {f"{kind}_result": "pass", f"{kind}_comment": "合格"})


def test_the_approved_plan_becomes_a_facility_with_conditions_security_and_a_baseline(house: ExecutionHouse) -> None:
    facility = house.facility()
    assert (facility.state, facility.availability_end, facility.maturity) == (
        "available", date(2028, 3, 2), date(2036, 3, 2),
    )  # fmt: skip
    with house.looking() as session:
        project = projects.get(session, KEY)
        items = [(one.type, one.haircut_pct) for one in security.of_project(session, project.id)]
        owed = conditions.of_project(session, project.id, phase="initial")
        baseline = construction.latest_report(session, project.id)
        [covenant] = facilities.covenants_of(session, facility.id)
    assert (project.phase, project.equity_paid) == ("execution", 150 * MILLION)
    assert items == [("equipment", 40), ("completion_guarantee", 100)]
    assert {"支架供应合同", "第三方发电量复核", "环境和社会行动计划"} <= {one.text for one in owed}
    assert {one.state for one in owed} == {"accepted"}
    assert not {one.reviewer for one in owed} & {one.submitted_by for one in owed}
    assert {one.evidence for one in owed} == {"见档案，三楼"}, "as it was written"
    [reviewed] = house.rows(t.user_task, t.user_task.c.element == "ut_review")
    called = {row["id"]: row["name"] for row in house.rows(t.person)}
    assert all(row["submitted_name"] == called[row["submitted_by"]] for row in reviewed["locals"]["cp_rows"])
    assert baseline is not None and baseline.passed
    assert (covenant.default_level, covenant.frequency) == (Decimal("1.05"), "quarterly")
    [letter] = house.rows(t.outbox, t.outbox.c.template == "facility_available")
    assert letter["data"]["link_url"].startswith("http")
    [valuation] = house.rows(schedule, schedule.c.message == "revaluation_due")
    assert (valuation["business_key"], valuation["day"]) == (KEY, date(2026, 12, 15)), "11 months of the oldest"


def test_a_two_hundred_conditions_make_as_many_tasks_as_there_are_owners(house: ExecutionHouse) -> None:
    owners = ("legal", "rm", "monitor", "loan_ops")
    with house.writing() as session:
        project = projects.get(session, KEY)
        rows = [
            {"text": f"后续条件 {n}", "text_en": f"Condition {n}", "owner_group": owners[n % 4], "phase": "subsequent",
             "waivable": True, "source": "plan"}
            for n in range(200)
        ]  # fmt: skip
        conditions.add(session, project.id, rows, STAMP)
        before = conditions.open_ones(session, project.id, "subsequent", date(2026, 3, 2))
    case = house.start("cp_clearance", business_key=KEY, project_key=KEY, cp_phase="subsequent")
    tasks = house.tasks(case)
    assert len(before) >= 200
    assert len(tasks) == len({one.owner_group for one in before})
    assert sum(len(task["locals"]["cp_rows"]) for task in tasks) == len(before)


def test_b_a_draw_ahead_of_equity_is_refused_and_one_in_step_goes_on(house: ExecutionHouse) -> None:
    with house.writing() as session:
        facilities.draw(session, house.facility().id, Decimal(280 * MILLION), STAMP)
    house.request(90)
    task = house.task("ut_fix")
    assert [one["rule"] for one in house.variables(task["instance_id"])["failures"]] == ["pro_rata_equity"]
    house.finish("ut_fix", {"fix_decision": "waive", "waive_reason": "下周补足"})
    assert house.open_elements() == ["ut_fix"]
    house.finish("ut_fix", {"fix_decision": "correct", "draw_amount": str(70 * MILLION)})
    assert house.open_elements() == ["ut_maker"]


def test_b_two_draws_that_are_each_in_step_are_not_paid_together(house: ExecutionHouse) -> None:
    with house.writing() as session:
        facilities.draw(session, house.facility().id, Decimal(280 * MILLION), STAMP)
    house.request(40)
    house.request(40)
    for _ in range(2):
        house.finish("ut_maker", IN_ORDER)
    for _ in range(2):
        house.finish("ut_checker", {"checker_decision": "approve"})
    assert house.facility().drawn == 320 * MILLION
    assert house.open_elements() == ["ut_fix"]


def test_c_who_examined_the_vouchers_cannot_approve_the_payment(house: ExecutionHouse) -> None:
    house.request(20)
    maker = str(house.task("ut_maker")["assignee"])
    house.finish("ut_maker", IN_ORDER)
    task = house.task("ut_checker")
    assert {maker, task["assignee"]} == {"dong", "cai"}
    with house.writing() as session:
        api.release(session, identity.actor(session, str(task["assignee"])), task["id"])
    with pytest.raises(FourEyes):
        house.finish("ut_checker", {"checker_decision": "approve"}, maker)


def test_a_payment_that_the_bank_confirms_is_drawn_booked_and_settled(house: ExecutionHouse) -> None:
    house.request(20)
    house.approve()
    assert house.orders() == ["PM-2026-0001.pain.001.xml"]
    order = (house.folder / "bank" / "out" / "PM-2026-0001.pain.001.xml").read_text("utf-8")
    assert '<InstdAmt Ccy="CNY">20000000.00</InstdAmt>' in order and "华东电建集团" in order
    house.bank_says("PM-2026-0001", "ACSC")
    assert (house.facility().drawn, house.used()) == (20 * MILLION, 20 * MILLION)
    assert (balance(house, f"loan:{FA}"), balance(house, "clearing:payments")) == (20 * MILLION, 0)
    with house.looking() as session:
        draw = draws.get(session, DR)
    assert (draw.state, draw.mode, {draw.checked_by, draw.approved_by}) == ("paid", "entrusted", {"dong", "cai"})
    assert house.rows(t.outbox, t.outbox.c.template == "drawdown_paid")
    assert house.state(house.instance_of(DR)) == "completed"


def test_d_a_rejected_payment_restores_ledger_and_limit_in_reverse_order(house: ExecutionHouse) -> None:
    house.request(20)
    house.approve()
    assert (house.used(), balance(house, f"loan:{FA}")) == (20 * MILLION, 20 * MILLION)
    house.bank_says("PM-2026-0001", "RJCT", "AC04")
    undone = [
        one for one in house.entered(house.instance_of(DR)) if one in ("svc_recall", "svc_reverse", "svc_restore")
    ]
    assert undone == ["svc_recall", "svc_reverse", "svc_restore"]
    assert (house.used(), house.facility().drawn, balance(house, f"loan:{FA}")) == (0, 0, 0)
    with house.looking() as session:
        booked, mirror = ledger.of_matter(session, DR)
    assert mirror.reverses == booked.id
    assert [one.side for one in mirror.entries] == ["credit", "debit"]
    assert house.variables(house.instance_of(DR))["payment_reason"] == "AC04"
    again = {"investigate_cause": "销户", "investigate_decision": "again", "payee_account": "6222020000000019"}
    house.finish("ut_investigate", again)
    house.approve()
    house.bank_says("PM-2026-0002", "ACSC")
    assert (house.used(), house.facility().drawn, balance(house, "clearing:payments")) == (
        20 * MILLION,
        20 * MILLION,
        0,
    )


def test_d_a_silent_bank_is_asked_for_its_payment_back_and_what_is_late_goes_to_people(house: ExecutionHouse) -> None:
    house.request(20)
    house.approve()
    house.pass_time(days=2, minutes=1)
    assert house.open_elements() == ["ut_investigate"]
    assert house.orders() == ["PM-2026-0001.camt.055.xml", "PM-2026-0001.pain.001.xml"]
    assert house.used() == 0
    house.request(10)
    house.approve()
    house.bank_says("PM-2026-0001", "ACSC")
    assert {row["recipient"] for row in house.rows(t.outbox, t.outbox.c.template == "payment_late")} == {"dong", "cai"}
    assert house.facility().drawn == 10 * MILLION
    house.bank_says("PM-2026-0001", "RJCT", "AC04")
    house.bank_says("PM-2026-0001", "RJCT", "AC04")
    told = house.rows(t.outbox, t.outbox.c.template == "payment_returned")
    assert {row["recipient"] for row in told} == {"dong", "cai"} and len(told) == 2
    [alert] = house.kept("alert")
    assert (alert["business_key"], alert["variables"]["metric"], alert["variables"]["level"]) == (
        FA,
        "payment_returned",
        "red",
    )
    assert "20,000,000.00 CNY（AC04）" in alert["variables"]["text"]


def test_e_funds_that_do_not_suffice_stop_draws_and_raise_an_alert(house: ExecutionHouse) -> None:
    house.pass_time(days=32)
    report = {
        "as_of": "2026-04-30",
        "physical_pct": "50",
        "spent": str(450 * MILLION),
        "equity_paid": str(150 * MILLION),
    }
    house.tell("engineer_report", **report, cost_to_complete=str(900 * MILLION), reported_by="工程师")
    assert house.facility().drawstop == "完工资金缺口 50,000,000"
    [alert] = house.kept("alert")
    assert (alert["business_key"], alert["variables"]["level"], alert["variables"]["value"]) == (
        KEY,
        "red",
        50 * MILLION,
    )
    house.request(1)
    failed = {one["rule"] for one in house.variables(house.task("ut_fix")["instance_id"])["failures"]}
    assert failed == {"drawstop", "cost_to_complete"}


def test_f_completion_makes_the_covenant_calendar_the_repayments_and_starts_maintenance(house: ExecutionHouse) -> None:
    house.request(20)
    house.approve()
    house.bank_says("PM-2026-0001", "ACSC")
    certify(house)
    assert house.state(house.instance_of(KEY)) == "completed"
    planned = sorted(house.rows(schedule, schedule.c.message == "covenant_test_due"), key=lambda row: row["day"])
    assert [row["business_key"] for row in planned[:2]] == [f"TD-{FA}-2027Q1", f"TD-{FA}-2027Q2"]
    assert len(planned) == 36
    assert planned[1]["variables"]["period_start"] == date(2027, 4, 1)
    with house.looking() as session:
        rows = repayments.of_facility(session, house.facility().id)
        project = projects.get(session, KEY)
        states = {one.type: one.state for one in security.of_project(session, project.id)}
    assert (len(rows), rows[0].opening, rows[-1].balance) == (18, 20 * MILLION, 0)
    assert (project.phase, project.stage, project.cod_actual) == ("maintenance", "operation", date(2027, 3, 1))
    assert states == {"equipment": "registered", "completion_guarantee": "released"}
    [handed] = house.kept("facility_operational")
    assert (handed["business_key"], handed["variables"]["facility_keys"]) == (KEY, [FA])


def test_fees_and_interest_of_construction_are_booked_as_owed_once(house: ExecutionHouse) -> None:
    assert balance(house, f"fees:{FA}") == Decimal("3500000.00"), "half a per cent of the commitment at close"
    house.request(20)
    house.approve()
    house.bank_says("PM-2026-0001", "ACSC")
    with house.looking() as session:
        draw = draws.get(session, DR)
    assert draw.closed_at is not None
    paid, done, signed = draw.closed_at.date(), date(2027, 3, 1), date(2026, 3, 2)
    certify(house)
    interest = 20 * MILLION * Decimal("0.042") * (done - paid).days / 360
    assert balance(house, f"interest:{FA}") == interest.quantize(Decimal("0.01"))
    undrawn = 700 * MILLION * (done - signed).days - 20 * MILLION * (done - paid).days
    committed = (undrawn * Decimal("0.003") / 360).quantize(Decimal("0.01"))
    assert balance(house, f"fees:{FA}") == Decimal("3500000.00") + committed
    with house.looking() as session:
        assert len([one for one in ledger.of_matter(session, FA) if one.key.startswith(FA)]) == 3


def test_the_last_repayment_frees_the_limit_and_tells_maintenance(house: ExecutionHouse) -> None:
    house.request(20)
    house.approve()
    house.bank_says("PM-2026-0001", "ACSC")
    certify(house)
    desk = Desk(house.runtime)

    def planned() -> tuple[repayments.Repayment, ...]:
        with house.looking() as session:
            return repayments.of_facility(session, house.facility().id)

    first, *_ = planned()
    for _ in range(2):
        house.tell("repayment_received", FA, repayment_amount=first.payment, bank_reference="B-1")
    owed = 20 * MILLION - first.principal
    assert (house.facility().balance, house.used()) == (owed, owed)
    [receipt] = house.rows(t.outbox, t.outbox.c.template == "repayment_booked")
    assert (receipt["recipient"], receipt["data"]["principal"]) == ("chen@example.org", first.principal)
    early = {"facility_key": FA, "amount": 10 * MILLION, "key": "R-2", "prepayment": "yes"}
    left = desk.run("loan.book_repayment", early)["balance"]
    paid, *rest = planned()
    assert (paid.state, rest[0].opening, rest[-1].balance) == ("paid", left, 0)
    assert sum(one.principal for one in rest) == left
    owed = rest[0].interest + left
    assert desk.refused("loan.book_repayment", {"facility_key": FA, "amount": owed + 1}).code == "LEDGER_REJECTED"
    house.tell("repayment_received", "FA-0", repayment_amount=1, bank_reference="B-2")
    assert house.task("ut_clarify")["assignee"] in {"dong", "cai"}
    done = desk.run("loan.book_repayment", {"facility_key": FA, "amount": owed, "key": "R-3"})
    assert (done["repaid"], house.used(), balance(house, f"loan:{FA}")) == (True, 0, 0)
    assert {one.state for one in planned()} == {"paid"}
    house.pass_time(hours=2)
    assert [one["business_key"] for one in house.kept("loan_repaid")] == [KEY]


def test_a_client_of_the_demonstration_repays_early_to_the_last_fen(house: ExecutionHouse) -> None:
    house.request(20)
    house.approve()
    house.bank_says("PM-2026-0001", "ACSC")
    certify(house)
    with house.looking() as session:
        first, second, *_ = repayments.of_facility(session, house.facility().id)
    clients = Clients(house.runtime, random.Random(1), habits={FA: (1, 99)})
    before = balance(house, f"interest:{FA}")
    assert clients.act(first.due) == 1
    house.work()
    assert house.facility().balance == 20 * MILLION - first.principal
    assert clients.act(second.due) == 1
    house.work()
    assert (house.facility().state, house.facility().balance, house.used()) == ("closed", 0, 0)
    assert balance(house, f"interest:{FA}") == before - first.interest - second.interest
    house.pass_time(hours=2)
    assert [one["business_key"] for one in house.kept("loan_repaid")] == [KEY]


def test_a_deal_without_a_draw_lapses_when_its_time_is_over_and_frees_its_limit(house: ExecutionHouse) -> None:
    house.pass_time(days=732)
    given_up = {"availability_decision": "cancel", "availability_next": "2029-01-01", "lapse_reason": "项目停建"}
    house.finish("ut_availability", given_up)
    assert house.facility().state == "lapsed"
    with house.looking() as session:
        held = limits.get(session, KEY)
    assert (held.state, held.amount) == ("released", 0)
    assert house.state(house.instance_of(KEY)) == "terminated"


def test_a_client_who_withdraws_before_the_first_draw_frees_the_limit(house: ExecutionHouse) -> None:
    house.tell("client_withdrew", withdraw_reason="股东改变计划")
    with house.looking() as session:
        held, project = limits.get(session, KEY), projects.get(session, KEY)
        [*_, last] = projects.phases_of(session, project.id)
    assert (house.facility().state, held.state, project.phase) == ("lapsed", "released", "withdrawn")
    assert last.reason == "股东改变计划"
    assert house.state(house.instance_of(KEY)) == "completed"
