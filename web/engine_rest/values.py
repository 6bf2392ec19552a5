"""Typed variables, in both directions. Law: what JSON can say exactly is said exactly; nothing loses a digit.

Types are those of the Camunda Platform 7 REST API, “Variables in the REST API”. Going out: text String, yes/no Boolean,
whole numbers Integer (32 bits), Long (64 bits) or Json beyond, other numbers Double (all digits in the JSON), date and
time Date, lists and contexts Json, files File, nothing Null. A date without a time, a time and a duration, which
Camunda has no type for, are Strings in ISO 8601. Coming in, every type of the reference is taken but Java objects that
are not written as JSON.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from engine import api
from engine.queries.values import FileRef, text_of
from web.engine_rest.answers import Refused, invalid

Typed = dict[str, Any]
MOST_BYTES = 1_000_000
"""A file or bytes as a variable; what is larger belongs among the documents."""
BYTES, NAME, MEDIA = "bytes_base64", "file_name", "media_type"
"""Keys of the context that stands for bytes and files."""
_OFFSET = re.compile(r"([+-]\d{2}):?(\d{2})$")


def moment(value: datetime | None, zone: tzinfo) -> str | None:
    """A moment as Camunda writes it: `2013-01-23T13:42:42.000+0800`, in the business zone."""
    if value is None:
        return None
    local = value.astimezone(zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def read_moment(text: object, zone: tzinfo, place: str) -> datetime:
    """A moment from `2013-01-23T13:42:42.000+0200` or ISO 8601; without an offset in the business zone."""
    try:
        found = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", str(text).strip()))
    except ValueError as error:
        raise invalid(f"Cannot set '{place}': '{text}' is no date such as 2013-01-23T13:42:42.000+0200") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


# ── going out ──────────────────────────────────────────────────────────────────────────────────────────────────


def typed_all(variables: Mapping[str, Any], zone: tzinfo) -> dict[str, Typed]:
    """Variables by name, each with type, value and valueInfo."""
    return {name: typed(value, zone) for name, value in variables.items()}


def typed(value: Any, zone: tzinfo) -> Typed:
    """One value."""
    kind, shown, info = _told(value, zone)
    return {"type": kind, "value": shown, "valueInfo": info}


def _told(value: Any, zone: tzinfo) -> tuple[str, Any, dict[str, Any]]:  # one line a kind
    match value:
        case None:
            return "Null", None, {}
        case bool():
            return "Boolean", value, {}
        case int():
            return _whole(value)
        case Decimal() if value.as_tuple().exponent == 0:
            return _whole(int(value))
        case Decimal() | float():
            return "Double", value, {}
        case str():
            return "String", value, {}
        case datetime():
            return "Date", moment(value, zone), {}
        case FileRef():
            return "File", None, {"filename": value.name, "mimeType": value.media_type}
        case {"bytes_base64": _, "file_name": name, "media_type": media}:
            return "File", None, {"filename": name, "mimeType": media}
        case {"bytes_base64": content} if len(value) == 1:
            return "Bytes", content, {}
        case Mapping() | list() | tuple():
            return "Json", as_json(value), {}
    return "String", text_of(value), {}


def _whole(value: int) -> tuple[str, Any, dict[str, Any]]:
    if -(2**31) <= value < 2**31:
        return "Integer", value, {}
    if -(2**63) <= value < 2**63:
        return "Long", value, {}
    return "Json", str(value), {}


def as_json(value: Any) -> str:
    """A list or context as JSON text; dates and durations as text, numbers with all their digits."""
    return orjson.dumps(_shown(value)).decode()


def _shown(value: Any) -> Any:
    match value:
        case None | bool() | str() | float():
            return value
        case int() | Decimal():
            return orjson.Fragment(format(value, "f" if isinstance(value, Decimal) else "d").encode())
        case Mapping():
            return {str(key): _shown(item) for key, item in value.items()}
        case list() | tuple():
            return [_shown(item) for item in value]
        case datetime():
            return value.isoformat()
    return text_of(value)


# ── coming in ──────────────────────────────────────────────────────────────────────────────────────────────────


def plain_all(sent: object, zone: tzinfo, place: str = "variables") -> dict[str, Any]:
    """Variables by name from a request; None is none. 400 names the first that cannot be taken."""
    if sent is None:
        return {}
    if not isinstance(sent, Mapping):
        raise invalid(f"'{place}' must be an object of variables")
    return {str(name): plain(value, zone, str(name)) for name, value in sent.items()}


def plain(sent: object, zone: tzinfo, name: str) -> Any:
    """One typed value as the engine's; without a type it is what its JSON says."""
    if not isinstance(sent, Mapping):
        raise invalid(f"Cannot set variable '{name}': an object with 'value' and 'type' is needed")
    value, kind = sent.get("value"), str(sent.get("type") or "")
    if not kind:
        return value
    read = _READ.get(kind[:1].upper() + kind[1:])
    if read is None:
        raise invalid(f"Cannot set variable '{name}': Unsupported value type '{kind}'")
    if value is None:
        return None
    try:
        return read(value, sent.get("valueInfo") or {}, zone)
    except Refused as error:
        raise Refused(error.status, error.kind, f"Cannot set variable '{name}': {error}") from error
    except (ValueError, TypeError, InvalidOperation, RecursionError) as error:
        shown = str(value)[:100]
        raise invalid(f"Cannot set variable '{name}': '{shown}' is no value of type '{kind}'") from error


def _bool(value: Any) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise ValueError


def _integer(bits: int) -> Callable[[Any, Mapping[str, Any], tzinfo], int]:
    def read(value: Any, info: Mapping[str, Any], zone: tzinfo) -> int:
        number = Decimal(str(value)) if not isinstance(value, bool) else None
        if number is None or number != number.to_integral_value() or not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
            raise ValueError
        return int(number)

    return read


LARGEST_EXPONENT = 999
"""Power of ten of a number sent as text: as `engine.exact` has it for JSON."""


def _number(value: Any) -> Decimal:
    number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("nan")
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise ValueError
    return number


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def from_json(value: Any) -> Any:
    """JSON text (or what was sent as JSON) with exact numbers."""
    return api.read_json(value) if isinstance(value, str) else value


def _object(value: Any, info: Mapping[str, Any]) -> Any:
    form = info.get("serializationDataFormat", "application/json")
    if form != "application/json":
        raise invalid(f"objects are taken as application/json, not as '{form}'")
    return from_json(value)


def _bytes(value: Any) -> dict[str, str]:
    try:
        size = len(base64.b64decode(_str(value), validate=True))
    except binascii.Error as error:
        raise ValueError from error
    if size > MOST_BYTES:
        raise Refused(413, "RestException", f"{size} bytes; a variable holds at most {MOST_BYTES}")
    return {BYTES: value}


def _file(value: Any, info: Mapping[str, Any]) -> dict[str, str]:
    name = info.get("filename")
    if not name:
        raise invalid("valueInfo.filename is needed")
    media = str(info.get("mimetype") or info.get("mimeType") or "application/octet-stream")
    return {**_bytes(value), NAME: str(name), MEDIA: media}


_READ: dict[str, Callable[[Any, Mapping[str, Any], tzinfo], Any]] = {
    "String": lambda value, info, zone: _str(value),
    "Boolean": lambda value, info, zone: _bool(value),
    "Short": _integer(16),
    "Integer": _integer(32),
    "Long": _integer(64),
    "Double": lambda value, info, zone: _number(value),
    "Number": lambda value, info, zone: _number(value),
    "Date": lambda value, info, zone: read_moment(value, zone, "date"),
    "Json": lambda value, info, zone: from_json(value),
    "Object": lambda value, info, zone: _object(value, info),
    "Xml": lambda value, info, zone: _str(value),
    "Bytes": lambda value, info, zone: _bytes(value),
    "File": lambda value, info, zone: _file(value, info),
    "Null": lambda value, info, zone: None,
}
"""Type -> how its value is read."""


def content(value: Any) -> tuple[bytes, str, str] | None:
    """(bytes, name, media type) of a variable that holds bytes or a file; None for any other."""
    if isinstance(value, Mapping) and isinstance(value.get(BYTES), str):
        raw = base64.b64decode(value[BYTES])
        return raw, str(value.get(NAME, "")), str(value.get(MEDIA, "application/octet-stream"))
    return None
