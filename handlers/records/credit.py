"""Due diligence, financing plans by version, and ratings of a project. Law: a plan is never rewritten: a change is the
next version; what was approved can be read as it was approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.store import take_turn
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import credit_rating, diligence_finding, diligence_stream, financing_plan, project

PLAN_STATES = ("draft", "approved", "active", "rejected", "lapsed", "superseded")
OPINIONS = ("favourable", "conditional", "unfavourable")
SEVERITIES = ("low", "medium", "high", "fatal")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a stream found."""

    text: str
    severity: str
    mitigation: str | None = None
    red_flag: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """The result of one stream of due diligence."""

    id: int
    project_id: int
    stream: str
    name: str
    opinion: str
    summary: str
    author: str
    by: str
    reviewer: str | None
    red_flag: bool
    at: datetime
    instance: str | None


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A financing plan as it was designed; `terms` hold facilities, covenants, collateral, conditions, exceptions."""

    id: int
    project_id: int
    version: int
    state: str
    debt: Decimal
    currency: str
    terms: Mapping[str, Any]
    metrics: Mapping[str, Any]
    schedules: Mapping[str, Any]
    created_at: datetime
    created_by: str
    instance: str | None


@dataclass(frozen=True, slots=True)
class Rating:
    """A confirmed slotting category; `reason` and `second` belong to an override."""

    id: int
    project_id: int
    plan_id: int | None
    proposed: str
    category: str
    score: Decimal | None
    grades: Mapping[str, Any]
    capped_by: str | None
    pd: Decimal | None
    reason: str | None
    by: str
    second: str | None
    at: datetime
    instance: str | None


_STREAM = [diligence_stream.c[field.name] for field in fields(Stream)]
_PLAN = [financing_plan.c[field.name] for field in fields(PlanVersion)]
_RATING = [credit_rating.c[field.name] for field in fields(Rating)]


# ── due diligence ──────────────────────────────────────────────────────────────────────────────────────────────


def add_stream(
    session: Session, project_id: int, values: Mapping[str, Any], findings: Iterable[Finding], stamp: Stamp
) -> Stream:
    """Keep the result of a stream with its findings. InvalidInput for an unknown opinion or severity."""
    listed = list(findings)
    _known("opinion", values.get("opinion"), OPINIONS)
    for one in listed:
        _known("severity", one.severity, SEVERITIES)
    flagged = any(one.red_flag or one.severity == "fatal" for one in listed)
    row = {**values, "project_id": project_id, "red_flag": flagged, "at": stamp.at}
    stream_id = insert(session, diligence_stream, row, stamp)
    for one in listed:
        content = {name: getattr(one, name) for name in Finding.__dataclass_fields__}
        insert(session, diligence_finding, {**content, "stream_id": stream_id}, stamp)
    return next(one for one in streams_of(session, project_id) if one.id == stream_id)


def streams_of(session: Session, project_id: int) -> tuple[Stream, ...]:
    """The project's due diligence, oldest first."""
    rows = session.execute(
        sa.select(*_STREAM).where(diligence_stream.c.project_id == project_id).order_by(diligence_stream.c.id)
    )
    return tuple(Stream(**row) for row in rows.mappings())


def findings_of(session: Session, stream_id: int) -> tuple[Finding, ...]:
    """What a stream found, in the order in which it was written down."""
    names = [diligence_finding.c[field.name] for field in fields(Finding)]
    rows = session.execute(
        sa.select(*names).where(diligence_finding.c.stream_id == stream_id).order_by(diligence_finding.c.id)
    )
    return tuple(Finding(**row) for row in rows.mappings())


def _known(place: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InvalidInput(place=place, reason=f"unknown: {value}", reason_zh=f"未知取值 {value}")


# ── plans ──────────────────────────────────────────────────────────────────────────────────────────────────────


def plan(session: Session, plan_id: int) -> PlanVersion:
    """By id. NotFound."""
    row = session.execute(sa.select(*_PLAN).where(financing_plan.c.id == plan_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="financing plan", what_zh="融资方案", id=plan_id)
    return PlanVersion(**row)


def plans_of(session: Session, project_id: int) -> tuple[PlanVersion, ...]:
    """The project's plans, newest version first."""
    rows = session.execute(
        sa.select(*_PLAN).where(financing_plan.c.project_id == project_id).order_by(financing_plan.c.version.desc())
    )
    return tuple(PlanVersion(**row) for row in rows.mappings())


def newest_plans(
    session: Session, *, text: str = "", state: str = "", first: int = 1, size: int = 50
) -> tuple[PlanVersion, ...]:
    """The newest version of each project's plan, the latest made first: `size` of them from the place `first`, 1 being
    the top; of projects named in `text`, by name or key, and in one state, where asked for."""
    query = _newest(sa.select(*_PLAN), text, state).order_by(
        financing_plan.c.created_at.desc(), financing_plan.c.id.desc()
    )
    return tuple(PlanVersion(**row) for row in session.execute(query.offset(first - 1).limit(size)).mappings())


def newest_plan_states(session: Session, text: str = "") -> Mapping[str, int]:
    """State -> how many of the plans that `newest_plans` finds are in it."""
    query = _newest(sa.select(financing_plan.c.state, sa.func.count()), text, "").group_by(financing_plan.c.state)
    found = {state: count for state, count in session.execute(query)}
    return {state: found[state] for state in PLAN_STATES if state in found}


def _newest(query: sa.Select[Any], text: str, state: str) -> sa.Select[Any]:
    other = financing_plan.alias()
    later = sa.exists().where(
        other.c.project_id == financing_plan.c.project_id, other.c.version > financing_plan.c.version
    )
    query = query.where(~later)
    if state:
        query = query.where(financing_plan.c.state == state)
    if text:
        named = project.c.name.contains(text, autoescape=True)
        query = query.join(project, project.c.id == financing_plan.c.project_id)
        query = query.where(sa.or_(named, project.c.business_key == text.upper()))
    return query


def add_plan(session: Session, project_id: int, values: Mapping[str, Any], stamp: Stamp) -> PlanVersion:
    """The next version of the project's plan, as a draft; drafts before it are superseded."""
    take_turn(session, f"plan:{project_id}")
    before = plans_of(session, project_id)
    for one in before:
        if one.state == "draft":
            update(session, financing_plan, one.id, {"state": "superseded"}, stamp)
    row = {
        **values,
        "project_id": project_id,
        "version": before[0].version + 1 if before else 1,
        "state": "draft",
        "created_at": stamp.at,
        "created_by": stamp.by,
    }
    return plan(session, insert(session, financing_plan, row, stamp))


def set_plan_state(session: Session, plan_id: int, state: str, stamp: Stamp) -> PlanVersion:
    """Move a plan on; of a project's plans one is approved or active: the one before it is superseded."""
    _known("state", state, PLAN_STATES)
    present = plan(session, plan_id)
    take_turn(session, f"plan:{present.project_id}")
    if state in ("approved", "active"):
        for one in plans_of(session, present.project_id):
            if one.id != plan_id and one.state in ("approved", "active"):
                update(session, financing_plan, one.id, {"state": "superseded"}, stamp)
    update(session, financing_plan, plan_id, {"state": state}, stamp)
    return plan(session, plan_id)


# ── ratings ────────────────────────────────────────────────────────────────────────────────────────────────────


def add_rating(session: Session, project_id: int, values: Mapping[str, Any], stamp: Stamp) -> Rating:
    """Keep a confirmed category."""
    row = {**values, "project_id": project_id, "at": stamp.at, "by": stamp.by}
    rating_id = insert(session, credit_rating, row, stamp)
    found = session.execute(sa.select(*_RATING).where(credit_rating.c.id == rating_id)).mappings().one()
    return Rating(**found)


def ratings_of(session: Session, project_id: int) -> tuple[Rating, ...]:
    """The project's ratings, newest first."""
    rows = session.execute(
        sa.select(*_RATING).where(credit_rating.c.project_id == project_id).order_by(credit_rating.c.id.desc())
    )
    return tuple(Rating(**row) for row in rows.mappings())
