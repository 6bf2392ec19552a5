"""Covenants and security as processes ask for them. Law: computed in finance/; nothing is written here.

What is missing, and what is too old to count, is a business error of its own; neither is ever compliant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.finance import collateral, covenants
from handlers.finance.covenant_calendar import CovenantDate, generate_calendar
from handlers.finance.exact import FOUR, count, needed, refused, rounded
from handlers.finance.plan import months_later

VALUATION_MONTHS = 12
"""How long a valuation counts; a default that an institution replaces."""
AT_FACE = ("cash", "deposit")
"""Kinds of security that need no valuer."""


@handles("covenant.generate_calendar", transactional=True)
def covenant_generate_calendar(
    ctx: Context, covenants: object, start: object, end: object, facility: object = None
) -> Mapping[str, Any]:
    """Every test date of a facility's covenants, one for all that are tested together.

    In: covenants [{metric, frequency quarterly|half_yearly|yearly, due_days}]; start (the first day under the
    covenants) and end (final maturity); facility: its key (the process's business key).
    Out: test_dates [{key TD-<facility>-2026Q2, period, end, due (a working day), metrics []}] in order of their ends.
    Errors: InvalidInput for missing dates or an unknown frequency. Pure.
    """
    since, until = _day(start, "start"), _day(end, "end")
    prefix = f"TD-{inputs.text(facility) or ctx.business_key or ''}"
    rows = inputs.rows(covenants)
    together: dict[CovenantDate, list[str]] = {}
    for at, row in enumerate(rows, start=1):
        metric = inputs.text(row.get("metric"))
        if metric is None:
            raise refused(f"covenants[{at}].metric", "is missing", "缺少指标名称")
        frequency = inputs.text(row.get("frequency")) or "quarterly"
        for one in generate_calendar(frequency, since, until, ctx.calendar, _days(row)):
            together.setdefault(one, []).append(metric)
    dates = [
        {"key": f"{prefix}-{one.period}", "period": one.period, "end": one.end, "due": one.due, "metrics": metrics}
        for one, metrics in together.items()
    ]
    return {"test_dates": sorted(dates, key=lambda one: (one["end"], one["period"]))}


def _days(row: Mapping[str, Any]) -> int | None:
    given = row.get("due_days")
    return None if given is None else count(given, "due_days", 0, 366)


def _day(value: object, place: str) -> date:
    found = inputs.day(value, place)
    if found is None:
        raise refused(place, "is missing", "缺失")
    return found


@handles("covenant.test", transactional=True)
def covenant_test(ctx: Context, covenant: object, ratios: object = None) -> Mapping[str, Any]:
    """One covenant against the ratios of a test date.

    In: covenant {metric, direction min|max, default, lock_up, watch_pct}; ratios {metric: number}.
    Out: metric, value, status COMPLIANT|WATCH|LOCK_UP|DEFAULT, headroom_pct to the default level (two places).
    Errors: BpmnError DATA_MISSING (variables metric, status DATA_MISSING) when the ratio is not there; InvalidInput
    for thresholds that are missing or out of order. Pure.
    """
    row: Mapping[str, Any] = covenant if isinstance(covenant, Mapping) else {}
    metric = inputs.text(row.get("metric"))
    if metric is None:
        raise refused("covenant.metric", "is missing", "缺少指标名称")
    direction: Any = inputs.text(row.get("direction")) or "min"
    default, lock_up, watch = (needed(row.get(name), name) for name in ("default", "lock_up", "watch_pct"))
    levels = covenants.Thresholds(default, lock_up, watch, direction)
    known: Mapping[str, Any] = ratios if isinstance(ratios, Mapping) else {}
    value = inputs.number(known.get(metric), f"ratios.{metric}")
    if value is None:
        raise BpmnError("DATA_MISSING", f"{metric} is missing", {"metric": metric, "status": "DATA_MISSING"})
    return {
        "metric": metric,
        "value": value,
        "status": covenants.status(value, levels),
        "headroom_pct": rounded(covenants.headroom(value, levels.default, levels.direction)),
    }


@handles("collateral.cover", transactional=True)
def collateral_cover(
    ctx: Context,
    items: object,
    exposure: object,
    required_cover: object,
    haircuts: object = None,
    top_up_haircut: object = None,
    valuation_months: object = VALUATION_MONTHS,
) -> Mapping[str, Any]:
    """What the security covers, what it lacks, and what a top-up must be worth.

    In: items [{name, type, value, haircut (share), valued_at}]; haircuts {type: share} for items without their own;
    exposure; required_cover (1.10); top_up_haircut; valuation_months for which a valuation counts (12).
    Out: adjusted, shortfall, top_up (cents), cover, ltv (four places; null where it has no meaning), sufficient.
    Errors: BpmnError VALUATION_EXPIRED (variable expired: names) when a valuation is older than that or there is none
    (cash and deposits need none); InvalidInput for missing values or haircuts. Reads the date; otherwise pure.
    """
    rows = inputs.rows(items)
    oldest = months_later(inputs.today(ctx), -count(valuation_months, "valuation_months"))
    expired = [name for name, day in _valued(rows) if day is None or day < oldest]
    if expired:
        raise BpmnError("VALUATION_EXPIRED", ", ".join(expired), {"expired": expired})
    known: Mapping[str, Any] = haircuts if isinstance(haircuts, Mapping) else {}
    found = collateral.collateral_cover(
        [_item(row, known, at) for at, row in enumerate(rows, start=1)],
        needed(exposure, "exposure"),
        needed(required_cover, "required_cover"),
        inputs.number(top_up_haircut, "top_up_haircut"),
    )
    return {
        "adjusted": rounded(found.adjusted),
        "cover": _shown(found.cover, FOUR),
        "ltv": _shown(found.loan_to_value, FOUR),
        "shortfall": rounded(found.shortfall),
        "top_up": _shown(found.top_up),
        "sufficient": found.shortfall == 0,
    }


def _shown(value: Decimal | None, place: Decimal = Decimal("0.01")) -> Decimal | None:
    return None if value is None else rounded(value, place)


def _valued(rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, date | None]]:
    for at, row in enumerate(rows, start=1):
        if row.get("type") not in AT_FACE:
            yield inputs.text(row.get("name")) or f"items[{at}]", inputs.day(row.get("valued_at"), "valued_at")


def _item(row: Mapping[str, Any], haircuts: Mapping[str, Any], at: int) -> collateral.Item:
    own = row.get("haircut")
    return collateral.Item(
        inputs.text(row.get("name")) or "",
        needed(row.get("value"), f"items[{at}].value"),
        needed(haircuts.get(str(row.get("type"))) if own is None else own, f"items[{at}].haircut"),
    )
