"""The register of conditions precedent: who owes what, what was handed in, what legal says, what was waived.

Law: a condition is met when it was accepted, waived or deferred to a day that has not passed; nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.store import take_turn
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import condition_precedent as conditions

PHASES = ("initial", "each", "subsequent")
STATES = ("open", "submitted", "waiver_asked", "accepted", "rejected", "waived", "deferred")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as it stands."""

    id: int
    project_id: int
    number: int
    text: str
    text_en: str
    owner_group: str
    phase: str
    waivable: bool
    source: str
    state: str
    due: date | None
    evidence: str | None
    comment: str | None
    submitted_by: str | None
    submitted_at: datetime | None
    reviewer: str | None
    reviewed_at: datetime | None
    review_comment: str | None

    def met(self, day: date) -> bool:
        """Whether it stands in nobody's way on a day."""
        in_time = self.due is not None and self.due >= day
        return self.state in ("accepted", "waived") or (self.state == "deferred" and in_time)


_CONDITION = [conditions.c[field.name] for field in fields(Condition)]


def of_project(
    session: Session, project_id: int, *, phase: str | None = None, states: Iterable[str] | None = None
) -> tuple[Condition, ...]:
    """A project's conditions by number, of one phase or of some states when asked."""
    query = sa.select(*_CONDITION).where(conditions.c.project_id == project_id).order_by(conditions.c.number)
    if phase is not None:
        query = query.where(conditions.c.phase == phase)
    if states is not None:
        query = query.where(conditions.c.state.in_(list(states)))
    return tuple(Condition(**row) for row in session.execute(query).mappings())


def open_ones(session: Session, project_id: int, phase: str, day: date) -> tuple[Condition, ...]:
    """The conditions of a phase that are not met on a day."""
    return tuple(one for one in of_project(session, project_id, phase=phase) if not one.met(day))


def add(session: Session, project_id: int, rows: Iterable[Mapping[str, Any]], stamp: Stamp) -> int:
    """Enter conditions under the next numbers: {text, text_en, owner_group, phase, waivable, source, due}. One whose
    text and phase are there already is not entered twice. Returns how many were. InvalidInput for an unknown phase.
    """
    take_turn(session, f"conditions:{project_id}")
    known = {(one.text, one.phase): one.number for one in of_project(session, project_id)}
    number, entered = max(known.values(), default=0), 0
    for row in rows:
        if row["phase"] not in PHASES:
            raise InvalidInput(place="phase", reason=f"unknown: {row['phase']}", reason_zh=f"未知阶段 {row['phase']}")
        if (row["text"], row["phase"]) in known:
            continue
        number, entered = number + 1, entered + 1
        known[row["text"], row["phase"]] = number
        insert(session, conditions, {"project_id": project_id, "number": number, "state": "open"} | dict(row), stamp)
    return entered


def change(session: Session, project_id: int, number: int, values: Mapping[str, Any], stamp: Stamp) -> None:
    """Write one condition; what differs is logged. NotFound."""
    where = (conditions.c.project_id == project_id, conditions.c.number == number)
    found = session.execute(sa.select(conditions.c.id).where(*where).with_for_update()).scalar()
    if found is None:
        raise NotFound(what="condition precedent", what_zh="先决条件", id=number)
    update(session, conditions, found, values, stamp)
