"""Instances carried over to another version, and tokens moved by hand: told first, then done, by process owners.

Both are decided by the process core (`engine.process.migration`) and written in one unit of work: what still waits for
the same keeps its row (a task its id, its person and its due date), the rest is closed and opened anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import advance, audit, definitions, instances
from engine.advance import KERNELS
from engine.api.processes import _active, _require_owner, still_suspended
from engine.crashpoints import reached
from engine.definitions import Package
from engine.errors import AlreadyHandled, DealflowError, Fault, InvalidInput, MigrationRefused
from engine.identity import Actor
from engine.instances import Live
from engine.process import migration
from engine.process.migration import Migrated, NotMigrated
from engine.process.migrationwording import Change, reason
from engine.process.triggers import CarriedOver, Modified
from engine.queries.batches import Reason
from engine.queries.selection import Cases
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class MigrationPreview:
    """What carrying an instance over would change, or what stands against it."""

    version: int
    """The version it would run."""
    changes: tuple[Change, ...]
    reasons: tuple[Fault, ...]
    """Empty: it can be carried over."""


def preview_migration(
    session: Session,
    actor: Actor,
    instance_id: int,
    version: int | None = None,
    mapping: Mapping[str, str] | None = None,
) -> MigrationPreview:
    """Tell what `migrate_instance` would do with these arguments. Changes nothing."""
    _require_owner(actor)
    live = instances.peek(session, instance_id, all_parts=True)
    package = _target(session, live, version)
    done = _carried(session, live, package, mapping)
    if isinstance(done, NotMigrated):
        return MigrationPreview(package.version, (), done.reasons)
    return MigrationPreview(package.version, done.report, ())


def migrate_instance(
    session: Session,
    actor: Actor,
    instance_id: int,
    version: int | None = None,
    mapping: Mapping[str, str] | None = None,
) -> tuple[Change, ...]:
    """Carry an instance over to another version of its process (None: the newest); returns what has changed.

    mapping: element of the old version -> element of the new, where an id has changed. MigrationRefused tells by
    element why it cannot be; instances of the SpiffWorkflow kernel never can.
    """
    _require_owner(actor)
    live = _active(session, instance_id)
    instances.whole(session, live)
    package, before = _target(session, live, version), live.package.version
    done = _carried(session, live, package, mapping)
    if isinstance(done, NotMigrated):
        raise MigrationRefused(done.reasons)
    told = CarriedOver(package.version, dict(mapping or {}), before)
    advance.carry_over(session, actor.id, live, package, done, told)
    reached("migration.written")
    data = {"from": before, "to": package.version, "mapping": dict(mapping or {})}
    audit.append(session, f"instance:{instance_id}", actor.id, "migrated", data | _told(done.report))
    return done.report


def _target(session: Session, live: Live, version: int | None) -> Package:
    package = definitions.package(session, definitions.newest(session, live.package.key, version))
    if package.id == live.package.id:
        raise _same_version(package)
    return package


def _same_version(package: Package) -> InvalidInput:
    return InvalidInput(
        place="version",
        reason=f"the case runs version {package.version} already",
        reason_zh=f"该实例已在版本 {package.version} 上运行",
    )


def _carried(
    session: Session, live: Live, package: Package, mapping: Mapping[str, str] | None
) -> Migrated | NotMigrated:
    if {live.package.kernel, package.kernel} != {"native"}:
        return NotMigrated((reason("other-kernel", None),))
    env = advance.environment(session, live)
    return migration.migrate(live.state, live.package.definition, package.definition, mapping, env=env)


def preview_token_move(
    session: Session, actor: Actor, instance_id: int, source: str | None, target: str
) -> tuple[Change, ...]:
    """Tell what `move_token` would cancel, enter, open and end. Changes nothing; refuses what that would refuse."""
    _require_owner(actor)
    return _moved(session, instances.peek(session, instance_id, all_parts=True), Modified(source, target))


def move_token(
    session: Session, actor: Actor, instance_id: int, source: str | None, target: str, why: str = ""
) -> tuple[Change, ...]:
    """Cancel what stands at `source` (None: nothing) and enter `target`; returns what the move itself did.

    NotFound for an unknown element, InvalidInput where no token stands.
    """
    _require_owner(actor)
    live = _active(session, instance_id)
    instances.whole(session, live)
    move = Modified(source, target)
    report = _moved(session, live, move)
    advance.advance(session, actor.id, live, move)
    data = {"source": source, "target": target, "why": why}
    audit.append(session, f"instance:{instance_id}", actor.id, "token_moved", data | _told(report))
    return report


def _moved(session: Session, live: Live, move: Modified) -> tuple[Change, ...]:
    if live.status not in ("active", "suspended"):
        raise AlreadyHandled(what=f"instance {live.id}", by=live.status, at="?")
    kernel, env = KERNELS[live.package.kernel], advance.environment(session, live)
    return migration.preview_move(live.package.definition, live.state, move, env, kernel).report


def _told(report: tuple[Change, ...]) -> dict[str, object]:
    return {"changes": [[change.what, change.element] for change in report]}


# ── many ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a migration of many would meet: how many can follow, and why the others cannot, by reason."""

    version: int
    can: int
    cannot: int
    reasons: tuple[Reason, ...]


def preview_migrations(
    session: Session,
    actor: Actor,
    wanted: Cases,
    version: int | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Forecast:
    """Tell for each of the cases whether `migrate_instance` would carry it over now. Changes nothing.

    About a millisecond a case. InvalidInput when they belong to several processes.
    """
    _require_owner(actor)
    rows = wanted.rows().subquery()
    keys = sa.select(t.instance.c.key).join(rows, rows.c.instance_id == t.instance.c.id).distinct()
    found = session.scalars(keys).all()
    if len(found) != 1:
        raise InvalidInput(
            place="criteria",
            reason=f"cases of exactly one process can be carried over together, not of {len(found)}",
            reason_zh=f"只能同时迁移同一流程的实例，当前涉及 {len(found)} 个流程",
        )
    package = definitions.package(session, definitions.newest(session, found[0], version))
    return _forecast(session, session.scalars(sa.select(rows.c.instance_id)).all(), package, mapping)


def preview_candidate(
    session: Session, actor: Actor, package: Package, mapping: Mapping[str, str] | None = None, *, most: int = 5_000
) -> Forecast:
    """The same for a version that is not deployed yet (`definitions.candidates`), over its process's running cases.

    Looks at the `most` newest. Changes nothing.
    """
    _require_owner(actor)
    i = t.instance.c
    running = sa.select(i.id).where(i.key == package.key, i.state.in_(("active", "suspended")))
    found = session.scalars(running.order_by(i.id.desc()).limit(most)).all()
    return _forecast(session, found, package, mapping)


def _forecast(session: Session, ids: Sequence[int], package: Package, mapping: Mapping[str, str] | None) -> Forecast:
    can, against = 0, dict[tuple[str, str, str], list[int]]()
    for id in sorted(ids):
        why = _against(session, id, package, mapping)
        if why is None:
            can += 1
        else:
            against.setdefault(why, []).append(id)
    reasons = [Reason(*why, len(ids), tuple(ids[:5])) for why, ids in against.items()]
    reasons.sort(key=lambda reason: -reason.count)
    return Forecast(package.version, can, sum(reason.count for reason in reasons), tuple(reasons))


def _against(
    session: Session, instance_id: int, package: Package, mapping: Mapping[str, str] | None
) -> tuple[str, str, str] | None:
    """Code and texts of what stands against one instance, in the words of the refusal; None: it can follow."""
    live = instances.peek(session, instance_id, all_parts=True)
    try:
        _require_running(live)
        if live.package.id == package.id:
            raise _same_version(package)
        done = _carried(session, live, package, mapping)
        if isinstance(done, NotMigrated):
            raise MigrationRefused(done.reasons)
    except DealflowError as error:
        return type(error).__name__, error.text("en"), error.text("zh")
    return None


def _require_running(live: Live) -> None:
    if live.status == "suspended":
        raise still_suspended()
    if live.status != "active":
        raise AlreadyHandled(what=f"instance {live.id}", by=live.status, at="?")
