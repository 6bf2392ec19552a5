"""Deployments as an owner makes them: with a note, in stages, by two people where the process says so, and back again.

A process whose property `deployment` is `second-person` runs a new version only after another owner has said yes; so
says its running version or the one that is to run, so that nobody takes the rule away alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, checking, definitions
from engine.api.batches import start_batch
from engine.api.processes import _require_owner, deploy
from engine.definitions import Deployed
from engine.errors import AlreadyHandled, DraftStale, FourEyes, InvalidInput, ModelRefused, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.ids import new_id
from engine.queries.selection import Cases
from engine.store import tables as t

r = t.deployment_request.c
PROPERTY, TWO = "deployment", "second-person"


@dataclass(frozen=True, slots=True)
class Stage:
    """What happens to running cases: `new` cases only run the new version; the `chosen` follow, or `all` that can."""

    cases: Literal["new", "chosen", "all"] = "new"
    ids: tuple[int, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Element of the old version -> element of the new, where an id has changed."""

    def document(self) -> dict[str, Any]:
        """As it is stored with a request."""
        return {"cases": self.cases, "ids": list(self.ids), "mapping": dict(self.mapping)}


@dataclass(frozen=True, slots=True)
class Staged:
    """What a deployment led to: itself and a batch for each process whose cases follow; or a request that waits."""

    deployed: Deployed | None = None
    batches: tuple[int, ...] = ()
    request: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A deployment that a second person is to decide, or has decided."""

    id: int
    folder: str
    base_id: int | None
    files: Mapping[str, bytes]
    note: str
    stage: Stage
    asked_by: str
    asked_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    comment: str
    deployment_id: int | None


def needs_second_person(session: Session, folder: str, files: Mapping[str, bytes]) -> bool:
    """Whether a process of the folder, as it runs or as it would, is deployed by two people."""
    newest = definitions.folders(session).get(folder)
    running: list[Any] = []
    if newest is not None:
        ids = session.scalars(sa.select(t.definition.c.id).where(t.definition.c.deployment_id == newest))
        running = [definitions.package(session, id).definition for id in ids]
    coming = [definition for _, definition in checking.check(session, files).processes.values()]
    return any(one.properties.get(PROPERTY) == TWO for one in [*running, *coming])


def put_live(
    session: Session, actor: Actor, folder: str, files: Mapping[str, bytes], note: str, stage: Stage, base: int | None
) -> Staged:
    """Deploy now, or ask a second person where the process says so. ModelRefused carries all faults.

    base: the deployment that the files were made from; DraftStale when another came in between. InvalidInput without
    a note.
    """
    _require_owner(actor)
    if not note.strip():
        raise InvalidInput(place="note", reason="say what changes and why", reason_zh="请说明改了什么、为什么")
    definitions.one_at_a_time(session)
    if definitions.folders(session).get(folder) != base:
        raise DraftStale(folder=folder)
    if needs_second_person(session, folder, files):
        return Staged(request=_ask(session, actor, folder, files, note, stage, base))
    return _put(session, actor, folder, files, note, stage)


def _put(session: Session, actor: Actor, folder: str, files: Mapping[str, bytes], note: str, stage: Stage) -> Staged:
    deployed = deploy(session, actor, folder, files, note)
    if deployed.unchanged or stage.cases == "new":
        return Staged(deployed)
    batches = []
    for key, version in deployed.definitions:
        wanted = _follow(session, key, stage)
        if wanted is not None:
            parameters = {"version": version, "mapping": dict(stage.mapping)}
            batches.append(start_batch(session, actor, "migrate", wanted, parameters, note))
    return Staged(deployed, tuple(batches))


def _follow(session: Session, key: str, stage: Stage) -> Cases | None:
    """The running cases of a process that are to follow; None when there are none."""
    i = t.instance.c
    running = sa.select(i.id).where(i.key == key, i.state.in_(("active", "suspended")))
    if stage.cases == "chosen":
        running = running.where(i.id.in_(stage.ids))
    ids = tuple(session.scalars(running).all())
    if not ids:
        return None
    return Cases(key=key) if stage.cases == "all" else Cases(ids=ids)


def roll_back(session: Session, actor: Actor, folder: str, deployment: int, note: str, stage: Stage) -> Staged:
    """Bring an earlier deployment's files back, as a new version. NotFound when it is no deployment of the folder."""
    _require_owner(actor)
    d = t.deployment.c
    if session.scalar(sa.select(d.id).where(d.id == deployment, d.folder == folder)) is None:
        raise NotFound(what="deployment", id=deployment)
    base = definitions.folders(session).get(folder)
    return put_live(session, actor, folder, definitions.files_of(session, deployment), note, stage, base)


# ── by two people ──────────────────────────────────────────────────────────────────────────────────────────────


def _ask(
    session: Session, actor: Actor, folder: str, files: Mapping[str, bytes], note: str, stage: Stage, base: int | None
) -> int:
    checked = checking.check(session, files)
    if checked.errors:
        raise ModelRefused(checked.errors)
    id, now = new_id(), runtime_of(session).now()
    texts = {name: content.decode() for name, content in files.items()}
    row = {"id": id, "folder": folder, "base_id": base, "files": texts, "note": note, "stage": stage.document()}
    session.execute(sa.insert(t.deployment_request).values(**row, asked_by=actor.id, asked_at=now, state="waiting"))
    audit.append(session, f"folder:{folder}", actor.id, "deployment_asked", {"request": id, "note": note})
    return id


def requests(session: Session, folder: str | None = None, *, waiting: bool = False) -> list[Request]:
    """Requests, newest first: of a folder, or all; `waiting`: those that nobody decided yet."""
    query = sa.select(t.deployment_request).order_by(r.asked_at.desc(), r.id.desc()).limit(200)
    if folder is not None:
        query = query.where(r.folder == folder)
    if waiting:
        query = query.where(r.state == "waiting")
    return [_request(row) for row in session.execute(query)]


def _request(row: Any) -> Request:
    stage = Stage(row.stage["cases"], tuple(row.stage["ids"]), row.stage["mapping"])
    values = {name: getattr(row, name) for name in Request.__dataclass_fields__ if name not in ("stage", "files")}
    return Request(**values, stage=stage, files={name: text.encode() for name, text in row.files.items()})


def decide(session: Session, actor: Actor, request: int, *, approve: bool, comment: str = "") -> Staged:
    """Say yes or no to a request; FourEyes for whoever asked. What is approved is checked again and deployed.

    The cases follow with the rights of whoever approves. DraftStale when something else was deployed in between.
    """
    _require_owner(actor)
    found = _waiting(session, request)
    if found.asked_by == actor.id:
        raise FourEyes(person=actor.id, other=found.note)
    staged = Staged()
    if approve:
        definitions.one_at_a_time(session)
        if definitions.folders(session).get(found.folder) != found.base_id:
            raise DraftStale(folder=found.folder)
        staged = _put(session, actor, found.folder, found.files, found.note, found.stage)
    deployment = staged.deployed.deployment_id if staged.deployed is not None else None
    _close(session, actor, found, "deployed" if approve else "refused", comment, deployment)
    return staged


def withdraw(session: Session, actor: Actor, request: int) -> None:
    """Take one's own request back."""
    found = _waiting(session, request)
    if found.asked_by != actor.id:
        _require_admin(actor)
    _close(session, actor, found, "withdrawn", "", None)


def _require_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise InvalidInput(place="request", reason="only who asked takes it back", reason_zh="只有申请人可以撤回")


def _waiting(session: Session, request: int) -> Request:
    row = session.execute(sa.select(t.deployment_request).where(r.id == request).with_for_update()).first()
    if row is None:
        raise NotFound(what="request", what_zh="部署申请", id=request)
    if row.state != "waiting":
        raise AlreadyHandled(what=f"request {request}", by=row.decided_by, at=row.decided_at)
    return _request(row)


def _close(session: Session, actor: Actor, found: Request, state: str, comment: str, deployment: int | None) -> None:
    now = runtime_of(session).now()
    values = {"state": state, "decided_by": actor.id, "decided_at": now, "comment": comment}
    session.execute(sa.update(t.deployment_request).where(r.id == found.id).values(**values, deployment_id=deployment))
    told = {"request": found.id, "state": state, "comment": comment, "deployment": deployment}
    audit.append(session, f"folder:{found.folder}", actor.id, "deployment_decided", told)
