"""Who changed what in a case: each value under its form's label, before and after, by whom and when. Law: what the
reader may not see is not told; a first entry is no change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from engine.queries.trail import Written
from handlers import sights
from web import schemas
from web.scope import actor

EMPTY: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Change:
    """One value that was changed; `entry`: which entry of a list it stands in, from 1."""

    at: datetime
    by: str | None
    label: str
    before: Any
    after: Any
    entry: int | None = None


def changes(past: Mapping[str, Sequence[Written]], fields: Mapping[str, Mapping[str, Any]]) -> list[Change]:
    """What was changed in the fields that people fill in, the latest first."""
    seen = sights.without_hidden(actor(), past)
    found = [
        change
        for name, values in seen.items()
        if (field := fields.get(name)) is not None and schemas.title(field)
        for earlier, later in pairwise(values)
        for change in _between(field, earlier.value, later)
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _between(field: Mapping[str, Any], before: Any, later: Written) -> Iterator[Change]:
    if before in EMPTY or before == later.value:
        return
    if field.get("components") and schemas.is_entries(before) and schemas.is_entries(later.value):
        yield from _in_entries(field, before, later)
    elif not isinstance(before, Mapping) and not isinstance(later.value, Mapping):
        yield Change(later.at, later.actor, schemas.title(field), _plainly(field, before), _plainly(field, later.value))


def _plainly(field: Mapping[str, Any], value: Any) -> Any:
    return len(value) if schemas.is_entries(value) else schemas.said(field, value)


def _in_entries(field: Mapping[str, Any], before: Sequence[Any], later: Written) -> Iterator[Change]:
    title, gone = schemas.title(field), sights.fields_hidden(actor())
    inner = {key: one for one in schemas.fields(field) if (key := str(one.get("key") or "")) and key not in gone}
    for number in range(max(len(before), len(later.value))):
        old, new = (rows[number] if number < len(rows) else {} for rows in (before, later.value))
        for key, one in inner.items():
            if schemas.title(one) and old.get(key) != new.get(key) and (old.get(key) or new.get(key)) not in EMPTY:
                label = f"{title} · {schemas.title(one)}"
                told = schemas.said(one, old.get(key)), schemas.said(one, new.get(key))
                yield Change(later.at, later.actor, label, told[0], told[1], number + 1)
