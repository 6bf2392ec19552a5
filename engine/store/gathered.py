"""What many units of work write, gathered. Law: one list a statement; who reads a table first sees what waits for it.

A batch of triggers writes the same few statements again and again. Said one by one, what is around a statement (its
text, its cursor, on PostgreSQL its journey) costs more than the row does. Inside `gathering` (`engine.store.line`)
writes wait and go as lists. Their order is that of a schema whose rows refer to each other: what goes, what is new
(rows before those that refer to them), what changes. Two writes that may be of one row are never in hand together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

ANY = object()
"""Of a write that does not say whose row it is."""


class Gathered:
    """What the writes that wait are about."""

    __slots__ = ("rows", "tables")

    def __init__(self) -> None:
        self.rows: set[tuple[str, Any]] = set()
        self.tables: set[str] = set()

    def clear(self) -> None:
        """Nothing waits any more."""
        self.rows.clear()
        self.tables.clear()

    def note(self, table: str, row: Any) -> None:
        """A write of this row waits, too."""
        self.tables.add(table)
        self.rows.add((table, row))

    def meets(self, table: str, row: Any) -> bool:
        """Whether a write may be of a row that one in hand writes."""
        if table not in self.tables:
            return False
        return row is ANY or (table, row) in self.rows or (table, ANY) in self.rows

    def concerns(self, tables: frozenset[str]) -> bool:
        """Whether something waits for one of these tables."""
        return not self.tables.isdisjoint(tables)

    def holds(self, tables: frozenset[str], seen: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> bool:
        """Whether something waits for a row that was read. `seen`: whose rows, by table and column of what was read."""
        concerned = self.tables & tables
        if not concerned <= seen.keys():
            return True
        of = [(table, row[seen[table]]) for table in concerned for row in rows]
        return not self.rows.isdisjoint(of) or any((table, ANY) in self.rows for table in concerned)


def tables_of(statement: Any) -> frozenset[str]:
    """The tables that a statement names, wherever it does."""
    return frozenset(part.name for part in visitors.iterate(statement) if isinstance(part, sa.Table))


def in_order(statement: Any) -> tuple[int, int]:
    """The place of a statement among those that go in lists."""
    if isinstance(statement, sa.Delete):
        return 0, -_rank(statement.table)
    return (1 if isinstance(statement, sa.Insert) else 2), _rank(statement.table)


@lru_cache(maxsize=512)
def _rank(table: sa.Table) -> int:
    """Tables before those that refer to them."""
    return table.metadata.sorted_tables.index(table)


@lru_cache(maxsize=256)
def in_rows(text: str, names: tuple[str, ...], count: int) -> tuple[str, tuple[str, ...]]:
    """An INSERT of one row as one of several; the names of its values, row by row."""
    if count == 1:
        return text, names
    head, _, row = text.partition(" VALUES ")
    rows = ", ".join(row.replace("%(", f"%(w{place}_") for place in range(count))
    return f"{head} VALUES {rows}", tuple(f"w{place}_{name}" for place in range(count) for name in names)
