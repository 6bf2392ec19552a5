"""Going on with the work of an instance that has ended: a new one, begun where the process owner says.

The old instance stays as it ended. The new one has its business key and its process variables, knows where it came
from (four eyes look there too), and its report says what was not done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import advance, audit, definitions, instances
from engine.api.processes import _require_owner
from engine.definitions import Package
from engine.errors import InvalidInput
from engine.identity import Actor
from engine.instances import Live
from engine.process.migrationwording import Change
from engine.process.restarting import not_done
from engine.queries.selection import RUNNING
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class Restarted:
    """The new instance, and what it does not do of the old one's work."""

    instance_id: int
    not_done: tuple[Change, ...]


def restart(
    session: Session,
    actor: Actor,
    instance_id: int,
    at: Sequence[str],
    *,
    variables: Mapping[str, object] | None = None,
    version: int | None = None,
) -> Restarted:
    """Begin a new instance at the elements `at` with the variables of one that has ended, `variables` laid over.

    version: of the process (None: the one that the old instance ran). InvalidInput while it still runs, for an element
    where nothing can begin, and for the second kernel; NotFound for an unknown element.
    """
    _require_owner(actor)
    old, package = _ended(session, instance_id, version)
    report = _not_done(session, old, package, at)
    given = {**old.state.variables(), **(variables or {})}
    live = advance.start_within(session, actor.id, package.id, given, old.business_key, tuple(at), old.id)
    told = {"at": list(at), "from": str(old.id), "to": str(live.id), "version": package.version}
    told |= {"variables": dict(variables)} if variables else {}
    told |= {"not_done": [[one.what, one.element] for one in report]}
    for subject in (old.id, live.id):
        audit.append(session, f"instance:{subject}", actor.id, "restarted", told)
    return Restarted(live.id, report)


def preview_restart(
    session: Session, actor: Actor, instance_id: int, at: Sequence[str], *, version: int | None = None
) -> tuple[Change, ...]:
    """Tell what `restart` would leave undone. Changes nothing."""
    _require_owner(actor)
    old, package = _ended(session, instance_id, version)
    return _not_done(session, old, package, at)


def _ended(session: Session, instance_id: int, version: int | None) -> tuple[Live, Package]:
    old = instances.peek(session, instance_id)
    if old.status in RUNNING:
        raise InvalidInput(
            place=f"instance {instance_id}",
            reason="it still runs: move its token instead",
            reason_zh="该实例仍在运行，请移动令牌",
        )
    package = old.package
    if version is not None:
        package = definitions.package(session, definitions.newest(session, package.key, version))
    if package.kernel != "native":
        raise InvalidInput(
            place=f"instance {instance_id}",
            reason="the SpiffWorkflow kernel begins at start events only",
            reason_zh="SpiffWorkflow 内核只能从开始事件启动",
        )
    return old, package


def _not_done(session: Session, old: Live, package: Package, at: Sequence[str]) -> tuple[Change, ...]:
    left, standing = _path(session, old.id)
    return not_done(package.definition, at, left, standing, called=old.parent_id is not None)


def _path(session: Session, instance_id: int) -> tuple[set[str], dict[str, None]]:
    """Elements that were completed, and those where a token stood to the last: cancelled in the last step."""
    h = t.history.c
    rows: Iterable[list[list[object]]] = session.scalars(
        sa.select(h.events).where(h.instance_id == instance_id).order_by(h.seq)
    )
    left: set[str] = set()
    standing: dict[str, None] = {}
    for events in rows:
        left.update(str(event[1]) for event in events if event[0] == "l")
        standing = {str(event[1]): None for event in events if event[0] == "c"}
    return left, standing
