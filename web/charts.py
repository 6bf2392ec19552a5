"""What a chart shows. Law: a page says figures and words; `chart.js` draws them, and the same figures stand in a table.

A `Chart` goes to the macro `chart(id, spec)` of `parts/chart.html`. Amounts stay Decimal here and strings on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Kind = Literal["line", "area", "bar", "pie", "funnel", "treemap", "heat", "scatter"]
Form = Literal["amount", "percent", "ratio", "count", "days"]
"""How figures are written: money, a share (0.125 is 12.5%), a multiple with two places, a number, a number of days."""
Figure = Decimal | int | float | None
"""Floats are for statistics alone."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of figures, in the order of the chart's names. `links`: where a click on each goes.

    `colour`: primary, danger, warning, success, info, secondary, or "1".."8" of the row; `colours` one by one.
    `kind` mixes bars and lines; `stack` piles series of the same word; `axis` 2 is the right-hand one. `points`: a line
    without its line, for names that have no order.
    """

    name: str
    values: Sequence[Any]
    kind: Kind | None = None
    stack: str | None = None
    axis: Literal[1, 2] = 1
    colour: str | None = None
    colours: Sequence[str | None] = ()
    dashed: bool = False
    step: bool = False
    points: bool = False
    links: Sequence[str | None] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across: a target or a limit, with its words."""

    value: Figure | str
    name: str
    colour: str = "danger"
    along: Literal["x", "y"] = "y"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with one row of names. `title` is read to those who do not see it and stands above it."""

    kind: Kind
    title: str
    names: Sequence[Any]
    series: Sequence[Series]
    x: str = ""
    y: str = ""
    form: Form = "amount"
    y2: str = ""
    form2: Form = "ratio"
    least: Figure = None
    most: Figure = None
    most2: Figure = None
    marks: Sequence[Mark] = ()
    horizontal: bool = False
    height: Literal["low", "usual", "high"] = "usual"

    def spec(self) -> dict[str, Any]:
        """What `chart.js` reads (web/frontend/README.md, "Chart")."""
        found: dict[str, Any] = {
            "kind": self.kind,
            "x": {"name": self.x, "values": [said(one) for one in self.names]},
            "y": {"name": self.y, "form": self.form, "min": plain(self.least), "max": plain(self.most)},
            "series": [_series(one) for one in self.series],
        }
        if any(one.axis == 2 for one in self.series):
            found["y2"] = {"name": self.y2, "form": self.form2, "max": plain(self.most2)}
        if self.marks:
            found["marks"] = [
                {"value": plain(one.value), "name": one.name, "colour": one.colour, "along": one.along}
                for one in self.marks
            ]
        if self.horizontal:
            found["horizontal"] = True
        return found

    def table(self) -> Table:
        """The same figures: a row for each name, a column for each series."""
        heads = (self.x, *(one.name for one in self.series))
        forms = tuple(self.form2 if one.axis == 2 else self.form for one in self.series)
        rows = tuple(
            (said(name), *(_cell(one, at, form) for one, form in zip(self.series, forms, strict=True)))
            for at, name in enumerate(self.names)
        )
        return Table(heads, rows)


@dataclass(frozen=True, slots=True)
class Table:
    """Heads and rows of the table behind a picture: the first cell names its row, the others are written already."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def said(name: Any) -> str:
    """A name on an axis: dates as 2026-11-22, all else as it is."""
    return name.date().isoformat() if isinstance(name, datetime) else str(name)


def plain(value: Any) -> Any:
    """A figure on its way to the browser: Decimal as a string without an exponent."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def written(value: Figure | str, form: Form = "amount") -> str:
    """A figure for a person: `1,234.56`, `12.5%`, `1.35`, `—` where there is none."""
    if value is None or value == "":
        return "—"
    if isinstance(value, str):
        return value
    number = Decimal(str(value))
    if not number.is_finite():
        return "—"
    match form:
        case "percent":
            return f"{number * 100:,.2f}%"
        case "ratio":
            return f"{number:,.2f}"
        case "days":
            return f"{number:,.1f}"
    return f"{number:,.0f}" if form == "count" or number == number.to_integral_value() else f"{number:,.2f}"


def _cell(one: Series, at: int, form: Form) -> str:
    value = one.values[at] if at < len(one.values) else None
    return written(value, form) if not isinstance(value, list | tuple) else ", ".join(written(v, form) for v in value)


def _series(one: Series) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one.name, "values": [plain(value) for value in one.values]}
    if one.axis == 2:
        found["axis"] = 2
    optional: Mapping[str, Any] = {
        "kind": one.kind, "stack": one.stack, "colour": one.colour, "dashed": one.dashed, "step": one.step,
        "points": one.points,
        "colours": list(one.colours), "links": list(one.links),
    }  # fmt: skip
    return found | {name: value for name, value in optional.items() if value}
