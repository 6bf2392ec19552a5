"""Work for handlers, as rows. Law: at least once, one worker at a time, outcomes from a closed set.

Two kinds of work. What talks to the world is claimed (`engine.leases`): a worker leases rows, works outside any
transaction, and reports one outcome: done, BPMN error, failed. The report counts only while its fence is the row's.

What needs nothing but the database (transactional handlers, decisions, calls, `async` continuations) is not claimed:
it is done in the transaction that closes its row (`engine.firing`). A failed job waits its back-off and comes again;
without attempts left it becomes an incident that a person can retry.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import incidents, shards
from engine.errors import DealflowError, ExternalFailure, both
from engine.execution import runtime_of
from engine.ids import new_id
from engine.instances import Live
from engine.process.waits import CallWait, JobWait
from engine.retry import RetryPolicy, parse
from engine.store import Prepared, after_commit
from engine.store import tables as t

DEFAULT_RETRY = RetryPolicy()
CLAIMED = ("topic", "script")
"""Kinds of work outside any transaction (topics: unless their handler is transactional)."""
INSIDE = ("decision", "call", "async")
"""Kinds of work that a transaction can do by itself, beside topics whose handler is transactional."""
PRIORITY = 50
"""Of work that says nothing about it."""
State = Literal["ready", "leased", "failed"]
"""Of a job's row: due at its moment, in a worker's hands, without attempts left. What is done has no row."""


class Outcome(StrEnum):
    """What became of one attempt at a job; there is nothing else."""

    DONE = "done"
    """The handler returned: the instance goes on."""
    BPMN_ERROR = "bpmn_error"
    """The handler raised a BpmnError: a business outcome, which the diagram handles."""
    RETRY = "retry"
    """It failed and comes again after its back-off."""
    INCIDENT = "incident"
    """It failed and no attempt is left: a person sees it."""
    RETURNED = "returned"
    """It was given back untried (the instance is suspended, the worker stops); the attempt does not count."""
    LATE = "late"
    """The lease was lost or the work is no longer wanted: the report changed nothing."""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. `fence` proves the claim."""

    id: int
    instance_id: int
    wait: int
    element: str
    kind: str
    topic: str
    payload: Mapping[str, Any]
    attempt: int
    fence: int
    until: datetime | None = None
    """When the lease ends, as it was given; None for work inside a transaction."""

    @property
    def key(self) -> str:
        """The same for every attempt: what the world outside dedupes by."""
        return f"{self.instance_id}:{self.wait}"


def open_job(session: Session, live: Live, wait: JobWait, *, failed: BaseException | None = None) -> int:
    """Write the row of a JobWait. `failed`: the first attempt was made inside the step and raised."""
    runtime = runtime_of(session)
    handled = wait.kind == "topic" and wait.name in runtime.registry
    default = runtime.registry.find(wait.name).retry if handled else DEFAULT_RETRY
    policy = parse(wait.retries, default)
    kind = wait.kind if wait.kind != "topic" or handled else "external"
    id = new_id()
    row = {
        "id": id,
        "instance_id": live.id,
        "wait": wait.id,
        "element": wait.element,
        "kind": kind,
        "topic": wait.name if wait.kind != "script" else "script",
        "state": "ready",
        "due_at": runtime.now(),
        "priority": wait.priority,
        "shard": live.shard,
        "exclusive": _exclusive(live, wait.element),
        "attempts": 0,
        "max_attempts": policy.attempts,
        "retry": wait.retries,
        "payload": {
            "inputs": dict(wait.inputs),
            "script": wait.name if wait.kind == "script" else None,
            "language": wait.language,
            "properties": dict(wait.properties),
        },
        "lease_by": None,
        "lease_until": None,
        "fence": 0,
        "last_error": None,
    }
    _OPEN.later(session, row)
    if failed is not None:
        fail(session, id, 0, failed)
    else:
        _hint(session, kind, wait.name, live.shard)
    return id


_OPEN = Prepared(sa.insert(t.job), of="instance_id")


def _hint(session: Session, kind: str, topic: str, shard: int) -> None:
    """Tell those who do such work after the commit."""
    registry = runtime_of(session).registry
    if kind in INSIDE or (kind == "topic" and topic in registry and registry.find(topic).transactional):
        shards.hint(session, shard)
    elif kind in CLAIMED:
        shards.hint(session, shards.CLAIMABLE)
    elif kind == "external":
        after_commit(session, runtime_of(session).offered)


def _exclusive(live: Live, element: str) -> bool:
    node = live.package.definition.nodes.get(element)
    return node is None or node.exclusive


def open_call(session: Session, live: Live, wait: CallWait, error: BaseException) -> None:
    """A called process could not be started: an incident, and a job that starts it when a person retries."""
    id = new_id()
    session.execute(
        sa.insert(t.job).values(
            id=id,
            instance_id=live.id,
            wait=wait.id,
            element=wait.element,
            kind="call",
            topic=wait.called,
            state="ready",
            shard=live.shard,
            due_at=runtime_of(session).now(),
            max_attempts=1,
            payload={"inputs": dict(wait.inputs)},
        )
    )
    fail(session, id, 0, error)


def asked(job: Job, wait: JobWait | CallWait) -> JobWait | CallWait:
    """The open wait with its inputs: an instance's state does not keep them, the job's row does."""
    return replace(wait, inputs=job.payload["inputs"])


def inside(session: Session) -> sa.ColumnElement[bool]:
    """Whether a job's row is work that the transaction itself can do."""
    return _inside(transactional(session))


def outside(session: Session) -> sa.ColumnElement[bool]:
    """Whether a job's row is work for a worker outside any transaction."""
    return outside_of(transactional(session))


def transactional(session: Session) -> tuple[str, ...]:
    """Topics whose handler works inside the transaction."""
    return tuple(sorted(runtime_of(session).registry.transactional))


@lru_cache
def _inside(transactional: tuple[str, ...]) -> sa.ColumnElement[bool]:
    return sa.or_(*(t.job.c.kind == kind for kind in INSIDE), _one_of(transactional))


@lru_cache
def outside_of(transactional: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """`outside`, when these topics are worked on inside."""
    return sa.and_(sa.or_(*(t.job.c.kind == kind for kind in CLAIMED)), sa.not_(_one_of(transactional)))


def _one_of(topics: tuple[str, ...]) -> sa.ColumnElement[bool]:
    return sa.and_(t.job.c.kind == "topic", sa.or_(sa.false(), *(t.job.c.topic == name for name in topics)))


@dataclass(frozen=True, slots=True)
class Due:
    """Work that is due and that a transaction can do by itself."""

    id: int
    instance_id: int
    due_at: datetime
    priority: int
    root_id: int


def due(session: Session, limit: int, after: Due | None = None, shard: int | None = None) -> list[Due]:
    """Work for transactions that is due (of one shard), the most urgent first, behind `after`."""
    values: dict[str, Any] = {"now": runtime_of(session).now(), "most": limit}
    if shard is not None:
        values["shard"] = shard
    if after is not None:
        values |= {"after_at": after.due_at, "after_id": after.id, "after_priority": after.priority}
    rows = _due(transactional(session), shard is not None, after is not None).all(session, values)
    return [Due(**row) for row in rows]


@lru_cache
def _due(transactional: tuple[str, ...], of_shard: bool, behind: bool) -> Prepared:
    j, now = t.job.c, sa.bindparam("now", type_=t.Moment)
    query = (
        sa.select(j.id, j.instance_id, j.due_at, j.priority, t.instance.c.root_id)
        .join(t.instance, t.instance.c.id == j.instance_id)
        .where(j.state == "ready", j.due_at <= now, _inside(transactional))
        .where(t.instance.c.state == "active")
    )
    if of_shard:
        query = query.where(j.shard == sa.bindparam("shard"))
    if behind:
        at, priority = sa.bindparam("after_at", type_=t.Moment), sa.bindparam("after_priority", type_=sa.Integer)
        later = sa.or_(j.due_at > at, sa.and_(j.due_at == at, j.id > sa.bindparam("after_id", type_=t.Id)))
        query = query.where(sa.or_(j.priority < priority, sa.and_(j.priority == priority, later)))
    most = sa.bindparam("most", type_=sa.Integer)
    return Prepared(query.order_by(j.priority.desc(), j.due_at, j.id).limit(most))


def due_in(session: Session, shard: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether the shard has work that is due and that a transaction can do by itself: one look into the index."""
    now = runtime_of(session).now()
    return sa.exists().where(t.job.c.shard == shard, t.job.c.state == "ready", t.job.c.due_at <= now, inside(session))


def take(session: Session, ids: Sequence[int]) -> dict[int, Job]:
    """Of work for this transaction, what still waits for it. The caller holds the instances' locks."""
    if not ids:
        return {}
    now = runtime_of(session).now()
    still = sa.and_(t.job.c.id.in_(ids), t.job.c.state == "ready", t.job.c.due_at <= now)
    return {row.id: job_of(row, row.fence, None) for row in session.execute(sa.select(t.job).where(still))}


def job_of(row: Any, fence: int, until: datetime | None) -> Job:
    """The job of a row, claimed with this fence until then."""
    return Job(
        row.id,
        row.instance_id,
        row.wait,
        row.element,
        row.kind,
        row.topic,
        row.payload,
        row.attempts + 1,
        fence,
        until,
    )


def fail(
    session: Session,
    job_id: int,
    fence: int,
    error: BaseException,
    *,
    left: int | None = None,
    after: timedelta | None = None,
) -> Outcome:
    """An attempt failed: wait and come again (RETRY), or raise an incident when none is left; LATE: not its job.

    `left` and `after`: attempts left and the wait, as a program outside says them; unsaid, by the policy.
    """
    runtime = runtime_of(session)
    row = session.execute(sa.select(t.job).where(t.job.c.id == job_id, t.job.c.fence == fence)).first()
    if row is None:
        return Outcome.LATE
    handled = row.kind == "topic" and row.topic in runtime.registry
    default = runtime.registry.find(row.topic).retry if handled else DEFAULT_RETRY
    most = row.max_attempts if left is None else max(row.max_attempts, left)
    attempts = row.attempts + 1 if left is None else most - left
    policy = replace(parse(row.retry, replace(default, attempts=most)), attempts=most)
    wait = policy.wait(attempts)
    if wait is not None and after is not None:
        wait = after
    text = (
        error.text(runtime.settings.language)
        if isinstance(error, DealflowError)
        else f"{type(error).__name__}: {error}"
    )
    session.execute(
        sa.update(t.job)
        .where(t.job.c.id == job_id)
        .values(
            state="ready" if wait is not None else "failed",
            due_at=runtime.now() + (wait or timedelta()),
            attempts=attempts,
            max_attempts=most,
            last_error=text[:4000],
            lease_by=None,
            lease_until=None,
        )
    )
    if wait is None:
        incidents.raise_incident(
            session,
            "job",
            row.element,
            type(error).__name__,
            both(error),
            instance_id=row.instance_id,
            wait=row.wait,
            job_id=job_id,
            stack=_stack(error),
        )
    return Outcome.RETRY if wait is not None else Outcome.INCIDENT


def _stack(error: BaseException) -> str:
    if isinstance(error, ExternalFailure):
        return str(error.fields["details"])[-8000:]
    return "".join(traceback.format_exception(error))[-8000:]


def again(session: Session, job_id: int, inputs: Mapping[str, Any] | None = None, attempts: int | None = None) -> bool:
    """A person retries a failed job: it is due at once, with all its attempts. False when it is gone.

    inputs: what it is asked with from now on; attempts: how many it has. None: as before.
    """
    row = session.execute(sa.select(t.job).where(t.job.c.id == job_id, t.job.c.state == "failed")).first()
    if row is None:
        return False
    _hint(session, row.kind, row.topic, row.shard)
    values: dict[str, Any] = {"state": "ready", "attempts": 0, "due_at": runtime_of(session).now()}
    if inputs is not None:
        values["payload"] = {**row.payload, "inputs": dict(inputs)}
    if attempts is not None:
        values["max_attempts"] = attempts
    session.execute(sa.update(t.job).where(t.job.c.id == job_id).values(values))
    return True


def grant(session: Session, job_id: int, left: int) -> None:
    """A job that still comes again has this many attempts left from now on."""
    session.execute(sa.update(t.job).where(t.job.c.id == job_id).values(max_attempts=t.job.c.attempts + left))


def close(session: Session, instance_id: int, waits: Sequence[int]) -> None:
    """What the jobs were for is done or no longer wanted."""
    session.execute(sa.delete(t.job).where(t.job.c.instance_id == instance_id, t.job.c.wait.in_(waits)))
