"""Statements that every step says, without what SQLAlchemy does around each. Law: same transaction, same faults, less.

A `Prepared` statement is written with SQLAlchemy like any other. Its text and the conversions of its values are made
once a dialect; from then on it goes to the driver's cursor of the unit's own connection. Listeners of
`before_cursor_execute` hear it, and what the driver complains of is raised as SQLAlchemy raises it, so that faults
have their names (`engine.store.database`). Nothing here commits.

What a step writes need not be seen before the step is whole. `later` therefore keeps writes back on PostgreSQL, where
every statement is a journey, and sends them as one (data-modifying `WITH` queries; PostgreSQL documentation, 7.8.2).
Whatever else is said on the connection, a savepoint or a commit sends what waits first: nobody sees a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Values = Mapping[str, Any]
Told = Callable[[Sequence[Any]], None]
"""Is given what a write returned: the values of its one returned column."""
MOST_TOGETHER = 12
"""Writes that are sent as one at most."""
_LINE = "store.line"


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """A statement as one dialect says it."""

    text: str
    names: tuple[str, ...]
    """Names of the values, in the order of their places."""
    conversions: tuple[Callable[[Any], Any] | None, ...]
    constants: Mapping[str, Any]
    keys: tuple[str, ...]
    readings: tuple[tuple[int, Callable[[Any], Any]], ...]
    """Columns of the result that the driver does not give as they are meant, with what makes them so."""

    def converted(self, values: Values) -> list[Any]:
        """The values as the driver takes them, in the order of `names`."""
        known = {**self.constants, **values} if self.constants else values
        return [
            known[name] if convert is None else convert(known[name])
            for name, convert in zip(self.names, self.conversions, strict=True)
        ]

    def read(self, found: Sequence[Any]) -> dict[str, Any]:
        """A row of the result by its names."""
        row = list(found)
        for place, reading in self.readings:
            row[place] = reading(row[place])
        return dict(zip(self.keys, row, strict=True))


class Line:
    """One unit of work's way to the database: the driver's cursor, and the writes that wait."""

    __slots__ = ("connection", "cursor", "dialect", "driver", "positional", "savepoints", "waiting")

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self.positional = self.dialect.positional
        driver: Any = connection.connection.dbapi_connection
        self.driver, self.cursor = driver, driver.cursor()
        self.waiting: list[_Waiting] = []
        self.savepoints: list[str] = []

    def say(self, text: str, parameters: Any) -> Any:
        """One statement to the driver; the cursor with its result."""
        dispatch: Any = self.connection.dispatch
        for hear in dispatch.before_cursor_execute:
            hear(self.connection, self.cursor, text, parameters, None, False)
        try:
            return self.cursor.execute(text, parameters)
        except self.dialect.loaded_dbapi.Error as error:
            raise self._fault(error, text, parameters) from error

    def _fault(self, error: Any, text: str, parameters: Any) -> BaseException:
        """The driver's complaint as SQLAlchemy tells it; a connection that is gone is not used again."""
        gone = self.dialect.is_disconnect(error, self.driver, self.cursor)
        if gone:
            self.connection.invalidate(error)
        base = self.dialect.loaded_dbapi.Error
        told = DBAPIError.instance(
            text, parameters, error, base, hide_parameters=True, connection_invalidated=gone, dialect=self.dialect
        )
        assert isinstance(told, BaseException)
        return told

    def send(self) -> None:
        """Send the writes that wait, as one; then tell those who asked what was returned."""
        while self.waiting:
            waiting, self.waiting = self.waiting, []
            if len(waiting) == 1:
                one = waiting[0]
                found = one.prepared.told(self, one.values, asked=one.told is not None)
                if one.told is not None:
                    one.told(found)
                continue
            forms = [one.prepared.form(self.dialect) for one in waiting]
            text = _together(tuple((form, one.told is not None) for form, one in zip(forms, waiting, strict=True)))
            parameters: dict[str, Any] = {}
            for place, (form, one) in enumerate(zip(forms, waiting, strict=True)):
                for name, value in zip(form.names, form.converted(one.values), strict=True):
                    parameters[f"w{place}_{name}"] = value
            answers = iter(self.say(text, parameters).fetchone())
            for one in waiting:
                if one.told is not None:
                    one.told(next(answers) or ())


@dataclass(frozen=True, slots=True)
class _Waiting:
    prepared: Prepared
    values: Values
    told: Told | None


@dataclass(slots=True, eq=False)
class Prepared:
    """A statement of the hot path. An INSERT without VALUES is given all columns of its table.

    A write that is to tell something has one returned column.
    """

    statement: Any
    _forms: dict[str, _Form] = field(default_factory=dict)

    def one(self, session: Session, values: Values) -> dict[str, Any] | None:
        """The first row by its names, or None."""
        form, cursor = self._said(session, values)
        found = cursor.fetchall()
        return form.read(found[0]) if found else None

    def all(self, session: Session, values: Values) -> list[dict[str, Any]]:
        """All rows by their names."""
        form, cursor = self._said(session, values)
        return [form.read(row) for row in cursor.fetchall()]

    def run(self, session: Session, values: Values) -> int:
        """Say it now; how many rows it touched."""
        _, cursor = self._said(session, values)
        return int(cursor.rowcount)

    def later(self, session: Session, values: Values, told: Told | None = None) -> None:
        """Say it before anything else is said on this connection, or at the commit. `told` hears what it returned."""
        line = line_of(session)
        if line.dialect.name != "postgresql":
            found = self.told(line, values, asked=told is not None)
            if told is not None:
                told(found)
            return
        if len(line.waiting) >= MOST_TOGETHER or any(_meet(one.prepared, self) for one in line.waiting):
            line.send()
        line.waiting.append(_Waiting(self, values, told))

    def told(self, line: Line, values: Values, *, asked: bool) -> Sequence[Any]:
        """Say it on this line; the values of its returned column, if they are asked for."""
        form = self.form(line.dialect)
        cursor = line.say(form.text, _parameters(line, form, values))
        return [row[0] for row in cursor.fetchall()] if asked else ()

    def _said(self, session: Session, values: Values) -> tuple[_Form, Any]:
        line = line_of(session)
        if line.waiting:
            line.send()
        form = self.form(line.dialect)
        return form, line.say(form.text, _parameters(line, form, values))

    def form(self, dialect: Dialect) -> _Form:
        """How this dialect says it; made once."""
        found = self._forms.get(dialect.name)
        if found is None:
            found = self._forms[dialect.name] = _made(self.statement, dialect)
        return found


def _parameters(line: Line, form: _Form, values: Values) -> Any:
    given = form.converted(values)
    return tuple(given) if line.positional else dict(zip(form.names, given, strict=True))


def _made(statement: Any, dialect: Dialect) -> _Form:
    compiled: Any = statement.compile(dialect=dialect)
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    names = tuple(compiled.positiontup) if dialect.positional else tuple(binds)
    conversions = (binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names)
    constants = {name: bind.value for name, bind in binds.items() if not bind.required}
    given = list(statement.exported_columns) if _gives(statement) else []
    results = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in given)
    return _Form(
        text=compiled.string,
        names=names,
        conversions=tuple(conversions),
        constants=constants,
        keys=tuple(column.name for column in given),
        readings=tuple((place, reading) for place, reading in enumerate(results) if reading is not None),
    )


def _gives(statement: Any) -> bool:
    return isinstance(statement, sa.Select) or bool(getattr(statement, "_returning", ()))


def _meet(before: Prepared, after: Prepared) -> bool:
    """Whether two writes may be of one row: within one statement neither would see the other.

    A new row has a key of its own, so it may go with whatever came before it.
    """
    return before.statement.table is after.statement.table and not isinstance(after.statement, sa.Insert)


@lru_cache(maxsize=512)
def _together(parts: tuple[tuple[_Form, bool], ...]) -> str:
    """Several writes as one statement, whose row has a list for each that is asked what it returned."""
    written, asked = [], []
    for place, (form, is_asked) in enumerate(parts):
        written.append(f"w{place} AS ({form.text.replace('%(', f'%(w{place}_')})")
        if is_asked:
            asked.append(f"(SELECT array_agg({form.keys[0]}) FROM w{place})")
    return f"WITH {', '.join(written)} SELECT {', '.join(asked) or '1'}"


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
        if not line.connection.invalidated:
            line.say(f"ROLLBACK TO SAVEPOINT {name}", ())
        raise
    line.savepoints.pop()
    line.say(f"RELEASE SAVEPOINT {name}", ())


def line_of(session: Session) -> Line:
    """The unit's line. It is the same as long as its transaction is open."""
    line: Line | None = session.info.get(_LINE)
    if session.in_nested_transaction():
        session.connection()  # `begin_nested` says SAVEPOINT when it is first asked for the connection
    if line is None or not line.connection.in_transaction():
        connection = session.connection()
        line = session.info[_LINE] = connection.info[_LINE] = Line(connection)
    return line


def send_waiting(connection: sa.Connection, *_statement: object) -> None:
    """Before anything else is said on a connection: what waits on it."""
    line: Line | None = None if connection.invalidated else connection.info.get(_LINE)
    if line is not None and line.waiting and line.connection is connection:
        line.send()


def forget_waiting(connection: sa.Connection, *_savepoint: object) -> None:
    """What waits is undone before it was said."""
    line: Line | None = None if connection.invalidated else connection.info.get(_LINE)
    if line is not None and line.connection is connection:
        line.waiting = []
