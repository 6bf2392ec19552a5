"""Ratios of a statement, exact. Law: Decimal with 34 digits inside, ROUND_HALF_UP to four places at the output; what
cannot be computed for want of data is said, never assumed to be nought. A base that is nought or negative (a loss under
the line, equity that is used up) makes no ratio: it would pass every maximum.

Sources: definitions of the project's domain model §3.2 (CFADS, DSCR, ICR, leverage); Altman Z″ for non-manufacturers
and emerging markets: 6.56·X1 + 3.26·X2 + 6.72·X3 + 1.05·X4, grey between 1.10 and 2.60 (Altman 1995; the much-copied
cut-offs 1.23/2.9 belong to Z′).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext

INSIDE = Context(prec=34)
PLACES = Decimal("0.0001")

Figures = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio or subtotal: what it needs of the figures, and how it is made."""

    needs: tuple[str, ...]
    make: Callable[..., Decimal]


def _over(above: Decimal, below: Decimal) -> Decimal:
    """Nothing can be told over a base that is not above nought: −440 of debt per unit of a loss is no low leverage."""
    if below <= 0:
        raise ZeroDivisionError
    return above / below


def _altman(
    current_assets: Decimal,
    current_liabilities: Decimal,
    total_assets: Decimal,
    retained_earnings: Decimal,
    ebit: Decimal,
    equity: Decimal,
    total_liabilities: Decimal,
) -> Decimal:
    return (
        Decimal("6.56") * _over(current_assets - current_liabilities, total_assets)
        + Decimal("3.26") * _over(retained_earnings, total_assets)
        + Decimal("6.72") * _over(ebit, total_assets)
        + Decimal("1.05") * _over(equity, total_liabilities)
    )


DEFINITIONS: Mapping[str, Ratio] = {
    "ebit": Ratio(("ebitda", "da"), lambda ebitda, da: ebitda - da),
    "cfads": Ratio(
        ("ebitda", "tax", "working_capital_increase", "maintenance_capex"),
        lambda ebitda, tax, increase, capex: ebitda - tax - increase - capex,
    ),
    "debt_service": Ratio(("interest", "scheduled_principal"), lambda interest, principal: interest + principal),
    "dscr": Ratio(("cfads", "debt_service"), _over),
    "dscr_forward": Ratio(("forward_cfads", "forward_debt_service"), _over),
    "current": Ratio(("current_assets", "current_liabilities"), _over),
    "quick": Ratio(
        ("current_assets", "inventory", "current_liabilities"),
        lambda assets, inventory, liabilities: _over(assets - inventory, liabilities),
    ),
    "debt_equity": Ratio(("debt", "equity"), _over),
    "gearing": Ratio(("debt", "equity"), lambda debt, equity: _over(debt, debt + equity)),
    "liabilities_assets": Ratio(("total_liabilities", "total_assets"), _over),
    "net_debt_ebitda": Ratio(("debt", "cash", "ebitda"), lambda debt, cash, ebitda: _over(debt - cash, ebitda)),
    "icr_ebit": Ratio(("ebit", "interest"), _over),
    "icr_ebitda": Ratio(("ebitda", "interest"), _over),
    "net_margin": Ratio(("net_profit", "revenue"), _over),
    "altman_z2": Ratio(
        (
            "current_assets",
            "current_liabilities",
            "total_assets",
            "retained_earnings",
            "ebit",
            "equity",
            "total_liabilities",
        ),
        _altman,
    ),
}
"""Name -> ratio, in an order in which each follows what it needs."""


@dataclass(frozen=True, slots=True)
class Ratios:
    """`values` rounded to four places; `missing`: ratio -> the figures it lacks, or the one below the line that is
    not above nought."""

    values: Mapping[str, Decimal]
    missing: Mapping[str, tuple[str, ...]]


def compute(figures: Figures, wanted: Iterable[str] | None = None) -> Ratios:
    """The ratios asked for (all, when none are named). KeyError for an unknown name."""
    names = list(DEFINITIONS) if wanted is None else list(wanted)
    known: dict[str, Decimal] = dict(figures)
    lacking: dict[str, tuple[str, ...]] = {}
    for name, ratio in DEFINITIONS.items():
        if name in known:
            continue
        absent = tuple(need for need in ratio.needs if need not in known)
        if absent:
            lacking[name] = absent
            continue
        try:
            with localcontext(INSIDE):
                known[name] = ratio.make(*(known[need] for need in ratio.needs))
        except (ZeroDivisionError, InvalidOperation):
            lacking[name] = (ratio.needs[-1],)
    for name in names:
        if name not in DEFINITIONS:
            raise KeyError(name)
    return Ratios(
        {name: known[name].quantize(PLACES, ROUND_HALF_UP, INSIDE) + 0 for name in names if name in known},
        {name: lacking[name] for name in names if name in lacking},
    )
