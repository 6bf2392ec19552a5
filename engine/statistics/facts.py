"""What folding needs besides history: cases, tasks that are over, models. Law: reads only, and only what is settled.

A completed task's row, an ended case's row and a definition do not change any more, so that folding the same history
again gives the same figures. The one exception is told: working time is of the calendar as it is when it is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars, definitions
from engine.errors import DealflowError
from engine.execution import runtime_of
from engine.log import logger
from engine.statistics.fold import Case, End, Model, Step, Task, World
from engine.store import figures as f
from engine.store import tables as t

log = logger("statistics")
CHUNK = 500
"""Keys in one statement."""
_BETWEEN = re.compile(r"[\s,;\uff0c\uff1b、]+")
FIRST = "firstResponse"
"""Property of a process: the tasks whose completion is the first response."""


@dataclass(frozen=True, slots=True)
class Row:
    """A case as its row says."""

    id: int
    key: str
    definition_id: int
    started_at: datetime
    ended_at: datetime | None
    state: str
    version: int
    """The number of the last history row that belongs to this state of the row."""

    @property
    def end(self) -> End | None:
        """How it ended; None while it goes on."""
        return End(self.ended_at, self.state) if self.ended_at is not None else None


def chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    """In pieces that fit into a statement."""
    whole = list(items)
    for begin in range(0, len(whole), CHUNK):
        yield whole[begin : begin + CHUNK]


def rows(session: Session, ids: Iterable[int]) -> dict[int, Row]:
    """The cases by id. Read before their history: rows beyond `version` belong to a later state and wait."""
    i = t.instance.c
    query = sa.select(i.id, i.key, i.definition_id, i.started_at, i.ended_at, i.state, i.version)
    return {row.id: Row(*row) for part in chunks(ids) for row in session.execute(query.where(i.id.in_(part)))}


def cursors(session: Session, ids: Iterable[int]) -> dict[int, tuple[int, Mapping[str, Any] | None]]:
    """How far each case is in the figures: the last row, and what is remembered of it."""
    c = f.cursor.c
    return {
        row.instance_id: (row.seq, row.body)
        for part in chunks(ids)
        for row in session.execute(sa.select(f.cursor).where(c.instance_id.in_(part)))
    }


def step(row: Any) -> Step:
    """A row of the history table as a value."""
    return Step(row.seq, row.at, row.trigger, row.events)


def first_case(session: Session, row: Row, steps: Sequence[Step], complete: bool) -> Case:
    """A case before its first row: of the version that it began with, which a migration tells."""
    seen: Iterable[Any] = (one.triggers for one in steps)
    if not complete:
        h = t.history.c
        seen = session.scalars(sa.select(h.trigger).where(h.instance_id == row.id).order_by(h.seq)).all()
    moves = [fields for triggers in seen for kind, fields in triggers if kind == "CarriedOver"]
    definition = row.definition_id
    if moves:
        version = moves[0].get("before") or moves[0]["version"]
        definition = versions(session, {row.key}).get((row.key, version), definition)
    return Case(definition, row.started_at)


def versions(session: Session, keys: Iterable[str]) -> dict[tuple[str, int], int]:
    """(process, version) -> definition."""
    d = t.definition.c
    found = session.execute(sa.select(d.key, d.version, d.id).where(d.key.in_(list(keys))))
    return {(row.key, row.version): row.id for row in found}


def model(session: Session, definition_id: int) -> Model:
    """What figures need of a definition; of one that cannot be read any more, the firm's calendar alone."""
    try:
        definition = definitions.package(session, definition_id).definition
    except DealflowError as error:
        log.warning("definition_unreadable", definition=definition_id, error=str(error))
        return Model(definition_id, calendars.calendar(session))
    ends = {id for id, node in definition.nodes.items() if node.type == "endEvent"}
    said = definition.properties
    first = frozenset(name for name in _BETWEEN.split(said.get(FIRST, "").strip()) if name)
    return Model(definition_id, calendars.calendar(session, said.get("calendar")), frozenset(ends), first)


def waits_of(steps: Iterable[Step]) -> set[int]:
    """The waits that steps name and that may be tasks."""
    kinds = ("TaskCompleted", "JobFailed", "DueMoved")
    return {fields["wait"] for one in steps for kind, fields in one.triggers if kind in kinds}


def tasks(session: Session, waits: Iterable[tuple[int, int]]) -> dict[int, dict[int, Task]]:
    """Case -> wait -> the task that stood there, if it is over."""
    u = t.user_task.c
    wanted = sa.select(
        u.instance_id, u.wait, u.element, u.state, u.team, u.completed_by, u.properties, u.created_at, u.claimed_at,
        u.due_at, u.completed_at,
    )  # fmt: skip
    found: dict[int, dict[int, Task]] = {}
    for part in chunks(sorted(waits)):
        ids, numbers = {id for id, _ in part}, {wait for _, wait in part}  # SQLite has no index for pairs
        over = u.instance_id.in_(ids), u.wait.in_(numbers), u.completed_at.is_not(None)
        for row in session.execute(wanted.where(*over)):
            found.setdefault(row.instance_id, {})[row.wait] = Task(
                element=row.element,
                done=row.state == "completed",
                team=row.team or "",
                person=row.completed_by or "",
                calendar=calendars.calendar(session, (row.properties or {}).get("calendar")),
                created_at=row.created_at,
                claimed_at=row.claimed_at,
                due_at=row.due_at,
                ended_at=row.completed_at,
            )
    return found


class Models(dict[int, Model]):
    """Models by definition, read when they are first asked for."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def __missing__(self, definition_id: int) -> Model:
        found = self[definition_id] = model(self._session, definition_id)
        return found


def world(
    session: Session, models: Mapping[int, Model], key: str, known: Mapping[tuple[str, int], int],
    over: Mapping[int, Task],
) -> World:  # fmt: skip
    """The facts beside one case's history."""
    own = {version: id for (name, version), id in known.items() if name == key}
    return World(runtime_of(session).zone, models, own, over)
