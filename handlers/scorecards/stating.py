"""What may be said of a score: a probability only where it means something here, and in either case why. Pure.

A card knows the share of bad cases in its sample (28 % in the demonstration's) and not the house's. Its probability is
therefore moved to what the house's own closed cases came to, and none is stated where a feature is missing (it took the
fewest points, which is caution and no measurement) or where too few cases are closed to know the house's level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handlers.finance.exact import INSIDE, SIX, rounded
from handlers.finance.rating import at_default_rate, long_run_default_rate
from handlers.scorecards.card import Card, Result

LEAST_CLOSED = 20
"""Closed cases of the house below which its default rate is not known. A product default."""
_NAMES = {"ability": ("还款能力", "Ability to pay"), "willingness": ("还款意愿", "Willingness to pay")}


@dataclass(frozen=True, slots=True)
class Book:
    """How the house's own financings ended: closed ones, and those of them that went bad."""

    closed: int
    bad: int


@dataclass(frozen=True, slots=True)
class Stated:
    """The probability of default to six places, if one may be stated, and the sentence that says it or why not."""

    pd: Decimal | None
    zh: str
    en: str


def stated(card: Card, result: Result, book: Book) -> Stated:
    """What people are told of one score."""
    zh, en = _NAMES.get(card.purpose, (card.purpose, card.purpose))
    zh, en = f"{zh} {result.score} 分", f"{en}: score {result.score}"
    against = _against(card, result, book)
    if against:
        because_zh, because_en = "；".join(one for one, _ in against), "; ".join(one for _, one in against)
        return Stated(None, f"{zh}，不给出违约概率：{because_zh}。", f"{en}, no probability of default: {because_en}.")
    sample = card.told["sample"]
    theirs = INSIDE.divide(Decimal(sample["bads"]), Decimal(sample["rows"]))
    pd = rounded(at_default_rate(result.default_probability, theirs, long_run_default_rate(book.bad, book.closed)), SIX)
    shown = rounded(pd * 100)
    return Stated(
        pd,
        f"{zh}，违约概率 {shown} %（按本机构已了结的 {book.closed} 笔、其中 {book.bad} 笔不良校准）。",
        f"{en}, probability of default {shown} % (at the level of {book.closed} cases closed here, {book.bad} bad).",
    )


def _against(card: Card, result: Result, book: Book) -> list[tuple[str, str]]:
    found = []
    missing = [one.feature for one in result.contributions if one.value is None]
    if missing:
        zh, en = "、".join(one.zh for one in missing), ", ".join(one.en for one in missing)
        found.append((f"缺少“{zh}”，按最低分计", f"“{en}” is missing and took the fewest points"))
    if book.closed < LEAST_CLOSED:
        told = f"本机构已了结 {book.closed} 笔，满 {LEAST_CLOSED} 笔方可校准"
        found.append((told, f"{book.closed} cases are closed here, {LEAST_CLOSED} are needed to know the level"))
    if not _sampled(card.told.get("sample")):
        found.append(("评分卡未说明样本的不良率", "the card does not say how many of its sample went bad"))
    return found


def _sampled(sample: Any) -> bool:
    return isinstance(sample, Mapping) and 0 < int(sample.get("bads", 0)) < int(sample.get("rows", 0))


def rests_on(card: Card) -> tuple[str, str]:
    """What a card was trained on, in both languages; empty where it does not say."""
    source = card.told.get("source")
    zh, en = (source.get("zh"), source.get("en")) if isinstance(source, Mapping) else (None, None)
    return (f"训练数据：{zh}" if zh else "", f"Trained on: {en}" if en else "")
