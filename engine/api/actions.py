"""What a batch can do to an instance or a job. Law: exactly the verb that a person would use, with their rights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.api.mending import retry, retry_job, set_retries
from engine.api.processes import cancel, resume, set_variables, suspend
from engine.api.restarting import restart
from engine.api.steering import migrate_instance, move_token
from engine.errors import InvalidInput, NotFound
from engine.identity import Actor
from engine.queries.selection import Cases, Failures, Selection
from engine.store import tables as t

Kind = Literal["suspend", "resume", "cancel", "retry", "set_retries", "set_variables", "move", "migrate", "restart"]
Act = Callable[[Session, Actor, int, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Action:
    """One kind of batch. `run` returns what the report keeps of an item (nothing: None)."""

    run: Act
    on: tuple[type[Selection], ...] = (Cases,)
    needs: tuple[str, ...] = ()
    """Parameters that must be given."""
    takes: tuple[str, ...] = ()
    """Parameters that may be given."""


def _suspend(session: Session, actor: Actor, id: int, given: Mapping[str, Any]) -> None:
    suspend(session, actor, id)


def _resume(session: Session, actor: Actor, id: int, given: Mapping[str, Any]) -> None:
    resume(session, actor, id)


def _cancel(session: Session, actor: Actor, id: int, given: Mapping[str, Any]) -> None:
    cancel(session, actor, id, given["reason"])


def _retry(session: Session, actor: Actor, id: int, given: Mapping[str, Any]) -> None:
    """A failed job; or all that is stopped in an instance."""
    if session.scalar(sa.select(t.job.c.id).where(t.job.c.id == id)) is not None:
        retry_job(session, actor, id, **given)
        return
    n = t.incident.c
    open_ones = sa.select(n.id).where(n.instance_id == id, n.resolved_at.is_(None)).order_by(n.id)
    found = session.scalars(open_ones).all()
    if not found:
        raise NotFound(what="incident", id=id)
    for incident in found:
        still = session.scalar(sa.select(n.id).where(n.id == incident, n.resolved_at.is_(None)))
        if still is not None:  # not gone with the one before it
            retry(session, actor, incident, given.get("variables"))


def _set_retries(session: Session, actor: Actor, id: int, given: Mapping[str, Any]) -> None:
    set_retries(session, actor, id, given["left"])


def _set_variables(session: Session, actor: Actor, id: int, given: Mapping[str, Any]) -> None:
    set_variables(session, actor, id, given["variables"])


def _move(session: Session, actor: Actor, id: int, given: Mapping[str, Any]) -> Any:
    report = move_token(session, actor, id, given["source"], given["target"], given.get("why", ""))
    return [[change.what, change.element] for change in report]


def _migrate(session: Session, actor: Actor, id: int, given: Mapping[str, Any]) -> Any:
    report = migrate_instance(session, actor, id, given.get("version"), given.get("mapping"))
    return [[change.what, change.element] for change in report]


def _restart(session: Session, actor: Actor, id: int, given: Mapping[str, Any]) -> Any:
    version, variables = given.get("version"), given.get("variables")
    done = restart(session, actor, id, given["at"], version=version, variables=variables)
    return {"instance": str(done.instance_id), "not_done": [[one.what, one.element] for one in done.not_done]}


ACTIONS: Mapping[str, Action] = {
    "suspend": Action(_suspend),
    "resume": Action(_resume),
    "cancel": Action(_cancel, needs=("reason",)),
    "retry": Action(_retry, on=(Failures, Cases), takes=("variables", "inputs", "retries")),
    "set_retries": Action(_set_retries, on=(Failures,), needs=("left",)),
    "set_variables": Action(_set_variables, needs=("variables",)),
    "move": Action(_move, needs=("source", "target"), takes=("why",)),
    "migrate": Action(_migrate, takes=("version", "mapping")),
    "restart": Action(_restart, needs=("at",), takes=("version", "variables")),
}


def require(kind: str, wanted: Selection, given: Mapping[str, Any]) -> Action:
    """The action of that kind. InvalidInput when there is none, or what is given does not fit it."""
    action = ACTIONS.get(kind)
    if action is None:
        known = ", ".join(ACTIONS)
        raise InvalidInput(place="kind", reason=f"one of {known}", reason_zh=f"须为以下之一：{known}")
    if not isinstance(wanted, action.on):
        raise InvalidInput(
            place="criteria",
            reason=f"“{kind}” is not done to {'jobs' if isinstance(wanted, Failures) else 'cases'}",
            reason_zh=f"“{kind}”不能用于{'作业' if isinstance(wanted, Failures) else '流程实例'}",
        )
    for name in action.needs:
        if given.get(name) in (None, "", {}, [], ()):
            raise InvalidInput(place=name, reason="must be given", reason_zh="必须给出")
    for name in given:
        if name not in (*action.needs, *action.takes):
            raise InvalidInput(place=name, reason=f"“{kind}” does not take it", reason_zh=f"“{kind}”不接受此参数")
    return action
