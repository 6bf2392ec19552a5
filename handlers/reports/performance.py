"""Figures that the house is led by, as reports: teams, funnel, times, voice, touchpoints, risk, winning clients,
service. Law: reads only; what `engine.queries` counts is not counted again, and a share stands with its parts.

A row may carry `drill` beside its columns: which cases it is of, as the list of cases is asked (by the address that
`web.operations.filters` reads), for those who look behind; `drills` says it of single columns. With `page` answers it
asks for the answers to surveys in their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.execution import runtime_of
from engine.queries import definitions, figures, statistics
from engine.queries.finding import cases_with_work
from engine.store import tables as engine_tables
from handlers.reports.asking import TOTAL, Asked, Row, both, days_of, hours, month_of, share
from handlers.reports.clientele import GAP, gaps, risk, service, voice, winning
from handlers.reports.content import Label, Report, Section, Table
from handlers.reports.house import kpi_pack
from handlers.reports.rows import Fields, table_of

INTAKE = "client_intake"
_BUSINESS_DAYS = re.compile(r"(\d+)\s*BD\b")


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """Where a client meets the house, and the task that this is."""

    zh: str
    en: str
    process: str
    element: str


TOUCHPOINTS = (
    Touchpoint("首次联系", "First contact", "client_intake", "ut_first_contact"),
    Touchpoint("立项答复", "Answer to the inquiry", "client_intake", "ut_initial_review"),
    Touchpoint("融资方案", "Financing plan", "credit_evaluation", "ut_plan"),
    Touchpoint("合同文本", "Contract", "facility_execution", "ut_draft"),
    Touchpoint("放款", "Drawdown", "drawdown", "ut_checker"),
    Touchpoint("投诉受理", "Complaint acknowledged", "complaint_response", "ut_acknowledge"),
    Touchpoint("投诉处理", "Complaint investigated", "complaint_response", "ut_investigate"),
    Touchpoint("投资者答疑", "Investor's question", "investor_reporting", "ut_answer"),
    Touchpoint("满意度回访", "Call after a survey", "satisfaction_survey", "ut_callback"),
    Touchpoint("年度回顾", "Yearly review", "client_maintenance", "ut_review"),
    Touchpoint("解除担保", "Release of security", "client_maintenance", "ut_release"),
)
"""The standard of each is the due date that its model sets."""


def _processes(session: Session, asked: Asked) -> list[Any]:
    found = [one for one in definitions(session) if asked.process in ("", one.key)]
    if not found:
        raise NotFound(what="process", what_zh="流程", id=asked.process)
    return found


# ── figures ───────────────────────────────────────────────────────────────────────────────────

_TEAM: Fields = (
    ("team", "团队", "Team", "text"),
    ("completed", "完成", "Done", "whole"),
    ("hours", "平均办理（工作小时）", "Mean working hours", "ratio"),
    ("due", "到期", "Due", "whole"),
    ("on_time", "按时", "On time", "whole"),
    ("late", "迟办", "Late", "whole"),
    ("overdue", "逾期未办", "Overdue", "whole"),
    ("share", "按时完成率", "On-time share", "percent"),
)
"""Done is by the day of completion. Due is by the due date, and on time, late and overdue are its parts, as in the KPI
of the same name: what was due last month and done in this one is done now and was due then."""
_PERSON: Fields = (("person", "人员", "Person", "text"), *_TEAM[1:])


def teams(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Work of teams, and of the people of one team when it is chosen."""
    t = engine_tables
    names = {row.id: both(row.name, row.name_en) for row in session.execute(sa.select(t.team))}
    people = {row.id: both(row.name, row.name_en) for row in session.execute(sa.select(t.person))}
    sections: list[Section] = [table_of("teams", ("团队绩效", "Teams"), _TEAM, _worked(session, asked, "team", names))]
    if asked.team:
        rows = _worked(session, asked, "person", people)
        sections.append(table_of("people", ("人员", "People"), _PERSON, rows))
    return tuple(sections)


def _worked(session: Session, asked: Asked, by: str, names: Mapping[str, Any]) -> Sequence[Row]:
    sums: dict[str, list[Any]] = {}
    for process in _processes(session, asked):
        for one in statistics.tasks(session, process.key, since=asked.since, until=asked.until, by=("team", "person")):
            if asked.team not in ("", one.team):
                continue
            at = sums.setdefault(getattr(one, by), [0, 0, 0, 0, timedelta()])
            for place, count in enumerate((one.completed, one.on_time, one.late, one.overdue)):
                at[place] += count
            at[4] += one.worked.total
    rows = [
        _behind(asked, _work(by, names.get(name, name or "—"), counts), {by: name} if name else None) | {"key": name}
        for name, counts in sums.items()
    ]
    rows.sort(key=lambda row: -row["completed"])
    if len(sums) > 1:
        every = [sum((one[at] for one in sums.values()), timedelta() if at == 4 else 0) for at in range(5)]
        rows.append(_behind(asked, _work(by, TOTAL, every), {}) | {"total": True})
    return rows


def _behind(asked: Asked, row: dict[str, Any], whose: Mapping[str, str] | None) -> dict[str, Any]:
    """A row with the cases of the tasks that it counts; without those of tasks that no team has, or nobody."""
    if whose is None:
        return row
    said = {name: text for name in ("process", "team") if (text := getattr(asked, name))} | dict(whose)
    counted = {"completed": "did", "on_time": "on_time", "late": "late", "overdue": "overdue"}
    drills = {name: days_of(asked, **said, how=how) for name, how in counted.items() if row[name]}
    return row | {"drill": days_of(asked, **said, how="did"), "drills": drills}


def _work(by: str, name: Any, counts: Sequence[Any]) -> dict[str, Any]:
    completed, on_time, late, overdue, total = counts
    return {
        by: name, "completed": completed, "hours": hours(total / completed) if completed else None,
        "due": on_time + late + overdue, "on_time": on_time, "late": late, "overdue": overdue,
        "share": share(on_time, on_time + late + overdue),
    }  # fmt: skip


_FUNNEL: Fields = (
    ("stage", "阶段", "Stage", "text"),
    ("cases", "业务数", "Cases", "whole"),
    ("share", "占启动", "Of those begun", "percent"),
)
_COHORT: Fields = (
    ("month", "月份", "Month", "text"),
    ("cases", "启动", "Begun", "whole"),
    ("reached", "达成", "Reached", "whole"),
    ("share", "转化率", "Conversion", "percent"),
)


def funnel(session: Session, asked: Asked) -> tuple[Section, ...]:
    """How many of the cases begun came how far; by month, how many reached the milestone. Nothing without a process."""
    if not asked.process:
        return (table_of("funnel", ("漏斗", "Funnel"), _FUNNEL, ()),)
    key = asked.process
    within = figures.within(session, key, None, asked.since, asked.until)
    rows = [
        {
            "stage": both(one.name, one.name_en), "cases": one.cases,
            "share": None if one.share is None else one.share * 100,
            "drill": days_of(asked, process=key, element=one.element, how="came"),
        }
        for one in statistics.funnel(session, key, since=asked.since, until=asked.until)
    ]  # fmt: skip
    sections: list[Section] = [table_of("funnel", ("漏斗", "Funnel"), _FUNNEL, rows)]
    if milestone := figures.milestone(within):
        element, name, name_en = milestone
        months = statistics.cohorts(session, key, element, since=asked.since, until=asked.until)
        cohort = [_cohort(asked, key, element, one) for one in months]
        title = f"每月转化：到达“{name}”", f"Conversion by month: reached “{name_en}”"
        sections.append(table_of("cohorts", title, _COHORT, cohort))
    return tuple(sections)


def _cohort(asked: Asked, key: str, element: str, one: statistics.Cohort) -> Row:
    begun = days_of(month_of(asked, one.month), process=key)
    return {
        "month": f"{one.month:%Y-%m}", "cases": one.cases, "reached": one.reached,
        "share": share(one.reached, one.cases), "drill": begun,
        "drills": {"cases": begun, "reached": {**begun, "element": element, "how": "came"}},
    }  # fmt: skip


_TIME: Fields = (
    ("process", "流程", "Process", "text"),
    ("ended", "结束", "Ended", "whole"),
    ("median", "周期中位（小时）", "Median (h)", "ratio"),
    ("p90", "周期 90 分位（小时）", "90th percentile (h)", "ratio"),
    ("first", "首次响应中位（小时）", "First response (h)", "ratio"),
)
_MONTH: Fields = (
    ("month", "月份", "Month", "text"),
    ("started", "启动", "Begun", "whole"),
    ("ended", "结束", "Ended", "whole"),
)


def times(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Cycle time and first response of processes, in working time; what began and ended by month."""
    rows, months = [], dict[date, list[int]]()
    for process in _processes(session, asked):
        within = figures.within(session, process.key, None, asked.since, asked.until)
        cycle, first = statistics.cycle_time(session, within), statistics.first_response(session, within)
        if cycle.count or first.count:
            rows.append(
                {
                    "process": both(process.name, process.name_en), "ended": cycle.count,
                    "median": hours(cycle.median), "p90": hours(cycle.p90), "first": hours(first.median),
                    "drill": days_of(asked, process=process.key, when="ended"),
                }
            )  # fmt: skip
        for day in statistics.daily(session, process.key, since=asked.since, until=asked.until):
            at = months.setdefault(day.day.replace(day=1), [0, 0])
            at[0] += day.started
            at[1] += day.ended
    monthly = [_month(asked, month, began, over) for month, (began, over) in sorted(months.items())]
    return (
        table_of("times", ("周期", "Cycle time"), _TIME, sorted(rows, key=lambda row: -row["ended"])),
        table_of("months", ("每月业务量", "Cases by month"), _MONTH, monthly),
    )


def _month(asked: Asked, month: date, began: int, over: int) -> Row:
    days = days_of(month_of(asked, month), **({"process": asked.process} if asked.process else {}))
    drills = {"started": days, "ended": {**days, "when": "ended"}}
    return {"month": f"{month:%Y-%m}", "started": began, "ended": over, "drills": drills}


_TOUCH: Fields = (
    ("touchpoint", "触点", "Touchpoint", "text"),
    ("standard", "标准（工作日）", "Standard (working days)", "whole"),
    ("done", "完成的任务", "Tasks done", "whole"),
    ("cases", "涉及业务", "In cases", "whole"),
    ("share", "达标率", "Within the standard", "percent"),
    ("hours", "实际中位（工作小时）", "Actual median (working h)", "ratio"),
)


def touchpoints(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Each touchpoint's standard, as its model sets it, against what was done; and what clients say of them."""
    deployed = {one.key for one in definitions(session)}
    cases = _cases(session, asked)
    rows: list[Row] = []
    for one in TOUCHPOINTS:
        if one.process not in deployed or asked.process not in ("", one.process):
            continue
        node = figures.within(session, one.process).newest.definition.nodes.get(one.element)
        standard = _BUSINESS_DAYS.search(node.properties.get("due", "")) if node is not None else None
        done = [
            task
            for task in statistics.tasks(session, one.process, since=asked.since, until=asked.until)
            if task.element == one.element
        ]
        task = done[0] if done else None
        late = task.late + task.overdue if task else 0
        rows.append(
            {
                "touchpoint": both(one.zh, one.en), "standard": int(standard[1]) if standard else None,
                "done": task.completed if task else 0,
                "cases": cases.get((one.process, one.element), 0),
                "share": share(task.on_time, task.on_time + late) if task else None,
                "hours": hours(task.worked.median) if task else None,
                "drill": days_of(asked, process=one.process, element=one.element, how="did"),
            }
        )  # fmt: skip
    return (
        table_of("touchpoints", ("触点标准与实际", "Touchpoints: standard and actual"), _TOUCH, rows),
        table_of("gaps", ("客户期望与体验", "What clients expected and met"), GAP, gaps(session, asked)),
    )


def _cases(session: Session, asked: Asked) -> Mapping[tuple[str, str], int]:
    """In how many cases the tasks of touchpoints were done: those that the list behind a row holds."""
    zone = runtime_of(session).zone
    first, after = asked.since, asked.until + timedelta(days=1)
    since, before = (datetime.combine(day, time(), zone) for day in (first, after))
    return cases_with_work(session, {one.element for one in TOUCHPOINTS}, since, before)


# ── all of them ────────────────────────────────────────────────────────────────────────────────────────────────

KINDS: Mapping[str, tuple[Label, Callable[[Session, Asked], tuple[Section, ...]]]] = {
    "teams": (Label("团队绩效", "Team performance"), teams),
    "funnel": (Label("漏斗与转化", "Funnel and conversion"), funnel),
    "times": (Label("周期与业务量", "Times and volume"), times),
    "voice": (Label("净推荐值", "Net promoter score"), voice),
    "touchpoints": (Label("触点标准", "Touchpoints"), touchpoints),
    "service": (Label("服务水平", "Service level"), service),
    "risk": (Label("风险分布", "Risk map"), risk),
    "winning": (Label("获客成本与价值", "Winning clients"), winning),
}


def meant(session: Session, kind: str, asked: Asked) -> Asked:
    """What is asked for, with the process that a funnel needs: the intake, else one with a milestone, else any."""
    if kind != "funnel" or asked.process:
        return asked
    keys = [one.key for one in definitions(session)]
    with_milestone = [key for key in keys if figures.milestone(figures.within(session, key))]
    chosen = [INTAKE] if INTAKE in keys else [*with_milestone, *keys]
    return replace(asked, process=chosen[0] if chosen else "")


def performance(session: Session, kind: str, asked: Asked, language: str = "zh") -> Report:
    """The report of a kind (`overview` or one of KINDS). NotFound for an unknown kind or process."""
    now = runtime_of(session).now()
    if kind == "overview":
        pack = _happened(kpi_pack(session, asked.since, asked.until, now, language, asked.process))
        return replace(pack, subject=_subject(session, asked, language))
    if kind not in KINDS:
        raise NotFound(what="report", what_zh="报表", id=kind)
    asked = meant(session, kind, asked)
    title, sections = KINDS[kind]
    key = f"{kind.upper()}-{asked.since:%Y%m%d}-{asked.until:%Y%m%d}"
    return Report(kind, title, key, _subject(session, asked, language), now, sections(session, asked))


def _subject(session: Session, asked: Asked, language: str) -> str:
    """The days, and the process and the team that the figures are narrowed to: on the page and in every file."""
    parts = [f"{asked.since} – {asked.until}"]
    chinese = language.startswith("zh")
    if asked.process:
        named = [one.name if chinese else one.name_en for one in definitions(session) if one.key == asked.process]
        parts += named or [asked.process]
    if asked.team:
        t = engine_tables.team
        row = session.execute(sa.select(t.c.name, t.c.name_en).where(t.c.id == asked.team)).first()
        parts.append((row.name if chinese else row.name_en or row.name) if row else asked.team)
    return " · ".join(parts)


def _happened(report: Report) -> Report:
    """Without the figures of which nothing happened."""
    sections = tuple(
        replace(one, rows=tuple(row for row in one.rows if row.get("whole"))) if isinstance(one, Table) else one
        for one in report.sections
    )
    return replace(report, sections=sections)
