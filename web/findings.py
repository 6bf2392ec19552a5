"""Findings about what a form holds, at the fields they concern. Law: a form that shows a table of findings names its
variable; rows with `field` and `text` are findings, everything else is left to the table.

A place is written as the checks write it: `amount`, `people[2].mobile` (second row), `statements[2024].revenue` (the
row that says 2024), `ownership.<company>` (rows that name the company). Out: `amount`, `people.1.mobile` … as the form
in the page names its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from web import schemas

_PLACE = re.compile(r"(?P<list>\w+)(?:\[(?P<row>[^\]]+)\](?:\.(?P<inner>\w+))?|\.(?P<said>.+))?")


def at_fields(
    schema: Mapping[str, Any] | None, checked: Mapping[str, Any], now: Mapping[str, Any], language: str
) -> dict[str, list[str]]:
    """Place of a field -> sentences. `checked`: what the findings are about; `now`: what the form will show.

    Where both differ somebody has begun to correct it, and the finding stays in the table alone.
    """
    found: dict[str, list[str]] = {}
    for finding in _findings(schema, checked):
        text = str(finding.get("text_en") if language == "en" and finding.get("text_en") else finding["text"])
        for place in places(str(finding["field"]), checked):
            if _at(checked, place) == _at(now, place) and text not in found.setdefault(place, []):
                found[place].append(text)
    return {place: texts for place, texts in found.items() if texts}


def _findings(schema: Mapping[str, Any] | None, values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for table in schemas.fields(schema):
        rows = values.get(str(table.get("dataSource", "")).removeprefix("=").strip())
        if table.get("type") == "table" and isinstance(rows, list):
            yield from (row for row in rows if isinstance(row, Mapping) and row.get("field") and row.get("text"))


def places(field: str, values: Mapping[str, Any]) -> list[str]:
    """Where a finding belongs; nowhere when no field is meant."""
    meant = _PLACE.fullmatch(field)
    if meant is None:
        return []
    name, mark = meant["list"], meant["row"] or meant["said"]
    if mark is None:
        return [] if isinstance(values.get(name), list) else [name]
    rows = values.get(name)
    if not isinstance(rows, list):
        return []
    return [f"{name}.{index}.{meant['inner'] or key}" for index, key in _rows(rows, mark, meant["row"] is not None)]


def _rows(rows: Sequence[Any], mark: str, counted: bool) -> Iterator[tuple[int, str]]:
    """(index, field that bears the mark) of the rows meant: by number where that is one, else by what they say."""
    if counted and mark.isdecimal() and 1 <= int(mark) <= len(rows):
        row = rows[int(mark) - 1]
        if isinstance(row, Mapping) and row:
            yield int(mark) - 1, str(next(iter(row)))
        return
    for index, row in enumerate(rows):
        for key, value in row.items() if isinstance(row, Mapping) else ():
            if str(value) == mark:
                yield index, str(key)
                break


def _at(values: Any, place: str) -> Any:
    for part in place.split("."):
        if isinstance(values, list):
            values = values[int(part)] if part.isdecimal() and int(part) < len(values) else None
        else:
            values = values.get(part) if isinstance(values, Mapping) else None
    return None if values in ("", []) else values
