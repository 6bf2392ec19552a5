"""The weekly look over all relationships: who was not spoken to for too long, whose needs are old, who lacks a plan,
who shows signs of leaving. Each finding is a row of the schedule that starts a short case of the client's own.

Law: the same finding is told once. Thresholds are the client's service plan (days without contact) and the constants
here; churn points are the decision table's, which scores those whose signals changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from engine.registry import Context, handles
from handlers import client_facts, inputs
from handlers.contacting import completed_by
from handlers.finance.plan import months_later
from handlers.maintaining import client, plan_review
from handlers.records import interactions, parties, relationship, retention
from handlers.records.changes import once
from handlers.records.interactions import Interaction
from handlers.records.tables import party as party_table

NEEDS_AGE = timedelta(days=365)
"""So old a record of needs may be of a client of tier A or B."""

QUIET_DAYS = 90
"""Days without contact that count for a client without a service plan."""


@handles("crm.sweep", transactional=True)
def crm_sweep(ctx: Context) -> Mapping[str, Any]:
    """Look over every client we finance or have tiered, and plan what each needs.

    Out: found (how many rows were planned), unplanned [{client_key, client_name, tier, owner}]: key clients for whom
    nobody has set goals (an unchanged list once a quarter). Rows are messages `attention_due` under the client's key
    with attention contact|needs|plan|churn, and `review_due` on the next anniversary of those without a planned
    review. Idempotent: each finding has a dedupe key of its own.
    """
    books = _Books.read(ctx)
    found = sum(
        _tell(ctx, one, attention, mark) for one in _clients(ctx) for attention, mark in _needed(ctx, books, one)
    )
    return {"found": found, "unplanned": _unplanned(ctx)}


def _unplanned(ctx: Context) -> list[dict[str, Any]]:
    """Key clients without goals; an unchanged list is shown once a quarter."""
    missing = [
        {"client_key": one.business_key, "client_name": one.legal_name, "tier": one.tier, "owner": one.owner}
        for one in relationship.without_plan(ctx.session)
    ]
    today = inputs.today(ctx)
    listed = _digest([one["client_key"] for one in missing])
    key = f"unplanned:{today.year}Q{(today.month + 2) // 3}:{listed}"
    told = once(ctx.session, key, "crm.sweep", ctx.now, lambda: {"instance": ctx.instance})
    return missing if told["instance"] == ctx.instance else []


@dataclass(frozen=True, slots=True)
class _Books:
    """What the look needs to know of everybody, read once."""

    plans: Mapping[int, relationship.ServicePlan]
    contacts: Mapping[int, datetime]
    needs: Mapping[int, datetime]
    signs: Mapping[int, Mapping[str, Any]]
    in_retention: frozenset[int]

    @classmethod
    def read(cls, ctx: Context) -> _Books:
        return cls(
            relationship.plans_in_force(ctx.session),
            client_facts.last_contacts(ctx.session),
            relationship.needs_recorded(ctx.session),
            client_facts.all_signals(ctx.session, ctx.now, inputs.today(ctx)),
            retention.clients_with_open_case(ctx.session),
        )


def _clients(ctx: Context) -> list[sa.RowMapping]:
    """Those in a business relationship."""
    p = party_table.c
    query = sa.select(p.id, p.business_key, p.legal_name, p.tier, p.owner, p.created_at).where(
        p.merged_into.is_(None), p.lifecycle_stage == "client"
    )
    return list(ctx.session.execute(query.order_by(p.id)).mappings())


def _needed(ctx: Context, books: _Books, party: sa.RowMapping) -> Iterator[tuple[str, str]]:
    """(attention, what makes this finding differ from the next) of one client."""
    plan, last = books.plans.get(party["id"]), books.contacts.get(party["id"])
    quiet = plan.contact_days if plan is not None else QUIET_DAYS
    if (ctx.now - (last or party["created_at"])).days > quiet:
        yield "contact", f"{last.date() if last else 'never'}"
    if party["tier"] in ("A", "B"):
        noted = books.needs.get(party["id"])
        if noted is None or ctx.now - noted > NEEDS_AGE:
            yield "needs", f"{noted.date() if noted else 'never'}"
    if party["tier"] == relationship.KEY_TIER and (plan is None or plan.goals is None):
        yield "plan", str(plan.id if plan else "none")
    if plan is None or plan.next_review is None:
        yield "review", ""
    signs = books.signs.get(party["id"], client_facts.QUIET)
    if any(_signs(signs)) and party["id"] not in books.in_retention:
        yield "churn", _mark(signs)


def _signs(signs: Mapping[str, Any]) -> Iterator[bool]:
    """What there is beside silence: the table decides what it comes to."""
    yield from (value for value in signs.values() if isinstance(value, bool))
    yield (signs["complaints"] or 0) > 0
    yield (signs["offers_declined"] or 0) > 0
    yield signs["nps"] is not None and signs["nps"] <= 6
    yield signs["runoff_pct"] >= 10


def _mark(signs: Mapping[str, Any]) -> str:
    """The same signs give the same mark; silence counts by whole quarters, a run-off by tens of per cent."""
    gap = signs["contact_gap_days"]
    coarse = dict(signs) | {
        "contact_gap_days": None if gap is None else gap // QUIET_DAYS,
        "runoff_pct": int(signs["runoff_pct"] // 10),
    }
    return _digest(coarse)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _tell(ctx: Context, party: sa.RowMapping, attention: str, mark: str) -> bool:
    if attention == "review":
        return plan_review(ctx, parties.get(ctx.session, party["id"]), _anniversary(ctx, party), party["owner"])
    return ctx.schedule.add(
        "attention_due",
        due=ctx.now,
        business_key=party["business_key"],
        dedupe_key=f"attention:{party['business_key']}:{attention}:{mark}",
        variables={
            "party_id": str(party["id"]), "client_key": party["business_key"], "client_name": party["legal_name"],
            "owner": party["owner"], "attention": attention, "tier": party["tier"] or "C",
        },
    )  # fmt: skip


def _anniversary(ctx: Context, party: sa.RowMapping) -> date:
    """The next day on which the client has been one for whole years: so reviews spread over the year."""
    since, today = party["created_at"].astimezone(ctx.zone).date(), inputs.today(ctx)
    due = months_later(since, 12 * max(today.year - since.year, 1))
    return due if due >= today else months_later(since, 12 * (today.year - since.year + 1))


@handles("crm.record_contact", transactional=True)
def crm_record_contact(
    ctx: Context,
    party_id: object,
    kind: str,
    contact_date: object = None,
    contact_channel: str | None = None,
    contact_person: str | None = None,
    contact_summary: str | None = None,
    needs: object = None,
    owner: str | None = None,
) -> Mapping[str, Any]:
    """Keep a talk that a finding led to, with the needs that it was for.

    In: party_id, kind contact|needs|plan, the fields of form `keep_in_touch`, owner. Out: interaction_id. Errors:
    InvalidInput for an unreadable date, NotFound. Idempotent by job key.
    """

    def record() -> Mapping[str, Any]:
        party = client(ctx, party_id)
        stamp = inputs.stamp(ctx, "interview", completed_by(ctx, "ut_attend") or inputs.text(owner))
        day = inputs.day(contact_date, "contact_date")
        talk = Interaction(
            party_id=party.id,
            at=ctx.now if day is None else min(ctx.now, datetime.combine(day, time(12), ctx.zone)),
            channel=inputs.text(contact_channel) or "phone",
            direction="out",
            person=inputs.text(contact_person),
            subject={"needs": "需求访谈", "plan": "客户计划"}.get(kind, "保持联系"),
            text=inputs.prose(contact_summary) or "",
            by=stamp.by,
            instance=ctx.instance,
            element=ctx.element,
        )
        if kind == "needs":
            relationship.replace_needs(ctx.session, party.id, inputs.rows(needs), "interview", stamp, ctx.instance)
        return {"interaction_id": str(interactions.add(ctx.session, talk))}

    return once(ctx.session, ctx.job_key, "crm.record_contact", ctx.now, record)
