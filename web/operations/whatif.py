"""What if: the plan of history beside another one, both run, with intervals, people, and heat on the diagram."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from engine import queries
from engine.queries import whatif
from engine.simulation import Comparison, Distribution, Estimate, Plan, Pool, Result, compared, document, simulate
from web.operations import spans
from web.operations.analysis import levels
from web.rights import guarded
from web.scope import called, is_chinese, runtime
from web.words import labels

pages = Blueprint("whatif", __name__, url_prefix="/simulation")

MOST_CASES, MOST_REPLICATIONS, MOST_TOGETHER = 2_000, 10, 6_000
"""Cases of a run, runs, and cases of all runs of a variant on the page, so that it answers within seconds; the command
runs more."""
HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that can be set: field name, words, what history says, what the two variants say."""

    field: str
    words: str
    now: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of the result: both variants and what they differ by."""

    words: str
    first: str
    second: str
    difference: str
    better: bool | None
    """Of the second; None: nothing can be said for certain."""


@pages.route("", methods=["GET", "POST"])
@guarded("analysis")
def index() -> Any:
    """The plan, and after POST what it comes to."""
    with runtime().reading() as db:
        known = queries.definitions(db)
        key = request.values.get("process") or next((one.key for one in sorted(known, key=lambda r: -r.running)), "")
        if not key:
            return render_template("operations/analysis_none.html")
        drawn = whatif.from_history(db, key)
        detail = queries.definition(db, key, drawn.version)
    given = request.form
    cases = _whole(given.get("cases"), 500, MOST_CASES)
    base = replace(
        drawn.plan,
        cases=cases,
        replications=_whole(given.get("replications"), 4, min(MOST_REPLICATIONS, MOST_TOGETHER // cases)),
        due=_number(given.get("due"), 0.0) * HOUR or None,
    )
    first, second = _changed(base, given, "first"), _changed(base, given, "second")
    name, shown = Names(drawn, detail.names_en), dict[str, Any]()
    if request.method == "POST":
        both = first != second
        result = compared((drawn.model, first), (drawn.model, second)) if both else simulate(drawn.model, first)
        shown = _shown(result, detail, name)
    return render_template(
        "operations/whatif.html", processes=known, key=key, detail=detail, drawn=drawn, plan=base,
        sections=_sections(base, first, second, name), notes=[_note(one) for one in base.notes], **shown,
    )  # fmt: skip


@pages.get("/<key>/plan.json")
@guarded("analysis")
def plan(key: str) -> Response:
    """The plan of history as a file for `dealflow simulate`."""
    with runtime().reading() as db:
        drawn = whatif.from_history(db, key)
    said = {"process": key, "version": drawn.version, **document.written(drawn.plan)}
    answer = Response(json.dumps(said, ensure_ascii=False, indent=2), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{key}-plan.json"'
    return answer


# ── what can be set ────────────────────────────────────────────────────────────────────────────────────────────


def _changed(plan: Plan, given: Mapping[str, str], which: str) -> Plan:
    """The plan with what the form says for one variant."""

    def number(field: str, usual: float) -> float:
        return _number(given.get(f"{which}:{field}"), usual)

    mean = plan.arrivals.between.mean
    between = number("between", mean / HOUR) * HOUR
    found = plan
    if f"{between:.4g}" != f"{mean:.4g}":
        found = replace(found, arrivals=replace(plan.arrivals, between=Distribution("exponential", between)))
    pools = {
        name: Pool(
            _whole(given.get(f"{which}:people:{name}"), pool.people, 1_000),
            pool.calendar,
            number(f"cost:{name}", pool.cost),
        )
        for name, pool in plan.pools.items()
    }
    found = replace(found, pools=pools)
    for id, doing in plan.doings.items():
        usual = doing.duration.average() / HOUR
        wanted = number(f"mean:{id}", usual)
        if doing.by and f"{wanted:.2f}" != f"{usual:.2f}":
            found = document.scaled(found, id, wanted)
    flows = {id: min(1.0, number(f"share:{id}", share * 100) / 100) for id, share in plan.flows.items()}
    same = {id: plan.flows[id] if f"{one:.3f}" == f"{plan.flows[id]:.3f}" else one for id, one in flows.items()}
    return replace(found, flows=same)


class Names:
    """What elements and ways are called in the page's language."""

    def __init__(self, drawn: whatif.Drawn, names_en: Mapping[str, Any]) -> None:
        self.model, self.names_en = drawn.model, names_en

    def __call__(self, id: str) -> str:
        found = self.model.nodes.get(id) or self.model.flows.get(id)
        name = (found.name if found is not None else "") or id
        return name if is_chinese() else str(self.names_en.get(id, name))

    def way(self, id: str) -> str:
        """A sequence flow: from where, and which way."""
        flow = self.model.flows.get(id)
        if flow is None:
            return id
        return f"{self(flow.source)} → {self(id) if flow.name else self(flow.target)}"


def _sections(plan: Plan, first: Plan, second: Plan, name: Names) -> list[tuple[str, list[Line]]]:
    """Everything that can be set, with what history and both variants say."""

    def line(field: str, words: str, values: list[float], form: str) -> Line:
        return Line(field, words, *(format(value, form) for value in values))

    plans = (plan, first, second)
    people = [line(f"people:{id}", called(id), [p.pools[id].people for p in plans], "d") for id in plan.pools]
    costs = [line(f"cost:{id}", called(id), [p.pools[id].cost for p in plans], "g") for id in plan.pools]
    between = [p.arrivals.between.mean / HOUR for p in plans]
    means = [
        line(f"mean:{id}", name(id), [p.doings[id].duration.average() / HOUR for p in plans], ".2f")
        for id, doing in plan.doings.items()
        if doing.by
    ]
    shares = [line(f"share:{id}", name.way(id), [p.flows[id] * 100 for p in plans], ".1f") for id in plan.flows]
    return [
        (_("Working hours between two cases"), [line("between", _("between two cases"), between, ".2f")]),
        (_("People"), people),
        (_("Cost of an hour"), costs),
        (_("Working hours for each task"), means),
        (_("How decisions fall, in per cent"), shares),
    ]


def _note(note: str) -> str:
    kind, _colon, rest = note.partition(":")
    if kind == "few-cases":
        return _("History holds %(number)s cases only: these figures say little yet.", number=rest)
    team, _colon, factor = rest.partition(":")
    return _(
        "%(team)s: tasks are in hand longer than people work on them; working time is taken as %(factor)s of it.",
        team=called(team),
        factor=f"{float(factor):.0%}",
    )


def _number(text: str | None, usual: float) -> float:
    try:
        found = float(text) if text else usual
    except ValueError:
        return usual
    return found if 0 <= found < 1e9 else usual


def _whole(text: str | None, usual: int, most: int) -> int:
    return max(1, min(most, int(_number(text, usual))))


# ── what it comes to ───────────────────────────────────────────────────────────────────────────────────────────


def _shown(result: Result | Comparison, detail: queries.DefinitionDetail, name: Names) -> dict[str, Any]:
    first = result.first if isinstance(result, Comparison) else result
    second = result.second if isinstance(result, Comparison) else None
    variants = [one for one in (first, second) if one is not None]
    return {
        "measures": _measures(result),
        "variants": variants,
        "diagrams": [_painted(one, detail) for one in variants],
        "elements": [_elements(one, name) for one in variants],
    }


def _measures(result: Result | Comparison) -> list[Measure]:
    both = result if isinstance(result, Comparison) else None
    first = both.first if both else result
    assert isinstance(first, Result)
    rows: list[tuple[str, Any, Any, Any]] = [
        (_("Mean time from start to end"), _span, lambda one: one.cycle, both.cycle if both else None),
        (_("90 of 100 end within"), _span, lambda one: one.p90, both.p90 if both else None),
        (_("Cost of a case"), _amount, lambda one: one.cost, both.cost if both else None),
        (_("Late cases"), _percent, lambda one: one.late, both.late if both else None),
    ]
    found = []
    for words, form, pick, difference in rows:
        mine, other = pick(first), pick(both.second) if both else None
        if mine is None or not (mine.mean or (other is not None and other.mean)):
            continue
        sure = difference is not None and difference.half is not None and difference.low * difference.high > 0
        said = form(difference, True) if difference is not None else ""
        better = difference.mean < 0 if sure and difference is not None else None
        found.append(Measure(words, form(mine), form(other) if other is not None else "", said, better))
    return found


def _span(one: Estimate, signed: bool = False) -> str:
    half = "" if one.half is None else f" ± {spans.seconds(one.half)}"
    sign = ("−" if one.mean < 0 else "+") if signed else ""
    return f"{sign}{spans.seconds(abs(one.mean))}{half}"


def _amount(one: Estimate, signed: bool = False) -> str:
    half = "" if one.half is None else f" ± {one.half:,.0f}"
    return f"{one.mean:+,.0f}{half}" if signed else f"{one.mean:,.0f}{half}"


def _percent(one: Estimate, signed: bool = False) -> str:
    half = "" if one.half is None else f" ± {one.half:.1%}"
    return f"{one.mean:+.1%}{half}" if signed else f"{one.mean:.1%}{half}"


def _painted(one: Result, detail: queries.DefinitionDetail) -> dict[str, Any]:
    """Heat by how long cases wait for people or spend there, as a share of all."""
    heat = levels({each.element: (each.waited.mean, spans.seconds(each.waited.mean)) for each in one.elements
                   if each.waited.mean >= 60})  # fmt: skip
    return {"heat": heat} | ({} if is_chinese() else {"names": labels(detail.xml, detail.names_en)})


def _elements(one: Result, name: Names) -> list[dict[str, Any]]:
    rows = sorted(one.elements, key=lambda each: -each.spent.mean * each.visits.mean)
    return [
        {
            "name": name(each.element),
            "visits": f"{each.visits.mean:,.0f}",
            "waited": _span(each.waited),
            "spent": _span(each.spent),
            "late": _percent(each.late) if each.late is not None else "",
        }
        for each in rows
        if each.spent.mean > 0
    ][:12]
