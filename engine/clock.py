"""The one place that reads the wall clock. Law: everything above asks a Clock; nothing calls datetime.now itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Gives the present as an aware UTC moment."""


def system_clock(offset: timedelta = timedelta()) -> Clock:
    """The machine's clock, moved by `offset` (demonstrations only)."""

    def now() -> datetime:
        return datetime.now(UTC) + offset

    return now
