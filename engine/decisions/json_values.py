"""Values that come from JSON, and values shown as JSON: dates, times and durations are ISO 8601 texts there.

Law: a text becomes a date only where the model declares one; what does not read as its type stays a text, so
that the type check says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from engine.decisions.needs import InputNeed
from engine.decisions.types import DeferredType
from engine.feel import FunctionValue, Moment, Range, compile_expression, to_string
from engine.feel.types import ContextType, FeelType, ListType, RestrictedType

_READERS: Final = {
    kind: compile_expression(f"{function}(text)", ("text",))
    for kind, function in (
        ("date", "date"),
        ("time", "time"),
        ("date and time", "date and time"),
        ("days and time duration", "duration"),
        ("years and months duration", "duration"),
    )
}


def from_json(values: Mapping[str, Any], needs: Iterable[InputNeed]) -> dict[str, Any]:
    """JSON values as FEEL values, guided by the declared types of the inputs."""
    types = {need.name: need.type for need in needs}
    return {name: _read(value, types.get(name)) for name, value in values.items()}


def holds_time(wanted: FeelType | None) -> bool:
    """Whether values of a type may be, or hold, what JSON can only write as text."""
    return wanted is not None and (wanted.name in _READERS or type(wanted) is not FeelType)


def to_json(value: Any) -> Any:
    """A FEEL value as JSON holds it: whole numbers as int, others as the text of the decimal."""
    match value:
        case None | bool() | str() | int():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else str(value)
        case Mapping():
            return {str(key): to_json(item) for key, item in value.items()}
        case list() | tuple():
            return [to_json(item) for item in value]
        case Range() | FunctionValue():
            return to_string(value)
    return to_string(value)


def _read(value: Any, wanted: FeelType | None) -> Any:
    while isinstance(wanted, RestrictedType | DeferredType):
        wanted = wanted.base if isinstance(wanted, RestrictedType) else wanted.known[wanted.name]
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        item = wanted.of if isinstance(wanted, ListType) else wanted
        return [_read(part, item) for part in value]
    if isinstance(value, Mapping):
        fields = wanted.fields if isinstance(wanted, ContextType) else {}
        return {str(key): _read(part, fields.get(str(key))) for key, part in value.items()}
    if isinstance(value, str) and wanted is not None and wanted.name in _READERS:
        found = _READERS[wanted.name]({"text": value}, Moment(datetime(2000, 1, 1, tzinfo=UTC), UTC))
        return value if found is None else found
    return value
