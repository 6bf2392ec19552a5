"""Worked examples of what stands around a plan: ratios, covenants, ratings, security, owners, votes, clients, days."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.process.businesstime import BusinessCalendar
from handlers import inputs, ownership, ratios
from handlers.finance import client_value, collateral, covenants, rating, voting
from handlers.finance.exact import CENT, FOUR, SIX, count, needed, refused, rounded
from handlers.vectors.values import (
    Given,
    dated,
    days,
    flag,
    label,
    listed,
    mapping,
    number,
    optional,
    part,
    periods,
    rows,
    several,
    texts,
    whole,
)


def _ratios(given: Given, wanted: Collection[str]) -> Mapping[str, Decimal]:
    known = [name for name in wanted if name in ratios.DEFINITIONS]
    return ratios.compute({name: needed(value, name) for name, value in given.items()}, known).values


def _covenant_status(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    levels = covenants.Thresholds(
        number(given, "default"), number(given, "lock_up"), number(given, "watch_pct"), given.get("direction", "min")
    )
    values = [inputs.number(value, f"values[{at}]") for at, value in enumerate(listed(given, "values"), start=1)]
    return {"status": [covenants.status(value, levels) for value in values]}


def _headroom(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    made: dict[str, Decimal] = {}
    if given.get("minimum") is not None:
        actual, threshold = (number(mapping(given, "minimum"), name) for name in ("actual", "threshold"))
        made["min_pct"] = covenants.headroom(actual, threshold, "min")
        made["cfads_fall_to_one_pct"] = covenants.tolerated_fall(actual)
        made["cfads_fall_to_threshold_pct"] = covenants.tolerated_fall(actual, threshold)
    if given.get("maximum") is not None:
        actual, threshold = (number(mapping(given, "maximum"), name) for name in ("actual", "threshold"))
        made["max_pct"] = covenants.headroom(actual, threshold, "max")
    return {name: rounded(value, CENT) for name, value in made.items()}


def _cure(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    made = covenants.cure(number(given, "cfads"), number(given, "debt_service"), number(given, "threshold"))
    return {
        "cash": rounded(made.cash, FOUR),
        "debt_service_reduction": rounded(made.debt_service_reduction, FOUR),
    }


def _slotting_capital(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    exposure = number(given, "ead")
    made = {name: rating.slotting_capital(exposure, name) for name in rating.CATEGORIES}
    return {
        name: {"rwa": rounded(one.risk_weighted), "capital": rounded(one.capital), "el": rounded(one.expected_loss)}
        for name, one in made.items()
    }


def _slotting_score(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    weights, points = (
        {factor: needed(value, f"{name}.{factor}") for factor, value in mapping(given, name).items()}
        for name in ("weights", "points")
    )
    grades = {factor: str(grade) for factor, grade in mapping(given, "grades").items()}
    flagged = flag(given, "red_flag")
    made = rating.slotting_score(grades, weights, points, several(given, "cut_offs"), flagged)
    return {"score": rounded(made.score), "category": made.category}


def _score_scaling(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    scale = rating.score_scaling(*(number(given, name) for name in ("base_score", "base_odds", "pdo")))
    return {
        "factor": rounded(scale.factor, SIX),
        "offset": rounded(scale.offset, SIX),
        "pd": [rounded(scale.default_probability(score), SIX) for score in several(given, "scores")],
    }


def _expected_loss(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    return {"el": rounded(rating.expected_loss(*(number(given, name) for name in ("pd", "lgd", "ead"))))}


def _collateral(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    items = [
        collateral.Item(str(name), needed(value, f"items[{at}]"), needed(haircut, f"items[{at}]"))
        for at, (name, value, haircut) in enumerate(rows(given, "items", 3), start=1)
    ]
    made = collateral.collateral_cover(
        items, number(given, "exposure"), number(given, "required_cover"), optional(given, "top_up_haircut")
    )
    shown = {
        "adjusted": rounded(made.adjusted),
        "cover": None if made.cover is None else rounded(made.cover, FOUR),
        "shortfall": rounded(made.shortfall),
    }
    if made.loan_to_value is not None:
        shown["ltv_gross"] = rounded(made.loan_to_value, FOUR)
    if made.top_up is not None:
        shown["top_up_gross"] = rounded(made.top_up)
    return shown


def _five_class(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    cut_offs, days = ([int(one) for one in several(given, name)] for name in ("cut_offs", "days"))
    return {"classes": [rating.five_class(one, cut_offs) for one in days]}


def _beneficial_owners(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    edges: dict[str, dict[str, Fraction]] = {}
    for at, (owner, owned, share) in enumerate(rows(given, "edges", 3), start=1):
        held = edges.setdefault(label(owned, f"edges[{at}]"), {})
        who = label(owner, f"edges[{at}]")
        held[who] = held.get(who, Fraction(0)) + ownership.fraction(share, f"edges[{at}]")
    ownership.refuse_excess(edges)
    target = label(given.get("target"), "target")
    if target not in edges:
        raise refused("target", f"has no owner among the edges: {target}", f"持股关系中没有它的股东：{target}")
    threshold, control_over = (part(given.get(name), name) for name in ("threshold", "control_over"))
    found = ownership.structure(edges, target, threshold, control_over)
    return {
        one.name: {
            "shares_pct": ownership.percent(one.shares),
            "control_pct": ownership.percent(one.control),
            "owner": one.basis,
        }
        for one in found.owners
    }


def _majority(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    commitments = {
        name: Fraction(needed(value, f"commitments.{name}")) for name, value in mapping(given, "commitments").items()
    }
    made = voting.lenders(commitments, texts(given.get("yes"), "yes"), part(given.get("share"), "share"))
    return {"passes": made.passes}


def _survey(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    groups = [whole(given, name) for name in ("promoters", "passives", "detractors")]
    share = client_value.satisfied_share(whole(given, "satisfied"), whole(given, "answered"))
    return {"nps": rounded(client_value.promoter_score(*groups)), "csat": rounded(share)}


def _lifetime_value(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    margin, retention, discount = (number(given, name) for name in ("margin", "retention", "discount"))
    years = client_value.lifetime_value(margin, retention, discount, periods(given, "years"))
    return {
        "years": rounded(years, FOUR),
        "perpetual": rounded(client_value.perpetual_value(margin, retention, discount), FOUR),
    }


def _business_days(given: Given, wanted: Collection[str]) -> Mapping[str, list[date]]:
    calendar = BusinessCalendar(holidays=days(given, "holidays"), working_weekends=days(given, "make_up_days"))
    cases = [
        (dated(start, f"cases[{at}]"), count(ahead, f"cases[{at}]", 0))
        for at, (start, ahead) in enumerate(rows(given, "cases", 2), start=1)
    ]
    return {"due": [calendar.add_working_days(start, ahead) for start, ahead in cases]}


KINDS: Mapping[str, Callable[[Given, Collection[str]], Any]] = {
    "ratios": _ratios,
    "covenant_status": _covenant_status,
    "headroom": _headroom,
    "cure": _cure,
    "slotting_capital": _slotting_capital,
    "slotting_score": _slotting_score,
    "score_scaling": _score_scaling,
    "expected_loss": _expected_loss,
    "collateral": _collateral,
    "five_class": _five_class,
    "ubo": _beneficial_owners,
    "majority": _majority,
    "survey": _survey,
    "clv": _lifetime_value,
    "business_days": _business_days,
}
