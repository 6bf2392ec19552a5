"""Rows that a unit takes as they were last read. Law: nothing is kept, and no fault is told, on what was not proved.

Which version of a process is the newest, how a team chooses: hardly ever changed, read by every step, and on PostgreSQL
a journey each. A unit that can be run again (`Runtime.unit`) goes on with what they said last time, and the statement
that brings its COMMIT looks whether they say so still. Where they do not, or where the unit fails before it has looked,
nothing of it is kept, and it is run again and reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.store import Prepared, take_for_granted

_MOST = 1_000
"""Rows that are remembered."""
_NEVER_READ: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Supposition:
    """A statement that reads one row, and those that tell whether it would read the same."""

    read: Prepared
    still: Prepared
    """Gives a row as long as what matters of the row that was read, its columns `matter`, is as it was."""
    matter: tuple[str, ...]
    absent: Prepared | None = None
    """Gives a row as long as there is none to read for the values of `read`; without it, absence is read."""


def row(session: Session, one: Supposition, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The row for these values, or None: as it was read before, to be proved; else read now."""
    runtime, key = runtime_of(session), (one, *values.values())
    known = runtime.supposed.get(key, _NEVER_READ) if session.info.get("supposes") else _NEVER_READ
    if known is not _NEVER_READ:  # asked once: another thread may forget it meanwhile
        if known is None:
            taken = one.absent is not None and take_for_granted(session, one.absent, values)
        else:
            taken = take_for_granted(session, one.still, {name: known[name] for name in one.matter})
        if taken:
            return known
    found = one.read.one(session, values)
    if runtime.supposes:
        if len(runtime.supposed) >= _MOST:
            runtime.supposed.clear()
        runtime.supposed[key] = found
    return found
