"""Lengths of time in one short piece, for diagrams and tables; and days that an address asks for."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from flask import request
from flask_babel import gettext as _

from web.operations.filters import day
from web.scope import runtime


def short(span: timedelta | None) -> str:
    """`3.2 d`, `5 h`, `12 min`, `8 s`; nothing of what never was."""
    if span is None:
        return "—"
    seconds = span.total_seconds()
    if seconds >= 86_400:
        return _("%(number)s d", number=_trimmed(seconds / 86_400))
    if seconds >= 3_600:
        return _("%(number)s h", number=_trimmed(seconds / 3_600))
    if seconds >= 60:
        return _("%(number)s min", number=_trimmed(seconds / 60))
    return _("%(number)s s", number=_trimmed(seconds))


def seconds(number: float) -> str:
    """A number of seconds, as `short` writes lengths."""
    return short(timedelta(seconds=number))


def _trimmed(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")


def percent(share: Decimal | None) -> str:
    """`62.5%`; nothing of nothing."""
    return "—" if share is None else f"{share:.1%}"


PERIODS = (30, 90, 365)


def period() -> tuple[date | None, date | None, str]:
    """The days that the address asks for (`since`, `until`, else `days` back from today; `all` for ever), and `days`
    as it was said."""
    since, until = day(request.args.get("since")), day(request.args.get("until"))
    if since or until:
        return since, until, ""
    said = request.args.get("days", "90")
    if not said.isdecimal():
        return None, None, "all"
    today = runtime().now().astimezone(runtime().zone).date()
    return today - timedelta(days=min(int(said), 36_500)), None, said


def period_words(days: str) -> str:
    """A period in words."""
    if days == "all":
        return _("since the beginning")
    return _("last %(number)s days", number=days)
