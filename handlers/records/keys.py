"""Business keys: `CL-2026-0001` for clients, `PJ-2026-0001` for projects; sequential by year, never given
twice.

The counter's row is taken by one upsert, so that two units of work cannot draw the same number: on
PostgreSQL the second waits for the first's commit, on SQLite there is one writer anyway. A number whose unit
of work is rolled back is given again; gaps come only from numbers drawn and then not used.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.store import upsert
from handlers.records.tables import business_key_counter as counter

CLIENT: Final = "CL"
PROJECT: Final = "PJ"

DIGITS = 4
"""Digits shown at least; the ten-thousandth of a year simply has five."""


LONGEST_ID = 18
"""Digits of an id at most: no more fit a column of 64 bits for sure."""


def is_id(value: int | str) -> bool:
    """Whether a row's id is meant, as a number or as the text that processes carry; else it is a business key."""
    return not isinstance(value, str) or (value.isascii() and value.isdigit() and len(value) <= LONGEST_ID)


def next_key(session: Session, prefix: str, year: int) -> str:
    """The next business key of a prefix (`CL`, `PJ`…) in a calendar year of the business zone."""
    insert = upsert(session, counter).values(prefix=prefix, year=year, last=1)
    taken = insert.on_conflict_do_update(
        index_elements=[counter.c.prefix, counter.c.year], set_={"last": counter.c.last + 1}
    ).returning(counter.c.last)
    number: int = session.execute(taken).scalar_one()
    return f"{prefix}-{year}-{number:0{DIGITS}d}"


def drawn(session: Session, prefix: str, year: int) -> int:
    """How many keys of a prefix and year were given so far."""
    found = session.execute(
        sa.select(counter.c.last).where(counter.c.prefix == prefix, counter.c.year == year)
    ).scalar()
    return found or 0
