"""One field's value: what form-js makes of what it is given (`initial`), what we take of what is sent
(`accept`).

Wire values are what JSON carries; kept values are the process core's: Decimal, date, time, datetime.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from engine.feel import Moment, to_string

Field: TypeAlias = Mapping[str, Any]
Problem: TypeAlias = tuple[str, Mapping[str, object]]

LISTS: Final = frozenset({"checklist", "taglist"})
CHOICES: Final = frozenset({"select", "radio"})
KEYED: Final = (
    LISTS
    | CHOICES
    | frozenset({"textfield", "textarea", "number", "checkbox", "datetime", "expression", "filepicker"})
)
LONGEST_TEXT: Final = 100_000
LONGEST_NUMBER: Final = 1000
MOST_DIGITS: Final = 310
"""Of a number, and before or behind its point: what JavaScript has (1.8e308), and no more than LONGEST_NUMBER written
out."""

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What comes along when a text is pasted, and neither a sheet nor XML nor a terminal bears."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def number(value: object) -> Decimal | None:
    """A JSON number, or text that JavaScript reads as one, as a Decimal; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        found = Decimal(value)
    elif isinstance(value, float):
        found = Decimal(repr(value))
    elif isinstance(value, str) and len(value) <= LONGEST_NUMBER and _NUMBER.fullmatch(value):
        try:
            found = Decimal(value.strip())
        except InvalidOperation:
            return None
    else:
        return None
    return found if found.is_finite() and _is_of_size(found) else None


def _is_of_size(found: Decimal) -> bool:
    return len(found.as_tuple().digits) <= MOST_DIGITS and abs(found.adjusted()) <= MOST_DIGITS


def wire(value: object) -> Any:
    """A value of the process core as JSON says it: dates and durations as text; numbers stay."""
    match value:
        case bool() | int() | float() | str() | Decimal() | None:
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return {str(key): wire(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [wire(item) for item in value]
        case timedelta():
            return to_string(value)
    return str(value)


def empty(field: Field) -> Any:
    """What form-js starts an untouched field with."""
    kind = field.get("type")
    if kind in ("textfield", "textarea"):
        return ""
    if kind == "checkbox":
        return False
    return [] if kind in LISTS else None


def initial(field: Field, given: object, present: bool, choices: Sequence[Any] | None) -> Any:
    """The value a field starts with: what was given if it fits (else emptied), else its default or empty."""
    if not present:
        return wire(field["defaultValue"]) if field.get("defaultValue") is not None else empty(field)
    kind = field.get("type")
    value = wire(given)
    match kind:
        case "textfield" | "textarea":
            return _text(value, kind == "textfield")
        case "number":
            return _as_sent(field, value)
        case "checkbox":
            return value is True
        case "datetime":
            return value if isinstance(value, str) and _moment(field, value) is not None else None
    if kind in CHOICES and choices is not None:
        return value if value in choices else None
    if kind in LISTS:
        kept = value if isinstance(value, list) else []
        return kept if choices is None else [item for item in kept if item in choices]
    return value


def _as_sent(field: Field, value: object) -> Decimal | str | None:
    """A number as the form sends it: as text where the field says so, else as a number; None when it is none."""
    found = number(value)
    if found is None or not field.get("serializeToString"):
        return found
    return value if isinstance(value, str) else format(found, "f")


def _text(value: object, one_line: bool) -> str:
    if value is None or isinstance(value, Mapping | list):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = _CONTROL.sub("", str(value))
    return re.sub(r"[\r\n\t]", " ", text) if one_line else text


def accept(
    field: Field, sent: object, choices: Sequence[Any] | None, at: Moment
) -> tuple[Any, list[Problem]]:
    """(wire value, what is wrong with its kind). What no widget could have sent is refused, not emptied."""
    kind = field.get("type")
    value = wire(sent)
    if value is None:
        return empty(field), []
    match kind:
        case "textfield" | "textarea":
            if isinstance(value, Mapping | list):
                return "", [_wrong("text", "文本")]
            text = _text(value, kind == "textfield")
            return text, [("max_length", {"value": LONGEST_TEXT})] if len(text) > LONGEST_TEXT else []
        case "number":
            found = _as_sent(field, value)
            return found, [("not_a_number", {})] if found is None and value != "" else []
        case "checkbox":
            return (value, []) if isinstance(value, bool) else (False, [_wrong("yes or no", "是或否")])
        case "datetime":
            return _accept_moment(field, value, at)
        case "filepicker":
            return (value, []) if isinstance(value, str) else (None, [_wrong("a file", "文件")])
    if kind in LISTS:
        if not isinstance(value, list):
            return [], [_wrong("a list", "列表")]
        strangers = [item for item in value if choices is not None and item not in choices]
        return value, [("not_an_option", {"value": item}) for item in strangers]
    if kind in CHOICES and value == "":
        return None, []
    if kind in CHOICES and choices is not None and value not in choices:
        return value, [("not_an_option", {"value": value})]
    return value, []


def _wrong(expected: str, expected_zh: str) -> Problem:
    return "wrong_type", {"expected": expected, "expected_zh": expected_zh}


LATEST: Final = "latest"
"""Custom property of a date field: `today` refuses days to come, as `disallowPassedDates` refuses past ones."""

_MOMENT_FAULT: Final = {"date": "not_a_date", "time": "not_a_time", "datetime": "not_a_moment"}


def _accept_moment(field: Field, value: object, at: Moment) -> tuple[Any, list[Problem]]:
    if value == "":
        return None, []
    found = _moment(field, value) if isinstance(value, str) else None
    if found is None:
        return value, [(_MOMENT_FAULT.get(str(field.get("subtype")), "not_a_moment"), {})]
    if isinstance(found, date):
        day, today = found.date() if isinstance(found, datetime) else found, at.local().date()
        if day < today and field.get("disallowPassedDates"):
            return value, [("past_date", {})]
        if day > today and (field.get("properties") or {}).get(LATEST) == "today":
            return value, [("future_date", {})]
    return value, []


def _moment(field: Field, text: str) -> date | time | datetime | None:
    """The date, time or date-time that a field's text says; None when it says none of its kind."""
    try:
        match field.get("subtype"):
            case "date":
                return date.fromisoformat(text) if _DAY.fullmatch(text) else None
            case "time":
                return time.fromisoformat(text)
            case _:
                return datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None


def kept(field: Field, value: Any, at: Moment) -> Any:
    """The wire value as the process keeps it. A date-time without a zone is meant in the business zone."""
    match field.get("type"):
        case "number":
            return number(value)
        case "datetime" if isinstance(value, str):
            found = _moment(field, value)
            if isinstance(found, datetime) and found.tzinfo is None:
                return found.replace(tzinfo=at.zone)
            return found
    return value
