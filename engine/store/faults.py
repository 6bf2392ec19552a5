"""The database's own trouble by our names. Law: what is a statement's fault passes as it is.

SQLite tells its trouble by result codes, PostgreSQL by SQLSTATE, and a connection that is gone by neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine.errors import Contended, DatabaseUnavailable, OperatorError, StorageFull

_SQLITE_FAULTS = {
    "BUSY": Contended,
    "LOCKED": Contended,
    "FULL": StorageFull,
    "IOERR": DatabaseUnavailable,
    "CANTOPEN": DatabaseUnavailable,
    "READONLY": DatabaseUnavailable,
    "CORRUPT": DatabaseUnavailable,
    "NOTADB": DatabaseUnavailable,
}
"""By the second part of SQLite's result codes (sqlite.org/rescode.html)."""
_POSTGRES_FAULTS = {
    "40": Contended,
    "55P03": Contended,
    "53": StorageFull,
    "533": DatabaseUnavailable,
    "08": DatabaseUnavailable,
    "57P": DatabaseUnavailable,
}
"""By the beginning of SQLSTATE, the longest wins (PostgreSQL documentation, appendix A)."""


def fault_of(error: DBAPIError) -> OperatorError | None:
    """The database's own trouble behind an error, or None when the statement is at fault."""
    reason = str(error.orig).strip()
    code = str(getattr(error.orig, "sqlite_errorname", "")).removeprefix("SQLITE_")
    kind = _SQLITE_FAULTS.get(code.partition("_")[0])
    if kind is None:
        state = getattr(error.orig, "sqlstate", None) or ""
        found = [prefix for prefix in _POSTGRES_FAULTS if state.startswith(prefix)]
        kind = _POSTGRES_FAULTS[max(found, key=len)] if found else None
    if kind is None and (error.connection_invalidated or _no_connection(error)):
        kind = DatabaseUnavailable
    return kind(reason=reason) if kind is not None else None


def _no_connection(error: DBAPIError) -> bool:
    """psycopg gives no SQLSTATE when there is nobody at the other end."""
    return isinstance(error, sa.exc.OperationalError) and getattr(error.orig, "sqlstate", "") is None


def overtaken(error: BaseException) -> bool:
    """Whether the database refused what this unit had looked for and not found, because another wrote it in between.

    PostgreSQL's unique_violation and foreign_key_violation. SQLite writes one unit at a time: there it is a fault.
    """
    return isinstance(error, IntegrityError) and getattr(error.orig, "sqlstate", None) in ("23505", "23503")


@contextmanager
def named_faults() -> Iterator[None]:
    """The database's own trouble by our names; errors of statements pass as they are."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable(reason="all its connections are in use") from error
    except DBAPIError as error:
        fault = fault_of(error)
        if fault is None:
            raise
        raise fault from error
