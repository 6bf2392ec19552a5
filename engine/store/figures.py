"""Read models: figures kept up from the history, a row a day. Law: derived; `engine.statistics` alone writes them.

`day` is a day of the business zone. Sums, `shortest` and `longest` are over what happened on it, durations are in
milliseconds, `spread` is how they are spread (`engine.statistics.spread`). `settled` rows are what the clean-up let
go of: their history is gone, and a rebuild leaves them. Whoever reads adds both up.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Table

from engine.store.tables import Document, Id, Moment, Name, metadata


def _sums(*names: str) -> list[Column[Any]]:
    return [Column(name, sa.BigInteger, nullable=False, default=0) for name in names]


def _durations() -> list[Column[Any]]:
    return [Column("shortest", sa.BigInteger), Column("longest", sa.BigInteger), Column("spread", Document)]


def _key(*names: str) -> list[Column[Any]]:
    """Definition, what it is about, day, settled: read by definition and range of days."""
    named = [Column(name, Name, primary_key=True) for name in names]
    return [
        Column("definition_id", Id, primary_key=True, autoincrement=False),
        *named,
        Column("day", sa.Date, primary_key=True),
        Column("settled", sa.Boolean, primary_key=True),
    ]


element = Table(
    "statistic_element",
    metadata,
    *_key("element"),
    *_sums("entered", "iterations", "left", "cancelled", "again"),
    *_sums("present", "present_since"),  # who came less who went; the sum of when they came (seconds since 2024)
    *_sums("reached"),  # cases that began on this day and came here at least once, whenever that was
    *_sums("incidents"),  # of settled cases only: those of the others are rows
    *_sums("total_ms"),
    *_durations(),
)

flow = Table("statistic_flow", metadata, *_key("flow"), *_sums("taken"))

case = Table(
    "statistic_case",
    metadata,
    *_key("what", "element"),  # started | responded | completed | terminated | cancelled | failed; the end event
    *_sums("cases", "total_ms"),  # working time without pauses
    *_durations(),
)

task = Table(
    "statistic_task",
    metadata,
    *_key("element", "team", "person"),
    *_sums("completed", "worked_ms", "held_ms"),  # working time without pauses: since it opened, since it was taken
    *_sums("on_time", "late"),  # of completed tasks that were due on this day
    *_durations(),
)

reminder = Table("statistic_reminder", metadata, *_key(), *_sums("planned", "punctual"))

cursor = Table(
    "statistic_cursor",
    metadata,
    Column("instance_id", Id, primary_key=True, autoincrement=False),
    Column("seq", sa.Integer, nullable=False),  # the last history row that is in the figures
    Column("body", Document),  # what the next row needs; none once the case has ended
)

mark = Table(
    "statistic_mark",
    metadata,
    Column("id", sa.Integer, primary_key=True, autoincrement=False),  # 1
    Column("number", sa.BigInteger, nullable=False),  # goes up with every change: whoever folded beside it sees that
    Column("until", Moment),  # history up to here was looked through
)

FIGURES: dict[str, Table] = {"element": element, "flow": flow, "case": case, "task": task, "reminder": reminder}


def keys(table: Table) -> list[str]:
    """The key columns of a table of figures, without `settled`."""
    return [column.name for column in table.primary_key.columns if column.name != "settled"]


def sums(table: Table) -> list[str]:
    """The columns that are added up."""
    other = {"shortest", "longest", "spread"}
    return [column.name for column in table.columns if not column.primary_key and column.name not in other]
