"""The relationship with a client: stage, churn, service plan, reviews, needs, signals, what was suggested and rated.

What is superseded stays: a service plan ends when the next one begins, and every stage says when it was entered. The
client's tier is changed by `set_tier` alone, which the annual review calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from handlers.records import parties
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import annual_review as reviews
from handlers.records.tables import churn_score as scores
from handlers.records.tables import client_action as actions
from handlers.records.tables import client_need as needs
from handlers.records.tables import client_rating as ratings
from handlers.records.tables import client_signal as signals
from handlers.records.tables import lifecycle_change as stages
from handlers.records.tables import party as party_table
from handlers.records.tables import service_plan as plans

STAGES = ("acquisition", "development", "maturity", "decline")
"""Rank 1 to 4 of decision `lifecycle_stage`."""

SIGNALS = ("refinance_notice", "key_contact_left", "income_moved", "tender_lost")
"""Signs of leaving that somebody sees and notes; others are read from the book."""

KEY_TIER = "A"

NO_NEED = "none"
"""Somebody asked, and the client needs nothing: a record too."""


@dataclass(frozen=True, slots=True)
class StageChange:
    """A client's stage since `at`; how long the one before lasted is the time between two rows."""

    stage_from: str | None
    stage_to: str
    reasons: Sequence[Mapping[str, Any]]
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Churn:
    """Points of the churn table at one moment, with the reasons that add up to them."""

    points: int
    reasons: Sequence[Mapping[str, Any]]
    at: datetime


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """What a client is promised: in force while `valid_until` is empty."""

    id: int
    party_id: int
    tier: str
    response_hours: int
    contact_days: int
    review_months: int
    meetings: int
    channel: str
    goals: str | None
    owner: str | None
    next_review: date | None
    valid_from: datetime
    valid_until: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Need:
    """Something that the client wants, as somebody learnt it."""

    id: int
    category: str
    text: str | None
    priority: str
    state: str
    source: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Action:
    """A suggestion and what became of it."""

    action: str
    product: str | None
    channel: str
    result: str
    comment: str | None
    at: datetime
    by: str


_STAGE = [stages.c[field.name] for field in fields(StageChange)]
_CHURN = [scores.c[field.name] for field in fields(Churn)]
_PLAN = [plans.c[field.name] for field in fields(ServicePlan)]
_NEED = [needs.c[field.name] for field in fields(Need)]
_ACTION = [actions.c[field.name] for field in fields(Action)]


# ── stage and churn ────────────────────────────────────────────────────────────────────────────────────────────────


def stages_of(session: Session, party_id: int) -> tuple[StageChange, ...]:
    """The client's stages, oldest first."""
    rows = session.execute(sa.select(*_STAGE).where(stages.c.party_id == party_id).order_by(stages.c.at, stages.c.id))
    return tuple(StageChange(**row) for row in rows.mappings())


def enter_stage(
    session: Session,
    party_id: int,
    stage: str,
    reasons: Iterable[Mapping[str, Any]],
    stamp: Stamp,
    instance: str | None = None,
) -> bool:
    """The client is in a stage now; False when it was already. InvalidInput for an unknown stage."""
    if stage not in STAGES:
        raise InvalidInput(place="stage", reason=f"unknown: {stage}", reason_zh=f"未知阶段 {stage}")
    known = stages_of(session, party_id)
    before = known[-1].stage_to if known else None
    if before == stage:
        return False
    row = {
        "party_id": party_id,
        "stage_from": before,
        "stage_to": stage,
        "reasons": list(reasons),
        "instance": instance,
    }
    insert(session, stages, row | {"at": stamp.at, "by": stamp.by}, stamp)
    return True


def score_churn(
    session: Session,
    party_id: int,
    points: int,
    reasons: Iterable[Mapping[str, Any]],
    stamp: Stamp,
    instance: str | None = None,
) -> None:
    """Keep the client's churn points."""
    row = {"party_id": party_id, "points": points, "reasons": list(reasons), "at": stamp.at, "instance": instance}
    insert(session, scores, row, stamp)


def churn_of(session: Session, party_id: int) -> Churn | None:
    """The latest points; None for a client never scored."""
    query = sa.select(*_CHURN).where(scores.c.party_id == party_id).order_by(scores.c.at.desc(), scores.c.id.desc())
    row = session.execute(query.limit(1)).mappings().first()
    return None if row is None else Churn(**row)


def note_signal(
    session: Session, party_id: int, kind: str, stamp: Stamp, text: str | None = None, instance: str | None = None
) -> bool:
    """A sign of leaving that somebody saw; one that stands already is not noted again. InvalidInput: unknown kind."""
    if kind not in SIGNALS:
        raise InvalidInput(place="signal", reason=f"unknown: {kind}", reason_zh=f"未知信号 {kind}")
    if kind in standing_signals(session, party_id):
        return False
    row = {"party_id": party_id, "kind": kind, "text": text, "at": stamp.at, "by": stamp.by, "instance": instance}
    insert(session, signals, row, stamp)
    return True


def standing_signals(session: Session, party_id: int) -> frozenset[str]:
    """Kinds of the signs that nobody cleared."""
    query = sa.select(signals.c.kind).where(signals.c.party_id == party_id, signals.c.cleared_at.is_(None))
    return frozenset(session.execute(query).scalars())


def clear_signals(session: Session, party_id: int, stamp: Stamp) -> int:
    """What the client held against us is settled; returns how many signs were cleared."""
    rows = signals.c.party_id == party_id, signals.c.cleared_at.is_(None)
    found = session.execute(sa.select(signals.c.id).where(*rows)).scalars().all()
    for row_id in found:
        update(session, signals, row_id, {"cleared_at": stamp.at, "cleared_by": stamp.by}, stamp)
    return len(found)


# ── plan, review, tier ─────────────────────────────────────────────────────────────────────────────────────────────


def plan_of(session: Session, party_id: int) -> ServicePlan | None:
    """The service plan in force."""
    query = sa.select(*_PLAN).where(plans.c.party_id == party_id, plans.c.valid_until.is_(None))
    row = session.execute(query.order_by(plans.c.id.desc()).limit(1)).mappings().first()
    return None if row is None else ServicePlan(**row)


def response_hours(session: Session, party_id: int | None) -> int | None:
    """Within how many working hours the client's service plan promises a first answer; None without a plan."""
    plan = plan_of(session, party_id) if party_id is not None else None
    return plan.response_hours if plan is not None else None


def plans_in_force(session: Session) -> dict[int, ServicePlan]:
    """Client -> service plan in force."""
    rows = session.execute(sa.select(*_PLAN).where(plans.c.valid_until.is_(None)).order_by(plans.c.id)).mappings()
    return {row["party_id"]: ServicePlan(**row) for row in rows}


def set_plan(
    session: Session, party_id: int, values: Mapping[str, Any], stamp: Stamp, instance: str | None = None
) -> ServicePlan:
    """A new plan in place of the one in force; goals and owner that are not given are carried over."""
    before = plan_of(session, party_id)
    kept = {"goals": before.goals, "owner": before.owner} if before is not None else {}
    given = {name: value for name, value in values.items() if value is not None}
    ending = plans.c.party_id == party_id, plans.c.valid_until.is_(None)
    for row_id in session.execute(sa.select(plans.c.id).where(*ending)).scalars().all():
        update(session, plans, row_id, {"valid_until": stamp.at}, stamp)
    row = kept | given | {"party_id": party_id, "valid_from": stamp.at, "by": stamp.by, "instance": instance}
    insert(session, plans, row, stamp)
    made = plan_of(session, party_id)
    assert made is not None
    return made


def without_plan(session: Session, tier: str = KEY_TIER) -> tuple[parties.Party, ...]:
    """Clients of a tier for whom nobody has set goals: those without a plan, or with one that has none."""
    planned = sa.select(plans.c.party_id).where(plans.c.valid_until.is_(None), plans.c.goals.is_not(None))
    query = (
        sa.select(party_table.c.id)
        .where(party_table.c.tier == tier, party_table.c.merged_into.is_(None), party_table.c.id.not_in(planned))
        .order_by(party_table.c.id)
    )
    return tuple(parties.get(session, found) for found in session.execute(query).scalars().all())


def record_review(
    session: Session, party_id: int, year: int, values: Mapping[str, Any], stamp: Stamp, instance: str | None = None
) -> int:
    """The review of a year; the same year again completes it. Returns its id."""
    known = session.execute(sa.select(reviews.c.id).where(reviews.c.party_id == party_id, reviews.c.year == year))
    found = known.scalar()
    if found is not None:
        update(session, reviews, found, values, stamp)
        return int(found)
    row = {"profile_confirmed": False} | dict(values) | {"party_id": party_id, "year": year}
    return insert(session, reviews, row | {"at": stamp.at, "by": stamp.by, "instance": instance}, stamp)


def reviewed_years(session: Session, party_id: int) -> tuple[int, ...]:
    """Years with a review, oldest first."""
    query = sa.select(reviews.c.year).where(reviews.c.party_id == party_id).order_by(reviews.c.year)
    return tuple(session.execute(query).scalars())


def set_tier(
    session: Session, party_id: int, year: int, tier: str, score: Decimal | None, stamp: Stamp
) -> tuple[str | None, str]:
    """The review of a year gives the client its tier; returns (before, after)."""
    before = parties.get(session, party_id).tier
    parties.change(session, party_id, {"tier": tier}, stamp)
    values = {"tier_before": before, "tier_after": tier, "value_score": score}
    record_review(session, party_id, year, values, stamp)
    return before, tier


def record_rating(session: Session, party_id: int, values: Mapping[str, Any], stamp: Stamp) -> int:
    """A category that a second person confirmed; returns its id."""
    return insert(session, ratings, dict(values) | {"party_id": party_id, "at": stamp.at}, stamp)


def rating_of(session: Session, party_id: int) -> str | None:
    """The category confirmed last."""
    query = sa.select(ratings.c.category).where(ratings.c.party_id == party_id)
    return session.execute(query.order_by(ratings.c.at.desc(), ratings.c.id.desc()).limit(1)).scalar()


# ── needs and suggestions ──────────────────────────────────────────────────────────────────────────────────────────


def replace_needs(
    session: Session,
    party_id: int,
    found: Iterable[Mapping[str, Any]],
    source: str,
    stamp: Stamp,
    instance: str | None = None,
) -> tuple[str, ...]:
    """What the client needs as of now: earlier needs that were not named again are dropped. Returns the categories."""
    named = [one for one in found if one.get("category")]
    present = {one.category: one.id for one in needs_of(session, party_id)}
    for category, row_id in present.items():
        if category not in {one["category"] for one in named}:
            update(session, needs, row_id, {"state": "dropped", "closed_at": stamp.at}, stamp)
    for one in named:
        row = {"text": one.get("text"), "priority": one.get("priority") or "normal", "source": source}
        row |= {"at": stamp.at, "by": stamp.by}
        if one["category"] in present:
            update(session, needs, present[one["category"]], row, stamp)
        else:
            known = {"party_id": party_id, "category": one["category"], "state": "open", "instance": instance}
            present[one["category"]] = insert(session, needs, row | known, stamp)
    if not named:
        asked = {"party_id": party_id, "category": NO_NEED, "priority": "normal", "state": "dropped", "source": source}
        insert(session, needs, asked | {"at": stamp.at, "by": stamp.by, "closed_at": stamp.at}, stamp)
    return tuple(dict.fromkeys(str(one["category"]) for one in named))


def needs_of(session: Session, party_id: int) -> tuple[Need, ...]:
    """The client's open needs, oldest first."""
    query = sa.select(*_NEED).where(needs.c.party_id == party_id, needs.c.state == "open").order_by(needs.c.id)
    return tuple(Need(**row) for row in session.execute(query).mappings())


def needs_recorded(session: Session) -> dict[int, datetime]:
    """Client -> when somebody last wrote down what they need."""
    rows = session.execute(sa.select(needs.c.party_id, sa.func.max(needs.c.at)).group_by(needs.c.party_id))
    return {row[0]: row[1] for row in rows}


def record_action(session: Session, party_id: int, values: Mapping[str, Any], stamp: Stamp) -> int:
    """What became of a suggestion; returns its id."""
    return insert(session, actions, dict(values) | {"party_id": party_id, "at": stamp.at, "by": stamp.by}, stamp)


def actions_of(session: Session, party_id: int, since: datetime | None = None) -> tuple[Action, ...]:
    """Suggestions and their results, newest first."""
    query = sa.select(*_ACTION).where(actions.c.party_id == party_id)
    if since is not None:
        query = query.where(actions.c.at >= since)
    rows = session.execute(query.order_by(actions.c.at.desc(), actions.c.id.desc())).mappings()
    return tuple(Action(**row) for row in rows)
