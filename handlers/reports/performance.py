"""Figures that the house is led by, as reports: teams, funnel, times, voice, touchpoints, risk, winning clients,
service. Law: reads only; what `engine.queries` counts is not counted again, and a share stands with its parts.

A row may carry `drill` beside its columns: which cases it is of ({process, element, state}), for those who look behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.execution import runtime_of
from engine.queries import definitions, figures, statistics
from engine.store import tables as engine_tables
from handlers.finance import client_value
from handlers.finance.exact import rounded
from handlers.records import tables as book
from handlers.records.monitoring import UNSETTLED
from handlers.reports.content import Label, Report, Section, Table
from handlers.reports.house import kpi_pack
from handlers.reports.rows import Fields, table_of

Row = Mapping[str, Any]
INTAKE = "client_intake"
_BUSINESS_DAYS = re.compile(r"(\d+)\s*BD\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for: days (both included), a process, a team; empty: all."""

    since: date
    until: date
    process: str = ""
    team: str = ""


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


def _share(part: int, whole: int) -> Decimal | None:
    found = figures.share(part, whole)
    return None if found is None else found * 100


def _hours(span: timedelta | None) -> Decimal | None:
    if span is None:
        return None
    return (Decimal(span // timedelta(milliseconds=1)) / 3_600_000).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _both(zh: str, en: str) -> Mapping[str, str]:
    return {"text": zh, "text_en": en or zh}


def _processes(session: Session, asked: Asked) -> list[Any]:
    found = [one for one in definitions(session) if asked.process in ("", one.key)]
    if not found:
        raise NotFound(what="process", what_zh="流程", id=asked.process)
    return found


def _range(session: Session, asked: Asked, column: Any) -> list[Any]:
    zone = runtime_of(session).zone
    begin, end = (datetime.combine(day, time(), zone) for day in (asked.since, asked.until + timedelta(days=1)))
    return [column >= begin, column < end]


# ── the engine's own figures ───────────────────────────────────────────────────────────────────────────────────

_TEAM: Fields = (
    ("team", "团队", "Team", "text"),
    ("completed", "完成", "Done", "whole"),
    ("on_time", "按时", "On time", "whole"),
    ("late", "迟办", "Late", "whole"),
    ("overdue", "逾期未办", "Overdue", "whole"),
    ("share", "按时完成率", "On-time share", "percent"),
    ("hours", "平均办理（工作小时）", "Mean working hours", "ratio"),
)
_PERSON: Fields = (("person", "人员", "Person", "text"), *_TEAM[1:])


def teams(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Work of teams, and of the people of one team when it is chosen."""
    t = engine_tables
    names = {row.id: _both(row.name, row.name_en) for row in session.execute(sa.select(t.team))}
    people = {row.id: _both(row.name, row.name_en) for row in session.execute(sa.select(t.person))}
    sections: list[Section] = [table_of("teams", ("团队绩效", "Teams"), _TEAM, _worked(session, asked, "team", names))]
    if asked.team:
        rows = _worked(session, asked, "person", people)
        sections.append(table_of("people", ("人员", "People"), _PERSON, rows))
    return tuple(sections)


def _worked(session: Session, asked: Asked, by: str, names: Mapping[str, Any]) -> list[Row]:
    sums: dict[str, list[Any]] = {}
    for process in _processes(session, asked):
        for one in statistics.tasks(session, process.key, since=asked.since, until=asked.until, by=("team", "person")):
            if asked.team not in ("", one.team):
                continue
            at = sums.setdefault(getattr(one, by), [0, 0, 0, 0, timedelta()])
            for place, count in enumerate((one.completed, one.on_time, one.late, one.overdue)):
                at[place] += count
            at[4] += one.worked.total
    rows = []
    for name, (completed, on_time, late, overdue, total) in sums.items():
        rows.append(
            {
                by: names.get(name, name or "—"), "completed": completed, "on_time": on_time, "late": late,
                "overdue": overdue, "share": _share(on_time, on_time + late + overdue),
                "hours": _hours(total / completed) if completed else None, "key": name,
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: -row["completed"])


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
    """How many of the cases begun came how far; by month, how many reached the milestone."""
    key = asked.process or INTAKE
    stages = statistics.funnel(session, key, since=asked.since, until=asked.until)
    rows = [
        {
            "stage": _both(one.name, one.name_en), "cases": one.cases,
            "share": None if one.share is None else one.share * 100, "drill": {"process": key, "element": one.element},
        }
        for one in stages
    ]  # fmt: skip
    sections: list[Section] = [table_of("funnel", ("漏斗", "Funnel"), _FUNNEL, rows)]
    within = figures.within(session, key)
    milestone = within.newest.definition.properties.get("milestone")
    if milestone:
        months = statistics.cohorts(session, key, milestone, since=asked.since, until=asked.until)
        name, name_en = figures.names(within, milestone)
        cohort = [
            {"month": f"{one.month:%Y-%m}", "cases": one.cases, "reached": one.reached,
             "share": _share(one.reached, one.cases)}
            for one in months
        ]  # fmt: skip
        title = f"每月转化（{name}）", f"Conversion by month ({name_en})"
        sections.append(table_of("cohorts", title, _COHORT, cohort))
    return tuple(sections)


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
    rows, months = [], dict[str, list[int]]()
    for process in _processes(session, asked):
        within = figures.within(session, process.key, None, asked.since, asked.until)
        cycle, first = statistics.cycle_time(session, within), statistics.first_response(session, within)
        if cycle.count or first.count:
            rows.append(
                {
                    "process": _both(process.name, process.name_en), "ended": cycle.count,
                    "median": _hours(cycle.median), "p90": _hours(cycle.p90), "first": _hours(first.median),
                    "drill": {"process": process.key, "state": "completed"},
                }
            )  # fmt: skip
        for day in statistics.daily(session, process.key, since=asked.since, until=asked.until):
            at = months.setdefault(f"{day.day:%Y-%m}", [0, 0])
            at[0] += day.started
            at[1] += day.ended
    monthly = [{"month": month, "started": began, "ended": over} for month, (began, over) in sorted(months.items())]
    return (
        table_of("times", ("周期", "Cycle time"), _TIME, sorted(rows, key=lambda row: -row["ended"])),
        table_of("months", ("每月业务量", "Cases by month"), _MONTH, monthly),
    )


_TOUCH: Fields = (
    ("touchpoint", "触点", "Touchpoint", "text"),
    ("standard", "标准（工作日）", "Standard (working days)", "whole"),
    ("done", "完成", "Done", "whole"),
    ("share", "达标率", "Within the standard", "percent"),
    ("hours", "实际中位（工作小时）", "Actual median (working h)", "ratio"),
)
_GAP: Fields = (
    ("touchpoint", "触点", "Touchpoint", "code"),
    ("answers", "答卷", "Answers", "whole"),
    ("expectation", "期望", "Expectation", "ratio"),
    ("experience", "体验", "Experience", "ratio"),
    ("gap", "差距", "Gap", "ratio"),
)


def touchpoints(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Each touchpoint's standard, as its model sets it, against what was done; and what clients say of them."""
    deployed = {one.key for one in definitions(session)}
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
                "touchpoint": _both(one.zh, one.en), "standard": int(standard[1]) if standard else None,
                "done": task.completed if task else 0,
                "share": _share(task.on_time, task.on_time + late) if task else None,
                "hours": _hours(task.worked.median) if task else None,
                "drill": {"process": one.process, "element": one.element},
            }
        )  # fmt: skip
    return (
        table_of("touchpoints", ("触点标准与实际", "Touchpoints: standard and actual"), _TOUCH, rows),
        table_of("gaps", ("客户期望与体验", "What clients expected and met"), _GAP, _gaps(session, asked)),
    )


def _gaps(session: Session, asked: Asked) -> list[Row]:
    a, s = book.survey_answer.c, book.survey.c
    query = (
        sa.select(a.touchpoint, sa.func.count(), sa.func.sum(a.expectation), sa.func.sum(a.experience))
        .join(book.survey, s.id == a.survey_id)
        .where(*_range(session, asked, s.answered_at))
        .group_by(a.touchpoint)
    )
    return [
        {
            "touchpoint": name, "answers": count, "expectation": rounded(Decimal(wanted) / count),
            "experience": rounded(Decimal(met) / count), "gap": rounded(Decimal(met - wanted) / count),
        }
        for name, count, wanted, met in session.execute(query.order_by(a.touchpoint))
    ]  # fmt: skip


# ── the book's ─────────────────────────────────────────────────────────────────────────────────────────────────

_VOICE: Fields = (
    ("month", "月份", "Month", "text"),
    ("answered", "答卷", "Answers", "whole"),
    ("promoters", "推荐者", "Promoters", "whole"),
    ("passives", "中立者", "Passives", "whole"),
    ("detractors", "贬损者", "Detractors", "whole"),
    ("nps", "NPS", "NPS", "ratio"),
)
_VOICE_TEAM: Fields = (("team", "团队", "Team", "text"), *_VOICE[1:])


def voice(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Net promoter score by month, and by the team of whoever looks after the client."""
    s, p, t = book.survey.c, book.party.c, engine_tables
    query = (
        sa.select(s.answered_at, s.nps, p.owner)
        .join(book.party, p.id == s.party_id)
        .where(s.nps.is_not(None), *_range(session, asked, s.answered_at))
        .order_by(s.answered_at)
    )
    member: dict[str, str] = {}
    for row in session.execute(sa.select(t.membership).order_by(t.membership.c.team_id)):
        member.setdefault(row.person_id, row.team_id)
    names = {row.id: _both(row.name, row.name_en) for row in session.execute(sa.select(t.team))}
    zone = runtime_of(session).zone
    months: dict[str, list[int]] = {}
    by_team: dict[str, list[int]] = {}
    for row in session.execute(query):
        team = member.get(row.owner or "", "")
        if asked.team not in ("", team):
            continue
        months.setdefault(f"{row.answered_at.astimezone(zone):%Y-%m}", []).append(row.nps)
        by_team.setdefault(team, []).append(row.nps)
    return (
        table_of("nps", ("净推荐值", "Net promoter score"), _VOICE, [_marks("month", *one) for one in months.items()]),
        table_of(
            "nps_teams", ("按团队", "By team"), _VOICE_TEAM,
            [_marks("team", names.get(team, "—"), marks) for team, marks in sorted(by_team.items())],
        ),
    )  # fmt: skip


def _marks(head: str, name: Any, marks: Sequence[int]) -> Row:
    high, low = sum(mark >= 9 for mark in marks), sum(mark <= 6 for mark in marks)
    between = len(marks) - high - low
    score = rounded(client_value.promoter_score(high, between, low))
    return {head: name, "answered": len(marks), "promoters": high, "passives": between, "detractors": low, "nps": score}


_RISK: Fields = (
    ("rating", "风险评级", "Risk rating", "text"),
    ("a", "A 类", "Tier A", "whole"),
    ("b", "B 类", "Tier B", "whole"),
    ("c", "C 类", "Tier C", "whole"),
    ("none", "未分类", "No tier", "whole"),
)
_ALERT: Fields = (
    ("level", "级别", "Level", "code"),
    ("opened", "新增", "Opened", "whole"),
    ("triaged", "已核查", "Triaged", "whole"),
    ("confirmed", "属实", "Confirmed", "whole"),
    ("share", "属实率", "True-alert share", "percent"),
    ("unsettled", "未了结", "Unsettled now", "whole"),
)
RATINGS = (("1", "1 低", "1 low"), ("2", "2 中", "2 medium"), ("3", "3 高", "3 high"), ("4", "4 很高", "4 very high"))


def risk(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Clients by risk rating and tier; alerts of the range and what became of them."""
    p, a = book.party.c, book.alert.c
    counted = session.execute(sa.select(p.risk_rating, p.tier, sa.func.count()).group_by(p.risk_rating, p.tier))
    place = {(str(rating or ""), str(tier or "").lower()): number for rating, tier, number in counted}
    rows: list[Row] = [
        {"rating": _both(zh, en), **{tier or "none": place.get((rating, tier), 0) for tier in ("a", "b", "c", "")}}
        for rating, zh, en in (*RATINGS, ("", "未评级", "not rated"))
    ]
    alerts: list[Row] = []
    for level in ("red", "amber"):
        mine = [a.level == level, *_range(session, asked, a.opened_at)]
        opened, triaged, confirmed = (
            session.scalar(sa.select(sa.func.count()).select_from(book.alert).where(*mine, *more)) or 0
            for more in ([], [a.triaged_at.is_not(None)], [a.triaged_at.is_not(None), a.state != "false"])
        )
        open_now = sa.select(sa.func.count()).where(a.level == level, a.state.in_(UNSETTLED))
        alerts.append(
            {
                "level": level, "opened": opened, "triaged": triaged, "confirmed": confirmed,
                "share": _share(confirmed, triaged), "unsettled": session.scalar(open_now) or 0,
            }
        )  # fmt: skip
    return (
        table_of("risk", ("风险分布", "Risk map"), _RISK, rows),
        table_of("alerts", ("预警", "Alerts"), _ALERT, alerts),
    )


_CHANNEL: Fields = (
    ("channel", "渠道", "Channel", "code"),
    ("inquiries", "咨询", "Inquiries", "whole"),
    ("won", "立项", "Won", "whole"),
    ("share", "转化率", "Conversion", "percent"),
    ("cost", "活动成本", "Cost of events", "money"),
    ("each", "单个获客成本", "Cost of one won", "money"),
    ("clv", "平均终身价值", "Mean lifetime value", "money"),
)
MOST_VALUED = 500
"""How many of the newest maintenance cases are asked for a client's value."""


def winning(session: Session, asked: Asked) -> tuple[Section, ...]:
    """By channel: inquiries, those won, what events cost of which they came, and what the won clients are worth.

    An event's cost goes to the channels of its inquiries, in proportion to their number.
    """
    q, e, p = book.inquiry.c, book.marketing_event.c, book.party.c
    query = (
        sa.select(q.source, q.outcome, q.campaign, p.business_key)
        .join(book.party, p.id == q.party_id)
        .where(*_range(session, asked, q.received_at))
    )
    rows = session.execute(query).all()
    brought: dict[str, int] = {}
    for campaign in session.scalars(sa.select(q.campaign).where(q.campaign.is_not(None))):
        brought[campaign] = brought.get(campaign, 0) + 1
    costs = {key: cost / brought[key] for key, cost in session.execute(sa.select(e.business_key, e.cost))
             if cost is not None and key in brought}  # fmt: skip
    values = _values(session)
    found: dict[str, list[Any]] = {}
    for row in rows:
        at = found.setdefault(row.source, [0, 0, Decimal(0), []])
        at[0] += 1
        at[2] += costs.get(row.campaign, Decimal(0))
        if row.outcome == "approved":
            at[1] += 1
            at[3] += [values[row.business_key]] if row.business_key in values else []
    table = [
        {
            "channel": name, "inquiries": asked_for, "won": won, "share": _share(won, asked_for),
            "cost": rounded(cost), "each": rounded(cost / won) if won else None,
            "clv": rounded(sum(worth, Decimal(0)) / len(worth)) if worth else None,
        }
        for name, (asked_for, won, cost, worth) in found.items()
    ]  # fmt: skip
    title = "获客成本与客户价值", "Cost of winning and lifetime value"
    return (table_of("channels", title, _CHANNEL, sorted(table, key=lambda row: -row["inquiries"])),)


def _values(session: Session) -> dict[str, Decimal]:
    """Client -> the lifetime value that their last review came to."""
    from engine.queries import instance, instances

    found: dict[str, Decimal] = {}
    for row in instances(session, key="client_maintenance", size=MOST_VALUED):
        known = instance(session, row.id).variables
        client, value = known.get("client_key") or row.business_key, known.get("clv")
        if isinstance(client, str) and isinstance(value, Decimal | int) and not isinstance(value, bool):
            found.setdefault(client, Decimal(value))
    return found


_SERVICE: Fields = (
    ("severity", "严重程度", "Severity", "code"),
    ("complaints", "投诉", "Complaints", "whole"),
    ("acknowledged", "按时受理率", "Acknowledged in time", "percent"),
    ("solved", "按时答复率", "Answered in time", "percent"),
    ("days", "平均答复（天）", "Mean days to answer", "ratio"),
    ("disputed", "异议率", "Disputed", "percent"),
    ("csat", "平均满意度", "Mean satisfaction", "ratio"),
)


def service(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Complaints of the range against their standards, by severity. What is open and past its time counts as late."""
    c = book.complaint.c
    now = runtime_of(session).now()
    found: dict[str, list[Any]] = {}
    query = sa.select(book.complaint).where(c.kind == "complaint", *_range(session, asked, c.received_at))
    for row in session.execute(query):
        found.setdefault(row.severity, []).append(row)
    rows: list[Row] = []
    for severity in ("critical", "high", "normal", "low"):
        mine = found.get(severity, [])
        if not mine:
            continue
        spans = [row.answered_at - row.received_at for row in mine if row.answered_at is not None]
        stars = [row.csat for row in mine if row.csat is not None]
        days = sum(spans, timedelta()) / len(spans) / timedelta(days=1) if spans else None
        rows.append(
            {
                "severity": severity, "complaints": len(mine),
                "acknowledged": _in_time(mine, "acknowledge_due", "acknowledged_at", now),
                "solved": _in_time(mine, "solve_due", "answered_at", now),
                "days": rounded(Decimal(str(days))) if days is not None else None,
                "disputed": _share(sum(row.disputes > 0 for row in mine), len(mine)),
                "csat": rounded(Decimal(sum(stars)) / len(stars)) if stars else None,
            }
        )  # fmt: skip
    return (table_of("service", ("服务水平", "Service level"), _SERVICE, rows),)


def _in_time(rows: Sequence[Any], due: str, done: str, now: datetime) -> Decimal | None:
    asked = [(getattr(row, due), getattr(row, done)) for row in rows if getattr(row, due) is not None]
    counted = [(limit, at) for limit, at in asked if at is not None or limit < now]
    return _share(sum(at is not None and at <= limit for limit, at in counted), len(counted))


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


def performance(session: Session, kind: str, asked: Asked, language: str = "zh") -> Report:
    """The report of a kind (`overview` or one of KINDS). NotFound for an unknown kind or process."""
    now = runtime_of(session).now()
    if kind == "overview":
        return _happened(kpi_pack(session, asked.since, asked.until, now, language, asked.process))
    if kind not in KINDS:
        raise NotFound(what="report", what_zh="报表", id=kind)
    title, sections = KINDS[kind]
    days = f"{asked.since} – {asked.until}"
    key = f"{kind.upper()}-{asked.since:%Y%m%d}-{asked.until:%Y%m%d}"
    return Report(kind, title, key, days, now, sections(session, asked))


def _happened(report: Report) -> Report:
    """Without the figures of which nothing happened."""
    sections = tuple(
        replace(one, rows=tuple(row for row in one.rows if row.get("whole"))) if isinstance(one, Table) else one
        for one in report.sections
    )
    return replace(report, sections=sections)
