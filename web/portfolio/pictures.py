"""Plans as charts. Law: names and figures only; how they look is `chart.js`'s."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _

from handlers.finance.exact import ZERO, rounded
from handlers.workbench import Bench, Comparison
from web.charts import Chart, Mark, Series
from web.portfolio.words import CASES, RULES, coded

LOWEST = Decimal(1)
"""Below this DSCR cash does not pay what falls due."""


def _ratio(value: Decimal | None) -> Decimal | None:
    return None if value is None else rounded(value, Decimal("0.0001"))


def cover(bench: Bench) -> Chart:
    """Cash against debt service, and the DSCR against its target."""
    marks = [Mark(LOWEST, "1.00", "danger")]
    if bench.target is not None:
        marks.append(Mark(bench.target, _("target %(level)s", level=bench.target), "success"))
    dscr = [_ratio(one.dscr) for one in bench.spans]
    return Chart(
        "line",
        _("DSCR by period"),
        [one.end for one in bench.spans],
        (Series(_("DSCR"), dscr, colour="1"),),
        form="ratio",
        least=0,
        marks=marks,
    )


def cash(bench: Bench) -> Chart:
    """What comes in and what falls due."""
    return Chart(
        "bar",
        _("Cash and debt service"),
        [one.end for one in bench.spans],
        (
            Series(_("Cash available for debt service"), [rounded(one.cfads) for one in bench.spans], colour="1"),
            Series(_("Debt service"), [one.service for one in bench.spans], colour="2"),
        ),
    )


def service(bench: Bench) -> Chart:
    """Interest and principal by due date, the balance after it, and what the reserve holds."""
    days = sorted({line.due for line in bench.lines})

    def summed(name: str) -> list[Decimal]:
        return [sum((getattr(one, name) or ZERO for one in bench.lines if one.due == day), ZERO) for day in days]

    rows = [
        Series(_("Interest"), summed("interest"), stack="due", colour="2"),
        Series(_("Principal"), summed("principal"), stack="due", colour="1"),
        Series(_("Balance"), [amount for _day, amount in bench.balances], kind="line", axis=2, colour="3"),
    ]
    if any(one.reserve is not None for one in bench.lines):
        rows.append(Series(_("Reserve (DSRA)"), summed("reserve"), kind="line", axis=2, colour="5", dashed=True))
    return Chart("bar", _("Debt service and balance"), days, rows, form2="amount")


def stressed(bench: Bench) -> Chart:
    """The lowest DSCR of every case."""
    names = [str(one["name"]) for one in bench.stress]
    values = [one["min_dscr"] for one in bench.stress]
    colours = ["danger" if one < LOWEST else None for one in values]
    return Chart(
        "bar",
        _("Lowest DSCR under stress"),
        [coded(one, CASES) for one in names],
        (Series(_("Lowest DSCR"), values, colour="1", colours=colours),),
        form="ratio",
        marks=(Mark(LOWEST, "1.00"),),
        horizontal=True,
    )


def capacity(bench: Bench) -> Chart | None:
    """The debt that each rule allows, against what the plan asks."""
    if bench.capacity is None:
        return None
    caps = bench.capacity.caps
    colours = ["warning" if rule == bench.capacity.binding else None for rule in caps]
    return Chart(
        "bar",
        _("How much debt the rules allow"),
        [coded(rule, RULES) for rule in caps],
        (Series(_("Allowed"), [rounded(cap) for cap in caps.values()], colour="1", colours=colours),),
        marks=(Mark(bench.debt, _("this plan")),),
        horizontal=True,
        height="low",
    )


def construction(bench: Bench) -> Chart | None:
    """Draws, equity, interest and fees while it is built."""
    if bench.construction is None:
        return None
    periods = bench.construction.periods
    return Chart(
        "bar",
        _("Construction: who pays, and what is owed"),
        [_("Half-year %(number)s", number=at) for at in range(1, len(periods) + 1)],
        (
            Series(_("Drawn"), [rounded(one.debt) for one in periods], stack="paid", colour="1"),
            Series(_("Equity paid in"), [rounded(one.equity) for one in periods], stack="paid", colour="4"),
            Series(_("Interest"), [rounded(one.interest) for one in periods], colour="2"),
            Series(_("Fees"), [rounded(one.fees) for one in periods], colour="7"),
            Series(_("Balance"), [rounded(one.balance) for one in periods], kind="line", axis=2, colour="3"),
        ),
        form2="amount",
    )


def beside(found: Comparison, old: int, new: int) -> Chart:
    """Payments of two versions by day."""
    return Chart(
        "line",
        _("Payments of both versions"),
        [one.due for one in found.rows],
        (
            Series(_("Version %(number)s", number=old), [one.old for one in found.rows], colour="8", dashed=True),
            Series(_("Version %(number)s", number=new), [one.new for one in found.rows], colour="1"),
        ),
    )
