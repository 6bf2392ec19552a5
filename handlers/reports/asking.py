"""What a report of figures is asked for, and how its cells are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.queries import figures

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for: days (both included), a process, a team; empty: all."""

    since: date
    until: date
    process: str = ""
    team: str = ""


def days_of(asked: Asked, **more: str) -> dict[str, str]:
    """The days asked for, as the list of cases is asked (`web.operations.filters`), with what else is said."""
    return {**more, "since": asked.since.isoformat(), "until": asked.until.isoformat()}


def month_of(asked: Asked, month: date) -> Asked:
    """Of the days asked for, those of one month, given by its first day."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return replace(asked, since=max(asked.since, month), until=min(asked.until, following - timedelta(days=1)))


def share(part: int, whole: int) -> Decimal | None:
    """A share in per cent; None of nothing."""
    found = figures.share(part, whole)
    return None if found is None else found * 100


def hours(span: timedelta | None) -> Decimal | None:
    """Hours to two places."""
    if span is None:
        return None
    return (Decimal(span // timedelta(milliseconds=1)) / 3_600_000).quantize(Decimal("0.01"), ROUND_HALF_UP)


def both(zh: str, en: str) -> Mapping[str, str]:
    """A text in both languages as a cell."""
    return {"text": zh, "text_en": en or zh}


def within(session: Session, asked: Asked, column: Any) -> list[Any]:
    """The days asked for, for a column of moments."""
    zone = runtime_of(session).zone
    begin, end = (datetime.combine(day, time(), zone) for day in (asked.since, asked.until + timedelta(days=1)))
    return [column >= begin, column < end]


TOTAL = both("合计", "Total")
"""The name of the row that holds all the others; it says `total` as well, so that no picture draws it beside them."""
