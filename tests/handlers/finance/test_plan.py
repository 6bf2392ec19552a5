"""Dated plans, stress, break-even, amendments, red flags."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.process.businesstime import BusinessCalendar
from handlers.finance.amendment import compare
from handlers.finance.coverage import debt_service_cover
from handlers.finance.exact import ONE, ZERO, rounded
from handlers.finance.plan import Plan, Terms, build, factors, months_later
from handlers.finance.present_value import flat, present_value
from handlers.finance.red_flags import Draft, findings
from handlers.finance.schedules import annuity, level_principal
from handlers.finance.stress import Case, Loan, Operations, break_even, changed, run, standard_cases
from tests.handlers.finance.money import many

CALENDAR = BusinessCalendar(holidays=frozenset({date(2026, 10, d) for d in range(1, 9)}))
TERMS = Terms(Decimal(10_000_000), Decimal("0.05"), date(2026, 1, 31), 8)


@pytest.mark.parametrize("profile", ["annuity", "level_principal", "bullet", "balloon", "sculpted"])
@pytest.mark.parametrize("grace", ["interest_only", "capitalised"])
def test_every_plan_closes_at_nought_on_working_days(profile: str, grace: str) -> None:
    terms = replace(TERMS, profile=profile, grace_periods=2, grace=grace, balloon=Decimal(2_000_000))
    made = build(terms, CALENDAR, [Decimal(2_000_000)] * 10)
    assert made.schedule.rows[-1].balance == 0
    assert made.schedule.amortises
    assert all(CALENDAR.is_working(day) for day in made.dates)
    assert made.cover is not None and made.llcr is not None
    repaid = sum((row.principal for row in made.schedule.rows), ZERO)
    assert repaid == TERMS.amount + sum((row.capitalised for row in made.schedule.rows), ZERO)


def test_due_dates_keep_the_months_end_and_stay_in_their_month() -> None:
    unmoved = build(replace(TERMS, payment_dates="unadjusted"), CALENDAR).dates
    assert unmoved[:4] == (date(2026, 4, 30), date(2026, 7, 31), date(2026, 10, 31), date(2027, 1, 31))
    moved = build(TERMS, CALENDAR).dates
    assert moved[2:4] == (date(2026, 10, 30), date(2027, 1, 29))
    assert build(replace(TERMS, payment_dates="following"), CALENDAR).dates[2] == date(2026, 11, 2)
    assert months_later(date(2023, 11, 30), 3) == date(2024, 2, 29)


def test_interest_counts_the_days_to_the_moved_date() -> None:
    row = build(TERMS, CALENDAR).schedule.rows[0]
    assert row.interest == rounded(Decimal(10_000_000) * Decimal("0.05") * 89 / 360)


def test_a_sculpted_plan_finds_its_amount_from_the_cash() -> None:
    cash = [Decimal(1_000_000 + 50_000 * at) for at in range(10)]
    for grace in ("interest_only", "capitalised"):
        terms = replace(
            TERMS, amount=None, profile="sculpted", target_dscr=Decimal("1.30"), grace_periods=2, grace=grace
        )
        made = build(terms, CALENDAR, cash)
        assert made.cover is not None
        assert {rounded(one, Decimal("0.0001")) for one in made.cover.dscr[2:] if one} == {Decimal("1.3000")}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"rate": Decimal("-0.01")}, "rate"),
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": None}, "amount"),
        ({"instalments": 0}, "instalments"),
        ({"profile": "whim"}, "profile"),
        ({"day_count": "act_364"}, "day_count"),
        ({"months": 5}, "months"),
    ],
)
def test_terms_that_cannot_be_are_refused(changes: dict[str, object], place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        replace(TERMS, **changes)  # type: ignore[arg-type]
    assert caught.value.fields["place"] == place
    assert caught.value.text("zh") != caught.value.text("en")


def test_a_tenor_beyond_the_concession_is_refused_with_both_dates() -> None:
    with pytest.raises(InvalidInput) as caught:
        build(replace(TERMS, concession_end=date(2027, 12, 31)), CALENDAR)
    assert "特许经营期" in caught.value.text("zh") and "2027-12-31" in caught.value.text("en")
    assert build(replace(TERMS, concession_end=date(2028, 1, 31)), CALENDAR).maturity == date(2028, 1, 31)


def test_missing_cash_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cfads: is missing"):
        build(replace(TERMS, profile="sculpted"), CALENDAR)
    with pytest.raises(InvalidInput, match="8"):
        build(TERMS, CALENDAR, [Decimal(1)] * 7)


def operations(count: int = 5) -> list[Operations]:
    return [Operations(Decimal(500), Decimal(150), Decimal(20), Decimal(10)) for _ in range(count)]


def loan(count: int = 5, level: bool = True) -> Loan:
    charged = flat(Decimal("0.06"), count)
    made = (annuity if level else level_principal)(Decimal(1000), charged, None)
    return Loan(made, charged, 1, level, capex=Decimal(1400), overrun_debt_share=Decimal("0.7"))


@pytest.mark.parametrize("level", [True, False])
def test_every_case_is_worse_than_the_base_and_all_together_worst(level: bool) -> None:
    results = {
        one.case.name: one for one in (run(case, operations(), loan(level=level)) for case in standard_cases(12))
    }
    base = results.pop("base")
    assert base.minimum == debt_service_cover([Decimal(320)] * 5, loan(level=level).schedule.payments).minimum
    combined = results.pop("combined")
    assert all(one.minimum < base.minimum and one.llcr < base.llcr for one in results.values())
    assert all(combined.minimum <= one.minimum and combined.llcr < one.llcr for one in results.values())


def test_a_delay_costs_what_it_pushes_beyond_the_last_period() -> None:
    assert changed(Case("late", delay=2), operations()) == many(0, 0, 320, 320, 320)
    assert changed(Case("never", delay=9), operations()) == many(0, 0, 0, 0, 0)


def test_an_overrun_makes_the_debt_grow_by_its_share() -> None:
    base, grown = (run(Case("x", capex=capex), operations(), loan()) for capex in many(0, "0.1"))
    assert abs(grown.service[0] / base.service[0] - Decimal("1.098")) < Decimal("1e-20")


@settings(max_examples=25, deadline=None)
@given(st.booleans(), st.decimals("0.9", "1.2", places=2))
def test_at_break_even_the_lowest_cover_is_the_threshold(level: bool, threshold: Decimal) -> None:
    found = break_even(operations(), loan(level=level), threshold)
    assert found.price_fall is not None and found.opex_rise is not None and found.rate_rise is not None
    for case in (
        Case("price", price=-found.price_fall / 100),
        Case("opex", opex=found.opex_rise / 100),
        Case("rate", rate=found.rate_rise / 100),
    ):
        assert abs(run(case, operations(), loan(level=level)).minimum - threshold) < Decimal("1e-12")


def test_a_plan_below_its_threshold_has_no_room_left() -> None:
    found = break_even(operations(), loan(), Decimal(3))
    assert found.cfads_fall < 0 and found.price_fall is not None and found.price_fall < 0
    assert found.rate_rise is None


def plan(**changes: object) -> Plan:
    return build(replace(TERMS, **changes), CALENDAR)  # type: ignore[arg-type]


def test_old_and_new_stand_side_by_side() -> None:
    same = compare(plan(), plan(), TERMS.start)
    assert (same.interest, same.maturity_days, same.change, same.substantial) == (0, 0, 0, False)
    longer = compare(plan(), plan(instalments=12), TERMS.start)
    assert len(longer.rows) == 12 and longer.rows[-1].old is None and longer.rows[-1].difference > 0
    assert longer.interest > 0 and longer.maturity_days > 360 and not longer.substantial
    forgiven = compare(plan(), plan(rate=ZERO, instalments=20), TERMS.start)
    assert forgiven.substantial and forgiven.change < -10
    with pytest.raises(InvalidInput):
        compare(plan(), plan(), date(2030, 1, 1))


def test_lending_more_on_the_same_terms_is_no_new_loan() -> None:
    more = compare(plan(), plan(amount=Decimal(20_000_000)), TERMS.start)
    assert abs(more.change) < 1 and not more.substantial
    refinanced = compare(plan(), plan(start=date(2026, 4, 30), amount=Decimal(8_803_000)), date(2026, 4, 30))
    assert abs(refinanced.change) < 1 and not refinanced.substantial


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["annuity", "level_principal", "bullet", "balloon"]),
    st.sampled_from(["interest_only", "capitalised"]),
    st.integers(0, 3),
    st.integers(1, 12),
    st.decimals("0", "0.10", places=4),
    st.decimals("0", "0.05", places=4),
)
def test_whatever_the_case_the_lender_gets_its_money_back_with_interest(
    profile: str, grace: str, waiting: int, instalments: int, rate: Decimal, rise: Decimal
) -> None:
    terms = replace(
        TERMS, profile=profile, grace=grace, grace_periods=waiting, instalments=instalments, rate=rate,
        balloon=Decimal(1_000_000),
    )  # fmt: skip
    made = build(terms, CALENDAR)
    assert made.schedule.rows[-1].balance == 0
    assert list(made.dates) == sorted(set(made.dates))
    charged = factors(terms, made.dates)
    tested = Loan(made.schedule, charged, 4, profile == "annuity", capex=Decimal(10_000_000))
    result = run(Case("x", rate=rise, capex=Decimal("0.1")), operations(terms.periods), tested)
    dearer = [one + rise / 4 for one in charged]
    owed = present_value(result.service, dearer)
    assert abs(owed - Decimal(11_000_000)) < Decimal("0.20")


SOUND = Draft(
    Decimal("1.30"), Decimal(700), Decimal(1000), date(2026, 1, 1), date(2034, 1, 1), date(2036, 1, 1), Decimal(6)
)


def rules(draft: Draft) -> list[tuple[str, str]]:
    return [(one.rule, one.level) for one in findings(draft)]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"concession_end": date(2035, 12, 31)}, [("tail", "blocking")]),
        ({"concession_end": date(2033, 1, 1)}, [("beyond_concession", "blocking")]),
        ({"debt": Decimal(801)}, [("gearing", "blocking")]),
        ({"minimum_dscr": Decimal("0.99")}, [("min_dscr", "blocking")]),
        ({"minimum_dscr": Decimal("1.19")}, [("min_dscr", "warning")]),
        ({"start": date(2020, 1, 1)}, [("tenor", "warning")]),
        ({"dsra_months": None}, [("dsra", "warning")]),
        ({"debt_currency": "USD", "revenue_currency": "CNY"}, [("fx", "warning")]),
        ({"largest_offtaker": Decimal("0.6")}, [("concentration", "warning")]),
        ({"minimum_dscr": None}, [("min_dscr", "blocking")]),
        ({"capex": None}, [("gearing", "blocking")]),
        ({"concession_end": None}, [("tail", "blocking")]),
    ],
)
def test_each_rule_points_at_its_own_and_none_passes_for_want_of_data(
    changes: dict[str, object], found: list[tuple[str, str]]
) -> None:
    assert rules(replace(SOUND, **changes)) == found  # type: ignore[arg-type]


def test_an_empty_draft_blocks_in_both_languages() -> None:
    told = findings(Draft())
    assert {one.rule for one in told if one.level == "blocking"} == {"min_dscr", "gearing", "tail"}
    assert all(one.zh and one.en and one.zh != one.en for one in told)


def test_factors_of_a_plan_follow_its_day_count() -> None:
    dates = build(TERMS, CALENDAR).dates
    assert sum(factors(replace(TERMS, day_count="thirty_360_us"), dates), ZERO) < sum(factors(TERMS, dates), ZERO)
    assert sum(factors(replace(TERMS, rate=ZERO), dates), ZERO) == 0 < ONE
