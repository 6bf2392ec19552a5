"""The trail of one instance: who did what to it, and how its variables came to be. Law: a chain is computed again each
time it is shown (`engine.history`, `engine.audit`); the whole database is `engine.verification`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, history
from engine.definitions import package
from engine.errors import NotFound
from engine.queries.cases import _private
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry: what was done, with what stood before and after in `data` where that is told."""

    seq: int
    at: datetime
    actor: str
    action: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trail:
    """What was done by hand, oldest first; `audit_whole`, `history_whole`: every link of the chain fits."""

    entries: tuple[AuditRow, ...]
    audit_whole: bool
    history_rows: int
    history_whole: bool


@dataclass(frozen=True, slots=True)
class Written:
    """One value that a variable had: since when, by whose step, in which scope."""

    at: datetime
    actor: str | None
    trigger: str
    scope: str
    value: Any


def task_trail(session: Session, task_id: int) -> tuple[AuditRow, ...]:
    """What was done with a task by hand, oldest first: taken, given back, handed over, its date moved."""
    return tuple(_audit(session, f"task:{task_id}")[0])


def trail(session: Session, instance_id: int) -> Trail:
    """The audit of an instance with its chains recomputed. NotFound when there is none."""
    row = session.execute(sa.select(t.instance.c.chain).where(t.instance.c.id == instance_id)).first()
    if row is None:
        raise NotFound(what="instance", id=instance_id)
    entries, whole = _audit(session, f"instance:{instance_id}")
    rows, linked = _history(session, instance_id, bytes(row.chain) if row.chain is not None else None)
    return Trail(entries, whole, rows, linked)


def _audit(session: Session, subject: str) -> tuple[tuple[AuditRow, ...], bool]:
    c = t.audit_entry.c
    found, previous, whole = [], audit.ORIGIN, True
    rows = session.execute(sa.select(t.audit_entry).where(c.subject == subject).order_by(c.seq))
    for number, row in enumerate(rows, 1):
        data = row.data or {}
        fits = row.seq == number and row.previous == previous
        whole = whole and fits and row.hash == audit.entry_hash(
            row.previous, subject, row.seq, row.at, row.actor, row.action, data
        )  # fmt: skip
        previous = row.hash
        found.append(AuditRow(row.seq, row.at, row.actor, row.action, data))
    return tuple(found), whole


def _raw(column: sa.Column[Any]) -> sa.Label[Any]:
    return sa.type_coerce(column, sa.LargeBinary).label(column.name)


def _history(session: Session, instance_id: int, end: bytes | None) -> tuple[int, bool]:
    c = t.history.c
    columns = (c.seq, c.at, c.actor, _raw(c.trigger), _raw(c.events), c.hash)
    decided = _decided(session, instance_id)
    previous, number, whole, linked = history.ORIGIN, 0, True, False
    for row in session.execute(sa.select(*columns).where(c.instance_id == instance_id).order_by(c.seq)):
        number += 1
        parts = history.row_parts(row.seq, row.at, row.actor, bytes(row.trigger), bytes(row.events))
        for one in decided.get(row.seq, ()):
            parts += history.decision_parts(*one)
        if row.hash is None and not linked:  # written before chains were
            continue
        whole = whole and row.hash is not None and bytes(row.hash) == history.linked(previous, parts)
        previous, linked = bytes(row.hash or b""), True
    return number, whole and (end is None or not linked or end == previous)


def _decided(session: Session, instance_id: int) -> dict[int, list[tuple[Any, ...]]]:
    c = t.decision_log.c
    columns = [_raw(c[name]) if name in ("inputs", "output", "fired") else c[name] for name in history.DECISION_PARTS]
    found: dict[int, list[tuple[Any, ...]]] = {}
    query = sa.select(c.seq, *columns).where(c.instance_id == instance_id, c.seq.is_not(None)).order_by(c.seq, c.id)
    for seq, element, decision, model_hash, inputs, output, fired in session.execute(query):
        said = (element, decision, model_hash, bytes(inputs), bytes(output) if output else None, bytes(fired))
        found.setdefault(seq, []).append(said)
    return found


def written(session: Session, instance_id: int) -> dict[str, tuple[Written, ...]]:
    """Variable -> the values that it had, oldest first, in whichever scope. What was entered in a private task is not
    told. NotFound when there is no such instance."""
    definition_id = session.scalar(sa.select(t.instance.c.definition_id).where(t.instance.c.id == instance_id))
    if definition_id is None:
        raise NotFound(what="instance", id=instance_id)
    model, c = package(session, definition_id), t.history.c
    found: dict[str, list[Written]] = {}
    for row in session.execute(sa.select(t.history).where(c.instance_id == instance_id).order_by(c.seq)):
        cause = row.trigger[0][0] if row.trigger else ""
        for event in row.events:
            if event[0] != "v" or _private(model, event[1]):
                continue
            for name, value in event[2].items():
                found.setdefault(name, []).append(Written(row.at, row.actor, cause, event[1], value))
    return {name: tuple(values) for name, values in sorted(found.items())}
