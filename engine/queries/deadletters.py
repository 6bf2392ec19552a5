"""Jobs without attempts left: what failed where, why, since when and how often; one by one and by cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.definitions import package
from engine.queries.selection import Failures, failed
from engine.store import tables as t

j, n, i = t.job.c, t.incident.c, t.instance.c


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A failed job with its open incident. `attempts`: of this round; `times`: how often it ended as an incident."""

    job_id: int
    incident_id: int | None
    instance_id: int
    key: str
    version: int
    business_key: str | None
    element: str
    element_name: str
    element_name_en: str
    kind: str
    topic: str
    code: str
    text: str
    text_zh: str
    stack: str | None
    since: datetime
    attempts: int
    times: int


@dataclass(frozen=True, slots=True)
class DeadLetterGroup:
    """Failed jobs of one cause at one place."""

    key: str
    element: str
    topic: str
    code: str
    count: int
    oldest: datetime
    newest: datetime


def dead_letters(
    session: Session, wanted: Failures | None = None, *, page: int = 1, size: int = 100
) -> list[DeadLetter]:
    """A page of failed jobs, those that wait longest first."""
    query = _joined(wanted).add_columns(t.job, *_CAUSE, i.key, i.business_key, i.definition_id, _TIMES.label("times"))
    rows = session.execute(query.order_by(_SINCE, j.id).limit(size).offset((page - 1) * size))
    return [_letter(session, row) for row in rows.all()]


def dead_letter_groups(session: Session, wanted: Failures | None = None) -> list[DeadLetterGroup]:
    """How many failed jobs of which cause stand where, the most frequent first."""
    what = (i.key, j.element, j.topic, _CODE)
    number = sa.func.count().label("number")
    oldest, newest = (sa.type_coerce(f(_SINCE), t.Moment) for f in (sa.func.min, sa.func.max))
    query = _joined(wanted).add_columns(*what, number, oldest.label("oldest"), newest.label("newest"))
    rows = session.execute(query.group_by(*what).order_by(number.desc(), *what))
    return [DeadLetterGroup(*row) for row in rows]


_SINCE: sa.ColumnElement[datetime] = sa.type_coerce(sa.func.coalesce(n.at, j.due_at), t.Moment)
_CODE: sa.ColumnElement[str] = sa.func.coalesce(n.code, "")
_CAUSE = (n.id.label("incident_id"), _CODE.label("code"), n.text, n.text_zh, n.stack, _SINCE.label("since"))
_EARLIER = t.incident.alias()
_TIMES = (
    sa.select(sa.func.count())
    .where(_EARLIER.c.instance_id == j.instance_id, _EARLIER.c.job_id == j.id)
    .correlate(t.job)
    .scalar_subquery()
)


def _joined(wanted: Failures | None) -> sa.Select[Any]:
    mine = sa.and_(n.instance_id == j.instance_id, n.job_id == j.id, n.resolved_at.is_(None))
    return (
        sa.select()
        .select_from(t.job)
        .join(t.instance, i.id == j.instance_id)
        .outerjoin(t.incident, mine)
        .where(*failed(wanted or Failures()))
    )


def _letter(session: Session, row: Any) -> DeadLetter:
    model = package(session, row.definition_id)
    node = model.definition.nodes.get(row.element)
    name = (node.name if node is not None else "") or row.element
    return DeadLetter(
        job_id=row.id,
        incident_id=row.incident_id,
        instance_id=row.instance_id,
        key=row.key,
        version=model.version,
        business_key=row.business_key,
        element=row.element,
        element_name=name,
        element_name_en=model.texts.get(row.element, name),
        kind=row.kind,
        topic=row.topic,
        code=row.code,
        text=row.text or row.last_error or "",
        text_zh=row.text_zh or row.text or row.last_error or "",
        stack=row.stack,
        since=row.since,
        attempts=row.attempts,
        times=row.times,
    )
