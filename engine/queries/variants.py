"""Which paths cases take, how often and how long; and what was done beside the model. Law: read from history itself.

Of the newest ended cases of the range, at most MOST: a path is the order in which its tasks, calls and end were left,
repetitions included. The model cannot be broken by work; it can be overruled by hand, which is what deviates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.queries import figures
from engine.queries.figures import Range
from engine.store import tables as t

MOST = 1_000
STEPS = frozenset({"userTask", "manualTask", "callActivity", "receiveTask", "endEvent"})
"""Kinds of elements that make a path."""
BY_HAND = {
    "Modified": "moved",
    "CarriedOver": "migrated",
    "Retried": "retried",
    "Cancelled": "cancelled",
}
"""Trigger -> what was done by hand beside the model."""
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One element of a path; `again`: how often it was done at this place, one after the other."""

    element: str
    name: str
    name_en: str
    again: int


@dataclass(frozen=True, slots=True)
class Variant:
    """One path and the cases that took it. Durations by the wall clock from start to end."""

    steps: tuple[Step, ...]
    cases: int
    share: Decimal | None
    median: timedelta
    longest: timedelta
    examples: tuple[int, ...]
    overruled: int
    """Cases of it in which somebody stepped in."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One way of overruling the model (moved, migrated, retried, cancelled, restarted), or a task done over again."""

    kind: str
    element: str
    name: str
    name_en: str
    cases: int
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Paths:
    """`looked_at` of `ended` cases of the range were read."""

    ended: int
    looked_at: int
    variants: tuple[Variant, ...]
    deviations: tuple[Deviation, ...]


@dataclass(slots=True)
class _Case:
    path: list[str] = field(default_factory=list)
    by_hand: set[str] = field(default_factory=set)


def paths(
    session: Session, key: str, version: int | None = None, since: date | None = None, until: date | None = None
) -> Paths:
    """The paths of the cases that ended in the range, the commonest first. NotFound: no such process or version."""
    asked, i = figures.within(session, key, version, since, until), t.instance.c
    over = [
        i.definition_id.in_(asked.definitions), i.ended_at.is_not(None), *figures.moments(session, i.ended_at, asked),
    ]  # fmt: skip
    ended = session.scalar(sa.select(sa.func.count()).select_from(t.instance).where(*over)) or 0
    query = sa.select(i.id, i.started_at, i.ended_at, i.restarted_from).where(*over).order_by(i.ended_at.desc())
    rows = session.execute(query.limit(MOST)).all()
    cases = _read(session, asked, [row.id for row in rows])
    spans = {row.id: row.ended_at - row.started_at for row in rows}
    for row in rows:
        if row.restarted_from is not None:
            cases[row.id].by_hand.add("restarted")
    return Paths(ended, len(rows), _variants(asked, cases, spans), _deviations(asked, cases))


def _median(spans: list[timedelta]) -> timedelta:
    """The middle one; of two in the middle the longer."""
    return sorted(spans)[len(spans) // 2]


def _read(session: Session, asked: Range, ids: list[int]) -> dict[int, _Case]:
    wanted = {id for id, node in asked.newest.definition.nodes.items() if node.type in STEPS}
    found = {id: _Case() for id in ids}
    h = t.history.c
    for begin in range(0, len(ids), 250):
        query = sa.select(h.instance_id, h.trigger, h.events).where(h.instance_id.in_(ids[begin : begin + 250]))
        for row in session.execute(query.order_by(h.instance_id, h.seq)):
            case = found[row.instance_id]
            case.by_hand.update(BY_HAND[kind] for kind, _fields in row.trigger if kind in BY_HAND)
            case.path += [event[1] for event in row.events if event[0] == "l" and event[1] in wanted]
    return found


def _variants(asked: Range, cases: Mapping[int, _Case], spans: Mapping[int, timedelta]) -> tuple[Variant, ...]:
    same: dict[tuple[tuple[str, int], ...], list[int]] = {}
    for id, case in cases.items():
        path = tuple((element, sum(1 for _ in times)) for element, times in groupby(case.path))
        same.setdefault(path, []).append(id)
    found = [
        Variant(
            steps=tuple(Step(element, *figures.names(asked, element), again) for element, again in path),
            cases=len(ids),
            share=figures.share(len(ids), len(cases)),
            median=_median([spans[id] for id in ids]),
            longest=max(spans[id] for id in ids),
            examples=tuple(ids[:EXAMPLES]),
            overruled=sum(1 for id in ids if cases[id].by_hand),
        )
        for path, ids in same.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.cases, len(one.steps))))


def _deviations(asked: Range, cases: Mapping[int, _Case]) -> tuple[Deviation, ...]:
    seen: dict[tuple[str, str], list[int]] = {}
    kinds = {id: node.type for id, node in asked.newest.definition.nodes.items()}
    for id, case in cases.items():
        for kind in case.by_hand:
            seen.setdefault((kind, ""), []).append(id)
        for element in _twice(case.path):
            if kinds.get(element) == "userTask":
                seen.setdefault(("again", element), []).append(id)
    found = [
        Deviation(kind, element, *(figures.names(asked, element) if element else ("", "")), len(ids), tuple(ids[:5]))
        for (kind, element), ids in seen.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.cases, one.kind, one.element)))


def _twice(path: Iterable[str]) -> list[str]:
    counted: Counter[Any] = Counter(path)
    return [element for element, times in counted.items() if times > 1]
