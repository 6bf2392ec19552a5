"""Values between scenario, engine and report. Law: JSON in the scenario and the report, exact kinds inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.errors import ScenarioWrong
from engine.feel import YearsMonths, to_string


def read_scenario(path: Path) -> dict[str, Any]:
    """A scenario file; numbers with a point are Decimal. Raises ScenarioWrong (step 0) for one that is no JSON."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise ScenarioWrong(step=0, reason=f"{path}: {error}", reason_zh=f"{path}:{error}") from error
    if not isinstance(found, dict):
        raise ScenarioWrong(step=0, reason=f"{path} is no object", reason_zh=f"{path} 不是对象")
    return found


def plain(value: Any) -> Any:
    """A value as JSON: whole numbers as int, others as float where that is exact (else text), dates as ISO text."""
    match value:
        case Decimal():
            return _number(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta() | YearsMonths():
            return to_string(value)
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
    return to_string(value)


def _number(value: Decimal) -> Any:
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value() and value.adjusted() < 18:
        return int(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else str(value)


def same(actual: Any, expected: Any) -> bool:
    """Whether a value is what a scenario expects: numbers by value, dates by their ISO text."""
    if isinstance(expected, float):
        expected = Decimal(repr(expected))
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return actual.keys() == expected.keys() and all(same(actual[key], expected[key]) for key in expected)
    if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        return len(actual) == len(expected) and all(same(a, e) for a, e in zip(actual, expected, strict=True))
    if isinstance(expected, bool) or isinstance(actual, bool):
        return actual is expected
    return bool(actual == expected) or (isinstance(expected, str) and plain(actual) == expected)
