"""The investor pack of one project: progress, debt, covenants, alerts in numbers. Reads only.

What an investor is not to see is not in it: no rating, no KYC, no correspondence. Which investor gets which project is
decided where packs are released.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, tzinfo
from statistics import median_low
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.records import main_party, projects
from handlers.records import tables as book
from handlers.records.projects import Project
from handlers.reports.content import Fact, Facts, Label, Report, Section
from handlers.reports.rows import Fields, found, table_of

_FACILITIES: Fields = (
    ("business_key", "额度编号", "Facility", "text"),
    ("name", "名称", "Name", "text"),
    ("type", "类型", "Type", "code"),
    ("state", "状态", "State", "code"),
    ("currency", "币种", "Currency", "text"),
    ("amount", "承诺金额", "Commitment", "money"),
    ("drawn", "已提款", "Drawn", "money"),
    ("repaid", "已还本金", "Repaid", "money"),
    ("maturity", "到期日", "Maturity", "date"),
)
_TESTS: Fields = (
    ("facility_key", "额度编号", "Facility", "text"),
    ("test_date", "测试日", "Test date", "date"),
    ("metric", "指标", "Metric", "code"),
    ("value", "实际值", "Actual", "ratio"),
    ("default_level", "违约线", "Default level", "ratio"),
    ("headroom_pct", "余量", "Headroom", "percent"),
    ("status", "结论", "Status", "code"),
)
_PROGRESS: Fields = (
    ("as_of", "截至", "As of", "date"),
    ("physical_pct", "形象进度", "Physical progress", "percent"),
    ("spent", "累计投资", "Spent", "money"),
    ("cost_to_complete", "完工尚需", "Cost to complete", "money"),
    ("delay_days", "延误（天）", "Delay (days)", "whole"),
    ("passed", "资金足够完工", "Funds suffice", "yes"),
)
_ALERTS: Fields = (
    ("level", "级别", "Level", "code"),
    ("raised", "期内触发", "Raised", "whole"),
    ("closed", "期内关闭", "Closed", "whole"),
    ("open", "期末未结", "Open at the end", "whole"),
    ("days", "关闭用时中位数（天）", "Median days to close", "whole"),
)


def investor_pack(
    session: Session, project: int | str, since: date, until: date, as_of: datetime, zone: tzinfo
) -> Report:
    """The pack of a project for the days from `since` to `until`, both included. NotFound.

    Alerts count by the moment they were opened and closed in the business zone, so that they equal the alert table.
    """
    of = projects.get(session, project)
    tables = book.metadata.tables
    facility, progress = tables["facility"], tables["progress_report"]
    held = found(session, facility, _FACILITIES, facility.c.project_id == of.id, order=facility.c.business_key)
    reports = found(
        session,
        progress,
        _PROGRESS,
        progress.c.project_id == of.id,
        progress.c.as_of.between(since, until),
        order=progress.c.as_of,
    )
    keys = [str(row["business_key"]) for row in held]
    alerts = _alerts(session, of.business_key, keys, since, until, zone)
    sections: tuple[Section, ...] = (
        _project(session, of, since, until),
        table_of("facilities", ("融资概况", "Facilities"), _FACILITIES, held),
        table_of("progress", ("建设进展", "Construction progress"), _PROGRESS, reports),
        table_of("covenants", ("约束性条款", "Covenant tests"), _TESTS, _tests(session, keys, since, until)),
        table_of("alerts", ("风险预警", "Risk alerts"), _ALERTS, alerts),
    )
    return Report("investor_pack", Label("投资者报告", "Investor report"), of.business_key, of.name, as_of, sections)


def _project(session: Session, of: Project, since: date, until: date) -> Facts:
    borrower = main_party(session, of.id)
    return Facts(
        "project",
        Label("项目", "Project"),
        (
            Fact(Label("报告期", "Period"), f"{since} – {until}"),
            Fact(Label("借款人", "Borrower"), borrower.legal_name if borrower else None),
            Fact(Label("行业", "Sector"), of.sector, "code"),
            Fact(Label("地点", "Location"), of.location),
            Fact(Label("阶段", "Phase"), of.phase, "code"),
            Fact(Label("总投资", "Capital expenditure"), of.capex, "money"),
            Fact(Label("币种", "Currency"), of.currency),
            Fact(Label("计划投产日", "Planned operation"), of.cod_planned, "date"),
            Fact(Label("实际投产日", "Actual operation"), of.cod_actual, "date"),
            Fact(Label("赤道原则类别", "Equator Principles category"), of.equator_category),
        ),
    )


def _tests(session: Session, keys: list[str], since: date, until: date) -> list[Mapping[str, Any]]:
    """Of each covenant and date the last round."""
    test = book.metadata.tables["covenant_test"]
    fields: Fields = (*_TESTS, ("covenant", "", "", "text"))
    wanted = (test.c.facility_key.in_(keys), test.c.test_date.between(since, until))
    rows = found(session, test, fields, *wanted, order=test.c.round)
    last = {(row["facility_key"], row["test_date"], row["covenant"]): row for row in rows}
    return [last[key] for key in sorted(last)]


def _alerts(
    session: Session, project_key: str, keys: list[str], since: date, until: date, zone: tzinfo
) -> list[Mapping[str, Any]]:
    alert = book.metadata.tables["alert"]
    begin = datetime.combine(since, time.min, zone)
    end = datetime.combine(until, time.max, zone)
    mine = sa.or_(alert.c.project_key == project_key, alert.c.subject_key.in_([project_key, *keys]))
    closed = alert.c.closed_at
    counted = session.execute(
        sa.select(
            alert.c.level,
            sa.func.count().filter(alert.c.opened_at.between(begin, end)).label("raised"),
            sa.func.count().filter(closed.between(begin, end)).label("closed"),
            sa.func.count().filter(alert.c.opened_at <= end, sa.or_(closed.is_(None), closed > end)).label("open"),
        )
        .where(mine)
        .group_by(alert.c.level)
    ).mappings()
    by_level = {str(row["level"]): dict(row) for row in counted}
    times = _days_to_close(session, sa.and_(mine, closed.between(begin, end)))
    nothing = {"raised": 0, "closed": 0, "open": 0}
    return [
        {"level": level, **nothing, **by_level.get(level, {}), "days": times.get(level)} for level in ("red", "amber")
    ]


def _days_to_close(session: Session, which: sa.ColumnElement[bool]) -> dict[str, int]:
    """Level -> the median of the whole days from opening to closing; the lower one of two."""
    alert = book.metadata.tables["alert"]
    rows = session.execute(sa.select(alert.c.level, alert.c.opened_at, alert.c.closed_at).where(which))
    spans: dict[str, list[int]] = {}
    for level, opened, closed in rows:
        spans.setdefault(level, []).append((closed - opened).days)
    return {level: median_low(days) for level, days in spans.items()}
