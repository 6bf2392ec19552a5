"""Projects, the parties' roles in them, and the phases they went through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.ids import new_id
from handlers import names
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.changes import verify as mark_verified
from handlers.records.tables import party as parties
from handlers.records.tables import party_role as roles
from handlers.records.tables import phase_change
from handlers.records.tables import project as projects

PHASES = ("intake", "evaluation", "execution", "maintenance", "closed", "declined", "withdrawn", "merged")
ROLES = (
    "borrower",
    "sponsor",
    "spv",
    "investor",
    "agent",
    "guarantor",
    "offtaker",
    "epc",
    "om",
    "supplier",
    "adviser",
)


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it stands; amounts in units of `currency`, `…_pct` from 0 to 100."""

    id: int
    business_key: str
    name: str
    sector: str | None
    country: str
    region: str | None
    location: str | None
    stage: str | None
    phase: str
    purpose: str | None
    currency: str
    amount: Decimal | None
    capex: Decimal | None
    contingency_pct: Decimal | None
    equity_pct: Decimal | None
    equity_paid: Decimal | None
    tenor_months: int | None
    permits: str | None
    site_right: str | None
    epc_type: str | None
    offtake_type: str | None
    offtaker: str | None
    offtake_expiry: date | None
    cod_planned: date | None
    cod_actual: date | None
    concession_end: date | None
    equator_category: str | None
    expected_irr_pct: Decimal | None
    sponsor_record: str | None
    expected_close: date | None
    priority: str | None
    owner: str | None
    source: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Role:
    """One party's part in one project; `share` as a fraction."""

    party_id: int
    party_key: str
    party_name: str
    project_id: int
    project_key: str
    project_name: str
    role: str
    share: Decimal | None
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """A step of the project's life; how long a phase lasted is the time to the next one."""

    phase_from: str | None
    phase_to: str
    at: datetime
    by: str
    reason: str | None


_PROJECT = [projects.c[field.name] for field in fields(Project)]
_PHASE = [phase_change.c[field.name] for field in fields(PhaseChange)]

WRITABLE = frozenset(c.name for c in projects.c) - {
    "id",
    "business_key",
    "name_key",
    "phase",
    "source",
    "created_at",
    "created_by",
}


def get(session: Session, project: int | str) -> Project:
    """By id or business key. NotFound."""
    is_key = not keys.is_id(project)
    where = projects.c.business_key == project if is_key else projects.c.id == int(project)
    row = session.execute(sa.select(*_PROJECT).where(where)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="project", what_zh="项目", id=project)
    return Project(**row)


def hold(session: Session, project_id: int) -> None:
    """Let nobody else hold the project until this unit of work is over."""
    session.execute(sa.select(projects.c.id).where(projects.c.id == project_id).with_for_update())


def find(session: Session, business_key: str) -> Project | None:
    """By business key; None when there is none."""
    row = session.execute(sa.select(*_PROJECT).where(projects.c.business_key == business_key)).mappings().one_or_none()
    return None if row is None else Project(**row)


def create(
    session: Session, values: Mapping[str, Any], stamp: Stamp, year: int, business_key: str | None = None
) -> Project:
    """A new project in phase `intake`, under the key that its process instance has, else the next `PJ-`
    key.
    """
    row = _checked(values)
    if not row.get("name"):
        raise InvalidInput(place="name", reason="is missing", reason_zh="缺少项目名称")
    row = {"country": "CN", "currency": "CNY", "phase": "intake"} | row
    row |= {
        "business_key": business_key or keys.next_key(session, keys.PROJECT, year),
        "source": stamp.source,
        "created_at": stamp.at,
        "created_by": stamp.by,
    }
    project_id = insert(session, projects, row, stamp)
    _log_phase(session, project_id, None, "intake", stamp, None)
    return get(session, project_id)


def change(session: Session, project_id: int, values: Mapping[str, Any], stamp: Stamp) -> Project:
    """Write fields of a project; those that differ are logged with their source."""
    update(session, projects, project_id, _checked(values), stamp)
    return get(session, project_id)


def enter(session: Session, project_id: int, phase: str, stamp: Stamp, reason: str | None = None) -> Project:
    """Move the project into a phase; staying where it is leaves no trace. InvalidInput for an unknown
    phase.
    """
    if phase not in PHASES:
        raise InvalidInput(place="phase", reason=f"unknown: {phase}", reason_zh=f"未知阶段 {phase}")
    present = get(session, project_id)
    if present.phase != phase:
        update(session, projects, project_id, {"phase": phase}, stamp)
        _log_phase(session, project_id, present.phase, phase, stamp, reason)
    return get(session, project_id)


def _log_phase(
    session: Session, project_id: int, before: str | None, after: str, stamp: Stamp, reason: str | None
) -> None:
    session.execute(
        phase_change.insert().values(
            id=new_id(),
            project_id=project_id,
            phase_from=before,
            phase_to=after,
            at=stamp.at,
            by=stamp.by,
            reason=reason,
        )
    )


def verify(session: Session, project_id: int, stamp: Stamp, evidence: str | None = None) -> int:
    """Mark the project's present values as verified by `stamp.by`; returns how many there were."""
    return mark_verified(session, "project", project_id, stamp, evidence)


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(values) - WRITABLE)
    if unknown:
        listed = ", ".join(unknown)
        raise InvalidInput(place="project", reason=f"unknown fields {listed}", reason_zh=f"未知字段 {listed}")
    row = dict(values)
    if row.get("name"):
        row["name_key"] = names.name_key(row["name"])
    return row


def give_role(
    session: Session, party_id: int, project_id: int, role: str, stamp: Stamp, share: Decimal | None = None
) -> None:
    """The party plays a role in the project; the same again only updates the share. InvalidInput: unknown
    role.
    """
    if role not in ROLES:
        raise InvalidInput(place="role", reason=f"unknown: {role}", reason_zh=f"未知角色 {role}")
    known = session.execute(
        sa.select(roles.c.id).where(
            roles.c.party_id == party_id, roles.c.project_id == project_id, roles.c.role == role
        )
    ).scalar()
    if known is None:
        since = stamp.at.date()
        values = {
            "party_id": party_id,
            "project_id": project_id,
            "role": role,
            "share": share,
            "since": since,
        }
        insert(session, roles, values, stamp)
    elif share is not None:
        update(session, roles, known, {"share": share}, stamp)


def roles_of(session: Session, *, party_id: int | None = None, project_id: int | None = None) -> tuple[Role, ...]:
    """Roles of a party, of a project, or of one in the other; in the order in which they were given."""
    statement = (
        sa.select(
            roles.c.party_id,
            parties.c.business_key.label("party_key"),
            parties.c.legal_name.label("party_name"),
            roles.c.project_id,
            projects.c.business_key.label("project_key"),
            projects.c.name.label("project_name"),
            roles.c.role,
            roles.c.share,
            roles.c.since,
            roles.c.until,
        )
        .join(parties, parties.c.id == roles.c.party_id)
        .join(projects, projects.c.id == roles.c.project_id)
        .order_by(roles.c.id)
    )
    if party_id is not None:
        statement = statement.where(roles.c.party_id == party_id)
    if project_id is not None:
        statement = statement.where(roles.c.project_id == project_id)
    return tuple(Role(**row) for row in session.execute(statement).mappings())


def of_party(session: Session, party_id: int) -> tuple[Project, ...]:
    """Projects in which the party has a role, newest first."""
    chosen = sa.select(roles.c.project_id).where(roles.c.party_id == party_id)
    rows = session.execute(sa.select(*_PROJECT).where(projects.c.id.in_(chosen)).order_by(projects.c.id.desc()))
    return tuple(Project(**row) for row in rows.mappings())


def phases_of(session: Session, project_id: int) -> tuple[PhaseChange, ...]:
    """The project's way, oldest first."""
    rows = session.execute(
        sa.select(*_PHASE).where(phase_change.c.project_id == project_id).order_by(phase_change.c.at, phase_change.c.id)
    )
    return tuple(PhaseChange(**row) for row in rows.mappings())
