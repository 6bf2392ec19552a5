"""One unit of work's way to the database: the driver's cursor, and the writes that wait. Law: nothing here commits.

What a step writes need not be seen before the step is whole. On PostgreSQL, where every statement is a journey, writes
wait and go as one (data-modifying `WITH` queries; PostgreSQL documentation, 7.8.2). Whatever else is said on the
connection, a savepoint or a commit sends what waits first: nobody sees a difference. There the way is libpq's own
(`engine.store.direct`), and the last writes of a unit bring its COMMIT with them.

Inside `gathering` the writes of many units wait, on every database, and go as one list a statement
(`engine.store.gathered`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine.errors import Contended, StorageFull
from engine.store.forms import NOTHING_TOUCHED, Values, together
from engine.store.gathered import Gathered, in_order, in_rows

if TYPE_CHECKING:
    from engine.store.direct import Direct
    from engine.store.prepared import Prepared

Told = Callable[[Sequence[Any]], None]
"""Is given what a write returned: the values of its one returned column."""
_LINE, _DIRECT = "store.line", "store.direct"


class Line:
    """One unit of work's way to the database: the driver's cursor, and the writes that wait."""

    __slots__ = (
        "connection",
        "dialect",
        "direct",
        "driver",
        "drivers_cursor",
        "gathered",
        "hearing",
        "lost",
        "positional",
        "savepoints",
        "supposed",
        "waiting",
    )

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self.positional = self.dialect.positional
        driver: Any = connection.connection.dbapi_connection
        self.driver, self.drivers_cursor = driver, None
        dispatch: Any = connection.dispatch
        self.hearing = tuple(hear for hear in dispatch.before_cursor_execute if hear not in _OWN)
        self.direct = None if self.positional else _direct(connection, driver)
        self.waiting: list[Waiting] = []
        self.savepoints: list[str] = []
        self.supposed: dict[tuple[Any, ...], Waiting] = {}
        """What the unit took for granted, to be proved with its COMMIT."""
        self.gathered: Gathered | None = None
        """What the writes that wait are about, inside `gathering`."""
        self.lost: BaseException | None = None
        """The fault of gathered writes: whoever sent them may take it for their own, and go on without them."""

    @property
    def cursor(self) -> Any:
        """The driver's own cursor."""
        if self.drivers_cursor is None:
            self.drivers_cursor = self.driver.cursor()
        return self.drivers_cursor

    def say(self, text: str, parameters: Any, *, commits: bool = False) -> Any:
        """One statement to the driver; what has its result as a cursor has it. `commits`: it may bring the COMMIT."""
        self._heard(text, parameters, many=False)
        try:
            if self.direct is not None:
                found = self.direct.say(text, parameters, commits=commits)
                if found is not None:
                    return found
            return self.cursor.execute(text, parameters)
        except self.dialect.loaded_dbapi.Error as error:
            self._give_up()
            raise told_by(self.connection, self.driver, error, text, parameters) from error
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        """A connection that was left between a question and its answer is nobody's any more."""
        if self.direct is not None and self.direct.is_between():
            self.connection.invalidate()

    def _heard(self, text: str, parameters: Any, *, many: bool) -> None:
        """Before it is said: listeners hear it, and SQLite is in its transaction still, which it may end by itself."""
        for hear in self.hearing:
            hear(self.connection, self.drivers_cursor, text, parameters, None, many)
        if self.positional and not self.driver.in_transaction:
            raise StorageFull(reason="the database ended the transaction by itself")

    def send(self, *, commits: bool = False) -> None:
        """Send the writes that wait, as one (`commits`: the last of them brings the COMMIT, where the way is direct);
        then tell those who asked what was returned."""
        while self.waiting or (commits and self.supposed):
            waiting, self.waiting = self.waiting, []
            if self.gathered is not None:
                self.gathered.clear()
                try:
                    self._send_lists(waiting)
                except BaseException as fault:
                    self.lost = fault
                    raise
                continue
            asked = any(one.told is not None for one in waiting)
            proofs = list(self.supposed.values()) if commits else []
            answer = self._sent([*proofs, *waiting], commits=commits and not asked)
            if proofs:
                self.supposed = {}
            for one in waiting:
                if one.told is not None:
                    one.told(next(answer) or ())

    def _send_lists(self, waiting: Sequence[Waiting]) -> None:
        """Many writes: those of one statement as one list, a list behind the other as `in_order` has them."""
        lists: dict[tuple[Prepared, bool], list[Waiting]] = {}
        for one in waiting:
            lists.setdefault((one.prepared, one.told is not None), []).append(one)
        ordered = sorted(lists.items(), key=lambda found: in_order(found[0][0].statement))
        send = self._list_by_list if self.positional else self._in_one_journey
        for told, answer in send([(prepared, ones) for (prepared, _), ones in ordered]):
            told(answer)

    def _list_by_list(self, lists: Sequence[_List]) -> list[tuple[Told, Sequence[Any]]]:
        """What is to be told. A statement that returns something is said for each, others once for all."""
        answers: list[tuple[Told, Sequence[Any]]] = []
        for prepared, ones in lists:
            if ones[0].told is not None:
                answers += [(one.told, prepared.told(self, one.values, asked=True)) for one in ones if one.told]
                continue
            form = prepared.form(self.dialect)
            _require_all(ones, self._say_many(form.plain, [tuple(form.converted(one.values)) for one in ones]))
        return answers

    def _say_many(self, text: str, rows: Sequence[tuple[Any, ...]]) -> int:
        """One statement for each of these; how many rows they touched."""
        self._heard(text, rows, many=True)
        try:
            return int(self.cursor.executemany(text, rows).rowcount)
        except self.dialect.loaded_dbapi.Error as error:
            raise told_by(self.connection, self.driver, error, text) from error

    def _in_one_journey(self, lists: Sequence[_List]) -> list[tuple[Told, Sequence[Any]]]:
        """What is to be told. New rows of a table go in few statements, and all statements behind each other."""
        said = [(one, said) for one in lists for said in _spoken(*one, self.dialect)]
        found = iter(self._say_all([text for _, text in said]))
        answers: list[tuple[Told, Sequence[Any]]] = []
        for prepared, ones in lists:
            theirs = [next(found) for _ in range(sum(one is ones for (_, one), _ in said))]
            if ones[0].told is not None:
                answers += [
                    (one.told, [row[0] for row in rows])
                    for one, (_, rows) in zip(ones, theirs, strict=True)
                    if one.told
                ]
            elif not prepared.adds:
                _require_all(ones, sum(touched for touched, _ in theirs))
        return answers

    def _say_all(self, said: Sequence[tuple[str, Any]]) -> list[tuple[int, Sequence[Any]]]:
        """Statements behind each other; how many rows each touched, and what it returned."""
        for text, given in said:
            self._heard(text, given, many=False)
        try:
            found = self.direct.say_all(said) if self.direct is not None else None
        except self.dialect.loaded_dbapi.Error as error:
            self._give_up()
            raise told_by(self.connection, self.driver, error, said[0][0]) from error
        except BaseException:
            self._give_up()
            raise
        if found is not None:
            return [(one.rowcount, one.fetchall()) for one in found]
        hearing, self.hearing = self.hearing, ()
        try:
            cursors = (self.say(text, given) for text, given in said)
            return [(one.rowcount, one.fetchall() if one.description else ()) for one in cursors]
        finally:
            self.hearing = hearing

    def settle(self) -> None:
        """Send what waits as long as somebody is to be told of it: the others may go with the COMMIT."""
        while any(one.told is not None for one in self.waiting):
            self.send()

    def _sent(self, waiting: Sequence[Waiting], *, commits: bool) -> Iterator[Any]:
        """What was asked of each, in their order."""
        forms = [one.prepared.form(self.dialect) for one in waiting]
        shapes = ((form, one.told is not None, one.must is not None) for form, one in zip(forms, waiting, strict=True))
        text, names = together(tuple(shapes))
        values = (value for form, one in zip(forms, waiting, strict=True) for value in form.converted(one.values))
        try:
            answer = self.say(text, dict(zip(names, values, strict=True)), commits=commits)
        except DBAPIError as error:
            broken = [one.must for one in waiting if one.must is not None]
            if broken and getattr(error.orig, "sqlstate", None) == NOTHING_TOUCHED:
                raise broken[0]() from error
            raise
        return iter(answer.fetchone() or ()) if any(one.told is not None for one in waiting) else iter(())


@dataclass(slots=True)
class Waiting:
    prepared: Prepared
    values: Values
    told: Told | None
    must: Callable[[], Exception] | None


_List = tuple["Prepared", list[Waiting]]
"""Writes by one statement; all of them, or none, are told what it returned."""
_ROWS = (32, 8, 1)
"""New rows that go in one statement: few sizes, so that few statements are prepared."""


def _spoken(prepared: Prepared, ones: Sequence[Waiting], dialect: Dialect) -> Iterator[tuple[str, dict[str, Any]]]:
    """The statements with their values that write these; what is new, several rows in one."""
    form = prepared.form(dialect)
    if not prepared.adds or ones[0].told is not None or " ON CONFLICT " in form.text:
        text = form.plain if ones[0].told is None else form.text
        for one in ones:
            yield text, dict(zip(form.names, form.converted(one.values), strict=True))
        return
    first = 0
    while first < len(ones):
        size = next(size for size in _ROWS if first + size <= len(ones))
        text, names = in_rows(form.plain, form.names, size)
        values = [value for one in ones[first : first + size] for value in form.converted(one.values)]
        yield text, dict(zip(names, values, strict=True))
        first += size


def _require_all(ones: Sequence[Waiting], touched: int) -> None:
    """The error of a write that touched no row, if one that must touch one did not."""
    must = next((one.must for one in ones if one.must is not None), None)
    if must is not None and touched != len(ones):
        raise must()


def told_by(connection: sa.Connection, driver: Any, error: Any, text: str, parameters: Any = ()) -> BaseException:
    """The driver's complaint as SQLAlchemy tells it; a connection that is gone is not used again."""
    dialect = connection.dialect
    gone = dialect.is_disconnect(error, driver, None)
    if gone:
        connection.invalidate(error)
    told = DBAPIError.instance(
        text,
        parameters,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=gone,
        dialect=dialect,
    )
    assert isinstance(told, BaseException)
    return told


def _direct(connection: sa.Connection, driver: Any) -> Direct | None:
    """The driver's connection by libpq, kept beside it; None when it is not in its usual state."""
    from engine.store.direct import Direct  # with SQLite nobody needs the driver

    found: Direct | None = connection.info.get(_DIRECT)
    if found is None or found.driver is not driver:
        found = connection.info[_DIRECT] = Direct(driver)
    return found if found.able() else None


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """What is written inside is kept together or undone together, within the session's transaction.

    As `begin_nested`, for units that hold no objects which an undone savepoint would have to expire.
    """
    line = line_of(session)
    if line.waiting:
        line.send()
    name = f"unit_{len(line.savepoints)}"
    line.say(f"SAVEPOINT {name}", ())
    line.savepoints.append(name)
    try:
        yield
        if line.waiting:
            line.send()
    except BaseException:
        line.waiting = []
        line.savepoints.pop()
        if line.direct is not None:
            line.direct.forgotten = True
        if not line.connection.invalidated:
            line.say(f"ROLLBACK TO SAVEPOINT {name}", ())
        raise
    line.savepoints.pop()
    line.say(f"RELEASE SAVEPOINT {name}", ())


@contextmanager
def gathering(session: Session) -> Iterator[None]:
    """What prepared statements write inside waits, and goes in lists: when something is read that it concerns, when
    anything else is said, at the latest at the end.

    For units of work on rows of their own: a fault of one shows with the lists, and is everybody's, even if it was
    caught where it showed.
    """
    line = line_of(session)
    if line.waiting:
        line.send()
    line.gathered, line.lost = Gathered(), None
    try:
        yield
        line.send()
        if line.lost is not None:
            raise line.lost
    except BaseException:
        line.waiting = []
        raise
    finally:
        line.gathered = None


def gathering_line(session: Session) -> Line | None:
    """The line that gathers what units write, if one does and no savepoint is open that it must see first."""
    line: Line | None = session.info.get(_LINE)
    gathers = line is not None and line.gathered is not None and not session.in_nested_transaction()
    return line if gathers else None


def line_of(session: Session) -> Line:
    """The unit's line. It is the same as long as its transaction is open."""
    line: Line | None = session.info.get(_LINE)
    if session.in_nested_transaction():
        session.connection()  # `begin_nested` says SAVEPOINT when it is first asked for the connection
    if line is None or not line.connection.in_transaction():
        connection = session.connection()
        line = session.info[_LINE] = connection.info[_LINE] = Line(connection)
    return line


_FORGETS = ("DROP", "ALTER", "ROLLBACK", "DISCARD", "DEALLOCATE")
"""After which psycopg forgets what is prepared on a connection, ours with it."""


def before_said(
    connection: sa.Connection, _cursor: object, said: str, parameters: Any, _context: object, _many: bool
) -> tuple[str, Any]:
    """A listener: before anything else is said on a connection, what waits on it."""
    send_waiting(connection, said)
    return said, parameters


_OWN: set[Any] = {before_said}
"""Listeners of the house's own, which are not told what a line says."""


def own(listener: Any) -> Any:
    """Make it one of them."""
    _OWN.add(listener)
    return listener


def send_waiting(connection: sa.Connection, said: str = "") -> None:
    """What waits on a connection, before what is `said`."""
    line: Line | None = None if connection.invalidated else connection.info.get(_LINE)
    if line is None or line.connection is not connection:
        return
    if line.waiting:
        line.send()
    if line.direct is not None and said.startswith(_FORGETS):
        line.direct.forgotten = True


_MOST_SUPPOSED = 12
"""Proofs that one statement brings."""


def take_for_granted(session: Session, proof: Prepared, values: Values) -> bool:
    """Let the unit go on as if `proof` gave a row: the statement that brings its COMMIT looks whether it does, and
    ends the unit as Contended where it does not. False, and nothing is taken, when there is too much of it."""
    line = line_of(session)
    key = (proof, *values.values())
    if key not in line.supposed and len(line.supposed) >= _MOST_SUPPOSED:
        return False
    line.supposed[key] = Waiting(proof, values, None, _disproved)
    return True


def _disproved() -> Contended:
    return Contended(reason="what this unit took for granted has changed")


def is_unproved(session: Session) -> bool:
    """Whether it took something for granted that was not proved by its end."""
    line: Line | None = session.info.get(_LINE)
    return line is not None and bool(line.supposed)


def send_last(connection: sa.Connection, whole: Callable[[], None]) -> None:
    """At the end of a unit: what waits, with the COMMIT where it can be. `whole` is asked before it."""
    line: Line | None = connection.info.get(_LINE)
    if line is None or line.connection is not connection:
        whole()
        return
    line.settle()
    whole()
    line.send(commits=True)


def forget_waiting(connection: sa.Connection, *_savepoint: object) -> None:
    """What waits is undone before it was said, and psycopg forgets what was prepared."""
    if connection.invalidated:
        return
    direct: Direct | None = connection.info.get(_DIRECT)
    if direct is not None:
        direct.forgotten = True
    line: Line | None = connection.info.get(_LINE)
    if line is not None and line.connection is connection:
        line.waiting = []
