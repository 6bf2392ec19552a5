"""Rows of the book as tables of a report. Law: reads only; a column is named once, with its label and its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.reports.content import Column, Form, Label, Table

Fields = Sequence[tuple[str, str, str, Form]]
"""Column, Chinese label, English label, form."""


def found(session: Session, table: sa.Table, fields: Fields, *where: Any, order: Any, most: int = 0) -> list[Any]:
    """Rows with the columns named, as mappings; `most` 0: all."""
    query = sa.select(*(table.c[name] for name, *_ in fields)).where(*where).order_by(order)
    return [dict(row) for row in session.execute(query.limit(most) if most else query).mappings()]


def table_of(id: str, title: tuple[str, str], fields: Fields, rows: Sequence[Mapping[str, Any]]) -> Table:
    """A table of rows; with no rows it stands there and says that there are none."""
    columns = tuple(Column(name, Label(zh, en), form) for name, zh, en, form in fields)
    return Table(id, Label(*title), columns, tuple(rows))
