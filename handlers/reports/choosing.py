"""A report of figures narrowed by its reader: to a process, a team, and columns. Law: pure; narrowing leaves out, it
never changes a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from handlers.reports.content import Report, Section, Table


@dataclass(frozen=True, slots=True)
class Selection:
    """`process`, `team`: empty for all; `columns`: `section.column` as they are to stand, none for all of them."""

    process: str = ""
    team: str = ""
    columns: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As an order keeps it; `selection_of` reads it back."""
        return {"process": self.process, "team": self.team, "columns": list(self.columns)}


def selection_of(kept: Mapping[str, Any] | None) -> Selection:
    """What an order keeps; everything when it keeps nothing."""
    known = kept or {}
    columns = tuple(str(one) for one in known.get("columns") or ())
    return Selection(str(known.get("process") or ""), str(known.get("team") or ""), columns)


def narrowed(report: Report, selection: Selection) -> Report:
    """The report with the chosen columns alone; a table of which no column was chosen is left out. Without a choice, or
    when none of the chosen columns is there, the whole report."""
    if not selection.columns:
        return report
    wanted = frozenset(selection.columns)
    sections = tuple(kept for one in report.sections if (kept := _narrowed(one, wanted)) is not None)
    return replace(report, sections=sections) if sections else report


def _narrowed(section: Section, wanted: frozenset[str]) -> Section | None:
    if not isinstance(section, Table):
        return None
    columns = tuple(one for one in section.columns if f"{section.id}.{one.key}" in wanted)
    return replace(section, columns=columns) if columns else None
