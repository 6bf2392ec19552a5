"""The pipeline: projects by the phase of their life, how long they stand there, what comes next, and what is won.

A project moves by its process alone. `onward` says what has to be done so that it does, or why it cannot go there.
Days after which a project counts as ageing or old in a phase are product defaults.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.queries import work
from engine.queries.work import CaseLine, OpenTask
from handlers import segments
from handlers.records import tables as book
from handlers.records.projects import Project
from handlers.views.deal_room import WAY

Age = Literal["fresh", "ageing", "old"]
DAYS: Mapping[str, tuple[int, int]] = {"intake": (14, 30), "evaluation": (45, 90), "execution": (365, 730)}
"""Phase -> days after which a project is ageing and old; in maintenance nothing ages."""
PROCESS: Mapping[str, str] = {
    "intake": "client_intake",
    "evaluation": "credit_evaluation",
    "execution": "facility_execution",
    "maintenance": "client_maintenance",
}
"""Phase -> the process that leads on from it."""
SHOWN = 60
"""Cards of one column; the oldest in the phase first."""
FILTERS = ("owner", "sector", "region", "currency")

_project = book.metadata.tables["project"]
_phase = book.metadata.tables["phase_change"]
_role = book.metadata.tables["party_role"]
_party = book.metadata.tables["party"]
_RANK = {"borrower": 0, "sponsor": 1, "spv": 2, "investor": 3}


@dataclass(frozen=True, slots=True)
class Card:
    """One project on the board. `days`: whole days in the phase."""

    key: str
    name: str
    client_key: str | None
    client_name: str | None
    amount: Decimal | None
    currency: str
    sector: str | None
    owner: str | None
    phase: str
    since: datetime
    days: int
    age: Age
    task: OpenTask | None


@dataclass(frozen=True, slots=True)
class Column:
    """One phase: how many there are, what they ask for by currency, and the cards that are shown."""

    phase: str
    count: int
    totals: Mapping[str, Decimal]
    cards: tuple[Card, ...] = field(default=())


Roles = frozenset[str] | None
"""Of somebody whose business are clients of these roles (`handlers.sights.segment`); None: all of them."""


def board(session: Session, chosen: Mapping[str, str], text: str, now: datetime, roles: Roles = None) -> list[Column]:
    """The four phases with the projects that the filters leave."""
    where = [*_conditions(chosen, text), *_theirs(roles)]
    return [_column(session, phase, where, now) for phase in WAY]


def _theirs(roles: Roles) -> list[sa.ColumnElement[bool]]:
    return [] if roles is None else [segments.projects_with(roles)]


def _conditions(chosen: Mapping[str, str], text: str) -> list[sa.ColumnElement[bool]]:
    found = [_project.c[name] == value for name, value in chosen.items() if value and name in FILTERS]
    if text:
        named = sa.select(_role.c.project_id).join(_party, _party.c.id == _role.c.party_id)
        of_client = named.where(_party.c.legal_name.contains(text, autoescape=True))
        by_name = _project.c.name.contains(text, autoescape=True)
        found.append(sa.or_(by_name, _project.c.business_key == text.upper(), _project.c.id.in_(of_client)))
    return found


def _column(session: Session, phase: str, where: Sequence[sa.ColumnElement[bool]], now: datetime) -> Column:
    here = (_project.c.phase == phase, *where)
    sums: dict[str, Decimal] = {}
    count = 0
    # Amounts are added here: SQLite keeps them as texts, which it would add as inexact numbers.
    for row in session.execute(sa.select(_project.c.currency, _project.c.amount).where(*here)):
        count += 1
        if row.amount is not None:
            sums[row.currency] = sums.get(row.currency, Decimal(0)) + row.amount
    since = (
        sa.select(sa.func.max(_phase.c.at))
        .where(_phase.c.project_id == _project.c.id, _phase.c.phase_to == phase)
        .correlate(_project)
        .scalar_subquery()
    )
    query = sa.select(_project, since.label("since")).where(*here).order_by(since, _project.c.id).limit(SHOWN)
    rows = session.execute(query).mappings().all()
    clients = _clients(session, [row["id"] for row in rows])
    tasks = _next_tasks(session, [row["business_key"] for row in rows])
    cards = tuple(_card(row, phase, clients.get(row["id"]), tasks.get(row["business_key"]), now) for row in rows)
    return Column(phase, count, sums, cards)


def _card(row: sa.RowMapping, phase: str, client: tuple[str, str] | None, task: OpenTask | None, now: datetime) -> Card:
    since: datetime = row["since"] or row["created_at"]
    days = max((now - since).days, 0)
    first, second = DAYS.get(phase, (10**6, 10**6))
    return Card(
        key=row["business_key"],
        name=row["name"],
        client_key=client[0] if client else None,
        client_name=client[1] if client else None,
        amount=row["amount"],
        currency=row["currency"],
        sector=row["sector"],
        owner=row["owner"],
        phase=phase,
        since=since,
        days=days,
        age="old" if days >= second else "ageing" if days >= first else "fresh",
        task=task,
    )


def _clients(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Project -> key and name of whom it is of, as `cards.main_party` chooses."""
    rows = session.execute(
        sa.select(_role.c.project_id, _role.c.role, _party.c.business_key, _party.c.legal_name)
        .join(_party, _party.c.id == _role.c.party_id)
        .where(_role.c.project_id.in_(ids))
        .order_by(_role.c.id)
    ).all()
    found: dict[int, tuple[str, str]] = {}
    for row in sorted(rows, key=lambda row: _RANK.get(row.role, len(_RANK))):
        found.setdefault(row.project_id, (row.business_key, row.legal_name))
    return found


def _next_tasks(session: Session, keys: Collection[str]) -> dict[str, OpenTask]:
    found: dict[str, OpenTask] = {}
    for one in work.open_tasks(session, keys):
        found.setdefault(one.business_key or "", one)
    return found


def numbers(session: Session, name: str, roles: Roles = None) -> dict[str, int]:
    """Value of a filter -> how many projects are in the four phases; most first."""
    column = _project.c[name]
    where = (_project.c.phase.in_(WAY), column.is_not(None), *_theirs(roles))
    query = sa.select(column, sa.func.count()).where(*where).group_by(column)
    return {str(value): count for value, count in sorted(session.execute(query).all(), key=lambda row: -row[1])}


@dataclass(frozen=True, slots=True)
class Reached:
    """How many of the projects entered since a day reached a phase, and the share of those that began, in per cent."""

    phase: str
    count: int
    share_pct: int


def funnel(session: Session, since: datetime, roles: Roles = None) -> list[Reached]:
    """The projects entered since then: how many reached each phase (or one beyond it), and how many were lost."""
    of = sa.select(_project.c.id).where(_project.c.created_at >= since, *_theirs(roles))
    rows = session.execute(sa.select(_phase.c.project_id, _phase.c.phase_to).where(_phase.c.project_id.in_(of)))
    reached: dict[int, int] = {}
    lost: dict[str, set[int]] = {"declined": set(), "withdrawn": set()}
    for project_id, phase in rows:
        if phase in WAY:
            reached[project_id] = max(reached.get(project_id, 0), WAY.index(phase))
        elif phase in lost:
            lost[phase].add(project_id)
    total = len(reached)
    counts = [(phase, sum(place >= at for place in reached.values())) for at, phase in enumerate(WAY)]
    counts += [(phase, len(ids)) for phase, ids in lost.items()]
    return [Reached(phase, count, round(100 * count / total) if total else 0) for phase, count in counts]


def since_a_year(now: datetime) -> datetime:
    """The beginning of the funnel's span."""
    return now - timedelta(days=365)


# ── moving ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Onward:
    """What becomes of the wish to see a project in another phase. `why`: here, back, beyond, ended, nothing_runs, or
    none when what is listed has to be done."""

    why: str | None
    tasks: tuple[OpenTask, ...] = ()
    cases: tuple[CaseLine, ...] = ()


def onward(session: Session, project: Project, to: str) -> Onward:
    """What has to be done so that the project comes into phase `to`; nothing is done here."""
    if project.phase not in WAY:
        return Onward("ended")
    here, there = WAY.index(project.phase), WAY.index(to)
    if there <= here:
        return Onward("here" if there == here else "back")
    if there > here + 1:
        return Onward("beyond")
    running = [one for one in work.cases_under(session, [project.business_key]) if one.ended_at is None]
    leading = [one for one in running if one.key == PROCESS[project.phase]] or running
    if not leading:
        return Onward("nothing_runs")
    tasks = _of(work.open_tasks(session, [project.business_key]), leading)
    return Onward(None, tuple(tasks), tuple(leading))


def _of(tasks: Iterable[OpenTask], cases: Sequence[CaseLine]) -> list[OpenTask]:
    """The tasks of the leading process first; where it has none itself, those of what it called."""
    ids = {one.id for one in cases}
    every = list(tasks)
    return [one for one in every if one.instance_id in ids] or every
