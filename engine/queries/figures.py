"""Rows of figures, read: ranges of days, sums, durations. Law: live and settled rows are added up, nothing else.

A few sums in SQL and the merging of spreads; what they mean is said by `engine.queries.statistics`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions
from engine.definitions import Package
from engine.errors import NotFound
from engine.execution import runtime_of
from engine.queries import naming
from engine.statistics.spread import Spread, added, quantile, unpacked
from engine.store import figures as f
from engine.store import tables as t

MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Range:
    """Which figures: of a process, of one version or of all, from one day to another."""

    key: str
    version: int | None
    since: date | None
    until: date | None
    definitions: tuple[int, ...]
    newest: Package
    """Of the version, or of the newest: whence names come."""


@dataclass(frozen=True, slots=True)
class Durations:
    """How long something took. Nothing is said of what never happened."""

    count: int = 0
    total: timedelta = timedelta(0)
    mean: timedelta | None = None
    median: timedelta | None = None
    p90: timedelta | None = None
    p95: timedelta | None = None
    shortest: timedelta | None = None
    longest: timedelta | None = None


def within(
    session: Session, key: str, version: int | None = None, since: date | None = None, until: date | None = None
) -> Range:
    """The range asked for. NotFound when there is no such process or version."""
    wanted = sa.select(t.definition.c.id).where(t.definition.c.key == key)
    if version is not None:
        wanted = wanted.where(t.definition.c.version == version)
    found = tuple(session.scalars(wanted.order_by(t.definition.c.version)))
    if not found:
        raise NotFound(what="process", id=key)
    return Range(key, version, since, until, found, definitions.package(session, found[-1]))


def within_all(session: Session, keys: Collection[str], since: date | None, until: date | None) -> dict[str, Range]:
    """Key -> the range of all versions of a process, for those of the keys that there are."""
    found: dict[str, list[int]] = {}
    d = t.definition.c
    for key, id in session.execute(sa.select(d.key, d.id).where(d.key.in_(keys)).order_by(d.version)):
        found.setdefault(key, []).append(id)
    return {
        key: Range(key, None, since, until, tuple(ids), definitions.package(session, ids[-1]))
        for key, ids in found.items()
    }


def share(part: int, whole: int) -> Decimal | None:
    """A share with four places, rounded half up; None of nothing."""
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"), ROUND_HALF_UP) if whole else None


def where(table: sa.Table, asked: Range) -> list[sa.ColumnElement[bool]]:
    """The rows of the range."""
    found: list[sa.ColumnElement[bool]] = [table.c.definition_id.in_(asked.definitions)]
    if asked.since is not None:
        found.append(table.c.day >= asked.since)
    if asked.until is not None:
        found.append(table.c.day <= asked.until)
    return found


def sums(session: Session, table: sa.Table, asked: Range, *by: str) -> dict[Any, dict[str, Any]]:
    """Name (or names) -> the sums over the range, with the shortest and longest where there are durations."""
    names = f.sums(table)
    columns: list[Any] = [sa.func.sum(table.c[name]).label(name) for name in names]
    if "spread" in table.c:
        columns += [sa.func.min(table.c.shortest).label("shortest"), sa.func.max(table.c.longest).label("longest")]
    group = [table.c[name] for name in by]
    found = {}
    query = sa.select(*group, *columns).where(*where(table, asked)).group_by(*group)
    for row in session.execute(query).mappings():
        values = {name: int(row[name] or 0) for name in names}
        values |= {name: row[name] for name in ("shortest", "longest") if name in row}
        found[place(row, by)] = values
    return found


def place(row: Mapping[Any, Any], by: Sequence[str]) -> Any:
    """What a grouped row is about: one name, or several."""
    return row[by[0]] if len(by) == 1 else tuple(row[name] for name in by)


def spreads(session: Session, table: sa.Table, asked: Range, *by: str) -> dict[Any, Spread]:
    """Name (or names) -> how the durations of the range are spread."""
    found: dict[Any, Spread] = {}
    query = sa.select(*(table.c[name] for name in by), table.c.spread).where(
        *where(table, asked), table.c.spread.is_not(None)
    )
    for row in session.execute(query):
        added(found.setdefault(row[0] if len(by) == 1 else tuple(row[:-1]), {}), unpacked(row[-1]))
    return found


def moments(session: Session, column: Any, asked: Range) -> list[sa.ColumnElement[bool]]:
    """The range for a column of moments."""
    zone, found = runtime_of(session).zone, []
    if asked.since is not None:
        found.append(column >= datetime.combine(asked.since, time(), zone))
    if asked.until is not None:
        found.append(column < datetime.combine(asked.until + timedelta(days=1), time(), zone))
    return found


def durations(row: Mapping[str, Any], spread: Spread, total: str, count: int) -> Durations:
    """Durations from sums and a spread. `total`: the column with their sum."""
    if not count or not spread:
        return Durations()
    whole = row[total] * MS
    return Durations(
        count=count,
        total=whole,
        mean=whole / count,
        median=_quantile(spread, Fraction(1, 2), row),
        p90=_quantile(spread, Fraction(9, 10), row),
        p95=_quantile(spread, Fraction(95, 100), row),
        shortest=_span(row["shortest"]),
        longest=_span(row["longest"]),
    )


def _quantile(spread: Spread, part: Fraction, row: Mapping[str, Any]) -> timedelta | None:
    """Never beyond what is known exactly."""
    found = quantile(spread, part)
    return None if found is None else _span(min(max(found, row["shortest"]), row["longest"]))


def _span(ms: int | None) -> timedelta | None:
    return None if ms is None else ms * MS


def names(asked: Range, element: str) -> tuple[str, str]:
    """An element's name as drawn, and in English."""
    return naming.called(asked.newest, element)


def milestone(asked: Range) -> tuple[str, str, str] | None:
    """The element whose reaching is the conversion of a process (its property `milestone`), and what it is called in
    both languages: `milestoneName` where the process says so, else as the element is; None where none is set."""
    properties, texts = asked.newest.definition.properties, asked.newest.texts
    element = properties.get("milestone")
    if not element:
        return None
    if name := properties.get("milestoneName"):
        told = texts.get("milestoneName")
        return element, name, told if isinstance(told, str) else name
    return element, *names(asked, element)


def type_of(asked: Range, element: str) -> str:
    """The BPMN element's local name."""
    node = asked.newest.definition.nodes.get(element)
    return node.type if node is not None else ""


def total(session: Session, table: sa.Table, asked: Range, *more: sa.ColumnElement[bool]) -> dict[str, int]:
    """The sums of a whole table over the range (and what else must hold)."""
    names = f.sums(table)
    query = sa.select(*(sa.func.sum(table.c[name]) for name in names)).where(*where(table, asked), *more)
    row = session.execute(query).one()
    return {name: int(value or 0) for name, value in zip(names, row, strict=True)}


def overdue(session: Session, asked: Range) -> list[sa.ColumnElement[bool]]:
    """What open tasks are that were due in the range and are late; a paused one is not."""
    u = t.user_task.c
    late = u.state == "open", u.due_at < runtime_of(session).now(), u.waiting_since.is_(None)
    return [*late, u.definition_id.in_(asked.definitions), *moments(session, u.due_at, asked)]
