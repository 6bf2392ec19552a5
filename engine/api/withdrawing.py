"""Deployments taken back. Law: what cases ran by stays to be read, nothing is started of it, what was before it runs.

A version cannot be unmade: its number, its file and the cases that ran by it are history. Withdrawn, its versions rest
and programs are not told of it any more; was it the newest of its folder, the files of the one before it run again, as
a new version. Whoever resumes a version brings it back.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, definitions
from engine.api.deploying import needs_second_person
from engine.api.processes import _require_owner, cancel, deploy
from engine.api.resting import suspend_process
from engine.errors import Forbidden, InvalidInput, NotFound, StillRunning
from engine.execution import runtime_of
from engine.identity import Actor
from engine.store import tables as t

i, d, p = t.instance.c, t.definition.c, t.deployment.c
AT_ONCE = 1_000
"""So many running cases are ended with their deployment; more are ended by a batch before."""
LIVE = ("active", "suspended")


def withdraw_deployment(
    session: Session, actor: Actor, deployment: int, *, cascade: bool = False, why: str = ""
) -> int | None:
    """Take a deployment back; returns the deployment that runs in its place, None when there is none.

    cascade: running cases of its versions are ended; without, they stand against it (StillRunning). NotFound when there
    is none, or it was withdrawn before. Forbidden where two people deploy: they roll back in the studio.
    """
    _require_owner(actor)
    definitions.one_at_a_time(session)
    row = session.execute(sa.select(p.folder, p.withdrawn_at).where(p.id == deployment)).first()
    if row is None or row.withdrawn_at is not None:
        raise NotFound(what="deployment", id=deployment)
    newest = definitions.folders(session)[row.folder] == deployment
    before = _before(session, row.folder, deployment) if newest else None
    files = definitions.files_of(session, before) if before is not None else {}
    if newest and needs_second_person(session, row.folder, files):
        raise Forbidden(
            reason=f"“{row.folder}” is deployed by two people: roll it back in the studio",
            reason_zh=f"“{row.folder}”须由两人部署，请在流程工作室回退",
        )
    _end_cases(session, actor, deployment, cascade, why)
    session.execute(sa.update(t.deployment).where(p.id == deployment).values(withdrawn_at=runtime_of(session).now()))
    for version in session.execute(sa.select(d.key, d.version).where(d.deployment_id == deployment)).all():
        suspend_process(session, actor, version.key, version.version, why)
    data = {"deployment": str(deployment), "instead": before and str(before), "cascade": cascade, "why": why}
    audit.append(session, f"folder:{row.folder}", actor.id, "deployment_withdrawn", data)
    return deploy(session, actor, row.folder, files, f"again: {before}").deployment_id if before is not None else None


def _before(session: Session, folder: str, deployment: int) -> int | None:
    """The newest deployment of the folder beside this one that was not withdrawn."""
    others = sa.select(p.id).where(p.folder == folder, p.id != deployment, p.withdrawn_at.is_(None))
    return session.scalar(others.order_by(p.at.desc(), p.id.desc()).limit(1))


def _end_cases(session: Session, actor: Actor, deployment: int, cascade: bool, why: str) -> None:
    """End the running cases, callers first: what they called goes with them."""
    running = (
        sa.select(i.id, i.parent_id, d.id.label("definition"), d.key, d.version)
        .join(t.definition, d.id == i.definition_id)
        .where(d.deployment_id == deployment, i.state.in_(LIVE))
        .order_by(i.id)
    )
    found = session.execute(running.limit(AT_ONCE + 1)).all()
    if found and not cascade:
        first = found[0]
        number = session.scalar(
            sa.select(sa.func.count()).where(i.definition_id == first.definition, i.state.in_(LIVE))
        )
        raise StillRunning(key=first.key, version=first.version, id=first.definition, count=number)
    if len(found) > AT_ONCE:
        raise InvalidInput(
            place=f"deployment {deployment}",
            reason=f"more than {AT_ONCE} cases run in it: end them by a batch first",
            reason_zh=f"其下运行中的流程实例超过 {AT_ONCE} 个，请先以批量操作结束",
        )
    for case in found:
        if session.scalar(sa.select(i.state).where(i.id == case.id)) in LIVE:  # not gone with its caller
            cancel(session, actor, case.id, why or "deployment withdrawn")
