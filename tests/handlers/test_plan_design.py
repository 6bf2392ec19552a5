"""Plans on one cash flow: the worked examples through the evaluation's own topics, and what cannot be built."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import pytest

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context
from handlers.committee import _signed
from handlers.counter_offers import plan_apply_counter, plan_measure_change
from handlers.finance import voting
from handlers.plan_design import model_save
from handlers.plan_drafts import Draft, refuse_untestable
from handlers.planning import plan_size_debt, plan_stress
from tests.handlers.pure import Counter

CFADS = (300, 320, 340, 330, 310)
ROWS = [{"period_end": date(2027 + at, 12, 31), "revenue": flow + 50, "opex": 50} for at, flow in enumerate(CFADS)]
BASE = {"start": "2026-12-31", "months": "12", "capex": 1400, "operations": ROWS}
TERM = {"name": "T", "amount": "1035.64", "months": 60, "frequency_months": "12", "rate_pct": "6", "currency": "CNY",
        "day_count": "thirty_e_360", "payment_dates": "unadjusted"}  # fmt: skip
FACTS = {
    "concession_end": date(2035, 1, 1), "revenue_currency": "CNY", "largest_offtaker_pct": None, "capacity": None,
    "worth": Decimal(0),
}  # fmt: skip


@pytest.fixture
def ctx() -> Context:
    return Counter().context


def draft(ctx: Context, *facilities: dict[str, Any], **base: Any) -> Draft:
    return Draft(ctx.calendar, {"facilities": list(facilities)}, {**BASE, **base})


def four(value: object) -> Decimal:
    return Decimal(cast(Decimal, value)).quantize(Decimal("0.0001"))


def test_t04_a_sculpted_plan_keeps_its_dscr_and_its_llcr(ctx: Context) -> None:
    sized = plan_size_debt(ctx, CFADS, Decimal("0.06"), target_dscr=Decimal("1.30"))
    assert sized["debt"] == Decimal("1035.64")
    made = draft(ctx, {**TERM, "profile": "sculpted"})
    rows = made.package.plans["T"].schedule.rows
    assert [row.principal for row in rows][:3] == [Decimal("168.63"), Decimal("194.13"), Decimal("221.17")]
    assert rows[-1].balance == 0
    found = made.metrics(FACTS)
    assert (four(found["min_dscr"]), four(found["llcr"])) == (Decimal("1.3000"), Decimal("1.3000"))


def test_t06_and_t07_the_same_debt_as_an_annuity_and_under_stress(ctx: Context) -> None:
    made = draft(ctx, {**TERM, "profile": "annuity"})
    assert made.package.cover is not None
    assert [four(one) for one in made.package.cover.dscr] == [
        Decimal(one) for one in ("1.2202", "1.3016", "1.3829", "1.3422", "1.2609")
    ]
    assert four(made.package.llcr) == Decimal("1.3000")
    cases = [{"name": "cash", "price": Decimal("-0.20")}, {"name": "rate", "rate": Decimal("0.02")}]
    rows = [{"revenue": flow, "opex": 0} for flow in CFADS]
    stressed = plan_stress(ctx, made.stress()["terms"], rows, scenarios=cases, capex=1400)
    assert [one["min_dscr"] for one in stressed["results"]] == [Decimal("0.9762"), Decimal("1.1566")]


def test_t08_gearing_binds(ctx: Context) -> None:
    sized = plan_size_debt(
        ctx, CFADS, Decimal("0.06"), target_dscr=Decimal("1.30"), capex=1400, max_gearing=Decimal("0.70")
    )
    assert (sized["debt"], sized["binding"], sized["constant_dscr"]) == (980, "gearing", Decimal("1.3738"))


def test_two_facilities_share_the_cash_and_a_sculpted_one_takes_what_is_left(ctx: Context) -> None:
    level = {**TERM, "name": "A", "amount": "300", "profile": "level"}
    made = draft(ctx, {**TERM, "name": "B", "amount": "500", "profile": "sculpted"}, level)
    service = [one.payment for one in made.package.plans["A"].schedule.rows]
    left = [flow - paid for flow, paid in zip(CFADS, service, strict=True)]
    sculpted = [one.payment for one in made.package.plans["B"].schedule.rows]
    ratios = {four(flow / paid) for flow, paid in zip(left, sculpted, strict=True)}
    assert max(ratios) - min(ratios) <= Decimal("0.0003"), "cents apart at most"
    assert list(made.package.plans) == ["B", "A"]
    assert four(made.metrics(FACTS)["gearing_pct"]) == Decimal("57.1429")


def test_half_years_end_on_the_last_of_the_month_and_grace_is_constructions(ctx: Context) -> None:
    halves = [date(2028, 6, 30), date(2028, 12, 31), date(2029, 6, 30), date(2029, 12, 31)]
    rows = [{"period_end": one, "revenue": 150, "opex": 50} for one in halves]
    term = {**TERM, "amount": "300", "months": 36, "grace_months": 12, "frequency_months": "6", "profile": "level"}
    made = draft(ctx, term, months="6", operations=rows)
    assert made.package.cover is not None
    assert len(made.package.cover.dscr) == 4, "interest before operations is no debt service"
    assert made.stress()["terms"]["instalments"] == 4


@pytest.mark.parametrize(
    ("term", "place", "word"),
    [
        ({"rate_pct": "-1"}, "T", "负"),
        ({"months": 61}, "T", "整除"),
        ({"months": 72}, "T", "晚于现金流模型最后一期"),
        ({"profile": "sculpted", "frequency_months": "6"}, "frequency_months", "还款频率"),
        ({"amount": None, "profile": "annuity"}, "T", "缺失"),
        ({"currency": "USD"}, "currency", "币种 USD 与项目及现金流模型的币种 CNY 不一致"),
    ],
)
def test_what_cannot_be_built_is_told_by_place(ctx: Context, term: dict[str, Any], place: str, word: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        draft(ctx, {**TERM, "profile": "annuity", **term}, currency="CNY")
    assert refused.value.fields["place"] == place
    assert word in refused.value.text("zh")


COVENANT = {"code": "DSCR", "name": "偿债备付率", "kind": "financial", "metric": "dscr", "direction": "min",
            "default_level": "1.05", "lockup_level": "1.15"}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"metric": "leverage"}, "没有可测试的指标：leverage"),
        ({"metric": "llcr", "look": "forward"}, "没有可测试的指标：llcr_forward"),
        ({"direction": None}, "不低于还是不高于"),
        ({"default_level": None}, "default_level 缺失"),
        ({"lockup_level": "1.00"}, "锁定线 1.00 不得宽于违约线 1.05"),
    ],
)
def test_a_covenant_that_nobody_could_test_comes_back_with_the_plan(changed: dict[str, Any], word: str) -> None:
    for row in (COVENANT, {"name": "年报", "kind": "information"}):
        refuse_untestable(row)
    with pytest.raises(InvalidInput) as refused:
        refuse_untestable({**COVENANT, **changed})
    assert (refused.value.fields["place"], word in refused.value.text("zh")) == ("偿债备付率", True)


def test_a_model_with_a_gap_is_refused_with_its_place(ctx: Context) -> None:
    fields = {"base_rate_pct": 5, "target_dscr": "1.3", "max_gearing_pct": 80, "capex": 1400, "period_months": "12"}
    with pytest.raises(BpmnError) as refused:
        model_save(ctx, [ROWS[0], ROWS[2]], **fields)
    assert refused.value.code == "MODEL_INVALID"
    [problem] = cast(list[dict[str, str]], refused.value.variables["model_problems"])
    assert "12 个月" in problem["text"]


def test_a_counter_proposal_is_measured_and_taken_over(ctx: Context) -> None:
    plan = [
        {"name": "A", "amount": 100, "margin_pct": "1.5", "rate_pct": "5", "months": 60},
        {"name": "B", "amount": 9},
    ]
    found = plan_measure_change(ctx, plan, counter_amount="106", counter_margin_pct="1.4")
    assert (found["delta_amount_pct"], found["delta_margin_pct"], found["delta_tenor_months"]) == (
        6, Decimal("-0.1"), 0,
    )  # fmt: skip
    nothing = plan_measure_change(ctx, plan)
    assert nothing["delta_amount_pct"] is None, "what nobody can measure is major"
    taken = plan_apply_counter(ctx, plan, counter_margin_pct="1.4", counter_tenor_months=72)["facilities"]
    assert (taken[0]["rate_pct"], taken[0]["months"], taken[1]) == (Decimal("4.9"), 72, plan[1])


def test_a_vote_is_settled_once_nothing_can_change_it() -> None:
    agree, against = voting.AGREE, voting.AGAINST
    assert not voting.settled([agree] * 5 + [against], 8), "two more against would be 5 of 8"
    assert voting.settled([agree] * 6, 8)
    assert not voting.settled([against] * 3, 8), "there may be no quorum"
    assert voting.settled([against] * 3 + [agree] * 3, 8)
    assert voting.settled([], 0, Fraction(2, 3))


@pytest.mark.parametrize(
    ("counted", "chair", "veto", "may_defer", "decision"),
    [
        ("approved", "confirm", True, True, "approved"),
        ("approved", "veto", True, True, "rejected"),
        ("approved_with_conditions", "defer", True, True, "deferred"),
        ("rejected", "veto", True, True, "rejected"),
        ("rejected", "defer", True, True, "rejected"),
        ("approved", "veto", False, True, None),
        ("approved", "defer", True, False, None),
        ("rejected", "approve", True, True, None),
    ],
)
def test_the_chair_signs_what_was_counted_or_less(
    counted: str, chair: str, veto: bool, may_defer: bool, decision: str | None
) -> None:
    if decision is None:
        with pytest.raises(InvalidInput):
            _signed(counted, chair, veto, may_defer)
    else:
        assert _signed(counted, chair, veto, may_defer) == decision


def test_t25_the_model_earns_what_its_rows_say(ctx: Context) -> None:
    rows = [{"period_end": date(2029 + at, 12, 31), "revenue": 250, "opex": 50} for at in range(10)]
    term = {**TERM, "amount": "300", "months": 84, "grace_months": 24, "profile": "level"}
    found = draft(ctx, term, capex=1000, operations=rows).metrics(FACTS)
    assert four(found["project_irr_pct"] / 100) == Decimal("0.1342"), "500 out, 500 out, then 200 ten times"
    assert found["equity_irr_pct"] > found["project_irr_pct"], "debt at 6 % lifts what is left for equity"
