"""The database and the unit of work. Law: `transaction()` is the only place that commits.

SQLite runs in WAL mode with full durability; we say BEGIN IMMEDIATE ourselves, because the driver's own late BEGIN
breaks savepoints and lets two readers deadlock when both turn writers. PostgreSQL needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from engine.errors import DatabaseUnavailable, StorageFull

BUSY_TIMEOUT_MS = 15_000
"""How long a SQLite writer waits for the other one."""


def open_database(url: str, **options: Any) -> sa.Engine:
    """An engine for `sqlite:///file.db` or `postgresql://…`; the file's folder is made when it is missing."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        if address.database and address.database != ":memory:":
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        database = sa.create_engine(address, connect_args={"check_same_thread": False}, **options)
        event.listen(database, "connect", _prepare_sqlite)
        event.listen(database, "begin", _begin_immediate)
        return database
    if address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
    options.setdefault("pool_size", 20)
    options.setdefault("pool_pre_ping", True)
    return sa.create_engine(address, **options)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for line in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
        "PRAGMA temp_store=MEMORY",
        "PRAGMA cache_size=-65536",
    ):
        cursor.execute(line)
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("dealflow_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def transaction(database: sa.Engine, **info: Any) -> Iterator[Session]:
    """One unit of work: everything in it is committed at its end, or none of it. `info` goes to `session.info`.

    StorageFull and DatabaseUnavailable say that nothing was saved.
    """
    session = Session(database, expire_on_commit=False, autoflush=False, info=info)
    try:
        with _named_faults(), session:
            yield session
            session.commit()
    finally:
        session.close()
    for hook in session.info.get("after_commit", ()):
        hook()


@contextmanager
def reading(database: sa.Engine, **info: Any) -> Iterator[Session]:
    """A session that only reads: on SQLite it takes no write lock. Nothing in it is committed."""
    with _named_faults(), database.connect().execution_options(dealflow_reading=True) as connection:
        session = Session(connection, expire_on_commit=False, autoflush=False, info=info)
        try:
            yield session
        finally:
            session.close()


def after_commit(session: Session, hook: Any) -> None:
    """Call `hook()` once the unit of work has been committed: for hints and wake-ups, never for what must happen."""
    session.info.setdefault("after_commit", []).append(hook)


@contextmanager
def _named_faults() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig)
        if "full" in reason.lower() or "no space" in reason.lower():
            raise StorageFull(reason=reason) from error
        if isinstance(error, OperationalError) and (error.connection_invalidated or "connect" in reason):
            raise DatabaseUnavailable(reason=reason) from error
        raise


def upsert(session: Session, table: sa.Table) -> Any:
    """The dialect's INSERT that knows `on_conflict_do_nothing` / `on_conflict_do_update`."""
    from sqlalchemy.dialects import postgresql, sqlite

    name = session.get_bind().dialect.name
    return (postgresql.insert if name == "postgresql" else sqlite.insert)(table)
