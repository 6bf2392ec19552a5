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

from engine import advance, audit, definitions, instances, jobs, leases
from engine.definitions import Package
from engine.errors import AlreadyHandled, ExternalFailure, Forbidden, InvalidInput, LockLost, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.ids import made_at
from engine.instances import Live
from engine.process.triggers import JobDone, JobFailed, Trigger
from engine.queries import programs
from engine.queries.programs import PROGRAM
from engine.queries.programs import Topic as Topic
from engine.store import after_commit
from engine.store import tables as t

LONGEST_LOCK = timedelta(days=7)
MOST_URGENT = 1_000_000


@dataclass(frozen=True, slots=True)
class ExternalTask:
    """A locked piece of work. `key` is the same at every attempt: what the world outside dedupes by."""

    id: int
    topic: str
    element: str
    instance_id: int
    definition_id: int
    process_key: str
    version: int
    version_tag: str | None
    business_key: str | None
    variables: Mapping[str, Any]
    """What the work is asked with: the mapped inputs, or all variables that it sees where nothing is mapped."""
    visible: Mapping[str, Any]
    """The same, and beneath it the variables of the case as they are now."""
    properties: Mapping[str, str]
    priority: int
    attempt: int
    retries_left: int
    last_error: str | None
    lock_until: datetime
    key: str
    created_at: datetime


def fetch_and_lock(
    session: Session, actor: Actor, worker: str, topics: Sequence[Topic], most: int = 10
) -> list[ExternalTask]:
    """Up to `most` pieces of work, the most urgent first, locked for `worker`; empty when there is none now."""
    _require(actor, worker)
    for topic in topics:
        _require_lock(topic.lock, f"topics.{topic.name}.lock")
    found: list[ExternalTask] = []
    for topic in topics:
        if len(found) < most:
            found += _take(session, worker, topic, most - len(found))
    return found


def _take(session: Session, worker: str, topic: Topic, most: int) -> list[ExternalTask]:
    now = runtime_of(session).now()
    j = t.job.c
    query = programs.free(session, topic).order_by(j.priority.desc(), j.due_at, j.id)
    rows = session.execute(query.limit(most).with_for_update(skip_locked=True, of=t.job)).mappings().all()
    until = now + topic.lock
    if rows:
        session.execute(
            sa.update(t.job)
            .where(j.id.in_([row["id"] for row in rows]))
            .values(state="leased", lease_by=worker, lease_until=until, fence=j.fence + 1)
        )
    seen = programs.visible(session, [dict(row) for row in rows])
    models = {row["definition_id"]: definitions.package(session, row["definition_id"]) for row in rows}
    return [_task(dict(row), models[row["definition_id"]], topic, until, seen[row["id"]]) for row in rows]


def _task(
    row: Mapping[str, Any], package: Package, topic: Topic, until: datetime, visible: Mapping[str, Any]
) -> ExternalTask:
    return ExternalTask(
        id=row["id"],
        topic=row["topic"],
        element=row["element"],
        instance_id=row["instance_id"],
        definition_id=row["definition_id"],
        process_key=row["process_key"],
        version=package.version,
        version_tag=package.definition.version_tag,
        business_key=row["business_key"],
        variables=_wanted(row["payload"]["inputs"], topic),
        visible=_wanted(visible, topic),
        properties=row["payload"]["properties"],
        priority=row["priority"],
        attempt=row["attempts"] + 1,
        retries_left=row["max_attempts"] - row["attempts"],
        last_error=row["last_error"],
        lock_until=until,
        key=f"{row['instance_id']}:{row['wait']}",
        created_at=made_at(row["id"]),
    )


def _wanted(variables: Mapping[str, Any], topic: Topic) -> Mapping[str, Any]:
    if topic.variables is None:
        return variables
    return {name: variables[name] for name in topic.variables if name in variables}


def lock_external(session: Session, actor: Actor, worker: str, task_id: int, lock: timedelta) -> datetime:
    """Lock one piece of work that nobody holds for `worker`. AlreadyHandled names who holds it. Returns until when."""
    _require(actor, worker)
    _require_lock(lock, "lockDuration")
    now = runtime_of(session).now()
    row = session.execute(sa.select(t.job).where(t.job.c.id == task_id, t.job.c.kind == "external")).first()
    if row is None:
        raise NotFound(what="external task", id=task_id)
    until = now + lock
    free = sa.or_(t.job.c.state == "ready", sa.and_(t.job.c.state == "leased", t.job.c.lease_until < now))
    taken = session.execute(
        sa.update(t.job)
        .where(t.job.c.id == task_id, sa.or_(free, t.job.c.lease_by == worker))
        .values(state="leased", lease_by=worker, lease_until=until, fence=t.job.c.fence + 1)
        .returning(t.job.c.id)
    ).first()
    if taken is None:
        raise AlreadyHandled(what=f"external task {task_id}", by=row.lease_by or row.state, at=row.lease_until or now)
    return until


def set_priority_external(session: Session, actor: Actor, task_id: int, priority: int) -> None:
    """Say how urgent a piece of work is: what is more urgent is handed out first."""
    require_program(actor)
    if not -MOST_URGENT <= priority <= MOST_URGENT:
        raise InvalidInput(place="priority", reason="too large a number", reason_zh="数值过大")
    row = session.execute(
        sa.update(t.job)
        .where(t.job.c.id == task_id, t.job.c.kind == "external")
        .values(priority=priority)
        .returning(t.job.c.instance_id, t.job.c.element)
    ).first()
    if row is None:
        raise NotFound(what="external task", id=task_id)
    data = {"element": row.element, "priority": priority}
    audit.append(session, f"instance:{row.instance_id}", actor.id, "priority_set", data)


def complete_external(
    session: Session,
    actor: Actor,
    worker: str,
    task_id: int,
    variables: Mapping[str, object] | None = None,
    local: Mapping[str, object] | None = None,
) -> None:
    """The work is done; `variables` go where the task's output mapping sends them, or to the case where it has none.

    local: seen by the output mapping alone.
    """
    job, live = _held(session, actor, worker, task_id)
    node = live.package.definition.nodes.get(job["element"])
    seen = dict(local or {}) if node is not None and node.outputs else {}
    _go_on(session, worker, live, JobDone(job["wait"], {**dict(variables or {}), **seen}))


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
    _require_lock(lock, "lock")
    _held(session, actor, worker, task_id)
    until = runtime_of(session).now() + lock
    session.execute(sa.update(t.job).where(t.job.c.id == task_id).values(lease_until=until))
    return until


def unlock_external(session: Session, actor: Actor, worker: str | None, task_id: int) -> None:
    """The work is given back, and the attempt does not count; `worker` None: whoever holds it."""
    if worker is None:
        require_program(actor)
        worker = session.scalar(sa.select(t.job.c.lease_by).where(t.job.c.id == task_id, t.job.c.kind == "external"))
        if worker is None and session.scalar(sa.select(t.job.c.id).where(t.job.c.id == task_id)) is not None:
            return  # nobody holds it
        worker = worker or "—"
    job, _ = _held(session, actor, worker, task_id)
    leases.put_back(session, task_id, job["fence"])
    after_commit(session, runtime_of(session).offered)


def _require(actor: Actor, worker: str) -> None:
    require_program(actor)
    if not worker.strip():
        raise InvalidInput(place="worker", reason="say who asks", reason_zh="请填写工作程序的标识")


def require_program(actor: Actor) -> None:
    """Forbidden when the actor is neither an administrator nor a program whose token has the scope `engine-rest`."""
    if not (actor.is_admin or PROGRAM in actor.scopes):
        raise Forbidden(
            reason="work for programs is given to programs with a token, and to administrators",
            reason_zh="外部任务只分配给持有令牌的程序和管理员",
        )


def _require_lock(lock: timedelta, place: str) -> None:
    if not timedelta() < lock <= LONGEST_LOCK:
        raise InvalidInput(
            place=place,
            reason="a lock lasts more than nothing and at most seven days",
            reason_zh="锁定时长须大于零且不超过七天",
        )


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
