"""Deploying packages, starting and steering instances."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import advance, audit, checking, definitions, gathering, instances, subscriptions, timers
from engine.api.messages import deliver_kept
from engine.crashpoints import reached
from engine.definitions import Deployed
from engine.errors import AlreadyHandled, Fault, Forbidden, InvalidInput, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.instances import Live
from engine.process.triggers import Cancelled, ConditionChanged
from engine.process.waits import MessageWait
from engine.rights import may_start
from engine.store import tables as t

OWNERS = "process_owner"
"""The team that may deploy and steer instances, beside administrators."""


def _require_owner(actor: Actor) -> None:
    if not (actor.is_admin or OWNERS in actor.teams):
        raise Forbidden(reason="this is for process owners", reason_zh="仅流程负责人可执行此操作")


def check(session: Session, folder: str, files: Mapping[str, bytes]) -> list[Fault]:
    """Everything that stands against deploying these files, and warnings. Deploys nothing."""
    return checking.check(session, files).faults


def check_folders(session: Session, folders: Mapping[str, Mapping[str, bytes]]) -> dict[str, list[Fault]]:
    """The same for packages that are to run beside each other, by folder."""
    return {folder: found.faults for folder, found in checking.check_beside(session, folders).items()}


def deploy(session: Session, actor: Actor, folder: str, files: Mapping[str, bytes], note: str = "") -> Deployed:
    """Make a package the newest version; running instances keep theirs. ModelRefused carries all faults.

    Messages that were kept because nobody awaited them start or continue what this deployment brings.
    """
    _require_owner(actor)
    deployed = definitions.deploy(session, actor.id, folder, files, note)
    if deployed.unchanged:
        return deployed
    reached("deploy.between")
    names: list[str] = []
    for key, version in deployed.definitions:
        package = definitions.package(session, definitions.newest(session, key, version))
        names += subscriptions.subscribe_starts(session, package)
        timers.plan_starts(session, package)
        gathering.carry_over(session, package)
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
    """Start an instance of the newest (or given) version.

    Forbidden when the model names other starters; ProcessSuspended while the version is suspended.
    """
    row = definitions.newest_row(session, key, version)
    definition_id: int = row["id"]
    package = definitions.package(session, definition_id)
    starters = package.definition.candidate_starters
    if not may_start(actor, starters):
        raise Forbidden(
            reason=f"{package.definition.name} is started by {', '.join(starters)}",
            reason_zh=f"{package.definition.name}只能由 {'、'.join(starters)} 发起",
        )
    definitions.require_goes_on(row)
    return advance.start(session, actor.id, definition_id, variables or {}, business_key, start_event).id


def _active(session: Session, instance_id: int, *, suspended_too: bool = False) -> Live:
    live = instances.load(session, instance_id)
    if live is None:
        raise NotFound(what="instance", id=instance_id)
    if live.status not in ("active", "suspended"):
        row = session.execute(sa.select(t.instance.c.ended_at).where(t.instance.c.id == instance_id)).first()
        raise AlreadyHandled(what=f"instance {instance_id}", by=live.status, at=row.ended_at if row else "?")
    if live.status == "suspended" and not suspended_too:
        raise still_suspended()
    return live


def still_suspended() -> Forbidden:
    """Why nothing is done to a suspended case."""
    return Forbidden(reason="this case is suspended: resume it first", reason_zh="该流程实例已挂起，请先恢复")


def set_variables(session: Session, actor: Actor, instance_id: int, variables: Mapping[str, object]) -> None:
    """Set process variables from outside; conditions are looked at again. Audited with before and after."""
    _require_owner(actor)
    live = _active(session, instance_id)
    before = {name: live.state.variables().get(name) for name in variables}
    advance.advance(session, actor.id, live, ConditionChanged(variables))
    data = {"before": before, "after": dict(variables)}
    audit.append(session, f"instance:{instance_id}", actor.id, "variables_set", data)


def cancel(session: Session, actor: Actor, instance_id: int, reason: str) -> None:
    """End an instance from outside: all its tasks, timers, jobs and called processes go.

    A called process is not ended alone, as its caller would wait for ever: InvalidInput names the caller.
    """
    _require_owner(actor)
    live = _active(session, instance_id, suspended_too=True)
    _require_no_caller(session, live, "cancel", "取消")
    live.status = "active"
    advance.advance(session, actor.id, live, Cancelled(reason))
    audit.append(session, f"instance:{instance_id}", actor.id, "cancelled", {"reason": reason})


def _require_no_caller(session: Session, live: Live, verb: str, verb_zh: str) -> None:
    caller = session.scalar(sa.select(t.call.c.instance_id).where(t.call.c.child_id == live.id))
    if caller is not None:
        raise InvalidInput(
            place=f"instance {live.id}",
            reason=f"it was called by instance {caller}: {verb} that one",
            reason_zh=f"该实例由实例 {caller} 调用，请{verb_zh}调用方",
        )


def suspend(session: Session, actor: Actor, instance_id: int) -> None:
    """Hold an instance and what it called: nothing happens in them until it is resumed."""
    _set_status(session, actor, instance_id, "active", "suspended")


def resume(session: Session, actor: Actor, instance_id: int) -> None:
    """Let a suspended instance and what it called go on; what became due or arrived meanwhile happens now."""
    live = _set_status(session, actor, instance_id, "suspended", "active")
    awaited = [wait.name for wait in instances.whole(session, live).open_waits() if isinstance(wait, MessageWait)]
    deliver_kept(session, actor, list(dict.fromkeys(awaited)))


def _set_status(session: Session, actor: Actor, instance_id: int, before: str, after: str) -> Live:
    _require_owner(actor)
    live = _active(session, instance_id, suspended_too=True)
    if live.status != before:
        raise AlreadyHandled(what=f"instance {instance_id}", by=actor.id, at=runtime_of(session).now())
    if live.parent_id is not None and after == "active":
        state = session.scalar(sa.select(t.instance.c.state).where(t.instance.c.id == live.parent_id))
        if state == "suspended":
            _require_no_caller(session, live, "resume", "恢复")
    ids = _with_called(session, instance_id)
    session.execute(
        sa.update(t.instance)
        .where(t.instance.c.id.in_(ids), t.instance.c.state == before)
        .values(state=after, version=t.instance.c.version + 1)
    )
    live.status = after
    live.version += 1
    audit.append(session, f"instance:{instance_id}", actor.id, after, {})
    return live


def _with_called(session: Session, instance_id: int) -> list[int]:
    """The instance and all that it called, directly or not; its root's lock covers them."""
    found, front = [instance_id], [instance_id]
    while front:
        front = list(session.scalars(sa.select(t.instance.c.id).where(t.instance.c.parent_id.in_(front))))
        found += front
    return found
