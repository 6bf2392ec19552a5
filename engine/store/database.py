"""The database and the unit of work. Law: `transaction()` is the only place that commits.

SQLite runs in WAL mode with full durability; we say BEGIN IMMEDIATE ourselves, because the driver's own late BEGIN
breaks savepoints and lets two readers deadlock when both turn writers. PostgreSQL needs none of it.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from engine.crashpoints import reached
from engine.errors import DealflowError, FaultIgnored, SavedUnknown, StorageFull, UnitBroken
from engine.log import logger
from engine.store.faults import named_faults
from engine.store.line import before_said, forget_waiting, own, send_last, send_waiting, told_by

log = logger("store")

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
        event.listen(database, "before_cursor_execute", _refuse_without_transaction, retval=True)
        event.listen(database, "before_cursor_execute", before_said, retval=True)
        event.listen(database, "rollback_savepoint", forget_waiting)
        event.listen(database, "commit", _ended)
        event.listen(database, "rollback", _ended)
        event.listen(database, "engine_disposed", _end_rest)
        return database
    if address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
    options.setdefault("pool_size", 20)
    database = sa.create_engine(address, **options)
    _leave_out_when_idle(database.dialect)
    event.listen(database, "before_cursor_execute", before_said, retval=True)
    event.listen(database, "commit", send_waiting)
    event.listen(database, "rollback", forget_waiting)
    event.listen(database, "rollback_savepoint", forget_waiting)
    event.listen(database, "engine_disposed", _end_rest)
    event.listen(database, "checkin", _rests)
    event.listen(database, "checkout", partial(_ask_when_rested, database))
    return database


def _leave_out_when_idle(dialect: Any) -> None:
    """The COMMIT has mostly come with a unit's last statement (`engine.store.prepared`): to end what is over, and to
    roll it back for the pool, need not go through the driver."""
    for verb in ("do_commit", "do_rollback"):
        setattr(dialect, verb, partial(_when_open, getattr(dialect, verb)))


def _when_open(end: Callable[[Any], None], driver: Any) -> None:
    if driver.pgconn.transaction_status != IDLE:
        end(driver)


IDLE, INERROR = 0, 3
"""PQTRANS_IDLE and PQTRANS_INERROR of libpq; with SQLite nobody needs the driver, which has them by name."""


RESTED = 10.0
"""Seconds after which a connection is asked whether it is still there. One that was just used is not, for that would
be a round trip a unit of work: but a server that has gone leaves its farewell in the socket, and that is looked at."""


def _rests(_driver: object, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _something_to_read(socket: int) -> bool:
    looker = select.poll()
    looker.register(socket, select.POLLIN)
    return bool(looker.poll(0))


def _ask_when_rested(database: sa.Engine, driver: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    _ask(database, driver, record.info.get("rests_since", time.monotonic()))


def _ask(database: sa.Engine, driver: Any, since: float) -> None:
    try:
        if time.monotonic() - since < RESTED and not _something_to_read(driver.fileno()):
            return
        database.dialect.do_ping(driver)
    except database.dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error  # the pool takes this one away and tries another


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
    if connection.info.get("reading", False) is not reading:
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        connection.info["reading"] = reading
    text = "BEGIN" if reading else "BEGIN IMMEDIATE"
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.execute(text)
    except connection.dialect.loaded_dbapi.Error as error:
        raise told_by(connection, driver, error, text) from error
    connection.info["begun"] = True


@own
def _refuse_without_transaction(
    connection: sa.Connection, _cursor: object, said: str, parameters: Any, _context: object, _many: bool
) -> tuple[str, Any]:
    """SQLite ends a transaction by itself when the disk is full: what came behind would be committed piece by piece."""
    driver: Any = connection.connection.dbapi_connection
    if connection.info.get("begun") and not driver.in_transaction:
        raise StorageFull(reason="the database ended the transaction by itself")
    return said, parameters


def _ended(connection: sa.Connection) -> None:
    connection.info["begun"] = False


class UnitSession(Session):
    """The session of a unit of work: whoever is handed it may write, and may not end it.

    Its connection is had when something is first said, and its transaction is begun and ended here: what a session
    does around each costs more than a step (docs/decisions/0016-prepared-statements.md).
    """

    def __init__(self, database: sa.Engine, info: dict[str, Any]) -> None:
        super().__init__(expire_on_commit=False, autoflush=False, join_transaction_mode="rollback_only", info=info)
        self.database = database
        self.mine: sa.Connection | None = None
        self.over = False

    def get_bind(self, *_asked: Any, **_named: Any) -> sa.Connection:
        """The unit's connection, in its transaction."""
        if self.mine is None:
            if self.over:
                self._refuse("execute")
            connection = _connected(self.database)
            try:
                connection.begin()
            except BaseException:
                connection.close()
                raise
            self.mine = connection
        return self.mine

    def connection(self, *asked: Any, **named: Any) -> sa.Connection:
        """The unit's connection; a savepoint that was asked for is there by then."""
        return super().connection(*asked, **named) if self.in_nested_transaction() else self.get_bind()

    def _refuse(self, verb: str) -> NoReturn:
        raise UnitBroken(verb=verb)

    def commit(self) -> None:
        """Refused: `transaction()` commits."""
        self._refuse("commit")

    def rollback(self) -> None:
        """Refused: raise, and `transaction()` rolls back."""
        self._refuse("rollback")

    def keep(self) -> None:
        """Commit; for `transaction()` alone."""
        if self.in_transaction():
            Session.commit(self)  # what it was in of ours; ours goes on
        whole = partial(_before_commit, self)
        if self.mine is None:
            whole()
            return
        try:
            send_last(self.mine, whole)
            ours = self.mine.get_transaction()
            if ours is not None:
                ours.commit()
        except DBAPIError as error:
            if error.connection_invalidated:
                raise SavedUnknown(reason=str(error.orig).strip()) from error
            raise
        mine, self.mine = self.mine, None
        _let_rest(self.database, mine)

    def leave(self) -> None:
        """The end, for `transaction()` alone; what was not kept is undone."""
        self.over = True
        try:
            if self.in_transaction():
                self.close()
        finally:
            mine, self.mine = self.mine, None
            if mine is not None:
                mine.close()


_RESTING = "store.resting"


def _connected(database: sa.Engine) -> sa.Connection:
    """A connection for a unit: the one that the last unit left, when it is free and there still; else the pool's."""
    resting: list[tuple[sa.Connection, float]] = vars(database).setdefault(_RESTING, [])
    try:
        connection, since = resting.pop()
    except IndexError:
        return database.connect()
    driver: Any = connection.connection.dbapi_connection
    try:
        if database.dialect.name == "postgresql":
            _ask(database, driver, since)
    except DisconnectionError:
        connection.invalidate()
        connection.close()
        return database.connect()
    return connection


def _let_rest(database: sa.Engine, connection: sa.Connection) -> None:
    """One connection is kept at hand for the next unit, past the pool: to bring it back and have it handed out anew
    costs a tenth of a step."""
    resting: list[tuple[sa.Connection, float]] = vars(database).setdefault(_RESTING, [])
    if resting or connection.invalidated or not isinstance(database.pool, sa.QueuePool):
        connection.close()
        return
    resting.append((connection, time.monotonic()))


def _end_rest(database: sa.Engine) -> None:
    for connection, _ in vars(database).pop(_RESTING, ()):
        connection.invalidate()  # the pool that it came from is gone
        connection.close()


@contextmanager
def transaction(database: sa.Engine, **info: Any) -> Iterator[Session]:
    """One unit of work: everything in it is committed at its end, or none of it. `info` goes to `session.info`.

    An error leaves nothing, save one that says `commits`: what was written is kept, then the error is told.
    StorageFull, DatabaseUnavailable and Contended say that nothing was saved; SavedUnknown, that the connection was
    lost with the answer to the COMMIT.
    """
    told: DealflowError | None = None
    session = UnitSession(database, info)
    with named_faults():
        try:
            try:
                yield session
            except DealflowError as error:
                if not error.commits:
                    raise
                told = error
            session.keep()
        finally:
            session.leave()
    reached("unit.after_commit")
    for hook in session.info.get("after_commit", ()):
        _call(hook)
    if told is not None:
        raise told


def _before_commit(session: UnitSession) -> None:
    require_whole(session)
    reached("unit.before_commit")


def require_whole(session: Session) -> None:
    """Before anything is kept: the transaction is still the one that was begun, and no failed statement is in it.

    SQLite may have ended it by itself (StorageFull). PostgreSQL gives up all that follows a failed statement, and
    would answer a COMMIT with a silent ROLLBACK (FaultIgnored).
    """
    connection = session.mine if isinstance(session, UnitSession) else session.connection()
    if connection is None:
        return
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        if not driver.in_transaction:
            raise StorageFull(reason="the database ended the transaction by itself")
    elif driver.pgconn.transaction_status == INERROR:
        raise FaultIgnored()


def _call(hook: Any) -> None:
    try:
        hook()
    except Exception as error:  # what was committed stands, whatever becomes of the hint
        log.error("hint_failed", exc_info=error)


@contextmanager
def reading(database: sa.Engine, **info: Any) -> Iterator[Session]:
    """A session that only reads: on SQLite it takes no write lock. The database refuses to write in it."""
    options = {"dealflow_reading": True, "postgresql_readonly": True}
    with (
        named_faults(),
        database.connect().execution_options(**options) as connection,
        # With every rollback psycopg forgets what it has prepared: this one ends as if there were something to keep.
        connection.begin() if database.dialect.name == "postgresql" else nullcontext(),
    ):
        session = Session(connection, expire_on_commit=False, autoflush=False, info=info)
        try:
            yield session
        finally:
            session.close()


def after_commit(session: Session, hook: Any) -> None:
    """Call `hook()` once the unit of work has been committed: for hints and wake-ups, never for what must happen."""
    session.info.setdefault("after_commit", []).append(hook)


def upsert(session: Session, table: sa.Table) -> Any:
    """The dialect's INSERT that knows `on_conflict_do_nothing` / `on_conflict_do_update`."""
    return dialect_insert(session.get_bind().dialect.name, table)


def dialect_insert(dialect: str, table: sa.Table) -> Any:
    """`upsert`, for statements that are made before there is a session."""
    from sqlalchemy.dialects import postgresql, sqlite

    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
