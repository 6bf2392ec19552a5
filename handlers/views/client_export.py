"""The list of clients as a file. Law: who took how many, and by what they looked, stands in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from sqlalchemy.orm import Session

from engine import audit
from handlers.records import custom
from handlers.records.changes import Stamp
from handlers.reports.content import Form, Label, Report, Table, shown
from handlers.reports.rows import Fields, table_of
from handlers.views import client_list
from handlers.views.client_list import Wanted

MOST = 20_000
"""Rows of one file."""
_FIELDS: Fields = (
    ("business_key", "客户编号", "Client key", "text"),
    ("legal_name", "名称", "Name", "text"),
    ("kind", "类型", "Kind", "code"),
    ("reg_no", "统一社会信用代码", "Registration number", "text"),
    ("lifecycle_stage", "阶段", "Stage", "code"),
    ("roles", "角色", "Roles", "code"),
    ("tier", "客户等级", "Tier", "text"),
    ("owner", "客户经理", "Relationship manager", "text"),
    ("region", "区域", "Region", "code"),
    ("industry", "行业", "Industry", "text"),
    ("owed", "贷款余额", "Outstanding", "text"),
    ("last_contact", "最近联系", "Last contact", "date"),
    ("created_at", "建档", "Entered", "date"),
)
_SECRET: Fields = (
    ("risk_rating", "风险等级", "Risk rating", "whole"),
    ("next_review", "下次复核", "Next review", "date"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def listed(session: Session, wanted: Wanted, stamp: Stamp, *, secrets: bool) -> Report:
    """All that is wanted, up to `MOST` rows; with what due diligence found where `secrets` is set."""
    rows = client_list.clients(session, wanted, size=MOST)
    own = custom.fields_of(session, "party")
    forms: dict[str, Form] = {"number": "number", "date": "date", "yes": "yes"}
    fields: Fields = [
        *_FIELDS,
        *(_SECRET if secrets else ()),
        *((f"c_{one.key}", one.label, one.label_en, forms.get(one.type, "text")) for one in own),
    ]
    table = table_of("clients", ("客户", "Clients"), fields, [_row(one) for one in rows])
    asked = {"text": bool(wanted.text), "filters": dict(wanted.chosen), "rows": len(rows)}
    audit.append(session, "clients", stamp.by, "clients_exported", asked)
    title = Label("客户清单", "Clients")
    return Report("clients", title, "", "", stamp.at, (table,))


def _row(one: client_list.ClientLine) -> dict[str, Any]:
    row = {name: getattr(one, name) for name, *_ in (*_FIELDS, *_SECRET)}
    row["roles"] = list(one.roles)
    row["owed"] = [f"{amount:,.2f} {currency}" for currency, amount in one.owed.items()]
    return row | {f"c_{key}": value for key, value in one.own.items()}


def plain_rows(table: Table, language: str, zone: tzinfo) -> Iterator[list[str]]:
    """The rows as texts; what a spreadsheet program would take for a formula is made a text (OWASP, CSV injection)."""
    for row in table.rows:
        texts = [_text(row.get(one.key), one.form, language, zone) for one in table.columns]
        yield [f"'{text}" if text.startswith(_FORMULA) else text for text in texts]


def _text(value: Any, form: Form, language: str, zone: tzinfo) -> str:
    return "" if value in (None, "", []) else shown(value, form, language, zone)
