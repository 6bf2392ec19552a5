"""Built-ins on ranges: Allen's relations between points and intervals (DMN 1.5 §10.3.4.9, table 78), and
range().

An interval without a start begins before everything, one without an end ends after everything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.errors import FeelSyntaxError
from engine.feel import nodes as n
from engine.feel.builtin import BUILTINS, builtin
from engine.feel.comparison import compare
from engine.feel.compile_values import half_range, make_range
from engine.feel.moment import Moment
from engine.feel.parser import Parser
from engine.feel.reasons import Null
from engine.feel.values import Range, Value, kind

_POINT: Final = "number|string|date|time|datetime|days|months"


def _order(left: Value, right: Value, left_open: int = 0, right_open: int = 0) -> int:
    """-1, 0, 1; a missing end point counts as endless on its side (-1 below all, 1 above all)."""
    if left is None or right is None:
        a = left_open if left is None else 0
        b = right_open if right is None else 0
        return (a > b) - (a < b)
    found = compare(left, right)
    if found is None:
        raise Null("incomparable", left=kind(left), right=kind(right))
    return found


def _starts(a: Range, b: Range) -> int:
    return _order(a.start, b.start, -1, -1)


def _ends(a: Range, b: Range) -> int:
    return _order(a.end, b.end, 1, 1)


def _end_to_start(a: Range, b: Range) -> int:
    return _order(a.end, b.start, 1, -1)


def _point(value: Value) -> Range:
    return Range(value, value)


def before(a: Range, b: Range) -> bool:
    order = _end_to_start(a, b)
    return order < 0 or (order == 0 and not (a.end_included and b.start_included))


def meets(a: Range, b: Range) -> bool:
    return a.end_included and b.start_included and _end_to_start(a, b) == 0


def overlaps(a: Range, b: Range) -> bool:
    return not before(a, b) and not before(b, a)


def overlaps_before(a: Range, b: Range) -> bool:
    starts, ends = _starts(a, b), _ends(a, b)
    first = starts < 0 or (starts == 0 and a.start_included and not b.start_included)
    last = ends < 0 or (ends == 0 and (not a.end_included or b.end_included))
    return first and last and overlaps(a, b)


def finishes(a: Range, b: Range) -> bool:
    starts = _starts(a, b)
    return (
        a.end_included == b.end_included
        and _ends(a, b) == 0
        and (starts > 0 or (starts == 0 and (not a.start_included or b.start_included)))
    )


def includes(a: Range, b: Range) -> bool:
    starts, ends = _starts(a, b), _ends(a, b)
    return (starts < 0 or (starts == 0 and (a.start_included or not b.start_included))) and (
        ends > 0 or (ends == 0 and (a.end_included or not b.end_included))
    )


def starts_range(a: Range, b: Range) -> bool:
    ends = _ends(a, b)
    return (
        a.start_included == b.start_included
        and _starts(a, b) == 0
        and (ends < 0 or (ends == 0 and (not a.end_included or b.end_included)))
    )


def coincides(a: Range, b: Range) -> bool:
    same = (a.start_included, a.end_included) == (b.start_included, b.end_included)
    return same and _starts(a, b) == 0 and _ends(a, b) == 0


def _swapped(relation: Callable[[Range, Range], bool]) -> Callable[[Range, Range], bool]:
    return lambda a, b: relation(b, a)


def _declare(name: str, relation: Callable[[Range, Range], bool], shapes: str) -> None:
    """`shapes` says which pairs the relation takes: p(oint) or r(ange), as "pp pr rp rr"."""
    for shape in shapes.split():
        kinds = [_POINT if letter == "p" else "range" for letter in shape]
        labels = [f"point{at}" if letter == "p" else f"range{at}" for at, letter in enumerate(shape, 1)]
        if shape in ("pr", "rp"):
            labels = [label.rstrip("12") for label in labels]
        parameters = ", ".join(f"{label}: {of}" for label, of in zip(labels, kinds, strict=True))

        def run(a: Value, b: Value, shape: str = shape) -> bool:
            left = _point(a) if shape[0] == "p" else a
            right = _point(b) if shape[1] == "p" else b
            return relation(left, right)

        builtin(name, parameters)(run)


for _name, _relation, _shapes in (
    ("before", before, "pp pr rp rr"),
    ("after", _swapped(before), "pp pr rp rr"),
    ("meets", meets, "rr"),
    ("met by", _swapped(meets), "rr"),
    ("overlaps", overlaps, "rr"),
    ("overlaps before", overlaps_before, "rr"),
    ("overlaps after", _swapped(overlaps_before), "rr"),
    ("finishes", finishes, "pr rr"),
    ("finished by", _swapped(finishes), "rp rr"),
    ("includes", includes, "rp rr"),
    ("during", _swapped(includes), "pr rr"),
    ("starts", starts_range, "pr rr"),
    ("started by", _swapped(starts_range), "rp rr"),
    ("coincides", coincides, "pp rr"),
):
    _declare(_name, _relation, _shapes)


# ── range() ───────────────────────────────────────────────────────────────────────────────────────────────


@builtin("range", "from: string", moment=True)
def range_of(at: Moment, text: str) -> Range:
    """An interval from its literal; the ends are literals or date, time and duration literals."""
    try:
        node = Parser(text, (), ("date and time",), ()).whole_expression()
    except FeelSyntaxError:
        raise Null("invalid", function="range", value=text) from None
    if isinstance(node, n.RangeNode):
        start, end = _end_point(at, node.start, text), _end_point(at, node.end, text)
        return make_range(start, end, node.start_included, node.end_included)
    if isinstance(node, n.UnaryRange):
        return half_range(node.operator, _end_point(at, node.operand, text))  # type: ignore[no-any-return]
    raise Null("invalid", function="range", value=text)


def _end_point(at: Moment, node: n.Node, text: str) -> Value:
    if isinstance(node, n.Literal):
        return node.value
    if isinstance(node, n.Call) and isinstance(node.function, n.Name) and len(node.arguments) == 1:
        name, argument = node.function.name, node.arguments[0]
        if name in ("@", "date", "time", "date and time", "duration") and isinstance(argument, n.Literal):
            return BUILTINS[name].invoke(at, [argument.value])
    raise Null("invalid", function="range", value=text)
