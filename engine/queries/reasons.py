"""Decisions as sentences can be made of them: which rules fired, what each asked and what it concluded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import deciding, definitions
from engine.decisions import Decisions, ToldRule
from engine.errors import NotFound
from engine.queries.decisions import DecisionRow, Fired, decisions, decisions_under
from engine.store import tables as t

__all__ = ["Reason", "ToldRule", "reasons", "reasons_under"]

MOST = 60
"""Decisions told of one tree of calls, the newest."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One decision and its rules. A rule without `told` comes from a model that is no longer the one deployed with
    the case: its number is known, its words are not. `english`: what the package that the decision is of says in
    English, by id."""

    row: DecisionRow
    name: str
    rules: tuple[tuple[Fired, ToldRule | None], ...]
    english: Mapping[str, str]


def reasons(session: Session, instance_id: int) -> list[Reason]:
    """What was decided in a case and in what it called, newest first."""
    i = t.instance.c
    root = sa.select(i.root_id).where(i.id == instance_id).scalar_subquery()
    cases = session.execute(sa.select(i.id, i.definition_id).where(i.root_id == root).order_by(i.id)).all()
    rows = [(row, case.definition_id) for case in cases for row in decisions(session, instance_id=case.id, size=MOST)]
    rows.sort(key=lambda one: (one[0].at, one[0].id), reverse=True)
    return [_reason(session, row, definition_id) for row, definition_id in rows[:MOST]]


def reasons_under(session: Session, business_keys: Collection[str], *, page: int = 1, size: int = 50) -> list[Reason]:
    """A page of what was decided in the cases under some business keys and in what those called, newest first."""
    rows = decisions_under(session, business_keys, skip=(page - 1) * size, size=size)
    i = t.instance.c
    cases = sa.select(i.id, i.definition_id).where(i.id.in_({row.instance_id for row in rows}))
    packages = {case.id: case.definition_id for case in session.execute(cases)}
    return [_reason(session, row, packages[row.instance_id]) for row in rows if row.instance_id is not None]


def _reason(session: Session, row: DecisionRow, definition_id: int) -> Reason:
    model = _model(session, row, definition_id)
    texts = _texts(session, row, definition_id)
    if model is None:
        return Reason(row, row.decision, tuple((one, None) for one in row.fired), texts)
    name = model.ids().get(row.decision, row.decision)
    return Reason(row, name, tuple((one, model.told(one.table, one.rule)) for one in row.fired), texts)


def _texts(session: Session, row: DecisionRow, definition_id: int) -> Mapping[str, str]:
    """English of the case's own package, else of the one that the newest decision of that name came with."""
    own = definitions.package(session, definition_id)
    if row.decision in own.decisions:
        return own.texts
    d = t.decision.c
    newest = sa.select(d.deployment_id).where(d.key == row.decision).order_by(d.version.desc()).limit(1)
    beside = sa.select(t.definition.c.id).where(t.definition.c.deployment_id == newest.scalar_subquery())
    found = session.scalars(beside.limit(1)).first()
    return own.texts if found is None else definitions.package(session, found).texts


def _model(session: Session, row: DecisionRow, definition_id: int) -> Decisions | None:
    """The model that decided, by its hash: of the case's own package, else the newest of that name."""
    own = definitions.package(session, definition_id).decisions.get(row.decision)
    try:
        found = own if own is not None else deciding.latest_decision(session, row.decision)
    except NotFound:
        return None
    return found if found.hash == row.model_hash else None
