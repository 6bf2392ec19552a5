"""Instances as lines of text: what is written of them, and how. Law: exactly what is stored, so that hashes still fit.

A tree of calls goes whole: state with its parts, waits, tasks with candidates, drafts and reminders, history,
decisions, messages, incidents, comments (of files the hash), audit. What belongs to the house stays there: letters in
the outbox, notices, digests, seals.

A row is `{"table": …, "values": {column: value}}`: ids as decimal text, moments in ISO 8601 (UTC), documents as the
very text that is stored, other bytes in base64, everything else as JSON has it; empty columns are left out.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.store import dates, figures
from engine.store import tables as t

FORMAT, VERSION = "dealflow-instances", 1
OF_INSTANCE: tuple[sa.Table, ...] = (
    t.instance, t.instance_part, t.user_task, t.timer, t.subscription, t.job, t.call, t.incident, t.history,
    t.decision_log, t.message, t.comment,
)  # fmt: skip
OF_TASK: tuple[sa.Table, ...] = (t.candidate, t.task_draft, t.reminder)
CARRIED: Mapping[str, sa.Table] = {table.name: table for table in (*OF_INSTANCE, *OF_TASK, t.audit_entry)}
"""In the order in which they are written: what others point to comes first."""
LEFT = (t.outbox, t.delivery, t.digest_line, t.batch_item, t.cleaned, figures.cursor, dates.schedule)
"""What speaks of instances or tasks and stays where it is."""


def rows(session: Session, ids: list[int]) -> Iterator[dict[str, Any]]:
    """Every carried row of these instances, table by table."""
    for table in OF_INSTANCE:
        own = table.c.id if table is t.instance else table.c.instance_id
        yield from _of(session, table, own.in_(ids))
    tasks = list(session.scalars(sa.select(t.user_task.c.id).where(t.user_task.c.instance_id.in_(ids))))
    for table in OF_TASK:
        yield from _of(session, table, table.c.task_id.in_(tasks))
    subjects = [f"instance:{id}" for id in ids] + [f"task:{id}" for id in tasks]
    yield from _of(session, t.audit_entry, t.audit_entry.c.subject.in_(subjects))


def _of(session: Session, table: sa.Table, where: sa.ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    order = (table.c.subject, table.c.seq) if table is t.audit_entry else tuple(table.primary_key.columns)
    query = sa.select(*(_raw(column) for column in table.columns)).where(where).order_by(*order)
    for row in session.execute(query).mappings():
        values = {column.name: told(column, row[column.name]) for column in table.columns}
        yield {"table": table.name, "values": {name: value for name, value in values.items() if value is not None}}


def _raw(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    return sa.type_coerce(column, sa.LargeBinary).label(column.name) if is_document(column) else column


def is_document(column: sa.Column[Any]) -> bool:
    """Whether the column holds a document: text of the core's codec."""
    return isinstance(column.type, t.Document)


def told(column: sa.Column[Any], value: Any) -> Any:
    """A stored value as the file has it."""
    if value is None or isinstance(value, bool):
        return value
    if is_document(column):
        return bytes(value).decode()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(column.type, sa.BigInteger) else value


def stored(column: sa.Column[Any], value: Any) -> Any:
    """What `told` wrote, as it is stored. ValueError when it cannot be."""
    if value is None:
        return None
    if is_document(column):
        return str(value).encode()
    if isinstance(column.type, sa.LargeBinary):
        return base64.b64decode(value, validate=True)
    if isinstance(column.type, t.Moment):
        return datetime.fromisoformat(value)
    return int(value) if isinstance(column.type, sa.BigInteger) else value


def insert(table: sa.Table, row: Mapping[str, Any]) -> sa.Insert:
    """An insert of the columns that the row has, with documents as the bytes they are stored as."""
    raw = {c.name: sa.LargeBinary() for c in table.columns if is_document(c)}
    return sa.insert(table).values({name: sa.bindparam(name, type_=raw.get(name)) for name in row})
