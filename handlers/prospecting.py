"""Finding leads worth a call: what past cases tell (特征挖掘), leads ranked by it, people's verdicts kept, the accepted
handed to intake. Law: under fifty closed cases nothing is concluded; a rank never begins anything without a person.

A feature's information value and the weight of each of its values are those of scorecards (`handlers.scorecards.
binning`); a lead's points are the sum of its values' weights, times a hundred, times the feature's weight by the
decision `high_potential_weights`. Its reasons add up to its points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.finance.exact import CENT, FOUR, HUNDRED, INSIDE, ONE, ZERO, count, refused, rounded
from handlers.records import cases, inquiries, keys, parties
from handlers.records.changes import insert, once
from handlers.records.parties import Party
from handlers.records.tables import inquiry, lead_verdict, party, party_role, project
from handlers.scorecards.binning import Band, Value, bands, information_value

LEAST = 50
"""Closed cases below which nothing is concluded."""
SHOWN = 20
RESTS_DAYS = 180
"""A lead that was turned down is not proposed again for so long."""
RUNNING = ("evaluation", "execution", "maintenance")
LEADS = ("lead", "prospect", "former")

FEATURES: Mapping[str, tuple[str, str]] = {
    "sector": ("行业", "sector"),
    "region": ("区域", "region"),
    "project_stage": ("项目阶段", "project stage"),
    "source": ("来源", "source"),
    "permits": ("审批手续", "permits"),
    "sponsor_record": ("股东业绩", "sponsor's record"),
    "offtake_type": ("销售安排", "offtake"),
    "amount": ("融资额", "financing"),
    "equity_pct": ("资本金比例", "equity share"),
}
NUMBERS = ("amount", "equity_pct")
_OF_PROJECT = {"project_stage": "stage"}
"""Where the project's column is called otherwise."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A case that ended: whether it was worth it, and what it was like."""

    won: bool
    traits: Mapping[str, Value]


def closed_cases(session: Session) -> list[Closed]:
    """Closed inquiries (won: approved and, where the library knows the end, ended well), and cases of the library that
    began elsewhere (won: ended well)."""
    library = {one.business_key: one for one in cases.library(session)}
    found = []
    for row in session.execute(_inquiries().where(inquiry.c.state == "closed").order_by(inquiry.c.id)).mappings():
        case = library.pop(row["business_key"], None)
        won = row["outcome"] == "approved" and (case is None or case.outcome in cases.GOOD)
        found.append(Closed(won, _traits(row)))
    for case in library.values():
        told = {name: getattr(case, name, None) for name in FEATURES}
        found.append(Closed(case.outcome in cases.GOOD, told))
    return found


def _inquiries() -> sa.Select[Any]:
    columns = [project.c[_OF_PROJECT.get(name, name)].label(name) for name in FEATURES if name != "source"]
    return (
        sa.select(inquiry.c.business_key, inquiry.c.party_id, inquiry.c.outcome, inquiry.c.source, *columns)
        .select_from(inquiry)
        .outerjoin(project, project.c.id == inquiry.c.project_id)
    )


def _traits(row: Mapping[Any, Any]) -> dict[str, Value]:
    return {name: row[name] for name in FEATURES}


@handles("mine.features", transactional=True)
def mine_features(ctx: Context) -> Mapping[str, Any]:
    """What told good cases from others, by the closed ones.

    In: nothing. Out: features [{feature, label, label_en, information_value to four places, sample, values [{kind,
    low, high, values, won, lost, weight}]}], the most telling first; sample, won. Errors: BpmnError SAMPLE_TOO_SMALL
    (variables sample, needed) below fifty closed cases, or when all ended alike. Only reads.
    """
    found = learned(ctx.session)
    if not found.features:
        told = f"{found.sample} closed cases, {found.won} won; {LEAST} of both kinds are needed"
        raise BpmnError("SAMPLE_TOO_SMALL", told, {"sample": found.sample, "needed": LEAST})
    return {"features": list(found.features), "sample": found.sample, "won": found.won}


@dataclass(frozen=True, slots=True)
class Learned:
    """What closed cases tell: `features` as `mine.features` gives them; none while there are too few to conclude."""

    features: tuple[Mapping[str, Any], ...]
    sample: int
    won: int


def learned(session: Session) -> Learned:
    """What the closed cases tell now; nothing below fifty of them, or when all ended alike."""
    found = closed_cases(session)
    won = sum(one.won for one in found)
    enough = len(found) >= LEAST and won not in (0, len(found))
    return Learned(tuple(mined(found)) if enough else (), len(found), won)


def mined(found: Sequence[Closed]) -> list[dict[str, Any]]:
    """Every feature with its information value and the weights of its values. Pure."""
    lost = [not one.won for one in found]
    rows = []
    for name, (zh, en) in FEATURES.items():
        values = [one.traits[name] for one in found]
        made = bands(values, lost)
        worth = rounded(information_value(made), FOUR)
        known = sum(value is not None for value in values)
        told = {"feature": name, "label": zh, "label_en": en, "information_value": worth, "sample": known}
        rows.append(told | {"values": [_band(one) for one in made]})
    return sorted(rows, key=lambda row: (-row["information_value"], row["feature"]))


def _band(one: Band) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "low": one.low,
        "high": one.high,
        "values": list(one.values),
        "won": one.goods,
        "lost": one.bads,
        "weight": rounded(one.woe, FOUR),
    }


@handles("lead.rank", transactional=True)
def lead_rank(
    ctx: Context,
    features: object,
    sample: object,
    weights: object = None,
    leads: object = None,
    k: object = None,
) -> Mapping[str, Any]:
    """Leads in the order in which a call is worth most.

    In: features and sample of mine.features; weights [{feature, weight}] (1 for what is not named); leads [{party_id,
    …features}] (else those of the book: leads, prospects and former clients with nothing running, not turned down in
    the last 180 days); k (20). Out: ranked [{rank, party_id, client_key, client_name, owner, points, reasons [{label,
    label_en, value, points}]}], best first; considered: how many there were. The reasons add up to the points.
    Errors: BpmnError SAMPLE_TOO_SMALL below fifty closed cases. Only reads.
    """
    if (inputs.whole(sample, "sample") or 0) < LEAST:
        raise BpmnError("SAMPLE_TOO_SMALL", variables={"sample": sample, "needed": LEAST})
    given = inputs.rows(leads)
    people = given or list(leads_of(ctx.session, ctx.now))
    rows = in_order(inputs.rows(features), inputs.rows(weights), people)
    wanted = SHOWN if k is None else count(k, "k", 1, 200)
    return {"ranked": rows[:wanted], "considered": len(rows)}


def in_order(
    features: Sequence[Mapping[str, Any]], weights: Sequence[Mapping[str, Any]], people: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """All leads with rank, points and reasons as `lead.rank` gives them, best first. Pure."""
    factors = {str(row.get("feature")): inputs.number(row.get("weight"), "weights") for row in weights}
    rows = [_ranked(features, factors, one) for one in people]
    rows.sort(key=lambda row: (-row["points"], str(row["client_key"])))
    return [{"rank": at} | row for at, row in enumerate(rows, start=1)]


def _ranked(
    features: Sequence[Mapping[str, Any]], factors: Mapping[str, Decimal | None], lead: Mapping[str, Any]
) -> dict[str, Any]:
    told = []
    for feature in features:
        name = str(feature["feature"])
        value = lead.get(name)
        band = next((row for row in inputs.rows(feature.get("values")) if _holds(row, value)), None)
        if value is None or band is None:
            continue
        factor = factors.get(name)
        weight = inputs.number(band.get("weight"), "weight") or ZERO
        points = rounded(INSIDE.multiply(weight * HUNDRED, ONE if factor is None else factor), CENT)
        labels = {"label": feature.get("label"), "label_en": feature.get("label_en")}
        told.append({"feature": name, "value": value, "points": points} | labels)
    told.sort(key=lambda row: (-abs(row["points"]), row["feature"]))
    who = {name: lead.get(name) for name in ("party_id", "client_key", "client_name", "owner")}
    return who | {"points": sum((row["points"] for row in told), ZERO), "reasons": told}


def _holds(row: Mapping[str, Any], value: Any) -> bool:
    low, high = (inputs.number(row.get(name), name) for name in ("low", "high"))
    kind = row.get("kind")
    values = tuple(str(one) for one in row.get("values") or ())
    band = Band("missing", low, high, values, 0, 0, ZERO)
    if kind == "range":
        band = Band("range", low, high, (), 0, 0, ZERO)
    elif kind == "values":
        band = Band("values", None, None, values, 0, 0, ZERO)
    return band.holds(value)


def leads_of(session: Session, now: datetime) -> Iterator[dict[str, Any]]:
    """Leads of the book with what is known of their newest matter."""
    newest: dict[int, Mapping[Any, Any]] = {}
    for row in session.execute(_inquiries().order_by(inquiry.c.id)).mappings():
        newest[row["party_id"]] = row
    chosen = sa.select(party.c.id, party.c.business_key, party.c.legal_name, party.c.owner, party.c.source).where(
        party.c.merged_into.is_(None),
        party.c.lifecycle_stage.in_(LEADS),
        party.c.id.not_in(_busy()),
        party.c.id.not_in(_resting(now - timedelta(days=RESTS_DAYS))),
    )
    for one in session.execute(chosen.order_by(party.c.id)):
        traits: dict[str, Value] = _traits(newest[one.id]) if one.id in newest else {"source": one.source}
        who = {"party_id": str(one.id), "client_key": one.business_key, "client_name": one.legal_name}
        yield {**traits, **who, "owner": one.owner}


def _busy() -> sa.Select[Any]:
    """Parties with an open inquiry, or in a project that runs."""
    running = (
        sa.select(party_role.c.party_id)
        .join(project, project.c.id == party_role.c.project_id)
        .where(project.c.phase.in_(RUNNING))
    )
    return sa.select(sa.union(sa.select(inquiry.c.party_id).where(inquiry.c.state == "open"), running).subquery().c[0])


def _resting(since: datetime) -> sa.Select[Any]:
    rejected = lead_verdict.c.decision == "reject"
    return sa.select(lead_verdict.c.party_id).where(rejected, lead_verdict.c.at >= since)


@handles("lead.hand_over", transactional=True)
def lead_hand_over(ctx: Context, ranked: object, verdicts: object, by: str | None = None) -> Mapping[str, Any]:
    """Keep what people said of proposed leads, and hand the accepted ones to intake.

    In: ranked of lead.rank; verdicts [{client_key, decision accept|reject, reason}], of two on one
    client the last; by (who decided). Out: accepted
    [{client_key, business_key}], rejected (how many), precision (accepted share of those judged, per cent to two
    places; null when none was). Each accepted lead is the message `high_potential_lead` under a project key of its own,
    sent once the step is saved. Errors: InvalidInput for a verdict on somebody who was not proposed, another decision,
    or a rejection without reason. Idempotent by job key.
    """

    def hand_over() -> Mapping[str, Any]:
        proposed = {str(row.get("client_key")): row for row in inputs.rows(ranked)}
        last = {inputs.text(row.get("client_key")): row for row in inputs.rows(verdicts)}
        judged = [_judged(row, proposed) for row in last.values()]
        for row, decision, reason in judged:
            _keep(ctx, row, decision, reason, by)
        taken = [_to_intake(ctx, row) for row, decision, _ in judged if decision == "accept"]
        share = rounded(Decimal(len(taken) * 100) / len(judged)) if judged else None
        return {"accepted": taken, "rejected": len(judged) - len(taken), "precision": share}

    return once(ctx.session, ctx.job_key, "lead.hand_over", ctx.now, hand_over)


def _judged(
    row: Mapping[str, Any], proposed: Mapping[str, Mapping[str, Any]]
) -> tuple[Mapping[str, Any], str, str | None]:
    key, decision, reason = (inputs.text(row.get(name)) for name in ("client_key", "decision", "reason"))
    if key is None or key not in proposed:
        raise refused("client_key", f"was not proposed: {key}", f"不在推荐名单中：{key}")
    if decision not in ("accept", "reject"):
        raise refused("decision", f"unknown: {decision}", f"未知结论：{decision}")
    if decision == "reject" and reason is None:
        raise refused("reason", f"is missing for {key}", f"{key} 未说明不采纳的理由")
    return proposed[key], decision, reason


def _keep(ctx: Context, row: Mapping[str, Any], decision: str, reason: str | None, by: str | None) -> None:
    stamp = inputs.stamp(ctx, "lead.hand_over", inputs.text(by))
    values = {
        "party_id": inputs.ident(row.get("party_id"), "party_id"),
        "run": _run(ctx),
        "rank": inputs.whole(row.get("rank"), "rank") or 0,
        "points": inputs.number(row.get("points"), "points") or ZERO,
        "reasons": [dict(one) for one in inputs.rows(row.get("reasons"))],
        "decision": decision,
        "reason": reason,
        "at": ctx.now,
        "by": stamp.by,
    }
    insert(ctx.session, lead_verdict, values, stamp)


def _run(ctx: Context) -> str:
    """The search that proposed a lead: its business key; one that the clock began has none and goes by its instance."""
    return ctx.business_key or f"HP-{ctx.instance}"


def _to_intake(ctx: Context, row: Mapping[str, Any]) -> dict[str, str]:
    known = parties.get(ctx.session, str(row["client_key"]))
    key = keys.next_key(ctx.session, keys.PROJECT, inputs.year(ctx))
    last = next(iter(inquiries.of_party(ctx.session, known.id)), None)
    told = dict(last.content) if last is not None else {}
    told |= _inquiry_of(ctx.session, known, told) | {"source": "high_potential", "campaign": _run(ctx)}
    dedupe = f"high_potential:{_run(ctx)}:{known.business_key}"
    ctx.schedule.add("high_potential_lead", due=ctx.now, business_key=key, dedupe_key=dedupe, variables=told)
    return {"client_key": known.business_key, "business_key": key}


def _inquiry_of(session: Session, known: Party, told: Mapping[str, Any]) -> dict[str, Any]:
    """What intake asks for, as far as the book knows it; a lead's last inquiry told the rest."""
    contact = next(iter(parties.contacts_of(session, known.id)), None)
    values = {
        "party_id": str(known.id),
        "existing_owner": known.owner,
        "client_name": known.legal_name,
        "reg_no": known.reg_no,
        "country": known.country,
        "region": known.region,
        "phone": known.phone or (contact.mobile if contact else None),
        "email": known.email or (contact.email if contact else None),
        "contact_name": contact.name if contact else None,
        "client_role": told.get("client_role") or "borrower",
        "project_name": told.get("project_name") or f"{known.legal_name}融资项目",
    }
    return inputs.given(values)
