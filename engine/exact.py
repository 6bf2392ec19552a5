"""JSON that came from outside, with exact numbers. Law: what is let in can be kept, written out and calculated with.

`json.loads` takes texts that the rooms behind it cannot bear: `1e999999999`, whose digits fill the memory as soon as a
page writes it; nesting beyond what is stored; NUL and halves of UTF-16 pairs, which no database takes for text; NaN and
Infinity, which are no JSON (RFC 8259 §6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

DEEPEST = 100
"""Objects and lists within each other."""
LONGEST_NUMBER, LARGEST_EXPONENT = 4300, 999
"""Characters of a number (Python's own bound for whole ones), and its power of ten either way."""
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)


def read_json(raw: str | bytes) -> Any:
    """The value of a JSON text, numbers with a point or an exponent as Decimal. ValueError for what is no JSON, and for
    what is beyond the bounds above."""
    text = raw if isinstance(raw, str) else raw.decode(json.detect_encoding(raw), "surrogatepass")
    try:
        found = json.loads(text, parse_float=_number, parse_constant=_constant)
    except RecursionError as error:
        raise ValueError(f"nested deeper than {DEEPEST}") from error
    if text.count("[") + text.count("{") > DEEPEST:
        _check_depth(found)
    if _ESCAPED.search(text) or _UNKEPT.search(text):
        _check_texts(found)
    return found


def _number(text: str) -> Decimal:
    exponent = text.lower().partition("e")[2].lstrip("+-0")
    if len(text) > LONGEST_NUMBER or len(exponent) > 3:  # three digits: 999 at most
        raise ValueError(f"a number may have {LONGEST_NUMBER} digits and an exponent up to {LARGEST_EXPONENT}")
    return Decimal(text)


def _constant(text: str) -> float:
    raise ValueError(f"JSON has no {text}")


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        if depth > DEEPEST:
            raise ValueError(f"nested deeper than {DEEPEST}")
        level = [part for one in level for part in _parts(one)]


def _check_texts(value: Any) -> None:
    level = [value]
    while level:
        for one in level:
            names = one if isinstance(one, dict) else (one,)
            if any(isinstance(text, str) and _UNKEPT.search(text) for text in names):
                raise ValueError("a text holds a character that cannot be kept (NUL, or half of a pair)")
        level = [part for one in level for part in _parts(one)]


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
