"""A scorecard: bands with points, how it was made, how well it did; and scoring by it. Pure.

Score = base points + one band's points a feature; probability of default from the score by the card's scaling. What is
missing, and a text that the card does not know, gets the fewest points of its feature: nothing unknown ever helps.
Reasons are the features by what they fall short of their best band, largest first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from handlers import inputs
from handlers.finance.exact import CENT, FOUR, SIX, ZERO, inside, refused, rounded
from handlers.finance.rating import Scaling, score_scaling
from handlers.scorecards.binning import Band, Value

FORMAT = 1
REASONS = 4


@dataclass(frozen=True, slots=True)
class Scored:
    """Points of one band."""

    band: Band
    points: Decimal


@dataclass(frozen=True, slots=True)
class Feature:
    """One piece of evidence: its bands with points; `value` is the FEEL text that makes it of a training row."""

    id: str
    zh: str
    en: str
    value: str
    information: Decimal
    coefficient: Decimal
    bands: tuple[Scored, ...]

    @property
    def best(self) -> Decimal:
        return max(one.points for one in self.bands)

    @property
    def worst(self) -> Decimal:
        return min(one.points for one in self.bands)

    def scored(self, value: Value) -> tuple[Band | None, Decimal]:
        """The band and its points; the fewest points for what is missing or unknown."""
        found = next((one for one in self.bands if one.band.holds(value)), None)
        if value is None or found is None:
            return None, self.worst
        return found.band, found.points


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature gave, and what its best band would have given."""

    feature: Feature
    value: Value
    band: Band | None
    points: Decimal

    @property
    def shortfall(self) -> Decimal:
        return self.feature.best - self.points


@dataclass(frozen=True, slots=True)
class Result:
    """Score to two places, probability of default to six, contributions in the card's order."""

    score: Decimal
    default_probability: Decimal
    contributions: tuple[Contribution, ...]

    @property
    def reasons(self) -> tuple[Contribution, ...]:
        """The features that cost most, largest first; none that cost nothing."""
        falling = sorted(self.contributions, key=lambda one: (-one.shortfall, one.feature.id))
        return tuple(one for one in falling if one.shortfall > 0)[:REASONS]


@dataclass(frozen=True, slots=True)
class Card:
    """A scorecard; `told` is what people read of it: source, what was left out, statistics, calibration, limits."""

    purpose: str
    version: str
    base_points: Decimal
    scaling: Scaling
    features: tuple[Feature, ...]
    score_bands: tuple[tuple[Decimal | None, Decimal], ...]
    """(from this score, expected share), lowest first: what drift is measured against."""
    told: Mapping[str, Any]

    def score(self, values: Mapping[str, Any]) -> Result:
        """The score of one case. InvalidInput: a value that cannot be read, or not one feature known."""
        found = self.summed(values)
        if all(part.value is None for part in found.contributions):
            raise refused("features", "none is known", "没有任何可用的变量")
        return found

    @inside
    def summed(self, values: Mapping[str, Any]) -> Result:
        """As `score`, also where nothing is known: training has such cases, and they count."""
        parts = tuple(self._part(one, values.get(one.id)) for one in self.features)
        total = self.base_points + sum((part.points for part in parts), ZERO)
        return Result(rounded(total), rounded(self.scaling.default_probability(total), SIX), parts)

    def _part(self, feature: Feature, given: Any) -> Contribution:
        numeric = any(one.band.kind == "range" for one in feature.bands)
        value: Value = inputs.number(given, feature.id) if numeric else _known(given)
        band, points = feature.scored(value)
        return Contribution(feature, value, band, points)

    def score_band(self, score: Decimal) -> str:
        """The name of the band a score falls in: its lower end, or `low`."""
        reached = [low for low, _ in self.score_bands if low is None or score >= low]
        return band_name(reached[-1] if reached else None)

    @property
    def expected(self) -> Mapping[str, Decimal]:
        """Shares of the score's bands when the card was made."""
        return {band_name(low): share for low, share in self.score_bands}


def band_name(low: Decimal | None) -> str:
    """How a band of the score is called."""
    return "low" if low is None else format(low, "f")


def _known(given: Any) -> str | None:
    if isinstance(given, bool):
        return "yes" if given else "no"
    return inputs.text(given)


# ── as a file ──────────────────────────────────────────────────────────────────────────────────────────────────────


def written(card: Card) -> bytes:
    """The card's file: JSON, numbers as texts, the same bytes for the same card."""
    made = {
        "format": FORMAT,
        "purpose": card.purpose,
        "version": card.version,
        "base_points": str(card.base_points),
        "scaling": {"factor": str(card.scaling.factor), "offset": str(card.scaling.offset)},
        "features": [_feature_out(one) for one in card.features],
        "score_bands": [{"from": low and str(low), "share": str(part)} for low, part in card.score_bands],
        **card.told,
    }
    return (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()


def _feature_out(one: Feature) -> dict[str, Any]:
    return {
        "id": one.id,
        "zh": one.zh,
        "en": one.en,
        "value": one.value,
        "information_value": str(one.information),
        "coefficient": str(one.coefficient),
        "bands": [_band_out(scored) for scored in one.bands],
    }


def _band_out(scored: Scored) -> dict[str, Any]:
    band = scored.band
    where: dict[str, Any] = {"missing": True}
    if band.kind == "range":
        where = {name: None if edge is None else str(edge) for name, edge in (("low", band.low), ("high", band.high))}
    elif band.kind == "values":
        where = {"values": list(band.values)}
    return where | {"goods": band.goods, "bads": band.bads, "woe": str(band.woe), "points": str(scored.points)}


OWN = ("format", "purpose", "version", "base_points", "scaling", "features", "score_bands")


def read(raw: bytes) -> Card:
    """A card from its file. InvalidInput names what cannot be read."""
    try:
        found = json.loads(raw)
        if found["format"] != FORMAT:
            raise refused("format", f"unknown: {found['format']}", f"未知格式：{found['format']}")
        scaling = Scaling(Decimal(found["scaling"]["factor"]), Decimal(found["scaling"]["offset"]))
        return Card(
            str(found["purpose"]),
            str(found["version"]),
            Decimal(found["base_points"]),
            scaling,
            tuple(_feature_in(one) for one in found["features"]),
            tuple((_edge(one["from"]), Decimal(one["share"])) for one in found["score_bands"]),
            {name: value for name, value in found.items() if name not in OWN},
        )
    except InvalidInput:
        raise
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise refused("card", f"cannot be read: {error}", f"评分卡无法读取：{error}") from error


def _edge(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _feature_in(one: Mapping[str, Any]) -> Feature:
    bands = tuple(_band_in(row) for row in one["bands"])
    if not bands:
        raise refused(str(one["id"]), "has no bands", "没有分箱")
    return Feature(
        one["id"],
        one["zh"],
        one["en"],
        one["value"],
        Decimal(one["information_value"]),
        Decimal(one["coefficient"]),
        bands,
    )


def _band_in(row: Mapping[str, Any]) -> Scored:
    counts = (int(row["goods"]), int(row["bads"]), Decimal(row["woe"]))
    if row.get("missing"):
        band = Band("missing", None, None, (), *counts)
    elif "values" in row:
        band = Band("values", None, None, tuple(row["values"]), *counts)
    else:
        band = Band("range", _edge(row["low"]), _edge(row["high"]), (), *counts)
    return Scored(band, Decimal(row["points"]))


def fingerprint(raw: bytes) -> str:
    """SHA-256 of a card's file."""
    return hashlib.sha256(raw).hexdigest()


# ── made of a fit ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Weighed:
    """A feature with its bands and the coefficient that the fit gave it."""

    id: str
    zh: str
    en: str
    value: str
    information: Decimal
    coefficient: Decimal
    bands: tuple[Band, ...]


@inside
def pointed(weighed: Sequence[Weighed], intercept: Decimal, scaling: Scaling) -> tuple[Decimal, tuple[Feature, ...]]:
    """(base points, features with points): points = factor × coefficient × WoE to cents, base = offset + factor ×
    intercept (Siddiqi, ch. 6)."""
    features = tuple(
        Feature(
            one.id,
            one.zh,
            one.en,
            one.value,
            rounded(one.information, FOUR),
            rounded(one.coefficient, SIX),
            tuple(Scored(band, rounded(scaling.factor * one.coefficient * band.woe, CENT)) for band in one.bands),
        )
        for one in weighed
    )
    return rounded(scaling.offset + scaling.factor * intercept, CENT), features


def usual_scaling() -> Scaling:
    """600 points at odds of 50 to 1, twenty points to double them (T19)."""
    return score_scaling(Decimal(600), Decimal(50), Decimal(20))
