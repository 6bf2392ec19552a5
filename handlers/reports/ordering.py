"""A report by its kind and a business key, as a person or a schedule orders it. Reads only.

Papers of a deal are made of what its processes know (their variables, the newest last); a covenant certificate of the
tests in the book; the others of the book and the engine's figures.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.execution import runtime_of
from engine.queries import instance, instances
from handlers.records import projects
from handlers.records import tables as book
from handlers.reports import PAPERS, Head, Missing, performance
from handlers.reports.asking import Asked
from handlers.reports.choosing import Selection, narrowed
from handlers.reports.client import client_360
from handlers.reports.content import Report
from handlers.reports.house import kpi_pack
from handlers.reports.investor import investor_pack

FIGURES = ("overview", *performance.KINDS)
"""Reports of figures, which a reader may narrow."""
WHOLE = Selection()
KINDS = (*PAPERS, "client_360", "investor_pack", "kpi_pack", *FIGURES)


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is wanted. `key`: a client's, project's, facility's or test date's business key; a KPI pack needs none.
    `since`, `until`: the days reported on, both included; by default the last whole month before today. `selection`
    narrows a report of figures; others are whole."""

    kind: str
    key: str = ""
    language: str = "zh"
    since: date | None = None
    until: date | None = None
    without: Collection[str] = ()
    selection: Selection = WHOLE


def build(session: Session, ordered: Ordered) -> Report:
    """The content of the report. InvalidInput for an unknown kind or what a paper lacks; NotFound for the key."""
    runtime = runtime_of(session)
    now = runtime.now()
    since, until = _days(ordered, now.astimezone(runtime.zone).date())
    match ordered.kind:
        case "client_360":
            return client_360(session, ordered.key, now, ordered.without)
        case "investor_pack":
            return investor_pack(session, ordered.key, since, until, now, runtime.zone)
        case "kpi_pack":
            return kpi_pack(session, since, until, now, ordered.language)
        case kind if kind in FIGURES:
            chosen = ordered.selection
            asked = Asked(since, until, chosen.process, chosen.team)
            return narrowed(performance.performance(session, kind, asked, ordered.language), chosen)
        case kind if kind in PAPERS:
            return _paper(session, kind, Head(ordered.key, now))
    known = ", ".join(KINDS)
    raise InvalidInput(place="kind", reason=f"one of {known}", reason_zh=f"应为以下之一：{known}")


def _days(ordered: Ordered, today: date) -> tuple[date, date]:
    last = today.replace(day=1) - timedelta(days=1)
    until = ordered.until or last
    return ordered.since or min(last.replace(day=1), until), until


def _paper(session: Session, kind: str, head: Head) -> Report:
    given = _tested(session, head.subject_key) if kind == "covenant_certificate" else {}
    given = {**variables_of(session, head.subject_key), **given}
    if not given:
        raise NotFound(what="case", what_zh="业务", id=head.subject_key)
    try:
        return PAPERS[kind](given, head)
    except Missing as lack:
        reason = f"this paper cannot be made yet, it lacks: {lack.text('en')}"
        reason_zh = f"尚无{lack.text('zh')}，暂不能生成此文件"
        raise InvalidInput(place=head.subject_key, reason=reason, reason_zh=reason_zh) from lack


def variables_of(session: Session, business_key: str) -> dict[str, Any]:
    """What the processes of a business key know, the newest last; its project from the book where they know none."""
    known: dict[str, Any] = {}
    project = projects.find(session, business_key) if business_key.startswith("PJ-") else None
    if project is not None:
        known |= {"project_key": project.business_key, "project_name": project.name}
        known |= {name: getattr(project, name) for name in ("capex", "equity_pct", "currency", "amount", "sector")}
    for row in reversed(instances(session, business_key=business_key, size=20)):
        known |= {name: value for name, value in instance(session, row.id).variables.items() if value is not None}
    return known


def _tested(session: Session, test_key: str) -> Mapping[str, Any]:
    """The last round of each covenant of a test date (`TD-…`)."""
    test = book.metadata.tables["covenant_test"]
    rows = session.execute(sa.select(test).where(test.c.business_key == test_key).order_by(test.c.round)).mappings()
    last = {str(row["covenant"]): dict(row) for row in rows}
    if not last:
        return {}
    first = next(iter(last.values()))
    return {
        "facility_key": first["facility_key"],
        "test_date": first["test_date"],
        "tests": [last[name] for name in sorted(last)],
    }
