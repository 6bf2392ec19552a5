"""A facility's plan: dated rows from its terms, by day count and business calendar.

Due dates lie whole months after the first day (a 31st that a month lacks is its last day), moved by the payment
convention; interest accrues between the moved dates, on actual balances. Every amount is rounded half up to cents and
the last instalment closes the plan at 0.00.
"""

from __future__ import annotations

import calendar as months_of
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Literal, get_args

from engine.process.businesstime import BusinessCalendar
from handlers.finance.coverage import Cover, debt_service_cover, life_cover
from handlers.finance.day_counts import CONVENTIONS, year_fraction
from handlers.finance.exact import CENT, ZERO, count, inside, not_negative, positive, refused, rounded, same_length
from handlers.finance.present_value import discounts
from handlers.finance.schedules import (
    Row,
    Schedule,
    after,
    annuity,
    balloon,
    bullet,
    capitalising,
    interest_only,
    level_principal,
    sculpted,
    sculpted_amount,
)

Profile = Literal["annuity", "level_principal", "sculpted", "bullet", "balloon"]
Grace = Literal["interest_only", "capitalised"]
Moved = Literal["unadjusted", "following", "modified_following"]
PERIOD_MONTHS = (1, 2, 3, 4, 6, 12)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is made of. `rate` a year as a fraction (0.06), amounts in units of the currency.

    `amount` may be left out of a sculpted plan with a target DSCR: then it is what CFADS carries.
    """

    amount: Decimal | None
    rate: Decimal
    start: date
    instalments: int
    profile: Profile = "annuity"
    months: int = 3
    grace_periods: int = 0
    grace: Grace = "interest_only"
    balloon: Decimal = ZERO
    day_count: str = "act_360"
    payment_dates: Moved = "modified_following"
    target_dscr: Decimal | None = None
    concession_end: date | None = None

    def __post_init__(self) -> None:
        if self.amount is not None:
            positive(self.amount, "amount")
        elif self.profile != "sculpted" or self.target_dscr is None:
            raise refused("amount", "is missing", "缺失")
        not_negative(self.rate, "rate")
        count(self.instalments, "instalments")
        count(self.grace_periods, "grace_periods", 0)
        _one_of(self.profile, get_args(Profile), "profile")
        _one_of(self.grace, get_args(Grace), "grace")
        _one_of(self.payment_dates, get_args(Moved), "payment_dates")
        _one_of(self.day_count, tuple(CONVENTIONS), "day_count")
        _one_of(self.months, PERIOD_MONTHS, "months")

    @property
    def periods(self) -> int:
        """Grace and repayment together."""
        return self.grace_periods + self.instalments


def _one_of(value: object, allowed: Sequence[object], place: str) -> None:
    if value not in allowed:
        listed = ", ".join(map(str, allowed))
        raise refused(place, f"one of {listed}, not {value}", f"须为 {listed} 之一：{value}")


@dataclass(frozen=True, slots=True)
class Plan:
    """A dated schedule. `dates` are the due dates of its rows; cover is there when CFADS was given."""

    terms: Terms
    schedule: Schedule
    dates: tuple[date, ...]
    cover: Cover | None
    llcr: Decimal | None

    @property
    def maturity(self) -> date:
        """The day of the last instalment."""
        return self.dates[-1]

    @property
    def average_life(self) -> Decimal:
        """In years, by periods; unrounded."""
        return self.schedule.average_life(1) * self.terms.months / 12


def months_later(day: date, count_: int) -> date:
    """The same day of a later (or earlier) month, or that month's last one. InvalidInput beyond the calendar."""
    year, month = divmod(day.year * 12 + day.month - 1 + count_, 12)
    month += 1
    if not date.min.year <= year <= date.max.year:
        raise refused("months", f"out of range: {count_}", f"超出范围：{count_}")
    return date(year, month, min(day.day, months_of.monthrange(year, month)[1]))


def moved(day: date, convention: Moved, calendar: BusinessCalendar) -> date:
    """A due date on a working day: the next one, unless that lies in another month (modified following)."""
    if convention == "unadjusted" or calendar.is_working(day):
        return day
    later = calendar.add_working_days(day, 0)
    if convention == "modified_following" and later.month != day.month:
        return calendar.add_working_days(day, -1)
    return later


def due_dates(terms: Terms, calendar: BusinessCalendar) -> tuple[date, ...]:
    """When each instalment falls due. InvalidInput when the last one would lie beyond the concession."""
    dates = tuple(
        moved(months_later(terms.start, at * terms.months), terms.payment_dates, calendar)
        for at in range(1, terms.periods + 1)
    )
    end = terms.concession_end
    if end is not None and dates[-1] > end:
        raise refused(
            "tenor",
            f"the last instalment on {dates[-1]} lies beyond the concession, which ends on {end}",
            f"最后一期 {dates[-1]} 晚于特许经营期届满日 {end}",
        )
    return dates


@inside
def factors(terms: Terms, dates: Sequence[date]) -> tuple[Decimal, ...]:
    """Interest per unit of balance in each period."""
    return tuple(terms.rate * year_fraction(a, b, terms.day_count) for a, b in pairwise((terms.start, *dates)))


@inside
def build(terms: Terms, calendar: BusinessCalendar, cfads: Sequence[Decimal] | None = None) -> Plan:
    """The plan of these terms. `cfads`: one number for every period, grace included; needed for a sculpted plan.

    InvalidInput: CFADS missing or of another length, a tenor beyond the concession, what schedules refuse. A sculpted
    plan whose cash does not pay its interest is built and told by `schedule.amortises`.
    """
    dates = due_dates(terms, calendar)
    charged = factors(terms, dates)
    if cfads is not None:
        same_length(cfads, dates, "cfads, periods", "CFADS 与还款计划")
    elif terms.profile == "sculpted":
        raise refused("cfads", "is missing, and a sculpted plan follows it", "缺失：按现金流定制的还款计划必须有 CFADS")
    graced, repaid = charged[: terms.grace_periods], charged[terms.grace_periods :]
    amount = terms.amount if terms.amount is not None else _carried(terms, graced, repaid, cfads or ())
    grace = _grace(terms, rounded(amount, CENT), graced)
    opening = grace[-1].balance if grace else rounded(amount, CENT)
    schedule = after(grace, _repayment(terms, opening, repaid, cfads))
    if cfads is None:
        return Plan(terms, schedule, dates, None, None)
    cover = debt_service_cover(cfads, schedule.payments)
    return Plan(terms, schedule, dates, cover, life_cover(cfads, charged, schedule.amount))


def _carried(terms: Terms, graced: Sequence[Decimal], repaid: Sequence[Decimal], cfads: Sequence[Decimal]) -> Decimal:
    """What CFADS carries at the target, before grace adds its interest."""
    target = terms.target_dscr if terms.target_dscr is not None else ZERO
    opening = sculpted_amount(cfads[len(graced) :], repaid, target)
    return opening * discounts(graced)[-1] if graced and terms.grace == "capitalised" else opening


def _grace(terms: Terms, amount: Decimal, graced: Sequence[Decimal]) -> tuple[Row, ...]:
    if not graced:
        return ()
    return (interest_only if terms.grace == "interest_only" else capitalising)(amount, graced)


def _repayment(terms: Terms, opening: Decimal, repaid: Sequence[Decimal], cfads: Sequence[Decimal] | None) -> Schedule:
    match terms.profile:
        case "annuity":
            return annuity(opening, repaid)
        case "level_principal":
            return level_principal(opening, repaid)
        case "bullet":
            return bullet(opening, repaid)
        case "balloon":
            return balloon(opening, repaid, terms.balloon)
    return sculpted((cfads or ())[terms.grace_periods :], repaid, amount=opening, place=CENT)
