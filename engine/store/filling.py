"""Filling a new database quickly. Law: nobody else works in it, and what is there afterwards is as durable as any.

While it is filled, commits do not wait for the disk: who builds a book that can be built again loses nothing by a
power cut but the time. At the end everything is brought to the disk, and the connections are ordinary ones again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event


@contextmanager
def filling(database: sa.Engine) -> Iterator[None]:
    """No commit waits for the disk inside; all of them are on it when this ends.

    SQLite: `PRAGMA synchronous` (sqlite.org/pragma.html); PostgreSQL: `synchronous_commit` (documentation, 20.5.1).
    """
    event.listen(database, "connect", _hasty)
    database.dispose()
    try:
        yield
    finally:
        event.remove(database, "connect", _hasty)
        database.dispose()
        _settle(database)


def _hasty(connection: Any, _record: object) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA synchronous=OFF")
        return
    connection.autocommit = True  # said outside a transaction that might be rolled back
    connection.execute("SET synchronous_commit TO off")
    connection.autocommit = False


def _settle(database: sa.Engine) -> None:
    """Bring to the disk what was committed: with the last connection SQLite put its log into the file; PostgreSQL
    writes its log up to a commit that waits."""
    if database.dialect.name == "postgresql":
        with database.begin() as connection:
            connection.execute(sa.text("SELECT pg_current_xact_id()"))
        return
    name = database.url.database
    for place in (Path(name), Path(name).parent) if name and name != ":memory:" else ():
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
