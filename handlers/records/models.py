"""Scorecards in their versions, and the scores that they gave.

Law: a version never changes; one version a purpose is approved at a time; whoever registered it does not approve it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import Forbidden, InvalidInput, NotFound
from engine.store import take_turn
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import model_score as scores
from handlers.records.tables import scoring_model as models
from handlers.scorecards.card import Card, Result, fingerprint, read

PURPOSES = ("ability", "willingness")


@dataclass(frozen=True, slots=True)
class Model:
    """A registered version; `state` is draft, approved or retired."""

    id: int
    purpose: str
    version: str
    state: str
    sha256: str
    registered_at: datetime
    registered_by: str
    approved_at: datetime | None
    approved_by: str | None
    retired_at: datetime | None
    comment: str | None


_MODEL = [models.c[name] for name in Model.__dataclass_fields__]


def register(session: Session, raw: bytes, stamp: Stamp) -> Model:
    """Keep a card as a draft; the same file again is the version that stands. InvalidInput: no card, an unknown
    purpose, or another card under a version that is taken."""
    card = read(raw)
    if card.purpose not in PURPOSES:
        raise InvalidInput(place="purpose", reason=f"unknown: {card.purpose}", reason_zh=f"未知用途：{card.purpose}")
    mark = fingerprint(raw)
    known = _row(session, card.purpose, card.version)
    if known is not None:
        if known.sha256 != mark:
            told = f"{card.purpose} {card.version}"
            raise InvalidInput(place="version", reason=f"is taken: {told}", reason_zh=f"版本已被占用：{told}")
        return known
    values = {
        "purpose": card.purpose,
        "version": card.version,
        "state": "draft",
        "card": {"file": raw.decode()},
        "sha256": mark,
        "registered_at": stamp.at,
        "registered_by": stamp.by,
    }
    insert(session, models, values, stamp)
    return find(session, card.purpose, card.version)


def approve(session: Session, purpose: str, version: str, stamp: Stamp, comment: str | None = None) -> Model:
    """Let a version score; the one that did so far is retired. Forbidden for whoever registered it; InvalidInput for
    a retired one."""
    take_turn(session, f"model:{purpose}")  # two at once would leave two approved
    model = find(session, purpose, version)
    if model.state == "approved":
        return model
    if model.state == "retired":
        raise InvalidInput(place="version", reason=f"is retired: {version}", reason_zh=f"版本已停用：{version}")
    if model.registered_by == stamp.by:
        raise Forbidden(reason="a second person approves a model", reason_zh="模型须由登记人以外的人批准")
    for other in listed(session, purpose):
        if other.state == "approved":
            retire(session, purpose, other.version, stamp)
    values = {"state": "approved", "approved_at": stamp.at, "approved_by": stamp.by, "comment": comment}
    update(session, models, model.id, values, stamp)
    return find(session, purpose, version)


def retire(session: Session, purpose: str, version: str, stamp: Stamp) -> Model:
    """A version scores no more; its scores stay."""
    model = find(session, purpose, version)
    values = {"state": "retired", "retired_at": stamp.at, "retired_by": stamp.by}
    update(session, models, model.id, values, stamp)
    return find(session, purpose, version)


def find(session: Session, purpose: str, version: str) -> Model:
    """One version. NotFound."""
    model = _row(session, purpose, version)
    if model is None:
        raise NotFound(what="model", what_zh="模型", id=f"{purpose} {version}")
    return model


def _row(session: Session, purpose: str, version: str) -> Model | None:
    chosen = sa.select(*_MODEL).where(models.c.purpose == purpose, models.c.version == version)
    row = session.execute(chosen).mappings().one_or_none()
    return None if row is None else Model(**row)


def listed(session: Session, purpose: str | None = None) -> tuple[Model, ...]:
    """Versions, newest first."""
    statement = sa.select(*_MODEL).order_by(models.c.purpose, models.c.id.desc())
    if purpose is not None:
        statement = statement.where(models.c.purpose == purpose)
    return tuple(Model(**row) for row in session.execute(statement).mappings())


def approved(session: Session, purpose: str, version: str | None = None) -> tuple[Model, Card] | None:
    """The approved version of a purpose with its card; None when none is, or the one asked for is not."""
    for model in listed(session, purpose):
        if model.state == "approved" and version in (None, model.version):
            return model, card(session, model.id)
    return None


def card(session: Session, model_id: int) -> Card:
    """The card of a version, from its file as it was registered."""
    kept = session.execute(sa.select(models.c.card).where(models.c.id == model_id)).scalar_one()
    return read(kept["file"].encode())


def keep_score(
    session: Session,
    model: Model,
    result: Result,
    features: Mapping[str, Any],
    contributions: list[dict[str, Any]],
    stamp: Stamp,
    party_id: int | None = None,
    business_key: str | None = None,
) -> int:
    """Keep one score with what it rests on; returns its id."""
    values = {
        "model_id": model.id,
        "party_id": party_id,
        "business_key": business_key,
        "features": dict(features),
        "score": result.score,
        "pd": result.default_probability,
        "contributions": contributions,
        "at": stamp.at,
        "by": stamp.by,
    }
    return insert(session, scores, values, stamp)


def scores_of(session: Session, model_id: int, since: datetime | None = None) -> tuple[Decimal, ...]:
    """The scores that a version gave, in order."""
    statement = sa.select(scores.c.score).where(scores.c.model_id == model_id).order_by(scores.c.at, scores.c.id)
    if since is not None:
        statement = statement.where(scores.c.at >= since)
    return tuple(session.execute(statement).scalars())
