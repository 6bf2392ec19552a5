"""What the house has at stake: by client, group, sector, country and currency, against limits; projects by their
environmental category.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine.errors import InvalidInput
from handlers import case_files, documents
from handlers.finance.exact import HUNDRED, ZERO
from handlers.records import green, limits, portfolio, projects
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from handlers.records.limits import Line
from handlers.records.portfolio import Exposure
from handlers.reports.vocabulary import country
from web.charts import Chart, Mark, Series
from web.portfolio import words
from web.portfolio.facilities import today
from web.portfolio.files import workbook
from web.rights import guarded
from web.scope import actor, language, runtime

pages = Blueprint("exposures", __name__, url_prefix="/exposures")
CLOSE = Decimal(80)
"""From this share of a limit on, in per cent, an exposure is close to it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Clients that count as one, against their line; amounts in its currency."""

    key: str
    name: str
    weight: Decimal
    clients: int
    line: Line | None

    @property
    def over(self) -> bool:
        """Whether its line is past its last day: nothing more is promised."""
        return self.line is not None and self.line.over(today())

    @property
    def share(self) -> Decimal | None:
        """Per cent of the line that is taken; None without a line, or when it is over."""
        return self.weight / self.line.amount * HUNDRED if self.line and self.line.amount and not self.over else None

    @property
    def tone(self) -> str:
        """danger above the line and where it is over, warning close to it."""
        if self.over:
            return "danger"
        if self.share is None or self.share < CLOSE:
            return ""
        return "danger" if self.share > HUNDRED else "warning"


@dataclass(frozen=True, slots=True)
class Slice:
    """One sector, country, currency or client: what is drawn and what it weighs, in the currency of the lines."""

    name: str
    drawn: Decimal
    weight: Decimal
    count: int
    code: str = ""


DIMENSIONS: Mapping[str, Callable[[Exposure], str]] = {
    "client": lambda one: f"{one.client_name}",
    "sector": lambda one: one.sector or "",
    "country": lambda one: one.country,
    "currency": lambda one: one.currency,
}


@pages.get("")
@guarded("exposures")
def index() -> Any:
    """Groups against their lines, and the whole by `by`: sector (usual), client, country, currency."""
    by = request.args.get("by", "sector")
    by = by if by in DIMENSIONS else "sector"
    with runtime().reading() as db:
        bound = portfolio.exposures(db, today())
        groups, money = _groups(db, bound), {one.currency for one in limits.lines_on(db, today()).values()}
        standing = green.overview(db)
    slices, unit = sliced(bound, by), min(money) if len(money) == 1 else ""
    if request.args.get("export") == "xlsx":
        return _workbook(bound, unit)
    return render_template(
        "portfolio/exposures.html",
        by=by,
        dimensions=tuple(DIMENSIONS),
        slices=slices,
        total=sum((one.weight for one in bound), ZERO),
        drawn=sum((one.drawn for one in bound), ZERO),
        unit=unit,
        mixed=len(money) > 1,
        groups=groups,
        picture=share_of(slices, by, unit) if slices else None,
        against=against(groups) if any(one.share is not None for one in groups) else None,
        projects=standing,
        categories=categories(standing),
        bound=bound,
        words=words,
    )


@pages.post("/green/<key>")
@guarded("exposures")
def tag(key: str) -> Any:
    """Tag a project as green by filing the evidence that shows it; without a file there is no tag."""
    given = request.files.get("evidence")
    if given is None or not given.filename:
        raise InvalidInput(place="evidence", reason="a file is needed", reason_zh="须附上证明文件")
    content = given.stream.read()
    name = case_files.checked(given.filename, content)
    with runtime().transaction() as db:
        project = projects.get(db, key)
        stamp = Stamp(runtime().now(), actor().id, "upload")
        documents.keep(db, content, Filing(project.business_key, green.KIND, name), stamp)
    flash(_("%(project)s carries the green tag.", project=project.name), "success")
    return redirect(url_for("exposures.index", by=request.args.get("by", "sector")))


def _groups(db: Any, bound: Iterable[Exposure]) -> list[Group]:
    taken: defaultdict[int, list[Exposure]] = defaultdict(list)
    for one in bound:
        taken[one.head].append(one)
    named = portfolio.parties_named(db, taken)
    lines = limits.lines_on(db, today())
    found = []
    for head, rows in taken.items():
        key, name = named[head]
        weight, clients = sum((one.weight for one in rows), ZERO), len({one.client_key for one in rows})
        found.append(Group(key, name, weight, clients, lines.get(head, lines.get(None))))
    return sorted(found, key=lambda one: (not one.over, -(one.share or ZERO), -one.weight))


def sliced(bound: Iterable[Exposure], by: str) -> list[Slice]:
    """The exposures by a dimension, the largest first."""
    of, parts = DIMENSIONS[by], defaultdict[str, list[Exposure]](list)
    for one in bound:
        parts[of(one)].append(one)
    found = [
        Slice(
            (country(code, language()) if by == "country" else words.coded(code)) if code else _("not told"),
            sum((one.drawn for one in rows), ZERO),
            sum((one.weight for one in rows), ZERO),
            len(rows),
            code,
        )
        for code, rows in parts.items()
    ]
    return sorted(found, key=lambda one: -one.weight)


def share_of(slices: Sequence[Slice], by: str, unit: str) -> Chart:
    """What each part takes of the whole."""
    shown = slices[:12]
    return Chart(
        "pie" if len(shown) <= 6 else "bar",
        _("Exposure by sector") if by == "sector" else _("Exposure"),
        [one.name for one in shown],
        (Series(_("Exposure"), [one.weight for one in shown]),),
        y=unit,
        horizontal=len(shown) > 6,
    )


def against(groups: Sequence[Group]) -> Chart:
    """How much of its line each group takes, in per cent."""
    shown = [one for one in groups if one.share is not None][:12]
    return Chart(
        "bar",
        _("Share of the limit taken"),
        [one.name for one in shown],
        (
            Series(
                _("Taken"),
                [one.share / HUNDRED if one.share is not None else None for one in shown],
                colours=[one.tone or None for one in shown],
                links=[f"/clients/{one.key}" for one in shown],
            ),
        ),
        form="percent",
        marks=(Mark(Decimal(1), _("limit")),),
        horizontal=True,
    )


def categories(standing: Sequence[green.Standing]) -> Chart | None:
    """How many projects stand in each category."""
    names = [name for name in ("A", "B", "C") if any(one.project.category == name for one in standing)]
    if not names:
        return None
    tagged = [sum(one.project.category == name and one.tagged for one in standing) for name in names]
    rest = [sum(one.project.category == name and not one.tagged for one in standing) for name in names]
    return Chart(
        "bar",
        _("Projects by Equator Principles category"),
        names,
        (Series(_("green, with evidence"), tagged, stack="all", colour="success"),
         Series(_("without the tag"), rest, stack="all", colour="8")),
        form="count",
        height="low",
    )  # fmt: skip


def _workbook(bound: Iterable[Exposure], unit: str) -> Any:
    exposure = f"{_('Exposure')} ({unit})" if unit else _("Exposure")
    columns = (
        ("client_key", _("Number"), "text"), ("client_name", _("Client"), "text"),
        ("project_name", _("Project"), "text"), ("sector", _("Sector"), "code"), ("country", _("Country"), "country"),
        ("currency", _("Currency"), "text"), ("amount", _("Promised"), "money"), ("used", _("Drawn"), "money"),
        ("weight", exposure, "money"), ("expired_on", _("Expired on"), "date"),
    )  # fmt: skip
    rows = [{key: getattr(one, key) for key, _called, _form in columns} for one in bound]
    return workbook("exposures", _("Exposures"), columns, rows)  # type: ignore[arg-type]
