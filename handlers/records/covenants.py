"""Covenants under test: what is tested when, the results, breaches, and locks on distributions.

Law: a result is never changed; testing again is another round. A breach has one row a test date and kind, from its
finding to its end. Percentages run from 0 to 100.
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
from engine.store import take_turn
from handlers.records import groups
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import covenant as covenants
from handlers.records.tables import covenant_breach as breaches
from handlers.records.tables import covenant_test as tests
from handlers.records.tables import distribution_lock as locks
from handlers.records.tables import facility as facilities
from handlers.records.tables import project as projects
from handlers.records.tables import waiver as waivers

COMPLIANT, MISSING = "COMPLIANT", "DATA_MISSING"
GOING_ON = ("open", "event_of_default")


@dataclass(frozen=True, slots=True)
class Facility:
    """What monitoring asks of a facility."""

    id: int
    business_key: str
    name: str
    currency: str
    state: str
    maturity: date | None
    party_id: int
    project_id: int
    project_key: str
    owner: str | None


@dataclass(frozen=True, slots=True)
class Test:
    """One covenant on one test date; `value` is none and `status` DATA_MISSING when there was nothing to test."""

    business_key: str
    facility_key: str
    party_id: int | None
    test_date: date
    covenant: str
    metric: str
    direction: str
    value: Decimal | None
    default_level: Decimal | None
    lockup_level: Decimal | None
    watch_pct: Decimal | None
    status: str
    headroom_pct: Decimal | None
    round: int
    comment: str | None
    at: datetime
    by: str
    instance: str | None


@dataclass(frozen=True, slots=True)
class Breach:
    """`state` open until it is cured or waived, or has become an event of default."""

    id: int
    business_key: str
    facility_key: str
    party_id: int | None
    kind: str
    covenants: Sequence[str]
    state: str
    cause: str | None
    cure_method: str | None
    cure_until: date | None
    notice_date: date | None
    opened_at: datetime
    opened_by: str
    confirmed_by: str | None
    closed_at: datetime | None
    closed_by: str | None


_TEST = [tests.c[field.name] for field in fields(Test)]
_BREACH = [breaches.c[field.name] for field in fields(Breach)]


def find_facility(session: Session, key: str) -> Facility | None:
    """By business key; None for an unknown one."""
    query = (
        sa.select(
            *(facilities.c[name] for name in ("id", "business_key", "name", "currency", "state", "maturity")),
            facilities.c.party_id,
            facilities.c.project_id,
            projects.c.business_key.label("project_key"),
            projects.c.owner,
        )
        .join(projects, projects.c.id == facilities.c.project_id)
        .where(facilities.c.business_key == key)
    )
    row = session.execute(query).mappings().first()
    return None if row is None else Facility(**row)


def facility(session: Session, key: str) -> Facility:
    """By business key. NotFound."""
    found = find_facility(session, key)
    if found is None:
        raise NotFound(what="facility", what_zh="融资", id=key)
    return found


def due(session: Session, facility_id: int, metrics: Iterable[str] | None = None) -> tuple[Mapping[str, Any], ...]:
    """The financial covenants in force, by code; only those of some metrics where metrics are named."""
    query = sa.select(covenants).where(
        covenants.c.facility_id == facility_id, covenants.c.kind == "financial", covenants.c.state == "in_force"
    )
    wanted = set(metrics) if metrics is not None else None
    rows = session.execute(query.order_by(covenants.c.code)).mappings()
    return tuple(dict(row) for row in rows if not wanted or row["metric"] in wanted)


def waived(session: Session, facility_key: str, day: date) -> frozenset[str]:
    """Codes of the covenants that a waiver still covers on a day."""
    rows = session.execute(
        sa.select(waivers.c.covenants).where(waivers.c.facility_key == facility_key, waivers.c.until >= day)
    ).scalars()
    return frozenset(str(code) for codes in rows for code in codes)


def add_tests(session: Session, rows: Iterable[Mapping[str, Any]], stamp: Stamp) -> int:
    """Write the results of one testing, as the next round of their test date; returns the round."""
    listed = list(rows)
    key = listed[0]["business_key"] if listed else ""
    take_turn(session, f"tests:{key}")
    last = session.execute(sa.select(sa.func.max(tests.c.round)).where(tests.c.business_key == key)).scalar() or 0
    for row in listed:
        insert(session, tests, {**row, "round": last + 1, "at": stamp.at, "by": stamp.by}, stamp)
    return last + 1


def tests_of(session: Session, facility_key: str, limit: int = 100) -> tuple[Test, ...]:
    """The results of a facility, newest test date and round first."""
    order = (tests.c.test_date.desc(), tests.c.round.desc(), tests.c.covenant)
    query = sa.select(*_TEST).where(tests.c.facility_key == facility_key).order_by(*order)
    return tuple(Test(**row) for row in session.execute(query.limit(limit)).mappings())


def clean_dates(session: Session, facility_key: str) -> int:
    """How many test dates in a row, counted from the newest, ended with every covenant compliant."""
    last: dict[str, tuple[int, set[str]]] = {}
    for one in tests_of(session, facility_key, limit=400):
        newest, seen = last.setdefault(one.business_key, (one.round, set()))
        if one.round == newest:
            seen.add(one.status)
    clean = 0
    for _round, seen in last.values():
        if seen != {COMPLIANT}:
            break
        clean += 1
    return clean


def comment_tests(session: Session, business_key: str, comment: str, stamp: Stamp) -> None:
    """Keep what the monitor says about the newest round of a test date."""
    newest = sa.select(sa.func.max(tests.c.round)).where(tests.c.business_key == business_key).scalar_subquery()
    ids = session.execute(sa.select(tests.c.id).where(tests.c.business_key == business_key, tests.c.round == newest))
    for one in ids.scalars().all():
        update(session, tests, one, {"comment": comment}, stamp)


# ── breaches ───────────────────────────────────────────────────────────────────────────────────────────────────


def open_breach(session: Session, values: Mapping[str, Any], stamp: Stamp) -> Breach:
    """A breach found on a test date; found again it stands as it is, with what is told newly."""
    known = breach(session, str(values["business_key"]), str(values["kind"]))
    if known is not None:
        update(session, breaches, known.id, values, stamp)
        return _breach(session, known.id)
    row = {**values, "state": "open", "opened_at": stamp.at, "opened_by": stamp.by}
    return _breach(session, insert(session, breaches, row, stamp))


def breach(session: Session, business_key: str, kind: str) -> Breach | None:
    """The breach of that kind on a test date, if there is one."""
    query = sa.select(*_BREACH).where(breaches.c.business_key == business_key, breaches.c.kind == kind)
    row = session.execute(query).mappings().first()
    return None if row is None else Breach(**row)


def breaches_of(session: Session, facility_key: str) -> tuple[Breach, ...]:
    """All of a facility, newest first."""
    query = sa.select(*_BREACH).where(breaches.c.facility_key == facility_key).order_by(breaches.c.id.desc())
    return tuple(Breach(**row) for row in session.execute(query).mappings())


def close_breaches(session: Session, business_key: str, state: str, stamp: Stamp) -> int:
    """End what is still open on a test date: cured, waived, or an event of default; returns how many."""
    query = sa.select(breaches.c.id).where(breaches.c.business_key == business_key, breaches.c.state == "open")
    ids = session.execute(query).scalars().all()
    for one in ids:
        update(session, breaches, one, {"state": state, "closed_at": stamp.at, "closed_by": stamp.by}, stamp)
    return len(ids)


def _breach(session: Session, row_id: int) -> Breach:
    return Breach(**session.execute(sa.select(*_BREACH).where(breaches.c.id == row_id)).mappings().one())


# ── what follows for the facility and its group ────────────────────────────────────────────────────────────────


def lock(session: Session, facility_key: str, reason: str, stamp: Stamp) -> bool:
    """Stop distributions; False when they are stopped for this reason already."""
    same = sa.select(locks.c.id).where(
        locks.c.facility_key == facility_key, locks.c.reason == reason, locks.c.released_at.is_(None)
    )
    if session.execute(same).first() is not None:
        return False
    values = {"facility_key": facility_key, "reason": reason, "since": stamp.at, "by": stamp.by, "why": stamp.why}
    insert(session, locks, values, stamp)
    return True


def is_locked(session: Session, facility_key: str) -> bool:
    """Whether distributions are stopped."""
    query = sa.select(locks.c.id).where(locks.c.facility_key == facility_key, locks.c.released_at.is_(None))
    return session.execute(query.limit(1)).first() is not None


def release(session: Session, facility_key: str, stamp: Stamp) -> int:
    """Allow distributions again; returns how many locks ended."""
    query = sa.select(locks.c.id).where(locks.c.facility_key == facility_key, locks.c.released_at.is_(None))
    ids = session.execute(query).scalars().all()
    for one in ids:
        update(session, locks, one, {"released_at": stamp.at, "released_by": stamp.by}, stamp)
    return len(ids)


def declare_default(session: Session, facility_id: int, day: date, stamp: Stamp) -> bool:
    """An event of default goes on since that day; False when one goes on already."""
    query = sa.select(facilities.c.default_since).where(facilities.c.id == facility_id)
    if session.execute(query).scalar() is not None:
        return False
    update(session, facilities, facility_id, {"default_since": day}, stamp)
    return True


LIVE = ("signed", "available", "operational")


def group_facilities(session: Session, party_id: int) -> tuple[Facility, ...]:
    """Live facilities of the client and of everybody in its group, by business key."""
    members = groups.members_of(session, groups.head_of(session, party_id))
    query = (
        sa.select(facilities.c.business_key)
        .where(facilities.c.party_id.in_(members), facilities.c.state.in_(LIVE))
        .order_by(facilities.c.business_key)
    )
    return tuple(facility(session, key) for key in session.execute(query).scalars().all())
