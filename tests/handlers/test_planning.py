"""Plans by topic: sized, built, stressed, checked, compared."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import InvalidInput
from handlers import planning
from tests.handlers.pure import Counter

DESK = Counter(
    planning.plan_size_debt,
    planning.plan_build_schedule,
    planning.plan_stress,
    planning.plan_validate,
    planning.plan_compare,
    planning.plan_fund_construction,
)
FLOWS = [300, "320", Decimal(340), 330, 310]
TERMS: dict[str, Any] = {
    "amount": "1000", "rate": "0.06", "start": "2026-01-31", "instalments": 5, "months": 12,
    "day_count": "thirty_360_us", "payment_dates": "unadjusted",
}  # fmt: skip


def test_debt_is_sized_by_the_rule_that_binds() -> None:
    found = DESK.run(
        "plan.size_debt",
        {"cfads": FLOWS, "rate": "0.06", "target_dscr": "1.30", "capex": 1400, "max_gearing": "0.70"},
    )
    assert (found["debt"], found["binding"]) == (Decimal("980.00"), "gearing")
    assert (found["caps"]["dscr"], found["constant_dscr"]) == (Decimal("1035.64"), Decimal("1.3738"))


def test_a_schedule_comes_with_dates_totals_and_cover() -> None:
    made = DESK.run("plan.build_schedule", {"terms": TERMS, "cfads": FLOWS})
    assert [row["payment"] for row in made["rows"]] == [Decimal("237.40")] * 4 + [Decimal("237.38")]
    assert made["rows"][0]["due"] == date(2027, 1, 31)
    assert made["rows"][0]["dscr"] == Decimal("1.2637")
    assert made["totals"]["interest"] == Decimal("186.98")
    assert made["totals"]["wal_years"] == Decimal("3.1163")
    assert made["totals"]["maturity"] == date(2031, 1, 31)
    bare = DESK.run("plan.build_schedule", {"terms": TERMS})
    assert bare["rows"][0]["dscr"] is None and bare["totals"]["min_dscr"] is None


def test_fees_and_the_reserve_stand_beside_the_schedule() -> None:
    made = DESK.run("plan.build_schedule", {"terms": TERMS, "fees": {"upfront": "0.01", "agency": 2}, "dsra_months": 6})
    totals = made["totals"]
    assert (totals["upfront_fee"], totals["agency_fees"]) == (Decimal("10.00"), Decimal("10.00"))
    assert totals["all_in_rate"] > Decimal("0.065")
    assert totals["reserve"] == Decimal("118.70")
    assert [row["reserve"] for row in made["rows"]] == [Decimal("118.70")] * 3 + [Decimal("118.69"), Decimal("0.00")]
    bare = DESK.run("plan.build_schedule", {"terms": TERMS})["totals"]
    assert (bare["all_in_rate"], bare["reserve"]) == (Decimal("0.060000"), None)


def test_the_circle_of_construction_is_solved_and_shown() -> None:
    made = DESK.run(
        "plan.fund_construction",
        {"costs": [400, 400, 200], "gearing": "0.7", "rate": "0.06", "commitment_fee": "0.005", "upfront_fee": "0.01"},
    )
    assert made["residual"] == 0
    assert made["debt"] + made["equity"] == made["uses"] == 1000 + made["interest"] + made["fees"]
    assert made["rows"][-1]["balance"] == made["debt"]
    assert abs(made["debt"] / made["uses"] - Decimal("0.7")) < Decimal("0.00001")


def test_cash_below_the_interest_does_not_amortise() -> None:
    error = DESK.refused(
        "plan.build_schedule", {"terms": {**TERMS, "profile": "sculpted"}, "cfads": [10, 20, 300, 300, 300]}
    )
    assert (error.code, error.variables) == ("NOT_AMORTISING", {"periods": [1, 2]})


@pytest.mark.parametrize(
    ("changes", "place", "zh"),
    [
        ({"rate": "-0.01"}, "rate", "不得为负"),
        ({"rate": None}, "rate", "缺失"),
        ({"rate": 0.06}, "rate", "不精确"),
        ({"start": ""}, "start", "缺失"),
        ({"instalments": "4.5"}, "instalments", "不是整数"),
        ({"concession_end": "2030-12-31"}, "tenor", "特许经营期"),
        ({"profile": "sculpted"}, "cfads", "缺失"),
    ],
)
def test_terms_that_cannot_be_are_refused_in_the_readers_language(changes: dict[str, Any], place: str, zh: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        DESK.run("plan.build_schedule", {"terms": {**TERMS, **changes}})
    assert caught.value.fields["place"] == place
    assert zh in caught.value.text("zh")


def test_a_gap_in_the_cash_flows_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"cfads\[3\]: is missing"):
        DESK.run("plan.build_schedule", {"terms": TERMS, "cfads": [300, 320, None, 330, 310]})


OPERATIONS = [{"revenue": 500, "opex": "150", "tax": 20, "maintenance_capex": 10} for _ in range(5)]


def test_the_seven_cases_and_break_even_are_told() -> None:
    found = DESK.run(
        "plan.stress", {"terms": TERMS, "operations": OPERATIONS, "capex": 1400, "overrun_debt_share": "0.7"}
    )
    names = [one["name"] for one in found["results"]]
    assert names == ["base", "capex", "delay", "opex", "price", "rate", "combined"]
    lowest = {one["name"]: one["min_dscr"] for one in found["results"]}
    assert lowest["base"] == Decimal("1.3479")
    assert lowest["delay"] == 0 and lowest["combined"] == 0
    assert found["break_even"] == {
        "cfads_fall": Decimal("25.81"), "price_fall": Decimal("16.52"), "opex_rise": Decimal("55.07"),
        "rate_rise": Decimal("12.03"),
    }  # fmt: skip


def test_own_cases_replace_the_standard_ones() -> None:
    case = {"name": "dry year", "price": "-0.1", "delay_months": 0}
    found = DESK.run("plan.stress", {"terms": TERMS, "operations": OPERATIONS, "scenarios": [case]})
    assert [one["name"] for one in found["results"]] == ["dry year"]
    with pytest.raises(InvalidInput, match="capex"):
        DESK.run("plan.stress", {"terms": TERMS, "operations": OPERATIONS})
    with pytest.raises(InvalidInput, match=r"operations\[1\].revenue"):
        DESK.run("plan.stress", {"terms": TERMS, "operations": [{"opex": 1}] * 5})


def test_findings_stop_a_plan_before_it_is_submitted() -> None:
    plan = {
        "min_dscr": "1.31", "debt": 700, "capex": 1000, "start": "2026-01-01", "maturity": "2034-06-30",
        "concession_end": "2034-06-29", "dsra_months": 6,
    }  # fmt: skip
    found = DESK.run("plan.validate", {"plan": plan})
    assert found["blocked"] and [one["rule"] for one in found["findings"]] == ["beyond_concession"]
    assert "特许经营期" in found["findings"][0]["text"]
    sound = {**plan, "concession_end": "2036-06-30"}
    assert DESK.run("plan.validate", {"plan": sound}) == {"findings": [], "blocked": False}
    strict = DESK.run("plan.validate", {"plan": sound, "limits": {"min_tail": 3}})
    assert [one["rule"] for one in strict["findings"]] == ["tail"]
    assert DESK.run("plan.validate", {"plan": None})["blocked"]


def test_an_amendment_is_shown_old_against_new() -> None:
    found = DESK.run(
        "plan.compare", {"old": TERMS, "new": {**TERMS, "instalments": 7, "rate": "0.05"}, "day": "2026-06-01"}
    )
    assert [one["due"].year for one in found["rows"]] == list(range(2027, 2034))
    assert found["rows"][0]["difference"] == found["rows"][0]["new"] - found["rows"][0]["old"]
    assert found["rows"][-1]["old"] is None
    assert found["maturity_days"] == 731 and not found["substantial"]


def test_the_instalments_that_stand_are_the_old_side_and_what_was_paid_counts_no_more() -> None:
    rows = DESK.run("plan.build_schedule", {"terms": TERMS})["rows"]
    sculpted = {**TERMS, "profile": "sculpted", "target_dscr": "1.3"}
    given = {"old": sculpted, "old_rows": rows, "new": TERMS, "day": rows[1]["due"]}
    same = DESK.run("plan.compare", given)
    assert (same["interest"], same["wal_years"], same["change_pct"]) == (0, 0, 0)
    assert len(same["rows"]) == len(rows) - 2
