"""From a table of past cases and a specification to a card, and how the card did on cases it never saw. Pure.

A specification (TOML) names the outcome, each feature as FEEL over the table's columns, what was left out and why, and
the source. A share of the cases, drawn by the hash of their place and stratified by outcome, is held out: bands and
coefficients see the rest only. A feature whose coefficient points the wrong way, or that tells next to nothing, is left
out and said so. Too few cases are refused, never modelled.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import DealflowError, InvalidInput
from engine.feel import Moment, compile_expression
from handlers.finance.exact import FOUR, ONE, SIX, inside, refused, rounded
from handlers.scorecards import measures
from handlers.scorecards.binning import Band, Value, bands, information_value
from handlers.scorecards.card import Card, Result, Weighed, fingerprint, pointed, usual_scaling
from handlers.scorecards.fitting import Fit, fit

LEAST_ROWS = 200
LEAST_OF_EACH = 50
"""Cases, and goods and bads among them, below which nothing is trained."""
LEAST_INFORMATION = Decimal("0.02")
HELD_OUT = Decimal("0.3")
SCORE_BANDS = 10
MISSING = frozenset({"", "NA", "NaN", "null"})
CLOCK = Moment(now=datetime(2000, 1, 1, tzinfo=UTC), zone=UTC)
"""A specification has no business with the time of day."""

Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Asked:
    """A feature as specified."""

    id: str
    zh: str
    en: str
    value: str


@dataclass(frozen=True, slots=True)
class Specification:
    """What to train: `bad` is FEEL that says whether a case went bad; `told` is carried into the card."""

    purpose: str
    bad: str
    features: tuple[Asked, ...]
    told: Mapping[str, Any]


def specification(text: str) -> Specification:
    """A specification from TOML. InvalidInput names what is missing."""
    try:
        found = tomllib.loads(text)
        features = tuple(Asked(one["id"], one["zh"], one["en"], one["value"]) for one in found["feature"])
        told = {name: found.get(name) for name in ("name", "source", "left_out", "limits")}
        return Specification(found["purpose"], found["bad"], features, told)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise refused("specification", f"cannot be read: {error}", f"训练说明无法读取：{error}") from error


def table(raw: bytes) -> list[Row]:
    """The cases of a CSV in UTF-8: numbers as Decimal, blanks and NA as missing."""
    try:
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise refused("data", f"is no CSV in UTF-8: {error}", f"不是 UTF-8 的 CSV 文件：{error}") from error
    return [{str(name): _cell(text) for name, text in row.items() if name is not None} for row in rows]


def _cell(text: str | None) -> Value:
    plain = (text or "").strip()
    if plain in MISSING:
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return plain
    return number if number.is_finite() else None


def train(asked: Specification, raw: bytes, version: str | None = None) -> Card:
    """The card of a purpose. InvalidInput: too few cases, unreadable FEEL or table, nothing that tells anything."""
    rows = table(raw)
    bad = [value is True for value in _evaluated(asked.bad, rows, "bad")]
    _enough(bad)
    columns = {one.id: [_value(found) for found in _evaluated(one.value, rows, one.id)] for one in asked.features}
    training, held = _parted(bad)
    weighed, made, dropped = _selected(asked, columns, bad, training)
    scaling = usual_scaling()
    base, features = pointed(weighed, made.intercept, scaling)
    draft = Card(asked.purpose, "", base, scaling, features, (), {})
    results = [draft.summed({one.id: columns[one.id][at] for one in features}) for at in range(len(rows))]
    told = {
        **asked.told,
        "sample": {"sha256": fingerprint(raw), "rows": len(rows), "bads": sum(bad), "bad": asked.bad},
        "dropped": dropped,
        "trained_on": _statistics(results, bad, training),
        "held_out": _statistics(results, bad, held) | {"calibration": _calibration(results, bad, held)},
    }
    shares = _score_bands([results[at].score for at in training])
    return Card(asked.purpose, version or _named(raw, asked, base, features), base, scaling, features, shares, told)


def _named(raw: bytes, *made: object) -> str:
    """The sample's and the result's fingerprints: another sample or another result is another version."""
    return f"{fingerprint(raw)[:8]}-{hashlib.sha256(repr(made).encode()).hexdigest()[:8]}"


def _evaluated(text: str, rows: Sequence[Row], place: str) -> list[Any]:
    names = set(rows[0]) if rows else set()
    try:
        expression = compile_expression(text, names=names)
    except DealflowError as error:
        raise InvalidInput(place=place, reason=str(error), reason_zh=error.text("zh")) from error
    return [expression(dict(row), CLOCK) for row in rows]


def _value(found: Any) -> Value:
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, Decimal):
        return rounded(found, FOUR)  # so that a band begins at a number that people can read
    return found if isinstance(found, str) else None


def _enough(bad: Sequence[bool]) -> None:
    lost = sum(bad)
    if len(bad) < LEAST_ROWS or min(lost, len(bad) - lost) < LEAST_OF_EACH:
        told = f"{len(bad)} / {lost}"
        raise refused(
            "data",
            f"too small a sample ({told} bad): {LEAST_ROWS} cases with {LEAST_OF_EACH} of each outcome are needed",
            f"样本过小（共 / 坏：{told}）：至少 {LEAST_ROWS} 例，好、坏各不少于 {LEAST_OF_EACH} 例",
        )


def _parted(bad: Sequence[bool]) -> tuple[list[int], list[int]]:
    """Places to train on and places held out."""
    held: set[int] = set()
    for outcome in (False, True):
        drawn = sorted((at for at, flag in enumerate(bad) if flag is outcome), key=_lot)
        held |= set(drawn[: int(len(drawn) * HELD_OUT)])
    return [at for at in range(len(bad)) if at not in held], sorted(held)


def _lot(at: int) -> str:
    return hashlib.sha256(f"held out {at}".encode()).hexdigest()


@inside
def _selected(
    asked: Specification, columns: Mapping[str, Sequence[Value]], bad: Sequence[bool], training: Sequence[int]
) -> tuple[list[Weighed], Fit, list[dict[str, str]]]:
    """Features that tell something and point the right way, with the fit of them all together."""
    flags = [bad[at] for at in training]
    banded = {one.id: bands([columns[one.id][at] for at in training], flags) for one in asked.features}
    worth = {name: information_value(found) for name, found in banded.items()}
    kept = [one for one in asked.features if worth[one.id] >= LEAST_INFORMATION]
    dropped = [_why(one, "tells next to nothing", "信息量过低") for one in asked.features if one not in kept]
    while kept:
        rows = [tuple(_woe(banded[one.id], columns[one.id][at]) for one in kept) for at in training]
        made = fit(rows, flags)
        wrong = [(value, one) for one, value in zip(kept, made.coefficients, strict=True) if value <= 0]
        if not wrong:
            weighed = [
                Weighed(one.id, one.zh, one.en, one.value, worth[one.id], value, banded[one.id])
                for one, value in zip(kept, made.coefficients, strict=True)
            ]
            return weighed, made, dropped
        worst = min(wrong, key=lambda pair: (pair[0], pair[1].id))[1]
        kept.remove(worst)
        dropped.append(_why(worst, "points the wrong way beside the others", "与其他变量并用时方向相反"))
    raise refused("features", "none tells anything", "没有可用的变量")


def _why(one: Asked, en: str, zh: str) -> dict[str, str]:
    return {"id": one.id, "zh": zh, "en": en}


def _woe(found: Iterable[Band], value: Value) -> Decimal:
    return next((band.woe for band in found if band.holds(value)), Decimal(0))


def _statistics(results: Sequence[Result], bad: Sequence[bool], chosen: Sequence[int]) -> dict[str, Any]:
    flags = [bad[at] for at in chosen]
    told = measures.separation([results[at].score for at in chosen], flags)
    wrong = measures.brier([results[at].default_probability for at in chosen], flags)
    figures = {"auc": told.auc, "gini": told.gini, "ks": told.ks, "brier": wrong}
    return {"rows": len(chosen), "bads": sum(flags)} | {name: str(rounded(one, FOUR)) for name, one in figures.items()}


def _calibration(results: Sequence[Result], bad: Sequence[bool], chosen: Sequence[int]) -> list[dict[str, Any]]:
    parts = measures.calibration([results[at].default_probability for at in chosen], [bad[at] for at in chosen])
    return [
        {"rows": one.rows, "expected": str(rounded(one.expected, FOUR)), "observed": str(rounded(one.observed, FOUR))}
        for one in parts
    ]


@inside
def _score_bands(scores: Sequence[Decimal]) -> tuple[tuple[Decimal | None, Decimal], ...]:
    """About ten bands of equal size of the scores that the card was made on."""
    ordered = sorted(scores)
    edges = sorted({ordered[len(ordered) * part // SCORE_BANDS] for part in range(1, SCORE_BANDS)} - {ordered[0]})
    lows: list[Decimal | None] = [None, *edges]
    counts = [
        sum((low is None or one >= low) and (high is None or one < high) for one in ordered)
        for low, high in zip(lows, [*edges, None], strict=True)
    ]
    shares = [rounded(Decimal(count) / len(ordered), SIX) for count in counts]
    shares[-1] = ONE - sum(shares[:-1], Decimal(0))
    return tuple(zip(lows, shares, strict=True))
