"""Work for programs outside, as rows: what is free, who holds what. Law: reads only; who takes it is `engine.api`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions, states
from engine.errors import NotFound
from engine.execution import runtime_of
from engine.ids import made_at
from engine.store import tables as t

PROGRAM = "engine-rest"
"""The scope of a program's token."""
MOST_LOOKED_AT = 500
"""So many pieces of a topic are looked at for values of their variables."""

j, i = t.job.c, t.instance.c


@dataclass(frozen=True, slots=True)
class Topic:
    """What a program asks for. `lock`: for how long it wants each piece to itself; `variables`: only these, or all.

    The rest narrows it down: by process, by definition, by a version's tag, by values of the case's variables.
    """

    name: str
    lock: timedelta
    variables: tuple[str, ...] | None = None
    process_key: str | None = None
    business_key: str | None = None
    process_keys: tuple[str, ...] = ()
    definition_ids: tuple[int, ...] = ()
    version_tag: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def may_fit(self, offer: Offer) -> bool:
        """Whether a free piece may be what is asked for; tags and values are looked at when it is taken."""
        return (
            offer.topic == self.name
            and (self.process_key is None or offer.process_key == self.process_key)
            and (not self.process_keys or offer.process_key in self.process_keys)
            and (not self.definition_ids or offer.definition_id in self.definition_ids)
            and (self.business_key is None or offer.business_key == self.business_key)
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """A free piece of work."""

    topic: str
    process_key: str
    definition_id: int
    business_key: str | None


def offers(session: Session, topics: Collection[str], most: int = 200) -> list[Offer]:
    """Pieces of work of these topics that nobody holds, the most urgent first."""
    if not topics:
        return []
    query = (
        sa.select(j.topic, i.key, i.definition_id, i.business_key)
        .join(t.instance, i.id == j.instance_id)
        .where(_free(session), j.topic.in_(topics))
        .order_by(j.priority.desc(), j.due_at, j.id)
        .limit(most)
    )
    return [Offer(*row) for row in session.execute(query)]


def _free(session: Session) -> sa.ColumnElement[bool]:
    now = runtime_of(session).now()
    nobody = sa.or_(
        sa.and_(j.state == "ready", j.due_at <= now),
        sa.and_(j.state == "leased", j.lease_until < now),
    )
    return sa.and_(nobody, j.kind == "external", i.state == "active")


def free(session: Session, topic: Topic) -> sa.Select[Any]:
    """Rows of what is free of a topic, with their case's definition, process and business key."""
    query = (
        sa.select(t.job, i.definition_id, i.key.label("process_key"), i.business_key)
        .join(t.instance, i.id == j.instance_id)
        .where(_free(session), j.topic == topic.name)
    )
    if topic.process_key is not None:
        query = query.where(i.key == topic.process_key)
    if topic.process_keys:
        query = query.where(i.key.in_(topic.process_keys))
    if topic.definition_ids:
        query = query.where(i.definition_id.in_(topic.definition_ids))
    if topic.business_key is not None:
        query = query.where(i.business_key == topic.business_key)
    if topic.version_tag is not None:
        query = query.where(i.definition_id.in_(_tagged(session, query, topic.version_tag)))
    if topic.values:
        query = query.where(j.id.in_(_with_values(session, query, topic.values)))
    return query


def _tagged(session: Session, query: sa.Select[Any], tag: str) -> list[int]:
    ids = session.scalars(query.with_only_columns(i.definition_id).distinct()).all()
    return [id for id in ids if definitions.package(session, id).definition.version_tag == tag]


def _with_values(session: Session, query: sa.Select[Any], values: Mapping[str, Any]) -> list[int]:
    rows = session.execute(query.order_by(j.priority.desc(), j.due_at, j.id).limit(MOST_LOOKED_AT)).mappings().all()
    seen = visible(session, [dict(row) for row in rows])
    return [id for id, found in seen.items() if all(found.get(name) == value for name, value in values.items())]


def visible(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """Job -> the variables that its work sees: the case's as they are now, and what is mapped for the task alone.

    Where the model maps nothing, what the work was opened with lies beneath: it has gone on since.
    """
    bodies = session.execute(sa.select(i.id, i.body).where(i.id.in_({row["instance_id"] for row in rows}))).all()
    now = {case.id: states.whole(session, case.id, case.body).variables() for case in bodies}
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        inputs, case = row["payload"].get("inputs") or {}, now.get(row["instance_id"], {})
        node = definitions.package(session, row["definition_id"]).definition.nodes.get(row["element"])
        mapped = node is not None and bool(node.inputs)
        found[row["id"]] = {**case, **inputs} if mapped else {**inputs, **case}
    return found


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work for programs, free or held."""

    id: int
    topic: str
    element: str
    instance_id: int
    definition_id: int
    process_key: str
    version: int
    business_key: str | None
    worker: str | None
    lock_until: datetime | None
    priority: int
    attempts: int
    retries_left: int
    error: str | None
    suspended: bool
    key: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pieces of work; what is left empty does not count."""

    ids: tuple[int, ...] = ()
    topic: str | None = None
    worker: str | None = None
    locked: bool | None = None
    failed: bool | None = None
    lock_after: datetime | None = None
    lock_before: datetime | None = None
    elements: tuple[str, ...] = ()
    instances: tuple[int, ...] = ()
    definitions: tuple[int, ...] = ()
    keys: tuple[str, ...] = ()
    suspended: bool | None = None
    priority_from: int | None = None
    priority_to: int | None = None

    def conditions(self, now: datetime) -> list[sa.ColumnElement[bool]]:
        """What is said, over job and instance."""
        held = sa.and_(j.state == "leased", j.lease_until > now)
        found = [j.kind == "external"]
        if self.topic is not None:
            found.append(j.topic == self.topic)
        if self.worker is not None:
            found.append(sa.and_(held, j.lease_by == self.worker))
        if self.lock_after is not None:
            found.append(j.lease_until > self.lock_after)
        if self.lock_before is not None:
            found.append(j.lease_until < self.lock_before)
        if self.priority_from is not None:
            found.append(j.priority >= self.priority_from)
        if self.priority_to is not None:
            found.append(j.priority <= self.priority_to)
        for column, values in (
            (j.id, self.ids), (j.element, self.elements), (j.instance_id, self.instances),
            (i.definition_id, self.definitions), (i.key, self.keys),
        ):  # fmt: skip
            if values:
                found.append(column.in_(values))
        if self.locked is not None:
            found.append(held if self.locked else sa.not_(sa.and_(j.lease_until.is_not(None), held)))
        if self.failed is not None:
            found.append((j.state == "failed") if self.failed else (j.state != "failed"))
        if self.suspended is not None:
            found.append((i.state == "suspended") if self.suspended else (i.state == "active"))
        return found


ORDERS = {
    "id": j.id,
    "lockExpirationTime": j.lease_until,
    "processInstanceId": j.instance_id,
    "processDefinitionId": i.definition_id,
    "processDefinitionKey": i.key,
    "taskPriority": j.priority,
    "priority": j.priority,
    "createTime": j.id,
}
"""What lists of work can be ordered by."""


def works(
    session: Session, wanted: Wanted, *, order: Sequence[tuple[str, bool]] = (), first: int = 0, most: int = 1000
) -> list[Work]:
    """Pieces of work; `order`: names of ORDERS, each with whether it falls."""
    columns = (t.job, i.definition_id, i.key.label("process_key"), i.business_key, i.state.label("case_state"))
    query = sa.select(*columns, t.definition.c.version).select_from(_joined()).where(*_said(session, wanted))
    by = [ORDERS[name].desc() if falls else ORDERS[name] for name, falls in order]
    return [_work(row) for row in session.execute(query.order_by(*by, j.id).offset(first).limit(most))]


def number_of_works(session: Session, wanted: Wanted) -> int:
    """How many pieces `works` would find on all its pages."""
    return session.scalar(sa.select(sa.func.count()).select_from(_joined()).where(*_said(session, wanted))) or 0


def work(session: Session, id: int) -> Work:
    """One piece of work. NotFound when it is done or was never there."""
    found = works(session, Wanted(ids=(id,)))
    if not found:
        raise NotFound(what="external task", id=id)
    return found[0]


def failure_details(session: Session, id: int) -> str:
    """What was told beside the message of the last failure that became an incident; empty when there is none."""
    n = t.incident.c
    told = session.scalar(sa.select(n.stack).where(n.job_id == work(session, id).id).order_by(n.id.desc()).limit(1))
    return told or ""


def topics(session: Session) -> list[str]:
    """Topics of which there is work for programs just now."""
    return list(session.scalars(sa.select(j.topic).where(j.kind == "external").distinct().order_by(j.topic)))


def _said(session: Session, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    return wanted.conditions(runtime_of(session).now())


def _joined() -> Any:
    joined = t.job.join(t.instance, i.id == j.instance_id)
    return joined.join(t.definition, t.definition.c.id == i.definition_id)


def _work(row: Any) -> Work:
    return Work(
        id=row.id,
        topic=row.topic,
        element=row.element,
        instance_id=row.instance_id,
        definition_id=row.definition_id,
        process_key=row.process_key,
        version=row.version,
        business_key=row.business_key,
        worker=row.lease_by,
        lock_until=row.lease_until,
        priority=row.priority,
        attempts=row.attempts,
        retries_left=max(0, row.max_attempts - row.attempts),
        error=row.last_error,
        suspended=row.case_state == "suspended",
        key=f"{row.instance_id}:{row.wait}",
        created_at=made_at(row.id),
    )
