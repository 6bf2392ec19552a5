"""Leads worth a call, ranked by weights, and what closed cases tell. Law: a rank proposes; people judge it in the task
of `high_potential`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from engine import api
from engine.errors import NotFound
from handlers import segments
from handlers.prospecting import LEAST
from handlers.views import leads
from web.rights import guarded
from web.scope import actor, is_chinese, runtime
from web.sections import as_form, in_words

pages = Blueprint("leads", __name__, url_prefix="/leads")
SHOWN = 50


@pages.get("")
@guarded("leads")
def index() -> Any:
    """The ranked list, each lead with its reasons, which add up to its points; of one owner when asked."""
    segments.require_house(actor())
    owner = request.args.get("owner", "")[:60]
    with runtime().reading() as db:
        known = leads.learned(db)
        found = leads.ranking(db, known, weights(db, known.sample), runtime().now(), owner, SHOWN)
    return render_template("leads/index.html", known=known, found=found, owner=owner, needed=LEAST, read=read)


@pages.get("/features")
@guarded("leads")
def features() -> Any:
    """What told good cases from others: each feature with its weight, its sample and its values."""
    segments.require_house(actor())
    with runtime().reading() as db:
        known = leads.learned(db)
        factors = {str(row["feature"]): row["weight"] for row in weights(db, known.sample)}
    return render_template("leads/features.html", known=known, factors=factors, needed=LEAST, words_of=band)


def weights(db: Any, sample: int) -> list[Mapping[str, Any]]:
    """The weights that the deployed table gives now; none while no table is deployed: then each feature counts once."""
    try:
        found = api.evaluate_decision(db, actor(), leads.DECISION, {"sample": sample}).value
    except NotFound:
        return []
    return [one for one in found or () if isinstance(one, Mapping)] if isinstance(found, list | tuple) else []


def read(feature: str, value: object) -> str:
    """A lead's value as its reader sees it."""
    if feature == "amount":
        return as_form(value, "money")
    return as_form(value, "percent") if feature == "equity_pct" else in_words(value)


def band(feature: str, one: Mapping[str, Any]) -> str:
    """The values of a band: a span, a few codes, or that nothing is known."""
    if one["kind"] == "missing":
        return _("not known")
    if one["kind"] == "values":
        return ("、" if is_chinese() else ", ").join(in_words(value) for value in one["values"]) or _("others")
    low, high = (None if one[end] is None else read(feature, one[end]) for end in ("low", "high"))
    if low is None:
        return _("any") if high is None else _("below %(high)s", high=high)
    return _("%(low)s and more", low=low) if high is None else _("%(low)s to below %(high)s", low=low, high=high)
