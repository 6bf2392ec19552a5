"""Jobs in workers' hands. Law: one worker at a time; a worker that lost its lease changes nothing.

A worker leases rows (lease and fence go up) and keeps them up by a heartbeat while it works. Exclusive jobs of one
instance (the default) are not leased at once. Whoever falls silent past the lease loses it: the job is due for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import jobs, shards
from engine.errors import WorkersLost
from engine.execution import runtime_of
from engine.jobs import Job
from engine.store import Prepared
from engine.store import tables as t

MOST_LOST = 20
"""So often a job may be claimed without an outcome; a worker that was killed over it by chance is far from that."""
EXPIRED_AT_ONCE = 100


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
    return [jobs.job_of(row, row.fence + 1, until) for row in rows]


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
    ready = sa.and_(t.job.c.state == "ready", t.job.c.due_at <= now, jobs.outside(session))
    return _candidates(session, sa.and_(ready, _alone(now)), passed, limit)


def _ready(session: Session, now: datetime, limit: int) -> list[Any]:
    """The most urgent jobs for workers, locked; those that others lock just now are passed over."""
    query = _ready_query(jobs.transactional(session))
    return [SimpleNamespace(**row) for row in query.all(session, {"now": now, "most": limit})]


@lru_cache
def _ready_query(topics: tuple[str, ...]) -> Prepared:
    now = sa.bindparam("now", type_=t.Moment)
    ready = sa.and_(t.job.c.state == "ready", t.job.c.due_at <= now, jobs.outside_of(topics))
    return Prepared(_claimable(sa.and_(ready, _alone(now)), sa.bindparam("most", type_=sa.Integer)))


def _alone(now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    """Nothing else of the instance is being worked on, or the job does not mind."""
    other = t.job.alias()
    busy = sa.and_(other.c.instance_id == t.job.c.instance_id, _busy(other, now))
    return sa.or_(sa.not_(t.job.c.exclusive), ~sa.exists().where(busy))


def _busy(job: Any, now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    kinds = sa.or_(*(job.c.kind == kind for kind in jobs.CLAIMED))
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
    theirs = sa.and_(silent, jobs.inside(session))
    session.execute(sa.update(t.job).where(theirs).values(state="ready", lease_by=None, lease_until=None))
    found = _candidates(session, sa.and_(silent, jobs.outside(session), _alone(now)), [], EXPIRED_AT_ONCE)
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
    jobs.fail(session, row.id, row.fence, WorkersLost(topic=row.topic, count=lost), left=0)
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
