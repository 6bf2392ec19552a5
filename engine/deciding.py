"""Which version of a decision is meant. Law: the binding says it; what is not deployed is not found.

Models are compiled once in a process.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import checking, definitions
from engine.decisions import Decisions, compile_decisions
from engine.errors import NotFound
from engine.execution import runtime_of
from engine.store import tables as t


def bound_decision(session: Session, own: definitions.Package, key: str, binding: str) -> Decisions:
    """The model that a decision is bound to: version:N and tag:X as deployed anywhere; deployment in the own package;
    latest in the own package, else in the newest deployment that has it. NotFound when there is none."""
    kind, _, what = binding.partition(":")
    if kind == "version":
        return _decision(session, key, f"{key} {what}", t.decision.c.version == int(what))
    if kind == "tag":
        for version in _versions(session, key):
            found = _decision(session, key, key, t.decision.c.version == version)
            if found.tags().get(key) == what:
                return found
        raise NotFound(what="decision", id=f"{key} {what}")
    if key in own.decisions:
        return own.decisions[key]
    if kind == "deployment":
        raise NotFound(what="decision", id=key)
    return latest_decision(session, key)


def _versions(session: Session, key: str) -> Sequence[int]:
    wanted = sa.select(t.decision.c.version).where(t.decision.c.key == key).order_by(t.decision.c.version.desc())
    return session.scalars(wanted).all()


def latest_decision(session: Session, key: str) -> Decisions:
    """The newest deployed model that holds a decision, for bindings to `latest` outside the own package."""
    return _decision(session, key, key)


def deployed_decision(session: Session, key: str, version: int | None) -> Decisions:
    """The model of a decision in one version, or the newest. NotFound when there is none."""
    if version is None:
        return _decision(session, key, key)
    return _decision(session, key, f"{key} {version}", t.decision.c.version == version)


def _decision(session: Session, key: str, said: str, *which: sa.ColumnElement[bool]) -> Decisions:
    """The newest model of a decision among those asked for, compiled once in a process."""
    row = session.execute(
        sa.select(t.decision.c.id, t.decision.c.deployment_id, t.resource.c.name)
        .join(t.resource, t.resource.c.id == t.decision.c.resource_id)
        .where(t.decision.c.key == key, *which)
        .order_by(t.decision.c.version.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound(what="decision", id=said)
    cache: dict[int, Decisions] = runtime_of(session).cache.setdefault("decisions", {})
    if row.id not in cache:
        files = definitions.files_of(session, row.deployment_id)
        cache[row.id] = compile_decisions(files[row.name], row.name, checking.other_tables(files, row.name))
    return cache[row.id]
