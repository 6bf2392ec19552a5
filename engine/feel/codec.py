"""Values to bytes and back. Law: what comes back is equal in value and kind; text once written is read for ever.

Plain JSON where JSON can say it; the rest is an object with one key that begins with `$`:

| tag | value | content |
|---|---|---|
| `$n` | Decimal | its text, so that 12.30 stays 12.30 |
| `$i` | int beyond 64 bits | its text |
| `$d` `$h` `$t` | date, time, date-time | ISO 8601, an IANA zone behind it in brackets |
| `$u` | timedelta | microseconds |
| `$m` | YearsMonths | months |
| `$r` | Range | start, end, start included, end included, the sign if written with one |
| `$w` | wide dates, times, durations | FEEL's text |
| `$f` | FileRef | id, name, media type, size, sha256 |
| `$c` | a context whose only key begins with `$` | the context |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine.feel.temporal import parse_at
from engine.feel.text import to_string
from engine.feel.values import Range, YearsMonths
from engine.feel.wide import WideDate, WideDateTime, WideDuration, WideTime


@dataclass(frozen=True, slots=True)
class FileRef:
    """A stored file as a value: the content stays where files are kept."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str


_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
_ZONED = re.compile(r"^(.*?)\[([^\]]+)\]$")


def encode_value(value: object) -> bytes:
    """Compact bytes of `value`. TypeError names a kind that cannot be kept (functions, foreign objects)."""
    tags = 0

    def tagged(item: object) -> object:
        nonlocal tags
        tags += 1
        return _tag(item)

    try:
        out = orjson.dumps(value, default=tagged, option=_OPTIONS)
        if out.count(b'{"$') == tags:
            return out
    except orjson.JSONEncodeError as error:
        if "64-bit" not in str(error):
            raise TypeError(_cause(error)) from error
    return orjson.dumps(_escaped(value), default=_tag, option=_OPTIONS)


def decode_value(data: bytes) -> Any:
    """The value that `encode_value` wrote."""
    value = orjson.loads(data)
    return _untag(value) if b'{"$' in data else value


def _cause(error: BaseException) -> str:
    return str(error.__cause__ or error)


def _tag(item: object) -> object:  # one line a kind
    match item:
        case Decimal():
            return {"$n": str(item)}
        case datetime():
            return {"$t": item.isoformat() + _zone_name(item.tzinfo)}
        case date():
            return {"$d": item.isoformat()}
        case time():
            return {"$h": item.isoformat() + _zone_name(item.tzinfo)}
        case timedelta():
            return {"$u": (item.days * 86_400 + item.seconds) * 1_000_000 + item.microseconds}
        case YearsMonths():
            return {"$m": item.months}
        case Range():
            return {"$r": _range_parts(item)}
        case WideDate() | WideTime() | WideDateTime() | WideDuration():
            return {"$w": to_string(item)}
        case FileRef():
            return {"$f": [item.id, item.name, item.media_type, item.size, item.sha256]}
        case str():
            return str.__str__(item)
    if isinstance(item, dict):
        return dict(item)
    if isinstance(item, list | tuple):
        return list(item)
    raise TypeError(f"a value of type {type(item).__name__} cannot be stored")


def _range_parts(item: Range) -> list[object]:
    """The parts of an interval; the sign of `(< e)` only where there is one, so that old readers read the rest."""
    parts = [item.start, item.end, item.start_included, item.end_included]
    return [*parts, item.operator] if item.operator else parts


def _zone_name(zone: tzinfo | None) -> str:
    return f"[{zone.key}]" if isinstance(zone, ZoneInfo) else ""


def _escaped(value: object) -> object:
    """The slow way, for contexts whose keys look like tags and for very large whole numbers."""
    match value:
        case bool():
            return value
        case int() if not -(2**63) <= value < 2**64:
            return {"$i": str(value)}
        case dict():
            inner = {key: _escaped(item) for key, item in value.items()}
            if len(inner) == 1 and next(iter(inner)).startswith("$"):
                return {"$c": inner}
            return inner
        case list() | tuple():
            return [_escaped(item) for item in value]
        case Range():
            return {"$r": [_escaped(part) for part in _range_parts(value)]}
    return value


def _untag(value: Any) -> Any:
    """The value with what is tagged in it read, in place: nobody else has it, and most of it stands for itself."""
    if value.__class__ is list:
        for place, item in enumerate(value):
            if item and (item.__class__ is list or item.__class__ is dict):
                value[place] = _untag(item)
        return value
    if value.__class__ is not dict:
        return value
    if len(value) == 1:
        for key in value:
            read = _READ.get(key)
            if read is not None:
                return read(value[key])
    for key, item in value.items():
        if item and (item.__class__ is list or item.__class__ is dict):
            value[key] = _untag(item)
    return value


def _read_zoned(text: str) -> tuple[str, ZoneInfo | None]:
    found = _ZONED.match(text)
    return (found[1], ZoneInfo(found[2])) if found else (text, None)


def _read_datetime(text: str) -> datetime:
    plain, zone = _read_zoned(text)
    moment = datetime.fromisoformat(plain)
    return moment.astimezone(zone) if zone else moment


def _read_time(text: str) -> time:
    plain, zone = _read_zoned(text)
    moment = time.fromisoformat(plain)
    return moment.replace(tzinfo=zone) if zone else moment


_READ: dict[str, Callable[[Any], Any]] = {
    "$n": Decimal,
    "$i": int,
    "$d": date.fromisoformat,
    "$h": _read_time,
    "$t": _read_datetime,
    "$u": lambda micros: timedelta(microseconds=micros),
    "$m": YearsMonths,
    "$r": lambda parts: Range(_untag(parts[0]), _untag(parts[1]), *parts[2:]),
    "$w": parse_at,
    "$f": lambda parts: FileRef(*parts),
    "$c": lambda inner: {key: _untag(item) for key, item in inner.items()},
}
