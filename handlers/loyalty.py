"""What a client is worth and says, by topic. Computed in finance/client_value; nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.registry import Context, handles
from handlers import inputs
from handlers.finance import client_value
from handlers.finance.exact import FOUR, INSIDE, ZERO, count, needed, refused, rounded

GAP_LIMIT = Decimal(-2)
"""A touchpoint whose experience lies this far below what was expected needs somebody."""


@handles("crm.clv", transactional=True)
def crm_clv(ctx: Context, margin: object, retention: object, discount: object, years: object = 5) -> Mapping[str, Any]:
    """A client's lifetime value.

    In: margin a year; retention and discount as fractions; years (5). Out: value over the years and perpetual (four
    places), reasons [text, text_en]. Errors: InvalidInput for missing figures, a retention outside 0…1. Pure.
    """
    earned, kept, cost = needed(margin, "margin"), needed(retention, "retention"), needed(discount, "discount")
    span = count(years, "years")
    value = rounded(client_value.lifetime_value(earned, kept, cost, span), FOUR)
    return {
        "value": value,
        "perpetual": rounded(client_value.perpetual_value(earned, kept, cost), FOUR),
        "reasons": [
            {
                "text": f"年贡献 {earned}，留存率 {kept}，折现率 {cost}，{span} 年",
                "text_en": f"margin {earned} a year, retention {kept}, discount {cost}, {span} years",
            }
        ],
    }


@handles("survey.score", transactional=True)
def survey_score(ctx: Context, answers: object) -> Mapping[str, Any]:
    """What a survey's answers amount to.

    In: answers [{nps 0–10, csat 1–5, touchpoint, expectation 1–5, experience 1–5}]; a question left out is not
    counted. Out: nps, csat in per cent (two places; null when nobody answered), answered, gaps {touchpoint: mean of
    experience − expectation}, low: touchpoints at −2 or below. Errors: InvalidInput for marks off the scale. Pure.
    """
    rows = inputs.rows(answers)
    marks = [mark for at, row in enumerate(rows, 1) if (mark := _mark(row, "nps", at, 0, 10)) is not None]
    stars = [mark for at, row in enumerate(rows, 1) if (mark := _mark(row, "csat", at, 1, 5)) is not None]
    gaps = _gaps(rows)
    high, low = sum(mark >= 9 for mark in marks), sum(mark <= 6 for mark in marks)
    happy = sum(star >= 4 for star in stars)
    return {
        "nps": rounded(client_value.promoter_score(high, len(marks) - high - low, low)) if marks else None,
        "csat": rounded(client_value.satisfied_share(happy, len(stars))) if stars else None,
        "answered": len(rows),
        "gaps": gaps,
        "low": [name for name, gap in gaps.items() if gap <= GAP_LIMIT],
    }


def _mark(row: Mapping[str, Any], name: str, at: int, least: int, most: int) -> int | None:
    found = inputs.whole(row.get(name), f"answers[{at}].{name}")
    if found is not None and not least <= found <= most:
        told = f"{least}–{most}: {found}"
        raise refused(f"answers[{at}].{name}", f"must lie between {told}", f"须介于 {told}")
    return found


def _gaps(rows: list[Mapping[str, Any]]) -> dict[str, Decimal]:
    found: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows, 1):
        expected, lived = (_mark(row, name, at, 1, 5) for name in ("expectation", "experience"))
        touchpoint = inputs.text(row.get("touchpoint"))
        if touchpoint is not None and expected is not None and lived is not None:
            found[touchpoint].append(lived - expected)
    return {name: rounded(INSIDE.divide(Decimal(sum(ones)), Decimal(len(ones)))) + ZERO for name, ones in found.items()}
