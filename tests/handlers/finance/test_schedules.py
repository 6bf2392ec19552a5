"""Schedules close at nought, their sums agree, and sculpting keeps the ratio."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from handlers.finance.coverage import debt_service_cover, life_cover
from handlers.finance.exact import ZERO, rounded
from handlers.finance.present_value import flat, present_value
from handlers.finance.schedules import (
    Schedule,
    after,
    annuity,
    balloon,
    bullet,
    capitalising,
    interest_only,
    level_payment,
    level_principal,
    sculpted,
    sculpted_amount,
)
from tests.handlers.finance.money import AMOUNTS, CFADS, PERIODS, RATES, many

FEW = settings(max_examples=40, deadline=None)
NEAR = Decimal("1e-20")


def closes(made: Schedule, amount: Decimal, periods: int) -> None:
    assert len(made.rows) == periods
    assert made.rows[-1].balance == 0
    assert sum((row.principal for row in made.rows), ZERO) == amount
    assert sum(made.payments, ZERO) == amount + made.total_interest
    opening = amount
    for row in made.rows:
        assert (row.opening, row.payment) == (opening, row.interest + row.principal)
        assert row.balance == row.opening - row.principal >= 0
        assert row.principal >= 0
        opening = row.balance


@FEW
@given(AMOUNTS, RATES, PERIODS)
def test_every_profile_closes_at_nought_to_the_cent(amount: Decimal, rate: Decimal, periods: int) -> None:
    factors = flat(rate, periods)
    for profile in (annuity, level_principal, bullet):
        closes(profile(amount, factors), amount, periods)
    closes(balloon(amount, factors, rounded(amount / 3)), amount, periods)


@FEW
@given(AMOUNTS, st.lists(st.decimals("0.02", "0.03", places=6), min_size=1, max_size=40))
def test_rates_that_change_from_period_to_period_close_too(amount: Decimal, factors: list[Decimal]) -> None:
    made = annuity(amount, factors)
    closes(made, amount, len(factors))
    exact = annuity(amount, factors, None)
    assert abs(present_value(exact.payments, factors) - amount) < NEAR * amount
    assert max(exact.payments) - min(exact.payments) < NEAR * amount


@FEW
@given(CFADS, RATES, st.decimals("1", "2.5", places=2))
def test_sculpted_debt_has_one_ratio_in_every_period_and_it_is_the_llcr(
    cfads: list[Decimal], rate: Decimal, target: Decimal
) -> None:
    factors = flat(rate, len(cfads))
    made = sculpted(cfads, factors, target)
    assert made.rows[-1].balance == 0
    for ratio in debt_service_cover(cfads, made.payments).dscr:
        assert ratio is not None and abs(ratio - target) < NEAR
    assert abs(life_cover(cfads, factors, made.amount) - target) < NEAR
    to_the_cent = sculpted(cfads, factors, amount=rounded(made.amount), place=Decimal("0.01"))
    assert to_the_cent.rows[-1].balance == 0


@FEW
@given(CFADS, RATES)
def test_sculpted_debt_falls_with_the_target_and_the_rate(cfads: list[Decimal], rate: Decimal) -> None:
    factors, dearer = flat(rate, len(cfads)), flat(rate + Decimal("0.01"), len(cfads))
    loose = sculpted_amount(cfads, factors, Decimal("1.2"))
    assert sculpted_amount(cfads, factors, Decimal("1.4")) < loose
    assert sculpted_amount(cfads, dearer, Decimal("1.2")) < loose


def test_the_last_instalment_takes_what_rounding_left() -> None:
    assert annuity(Decimal(1000), flat(Decimal("0.06"), 5)).payments == many(
        "237.40", "237.40", "237.40", "237.40", "237.38"
    )
    assert level_principal(Decimal(1000), flat(ZERO, 3)).payments == many("333.33", "333.33", "333.34")


def test_one_period_pays_all_at_once() -> None:
    for profile in (annuity, level_principal, bullet):
        assert profile(Decimal(1000), flat(Decimal("0.06"), 1)).payments == (Decimal(1060),)


def test_without_interest_the_level_payment_is_a_part_of_the_whole() -> None:
    assert level_payment(Decimal(1200), flat(ZERO, 12)) == 100


def test_more_periods_than_cents_never_overpay() -> None:
    made = level_principal(Decimal("0.10"), flat(ZERO, 15))
    closes(made, Decimal("0.10"), 15)
    assert made.payments[-1] == 0


def test_a_balloon_is_what_stands_before_the_last_instalments_part() -> None:
    made = balloon(Decimal(1000), flat(Decimal("0.06"), 5), Decimal(400))
    assert made.payments[:4] == many("166.44", "166.44", "166.44", "166.44")
    assert made.payments[4] == Decimal("566.42")
    assert bullet(Decimal(1000), flat(Decimal("0.06"), 3)).payments == many(60, 60, 1060)


def test_grace_of_both_kinds_goes_before_the_repayment() -> None:
    factors = flat(Decimal("0.06"), 2)
    paid = after(interest_only(Decimal(1000), factors), annuity(Decimal(1000), flat(Decimal("0.06"), 5)))
    assert paid.payments[:3] == many("60.00", "60.00", "237.40")
    grace = capitalising(Decimal(1000), factors)
    grown = after(grace, annuity(grace[-1].balance, flat(Decimal("0.06"), 5)))
    assert [row.period for row in grown.rows] == list(range(1, 8))
    assert (grown.rows[1].balance, grown.payments[:3]) == (Decimal("1123.60"), many(0, 0, "266.74"))
    assert grown.amortises and grown.rows[-1].balance == 0


def test_service_below_interest_is_told_as_not_amortising() -> None:
    made = sculpted(many(10, 500), flat(Decimal("0.10"), 2), amount=Decimal(400))
    assert made.rows[0].principal < 0
    assert not made.amortises
    assert made.rows[-1].balance == 0


@pytest.mark.parametrize(
    ("cfads", "place"),
    [(many(300, -1), r"cfads\[2\]"), (many(0, 0), "principal"), (many(300), "cfads, periods")],
)
def test_cash_that_carries_nothing_is_refused(cfads: tuple[Decimal, ...], place: str) -> None:
    with pytest.raises(InvalidInput, match=place):
        sculpted(cfads, flat(Decimal("0.06"), 2), Decimal("1.3"))


@pytest.mark.parametrize(
    ("amount", "rate", "periods"), [(0, "0.06", 5), (-1, "0.06", 5), (1, "-0.01", 5), (1, "0.06", 0)]
)
def test_terms_that_cannot_be_are_refused_in_both_languages(amount: int, rate: str, periods: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        annuity(Decimal(amount), flat(Decimal(rate), periods))
    assert caught.value.text("en") != caught.value.text("zh")
