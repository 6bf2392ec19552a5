"""Due dates in a month or a week, with the holidays of the business calendar."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import render_template, request

from engine import queries
from web.inbox.room import address, asked, pages, query_of, views
from web.rights import guarded
from web.scope import actor, runtime

OF_A_DAY = 4
"""Tasks of one day that a month shows; the day itself shows all."""


@pages.get("/inbox/calendar")
@guarded("inbox")
def calendar() -> Any:
    """The tasks of a list on their due days."""
    ask, zone = asked(), runtime().zone
    today = runtime().now().astimezone(zone).date()
    span = "week" if request.args.get("span") == "week" else "month"
    at = _day(request.args.get("at", ""), today)
    first, count = _weeks(at) if span == "month" else (at - timedelta(days=at.weekday()), 7)
    since = datetime.combine(first, time(), zone)
    with runtime().reading() as db:
        tasks = queries.due_between(db, actor(), ask, since, since + timedelta(days=count))
        days = queries.days(db, first, count)
    due: dict[date, list[Any]] = defaultdict(list)
    for task in tasks:
        if task.due_at is not None:
            due[task.due_at.astimezone(zone).date()].append(task)
    before, after = _beside(at, span)
    return render_template(
        "inbox/calendar.html",
        ask=ask,
        at=at,
        span=span,
        today=today,
        weeks=[days[n : n + 7] for n in range(0, count, 7)],
        due=due,
        before=before,
        after=after,
        most=OF_A_DAY if span == "month" else 1000,
        query=query_of(ask),
        views=[one for one in views() if one[0] not in ("overdue", "done")],
        address=address,
    )


def _day(text: str, else_: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return else_
    return found if 2000 <= found.year <= 2199 else else_


def _weeks(at: date) -> tuple[date, int]:
    """(the Monday on or before the month's first day, days up to the Sunday on or after its last)."""
    first, following = at.replace(day=1), (at.replace(day=1) + timedelta(days=32)).replace(day=1)
    monday, last = first - timedelta(days=first.weekday()), following - timedelta(days=1)
    return monday, (last - monday).days + 7 - last.weekday()


def _beside(at: date, span: str) -> tuple[date, date]:
    """A day of the month or the week before and after."""
    if span == "week":
        return at - timedelta(days=7), at + timedelta(days=7)
    first = at.replace(day=1)
    return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=32)).replace(day=1)
