"""Client 360: everything the book and the engine know of one client, on one paper. Reads only.

What a reader may not see is left out by section (`without`): marketing gets neither credit nor KYC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import queries
from engine.queries import work
from engine.store import tables as t
from handlers.records import client_card, custom, documents
from handlers.records import tables as book
from handlers.records.cards import ClientCard
from handlers.records.statements import Statement
from handlers.reports.content import Fact, Facts, Form, Label, Report, Section, Table
from handlers.reports.rows import Fields, found, table_of
from handlers.statements import SHEETS

NOT_FOR_MARKETING = frozenset({"credit", "kyc", "ratios"})
LINES = 30
"""How many of the latest contacts are shown."""

PROFILE: Fields = (
    ("legal_name", "名称", "Name", "text"),
    ("business_key", "客户编号", "Client key", "text"),
    ("kind", "类型", "Kind", "code"),
    ("reg_no", "统一社会信用代码", "Registration number", "text"),
    ("lei", "LEI", "LEI", "text"),
    ("country", "国家", "Country", "country"),
    ("region", "区域", "Region", "code"),
    ("address", "地址", "Address", "text"),
    ("legal_rep", "法定代表人", "Legal representative", "text"),
    ("founded", "成立日期", "Founded", "date"),
    ("capital", "注册资本", "Registered capital", "money"),
    ("industry", "行业代码（GB/T 4754）", "Industry code (GB/T 4754)", "text"),
    ("ownership_type", "所有制性质", "Ownership", "code"),
    ("lifecycle_stage", "生命周期阶段", "Lifecycle stage", "code"),
    ("tier", "客户等级", "Tier", "text"),
    ("score", "评分", "Score", "whole"),
    ("owner", "客户经理", "Relationship manager", "text"),
    ("last_verified_at", "最近核验", "Last verified", "date"),
)
PEOPLE: Fields = (
    ("name", "姓名", "Name", "text"),
    ("title", "职务", "Title", "text"),
    ("email", "邮箱", "E-mail", "text"),
    ("mobile", "手机", "Mobile", "text"),
    ("consent", "同意联系", "May be contacted", "yes"),
)
PROJECTS: Fields = (
    ("business_key", "编号", "Key", "text"),
    ("name", "项目", "Project", "text"),
    ("sector", "行业", "Sector", "code"),
    ("phase", "阶段", "Phase", "code"),
    ("amount", "申请金额", "Amount asked for", "money"),
    ("currency", "币种", "Currency", "text"),
    ("owner", "负责人", "Owner", "text"),
)
ROLES: Fields = (
    ("project_key", "项目编号", "Project", "text"),
    ("role", "角色", "Role", "code"),
    ("share", "份额", "Share", "number"),
)
FACILITIES: Fields = (
    ("business_key", "额度编号", "Facility", "text"),
    ("name", "名称", "Name", "text"),
    ("type", "类型", "Type", "code"),
    ("state", "状态", "State", "code"),
    ("currency", "币种", "Currency", "text"),
    ("amount", "金额", "Amount", "money"),
    ("drawn", "已提款", "Drawn", "money"),
    ("repaid", "已还本金", "Repaid", "money"),
    ("maturity", "到期日", "Maturity", "date"),
)
KYC: Fields = (
    ("state", "状态", "State", "code"),
    ("rating", "风险等级", "Rating", "text"),
    ("opened_at", "发起", "Opened", "date"),
    ("decided_at", "认定", "Decided", "date"),
    ("next_review", "下次复核", "Next review", "date"),
)
CREDIT: Fields = (
    ("source", "来源", "Source", "text"),
    ("pulled_at", "查询时间", "Pulled at", "moment"),
    ("authorisation", "授权", "Authorisation", "text"),
)
PLAN: Fields = (
    ("tier", "等级", "Tier", "text"),
    ("response_hours", "响应时限（工作小时）", "Answer within (working hours)", "whole"),
    ("contact_days", "联系间隔（天）", "Contact every (days)", "whole"),
    ("meetings", "每年会面", "Meetings a year", "whole"),
    ("goals", "目标", "Goals", "text"),
    ("owner", "负责人", "Owner", "text"),
    ("next_review", "下次回顾", "Next review", "date"),
)
NEEDS: Fields = (
    ("category", "需求", "Need", "code"),
    ("text", "说明", "Details", "text"),
    ("priority", "优先级", "Priority", "code"),
    ("at", "记录日期", "Recorded", "date"),
)
OPPORTUNITIES: Fields = (
    ("business_key", "编号", "Key", "text"),
    ("title", "商机", "Opportunity", "text"),
    ("amount", "金额", "Amount", "money"),
    ("state", "状态", "State", "code"),
    ("found_at", "发现", "Found", "date"),
)
COMPLAINTS: Fields = (
    ("business_key", "编号", "Key", "text"),
    ("subject", "事由", "Subject", "text"),
    ("severity", "严重程度", "Severity", "code"),
    ("state", "状态", "State", "code"),
    ("received_at", "收到", "Received", "date"),
    ("closed_at", "办结", "Closed", "date"),
)
TALKS: Fields = (
    ("at", "时间", "When", "moment"),
    ("channel", "渠道", "Channel", "code"),
    ("direction", "方向", "Direction", "code"),
    ("person", "联系人", "With", "text"),
    ("subject", "主题", "Subject", "text"),
    ("by", "经办", "By", "text"),
)
_CASES: Fields = (
    ("business_key", "编号", "Key", "text"),
    ("key", "流程", "Process", "text"),
    ("state", "状态", "State", "text"),
    ("started_at", "开始", "Started", "moment"),
)
_STATES = {"active": ("进行中", "running"), "suspended": ("已挂起", "suspended")}
_TASKS: Fields = (
    ("name", "任务", "Task", "text"),
    ("assignee", "办理人", "Assignee", "text"),
    ("due_at", "到期", "Due", "moment"),
    ("business_key", "编号", "Key", "text"),
)
FILES: Fields = (
    ("name", "文件", "File", "text"),
    ("kind", "类别", "Kind", "code"),
    ("version", "版本", "Version", "whole"),
    ("created_at", "日期", "Date", "date"),
    ("sha256", "SHA-256", "SHA-256", "text"),
)


def client_360(session: Session, client: int | str, as_of: datetime, without: Collection[str] = ()) -> Report:
    """The report of a client, by id, client's key or the key of one of its projects. NotFound.

    without: ids of sections that the reader may not see.
    """
    card = client_card(session, client)
    names = queries.names(session)
    parts = [*_of_card(card, names), *_own(session, card), *_of_book(session, card), *_of_engine(session, card)]
    sections = [_with_names(one, names) for one in parts]
    return Report(
        kind="client_360",
        title=Label("客户全景报告", "Client 360"),
        subject_key=card.party.business_key,
        subject=card.party.legal_name,
        as_of=as_of,
        sections=tuple(one for one in sections if one.id not in without),
    )


def _attributes(one: object, fields: Fields) -> dict[str, Any]:
    return {name: getattr(one, name) for name, *_ in fields}


Words = Mapping[str, tuple[str, str]]


def _in_words(value: Any, words: Words) -> Any:
    """A key or a code as it is called in both languages; one that is not known as it stands."""
    found = words.get(value) if isinstance(value, str) else None
    return {"text": found[0], "text_en": found[1]} if found else value


def _with_names(section: Section, names: Words) -> Section:
    """A table with the house's people by their names."""
    if not isinstance(section, Table):
        return section
    whose = ("owner", "assignee", "by")
    rows = [dict(row) | {at: _in_words(row[at], names) for at in whose if at in row} for row in section.rows]
    return replace(section, rows=tuple(rows))


def _of_card(card: ClientCard, names: Words) -> list[Section]:
    profile = tuple(
        Fact(Label(zh, en), _in_words(getattr(card.party, name), names if name == "owner" else {}), form)
        for name, zh, en, form in PROFILE
        if getattr(card.party, name) is not None
    )
    parts: list[Section] = [Facts("profile", Label("基本信息", "Profile"), profile)]
    for id, title, fields, things in (
        ("people", ("人员", "People"), PEOPLE, card.contacts),
        ("projects", ("项目", "Projects"), PROJECTS, card.projects),
        ("roles", ("项目角色", "Roles"), ROLES, card.roles),
        ("kyc", ("尽职调查", "Know your client"), KYC, card.cases),
        ("credit", ("信用记录", "Credit records"), CREDIT, card.credit),
    ):
        rows = [_attributes(thing, fields) for thing in things]
        parts.append(table_of(id, title, fields, [source_named(row) for row in rows]))
    parts.append(statements_table(card.statements))
    return [*parts, table_of("timeline", ("联系记录", "Contacts"), TALKS, _talks(card))]


def _own(session: Session, card: ClientCard) -> list[Section]:
    """The house's own fields, where something stands in them."""
    values = custom.values_of(session, "party", card.party.id)
    rows = []
    for field in custom.fields_of(session, "party"):
        if field.key not in values:
            continue
        value, form = values[field.key], _FORMS.get(field.type, "text")
        chosen = next((one for one in field.choices if one["value"] == value), None)
        shown = {"text": chosen["label"], "text_en": chosen["label_en"]} if chosen else value
        rows.append(Fact(Label(field.label, field.label_en), shown, form))
    return [Facts("custom", Label("自定义字段", "Custom fields"), tuple(rows))] if rows else []


_FORMS: Mapping[str, Form] = {"number": "number", "date": "date", "yes": "yes"}


def _talks(card: ClientCard) -> list[dict[str, Any]]:
    return [_attributes(one, TALKS) for one in card.interactions[:LINES]]


def source_named(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record as it is read: one that somebody entered (`manual:` and whence) says so in words."""
    kind, _colon, whence = str(row.get("source") or "").partition(":")
    if kind != "manual":
        return row
    return {**row, "source": {"text": f"人工录入 · {whence}", "text_en": f"entered by hand · {whence}"}}


def statements_table(kept: Sequence[Statement]) -> Table:
    """The three latest periods side by side, oldest first, in units of their currency; lines in a statement's order."""
    latest = sorted(kept, key=lambda one: one.period_end)[-3:]
    places = {code: at for at, code in enumerate(code for sheet in SHEETS.values() for code in sheet)}
    codes = sorted({line.code for one in latest for line in one.lines}, key=lambda one: (places.get(one, 99), one))
    named = {line.code: line.label or line.code for one in latest for line in one.lines}
    money: Form = "money"
    periods = [
        (f"p{at}", one.period_end.isoformat(), one.period_end.isoformat(), money) for at, one in enumerate(latest)
    ]
    amounts = [one.amounts() for one in latest]
    rows: list[Mapping[str, Any]] = [
        {"line": named[code], **{f"p{at}": one.get(code) for at, one in enumerate(amounts)}} for code in codes
    ]
    fields: Fields = [("line", "科目", "Line", "code"), *periods]
    return table_of("ratios", ("财务报表", "Financial statements"), fields, rows)


def _of_book(session: Session, card: ClientCard) -> list[Section]:
    id = card.party.id
    tables = book.metadata.tables
    facility, opportunity, complaint = tables["facility"], tables["opportunity"], tables["complaint"]
    plan, need = tables["service_plan"], tables["client_need"]
    files = [_attributes(one, FILES) for one in documents.of_party(session, id) if one.removed_at is None]
    complaints = found(session, complaint, COMPLAINTS, complaint.c.party_id == id, order=complaint.c.id.desc())
    return [
        table_of(
            "facilities",
            ("授信与贷款", "Facilities"),
            FACILITIES,
            found(session, facility, FACILITIES, facility.c.party_id == id, order=facility.c.business_key),
        ),
        table_of(
            "service_plan",
            ("服务方案", "Service plan"),
            PLAN,
            found(session, plan, PLAN, plan.c.party_id == id, plan.c.valid_until.is_(None), order=plan.c.id),
        ),
        table_of(
            "needs",
            ("客户需求", "Needs"),
            NEEDS,
            found(session, need, NEEDS, need.c.party_id == id, need.c.state == "open", order=need.c.id),
        ),
        table_of(
            "opportunities",
            ("商机", "Opportunities"),
            OPPORTUNITIES,
            found(session, opportunity, OPPORTUNITIES, opportunity.c.party_id == id, order=opportunity.c.id.desc()),
        ),
        table_of(
            "complaints",
            ("投诉与建议", "Complaints and suggestions"),
            COMPLAINTS,
            [_settled(one) for one in complaints],
        ),
        table_of("documents", ("文件", "Documents"), FILES, files),
    ]


def _settled(complaint: Mapping[str, Any]) -> Mapping[str, Any]:
    """A closed complaint is settled; of deals the same word says that they are repaid."""
    return {**complaint, "state": "complaint_closed"} if complaint["state"] == "closed" else complaint


def _of_engine(session: Session, card: ClientCard) -> list[Section]:
    """Running cases and open tasks of the client's keys."""
    i = t.instance.c
    mine = i.business_key.in_(card.business_keys)
    called = {one.key: (one.name, one.name_en) for one in queries.process_names(session)}
    cases = [
        row | {"key": _in_words(row["key"], called), "state": _in_words(row["state"], _STATES)}
        for row in found(session, t.instance, _CASES, mine, i.state.in_(tuple(_STATES)), order=i.id.desc())
    ]
    tasks = [
        {
            "name": {"text": one.name, "text_en": one.name_en},
            "assignee": one.assignee or one.team,
            "due_at": one.due_at,
            "business_key": one.business_key,
        }
        for one in work.open_tasks(session, card.business_keys)
    ]
    return [
        table_of("cases", ("进行中的流程", "Running cases"), _CASES, cases),
        table_of("tasks", ("待办任务", "Open tasks"), _TASKS, tasks),
    ]
