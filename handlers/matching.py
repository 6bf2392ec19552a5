"""Which projects may be shown to an investor, and why (投资者适当性). Law: nothing above the investor's risk class is
ever offered, what is not known of a risk is the highest of all, and amounts are compared in yuan or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.registry import Context, handles
from handlers import inputs
from handlers.finance.exact import count, inside, rounded
from handlers.rates import YUAN, into_yuan
from handlers.records import credit, parties, projects
from handlers.records.projects import Project
from handlers.records.tables import investor_profile
from handlers.records.tables import project as project_table

CLASSES = ("R1", "R2", "R3", "R4", "R5")
RISK_OF_CATEGORY: Mapping[str, str] = {"Strong": "R2", "Good": "R3", "Satisfactory": "R4", "Weak": "R5"}
"""Slotting category -> risk class; a product default. A project in default or without a rating has no class: it is
offered to nobody."""
PHASES = ("evaluation", "execution")
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Investor:
    """What an investor may and wants to take; amounts in yuan."""

    risk_class: str
    ticket_min: Decimal | None
    ticket_max: Decimal | None
    horizon_months: int | None
    excluded: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """A project with what speaks for it; `blocked` names what forbids it."""

    project: Project
    points: int
    reasons: tuple[tuple[str, str], ...]
    blocked: tuple[tuple[str, str], ...]


def judge(investor: Investor, project: Project, category: str | None, rate: Decimal | None) -> Match:
    """One project for one investor; `rate`: yuan for one unit of the project's currency, None unknown. Pure."""
    risk = RISK_OF_CATEGORY.get(category or "")
    good: list[tuple[int, str, str]] = []
    bad: list[tuple[str, str]] = []
    if risk is None:
        bad.append(("项目没有可用的风险评级", "the project has no rating that allows an offer"))
    elif CLASSES.index(risk) > CLASSES.index(investor.risk_class):
        told = f"{risk} > {investor.risk_class}"
        bad.append((f"项目风险等级高于投资者承受等级：{told}", f"riskier than the investor may take: {told}"))
    else:
        apart = CLASSES.index(investor.risk_class) - CLASSES.index(risk)
        told = f"{risk} ≤ {investor.risk_class}"
        good.append((40 - 10 * apart, f"风险等级在承受范围内：{told}", f"within the risk that may be taken: {told}"))
    if project.sector in investor.excluded:
        bad.append((f"投资者不投该行业：{project.sector}", f"the investor excludes the sector: {project.sector}"))
    else:
        good.append((20, "行业未被排除", "the sector is not excluded"))
    _fitting(investor, project, good, bad)
    _sized(investor, project, rate, good, bad)
    return Match(project, sum(one[0] for one in good), tuple((zh, en) for _, zh, en in good), tuple(bad))


def _fitting(
    investor: Investor, project: Project, good: list[tuple[int, str, str]], bad: list[tuple[str, str]]
) -> None:
    tenor, horizon = project.tenor_months, investor.horizon_months
    if tenor is not None and horizon is not None:
        if tenor > horizon:
            bad.append((f"期限 {tenor} 月超过投资期限 {horizon} 月", f"tenor {tenor} months beyond {horizon}"))
        else:
            good.append((20, f"期限 {tenor} 月在投资期限 {horizon} 月内", f"tenor {tenor} months within {horizon}"))


@inside
def _sized(
    investor: Investor,
    project: Project,
    rate: Decimal | None,
    good: list[tuple[int, str, str]],
    bad: list[tuple[str, str]],
) -> None:
    """The smallest ticket, in yuan, against the financing."""
    if project.amount is None or investor.ticket_min is None:
        return
    if rate is None:
        told = f"{project.currency}/{YUAN}"
        bad.append((f"没有汇率，无法与最低投资额比较：{told}", f"no rate to compare with the smallest ticket: {told}"))
        return
    amount = rounded(project.amount * rate)
    if amount < investor.ticket_min:
        least = f"{YUAN} {amount:,} < {investor.ticket_min:,}"
        bad.append((f"融资额低于最低投资额：{least}", f"below the smallest ticket: {least}"))
    else:
        good.append((20, "融资额不低于最低投资额", "not below the smallest ticket"))


def profile_of(session: Session, party_id: int) -> Investor | None:
    """The investor's last suitability, when it was passed."""
    row = session.execute(
        sa.select(investor_profile)
        .where(investor_profile.c.party_id == party_id)
        .order_by(investor_profile.c.id.desc())
    ).first()
    if row is None or row.result != "suitable" or row.risk_class not in CLASSES:
        return None
    excluded = frozenset(one.strip() for one in (row.sector_limits or "").split(",") if one.strip())
    return Investor(row.risk_class, row.ticket_min, row.ticket_max, row.horizon_months, excluded)


@handles("match.investor_project", transactional=True)
def match_investor_project(
    ctx: Context,
    party_id: object,
    ratings: object = None,
    project_keys: object = None,
    k: object = None,
) -> Mapping[str, Any]:
    """A shortlist of projects for an investor.

    In: party_id (the investor); ratings {project key: slotting category} or [{project_key, category}], which go before
    the projects' confirmed ratings; project_keys (all in evaluation or execution); k (10). Out: shortlist
    [{project_key, project_name, sector, amount, currency, tenor_months, points, reasons, reasons_en}], best first;
    left_out [{project_key, reasons, reasons_en}]; suitable: whether the investor has a passed suitability at all
    (without one nothing is offered). Only reads.
    """
    client = inputs.ident(party_id, "party_id")
    party = parties.get(ctx.session, client if client is not None else 0)
    found = matches(ctx.session, party.id, _ratings(ratings), project_keys)
    if found is None:
        return {"shortlist": [], "left_out": [], "suitable": False}
    best = [one for one in found if not one.blocked]
    wanted = SHOWN if k is None else count(k, "k", 1, 100)
    return {
        "shortlist": [_shown(one) for one in best[:wanted]],
        "left_out": [{"project_key": one.project.business_key} | _told(one.blocked) for one in found if one.blocked],
        "suitable": True,
    }


@handles("match.project_investors", transactional=True)
def match_project_investors(ctx: Context, project_key: object = None, category: str | None = None) -> Mapping[str, Any]:
    """The investors whom a project suits: what a syndication may start from.

    In: project_key (else the case's key), category (the slotting category, before it is confirmed in the book). Out:
    investors [{client_key, client_name, risk_class, ticket_min, ticket_max, points, reasons, reasons_en}], best first;
    those it must not be offered to are left out. Errors: NotFound. Only reads.
    """
    project = projects.get(ctx.session, inputs.text(project_key) or ctx.business_key or "")
    found = investors_for(ctx.session, project, inputs.text(category))[:SHOWN]
    return {"investors": [_investor(party, investor, match) for party, investor, match in found]}


def _investor(party: parties.Party, investor: Investor, match: Match) -> dict[str, Any]:
    return {
        "client_key": party.business_key,
        "client_name": party.legal_name,
        "risk_class": investor.risk_class,
        "ticket_min": investor.ticket_min,
        "ticket_max": investor.ticket_max,
        "points": match.points,
    } | _told(match.reasons)


def matches(
    session: Session, party_id: int, ratings: Mapping[str, str] | None = None, project_keys: object = None
) -> list[Match] | None:
    """Every project on offer judged for one investor, best first, those that may not be offered last; None without a
    passed suitability. `ratings` by project key go before the confirmed ones."""
    investor = profile_of(session, party_id)
    if investor is None:
        return None
    offered = _offered(session, project_keys)
    rates = {currency: into_yuan(session, currency) for currency in {one.currency for one in offered}}
    found = [
        judge(
            investor,
            one,
            (ratings or {}).get(one.business_key) or _confirmed(session, one),
            rates[one.currency],
        )
        for one in offered
    ]
    return sorted(found, key=lambda one: (bool(one.blocked), -one.points, one.project.business_key))


def investors_for(
    session: Session, project: Project, category: str | None = None
) -> list[tuple[parties.Party, Investor, Match]]:
    """The suitable investors of the house with how a project fits each, best first; those it must not be offered to
    are left out. `category` goes before the confirmed one. Nothing for a project that is not on offer."""
    if project.phase not in PHASES:
        return []
    rated, rate = category or _confirmed(session, project), into_yuan(session, project.currency)
    found = []
    for party_id in session.execute(sa.select(investor_profile.c.party_id).distinct()).scalars().all():
        investor = profile_of(session, party_id)
        match = judge(investor, project, rated, rate) if investor is not None else None
        if investor is not None and match is not None and not match.blocked:
            found.append((parties.get(session, party_id), investor, match))
    return sorted(found, key=lambda one: (-one[2].points, one[0].business_key))


def _confirmed(session: Session, project: Project) -> str | None:
    rating = next(iter(credit.ratings_of(session, project.id)), None)
    return None if rating is None else rating.category


def _ratings(given: object) -> dict[str, str]:
    if isinstance(given, Mapping) and "project_key" not in given:
        return {str(key): str(value) for key, value in given.items()}
    return {str(row.get("project_key")): str(row.get("category")) for row in inputs.rows(given)}


def _offered(session: Session, keys: object) -> list[Project]:
    named = inputs.texts(keys)
    if named:
        return [projects.get(session, key) for key in named]
    chosen = sa.select(project_table.c.business_key).where(project_table.c.phase.in_(PHASES))
    return [projects.get(session, key) for key in session.execute(chosen.order_by(project_table.c.id)).scalars()]


def _told(reasons: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    return {"reasons": [zh for zh, _ in reasons], "reasons_en": [en for _, en in reasons]}


def _shown(one: Match) -> dict[str, Any]:
    project = one.project
    return {
        "project_key": project.business_key,
        "project_name": project.name,
        "sector": project.sector,
        "amount": project.amount,
        "currency": project.currency,
        "tenor_months": project.tenor_months,
        "points": one.points,
    } | _told(one.reasons)
