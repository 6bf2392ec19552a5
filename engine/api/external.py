"""Work for programs outside: fetch and lock, complete, fail. Law: whoever holds the lock speaks; nobody else.

A service task whose topic no handler of ours has is work for a program elsewhere. It asks for work of its topics, gets
each piece under a lock of its own length, and says what became of it. A lock that ran out may be taken by another
program; until that has happened, the first one is still heard: its work is done, and one report is enough. A late
report after that changes nothing and is refused with `LockLost`.

Attempts are counted as for handlers of ours (`R5/PT5M` in the model, else three); when none is left, a person gets an
incident, and a retry starts again from the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import advance, instances, jobs
from engine.errors import ExternalFailure, Forbidden, InvalidInput, LockLost, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.instances import Live
from engine.process.triggers import JobDone, JobFailed, Trigger
from engine.store import tables as t

LONGEST_LOCK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a program asks for. `lock`: for how long it wants each piece to itself; `variables`: only these, or all."""

    name: str
    lock: timedelta
    variables: tuple[str, ...] | None = None
    process_key: str | None = None
    business_key: str | None = None


@dataclass(frozen=True, slots=True)
class ExternalTask:
    """A locked piece of work. `key` is the same at every attempt: what the world outside dedupes by."""

    id: int
    topic: str
    element: str
    instance_id: int
    definition_id: int
    process_key: str
    business_key: str | None
    variables: Mapping[str, Any]
    properties: Mapping[str, str]
    priority: int
    attempt: int
    retries_left: int
    last_error: str | None
    lock_until: datetime
    key: str


def fetch_and_lock(
    session: Session, actor: Actor, worker: str, topics: Sequence[Topic], most: int = 10
) -> list[ExternalTask]:
    """Up to `most` pieces of work, the most urgent first, locked for `worker`; empty when there is none now."""
    _require(actor, worker)
    for topic in topics:
        if not timedelta() < topic.lock <= LONGEST_LOCK:
            raise InvalidInput(
                place=f"topics.{topic.name}.lock",
                reason="a lock lasts more than nothing and at most seven days",
                reason_zh="锁定时长须大于零且不超过七天",
            )
    found: list[ExternalTask] = []
    for topic in topics:
        if len(found) < most:
            found += _take(session, worker, topic, most - len(found))
    return found


def _take(session: Session, worker: str, topic: Topic, most: int) -> list[ExternalTask]:
    now = runtime_of(session).now()
    j, i = t.job.c, t.instance.c
    free = sa.or_(
        sa.and_(j.state == "ready", j.due_at <= now),
        sa.and_(j.state == "leased", j.lease_until < now),
    )
    query = (
        sa.select(t.job, i.definition_id, i.key.label("process_key"), i.business_key)
        .join(t.instance, i.id == j.instance_id)
        .where(free, j.kind == "external", j.topic == topic.name, i.state == "active")
        .order_by(j.priority.desc(), j.due_at, j.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=t.job)
    )
    if topic.process_key is not None:
        query = query.where(i.key == topic.process_key)
    if topic.business_key is not None:
        query = query.where(i.business_key == topic.business_key)
    rows = session.execute(query).mappings().all()
    until = now + topic.lock
    if rows:
        session.execute(
            sa.update(t.job)
            .where(j.id.in_([row["id"] for row in rows]))
            .values(state="leased", lease_by=worker, lease_until=until, fence=j.fence + 1)
        )
    return [_task(dict(row), topic, until) for row in rows]


def _task(row: Mapping[str, Any], topic: Topic, until: datetime) -> ExternalTask:
    inputs: Mapping[str, Any] = row["payload"]["inputs"]
    wanted = inputs if topic.variables is None else {name: inputs[name] for name in topic.variables if name in inputs}
    return ExternalTask(
        id=row["id"],
        topic=row["topic"],
        element=row["element"],
        instance_id=row["instance_id"],
        definition_id=row["definition_id"],
        process_key=row["process_key"],
        business_key=row["business_key"],
        variables=wanted,
        properties=row["payload"]["properties"],
        priority=row["priority"],
        attempt=row["attempts"] + 1,
        retries_left=row["max_attempts"] - row["attempts"],
        last_error=row["last_error"],
        lock_until=until,
        key=f"{row['instance_id']}:{row['wait']}",
    )


def complete_external(
    session: Session, actor: Actor, worker: str, task_id: int, variables: Mapping[str, object] | None = None
) -> None:
    """The work is done; `variables` go where the task's output mapping sends them."""
    job, live = _held(session, actor, worker, task_id)
    _go_on(session, worker, live, JobDone(job["wait"], dict(variables or {})))


def bpmn_error_external(
    session: Session,
    actor: Actor,
    worker: str,
    task_id: int,
    code: str,
    message: str = "",
    variables: Mapping[str, object] | None = None,
) -> None:
    """The work ended in a business outcome that the diagram handles by an error event with this code."""
    job, live = _held(session, actor, worker, task_id)
    _go_on(session, worker, live, JobFailed(job["wait"], code, message, dict(variables or {})))


def fail_external(
    session: Session,
    actor: Actor,
    worker: str,
    task_id: int,
    message: str,
    *,
    details: str = "",
    retries: int | None = None,
    retry_in: timedelta | None = None,
) -> None:
    """The attempt failed. `retries`: how many are left now (0: an incident); unsaid, the model's policy counts.

    `retry_in`: when the work may be fetched again; unsaid, by the policy's back-off.
    """
    job, _ = _held(session, actor, worker, task_id)
    if retries is not None and retries < 0:
        raise InvalidInput(place="retries", reason="no less than none", reason_zh="不能小于零")
    jobs.fail(
        session, task_id, job["fence"], ExternalFailure(message=message, details=details), left=retries, after=retry_in
    )


def extend_external(session: Session, actor: Actor, worker: str, task_id: int, lock: timedelta) -> datetime:
    """The program needs longer: the lock now ends `lock` from now. Returns when."""
    if not timedelta() < lock <= LONGEST_LOCK:
        raise InvalidInput(place="lock", reason="at most seven days", reason_zh="不超过七天")
    _held(session, actor, worker, task_id)
    until = runtime_of(session).now() + lock
    session.execute(sa.update(t.job).where(t.job.c.id == task_id).values(lease_until=until))
    return until


def unlock_external(session: Session, actor: Actor, worker: str, task_id: int) -> None:
    """The program gives the work back; the attempt does not count."""
    job, _ = _held(session, actor, worker, task_id)
    jobs.put_back(session, task_id, job["fence"])


def _require(actor: Actor, worker: str) -> None:
    if not actor.is_admin:
        raise Forbidden(
            reason="work for programs is given to programs with a token, and to administrators",
            reason_zh="外部任务只分配给持有令牌的程序和管理员",
        )
    if not worker.strip():
        raise InvalidInput(place="worker", reason="say who asks", reason_zh="请填写工作程序的标识")


def _held(session: Session, actor: Actor, worker: str, task_id: int) -> tuple[Mapping[str, Any], Live]:
    """The job's row and its instance, both under lock, while `worker` holds it."""
    _require(actor, worker)
    instance_id = session.scalar(
        sa.select(t.job.c.instance_id).where(t.job.c.id == task_id, t.job.c.kind == "external")
    )
    if instance_id is None:
        raise NotFound(what="external task", id=task_id)
    live = instances.load(session, instance_id)
    row = session.execute(sa.select(t.job).where(t.job.c.id == task_id)).mappings().first()
    if row is None or live is None:
        raise NotFound(what="external task", id=task_id)
    if row["state"] != "leased" or row["lease_by"] != worker:
        raise LockLost(task=task_id, worker=worker, by=row["lease_by"] or "—")
    if live.status != "active":
        raise Forbidden(reason="this case is suspended", reason_zh="该流程实例已挂起")
    return dict(row), live


def _go_on(session: Session, worker: str, live: Live, outcome: Trigger) -> None:
    advance.advance(session, f"external:{worker}", live, outcome)
