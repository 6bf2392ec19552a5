"""Work for handlers, as rows with a lease. Law: at least once, one worker at a time, outcomes from a closed set.

Two kinds of work. What talks to the world is claimed: a worker leases rows (lease and fence go up), works outside any
transaction, and reports one outcome: done, BPMN error, failed. The report counts only while its fence is the row's: a
worker that lost its lease changes nothing. Exclusive jobs of one instance (the default) are not leased at once.

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
from types import SimpleNamespace
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import incidents, shards
from engine.errors import DealflowError, ExternalFailure, WorkersLost, both
from engine.execution import runtime_of
from engine.ids import new_id
from engine.instances import Live
from engine.process.waits import CallWait, JobWait
from engine.retry import RetryPolicy, parse
from engine.store import Prepared, after_commit
from engine.store import tables as t

DEFAULT_RETRY = RetryPolicy()
MOST_LOST = 20
"""So often a job may be claimed without an outcome; a worker that was killed over it by chance is far from that."""
CLAIMED = ("topic", "script")
"""Kinds of work outside any transaction (topics: unless their handler is transactional)."""
INSIDE = ("decision", "call", "async")
"""Kinds of work that a transaction can do by itself, beside topics whose handler is transactional."""
EXPIRED_AT_ONCE = 100
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
    return _inside(_transactional(session))


def outside(session: Session) -> sa.ColumnElement[bool]:
    """Whether a job's row is work for a worker outside any transaction."""
    return _outside(_transactional(session))


def _transactional(session: Session) -> tuple[str, ...]:
    return tuple(sorted(runtime_of(session).registry.transactional))


@lru_cache
def _inside(transactional: tuple[str, ...]) -> sa.ColumnElement[bool]:
    return sa.or_(*(t.job.c.kind == kind for kind in INSIDE), _one_of(transactional))


@lru_cache
def _outside(transactional: tuple[str, ...]) -> sa.ColumnElement[bool]:
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
    rows = _due(_transactional(session), shard is not None, after is not None).all(session, values)
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
    return {row.id: _job(row, row.fence, None) for row in session.execute(sa.select(t.job).where(still))}


def _job(row: Any, fence: int, until: datetime | None) -> Job:
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


def claim(session: Session, worker: str, limit: int, *, expired: bool = True) -> list[Job]:
    """Lease up to `limit` due jobs of active instances for work outside any transaction, the most urgent first.

    Those whose worker has been silent past its lease are due again, and come before the others (`expired`: whether
    they are looked for).
    """
    now = runtime_of(session).now()
    until = now + timedelta(seconds=runtime_of(session).settings.lease_seconds)
    rows = _leasable(session, _expired(session, now), [], limit) if expired else []
    passed: list[int] = []
    while len(rows) < limit:
        left = limit - len(rows)
        found = _more(session, now, passed, left) if passed else _ready(session, now, left)
        rows += _leasable(session, found, rows, left)
        if len(found) < left:
            break
        passed += [row.instance_id for row in found if row.exclusive]
    _lease(session, [row.id for row in rows], worker, until)
    return [_job(row, row.fence + 1, until) for row in rows]


def _lease(session: Session, ids: list[int], worker: str, until: datetime) -> None:
    values = {"worker": worker, "until": until}
    if len(ids) == 1:
        _LEASE_ONE.later(session, {"job": ids[0], **values})
    elif ids:
        session.connection().execute(_LEASED.where(t.job.c.id.in_(ids)), values)


_LEASED = sa.update(t.job).values(
    state="leased", lease_by=sa.bindparam("worker"), lease_until=sa.bindparam("until"), fence=t.job.c.fence + 1
)
_LEASE_ONE = Prepared(_LEASED.where(t.job.c.id == sa.bindparam("job")))


def _more(session: Session, now: datetime, passed: Sequence[int], limit: int) -> list[Any]:
    ready = sa.and_(t.job.c.state == "ready", t.job.c.due_at <= now, outside(session))
    return _candidates(session, sa.and_(ready, _alone(now)), passed, limit)


def _ready(session: Session, now: datetime, limit: int) -> list[Any]:
    """The most urgent jobs for workers, locked; those that others lock just now are passed over."""
    query = _ready_query(_transactional(session))
    return [SimpleNamespace(**row) for row in query.all(session, {"now": now, "most": limit})]


@lru_cache
def _ready_query(topics: tuple[str, ...]) -> Prepared:
    now = sa.bindparam("now", type_=t.Moment)
    ready = sa.and_(t.job.c.state == "ready", t.job.c.due_at <= now, _outside(topics))
    return Prepared(_claimable(sa.and_(ready, _alone(now)), sa.bindparam("most", type_=sa.Integer)))


def _alone(now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    """Nothing else of the instance is being worked on, or the job does not mind."""
    other = t.job.alias()
    busy = sa.and_(other.c.instance_id == t.job.c.instance_id, _busy(other, now))
    return sa.or_(sa.not_(t.job.c.exclusive), ~sa.exists().where(busy))


def _busy(job: Any, now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    kinds = sa.or_(*(job.c.kind == kind for kind in CLAIMED))
    return sa.and_(job.c.state == "leased", job.c.exclusive, job.c.lease_until >= now, kinds)


def _claimable(due: sa.ColumnElement[bool], limit: int | sa.BindParameter[int]) -> sa.Select[Any]:
    return (
        sa.select(t.job)
        .join(t.instance, t.instance.c.id == t.job.c.instance_id)
        .where(due, t.instance.c.state == "active")
        .order_by(t.job.c.priority.desc(), t.job.c.due_at, t.job.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=t.job)
    )


def _candidates(session: Session, due: sa.ColumnElement[bool], passed: Sequence[int], limit: int) -> list[Any]:
    query = _claimable(due, limit)
    if passed:
        query = query.where(sa.or_(sa.not_(t.job.c.exclusive), t.job.c.instance_id.not_in(passed)))
    return list(session.execute(query).all())


def _expired(session: Session, now: datetime) -> list[Any]:
    """Jobs whose worker is silent past its lease. What no longer is work for a worker goes back to the others."""
    if _SILENT.one(session, {"now": now}) is None:
        return []
    silent = sa.and_(t.job.c.state == "leased", t.job.c.lease_until < now)
    theirs = sa.and_(silent, inside(session))
    session.execute(sa.update(t.job).where(theirs).values(state="ready", lease_by=None, lease_until=None))
    found = _candidates(session, sa.and_(silent, outside(session), _alone(now)), [], EXPIRED_AT_ONCE)
    return [row for row in found if not _given_up(session, row)]


_SILENT = Prepared(
    sa.select(t.job.c.id)
    .where(t.job.c.state == "leased", t.job.c.lease_until < sa.bindparam("now", type_=t.Moment))
    .limit(1)
)
"""Hardly ever is a worker silent: one look tells."""


def _given_up(session: Session, row: Any) -> bool:
    """A job over which worker after worker fell silent (it ends them) becomes an incident: a person looks."""
    lost = row.fence - row.attempts
    if lost < MOST_LOST:
        return False
    fail(session, row.id, row.fence, WorkersLost(topic=row.topic, count=lost), left=0)
    return True


def _leasable(session: Session, found: Sequence[Any], taken: Sequence[Any], limit: int) -> list[Any]:
    """Of these locked rows, those that may be leased: of the exclusive ones, one an instance, and none of an instance
    that another worker leases from at this moment."""
    wanted = {row.instance_id for row in found if row.exclusive}
    free = wanted - {row.instance_id for row in taken if row.exclusive}
    if free and session.get_bind().dialect.name != "sqlite":  # there, nobody else writes meanwhile
        free = _hold(session, free)
    chosen = []
    for row in found:
        if row.exclusive:
            if row.instance_id not in free:
                continue
            free.discard(row.instance_id)
        chosen.append(row)
    return chosen[:limit]


def _hold(session: Session, instances: set[int]) -> set[int]:
    """The instances that nobody else leases from until this transaction ends, and nobody has leased from."""
    ids = (
        sa.func.unnest(sa.cast(sorted(instances), sa.ARRAY(sa.BigInteger)))
        .table_valued("id", name="wanted", joins_implicitly=True)
        .render_derived()
    )
    held = set(session.scalars(sa.select(ids.c.id).where(sa.func.pg_try_advisory_xact_lock(ids.c.id))))
    now = runtime_of(session).now()
    busy = sa.select(t.job.c.instance_id).where(t.job.c.instance_id.in_(held), _busy(t.job, now))
    return held - set(session.scalars(busy))


def extend(session: Session, job_id: int, fence: int) -> bool:
    """Heartbeat: the worker is alive, its lease runs on. False when the lease was lost."""
    runtime = runtime_of(session)
    until = runtime.now() + timedelta(seconds=runtime.settings.lease_seconds)
    done = session.execute(
        sa.update(t.job)
        .where(t.job.c.id == job_id, t.job.c.fence == fence, t.job.c.state == "leased")
        .values(lease_until=until)
    )
    return bool(getattr(done, "rowcount", 0))


def holds(session: Session, job_id: int, fence: int) -> bool:
    """Whether the claim still stands; asked under the instance's lock, before the outcome is written."""
    return _HOLDS.one(session, {"job": job_id, "at": fence}) is not None


_HOLDS = Prepared(
    sa.select(t.job.c.id).where(
        t.job.c.id == sa.bindparam("job"), t.job.c.fence == sa.bindparam("at"), t.job.c.state == "leased"
    )
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


def put_back(session: Session, job_id: int, fence: int) -> None:
    """Not now (the instance is held): the job is due again, and the attempt does not count."""
    session.execute(
        sa.update(t.job)
        .where(t.job.c.id == job_id, t.job.c.fence == fence, t.job.c.state == "leased")
        .values(state="ready", lease_by=None, lease_until=None)
    )


def give_back(session: Session, claims: Sequence[tuple[int, int]]) -> None:
    """A worker stops: what it has claimed (job, fence) and not finished is due for others at once.

    The fence goes up, so that an outcome that comes after all counts no more.
    """
    for job_id, fence in claims:
        session.execute(
            sa.update(t.job)
            .where(t.job.c.id == job_id, t.job.c.fence == fence, t.job.c.state == "leased")
            .values(state="ready", lease_by=None, lease_until=None, fence=fence + 1)
        )
    shards.hint(session, shards.CLAIMABLE)


def close(session: Session, instance_id: int, waits: Sequence[int]) -> None:
    """What the jobs were for is done or no longer wanted."""
    session.execute(sa.delete(t.job).where(t.job.c.instance_id == instance_id, t.job.c.wait.in_(waits)))
