"""Worked examples recomputed by the product's own functions: what a formula gives is compared with what it should.

A file of vectors is a JSON list of {id, kind, input, expected}; numbers may be JSON numbers or text, shares fractions
(`3/5`). Law: nothing is computed here; a kind leads to the function that the product itself uses, rounded as pages
show it. Numbers are compared place by place: 1.50 is not 1.5000.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from engine.errors import DealflowError, InvalidInput
from handlers import ownership
from handlers.vectors import care, plans

Recompute = Callable[[Mapping[str, Any], Collection[str]], Any]
"""(input, names that are expected) -> what the product makes of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one vector; `differences` say where and how it missed, `refused` why its input cannot be used."""

    id: str
    kind: str
    state: Literal["passed", "failed", "absent"]
    differences: tuple[str, ...] = ()
    differences_zh: tuple[str, ...] = ()
    refused: tuple[str, str] | None = None
    """In Chinese and in English."""


def read(text: str | bytes) -> list[Mapping[str, Any]]:
    """The vectors of a file; numbers become Decimal. InvalidInput when it has another form."""
    try:
        found = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise _unreadable("vectors", f"not JSON: {error}", f"无法读取，不是 JSON：{error}") from None
    if not isinstance(found, list) or not found:
        raise _unreadable("vectors", "a list of vectors is needed", "须为算例列表")
    for at, one in enumerate(found, start=1):
        place = f"vectors[{at}]"
        if not isinstance(one, dict):
            raise _unreadable(place, "an object is needed", "须为对象")
        if lacking := [name for name in ("id", "kind", "input", "expected") if name not in one]:
            raise _unreadable(place, f"lacks {', '.join(lacking)}", f"缺少 {'、'.join(lacking)}")
        for name in ("input", "expected"):
            if not isinstance(one[name], dict):
                raise _unreadable(f"{place}.{name}", f"of {one['id']} must be an object", f"（{one['id']}）须为对象")
    return found


def _unreadable(place: str, reason: str, reason_zh: str) -> InvalidInput:
    return InvalidInput(place=place, reason=reason, reason_zh=reason_zh)


def recompute(vectors: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """Each vector's outcome, in their order. A kind that the product cannot compute yet is `absent`."""
    return [_outcome(one) for one in vectors]


def _outcome(vector: Mapping[str, Any]) -> Outcome:
    name, kind, expected = str(vector["id"]), str(vector["kind"]), vector["expected"]
    make = KINDS.get(kind)
    if make is None:
        return Outcome(name, kind, "absent")
    try:
        made = plain(make(vector["input"], expected.keys()))
    except DealflowError as error:
        return Outcome(name, kind, "failed", refused=(error.text("zh"), error.text("en")))
    except ownership.CycleFound as ring:
        return Outcome(name, kind, "failed", refused=(f"循环持股：{ring}", f"owns itself: {ring}"))
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        told = f"{type(error).__name__} {error}"
        return Outcome(name, kind, "failed", refused=(f"输入无法使用：{told}", f"the input cannot be used: {told}"))
    found = tuple(_differences("", plain(expected), made))
    english = tuple(f"{place}: {wanted} expected, {had} computed" for place, wanted, had in found)
    chinese = tuple(f"{place}：应为 {wanted}，算得 {had}" for place, wanted, had in found)
    return Outcome(name, kind, "failed" if found else "passed", english, chinese)


def _differences(place: str, expected: Any, made: Any) -> Iterator[tuple[str, Any, Any]]:
    """Where, what was expected, what was computed."""
    if isinstance(expected, dict) and isinstance(made, dict):
        for key in sorted(expected.keys() | made.keys()):
            yield from _differences(f"{place}.{key}".lstrip("."), expected.get(key, "∅"), made.get(key, "∅"))
    elif isinstance(expected, list) and isinstance(made, list) and len(expected) == len(made):
        for at, (one, other) in enumerate(zip(expected, made, strict=True), start=1):
            yield from _differences(f"{place}[{at}]", one, other)
    elif expected != made or type(expected) is not type(made):
        yield place, expected, made


def plain(value: Any) -> Any:
    """A value as a file of vectors writes it: numbers and dates as text, lists and objects of those."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


KINDS: Mapping[str, Recompute] = {**plans.KINDS, **care.KINDS}
"""What can be recomputed. Whoever builds a formula adds its kind."""
