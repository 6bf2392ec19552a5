"""What is watched between the tests: readings, what early warning remembers, alerts, the watch list, joint risks.

Law: a metric of a subject has at most one alert that is not settled; what comes after it (worse, better, told again)
is a note of it. A subject is a facility or a project, by business key; only metrics that it has been given at least
once are watched, so that nobody is asked for a feed that never was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.store import upsert
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import alert as alerts
from handlers.records.tables import amendment as amendments
from handlers.records.tables import facility as facilities
from handlers.records.tables import metric_reading as readings
from handlers.records.tables import metric_state as states
from handlers.records.tables import repayment as repayments
from handlers.records.tables import risk_item as risks
from handlers.records.tables import watch_item as watched

ALERT, RISK = "AL", "RK"
UNSETTLED = ("open", "watch", "action")
LEVELS = {1: "amber", 2: "red"}


@dataclass(frozen=True, slots=True)
class Alert:
    """`severity` 0–3 by the decision table, `level` as it was crossed; `notes` newest last."""

    id: int
    business_key: str
    subject_key: str
    facility_key: str | None
    project_key: str | None
    party_id: int | None
    metric: str
    source: str
    level: str
    value: Decimal | None
    threshold: Decimal | None
    trend: str | None
    severity: int | None
    text: str
    text_en: str
    state: str
    reason: str | None
    playbook: str | None
    exposure: Decimal | None
    notes: Sequence[Mapping[str, Any]]
    opened_at: datetime
    opened_by: str
    triaged_at: datetime | None
    triaged_by: str | None
    recovered_at: datetime | None
    closed_at: datetime | None
    instance: str | None


@dataclass(frozen=True, slots=True)
class Watched:
    """A subject on the watch list until `exited_at`."""

    id: int
    subject_key: str
    facility_key: str | None
    project_key: str | None
    party_id: int | None
    alert_id: int | None
    reason: str
    since: datetime
    by: str
    reviewed_at: datetime | None
    reviewed_by: str | None
    five_class: int | None
    comment: str | None
    exited_at: datetime | None


@dataclass(frozen=True, slots=True)
class Risk:
    """A measure of the joint risk plan; `owner` is one of ours also where the client has to act."""

    id: int
    business_key: str
    subject_key: str
    party_id: int | None
    alert_id: int | None
    action: str
    side: str
    owner: str
    due: date
    state: str
    progress: str | None
    evidence: str | None
    opened_at: datetime
    opened_by: str
    updated_at: datetime | None
    updated_by: str | None


@dataclass(frozen=True, slots=True)
class State:
    """What early warning remembers of a metric of a subject."""

    subject_key: str
    metric: str
    level: int
    seen: Sequence[int]
    last_value: Decimal | None
    last_day: date | None
    evaluated_at: datetime | None
    stale_since: datetime | None


_ALERT = [alerts.c[field.name] for field in fields(Alert)]
_WATCHED = [watched.c[field.name] for field in fields(Watched)]
_RISK = [risks.c[field.name] for field in fields(Risk)]
_STATE = [states.c[field.name] for field in fields(State)]

# ── readings ───────────────────────────────────────────────────────────────────────────────────────────────────


def add_reading(
    session: Session, subject_key: str, metric: str, day: date, value: Decimal, source: str, stamp: Stamp
) -> None:
    """A reading; the same source's of the same day replaces the earlier one."""
    values = {"value": value, "at": stamp.at, "by": stamp.by}
    known = session.execute(
        sa.select(readings.c.id).where(
            readings.c.subject_key == subject_key,
            readings.c.metric == metric,
            readings.c.day == day,
            readings.c.source == source,
        )
    ).scalar()
    if known is not None:
        update(session, readings, known, {"value": value}, stamp)
        return
    row = {"subject_key": subject_key, "metric": metric, "day": day, "source": source, **values}
    insert(session, readings, row, stamp)
    fresh = upsert(session, states).values(subject_key=subject_key, metric=metric, level=0, seen=[])
    session.execute(fresh.on_conflict_do_nothing(index_elements=["subject_key", "metric"]))


def newest(session: Session, subjects: Iterable[str]) -> Mapping[tuple[str, str], tuple[Decimal, date]]:
    """(subject, metric) -> the newest value with its day; of several sources the one told last. Each is one look into
    the index: what was read in the years before is not gone through."""
    last = (
        sa.select(readings.c.id)
        .where(readings.c.subject_key == states.c.subject_key, readings.c.metric == states.c.metric)
        .order_by(readings.c.day.desc(), readings.c.id.desc())
        .limit(1)
        .correlate(states)
        .scalar_subquery()
    )
    query = (
        sa.select(readings.c.subject_key, readings.c.metric, readings.c.value, readings.c.day)
        .join_from(states, readings, readings.c.id == last)
        .where(states.c.subject_key.in_(list(subjects)))
    )
    return {(row.subject_key, row.metric): (row.value, row.day) for row in session.execute(query)}


def series(session: Session, subject_key: str, metric: str, limit: int = 40) -> tuple[tuple[date, Decimal, str], ...]:
    """(day, value, source) of one metric, newest first."""
    query = (
        sa.select(readings.c.day, readings.c.value, readings.c.source)
        .where(readings.c.subject_key == subject_key, readings.c.metric == metric)
        .order_by(readings.c.day.desc(), readings.c.id.desc())
    )
    return tuple((row.day, row.value, row.source) for row in session.execute(query.limit(limit)))


def subjects(session: Session, after: str = "", limit: int = 200) -> tuple[str, ...]:
    """Who is watched, in order of keys, a portion at a time."""
    query = sa.select(states.c.subject_key).where(states.c.subject_key > after).distinct()
    return tuple(session.execute(query.order_by(states.c.subject_key).limit(limit)).scalars())


def states_of(session: Session, names: Iterable[str]) -> Mapping[str, Mapping[str, State]]:
    """Subject -> metric -> what is remembered."""
    found: dict[str, dict[str, State]] = {}
    for row in session.execute(sa.select(*_STATE).where(states.c.subject_key.in_(list(names)))).mappings():
        found.setdefault(row["subject_key"], {})[row["metric"]] = State(**row)
    return found


def remember(session: Session, state: State) -> None:
    """Write what the next run has to know."""
    values = {field.name: getattr(state, field.name) for field in fields(State)[2:]}
    where = (states.c.subject_key == state.subject_key, states.c.metric == state.metric)
    session.execute(states.update().where(*where).values(**values | {"seen": list(state.seen)}))


# ── alerts ─────────────────────────────────────────────────────────────────────────────────────────────────────


def get_alert(session: Session, alert: int | str) -> Alert:
    """By id or business key. NotFound."""
    column = alerts.c.id if isinstance(alert, int) else alerts.c.business_key
    row = session.execute(sa.select(*_ALERT).where(column == alert)).mappings().first()
    if row is None:
        raise NotFound(what="alert", what_zh="预警", id=alert)
    return Alert(**row)


def unsettled(session: Session, subject_key: str, metric: str) -> Alert | None:
    """The alert that this metric of this subject has already."""
    query = sa.select(*_ALERT).where(
        alerts.c.subject_key == subject_key, alerts.c.metric == metric, alerts.c.state.in_(UNSETTLED)
    )
    row = session.execute(query.order_by(alerts.c.id)).mappings().first()
    return None if row is None else Alert(**row)


def open_alert(session: Session, values: Mapping[str, Any], stamp: Stamp, year: int) -> Alert:
    """A new alert under a business key of its own."""
    row = {
        **values,
        "business_key": keys.next_key(session, ALERT, year),
        "state": "open",
        "notes": [],
        "opened_at": stamp.at,
        "opened_by": stamp.by,
    }
    return get_alert(session, insert(session, alerts, row, stamp))


def change_alert(session: Session, alert_id: int, values: Mapping[str, Any], stamp: Stamp) -> Alert:
    """Write what has become of an alert."""
    update(session, alerts, alert_id, values, stamp)
    return get_alert(session, alert_id)


def note_alert(session: Session, alert: Alert, note: Mapping[str, Any], stamp: Stamp) -> Alert:
    """Add to what came after the alert; a worse level is the alert's level from then on."""
    told = {"at": stamp.at, **note}
    values: dict[str, Any] = {"notes": [*alert.notes, told]}
    if note.get("level") == "red":
        values["level"] = "red"
    return change_alert(session, alert.id, values, stamp)


def alerts_of(session: Session, subject_key: str) -> tuple[Alert, ...]:
    """All of a subject, newest first."""
    query = sa.select(*_ALERT).where(alerts.c.subject_key == subject_key).order_by(alerts.c.id.desc())
    return tuple(Alert(**row) for row in session.execute(query).mappings())


# ── the watch list ─────────────────────────────────────────────────────────────────────────────────────────────


def watch(session: Session, values: Mapping[str, Any], stamp: Stamp) -> Watched:
    """Put a subject on the list; one that is on it stays once, with the newer reason."""
    query = sa.select(watched.c.id).where(watched.c.subject_key == values["subject_key"], watched.c.exited_at.is_(None))
    known = session.execute(query).scalar()
    if known is None:
        known = insert(session, watched, {**values, "since": stamp.at, "by": stamp.by}, stamp)
    else:
        update(session, watched, known, {"reason": values["reason"]}, stamp)
    return get_watched(session, known)


def get_watched(session: Session, item_id: int) -> Watched:
    """By id. NotFound."""
    row = session.execute(sa.select(*_WATCHED).where(watched.c.id == item_id)).mappings().first()
    if row is None:
        raise NotFound(what="watch list entry", what_zh="关注名单条目", id=item_id)
    return Watched(**row)


def watch_list(session: Session) -> tuple[Watched, ...]:
    """Everybody on the list, the longest first."""
    query = sa.select(*_WATCHED).where(watched.c.exited_at.is_(None)).order_by(watched.c.since, watched.c.id)
    return tuple(Watched(**row) for row in session.execute(query).mappings())


def review_watched(session: Session, item_id: int, values: Mapping[str, Any], stamp: Stamp) -> Watched:
    """Write the monthly review."""
    update(session, watched, item_id, {**values, "reviewed_at": stamp.at, "reviewed_by": stamp.by}, stamp)
    return get_watched(session, item_id)


# ── joint risks ────────────────────────────────────────────────────────────────────────────────────────────────


def add_risk(session: Session, values: Mapping[str, Any], stamp: Stamp, year: int) -> Risk:
    """A measure with its owner and date."""
    key = keys.next_key(session, RISK, year)
    row = {**values, "business_key": key, "state": "open", "opened_at": stamp.at, "opened_by": stamp.by}
    insert(session, risks, row, stamp)
    return get_risk(session, key)


def get_risk(session: Session, key: str) -> Risk:
    """By business key. NotFound."""
    row = session.execute(sa.select(*_RISK).where(risks.c.business_key == key)).mappings().first()
    if row is None:
        raise NotFound(what="risk measure", what_zh="风险措施", id=key)
    return Risk(**row)


def change_risk(session: Session, key: str, values: Mapping[str, Any], stamp: Stamp) -> Risk:
    """Write its progress."""
    one = get_risk(session, key)
    update(session, risks, one.id, {**values, "updated_at": stamp.at, "updated_by": stamp.by}, stamp)
    return get_risk(session, key)


def risks_of(session: Session, subject_key: str) -> tuple[Risk, ...]:
    """The risk register of a subject, by due date."""
    query = sa.select(*_RISK).where(risks.c.subject_key == subject_key).order_by(risks.c.due, risks.c.id)
    return tuple(Risk(**row) for row in session.execute(query).mappings())


def risks_for(session: Session, alert: Alert) -> tuple[Risk, ...]:
    """The measures of one alert, by due date."""
    return tuple(one for one in risks_of(session, alert.subject_key) if one.alert_id == alert.id)


# ── how a facility is paid ─────────────────────────────────────────────────────────────────────────────────────


def arrears(session: Session, facility_key: str | None, today: date) -> dict[str, Any]:
    """What the five classes ask of a facility: days past due of the oldest unpaid instalment (0 when none is, or
    nothing is known of it), whether it was restructured, whether an event of default goes on."""
    nothing = {"days_past_due": 0, "restructured": False, "impaired": False}
    row = session.execute(
        sa.select(facilities.c.id, facilities.c.default_since).where(facilities.c.business_key == facility_key)
    ).first()
    if row is None:
        return nothing
    oldest = session.execute(
        sa.select(sa.func.min(repayments.c.due)).where(
            repayments.c.facility_id == row.id, repayments.c.state == "planned", repayments.c.due < today
        )
    ).scalar()
    changed = session.execute(
        sa.select(amendments.c.id).where(amendments.c.facility_key == facility_key, amendments.c.state == "active")
    ).first()
    return {
        "days_past_due": (today - oldest).days if oldest is not None else 0,
        "restructured": changed is not None,
        "impaired": row.default_since is not None,
    }
