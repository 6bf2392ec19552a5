"""Where a process's cases pass, wait and fail: heat on its diagram, bottlenecks, and the paths that cases take."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask_babel import gettext as _

from engine import queries
from engine.queries import statistics, variants
from engine.queries.statistics import ElementFigures
from web.operations import spans
from web.rights import guarded
from web.scope import is_chinese, runtime
from web.words import labels

pages = Blueprint("analysis", __name__, url_prefix="/analysis")
pages.add_app_template_filter(spans.short, "span")
pages.add_app_template_filter(spans.percent, "share")
pages.add_app_template_filter(spans.seconds, "seconds")

MEASURES = ("count", "duration", "waiting", "incidents")
LEVELS = 5
NARROW = 8
"""How many bottlenecks are named."""


def measure_words(measure: str) -> str:
    """What the heat shows."""
    return {
        "count": _("How often"),
        "duration": _("How long"),
        "waiting": _("Waiting now"),
        "incidents": _("Incidents"),
    }[measure]


def _asked() -> dict[str, Any]:
    """Process, version, days and measure as the address says; the process with most cases when it says none."""
    since, until, days = spans.period()
    with runtime().reading() as db:
        known = queries.definitions(db)
    running = sorted(known, key=lambda one: -one.running)
    key = request.args.get("process") or (running[0].key if running else "")
    measure = request.args.get("measure") if request.args.get("measure") in MEASURES else "count"
    version = request.args.get("version", type=int)
    chosen = {"key": key, "version": version, "since": since, "until": until}
    same: dict[str, Any] = {"process": key, "version": version, "days": days or None}
    same |= {"since": None if days else since, "until": until}
    return chosen | {"days": days, "measure": measure, "processes": known, "same": same}


@pages.get("")
@guarded("analysis")
def heat() -> Any:
    """The diagram with its heat, and the figures of every element in a table."""
    asked = _asked()
    if not asked["key"]:
        return render_template("operations/analysis_none.html")
    with runtime().reading() as db:
        found = statistics.heat_map(db, asked["key"], asked["version"], asked["since"], asked["until"])
        detail = queries.definition(db, asked["key"], asked["version"])
        tasks = statistics.tasks(db, asked["key"], asked["version"], asked["since"], asked["until"])
    return render_template(
        "operations/heat.html", **asked, found=found, detail=detail, narrow=bottlenecks(found.elements), tasks=tasks,
        measures=[(one, measure_words(one)) for one in MEASURES], period_words=spans.period_words,
        periods=spans.PERIODS,
    )  # fmt: skip


def bottlenecks(elements: Sequence[ElementFigures]) -> list[tuple[ElementFigures, timedelta]]:
    """Elements by the time that cases spent in them altogether, those who are there now included; the worst first."""
    spent = [
        (one, one.durations.total + one.present * (one.present_for or timedelta()))
        for one in elements
        if one.type not in ("subProcess", "startEvent", "endEvent") and not one.type.endswith("Gateway")
    ]
    return sorted((one for one in spent if one[1]), key=lambda one: -one[1])[:NARROW]


@pages.get("/heat.json")
@guarded("analysis")
def state() -> Any:
    """The heat of one measure for the diagram."""
    asked = _asked()
    with runtime().reading() as db:
        found = statistics.heat_map(db, asked["key"], asked["version"], asked["since"], asked["until"])
        detail = queries.definition(db, asked["key"], asked["version"])
    answer: dict[str, Any] = {"heat": heated(found.elements, asked["measure"])}
    if not is_chinese():
        answer["names"] = labels(detail.xml, detail.names_en)
    return jsonify(answer)


def heated(elements: Sequence[ElementFigures], measure: str) -> Mapping[str, Any]:
    """Element -> level 1–5 by the square root of its share in the greatest, and the figure as it is written."""
    figures: dict[str, tuple[float, str]] = {}
    for one in elements:
        match measure:
            case "count":
                figures[one.element] = one.entered, str(one.entered)
            case "duration":
                mean = one.durations.mean
                figures[one.element] = (mean.total_seconds(), spans.short(mean)) if mean else (0, "")
            case "waiting":
                age = one.present_for
                words = f"{one.present} · {spans.short(age)}" if age else str(one.present)
                figures[one.element] = one.present, words
            case "incidents":
                figures[one.element] = one.incidents, str(one.incidents)
    return levels(figures)


def levels(figures: Mapping[str, tuple[float, str]]) -> dict[str, Any]:
    """Figures as heat: nothing of what is nought."""
    most = max((figure for figure, _words in figures.values()), default=0)
    return {
        id: {"level": max(1, math.ceil(LEVELS * math.sqrt(figure / most))), "text": words}
        for id, (figure, words) in figures.items()
        if figure > 0
    }


@pages.get("/paths")
@guarded("analysis")
def paths() -> Any:
    """Which paths cases take, how often and how long, and where somebody overruled the model."""
    asked = _asked()
    if not asked["key"]:
        return render_template("operations/analysis_none.html")
    with runtime().reading() as db:
        found = variants.paths(db, asked["key"], asked["version"], asked["since"], asked["until"])
        detail = queries.definition(db, asked["key"], asked["version"])
    return render_template(
        "operations/paths.html", **asked, found=found, detail=detail, period_words=spans.period_words,
        periods=spans.PERIODS, deviation_words=deviation_words,
    )  # fmt: skip


def deviation_words(kind: str) -> str:
    """How the model was left."""
    return {
        "moved": _("token moved by hand"),
        "migrated": _("carried over to another version"),
        "retried": _("mended and tried again"),
        "cancelled": _("ended by hand"),
        "restarted": _("begun anew from an ended case"),
        "again": _("done over again"),
    }.get(kind, kind)
