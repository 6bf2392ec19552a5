"""Everybody we do business with against a list that has changed. Law: a hit is for compliance alone: it begins a
review, and no letter comes of it.

Sources: process S6 `kyc_refresh` of the process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.registry import Context, handles
from handlers.providers import Answer
from handlers.records.tables import contact, ownership_edge, party
from handlers.screening import Hit, ask, screen

CLIENTS = ("client", "prospect")
"""Stages in which business is done or prepared."""


@handles("kyc.rescreen", attempts=3, backoff="PT1M", timeout="PT10M")
def kyc_rescreen(ctx: Context) -> Mapping[str, Any]:
    """Screen every client, its people and its owners; each client with a hit gets the message `kyc_trigger`.

    Out: screened (how many clients), triggered [client keys]. Errors: BpmnError PROVIDER_DOWN. A client is triggered
    once for the same names and the same list, so that asking again changes nothing.
    """
    names = _names(ctx)
    answer = ask(ctx, lambda source: source.listed(ctx.now))
    hits = screen((name for told in names.values() for name in told), answer.content)
    by_name: dict[str, list[Hit]] = {}
    for hit in hits:
        by_name.setdefault(hit.name, []).append(hit)
    triggered = []
    for (key, party_id), told in names.items():
        own = [hit for name in sorted(told) for hit in by_name.get(name, ())]
        if own:
            _trigger(ctx, key, party_id, own, answer)
            triggered.append(key)
    return {"screened": len(names), "triggered": triggered}


def _names(ctx: Context) -> dict[tuple[str, int], set[str]]:
    """(business key, id) of every client -> the names that belong to it."""
    live = sa.and_(party.c.lifecycle_stage.in_(CLIENTS), party.c.merged_into.is_(None))
    clients = ctx.session.execute(sa.select(party.c.id, party.c.business_key, party.c.legal_name).where(live)).all()
    found = {(row.business_key, row.id): {row.legal_name} for row in clients}
    keys = {row.id: (row.business_key, row.id) for row in clients}
    people = sa.select(contact.c.party_id, contact.c.name).join(party, party.c.id == contact.c.party_id).where(live)
    owners = (
        sa.select(ownership_edge.c.owned_party_id, ownership_edge.c.owner_name)
        .join(party, party.c.id == ownership_edge.c.owned_party_id)
        .where(live)
    )
    for query in (people, owners):
        for owner, name in ctx.session.execute(query):
            found[keys[owner]].add(name)
    return found


def _trigger(ctx: Context, key: str, party_id: int, hits: list[Hit], answer: Answer) -> None:
    listed = ", ".join(sorted({f"{one.list}:{one.listed}" for one in hits}))
    ctx.schedule.add(
        "kyc_trigger",
        due=ctx.now,
        business_key=key,
        dedupe_key=f"kyc_trigger:{key}:{answer.raw_sha256[:16]}:{listed}"[:255],
        variables={"party_id": str(party_id), "trigger": "sanctions_hit", "trigger_text": listed},
    )
