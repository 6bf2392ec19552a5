"""Statements as a dialect says them. Law: text and conversions are made once; the statement is SQLAlchemy's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A statement as one dialect says it."""

    text: str
    plain: str
    """The same without what it returns."""
    names: tuple[str, ...]
    """Names of the values, in the order of their places."""
    places: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    """The same with what makes each value the driver's."""
    constants: Mapping[str, Any]
    keys: tuple[str, ...]
    readings: tuple[tuple[str, Callable[[Any], Any]], ...]
    """Columns of the result that the driver does not give as they are meant, with what makes them so."""

    def converted(self, values: Values) -> list[Any]:
        """The values as the driver takes them, in the order of `names`."""
        known = {**self.constants, **values} if self.constants else values
        return [known[name] if convert is None else convert(known[name]) for name, convert in self.places]

    def read(self, found: Sequence[Any]) -> dict[str, Any]:
        """A row of the result by its names."""
        row = dict(zip(self.keys, found, strict=True))
        for key, reading in self.readings:
            row[key] = reading(row[key])
        return row


def made(statement: Any, dialect: Dialect) -> Form:
    compiled: Any = statement.compile(dialect=dialect)
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    names = tuple(compiled.positiontup) if dialect.positional else tuple(binds)
    conversions = (_conversion(binds[name].type, dialect) for name in names)
    constants = {name: bind.value for name, bind in binds.items() if not bind.required}
    given = list(statement.exported_columns) if _gives(statement) else []
    results = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in given)
    return Form(
        text=compiled.string,
        plain=compiled.string.partition(" RETURNING ")[0],
        names=names,
        places=tuple(zip(names, conversions, strict=True)),
        constants=constants,
        keys=tuple(column.name for column in given),
        readings=tuple((at.name, reading) for at, reading in zip(given, results, strict=True) if reading is not None),
    )


def _conversion(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes a value the driver's. Both drivers take bytes as they are: SQLAlchemy's wrapping is left out."""
    if not isinstance(getattr(kind, "impl_instance", kind), sa.LargeBinary):
        made: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
        return made
    given = getattr(kind, "process_bind_param", None)
    return None if given is None else lambda value: given(value, dialect)


def _gives(statement: Any) -> bool:
    return isinstance(statement, sa.Select) or bool(getattr(statement, "_returning", ()))


NOTHING_TOUCHED = "22012"
"""SQLSTATE of a division by zero: how a statement fails whose write must touch a row, and touched none."""


@lru_cache(maxsize=512)
def together(parts: tuple[tuple[Form, bool, bool], ...]) -> tuple[str, tuple[str, ...]]:
    """Several writes as one statement, whose row has a list for each that is asked what it returned; the names of its
    values. One that must touch a row divides by how many it touched."""
    if len(parts) == 1 and not any(parts[0][1:]):
        return parts[0][0].text, parts[0][0].names
    written, asked, required, names = [], [], [], []
    for place, (form, is_asked, must) in enumerate(parts):
        written.append(f"w{place} AS ({form.text.replace('%(', f'%(w{place}_')})")
        names += [f"w{place}_{name}" for name in form.names]
        if is_asked:
            asked.append(f"(SELECT array_agg({form.keys[0]}) FROM w{place})")
        if must:
            required.append(f"1 / (SELECT count(*) FROM w{place})")
    return f"WITH {', '.join(written)} SELECT {', '.join(asked + required) or '1'}", tuple(names)
