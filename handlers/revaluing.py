"""Valuing a project's security by itself. Law: one person values, another checks, and only then the book is written;
what nobody valued or set a haircut for counts for nothing.

Sources: process S10 of the process catalogue (valuation, cover), package `collateral_revaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.registry import Context, handles
from handlers import inputs
from handlers.amending import REQUIRED_COVER
from handlers.finance.exact import HUNDRED, INSIDE, ZERO, rounded
from handlers.finance.plan import months_later
from handlers.records import facilities, monitoring, parties, projects, security
from handlers.records.changes import once
from handlers.records.facilities import Facility
from handlers.records.projects import Project

MESSAGE = "revaluation_due"
MONTHS = 11
"""After so many months the next valuation falls due: one of twelve counts no more."""
METRIC = "valuation_change_pct"


@handles("security.load", transactional=True)
def security_load(ctx: Context, project_key: object) -> Mapping[str, Any]:
    """A project's security as the book has it, and what it stands for.

    In: project_key (or the key of one of its facilities). Out: project_key, project_name, party_id, client_name, owner,
    facility_key, facility_name, currency, exposure: drawn less repaid of all its facilities in that currency,
    items [{name, type, value, valued_at, valuer}] that are not released (none without a
    facility), ranks {name: rank}, required_cover. Errors:
    NotFound for an unknown project. Reads only.
    """
    project = _project(ctx, inputs.text(project_key) or "")
    found = facilities.of_project(ctx.session, project.id)
    first = found[0] if found else None
    party = parties.get(ctx.session, first.party_id) if first else None
    currency = first.currency if first else project.currency
    held = [one for one in security.of_project(ctx.session, project.id) if one.state != "released" and first]
    return {
        "project_key": project.business_key,
        "project_name": project.name,
        "party_id": str(party.id) if party else None,
        "client_name": party.legal_name if party else None,
        "owner": project.owner or (party.owner if party else None),
        "facility_key": first.business_key if first else None,
        "facility_name": first.name if first else None,
        "currency": currency,
        "exposure": sum((one.drawn - one.repaid for one in found if one.currency == currency), ZERO),
        "items": [
            {
                "name": one.description,
                "type": one.type,
                "value": one.value,
                "valued_at": one.valued_at,
                "valuer": one.valuer,
            }
            for one in held
        ],
        "ranks": {one.description: one.rank for one in held},
        "required_cover": REQUIRED_COVER,
    }


def _project(ctx: Context, key: str) -> Project:
    facility: Facility | None = facilities.find(ctx.session, key)
    return projects.get(ctx.session, facility.project_id if facility else key)


@handles("security.revalue", transactional=True)
def security_revalue(
    ctx: Context, project_key: object, items: object, facility_key: object = None
) -> Mapping[str, Any]:
    """Write values that were checked, and plan the next valuation.

    In: project_key, items [{name, type, value, haircut (share), valued_at, valuer}], facility_key: whose early warning
    reads the change. Out: revalued: how many items have a newer value, change_pct of their sum (two places, null where
    there was none before), next_due. Sends `revaluation_due` then. An older day changes nothing. Errors: NotFound.
    Idempotent by job key.
    """

    def write() -> Mapping[str, Any]:
        project = projects.get(ctx.session, inputs.text(project_key) or "")
        stamp = inputs.stamp(ctx, "revaluation")
        before, after, newer = ZERO, ZERO, 0
        for held, row in _paired(ctx, project.id, items):
            value, day = inputs.number(row.get("value"), "value"), inputs.day(row.get("valued_at"), "valued_at")
            if value is None or day is None or (held.valued_at is not None and day <= held.valued_at):
                continue
            haircut = inputs.number(row.get("haircut"), "haircut")
            values = {"value": value, "valued_at": day, "valuer": inputs.text(row.get("valuer"))}
            values |= {} if haircut is None else {"haircut_pct": haircut * HUNDRED}
            security.change(ctx.session, held.id, values, stamp)
            before, after, newer = before + (held.value or ZERO), after + value, newer + 1
        change = rounded(INSIDE.divide((after - before) * HUNDRED, before)) if before else None
        today, key = inputs.today(ctx), inputs.text(facility_key)
        if change is not None and key is not None:
            monitoring.add_reading(ctx.session, key, METRIC, today, change, "revaluation", stamp)
        due = _plan(ctx, project, today)
        ctx.audit("security_revalued", {"project": project.business_key, "items": newer, "change_pct": change})
        return {"revalued": newer, "change_pct": change, "next_due": due}

    return once(ctx.session, ctx.job_key, "security.revalue", ctx.now, write)


def plan_first(ctx: Context, project: Project) -> date | None:
    """Have the first valuation start 11 months after the oldest value that the book has (what has none counts from
    today), today at the earliest; each next one follows from the one before. The day; None where nothing is held."""
    today = inputs.today(ctx)
    held = [one.valued_at or today for one in security.of_project(ctx.session, project.id) if one.state != "released"]
    return _plan(ctx, project, min(held)) if held else None


def _plan(ctx: Context, project: Project, valued: date) -> date:
    """In place of any that was planned for the project."""
    due = max(months_later(valued, MONTHS), inputs.today(ctx))
    prefix = f"{MESSAGE}:{project.business_key}:"
    ctx.schedule.cancel(prefix)
    ctx.schedule.add(MESSAGE, due=due, business_key=project.business_key, dedupe_key=f"{prefix}{due}")
    return due


def _paired(ctx: Context, project_id: int, items: object) -> list[tuple[security.Security, Mapping[str, Any]]]:
    """What is held and what was valued, by kind and name."""
    held = {(one.type, one.description): one for one in security.of_project(ctx.session, project_id)}
    rows = ((held.get((str(row.get("type")), str(row.get("name")))), row) for row in inputs.rows(items))
    return [(one, row) for one, row in rows if one is not None]
