"""Cover, sizing, construction interest, reserves, fees."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from handlers.finance.construction import capitalised, funded
from handlers.finance.coverage import debt_service_cover
from handlers.finance.exact import ZERO, rounded
from handlers.finance.fees import Drawn, all_in_rate, commitment_fee, upfront
from handlers.finance.present_value import flat
from handlers.finance.reserves import reserve_shortfall, reserve_target
from handlers.finance.schedules import annuity
from handlers.finance.sizing import debt_capacity
from tests.handlers.finance.money import CFADS, many

FEW = settings(max_examples=40, deadline=None)
FLOWS = many(300, 320, 340, 330, 310)
SIX_PERCENT = flat(Decimal("0.06"), 5)


def test_a_period_without_debt_service_has_no_ratio_and_lowers_none() -> None:
    cover = debt_service_cover(many(50, 130, 120), many(0, 100, 100))
    assert (cover.dscr, cover.minimum, cover.average) == (
        (None, Decimal("1.3"), Decimal("1.2")),
        Decimal("1.2"),
        Decimal("1.25"),
    )


def test_missing_cash_flow_is_refused_not_taken_for_nought() -> None:
    with pytest.raises(InvalidInput, match="as many entries"):
        debt_service_cover(many(130), many(100, 100))
    with pytest.raises(InvalidInput, match="no period has any"):
        debt_service_cover(many(130), many(0))


@pytest.mark.parametrize(
    ("gearing", "target", "floor", "binding"),
    [("0.70", "1.30", None, "gearing"), ("0.80", "1.30", None, "dscr"), ("0.80", "1.30", "1.60", "llcr")],
)
def test_the_smallest_cap_binds(gearing: str, target: str, floor: str | None, binding: str) -> None:
    found = debt_capacity(
        FLOWS,
        SIX_PERCENT,
        capex=Decimal(1400),
        max_gearing=Decimal(gearing),
        target_dscr=Decimal(target),
        llcr_floor=Decimal(floor) if floor else None,
    )
    assert (found.binding, found.debt) == (binding, min(found.caps.values()))


@FEW
@given(CFADS, st.decimals("1", "2", places=2), st.decimals("0.01", "1", places=2), st.integers(0, 39))
def test_debt_grows_with_cash_and_falls_with_the_target(
    cfads: list[Decimal], target: Decimal, more: Decimal, at: int
) -> None:
    factors = flat(Decimal("0.05"), len(cfads))
    debt = debt_capacity(cfads, factors, target_dscr=target).debt
    richer = [flow + more if place == at % len(cfads) else flow for place, flow in enumerate(cfads)]
    assert debt_capacity(richer, factors, target_dscr=target).debt > debt
    assert debt_capacity(cfads, factors, target_dscr=target + more).debt < debt


@pytest.mark.parametrize(
    "rules",
    [{}, {"capex": Decimal(1)}, {"capex": Decimal(1), "max_gearing": Decimal("1.2")}, {"target_dscr": ZERO}],
)
def test_sizing_without_a_usable_rule_is_refused(rules: dict[str, Decimal]) -> None:
    with pytest.raises(InvalidInput):
        debt_capacity(FLOWS, SIX_PERCENT, **rules)


def test_interest_during_construction_joins_the_balance() -> None:
    made = capitalised(many(200, 300, 100), Decimal("0.03"), Decimal(600), Decimal("0.005"), 2)
    assert made.interest == (Decimal("6.00"), Decimal("15.18"), Decimal("18.6354"))
    with pytest.raises(InvalidInput, match="beyond the commitment"):
        capitalised(many(200, 401), Decimal("0.03"), Decimal(600), ZERO, 2)


@FEW
@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=12).map(lambda ones: many(*ones)),
    st.decimals("0.1", "0.9", places=2),
    st.decimals("0", "0.05", places=4),
)
def test_the_circle_of_debt_fees_and_interest_is_solved_exactly(
    costs: tuple[Decimal, ...], gearing: Decimal, rate: Decimal
) -> None:
    made = funded(
        costs, gearing, rate, commitment_fee=Decimal("0.005"), upfront_fee=Decimal("0.01"), periods_per_year=2
    )
    assert made.residual == 0
    assert made.debt + made.equity == made.uses == sum(map(Fraction, costs)) + made.interest + made.fees
    assert made.debt == Fraction(gearing) * made.uses
    balance = Fraction(0)
    for at, one in enumerate(made.periods):
        undrawn = (made.debt - balance) * Fraction(5, 2000) + (made.debt / 100 if at == 0 else 0)
        assert one.fees == undrawn
        assert one.interest == (balance + Fraction(gearing) * (one.cost + one.fees)) * Fraction(rate)
        balance += one.debt
        assert one.balance == balance


def test_fees_that_feed_themselves_are_refused() -> None:
    with pytest.raises(InvalidInput, match="feed themselves"):
        funded(many(100), Decimal(1), ZERO, upfront_fee=Decimal(1))


def test_the_reserve_holds_the_next_service() -> None:
    service = many("41.2", "40.1", "39")
    assert reserve_target(service, Decimal(1)) == Decimal("41.2")
    assert reserve_target(service, Decimal("1.5")) == Decimal("61.25")
    assert reserve_target(service, Decimal(9)) == Decimal("120.3")
    assert reserve_shortfall(Decimal("41.2"), Decimal(35)) == Decimal("6.2")
    assert reserve_shortfall(Decimal("41.2"), Decimal(50)) == 0


def test_the_commitment_fee_follows_the_days_of_the_draws() -> None:
    draws = [Drawn(date(2025, 2, 1), Decimal(400)), Drawn(date(2024, 12, 1), Decimal(100))]
    fee = commitment_fee(Decimal(1000), Decimal("0.005"), draws, date(2025, 1, 1), date(2025, 4, 1), "act_360")
    assert fee == rounded((900 * Decimal(31) + 600 * Decimal(59)) * Decimal("0.005") / 360)
    with pytest.raises(InvalidInput, match="beyond the commitment"):
        commitment_fee(Decimal(300), ZERO, draws, date(2025, 1, 1), date(2025, 4, 1), "act_360")
    assert upfront(Decimal("333.33"), Decimal("0.015")) == Decimal("5.00")


def test_fees_make_the_rate_dearer() -> None:
    made = annuity(Decimal(1000), SIX_PERCENT, None)
    assert abs(all_in_rate(made) - Decimal("0.06")) < Decimal("1e-12")
    assert all_in_rate(made, Decimal(10)) > Decimal("0.063")
