"""What a page shows of a client or a project, in one read; and the search over both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers import names, reg_no
from handlers.records import inquiries, interactions, keys, kyc, parties, projects, requests, statements
from handlers.records.changes import Change, Origin, log_of, origins
from handlers.records.interactions import Interaction, Issue
from handlers.records.kyc import CreditRecord, KycCase
from handlers.records.merging import Merge, merges_of
from handlers.records.parties import Contact, Party
from handlers.records.projects import PhaseChange, Project, Role
from handlers.records.requests import Request
from handlers.records.statements import Statement
from handlers.records.tables import contact as contact_table
from handlers.records.tables import party as party_table
from handlers.records.tables import party_role as role_table
from handlers.records.tables import project as project_table


@dataclass(frozen=True, slots=True)
class ClientCard:
    """A client with everything that the book knows around it."""

    party: Party
    contacts: tuple[Contact, ...]
    projects: tuple[Project, ...]
    roles: tuple[Role, ...]
    interactions: tuple[Interaction, ...]
    statements: tuple[Statement, ...]
    cases: tuple[KycCase, ...]
    credit: tuple[CreditRecord, ...]
    issues: tuple[Issue, ...]
    """Open ones."""
    waiting: tuple[Request, ...]
    """Changes that wait for a second person."""
    merges: tuple[Merge, ...]
    """Entries that became part of this one."""
    origins: dict[str, Origin]
    """Field of the party -> where its value is from and who verified it."""
    changes: tuple[Change, ...]
    business_keys: tuple[str, ...]
    """The client's and its projects' keys: process instances are found by them."""


@dataclass(frozen=True, slots=True)
class ProjectCard:
    """A project with its parties and its way so far."""

    project: Project
    roles: tuple[Role, ...]
    phases: tuple[PhaseChange, ...]
    interactions: tuple[Interaction, ...]
    origins: dict[str, Origin]
    changes: tuple[Change, ...]
    main_party: Party | None
    """The borrower, else the sponsor, else whoever was entered first."""


@dataclass(frozen=True, slots=True)
class Found:
    """One search hit."""

    kind: Literal["client", "project"]
    id: int
    business_key: str
    name: str
    detail: str
    """Registration number of a client, client names of a project."""


def client_card(session: Session, client: int | str) -> ClientCard:
    """By party id or business key; a project's or inquiry's key gives its client. NotFound."""
    party = client_of(session, client)
    own = projects.of_party(session, party.id)
    return ClientCard(
        party=party,
        contacts=parties.contacts_of(session, party.id),
        projects=own,
        roles=projects.roles_of(session, party_id=party.id),
        interactions=interactions.timeline(session, party.id),
        statements=statements.of_party(session, party.id),
        cases=kyc.cases_of(session, party.id),
        credit=kyc.credit_records(session, party.id),
        issues=interactions.open_issues(session, party.id),
        waiting=requests.open_of(session, party.id),
        merges=merges_of(session, party.id),
        origins=dict(origins(session, "party", party.id)),
        changes=log_of(session, "party", party.id, limit=50),
        business_keys=_keys(session, party, own),
    )


def _keys(session: Session, party: Party, own: tuple[Project, ...]) -> tuple[str, ...]:
    brought = (one.business_key for one in inquiries.of_party(session, party.id))
    return tuple(dict.fromkeys((party.business_key, *(one.business_key for one in own), *brought)))


def client_of(session: Session, client: int | str) -> Party:
    """A client by id or business key, or by the key of a project or an inquiry of it. NotFound."""
    if not isinstance(client, str) or keys.is_id(client):
        return parties.get(session, client)
    project = projects.find(session, client)
    if project is None:
        party = parties.find(session, client)
        return party if party is not None else _of_inquiry(session, client)
    party = main_party(session, project.id)
    return party if party is not None else parties.get(session, client)


def _of_inquiry(session: Session, business_key: str) -> Party:
    """An instance's key that is neither a client's nor a project's own: an investor's second inquiry, say."""
    matter = inquiries.find(session, business_key)
    return parties.get(session, matter.party_id if matter is not None else business_key)


def project_card(session: Session, project: int | str) -> ProjectCard:
    """By project id or business key. NotFound."""
    found = projects.get(session, project)
    return ProjectCard(
        project=found,
        roles=projects.roles_of(session, project_id=found.id),
        phases=projects.phases_of(session, found.id),
        interactions=interactions.project_timeline(session, found.id),
        origins=dict(origins(session, "project", found.id)),
        changes=log_of(session, "project", found.id, limit=50),
        main_party=main_party(session, found.id),
    )


_Also = Sequence[sa.ColumnElement[bool]]
_MAIN_ROLES = ("borrower", "sponsor", "spv", "investor")


def main_party(session: Session, project_id: int) -> Party | None:
    """Whom a project is of: the borrower, else the sponsor, the SPV, an investor, else whoever came first."""
    held = projects.roles_of(session, project_id=project_id)
    if not held:
        return None
    rank = {role: place for place, role in enumerate(_MAIN_ROLES)}
    first = min(held, key=lambda role: rank.get(role.role, len(_MAIN_ROLES)))
    return parties.get(session, first.party_id)


def search(
    session: Session, text: str, limit: int = 20, *, among: Sequence[sa.ColumnElement[bool]] = ()
) -> tuple[Found, ...]:
    """Clients and projects by name (width, script and legal form do not matter), key, registration number,
    phone or e-mail of a contact. Clients first; nothing for blank text. `among`: what clients and projects must fulfil
    besides (`handlers.segments`)."""
    wanted = names.half_width(text)
    if not wanted:
        return ()
    of_clients, of_projects = (among[:1], among[1:]) if among else ((), ())
    clients = _search_clients(session, wanted, limit, of_clients)
    return (*clients, *_search_projects(session, wanted, limit, of_projects))[:limit]


def latest(session: Session, limit: int = 20) -> tuple[Found, ...]:
    """The clients entered last."""
    t = party_table.c
    rows = session.execute(
        sa.select(t.id, t.business_key, t.legal_name, t.reg_no)
        .where(t.merged_into.is_(None))
        .order_by(t.id.desc())
        .limit(limit)
    )
    return tuple(Found("client", row.id, row.business_key, row.legal_name, row.reg_no or "") for row in rows)


def _like_key(column: sa.ColumnElement[str], wanted: str) -> list[sa.ColumnElement[bool]]:
    """By the comparable name, when anything of the text is left in it (marks alone leave nothing)."""
    key = names.name_key(wanted)
    return [column.contains(key, autoescape=True)] if key else []


def client_conditions(text: str) -> list[sa.ColumnElement[bool]]:
    """What a client fulfils one of when a text means it: name, key, registration number, a person's name or address."""
    t, wanted = party_table.c, names.half_width(text)
    people = [contact_table.c.email == wanted.lower(), contact_table.c.name == wanted]
    phone = names.phone_key(wanted)
    if phone:
        people.append(contact_table.c.mobile == phone)
    return [
        *_like_key(t.name_key, wanted),
        t.legal_name.contains(wanted, autoescape=True),
        t.business_key == wanted.upper(),
        t.reg_no == reg_no.compact(wanted),
        t.id.in_(sa.select(contact_table.c.party_id).where(sa.or_(*people))),
    ]


def _search_clients(session: Session, wanted: str, limit: int, among: _Also) -> tuple[Found, ...]:
    t = party_table.c
    rows = session.execute(
        sa.select(t.id, t.business_key, t.legal_name, t.reg_no)
        .where(sa.or_(*client_conditions(wanted)), t.merged_into.is_(None), *among)
        .order_by(t.id.desc())
        .limit(limit)
    )
    return tuple(Found("client", row.id, row.business_key, row.legal_name, row.reg_no or "") for row in rows)


def _search_projects(session: Session, wanted: str, limit: int, among: _Also) -> tuple[Found, ...]:
    t = project_table.c
    conditions = [
        *_like_key(t.name_key, wanted),
        t.name.contains(wanted, autoescape=True),
        t.business_key == wanted.upper(),
    ]
    rows = session.execute(
        sa.select(t.id, t.business_key, t.name).where(sa.or_(*conditions), *among).order_by(t.id.desc()).limit(limit)
    ).all()
    holders = session.execute(
        sa.select(role_table.c.project_id, party_table.c.legal_name)
        .join(party_table, party_table.c.id == role_table.c.party_id)
        .where(role_table.c.project_id.in_([row.id for row in rows]))
        .order_by(role_table.c.id)
    ).all()
    clients: dict[int, list[str]] = {}
    for holder in holders:
        if holder.legal_name not in clients.setdefault(holder.project_id, []):
            clients[holder.project_id].append(holder.legal_name)
    return tuple(
        Found("project", row.id, row.business_key, row.name, "、".join(clients.get(row.id, []))) for row in rows
    )
