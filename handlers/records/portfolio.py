"""Many deals at once: facilities, covenants under test, alerts and exposures across clients. Law: reads
only; each in a few statements however many deals there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.records import groups, limits
from handlers.records.covenants import Breach, Test
from handlers.records.monitoring import UNSETTLED, Alert, Risk
from handlers.records.tables import alert as alerts
from handlers.records.tables import covenant as covenants
from handlers.records.tables import covenant_breach as breaches
from handlers.records.tables import covenant_test as tests
from handlers.records.tables import facility as facilities
from handlers.records.tables import metric_state as metric_states
from handlers.records.tables import party as parties
from handlers.records.tables import project as projects
from handlers.records.tables import repayment as repayments
from handlers.records.tables import risk_item as risks

ENDED = ("closed", "lapsed")


@dataclass(frozen=True, slots=True)
class Deal:
    """A facility in a list."""

    id: int
    business_key: str
    name: str
    type: str
    state: str
    currency: str
    amount: Decimal
    drawn: Decimal
    repaid: Decimal
    signed_on: date | None
    maturity: date | None
    drawstop: str | None
    default_since: date | None
    project_key: str
    project_name: str
    client_key: str
    client_name: str
    owner: str | None

    @property
    def balance(self) -> Decimal:
        """Principal outstanding."""
        return self.drawn - self.repaid


_OWN = ("project_key", "project_name", "client_key", "client_name", "owner")
_DEAL = [
    *(facilities.c[field.name] for field in fields(Deal) if field.name not in _OWN),
    projects.c.business_key.label("project_key"),
    projects.c.name.label("project_name"),
    parties.c.business_key.label("client_key"),
    parties.c.legal_name.label("client_name"),
    projects.c.owner,
]
_JOINED = facilities.join(projects, projects.c.id == facilities.c.project_id).join(
    parties, parties.c.id == facilities.c.party_id
)


def deals(session: Session, *, ended: bool = False, text: str = "") -> tuple[Deal, ...]:
    """All facilities, newest first: those that have not ended, unless asked for; of a project, client or key named in
    `text`."""
    query = sa.select(*_DEAL).select_from(_JOINED).order_by(facilities.c.id.desc())
    if not ended:
        query = query.where(facilities.c.state.not_in(ENDED))
    if text:
        named = (projects.c.name, parties.c.legal_name, facilities.c.name)
        keys = (facilities.c.business_key, projects.c.business_key, parties.c.business_key)
        has = [column.contains(text, autoescape=True) for column in named]
        query = query.where(sa.or_(*has, *(column == text.upper() for column in keys)))
    return tuple(Deal(**row) for row in session.execute(query).mappings())


def overdue(session: Session, facility_ids: Iterable[int], today: date) -> Mapping[int, tuple[date, Decimal]]:
    """Facility -> (its oldest unpaid due date, what is unpaid of what was due before today)."""
    rows = session.execute(
        sa.select(repayments.c.facility_id, repayments.c.due, repayments.c.payment, repayments.c.paid).where(
            repayments.c.facility_id.in_(list(facility_ids)), repayments.c.state == "planned", repayments.c.due < today
        )
    )
    found: dict[int, tuple[date, Decimal]] = {}
    for row in rows:
        first, owed = found.get(row.facility_id, (row.due, Decimal(0)))
        found[row.facility_id] = (min(first, row.due), owed + row.payment - row.paid)
    return found


# ── covenants, alerts, risks ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Watch:
    """A financial covenant of a live facility, its newest result and the one of the test date before; None before its
    first and its second test."""

    facility_id: int
    facility_key: str
    code: str
    name: str
    metric: str | None
    direction: str | None
    default_level: Decimal | None
    lockup_level: Decimal | None
    frequency: str | None
    due_days: int | None
    signed_on: date | None
    maturity: date | None
    project_key: str
    project_name: str
    client_name: str
    test: Test | None = None
    before: Test | None = None

    @property
    def trend(self) -> Decimal | None:
        """Points of headroom won (above nought) or lost since the test before; None without two that say it."""
        if self.test is None or self.before is None:
            return None
        now, then = self.test.headroom_pct, self.before.headroom_pct
        return None if now is None or then is None else now - then


def under_test(session: Session) -> tuple[Watch, ...]:
    """The financial covenants in force of all live facilities, each with the last round of its newest test date."""
    own = [
        covenants.c.facility_id, facilities.c.business_key.label("facility_key"), covenants.c.code, covenants.c.name,
        covenants.c.metric, covenants.c.direction, covenants.c.default_level, covenants.c.lockup_level,
        covenants.c.frequency, covenants.c.due_days, facilities.c.signed_on, facilities.c.maturity,
        projects.c.business_key.label("project_key"), projects.c.name.label("project_name"),
        parties.c.legal_name.label("client_name"),
    ]  # fmt: skip
    query = (
        sa.select(*own)
        .select_from(_JOINED.join(covenants, covenants.c.facility_id == facilities.c.id))
        .where(covenants.c.kind == "financial", covenants.c.state == "in_force")
        .where(facilities.c.state.in_(("signed", "available", "operational")))
        .order_by(facilities.c.business_key, covenants.c.id)
    )
    rows = session.execute(query).mappings().all()
    keys = {row["facility_key"] for row in rows}
    last, before = newest_tests(session, keys), newest_tests(session, keys, 2)
    return tuple(Watch(**row, test=last.get(at), before=before.get(at))
                 for row in rows for at in [(row["facility_key"], row["code"])])  # fmt: skip


def newest_tests(session: Session, keys: Iterable[str], place: int = 1) -> Mapping[tuple[str, str], Test]:
    """(facility, covenant) -> its result in the last round of its newest test date; `place` 2: of the one before."""
    named = [tests.c[field.name] for field in fields(Test)]
    of = (tests.c.facility_key, tests.c.covenant)
    newest = sa.func.dense_rank().over(partition_by=of, order_by=tests.c.test_date.desc()).label("place")
    every = sa.select(*named, newest).where(tests.c.facility_key.in_(list(keys))).subquery()
    rows = session.execute(sa.select(every).where(every.c.place == place).order_by(every.c.round)).mappings()
    return {(row["facility_key"], row["covenant"]): Test(**{one.name: row[one.name] for one in fields(Test)})
            for row in rows}  # fmt: skip


def open_breaches(session: Session) -> tuple[Breach, ...]:
    """Breaches that go on, the oldest first."""
    named = [breaches.c[field.name] for field in fields(Breach)]
    going_on = breaches.c.state.in_(("open", "event_of_default"))
    rows = session.execute(sa.select(*named).where(going_on).order_by(breaches.c.id)).mappings()
    return tuple(Breach(**row) for row in rows)


def unsettled(session: Session) -> tuple[Alert, ...]:
    """All alerts that are not settled: red before amber, the longest open first."""
    named = [alerts.c[field.name] for field in fields(Alert)]
    worst = sa.case((alerts.c.level == "red", 0), else_=1)
    query = sa.select(*named).where(alerts.c.state.in_(UNSETTLED)).order_by(worst, alerts.c.opened_at)
    return tuple(Alert(**row) for row in session.execute(query).mappings())


def settled(session: Session, since: datetime, limit: int = 50) -> tuple[Alert, ...]:
    """Alerts that were settled since a moment, the last first."""
    named = [alerts.c[field.name] for field in fields(Alert)]
    query = sa.select(*named).where(alerts.c.state.not_in(UNSETTLED), alerts.c.closed_at >= since)
    rows = session.execute(query.order_by(alerts.c.closed_at.desc(), alerts.c.id.desc()).limit(limit)).mappings()
    return tuple(Alert(**row) for row in rows)


def open_risks(session: Session) -> tuple[Risk, ...]:
    """All measures of joint risk plans that are not done, by due date."""
    named = [risks.c[field.name] for field in fields(Risk)]
    query = sa.select(*named).where(risks.c.state != "done")
    return tuple(Risk(**row) for row in session.execute(query.order_by(risks.c.due)).mappings())


@dataclass(frozen=True, slots=True)
class Feed:
    """A metric that early warning follows: its level (0 green, 1 amber, 2 red) and since when it is too old."""

    subject_key: str
    metric: str
    level: int
    last_value: Decimal | None
    last_day: date | None
    stale: bool


def feeds(session: Session) -> tuple[Feed, ...]:
    """All metrics that are followed: the worst first, then what is too old."""
    s = metric_states.c
    query = sa.select(s.subject_key, s.metric, s.level, s.last_value, s.last_day, s.stale_since)
    rows = session.execute(query.order_by(s.level.desc(), s.stale_since.is_(None), s.subject_key))
    return tuple(Feed(*row[:5], stale=row[5] is not None) for row in rows)


def names_of(session: Session, keys: Iterable[str | None]) -> Mapping[str, str]:
    """What projects are called, and facilities with their project's name before their own, by business key."""
    wanted = {key for key in keys if key}
    named = sa.select(projects.c.business_key, projects.c.name).where(projects.c.business_key.in_(wanted))
    lent = sa.select(facilities.c.business_key, projects.c.name.label("project"), facilities.c.name)
    lent = lent.join(projects, projects.c.id == facilities.c.project_id).where(facilities.c.business_key.in_(wanted))
    found = {row.business_key: f"{row.project} · {row.name}" for row in session.execute(lent)}
    return found | {row.business_key: row.name for row in session.execute(named)}


# ── exposures ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Exposure:
    """A limit that binds, with what it is counted by: `amount` and `used` in its own currency, `weight` and `drawn` in
    that of the line."""

    facility: str
    currency: str
    amount: Decimal
    used: Decimal
    weight: Decimal
    drawn: Decimal
    head: int
    client_key: str
    client_name: str
    country: str
    sector: str | None
    project_key: str | None
    project_name: str | None
    expired_on: date | None = None
    """The last day of an open limit that is past it."""


def exposures(session: Session, day: date) -> tuple[Exposure, ...]:
    """Every limit that still binds on a day: what is promised while it is open, what is drawn afterwards."""
    held = [(one, bound) for one in limits.every(session) if (bound := one.weight(day)) and one.party_id is not None]
    clients = sa.select(parties.c.id, parties.c.business_key, parties.c.legal_name, parties.c.country)
    ids = {one.party_id for one, _bound in held}
    named = {row.id: row for row in session.execute(clients.where(parties.c.id.in_(ids)))}
    known, heads = _projects(session, {one.facility for one, _bound in held}), groups.heads(session)
    found = []
    for one, bound in held:
        client, (key, name, sector) = named[one.party_id], known.get(one.facility, (None, None, None))
        found.append(
            Exposure(
                one.facility, one.currency, one.amount, one.used, bound * one.line_rate, one.used * one.line_rate,
                heads.get(client.id, client.id), client.business_key, client.legal_name, client.country, sector, key,
                name, one.ends if one.expired(day) else None,
            )
        )  # fmt: skip
    return tuple(found)


def _projects(session: Session, keys: set[str]) -> dict[str, tuple[str, str, str | None]]:
    """Key of a project or a facility -> its project's key, name and sector."""
    of = (projects.c.business_key, projects.c.name, projects.c.sector)
    own = session.execute(sa.select(*of).where(projects.c.business_key.in_(keys)))
    found: dict[str, tuple[str, str, str | None]] = {row[0]: (row[0], row[1], row[2]) for row in own}
    through = session.execute(
        sa.select(facilities.c.business_key.label("facility"), *of)
        .join(projects, projects.c.id == facilities.c.project_id)
        .where(facilities.c.business_key.in_(keys))
    )
    return found | {row[0]: (row[1], row[2], row[3]) for row in through}


@dataclass(frozen=True, slots=True)
class Green:
    """A project by its environmental and social category."""

    project_key: str
    name: str
    sector: str | None
    phase: str
    category: str | None
    amount: Decimal | None
    currency: str


def by_category(session: Session) -> tuple[Green, ...]:
    """Projects that are evaluated, carried out or looked after, by Equator Principles category."""
    p = projects.c
    query = sa.select(p.business_key, p.name, p.sector, p.phase, p.equator_category, p.amount, p.currency)
    query = query.where(p.phase.in_(("evaluation", "execution", "maintenance")))
    rows = session.execute(query.order_by(p.equator_category, p.business_key))
    return tuple(Green(*row) for row in rows)


def parties_named(session: Session, ids: Iterable[int]) -> Mapping[int, tuple[str, str]]:
    """(business key, name) of clients, by id."""
    query = sa.select(parties.c.id, parties.c.business_key, parties.c.legal_name).where(parties.c.id.in_(list(ids)))
    return {row.id: (row.business_key, row.legal_name) for row in session.execute(query)}


def projects_named(session: Session, ids: Iterable[int]) -> Mapping[int, tuple[str, str]]:
    """(business key, name) of projects, by id."""
    query = sa.select(projects.c.id, projects.c.business_key, projects.c.name).where(projects.c.id.in_(list(ids)))
    return {row.id: (row.business_key, row.name) for row in session.execute(query)}
