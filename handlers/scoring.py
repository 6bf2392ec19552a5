"""The lead's potential: points with reasons that add up to the score, and a tier.

The points come from the decision `potential_score`; then the version is the hash of the decision's model, from the
engine's decision log. Where a process has no such decision, our own weights below are used, under their version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from engine.ids import new_id
from engine.registry import Context, handles
from engine.store import tables as engine_tables
from handlers import inputs
from handlers.records import parties, projects
from handlers.records.changes import once
from handlers.records.tables import score_card

DECISION_HASH_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Weight:
    """Points for a value of a field."""

    field: str
    value: str
    points: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Weights:
    """One dated set. Product defaults that an institution replaces."""

    version: str
    weights: tuple[Weight, ...]
    equity_bands: tuple[tuple[Decimal, int], ...]
    """(from this percentage, points), highest first."""
    tiers: tuple[tuple[int, str], ...]
    """(from this score, tier), highest first."""


WEIGHTS = Weights(
    version="own-2026-1",
    weights=(
        Weight("sector", "renewable_power", 20, "行业：可再生能源", "sector: renewable power"),
        Weight("sector", "grid_storage", 18, "行业：电网与储能", "sector: grid and storage"),
        Weight("sector", "hydro_power", 16, "行业：水电", "sector: hydro power"),
        Weight("sector", "transport", 14, "行业：交通", "sector: transport"),
        Weight("sector", "water_environment", 14, "行业：水务环保", "sector: water and environment"),
        Weight("sector", "data_center", 12, "行业：数据中心", "sector: data centre"),
        Weight("project_stage", "ready_to_build", 15, "阶段：具备开工条件", "stage: ready to build"),
        Weight("project_stage", "construction", 12, "阶段：在建", "stage: under construction"),
        Weight("project_stage", "operation", 12, "阶段：运营", "stage: operating"),
        Weight("project_stage", "development", 5, "阶段：前期", "stage: development"),
        Weight("sponsor_record", "three_plus", 20, "股东：三个以上同类项目", "sponsor: three or more like projects"),
        Weight("sponsor_record", "one_two", 10, "股东：一至两个同类项目", "sponsor: one or two like projects"),
        Weight("offtake_type", "ppa_longterm", 20, "销售：长期购售协议", "offtake: long-term agreement"),
        Weight("offtake_type", "availability", 18, "销售：可用性付费", "offtake: availability payment"),
        Weight("offtake_type", "contracted", 12, "销售：合同", "offtake: contracted"),
        Weight("source", "referral", 10, "来源：推荐", "source: referral"),
        Weight("source", "opportunity", 10, "来源：存量客户", "source: existing client"),
    ),
    equity_bands=((Decimal(30), 15), (Decimal(25), 10), (Decimal(20), 5)),
    tiers=((70, "A"), (45, "B"), (0, "C")),
)


def own_score(profile: Mapping[str, Any], weights: Weights = WEIGHTS) -> tuple[int, str, list[dict[str, Any]]]:
    """(score, tier, reasons) by our own weights; the reasons' points add up to the score."""
    reasons = [
        {"points": one.points, "reason": one.zh, "reason_en": one.en}
        for one in weights.weights
        if profile.get(one.field) == one.value
    ]
    equity = inputs.number(profile.get("equity_pct"), "equity_pct")
    band = next(
        ((start, points) for start, points in weights.equity_bands if equity is not None and equity >= start), None
    )
    if band is not None:
        start, points = band
        reasons.append(
            {"points": points, "reason": f"资本金不低于 {start}%", "reason_en": f"equity of {start} % or more"}
        )
    score = sum(int(str(one["points"])) for one in reasons)
    return score, tier_of(score, weights), reasons


def tier_of(score: int, weights: Weights = WEIGHTS) -> str:
    """The first tier whose threshold the score reaches; the last one below all."""
    return next((tier for start, tier in weights.tiers if score >= start), weights.tiers[-1][1])


@handles("lead.score", transactional=True)
def lead_score(
    ctx: Context,
    points: object = None,
    tier: str | None = None,
    reasons: object = None,
    party_id: object = None,
    project_key: str | None = None,
    profile: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """Keep the score of a lead with its reasons and the version of what made it.

    In: points, tier, reasons [{points, reason, reason_en}] of the decision; or profile (sector, project_stage,
    sponsor_record, offtake_type, equity_pct, source) for our own weights; party_id, project_key.
    Out: score (int), tier A|B|C, reasons: their points add up to the score; a rest that the decision does not explain
    is a reason of its own and says so. Errors: InvalidInput for unreadable points. Idempotent by job key.
    """

    def keep() -> Mapping[str, Any]:
        given = inputs.whole(points, "points")
        if given is None:
            score, found, listed = own_score(_profile(ctx, project_key) | dict(profile or {}))
            version = WEIGHTS.version
        else:
            score, listed = given, _adding_up(given, inputs.rows(reasons))
            found = inputs.text(tier) or tier_of(given)
            version = _decision_version(ctx)
        _keep(ctx, score, found, listed, version, party_id, project_key)
        return {"score": score, "tier": found, "reasons": listed, "version": version}

    return once(ctx.session, ctx.job_key, "lead.score", ctx.now, keep)


def _adding_up(score: int, reasons: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    rest = score
    for one in reasons:
        points = inputs.whole(one.get("points"), "reasons.points") or 0
        rest -= points
        zh = one.get("reason")
        listed.append({"points": points, "reason": zh, "reason_en": one.get("reason_en") or zh})
    if rest:
        en = "points that the decision does not explain"
        listed.append({"points": rest, "reason": "决策表未说明的分值", "reason_en": en})
    return listed


def _profile(ctx: Context, project_key: str | None) -> dict[str, Any]:
    project = projects.find(ctx.session, project_key) if project_key else None
    if project is None:
        return {}
    return {
        "sector": project.sector,
        "project_stage": project.stage,
        "sponsor_record": project.sponsor_record,
        "offtake_type": project.offtake_type,
        "equity_pct": project.equity_pct,
        "source": project.source,
    }


def _decision_version(ctx: Context) -> str:
    """Hash of the model whose decision the instance took last under the name potential…; empty outside a process."""
    if not ctx.instance.isdigit():
        return ""
    log = engine_tables.decision_log.c
    found = ctx.session.execute(
        sa.select(log.decision, log.model_hash)
        .where(log.instance_id == int(ctx.instance), log.decision.startswith("potential"))
        .order_by(log.at.desc(), log.id.desc())
        .limit(1)
    ).first()
    return f"{found.decision}@{found.model_hash[:DECISION_HASH_SHOWN]}" if found else ""


def _keep(
    ctx: Context,
    score: int,
    tier: str,
    reasons: list[dict[str, Any]],
    version: str,
    party_id: object,
    project_key: str | None,
) -> None:
    client = inputs.ident(party_id, "party_id")
    if client is None:
        return
    party = parties.get(ctx.session, client)
    project = projects.find(ctx.session, project_key) if project_key else None
    parties.change(ctx.session, party.id, {"score": score, "tier": tier}, inputs.stamp(ctx, "lead.score"))
    ctx.session.execute(
        score_card.insert().values(
            id=new_id(),
            party_id=party.id,
            project_id=project.id if project else None,
            score=score,
            tier=tier,
            reasons=reasons,
            version=version,
            at=ctx.now,
        )
    )
