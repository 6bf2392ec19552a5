"""One project for its page: where it stands, its parties, plan versions, facilities, conditions, progress, issues, and
the cases most like it. Reads only; amounts are in the project's currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from handlers import case_library, matching
from handlers.records import cases, conditions, credit
from handlers.records import tables as book
from handlers.records.projects import PhaseChange, Project
from handlers.reports import client as paper
from handlers.reports.content import Section
from handlers.reports.rows import Fields, found, table_of

WAY = ("intake", "evaluation", "execution", "maintenance")
"""The phases of a project's life, P1 to P4, in their order."""

PLANS: Fields = (
    ("version", "版本", "Version", "whole"),
    ("state", "状态", "State", "code"),
    ("debt", "债务", "Debt", "money"),
    ("currency", "币种", "Currency", "text"),
    ("min_dscr", "最低偿债备付率", "Lowest DSCR", "ratio"),
    ("created_at", "日期", "Date", "date"),
    ("created_by", "编制", "By", "text"),
)
COVENANTS: Fields = (
    ("facility", "额度", "Facility", "text"),
    ("code", "代码", "Code", "text"),
    ("name", "约束性条款", "Covenant", "text"),
    ("direction", "方向", "Direction", "code"),
    ("default_level", "违约值", "Default level", "ratio"),
    ("lockup_level", "锁定值", "Lock-up level", "ratio"),
    ("frequency", "频率", "Frequency", "code"),
    ("status", "最近结果", "Last result", "code"),
    ("headroom_pct", "余量", "Headroom", "percent"),
)
CONDITIONS: Fields = (
    ("number", "序号", "No.", "whole"),
    ("text", "先决条件", "Condition", "text"),
    ("phase", "阶段", "When", "code"),
    ("owner_group", "责任部门", "Team", "code"),
    ("state", "状态", "State", "code"),
    ("due", "期限", "Due", "date"),
)
PROGRESS: Fields = (
    ("as_of", "截止日", "As of", "date"),
    ("physical_pct", "形象进度", "Physical", "percent"),
    ("lag_pct", "滞后", "Behind", "percent"),
    ("spent", "已投资", "Spent", "money"),
    ("cost_to_complete", "完工尚需", "To complete", "money"),
    ("gap", "资金缺口", "Gap", "money"),
    ("delay_days", "延误（天）", "Delay (days)", "whole"),
    ("passed", "资金充足", "Funded", "yes"),
    ("reported_by", "报告人", "By", "text"),
)
ISSUES: Fields = (
    ("business_key", "编号", "Key", "text"),
    ("title", "问题", "Issue", "text"),
    ("severity", "严重程度", "Severity", "code"),
    ("state", "状态", "State", "code"),
    ("owner", "负责人", "Owner", "text"),
    ("due", "期限", "Due", "date"),
    ("solution", "解决办法", "Solution", "text"),
)
COLLATERAL: Fields = (
    ("type", "类型", "Type", "code"),
    ("description", "押品", "Security", "text"),
    ("value", "价值", "Value", "money"),
    ("currency", "币种", "Currency", "text"),
    ("valued_at", "评估日", "Valued", "date"),
    ("rank", "顺位", "Rank", "whole"),
    ("registration_no", "登记号", "Registration", "text"),
    ("state", "状态", "State", "code"),
)
STREAMS: Fields = (
    ("name", "尽职调查", "Due diligence", "text"),
    ("opinion", "意见", "Opinion", "code"),
    ("summary", "摘要", "Summary", "text"),
    ("author", "编写", "Author", "text"),
    ("reviewer", "复核", "Reviewer", "text"),
    ("at", "日期", "Date", "date"),
)
RATINGS: Fields = (
    ("category", "评级", "Category", "code"),
    ("proposed", "模型建议", "Proposed", "code"),
    ("score", "评分", "Score", "ratio"),
    ("reason", "理由", "Reason", "text"),
    ("by", "评定", "By", "text"),
    ("at", "日期", "Date", "date"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One phase of the way: `state` done, now or to_come; since when and for how long."""

    phase: str
    state: str
    since: datetime | None
    lasted: timedelta | None


def way(phases: Sequence[PhaseChange], phase: str, now: datetime) -> list[Step]:
    """The four phases with how long each lasted; what was entered twice counts from the first time to the last leaving.
    An ended project (closed, declined …) has its end as a fifth."""
    entered: dict[str, datetime] = {}
    left: dict[str, datetime] = {}
    for one in phases:
        entered.setdefault(one.phase_to, one.at)
        if one.phase_from:
            left[one.phase_from] = one.at
    names = WAY if phase in WAY else (*WAY, phase)
    reached = max((WAY.index(name) for name in entered if name in WAY), default=-1)
    steps = []
    for place, name in enumerate(names):
        since = entered.get(name)
        state = "now" if name == phase else "done" if since is not None or place < reached else "to_come"
        until = now if name == phase and name in WAY else left.get(name)
        lasted = until - since if since is not None and until is not None and until > since else None
        steps.append(Step(name, state, since, lasted))
    return steps


def business_keys(session: Session, project: Project) -> tuple[str, ...]:
    """Under which the project's cases run: its own, its facilities' and those of its issues and amendments."""
    keys = [project.business_key]
    for name in ("facility", "project_issue"):
        table = book.metadata.tables[name]
        keys += session.execute(sa.select(table.c.business_key).where(table.c.project_id == project.id)).scalars()
    return tuple(dict.fromkeys(keys))


def deal(session: Session, project: Project) -> list[Section]:
    """Facilities, plan versions, covenants, conditions, security."""
    tables = book.metadata.tables
    facility = tables["facility"]
    lent = found(
        session, facility, paper.FACILITIES, facility.c.project_id == project.id, order=facility.c.business_key
    )
    plans = [
        {name: getattr(one, name, None) for name, *_ in PLANS} | {"min_dscr": one.metrics.get("min_dscr")}
        for one in credit.plans_of(session, project.id)
    ]
    pledged = tables["collateral"]
    asked = [
        {name: getattr(one, name) for name, *_ in CONDITIONS}
        | {"text": {"text": one.text, "text_en": one.text_en or one.text}}
        for one in conditions.of_project(session, project.id)
    ]
    return [
        table_of("facilities", ("授信与贷款", "Facilities"), paper.FACILITIES, lent),
        table_of("plans", ("方案版本", "Plan versions"), PLANS, plans),
        table_of("covenants", ("约束性条款", "Covenants"), COVENANTS, _covenants(session, project.id)),
        table_of("conditions", ("先决条件", "Conditions precedent"), CONDITIONS, asked),
        table_of(
            "collateral",
            ("押品", "Security"),
            COLLATERAL,
            found(session, pledged, COLLATERAL, pledged.c.project_id == project.id, order=pledged.c.id),
        ),
    ]


INVESTORS: Fields = (
    ("client_key", "客户编号", "Client key", "text"),
    ("investor", "投资者", "Investor", "text"),
    ("points", "匹配分", "Points", "whole"),
    ("reasons", "理由", "Reasons", "text"),
)


def investors(session: Session, project: Project) -> Section:
    """The suitable investors that the project fits, with the reasons, best first."""
    rows = [
        {
            "client_key": party.business_key,
            "investor": party.legal_name,
            "points": match.points,
            "reasons": {
                "text": "；".join(zh for zh, _ in match.reasons),
                "text_en": "; ".join(en for _, en in match.reasons),
            },
        }
        for party, _, match in matching.investors_for(session, project)
    ]
    return table_of("investors", ("匹配的投资者", "Investors that fit"), INVESTORS, rows)


def _covenants(session: Session, project_id: int) -> list[Mapping[str, Any]]:
    """Each covenant in force with its last test."""
    tables = book.metadata.tables
    facility, covenant, test = tables["facility"], tables["covenant"], tables["covenant_test"]
    rows = session.execute(
        sa.select(covenant, facility.c.business_key.label("facility"))
        .join(facility, facility.c.id == covenant.c.facility_id)
        .where(facility.c.project_id == project_id, covenant.c.state == "in_force")
        .order_by(covenant.c.id)
    ).mappings()
    asked = [dict(row) for row in rows]
    keys = {row["facility"] for row in asked}
    tests = session.execute(
        sa.select(test.c.facility_key, test.c.covenant, test.c.status, test.c.headroom_pct)
        .where(test.c.facility_key.in_(keys))
        .order_by(test.c.test_date, test.c.round, test.c.id)
    )
    last = {(row.facility_key, row.covenant): row for row in tests}
    for row in asked:
        seen = last.get((row["facility"], row["code"]))
        row |= {"status": seen.status if seen else None, "headroom_pct": seen.headroom_pct if seen else None}
    return list(asked)


def building(session: Session, project: Project) -> list[Section]:
    """Progress reports and issues."""
    tables = book.metadata.tables
    progress, issue = tables["progress_report"], tables["project_issue"]
    of = progress.c.project_id == project.id
    return [
        table_of(
            "progress",
            ("工程进度报告", "Progress reports"),
            PROGRESS,
            found(session, progress, PROGRESS, of, order=progress.c.as_of.desc(), most=24),
        ),
        table_of(
            "issues",
            ("问题", "Issues"),
            ISSUES,
            found(session, issue, ISSUES, issue.c.project_id == project.id, order=issue.c.id.desc()),
        ),
    ]


def judged(session: Session, project: Project) -> list[Section]:
    """What due diligence and the rating said."""
    streams = [{name: getattr(one, name) for name, *_ in STREAMS} for one in credit.streams_of(session, project.id)]
    ratings = [{name: getattr(one, name) for name, *_ in RATINGS} for one in credit.ratings_of(session, project.id)]
    return [
        table_of("credit_streams", ("尽职调查", "Due diligence"), STREAMS, streams),
        table_of("credit_ratings", ("项目评级", "Ratings"), RATINGS, ratings),
    ]


@dataclass(frozen=True, slots=True)
class Milestone:
    """A date of the project; `state` done, late or to_come."""

    text: str
    text_en: str
    day: date
    state: str


def milestones(session: Session, project: Project, today: date) -> list[Milestone]:
    """The dates that count, oldest first: close, signing, end of drawing, operation, maturity."""
    facility = book.metadata.tables["facility"]
    rows = session.execute(
        sa.select(facility.c.name, facility.c.signed_on, facility.c.availability_end, facility.c.maturity).where(
            facility.c.project_id == project.id, facility.c.state != "lapsed"
        )
    ).all()
    known: list[tuple[str, str, date | None, bool]] = [
        ("预计融资关闭", "Financial close expected", project.expected_close, any(row.signed_on for row in rows)),
        ("计划投产", "Operation planned", project.cod_planned, project.cod_actual is not None),
        ("实际投产", "In operation", project.cod_actual, True),
        ("售电（承购）合同到期", "Offtake ends", project.offtake_expiry, False),
        ("特许经营到期", "Concession ends", project.concession_end, False),
    ]
    for row in rows:
        known += [
            (f"签约：{row.name}", f"Signed: {row.name}", row.signed_on, True),
            (f"提款期截止：{row.name}", f"Last day to draw: {row.name}", row.availability_end, True),
            (f"最终到期：{row.name}", f"Final maturity: {row.name}", row.maturity, True),
        ]
    made = [
        Milestone(zh, en, day, "to_come" if day >= today else "done" if settled else "late")
        for zh, en, day, settled in known
        if day is not None
    ]
    return sorted(made, key=lambda one: one.day)


@dataclass(frozen=True, slots=True)
class LikeCase:
    """A closed project like this one: what may be shown of it, the distance, and why."""

    shown: Mapping[str, Any]
    distance: Decimal
    reasons: Sequence[Mapping[str, str]]


def like(session: Session, project: Project, *, open_names: bool, k: int = 5) -> list[LikeCase]:
    """The cases of the library most like the project; nothing when too little is told of it."""
    asked = {one.name: getattr(project, one.name) for one in case_library.FEATURES}
    library = [one for one in cases.library(session) if one.business_key != project.business_key]
    try:
        near = case_library.nearest(asked, library, k)
    except InvalidInput:
        return []
    return [
        LikeCase(case_library.shown(one.case, open_names), one.distance, case_library.reasons(one, asked))
        for one in near
    ]
