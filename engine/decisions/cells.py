"""Table cells that can be decided without running them: constants, comparisons with constants, intervals,
lists of these and their negation.

Law: a cell is either understood exactly or it is None. Everything built on shapes (the index of a column, the
checks for gaps and overlaps) may rely on a shape meaning what FEEL's unary tests mean (DMN 1.5 §10.3.2.8);
a property test holds the two against each other.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from engine.errors import FeelSyntaxError
from engine.feel import Moment, compile_expression
from engine.feel.values import YearsMonths

Key = Any
"""What a constant is compared by: str, bool, Decimal, date, timedelta, int (months)."""

ORDERED: Final = frozenset({"number", "date", "days and time duration", "years and months duration"})
"""Kinds whose values form a line that intervals cut; the others (string, boolean, null) are enumerated."""


@dataclass(frozen=True, slots=True)
class Span:
    """The values of one kind between two ends (None: unbounded). A constant is a span of one value."""

    kind: str
    low: Key
    high: Key
    low_closed: bool = True
    high_closed: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """What a cell lets through: the union of `spans`, or, negated, everything else. `any` is the cell `-`."""

    spans: tuple[Span, ...] = ()
    negated: bool = False
    any: bool = False

    def kinds(self) -> frozenset[str]:
        return frozenset(span.kind for span in self.spans)


ANY: Final = Shape(any=True)

_STRING = r'"(?:[^"\\]|\\.)*"'
_NUMBER = r"-?\s*(?:\d+(?:\.\d+)?|\.\d+)"
_CONSTANT = (
    rf"(?:{_STRING}|{_NUMBER}|true\b|false\b|null\b|"
    rf"date\s*\(\s*{_STRING}\s*\)|duration\s*\(\s*{_STRING}\s*\)|@{_STRING})"
)
_ITEM = re.compile(
    rf"""\s*(?:
      (?P<constant>{_CONSTANT})
    | (?P<operator><=|>=|<|>)\s*(?P<bound>{_CONSTANT})
    | (?P<open>[\[\](])\s*(?P<low>{_CONSTANT})\s*\.\.\s*(?P<high>{_CONSTANT})\s*(?P<close>[\[\])])
    )\s*(?:,|$)""",
    re.VERBOSE,
)
_NEGATION = re.compile(r"\s*not\s*\((?P<inside>.*)\)\s*$", re.DOTALL)
_ANY_TIME: Final = Moment(datetime(2000, 1, 1, tzinfo=UTC), UTC)


def shape_of(text: str) -> Shape | None:
    """The shape of a cell's text, or None when it cannot be told from the text alone."""
    text = text.strip()
    if text in ("", "-"):
        return ANY
    negation = _NEGATION.match(text)
    spans = _spans(negation["inside"] if negation else text)
    if spans is None:
        return None
    shape = Shape(spans, negated=negation is not None)
    # `not` over several kinds is neither true nor false for some values: leave that to FEEL.
    return None if shape.negated and len(shape.kinds()) != 1 else shape


def key_of(value: Any) -> tuple[str, Key] | None:
    """Kind and comparison key of a FEEL value; None for values that no shape speaks of."""
    match value:
        case None:
            return "null", None
        case bool():
            return "boolean", value
        case str():
            return "string", value
        case Decimal():
            return "number", value
        case timedelta():
            return "days and time duration", value
        case YearsMonths():
            return "years and months duration", value.months
    # A datetime is a date in Python, not in FEEL.
    return ("date", value) if type(value) is date else None


def _spans(text: str) -> tuple[Span, ...] | None:
    spans = []
    position = 0
    while position < len(text):
        item = _ITEM.match(text, position)
        if item is None:
            return None
        span = _span(item)
        if span is None:
            return None
        spans.append(span)
        position = item.end()
    # A comma at the very end is for FEEL to refuse.
    return None if not spans or text.rstrip().endswith(",") else tuple(spans)


def _span(item: re.Match[str]) -> Span | None:
    if item["constant"]:
        found = _constant(item["constant"])
        return None if found is None else Span(found[0], found[1], found[1])
    if item["operator"]:
        return _comparison(item["operator"], _constant(item["bound"]))
    low, high = _constant(item["low"]), _constant(item["high"])
    if low is None or high is None or low[0] != high[0] or low[0] not in ORDERED or low[1] > high[1]:
        return None
    return Span(low[0], low[1], high[1], item["open"] == "[", item["close"] == "]")


def _comparison(operator: str, bound: tuple[str, Key] | None) -> Span | None:
    if bound is None or bound[0] not in ORDERED:
        return None
    kind, key = bound
    closed = operator.endswith("=")
    if operator.startswith("<"):
        return Span(kind, None, key, high_closed=closed)
    return Span(kind, key, None, low_closed=closed)


@lru_cache(maxsize=4096)
def _constant(text: str) -> tuple[str, Key] | None:
    if text == "null":
        return "null", None
    if text in ("true", "false"):
        return "boolean", text == "true"
    if text[0] == '"' and "\\" not in text:
        return "string", text[1:-1]
    try:
        value = compile_expression(text)({}, _ANY_TIME)
    except FeelSyntaxError:
        return None
    return None if value is None else key_of(value)


@dataclass(frozen=True, slots=True)
class Domain:
    """The values of one kind cut into regions inside which no cell of a column tells two values apart.

    Ordered kinds: with points p0 < p1 < …, region 2i lies below p(i), 2i+1 is p(i) itself, the last is above.
    Enumerated kinds: region i is the i-th point, the last one every other value.
    """

    kind: str
    points: tuple[Key, ...]

    @property
    def ordered(self) -> bool:
        return self.kind in ORDERED

    @property
    def size(self) -> int:
        return 2 * len(self.points) + 1 if self.ordered else len(self.points) + 1

    def region_of(self, key: Key) -> int:
        """The region that holds a value."""
        at = bisect_left(self.points, key)
        known = at < len(self.points) and self.points[at] == key
        if self.ordered:
            return 2 * at + known
        return at if known else len(self.points)

    def regions(self, shape: Shape) -> int:
        """The regions a shape lets through, as bits."""
        every = (1 << self.size) - 1
        if shape.any:
            return every
        found = 0
        for span in shape.spans:
            if span.kind == self.kind:
                low, high = self._ends(span)
                if high >= low:
                    found |= (1 << (high + 1)) - (1 << low)
        if not shape.negated:
            return found
        return every & ~found if self.kind in shape.kinds() else 0

    def _ends(self, span: Span) -> tuple[int, int]:
        if not self.ordered:
            at = self.region_of(span.low)
            return at, at
        low, high = 0, self.size - 1
        if span.low is not None:
            low = self.region_of(span.low) + (not span.low_closed)
        if span.high is not None:
            high = self.region_of(span.high) - (not span.high_closed)
        return low, high


def domain_of(kind: str, shapes: Iterable[Shape], more: Iterable[Key] = ()) -> Domain:
    """The coarsest domain of `kind` in which all `shapes` are unions of regions; `more` adds points."""
    points = set(more)
    for shape in shapes:
        for span in shape.spans:
            if span.kind == kind:
                points.update(end for end in (span.low, span.high) if end is not None)
    return Domain(kind, tuple(sorted(points)))
