"""Scores of ability and willingness to pay, by the approved scorecards. Law: a score informs a person; it decides
nothing, and without an approved model there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

from sqlalchemy.orm import Session

from engine import identity
from engine.errors import Forbidden
from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.finance.exact import FOUR, INSIDE, rounded
from handlers.records import cases, kyc, models, parties, projects, statements
from handlers.records.changes import Stamp, once
from handlers.records.models import PURPOSES, Model
from handlers.records.parties import Party
from handlers.records.projects import Project
from handlers.scorecards import measures
from handlers.scorecards.card import Card, Contribution
from handlers.scorecards.stating import Book, rests_on, stated

ANSWER = frozenset({"risk_officer", "analyst"})
DEMONSTRATION = ("ability.json", "willingness.json")
"""Cards that ship, trained on public data: to try with, not to lend by."""


@handles("risk.score_pd", transactional=True)
def risk_score_pd(
    ctx: Context,
    features: object = None,
    party_id: object = None,
    project_key: str | None = None,
    dscr: object = None,
    purpose: str | None = None,
    model_version: str | None = None,
) -> Mapping[str, Any]:
    """Ability and willingness to pay, each by its approved scorecard, with reasons.

    In: features {feature of the card: value}, which go before what the book knows of party_id and project_key
    (own_share from the equity share, net_assets and leverage from the latest statement and the amount, years from the
    founding day, past_trouble from the latest bureau report); dscr (the plan's minimum) as cover; purpose ability|
    willingness (both, when it is not named); model_version (the approved one).
    Out: ability and willingness, each {pd to six places, score to two, version, contributions [{feature, label,
    label_en, value, points, shortfall}], reasons: those that cost most}; pd, score, contributions of the first of them;
    pd_highest of those stated; told and told_en, the sentence for people. Missing features get the fewest points. pd is
    null where none may be stated (`handlers.scorecards.stating`). The score is kept, with the card's own probability.
    Errors: BpmnError MODEL_NOT_APPROVED (variable model_purpose), DATA_MISSING when nothing is known of the case;
    InvalidInput for unreadable values. Idempotent by job key.
    """
    wanted = PURPOSES if purpose is None else (purpose,)

    def score() -> Mapping[str, Any]:
        client = inputs.ident(party_id, "party_id")
        party = parties.get(ctx.session, client) if client is not None else None
        project = projects.find(ctx.session, project_key or ctx.business_key or "")
        given = dict(features) if isinstance(features, Mapping) else {}
        if dscr is not None:
            given.setdefault("cover", dscr)
        known = known_features(ctx, party, project) | given
        found = {one: _scored(ctx, one, model_version, known, party) for one in wanted}
        first = found[wanted[0]]
        told = {name: first[name] for name in ("pd", "score", "contributions")}
        known_pds = [one["pd"] for one in found.values() if one["pd"] is not None]
        words = {name: " ".join(dict.fromkeys(_sentences(found.values(), name))) for name in ("told", "told_en")}
        return told | found | words | {"pd_highest": max(known_pds, default=None)}

    return once(ctx.session, ctx.job_key, "risk.score_pd", ctx.now, score)


def _scored(
    ctx: Context, purpose: str, version: str | None, known: Mapping[str, Any], party: Party | None
) -> dict[str, Any]:
    chosen = models.approved(ctx.session, purpose, inputs.text(version))
    if chosen is None:
        raise BpmnError("MODEL_NOT_APPROVED", f"no approved model: {purpose}", {"model_purpose": purpose})
    model, card = chosen
    used = {one.id: known.get(one.id) for one in card.features}
    if all(value is None for value in used.values()):
        raise BpmnError("DATA_MISSING", f"nothing is known that {purpose} asks for")
    result = card.score(used)
    listed = [_shown(one) for one in result.contributions]
    stamp = inputs.stamp(ctx, "risk.score_pd")
    models.keep_score(ctx.session, model, result, used, listed, stamp, party.id if party else None, ctx.business_key)
    said, basis = stated(card, result, Book(*cases.ended(ctx.session))), rests_on(card)
    return {
        "pd": said.pd,
        "told": said.zh,
        "told_en": said.en,
        "basis": basis[0],
        "basis_en": basis[1],
        "score": result.score,
        "version": model.version,
        "contributions": listed,
        "reasons": [_shown(one) for one in result.reasons],
    }


def _sentences(found: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    """What is said of each score, then what the cards rest on, each once."""
    scores = list(found)
    basis = name.replace("told", "basis")
    return [one[name] for one in scores] + [one[basis] for one in scores if one[basis]]


def _shown(one: Contribution) -> dict[str, Any]:
    return {
        "feature": one.feature.id,
        "label": one.feature.zh,
        "label_en": one.feature.en,
        "value": one.value,
        "points": one.points,
        "shortfall": one.shortfall,
    }


def known_features(ctx: Context, party: Party | None, project: Project | None) -> dict[str, Any]:
    """What the book knows of the demonstration cards' features; absent where it knows nothing. Ratios to four places,
    years whole."""
    found: dict[str, Any] = {}
    if project is not None and project.equity_pct is not None:
        found["own_share"] = project.equity_pct
    if party is None:
        return found
    if party.founded is not None:
        found["years"] = Decimal((inputs.today(ctx) - party.founded).days // 365)
    reports = kyc.credit_records(ctx.session, party.id)
    if reports:
        found["past_trouble"] = "yes" if _trouble(reports[0].events) else "no"
    return found | _from_statement(ctx.session, party.id, project)


def _trouble(events: Mapping[str, Any]) -> bool:
    return any(events.get(kind) for kind in ("overdue", "defaults"))


def _from_statement(session: Session, party_id: int, project: Project | None) -> dict[str, Any]:
    standing = statements.of_party(session, party_id)
    if not standing:
        return {}
    lines = standing[-1].amounts()
    assets, debts = lines.get("total_assets"), lines.get("total_liabilities")
    if assets is None or debts is None:
        return {}
    found: dict[str, Any] = {}
    if assets > 0:
        found["leverage"] = rounded(INSIDE.divide(debts, assets), FOUR)
    if project is not None and project.amount and project.currency == standing[-1].currency:
        found["net_assets"] = rounded(INSIDE.divide(assets - debts, project.amount), FOUR)
    return found


def drift(session: Session, model: Model, since: datetime | None = None) -> measures.Shift:
    """How far the scores that a version gave moved from those it was made on. InvalidInput when it gave none."""
    card = models.card(session, model.id)
    return drifted(card, models.scores_of(session, model.id, since))


def drifted(card: Card, scores: tuple[Decimal, ...]) -> measures.Shift:
    """The same for any scores of a card."""
    counted = dict.fromkeys(card.expected, 0)
    for score in scores:
        counted[card.score_band(score)] += 1
    return measures.shift(card.expected, counted)


def answerable(session: Session, person: str) -> None:
    """Forbidden unless the person may answer for a model: risk officers, analysts, administrators. NotFound."""
    actor = identity.actor(session, person)
    if not (actor.is_admin or ANSWER & actor.teams):
        raise Forbidden(reason="only risk officers and analysts keep models", reason_zh="仅风险与评审人员可以管理模型")


def try_out(session: Session, now: datetime, registrar: str, approver: str) -> int:
    """Register and approve the cards that ship, for a demonstration; returns how many were new."""
    fresh = 0
    for name in DEMONSTRATION:
        raw = (files("handlers.scorecards") / "demonstration" / name).read_bytes()
        model = models.register(session, raw, Stamp(now - timedelta(days=1), registrar, "demo"))
        if model.state == "draft":
            models.approve(session, model.purpose, model.version, Stamp(now, approver, "demo"), "示范模型，仅供试用")
            fresh += 1
    return fresh
