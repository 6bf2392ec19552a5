"""Processes that rest: nothing is started of a suspended version until it is resumed. Running cases are not touched.

Started by hand it is refused with the reason; messages that would start it are kept; its timers rest; signals and
facts pass it by; a caller gets an incident, which resuming tries again. A new version of a process of which every
version is suspended rests as well. Processes hear of it by the signal `process_suspended`, in the transaction of the
deed and after it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, definitions
from engine.api.mending import retry_job
from engine.api.messages import deliver_kept, raise_signal
from engine.api.processes import _require_owner
from engine.errors import InvalidInput, ProcessSuspended
from engine.identity import Actor
from engine.store import tables as t

d = t.definition.c
SUSPENDED = "process_suspended"
"""The signal; its variables: `process` (the key), `versions` that rest from now on, `why`."""


def suspend_process(
    session: Session, actor: Actor, key: str, version: int | None = None, why: str = ""
) -> tuple[int, ...]:
    """Let a version (None: all of them) rest; returns the versions that were not at rest before. NotFound."""
    versions = _turn(session, actor, key, version, True, why)
    if versions:
        raise_signal(session, actor, SUSPENDED, {"process": key, "versions": list(versions), "why": why})
    return versions


def resume_process(
    session: Session, actor: Actor, key: str, version: int | None = None, why: str = ""
) -> tuple[int, ...]:
    """Let a version (None: all) be started again; returns which rested. What was kept for it is delivered now.

    InvalidInput when a message that starts it starts another process meanwhile.
    """
    resumed = _turn(session, actor, key, version, False, why)
    if resumed:
        _require_own_messages(session, key)
        starts = sa.and_(t.subscription.c.kind == "message", t.subscription.c.definition_id.is_not(None))
        names = sa.select(t.subscription.c.name).where(starts, t.subscription.c.process_key == key).distinct()
        deliver_kept(session, actor, list(session.scalars(names)))
        _call_again(session, actor, key)
    return resumed


def _require_own_messages(session: Session, key: str) -> None:
    s = t.subscription.c
    starts = (
        sa.select(s.name, s.process_key)
        .join(t.definition, d.id == s.definition_id)
        .where(s.kind == "message", s.instance_id.is_(None), d.suspended.is_(False))
    )
    mine = set(session.scalars(starts.where(s.process_key == key)))
    other = session.execute(starts.where(s.process_key != key, s.name.in_(mine)).order_by(s.id)).first()
    if other is not None:
        raise InvalidInput(
            place=f"process {key}",
            reason=f"the message {other.name} starts the process {other.process_key} meanwhile: suspend that one first",
            reason_zh=f"消息“{other.name}”现已用于启动流程“{other.process_key}”，请先挂起该流程",
        )


def _turn(session: Session, actor: Actor, key: str, version: int | None, suspended: bool, why: str) -> tuple[int, ...]:
    _require_owner(actor)
    definitions.one_at_a_time(session)  # a version that comes meanwhile would not know that all others rest
    definitions.newest(session, key, version)
    which = [d.key == key, d.suspended.is_(not suspended)] + ([d.version == version] if version is not None else [])
    turned = session.scalars(
        sa.update(t.definition).where(*which).values(suspended=suspended).returning(d.version)
    ).all()
    versions = tuple(sorted(turned))
    if versions:
        action = "process_suspended" if suspended else "process_resumed"
        audit.append(session, f"process:{key}", actor.id, action, {"versions": list(versions), "why": why})
    return versions


def _call_again(session: Session, actor: Actor, key: str) -> None:
    """Callers that were stopped by the suspension call once more; suspended ones when their owner retries them."""
    n = t.incident.c
    stopped = (
        sa.select(t.job.c.id)
        .join(t.incident, sa.and_(n.job_id == t.job.c.id, n.resolved_at.is_(None)))
        .join(t.instance, t.instance.c.id == t.job.c.instance_id)
        .where(
            t.job.c.kind == "call", t.job.c.topic == key, t.job.c.state == "failed", n.code == ProcessSuspended.__name__
        )
        .where(t.instance.c.state == "active")
        .order_by(t.job.c.id)
    )
    for job_id in session.scalars(stopped).all():
        retry_job(session, actor, job_id)
