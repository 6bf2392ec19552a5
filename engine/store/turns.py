"""Turns: one unit at a time, where what is looked for is not there yet, so that no row can be locked.

Law: who looks before writing takes the turn of what it looks at first, and has it until its unit ends. On PostgreSQL a
turn is an advisory lock of the transaction; SQLite has one writer, who is in their turn from the first word.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

_TURNS = 0x7475726E
"""First half of the advisory lock; the other is a hash of the subject: two that share one wait once too often."""


def take_turn(session: Session, subject: str) -> None:
    """Wait until nobody else has the turn of the subject, e.g. `people`; what is read from here on is as they left it.

    Taken before rows are locked, so that nobody who has it waits for somebody who wants it. A handler in a step has its
    case's rows by then: where two of them wait crosswise the database ends one (Contended), which is run again.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_TURNS, sa.func.hashtext(subject))))
