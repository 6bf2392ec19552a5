"""Values that somebody types for a variable. Law: what it was, it stays: a day stays a day, an amount stays exact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine import api
from engine.errors import InvalidInput


def read(text: str, before: object = None) -> Any:
    """What a text means: as JSON where it is that (numbers exact), by the kind of the value before it, else a text.

    InvalidInput when the value before is a day or a moment and the text is none.
    """
    text = text.strip()
    if isinstance(before, str) and not text.startswith(('"', "[", "{")) and text != "null":
        return text
    if isinstance(before, date) and text not in ("", "null"):
        return _moment(text, before)
    try:
        found = api.read_json(text)
    except ValueError:
        return text
    return Decimal(found) if isinstance(before, Decimal) and type(found) is int else found


def _moment(text: str, before: date) -> date:
    try:
        if not isinstance(before, datetime):
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(place="value", reason="is no date", reason_zh="不是有效的日期") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=before.tzinfo)


def written(value: Any) -> str:
    """A value as it may be typed back: texts as they are, the rest as JSON or ISO 8601."""
    match value:
        case str():
            return value
        case date():
            return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=str)


def pairs(names: list[str], values: list[str], known: Mapping[str, Any]) -> dict[str, Any]:
    """Names and texts of a form as variables; a line without a name does not count."""
    given = ((name.strip()[:200], text) for name, text in zip(names, values, strict=False))
    return {name: read(text, known.get(name)) for name, text in given if name}
