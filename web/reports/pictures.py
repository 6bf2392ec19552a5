"""How each section of a report is drawn: which column names the rows, which are figures, and where a click leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _

from handlers.reports.content import Table, as_number, shown
from web.charts import Chart, Form, Kind, Series
from web.scope import language, runtime


@dataclass(frozen=True, slots=True)
class Drawing:
    """`bars` are on the left axis, `lines` on the right one; stacked bars add up to a whole."""

    kind: Kind
    name: str
    bars: tuple[str, ...]
    lines: tuple[str, ...] = ()
    form: Form = "count"
    stacked: bool = False
    horizontal: bool = False
    unit: Any = ""
    """What the bars count, or in what they are measured; nothing where the axis says it."""


HOURS = _("hours of working time")
DRAWINGS: Mapping[str, Drawing] = {
    "shares": Drawing("bar", "process", ("value",), form="percent", horizontal=True),
    "durations": Drawing("bar", "process", ("value",), form="ratio", horizontal=True, unit=HOURS),
    "teams": Drawing("bar", "team", ("on_time", "late", "overdue"), ("share",), stacked=True, unit=_("tasks")),
    "people": Drawing("bar", "person", ("on_time", "late", "overdue"), ("share",), stacked=True, unit=_("tasks")),
    "funnel": Drawing("bar", "stage", ("cases",), horizontal=True, unit=_("cases")),
    "cohorts": Drawing("bar", "month", ("cases", "reached"), ("share",), unit=_("cases")),
    "times": Drawing("bar", "process", ("median", "p90"), form="ratio", horizontal=True, unit=HOURS),
    "months": Drawing("line", "month", ("started", "ended"), unit=_("cases")),
    "nps": Drawing("bar", "month", ("promoters", "passives", "detractors"), ("nps",), stacked=True, unit=_("answers")),
    "nps_teams": Drawing("bar", "team", ("nps",), form="ratio"),
    "touchpoints": Drawing("bar", "touchpoint", ("share",), form="percent", horizontal=True),
    "gaps": Drawing("bar", "touchpoint", ("expectation", "experience"), form="ratio", unit=_("points, 1 to 5")),
    "risk": Drawing("bar", "rating", ("a", "b", "c", "none"), stacked=True, unit=_("clients")),
    "alerts": Drawing("bar", "level", ("opened", "confirmed", "unsettled"), unit=_("alerts")),
    "channels": Drawing("bar", "channel", ("inquiries", "won"), ("share",), unit=_("inquiries")),
    "service": Drawing("bar", "severity", ("acknowledged", "solved"), form="percent"),
}
ONLY = {"shares": "on_time", "durations": "cycle_time_median"}
"""Of sections with many kinds of figures, the one that is drawn; the title says so."""
MANY = 8
"""More names below one another, or leaning beside one another, need a higher picture."""
SEEN = 20
"""So many names at most stand on an axis; the table has all."""
COLOURS = {"late": "warning", "overdue": "danger", "on_time": "success", "promoters": "success",
           "detractors": "danger", "passives": "secondary"}  # fmt: skip


def picture(section: Table) -> Chart | None:
    """The chart of a section, of the rows that hold anything; None where there is nothing to draw."""
    drawing = DRAWINGS.get(section.id)
    if drawing is None:
        return None
    drawn = ONLY.get(section.id)
    parts = [row for row in section.rows if not row.get("total")]
    rows = [row for row in parts if drawn in (None, row.get("id")) and any(map(row.get, drawing.bars))][:SEEN]
    if not rows:
        return None
    labels = {column.key: column.label.text(language()) for column in section.columns}
    forms = {column.key: column.form for column in section.columns}
    names = [_name(section, row, drawing) for row in rows]
    series = [_series(one, rows, labels, forms, drawing) for one in drawing.bars]
    series += [
        Series(
            labels[one],
            [_figure(row.get(one), forms[one]) for row in rows],
            kind="line",
            axis=2,
            points=drawing.name != "month",
        )
        for one in drawing.lines
    ]
    share = any(forms[one] == "percent" for one in drawing.lines)
    return Chart(
        kind=drawing.kind,
        title=str(rows[0]["name"]) if drawn else section.title.text(language()),
        names=names,
        series=series,
        x=labels[drawing.name],
        y=str(drawing.unit),
        y2="NPS" if "nps" in drawing.lines else "",
        form=drawing.form,
        form2="percent" if share else "ratio",
        most2=1 if share else None,
        height="high" if len(names) > MANY and drawing.name != "month" else "usual",
        horizontal=drawing.horizontal,
    )


def _name(section: Table, row: Mapping[str, Any], drawing: Drawing) -> str:
    form = next(column.form for column in section.columns if column.key == drawing.name)
    return shown(row.get(drawing.name), form, language(), runtime().zone)


def _series(
    one: str,
    rows: Any,
    labels: Mapping[str, str],
    forms: Mapping[str, Any],
    drawing: Drawing,
) -> Series:
    links = [drilled(row, one) for row in rows]
    return Series(
        labels[one],
        [_figure(row.get(one), forms[one]) for row in rows],
        stack="whole" if drawing.stacked else None,
        colour=COLOURS.get(one),
        links=links if any(links) else (),
    )


def _figure(value: Any, form: str) -> Decimal | None:
    """A figure as charts take it: shares as fractions."""
    exact = as_number(value)
    return exact / 100 if exact is not None and form == "percent" else exact


def drilled(row: Mapping[str, Any], column: str = "") -> str | None:
    """The cases (of the net promoter score: the answers) behind a row, or one figure of it, where it says which."""
    behind = dict(row.get("drills", {}).get(column) or row.get("drill") or {})
    page = "reports.answers" if behind.pop("page", "") == "answers" else "instances.index"
    return url_for(page, **behind) if behind else None
