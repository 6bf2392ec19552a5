"""Trying again what failed, with corrections. Law: what was corrected is what the next attempt sees, and is audited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import advance, audit, instances, jobs, timers
from engine.api.processes import _active, _require_owner
from engine.errors import AlreadyHandled, InvalidInput, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.instances import Live
from engine.process.native.asking import inputs_now
from engine.process.triggers import ConditionChanged, Retried
from engine.store import tables as t

MOST_RETRIES = 1_000


def retry(session: Session, actor: Actor, incident_id: int, variables: Mapping[str, object] | None = None) -> None:
    """Try again what an incident stopped, with corrected variables if given."""
    _require_owner(actor)
    row = session.execute(sa.select(t.incident).where(t.incident.c.id == incident_id)).first()
    if row is None:
        raise NotFound(what="incident", id=incident_id)
    if row.resolved_at is not None:
        raise AlreadyHandled(what=row.element, by=row.resolved_by, at=row.resolved_at)
    before: Mapping[str, object] = {}
    if row.job_id is not None and row.instance_id is not None:
        if _job(session, row.job_id) is not None:
            retry_job(session, actor, row.job_id, variables=variables)
            return
    elif row.instance_id is not None and row.kind == "model" and row.wait is not None:
        live = _active(session, row.instance_id)
        before = _standing(live, variables)
        advance.advance(session, actor.id, live, Retried(row.wait, variables or {}))
    elif row.kind == "timer" and row.instance_id is not None:
        timers.hurry(session, row.instance_id, row.wait)
    _resolve(session, actor, t.incident.c.id == incident_id)
    if row.instance_id is not None:
        _audit(session, actor, row.instance_id, row.element, {}, variables or {}, before=before)


def retry_job(
    session: Session,
    actor: Actor,
    job_id: int,
    *,
    variables: Mapping[str, object] | None = None,
    inputs: Mapping[str, object] | None = None,
    retries: int | None = None,
) -> None:
    """Try a failed job again: variables are set first, then its inputs are looked at anew, then `inputs` laid over.

    retries: how many attempts it gets (None: as many as before). NotFound, or AlreadyHandled when it has not failed
    (any more).
    """
    _require_owner(actor)
    if retries is not None:
        _require_number(retries)
    live = _of_job(session, job_id)
    job = _job(session, job_id)
    if job is None or job["state"] != "failed":
        raise AlreadyHandled(what=f"job {job_id}", by=actor.id, at=runtime_of(session).now())
    before, stood = dict(job["payload"].get("inputs") or {}), _standing(live, variables)
    if variables:
        advance.advance(session, actor.id, live, ConditionChanged(variables))
        if _job(session, job_id) is None:  # a condition took the work away
            return
    seen = {**_inputs(session, live, job, variables or {}), **(inputs or {})}
    jobs.again(session, job_id, seen, retries)
    mine = sa.and_(t.incident.c.instance_id == live.id, t.incident.c.wait == job["wait"])
    _resolve(session, actor, mine)
    changed = {name: [before.get(name), value] for name, value in seen.items() if before.get(name) != value}
    _audit(session, actor, live.id, job["element"], changed, variables or {}, retries, stood)


def set_retries(session: Session, actor: Actor, job_id: int, left: int) -> None:
    """Give a job this many attempts from now on; one that has failed comes again at once."""
    _require_owner(actor)
    _require_number(left)
    live = _of_job(session, job_id)
    job = _job(session, job_id)
    if job is None:
        raise NotFound(what="job", id=job_id)
    if job["state"] == "failed":
        retry_job(session, actor, job_id, retries=left)
        return
    jobs.grant(session, job_id, left)
    data = {"element": job["element"], "left": left}
    audit.append(session, f"instance:{live.id}", actor.id, "retries_set", data)


def _of_job(session: Session, job_id: int) -> Live:
    """The job's instance, locked, so that no outcome comes between."""
    instance_id = session.scalar(sa.select(t.job.c.instance_id).where(t.job.c.id == job_id))
    if instance_id is None:
        raise NotFound(what="job", id=job_id)
    return _active(session, instance_id)


def _job(session: Session, job_id: int) -> Mapping[str, Any] | None:
    row = session.execute(sa.select(t.job).where(t.job.c.id == job_id)).mappings().first()
    return dict(row) if row is not None else None


def _inputs(
    session: Session, live: Live, job: Mapping[str, Any], variables: Mapping[str, object]
) -> Mapping[str, object]:
    """What the work sees now. What the second kernel opened is corrected by name alone."""
    kept = dict(job["payload"].get("inputs") or {})
    if live.package.kernel != "native":
        return kept | {name: value for name, value in variables.items() if name in kept}
    instances.held(session, live, job["wait"])
    now = inputs_now(live.package.definition, live.state, job["wait"], advance.environment(session, live))
    return kept if now is None else now


def _standing(live: Live, variables: Mapping[str, object] | None) -> dict[str, object]:
    """What the variables are before they are corrected, for the audit."""
    known = live.state.variables() if variables else {}
    return {name: known.get(name) for name in variables or ()}


def _require_number(left: int) -> None:
    if not 0 < left <= MOST_RETRIES:
        raise InvalidInput(
            place="retries",
            reason=f"at least one and at most {MOST_RETRIES}",
            reason_zh=f"须在 1 到 {MOST_RETRIES} 之间",
        )


def _resolve(session: Session, actor: Actor, which: sa.ColumnElement[bool]) -> None:
    resolved = {"resolved_at": runtime_of(session).now(), "resolved_by": actor.id}
    session.execute(sa.update(t.incident).where(which, t.incident.c.resolved_at.is_(None)).values(resolved))


def _audit(
    session: Session,
    actor: Actor,
    instance_id: int,
    element: str,
    inputs: Mapping[str, object],
    variables: Mapping[str, object],
    retries: int | None = None,
    before: Mapping[str, object] | None = None,
) -> None:
    data: dict[str, object] = {"element": element}
    data |= {"before": dict(before)} if before else {}
    data |= {"inputs": dict(inputs)} if inputs else {}
    data |= {"variables": dict(variables)} if variables else {}
    data |= {"retries": retries} if retries is not None else {}
    audit.append(session, f"instance:{instance_id}", actor.id, "retried", data)
