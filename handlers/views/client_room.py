"""One client for its page: what stands at the top, and the sections of each tab. Reads only.

The sections are those of the paper (`handlers.reports.client`), so that page and PDF show the same figures; what a
reader may not see is left out by section id, by whoever shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers import client_facts, matching, persona, ratios
from handlers.finance import client_value
from handlers.records import (
    groups,
    inquiries,
    interactions,
    kyc,
    limits,
    parties,
    projects,
    relationship,
    service,
    statements,
)
from handlers.records import tables as book
from handlers.records.kyc import KycCase
from handlers.records.limits import Limit, Line
from handlers.records.parties import Contact, Party
from handlers.records.relationship import Churn, StageChange
from handlers.records.statements import Statement
from handlers.reports import client as paper
from handlers.reports.content import Section, Table
from handlers.reports.rows import Fields, found, table_of
from handlers.statements import ratio_figures

KycState = Literal["none", "valid", "soon", "over"]
SOON = 60
"""Days before a review that a client's check is shown as due soon."""
RETENTION, DISCOUNT, YEARS = Decimal("0.9"), Decimal("0.08"), 5
"""What process P4 reckons lifetime value with (`client_maintenance`, svc_clv)."""

RATIOS: Fields = (("name", "指标", "Ratio", "text"),)
SURVEYS: Fields = (
    ("business_key", "编号", "Key", "text"),
    ("kind", "类型", "Kind", "code"),
    ("state", "状态", "State", "code"),
    ("nps", "推荐度（0–10）", "Would recommend (0–10)", "whole"),
    ("csat", "满意度（1–5）", "Satisfaction (1–5)", "whole"),
    ("suggestion", "建议", "Suggestion", "text"),
    ("answered_at", "答复", "Answered", "date"),
)
CARE: Fields = (
    ("day", "日期", "Day", "date"),
    ("kind", "事由", "Occasion", "code"),
    ("state", "状态", "State", "code"),
    ("channel", "渠道", "Channel", "code"),
    ("text", "内容", "Text", "text"),
    ("gift", "礼品", "Gift", "text"),
)
ACTIONS: Fields = (
    ("at", "日期", "Day", "date"),
    ("action", "行动", "Action", "code"),
    ("product", "产品", "Product", "code"),
    ("result", "结果", "Result", "code"),
    ("comment", "说明", "Comment", "text"),
    ("by", "经办", "By", "text"),
)
LIMITS: Fields = (
    ("facility", "额度", "Facility", "text"),
    ("currency", "币种", "Currency", "text"),
    ("amount", "核定", "Granted", "money"),
    ("used", "已用", "Used", "money"),
    ("state", "状态", "State", "code"),
    ("valid_until", "有效期至", "Valid until", "date"),
)
GROUP: Fields = (
    ("business_key", "客户编号", "Client key", "text"),
    ("legal_name", "名称", "Name", "text"),
    ("balance", "贷款余额", "Outstanding", "money"),
    ("live", "在执行贷款", "Live facilities", "whole"),
)
RETENTIONS: Fields = (
    ("business_key", "编号", "Key", "text"),
    ("points", "流失分", "Points", "whole"),
    ("state", "状态", "State", "code"),
    ("outcome", "结果", "Outcome", "code"),
    ("owner", "负责人", "Owner", "text"),
    ("opened_at", "发起", "Opened", "date"),
    ("closed_at", "结束", "Closed", "date"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """What everybody looks for first. `promised`: what is promised to the client's group and drawn by it, in the
    currency of its line."""

    party: Party
    group: Party | None
    line: Line | None
    line_over: bool
    promised: Decimal
    owed: client_facts.Exposure
    check: KycCase | None
    check_state: KycState
    stage: StageChange | None
    churn: Churn | None
    nps: int | None
    last_contact: datetime | None
    complaints: int
    business_keys: tuple[str, ...]
    caller: Contact | None
    """Whom one calls: the first person with a mobile number."""

    @property
    def used_pct(self) -> Decimal | None:
        """How much of the line is promised or drawn, in whole per cent; None without a line."""
        if self.line is None or not self.line.amount:
            return None
        return (self.promised * 100 / self.line.amount).quantize(Decimal(1))


def head(session: Session, party: Party, today: date) -> Head:
    """The top of a client's page."""
    group = limits.head_of(session, party.id)
    line = limits.ruling_line(session, group, today)
    check = next((one for one in kyc.cases_of(session, party.id) if one.decided_at is not None), None)
    return Head(
        party=party,
        group=parties.get(session, group) if group != party.id else None,
        line=line,
        line_over=line is not None and line.over(today),
        promised=limits.exposure(session, group, today),
        owed=client_facts.exposure(session, party.id, today),
        check=check,
        check_state=_check_state(check, today),
        stage=next(iter(reversed(relationship.stages_of(session, party.id))), None),
        churn=relationship.churn_of(session, party.id),
        nps=_nps(session, party.id),
        last_contact=client_facts.last_contacts(session, party.id).get(party.id),
        complaints=len(service.open_complaints(session, party.id)),
        business_keys=business_keys(session, party),
        caller=next((one for one in parties.contacts_of(session, party.id) if one.mobile), None),
    )


def business_keys(session: Session, party: Party) -> tuple[str, ...]:
    """Under which the client's cases run: its own, its projects', its inquiries', complaints' and opportunities'."""
    keys = [party.business_key, *(one.business_key for one in projects.of_party(session, party.id))]
    keys += [one.business_key for one in inquiries.of_party(session, party.id)]
    for name in ("complaint", "opportunity", "facility", "retention_case", "survey"):
        table = book.metadata.tables[name]
        keys += session.execute(sa.select(table.c.business_key).where(table.c.party_id == party.id)).scalars()
    return tuple(dict.fromkeys(keys))


def _check_state(check: KycCase | None, today: date) -> KycState:
    if check is None or check.state != "approved":
        return "none"
    if check.next_review is None:
        return "valid"
    left = (check.next_review - today).days
    return "over" if left < 0 else "soon" if left <= SOON else "valid"


def _nps(session: Session, party_id: int) -> int | None:
    survey = book.metadata.tables["survey"]
    query = sa.select(survey.c.nps).where(survey.c.party_id == party_id, survey.c.nps.is_not(None))
    return session.execute(query.order_by(survey.c.answered_at.desc()).limit(1)).scalar()


# ── tabs ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def overview(session: Session, party: Party, now: datetime) -> dict[str, Any]:
    """What the first tab shows beside tasks and cases: projects, needs, opportunities, portrait, open issues."""
    own = projects.of_party(session, party.id)
    return {
        "projects": own,
        "needs": relationship.needs_of(session, party.id),
        "tags": persona.tags(persona.facts_of(session, party, now)),
        "opportunities": _rows(session, party.id, "opportunity", paper.OPPORTUNITIES, "opportunities", _OPPORTUNITIES),
        "issues": interactions.open_issues(session, party.id),
        "talks": interactions.timeline(session, party.id, 5),
    }


_COMPLAINTS = ("投诉与建议", "Complaints and suggestions")
_OPPORTUNITIES = ("商机", "Opportunities")


def business(session: Session, party: Party, today: date) -> list[Section]:
    """Projects, roles, facilities, limits, the group's exposure, opportunities; what fits an investor."""
    facility = book.metadata.tables["facility"]
    rows = found(session, facility, paper.FACILITIES, facility.c.party_id == party.id, order=facility.c.business_key)
    own, held = projects.of_party(session, party.id), projects.roles_of(session, party_id=party.id)
    group = limits.head_of(session, party.id)
    granted = [_limit(one, today) for one in limits.of_group(session, group)]
    return [
        table_of("projects", ("项目", "Projects"), paper.PROJECTS, _picked_all(own, paper.PROJECTS)),
        table_of("roles", ("项目角色", "Roles in projects"), ROLES, _picked_all(held, ROLES)),
        table_of("facilities", ("授信与贷款", "Facilities"), paper.FACILITIES, rows),
        table_of("limits", ("额度占用", "Limits in use"), LIMITS, granted),
        *_group(session, group, today),
        _rows(session, party.id, "opportunity", paper.OPPORTUNITIES, "opportunities", _OPPORTUNITIES),
        *_matches(session, party),
    ]  # fmt: skip


def _limit(one: Limit, today: date) -> dict[str, Any]:
    """A limit with its last day, and whether that is past."""
    told = {"valid_until": one.ends} | ({"state": "expired"} if one.expired(today) else {})
    return _picked(one, LIMITS) | told


ROLES: Fields = (
    ("project_key", "项目编号", "Project", "text"),
    ("project_name", "项目", "Name", "text"),
    ("role", "角色", "Role", "code"),
    ("share", "份额", "Share", "number"),
)


def _group(session: Session, group: int, today: date) -> list[Section]:
    """The clients of one group with what each owes; nothing for a client that stands alone."""
    party = book.metadata.tables["party"]
    members = session.execute(
        sa.select(party.c.id, party.c.business_key, party.c.legal_name)
        .where(party.c.id.in_(groups.members_of(session, group)), party.c.merged_into.is_(None))
        .order_by(party.c.id)
    ).all()
    if len(members) < 2:
        return []
    rows = []
    for one in members:
        of = client_facts.exposure(session, one.id, today)
        rows.append(
            {"business_key": one.business_key, "legal_name": one.legal_name, "balance": of.balance, "live": of.live}
        )
    return [table_of("group", ("集团成员", "Group"), GROUP, rows)]


MATCHES: Fields = (
    ("project_key", "项目编号", "Project", "text"),
    ("project_name", "项目", "Name", "text"),
    ("points", "匹配分", "Points", "whole"),
    ("fits", "可推介", "May be offered", "yes"),
    ("reasons", "理由", "Reasons", "text"),
)


def _matches(session: Session, party: Party) -> list[Section]:
    """Projects on offer for an investor with a passed suitability; nothing above the stated risk class is offered."""
    found = matching.matches(session, party.id)
    if found is None:
        return []
    rows = [
        {
            "project_key": one.project.business_key,
            "project_name": one.project.name,
            "points": one.points if not one.blocked else None,
            "fits": not one.blocked,
            "reasons": {
                "text": "；".join(zh for zh, _ in one.blocked or one.reasons),
                "text_en": "; ".join(en for _, en in one.blocked or one.reasons),
            },
        }
        for one in found
    ]
    return [table_of("matches", ("匹配项目", "Projects that fit"), MATCHES, rows)]


def finance(session: Session, party: Party) -> list[Section]:
    """Statements of three periods, ratios of all, credit reports."""
    kept = statements.of_party(session, party.id)
    credit = [paper.source_named(row) for row in _picked_all(kyc.credit_records(session, party.id), paper.CREDIT)]
    return [
        paper.statements_table(kept),
        ratio_table(kept),
        table_of("credit", ("信用记录", "Credit records"), paper.CREDIT, credit),
    ]


def ratio_table(kept: Sequence[Statement]) -> Table:
    """Each ratio that can be computed, a column a period, oldest first."""
    ordered = sorted(kept, key=lambda one: one.period_end)
    made = [(one.period_end.isoformat(), ratios.compute(ratio_figures(one.amounts())).values) for one in ordered]
    names = [name for name in ratios.DEFINITIONS if name in RATIO_WORDS and any(name in values for _, values in made)]
    fields: Fields = [*RATIOS, *((period, period, period, "ratio") for period, _ in made)]
    rows: list[Mapping[str, Any]] = [
        {"name": {"text": RATIO_WORDS[name][0], "text_en": RATIO_WORDS[name][1]}}
        | {period: values.get(name) for period, values in made}
        for name in names
    ]
    return table_of("ratio_trend", ("财务指标", "Ratios"), fields, rows)


RATIO_WORDS: Mapping[str, tuple[str, str]] = {
    "dscr": ("偿债备付率", "DSCR"),
    "current": ("流动比率", "Current ratio"),
    "quick": ("速动比率", "Quick ratio"),
    "debt_equity": ("有息负债／权益", "Debt to equity"),
    "gearing": ("有息负债率", "Gearing"),
    "liabilities_assets": ("资产负债率", "Liabilities to assets"),
    "net_debt_ebitda": ("净债务／EBITDA", "Net debt to EBITDA"),
    "icr_ebit": ("利息保障倍数（EBIT）", "Interest cover (EBIT)"),
    "icr_ebitda": ("利息保障倍数（EBITDA）", "Interest cover (EBITDA)"),
    "net_margin": ("净利率", "Net margin"),
    "altman_z2": ("Altman Z″", "Altman Z″"),
}


def serving(session: Session, party: Party) -> list[Section]:
    """Service plan, needs, what was suggested, complaints, surveys, care, retention."""
    plan, need = book.metadata.tables["service_plan"], book.metadata.tables["client_need"]
    in_force = (plan.c.party_id == party.id, plan.c.valid_until.is_(None))
    promised = found(session, plan, paper.PLAN, *in_force, order=plan.c.id)
    wanted = found(session, need, paper.NEEDS, need.c.party_id == party.id, need.c.state == "open", order=need.c.id)
    return [
        table_of("service_plan", ("服务方案", "Service plan"), paper.PLAN, promised),
        table_of("needs", ("客户需求", "Needs"), paper.NEEDS, wanted),
        _rows(session, party.id, "client_action", ACTIONS, "actions", ("行动建议与结果", "Suggested actions")),
        _rows(session, party.id, "complaint", paper.COMPLAINTS, "complaints", _COMPLAINTS),
        _rows(session, party.id, "survey", SURVEYS, "surveys", ("满意度调查", "Satisfaction surveys")),
        _rows(session, party.id, "care_occasion", CARE, "care", ("关怀记录", "Care log")),
        _rows(session, party.id, "retention_case", RETENTIONS, "retention", ("挽留记录", "Retention")),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worth:
    """What a client is worth: margin a year, tenure, lifetime value over `YEARS` years (T30)."""

    margin: Decimal
    tenure_months: int
    value: Decimal


def worth(session: Session, party: Party, now: datetime, today: date) -> Worth:
    """A client's value, from what its live facilities earn a year."""
    seen = client_facts.overview(session, party, now, today)
    value = client_value.lifetime_value(seen["margin"], RETENTION, DISCOUNT, YEARS)
    return Worth(seen["margin"], seen["tenure_months"], value)


def _rows(
    session: Session, party_id: int, table: str, fields: Fields, id: str, title: tuple[str, str], most: int = 50
) -> Table:
    kept = book.metadata.tables[table]
    rows = found(session, kept, fields, kept.c.party_id == party_id, order=kept.c.id.desc(), most=most)
    return table_of(id, title, fields, rows)


def _picked(one: object, fields: Fields) -> dict[str, Any]:
    return {name: getattr(one, name) for name, *_ in fields}


def _picked_all(ones: Sequence[object], fields: Fields) -> list[dict[str, Any]]:
    return [_picked(one, fields) for one in ones]
