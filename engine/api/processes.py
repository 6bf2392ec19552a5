"""Deploying packages, starting and steering instances."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import advance, audit, definitions, instances, jobs, subscriptions
from engine.api.messages import deliver_kept
from engine.definitions import Deployed
from engine.errors import AlreadyHandled, Fault, Forbidden, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.instances import Live
from engine.process.triggers import Cancelled, ConditionChanged, Retried
from engine.store import tables as t

OWNERS = "process_owner"
"""The team that may deploy and steer instances, beside administrators."""


def _require_owner(actor: Actor) -> None:
    if not (actor.is_admin or OWNERS in actor.teams):
        raise Forbidden(reason="this is for process owners", reason_zh="仅流程负责人可执行此操作")


def check(session: Session, folder: str, files: Mapping[str, bytes]) -> list[Fault]:
    """Everything that stands against deploying these files, and warnings. Deploys nothing."""
    return definitions.check(session, files).faults


def deploy(session: Session, actor: Actor, folder: str, files: Mapping[str, bytes], note: str = "") -> Deployed:
    """Make a package the newest version; running instances keep theirs. ModelRefused carries all faults.

    Messages that were kept because nobody awaited them start or continue what this deployment brings.
    """
    _require_owner(actor)
    deployed = definitions.deploy(session, actor.id, folder, files, note)
    if deployed.unchanged:
        return deployed
    names: list[str] = []
    for key, version in deployed.definitions:
        package = definitions.package(session, definitions.newest(session, key, version))
        names += subscriptions.subscribe_starts(session, package)
    deliver_kept(session, actor, names)
    audit.append(
        session,
        f"folder:{folder}",
        actor.id,
        "deployed",
        {
            "deployment": deployed.deployment_id,
            "definitions": [list(d) for d in deployed.definitions],
            "note": note,
        },
    )
    return deployed


def export(session: Session) -> dict[str, dict[str, bytes]]:
    """The newest files of every folder, as they were deployed."""
    return {folder: definitions.files_of(session, id) for folder, id in definitions.folders(session).items()}


def start(
    session: Session,
    actor: Actor,
    key: str,
    variables: Mapping[str, object] | None = None,
    business_key: str | None = None,
    start_event: str | None = None,
    version: int | None = None,
) -> int:
    """Start an instance of the newest (or given) version. Forbidden when the model names other starters."""
    definition_id = definitions.newest(session, key, version)
    package = definitions.package(session, definition_id)
    starters = package.definition.candidate_starters
    if starters and not actor.is_admin and not (actor.teams.intersection(starters) or actor.id in starters):
        raise Forbidden(
            reason=f"{package.definition.name} is started by {', '.join(starters)}",
            reason_zh=f"{package.definition.name}只能由 {'、'.join(starters)} 发起",
        )
    return advance.start(session, actor.id, definition_id, variables or {}, business_key, start_event).id


def _active(session: Session, instance_id: int) -> Live:
    live = instances.load(session, instance_id)
    if live is None:
        raise NotFound(what="instance", id=instance_id)
    if live.status not in ("active", "suspended"):
        row = session.execute(sa.select(t.instance.c.ended_at).where(t.instance.c.id == instance_id)).first()
        raise AlreadyHandled(what=f"instance {instance_id}", by=live.status, at=row.ended_at if row else "?")
    return live


def set_variables(session: Session, actor: Actor, instance_id: int, variables: Mapping[str, object]) -> None:
    """Set process variables from outside; conditions are looked at again. Audited with before and after."""
    _require_owner(actor)
    live = _active(session, instance_id)
    before = {name: live.state.variables().get(name) for name in variables}
    advance.advance(session, actor.id, live, ConditionChanged(variables))
    data = {"before": before, "after": dict(variables)}
    audit.append(session, f"instance:{instance_id}", actor.id, "variables_set", data)


def cancel(session: Session, actor: Actor, instance_id: int, reason: str) -> None:
    """End an instance from outside: all its tasks, timers and jobs go."""
    _require_owner(actor)
    live = _active(session, instance_id)
    live.status = "active"
    advance.advance(session, actor.id, live, Cancelled(reason))
    audit.append(session, f"instance:{instance_id}", actor.id, "cancelled", {"reason": reason})


def suspend(session: Session, actor: Actor, instance_id: int) -> None:
    """Hold an instance: nothing happens in it until it is resumed."""
    _set_status(session, actor, instance_id, "active", "suspended")


def resume(session: Session, actor: Actor, instance_id: int) -> None:
    """Let a suspended instance go on; what became due meanwhile happens now."""
    _set_status(session, actor, instance_id, "suspended", "active")


def _set_status(session: Session, actor: Actor, instance_id: int, before: str, after: str) -> None:
    _require_owner(actor)
    live = _active(session, instance_id)
    if live.status != before:
        raise AlreadyHandled(what=f"instance {instance_id}", by=actor.id, at=runtime_of(session).now())
    live.status = after
    instances.write(session.connection(), live, runtime_of(session).now())
    audit.append(session, f"instance:{instance_id}", actor.id, after, {})


def retry(session: Session, actor: Actor, incident_id: int, variables: Mapping[str, object] | None = None) -> None:
    """Try again what an incident stopped, with corrected variables if given."""
    _require_owner(actor)
    row = session.execute(sa.select(t.incident).where(t.incident.c.id == incident_id)).first()
    if row is None:
        raise NotFound(what="incident", id=incident_id)
    if row.resolved_at is not None:
        raise AlreadyHandled(what=row.element, by=row.resolved_by, at=row.resolved_at)
    if row.instance_id is not None and row.kind == "model" and row.wait is not None:
        live = _active(session, row.instance_id)
        advance.advance(session, actor.id, live, Retried(row.wait, variables or {}))
    elif row.job_id is not None and row.instance_id is not None:
        if variables:
            advance.advance(session, actor.id, _active(session, row.instance_id), ConditionChanged(variables))
        jobs.again(session, row.job_id)
    session.execute(
        sa.update(t.incident)
        .where(t.incident.c.id == incident_id, t.incident.c.resolved_at.is_(None))
        .values(resolved_at=runtime_of(session).now(), resolved_by=actor.id)
    )
    if row.instance_id is not None:
        audit.append(session, f"instance:{row.instance_id}", actor.id, "retried", {"element": row.element})
