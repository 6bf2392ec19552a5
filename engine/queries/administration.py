"""What administrators look at: people with all that is kept of them, absences, tokens, policies, calendars, audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars, entry, house
from engine.entry import WebSession
from engine.errors import NotFound
from engine.execution import runtime_of
from engine.store import tables as t
from engine.verification import Verdict, verify

FURTHEST_PAGE = 1_000_000
PASSED, COMING = 30, 365
"""Days for which a calendar shows what was and what comes."""


@dataclass(frozen=True, slots=True)
class PersonCard:
    """Somebody as administrators see them. `open_tasks`: how many stand with them; `how`: password and/or oidc."""

    id: str
    name: str
    name_en: str
    email: str | None
    language: str
    active: bool
    capacity: int
    region: str | None
    skills: tuple[str, ...]
    teams: tuple[str, ...]
    leads: tuple[str, ...]
    locked_until: datetime | None
    has_password: bool
    from_outside: bool
    open_tasks: int
    away_until: datetime | None


@dataclass(frozen=True, slots=True)
class TeamCard:
    """A team as administrators see it. `waiting`: tasks in its queue that nobody took."""

    id: str
    name: str
    name_en: str
    lead: str | None
    strategy: str
    full_load: int | None
    members: tuple[str, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """Somebody is away."""

    id: int
    person: str
    starts: datetime
    ends: datetime
    substitute: str | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token, without what opens anything."""

    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry of the audit."""

    id: int
    subject: str
    seq: int
    at: datetime
    actor: str
    action: str
    data: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class AuditedCase:
    """The case that an entry of the audit is about."""

    id: int
    process: str
    business_key: str


@dataclass(frozen=True, slots=True)
class CriticalRow:
    """A change that waits for a second person, or waited."""

    id: int
    kind: str
    subject: str
    data: Mapping[str, Any]
    why: str
    asked_by: str
    asked_at: datetime
    state: str
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class CalendarCard:
    """A calendar: its own days, and the national days (off, or worked at a weekend) from a month ago on for a year."""

    key: str
    name: str
    name_en: str
    country: str
    zone: str
    hours: Sequence[Sequence[str]]
    own: tuple[tuple[date, bool, str], ...]
    off: tuple[date, ...]
    worked: tuple[date, ...]


def person_cards(session: Session, only: str | None = None) -> list[PersonCard]:
    """Everybody, by sign-in name; `only`: one."""
    now = runtime_of(session).now()
    teams_of, leads_of = _grouped(session, t.membership.c.person_id, t.membership.c.team_id), dict[str, list[str]]()
    for row in session.execute(sa.select(t.team.c.id, t.team.c.lead).where(t.team.c.lead.is_not(None))):
        leads_of.setdefault(row.lead, []).append(row.id)
    open_ = sa.select(t.user_task.c.assignee, sa.func.count()).where(
        t.user_task.c.state == "open", t.user_task.c.assignee.is_not(None)
    )
    held = {row[0]: int(row[1]) for row in session.execute(open_.group_by(t.user_task.c.assignee))}
    away = sa.select(t.absence.c.person_id, sa.func.max(t.absence.c.ends)).where(
        t.absence.c.starts <= now, t.absence.c.ends > now
    )
    until = {row[0]: row[1] for row in session.execute(away.group_by(t.absence.c.person_id))}
    query = sa.select(t.person).order_by(t.person.c.id)
    if only is not None:
        query = query.where(t.person.c.id == only)
    return [
        PersonCard(
            p.id, p.name, p.name_en, p.email, p.language, p.active, p.capacity, p.region, tuple(p.skills or ()),
            tuple(teams_of.get(p.id, ())), tuple(leads_of.get(p.id, ())),
            p.locked_until if p.locked_until and p.locked_until > now else None,
            p.password_hash is not None, p.outside_id is not None, held.get(p.id, 0), until.get(p.id),
        )
        for p in session.execute(query)
    ]  # fmt: skip


def _grouped(session: Session, by: Any, what: Any, *where: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in session.execute(sa.select(by, what).where(*where).order_by(what)):
        found.setdefault(row[0], []).append(row[1])
    return found


def person_card(session: Session, id: str) -> PersonCard:
    """One person. NotFound."""
    found = person_cards(session, id)
    if not found:
        raise NotFound(what="person", id=id)
    return found[0]


def team_cards(session: Session) -> list[TeamCard]:
    """All teams, by name, with those of their members who work here."""
    here = t.membership.c.person_id.in_(sa.select(t.person.c.id).where(t.person.c.active.is_(True)))
    members = _grouped(session, t.membership.c.team_id, t.membership.c.person_id, here)
    queue = sa.select(t.user_task.c.team, sa.func.count()).where(
        t.user_task.c.state == "open", t.user_task.c.assignee.is_(None)
    )
    waiting = {row[0]: int(row[1]) for row in session.execute(queue.group_by(t.user_task.c.team))}
    rows = session.execute(sa.select(t.team).order_by(t.team.c.id))
    return [
        TeamCard(r.id, r.name, r.name_en, r.lead, r.strategy, r.full_load, tuple(members.get(r.id, ())),
                 waiting.get(r.id, 0))
        for r in rows
    ]  # fmt: skip


def absences(session: Session, person: str | None = None) -> list[AbsenceRow]:
    """Absences that are not over, the next first; of one person or of all."""
    a = t.absence.c
    query = sa.select(a.id, a.person_id, a.starts, a.ends, a.substitute).where(a.ends > runtime_of(session).now())
    if person is not None:
        query = query.where(a.person_id == person)
    return [AbsenceRow(*row) for row in session.execute(query.order_by(a.starts, a.id))]


def tokens(session: Session) -> list[TokenRow]:
    """All API tokens, those that serve first."""
    c = t.api_token.c
    rows = session.execute(sa.select(t.api_token).order_by(c.revoked_at.is_not(None), c.name))
    return [
        TokenRow(r.name, tuple(r.scopes.split()), r.created_at, r.created_by, r.expires_at, r.revoked_at) for r in rows
    ]


def calendar_cards(session: Session) -> list[CalendarCard]:
    """All calendars, the firm's first."""
    runtime = runtime_of(session)
    today = runtime.now().astimezone(runtime.zone).date()
    first, last = today - timedelta(days=PASSED), today + timedelta(days=COMING)
    own: dict[str, list[tuple[date, bool, str]]] = {}
    for day in session.execute(sa.select(t.calendar_day).order_by(t.calendar_day.c.day)):
        own.setdefault(day.calendar, []).append((day.day, day.working, day.note))
    rows = {row.key: row for row in session.execute(sa.select(t.calendar).order_by(t.calendar.c.key))}
    settings = runtime.settings
    found = []
    for key in dict.fromkeys((calendars.FIRM, *rows)):
        row, known = rows.get(key), calendars.calendar(session, key)
        off = tuple(sorted(day for day in known.holidays if first <= day <= last))
        worked = tuple(sorted(day for day in known.working_weekends if first <= day <= last))
        card = CalendarCard(
            key, "本机构日历", "The house's calendar", settings.country, settings.zone, calendars.HOURS,
            tuple(own.get(key, ())), off, worked,
        )  # fmt: skip
        if row is not None:
            kept = {name: getattr(row, name) for name in ("name", "name_en", "country", "zone", "hours")}
            card = replace(card, **kept)
        found.append(card)
    return found


def sessions(session: Session, person: str) -> tuple[WebSession, ...]:
    """The browsers in which somebody is signed in."""
    runtime = runtime_of(session)
    return entry.open_sessions(session, person, runtime.now() - timedelta(minutes=runtime.settings.session_minutes))


def session_alive(session: Session, person: str, secret: str) -> tuple[bool, bool]:
    """Whether a browser is still signed in as the person, and whether it is worth noting that it was seen."""
    return entry.alive(session, person, secret), entry.stale(session, secret)


def password_mark(session: Session, person: str) -> str:
    """What changes with somebody's password and says nothing of it; of nobody, and of who has none, always the same."""
    kept = session.scalar(sa.select(t.person.c.password_hash).where(t.person.c.id == person))
    return entry.digest(kept or "")


def session_id(secret: str) -> str:
    """The id (`WebSession.id`) of the browser whose cookie carries this."""
    return entry.digest(secret)


def link_holder(session: Session, secret: str) -> str | None:
    """Whose link to choose a password it is; None when it is unknown, spent or over."""
    return entry.link_of(session, secret)


def setting(session: Session, key: str) -> Mapping[str, Any]:
    """A setting of the house (`engine.house`); empty when nobody decided."""
    return house.get(session, key)


def audit_entries(
    session: Session,
    *,
    subject: str = "",
    actor: str = "",
    action: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    page: int = 1,
    size: int = 50,
) -> list[AuditRow]:
    """A page of the audit, newest first. `subject`: one (`person:li`), or all of a kind (`person:`, `person`)."""
    c = t.audit_entry.c
    query = sa.select(c.id, c.subject, c.seq, c.at, c.actor, c.action, c.data, c.hash).order_by(
        c.at.desc(), c.id.desc()
    )
    if subject and subject.partition(":")[2]:
        query = query.where(c.subject == subject)
    elif subject:
        query = query.where(c.subject >= subject, c.subject < subject + "\U0010ffff")
    for column, wanted in ((c.actor, actor), (c.action, action)):
        query = query.where(column == wanted) if wanted else query
    query = query.where(c.at >= since) if since else query
    query = query.where(c.at < until) if until else query
    rows = session.execute(query.limit(size).offset(min(page - 1, FURTHEST_PAGE) * size))
    return [AuditRow(r.id, r.subject, r.seq, r.at, r.actor, r.action, r.data or {}, r.hash) for r in rows]


def audited_cases(session: Session, subjects: Iterable[str]) -> Mapping[str, AuditedCase]:
    """Subject (`instance:17`) -> the case that it is about, where there is one."""
    ids = {one: int(id) for one in subjects if (id := one.removeprefix("instance:")) != one and id.isdecimal()}
    c = t.instance.c
    query = sa.select(c.id, c.key, c.business_key).where(c.id.in_(set(ids.values())))
    rows = session.execute(query) if ids else ()
    found = {row.id: AuditedCase(row.id, row.key, row.business_key or str(row.id)) for row in rows}
    return {one: found[id] for one, id in ids.items() if id in found}


def audit_actions(session: Session) -> list[str]:
    """What the audit of the last ninety days tells of, by name."""
    since = runtime_of(session).now() - timedelta(days=90)
    c = t.audit_entry.c
    return list(session.scalars(sa.select(c.action).where(c.at >= since).distinct().order_by(c.action)))


def critical_changes(session: Session, *states: str, limit: int = 50) -> list[CriticalRow]:
    """Changes that wait (state `open`) or waited for a second person, the newest first."""
    c = t.critical_change.c
    columns = (c.id, c.kind, c.subject, c.data, c.why, c.asked_by, c.asked_at, c.state, c.decided_by)
    query = sa.select(*columns).order_by(c.asked_at.desc(), c.id.desc()).limit(limit)
    return [CriticalRow(*row) for row in session.execute(query.where(c.state.in_(states)) if states else query)]


def whole(session: Session) -> Verdict:
    """Whether what is stored is what happened (`engine.verification`): every chain is computed again."""
    return verify(session)
