"""The decision log: what was decided where, from what, by which rules of which model."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.definitions import package
from engine.queries.standing import english, names_of
from engine.store import tables as t

g, i = t.decision_log.c, t.instance.c


@dataclass(frozen=True, slots=True)
class Fired:
    """One rule that fired: its table by its id, its number from 1, its annotations."""

    table: str
    rule: int
    annotations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision. `model_hash`: SHA-256 of the model that decided, so that it can be found again."""

    id: int
    at: datetime
    decision: str
    model_hash: str
    instance_id: int | None
    process_key: str | None
    process_version: int | None
    business_key: str | None
    element: str | None
    element_name: str
    element_name_en: str
    inputs: Mapping[str, Any]
    output: Any
    fired: tuple[Fired, ...]


def decisions(
    session: Session,
    *,
    instance_id: int | None = None,
    decision: str | None = None,
    key: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    page: int = 1,
    size: int = 100,
) -> list[DecisionRow]:
    """A page of decisions, newest first: of an instance, by the decision's id, of a process, of a span of time.

    `before`: only what has a smaller id; ids grow with time, so that a list read in portions has no row twice.
    """
    query = sa.select(t.decision_log).order_by(g.at.desc(), g.id.desc()).limit(size).offset((page - 1) * size)
    if key is not None:
        query = query.join(t.instance, i.id == g.instance_id)
    asked: dict[Any, object] = {g.instance_id: instance_id, g.decision: decision, i.key: key}
    query = query.where(*(column == value for column, value in asked.items() if value is not None))
    if since is not None:
        query = query.where(g.at >= since)
    if until is not None:
        query = query.where(g.at < until)
    if before is not None:
        query = query.where(g.id < before)
    return _rows(session, query)


def decisions_under(
    session: Session, business_keys: Collection[str], *, before: int | None = None, skip: int = 0, size: int = 50
) -> list[DecisionRow]:
    """What was decided in the cases under some business keys and in what those called, newest first.

    `before`: only what has a smaller id; ids grow with time, so that a list read in portions has no row twice.
    """
    query = sa.select(t.decision_log).where(_under(business_keys)).order_by(g.id.desc()).offset(skip).limit(size)
    return _rows(session, query if before is None else query.where(g.id < before))


def number_of_decisions_under(session: Session, business_keys: Collection[str]) -> int:
    """How many decisions `decisions_under` lists in all."""
    return session.scalar(sa.select(sa.func.count()).select_from(t.decision_log).where(_under(business_keys))) or 0


def _under(business_keys: Collection[str]) -> sa.ColumnElement[bool]:
    named = i.business_key.in_(sorted(set(business_keys)))
    called = sa.select(t.instance.c.id).where(i.root_id.in_(sa.select(i.id).where(named, i.parent_id.is_(None))))
    return g.instance_id.in_(sa.union(sa.select(i.id).where(named), called))


def _rows(session: Session, query: sa.Select[Any]) -> list[DecisionRow]:
    rows = session.execute(query).all()
    owners = sa.select(i.id, i.key, i.business_key, i.definition_id).where(i.id.in_({row.instance_id for row in rows}))
    cases = {case.id: case for case in session.execute(owners)}
    return [_row(session, row, cases.get(row.instance_id)) for row in rows]


def _row(session: Session, row: Any, case: Any) -> DecisionRow:
    name = name_en = row.element or ""
    version = None if case is None else package(session, case.definition_id).version
    if case is not None and row.element is not None:
        model = package(session, case.definition_id)
        name = names_of(model).get(row.element, row.element)
        name_en = english(model, row.element, name)
    return DecisionRow(
        id=row.id,
        at=row.at,
        decision=row.decision,
        model_hash=row.model_hash,
        instance_id=row.instance_id,
        process_key=case.key if case is not None else None,
        process_version=version,
        business_key=case.business_key if case is not None else None,
        element=row.element,
        element_name=name,
        element_name_en=name_en,
        inputs=row.inputs,
        output=row.output,
        fired=tuple(Fired(table, rule, tuple(annotations)) for table, rule, annotations in row.fired),
    )
