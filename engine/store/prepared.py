"""Statements that every step says, without what SQLAlchemy does around each. Law: same transaction, same faults, less.

A `Prepared` statement is written with SQLAlchemy like any other. Its text and the conversions of its values are made
once a dialect; from then on it goes to the driver's cursor of the unit's own connection (`engine.store.line`).
Listeners of `before_cursor_execute` hear it, and what the driver complains of is raised as SQLAlchemy raises it, so
that faults have their names (`engine.store.database`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from engine.store.forms import Form, Values, made
from engine.store.gathered import ANY, tables_of
from engine.store.line import Line, Told, Waiting, gathering_line, line_of

MOST_TOGETHER = 12
"""Writes that are sent as one at most."""


@dataclass(slots=True, eq=False)
class Prepared:
    """A statement of the hot path. An INSERT without VALUES is given all columns of its table.

    A write that is to tell something has one returned column. `of`: the value that says whose row it writes.
    `seen`: of a reading, whose rows it has read, by table and column of the result (whether something is found hangs on
    nothing but identifiers, which do not change).
    """

    statement: Any
    of: str | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    _forms: dict[str, Form] = field(default_factory=dict)
    _tables: frozenset[str] = frozenset()
    _written: str = field(init=False, default="")
    adds: bool = field(init=False)

    def __post_init__(self) -> None:
        self.adds = isinstance(self.statement, sa.Insert)
        if not isinstance(self.statement, sa.Select):
            self._written = self.statement.table.name

    def one(self, session: Session, values: Values) -> dict[str, Any] | None:
        """The first row by its names, or None."""
        rows = self.all(session, values)
        return rows[0] if rows else None

    def all(self, session: Session, values: Values) -> list[dict[str, Any]]:
        """All rows by their names."""
        line = line_of(session)
        if not line.waiting:
            return self._read(line, values)
        if line.gathered is not None:
            if not line.gathered.concerns(self.tables):
                return self._read(line, values)
            rows = self._read(line, values) if self.seen else []
            if rows and not line.gathered.holds(self.tables, self.seen, rows):
                return rows
        line.send()
        return self._read(line, values)

    def _read(self, line: Line, values: Values) -> list[dict[str, Any]]:
        form = self.form(line.dialect)
        cursor = line.say(form.text, _parameters(line, form, values))
        return [form.read(row) for row in cursor.fetchall()]

    def run(self, session: Session, values: Values) -> int:
        """Say it now; how many rows it touched."""
        line = line_of(session)
        if line.waiting:
            line.send()
        form = self.form(line.dialect)
        return int(line.say(form.text, _parameters(line, form, values)).rowcount)

    def later(
        self,
        session: Session,
        values: Values,
        told: Told | None = None,
        must: Callable[[], Exception] | None = None,
    ) -> None:
        """Say it before anything else is said on this connection, or at the commit. `told` hears what it returned;
        `must` makes the error of a write that touches no row (it has a returned column)."""
        line = gathering_line(session) or line_of(session)
        if line.gathered is not None:
            row = ANY if self.of is None else values[self.of]
            if not self.adds and line.gathered.meets(self._written, row):
                line.send()
            line.gathered.note(self._written, row)
        elif line.positional:
            found = self.told(line, values, asked=told is not None or must is not None)
            if must is not None and not found:
                raise must()
            if told is not None:
                told(found)
            return
        elif len(line.waiting) >= MOST_TOGETHER or any(_meet(one.prepared, self) for one in line.waiting):
            line.send()
        line.waiting.append(Waiting(self, values, told, must))

    def told(self, line: Line, values: Values, *, asked: bool) -> Sequence[Any]:
        """Say it on this line; the values of its returned column, if they are asked for."""
        form = self.form(line.dialect)
        cursor = line.say(form.text, _parameters(line, form, values))
        return [row[0] for row in cursor.fetchall()] if asked else ()

    @property
    def tables(self) -> frozenset[str]:
        """What it is about."""
        if not self._tables:
            self._tables = tables_of(self.statement)
        return self._tables

    def form(self, dialect: Dialect) -> Form:
        """How this dialect says it; made once."""
        found = self._forms.get(dialect.name)
        if found is None:
            found = self._forms[dialect.name] = made(self.statement, dialect)
        return found


def listed(name: str) -> sa.Select[Any]:
    """Of SQLite: the whole numbers in the JSON list that is given under this name, as rows."""
    given: Any = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued(sa.column("value", sa.BigInteger))
    return sa.select(given.c.value)


def _parameters(line: Line, form: Form, values: Values) -> Any:
    given = form.converted(values)
    return tuple(given) if line.positional else dict(zip(form.names, given, strict=True))


def _meet(before: Prepared, after: Prepared) -> bool:
    """Whether two writes may be of one row: within one statement neither would see the other.

    A new row has a key of its own, so it may go with whatever came before it.
    """
    return before.statement.table is after.statement.table and not isinstance(after.statement, sa.Insert)
