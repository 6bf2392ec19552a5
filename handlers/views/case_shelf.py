"""The case library as a page shows it: searched by words in names, lessons and sectors. Reads only.

What is confidential is found by what may be shown of it alone: its names are neither shown nor searched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from handlers import case_library
from handlers.records import cases
from handlers.records.cases import Case
from handlers.reports.content import Section
from handlers.reports.rows import Fields, table_of
from handlers.reports.vocabulary import word

FACILITIES: Fields = (
    ("name", "名称", "Name", "text"),
    ("type", "类型", "Type", "code"),
    ("amount", "金额", "Amount", "money"),
    ("months", "期限（月）", "Months", "whole"),
    ("grace_months", "宽限（月）", "Grace (months)", "whole"),
    ("profile", "还款方式", "Repayment", "code"),
    ("rate_pct", "利率", "Rate", "percent"),
    ("margin_pct", "利差", "Margin", "percent"),
)
COVENANTS: Fields = (
    ("code", "代码", "Code", "text"),
    ("name", "约束性条款", "Covenant", "text"),
    ("direction", "方向", "Direction", "code"),
    ("default_level", "违约值", "Default level", "ratio"),
    ("lockup_level", "锁定值", "Lock-up level", "ratio"),
)
COLLATERAL: Fields = (
    ("type", "类型", "Type", "code"),
    ("description", "押品", "Security", "text"),
    ("haircut_pct", "折扣", "Haircut", "percent"),
    ("rank", "顺位", "Rank", "whole"),
)
CONDITIONS: Fields = (
    ("text", "先决条件", "Condition", "text"),
    ("phase", "阶段", "When", "code"),
    ("owner_group", "责任部门", "Team", "code"),
)


def search(session: Session, text: str, chosen: Mapping[str, str], *, open_names: bool) -> list[dict[str, Any]]:
    """Closed projects, the latest first; every word of the text has to be found in what may be shown of them."""
    wanted = text.lower().split()
    found = []
    for case in cases.library(session):
        shown = case_library.shown(case, open_names)
        if any(shown.get(name) != value for name, value in chosen.items()):
            continue
        words = (shown["key"], shown["name"], shown["client_name"], shown["lessons"], *_both(case.sector, case.outcome))
        told = " ".join(str(one) for one in words if one).lower()
        if all(word in told for word in wanted):
            found.append(shown)
    return sorted(found, key=lambda one: one["closed_on"], reverse=True)


def _both(*codes: str | None) -> list[str]:
    return [word(code, tongue) for code in codes if code for tongue in ("zh", "en")]


def numbers(session: Session) -> dict[str, dict[str, int]]:
    """Filter -> value -> how many, most first."""
    library = cases.library(session)
    return {
        "sector": dict(Counter(one.sector for one in library if one.sector).most_common()),
        "outcome": dict(Counter(one.outcome for one in library).most_common()),
    }


def structure(case: Mapping[str, Any]) -> list[Section]:
    """The plan that was carried out, part by part; parts that are empty are left out."""
    parts = (
        ("facilities", ("授信与贷款", "Facilities"), FACILITIES),
        ("covenants", ("约束性条款", "Covenants"), COVENANTS),
        ("collateral", ("押品", "Security"), COLLATERAL),
        ("conditions", ("先决条件", "Conditions precedent"), CONDITIONS),
    )
    kept = case["structure"] or {}
    return [table_of(id, title, fields, list(kept[id])) for id, title, fields in parts if kept.get(id)]


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """What may be shown outside: `cases`, the last closed first; `good`: how many were repaid; `volume` by currency and
    `sectors` of these cases alone."""

    cases: tuple[Case, ...]
    good: int
    volume: Mapping[str, Decimal]
    sectors: Mapping[str, int]


def track_record(session: Session) -> TrackRecord:
    """The closed projects that their clients let us show: nothing of the others is counted."""
    shown = cases.library(session, released=True)
    volume: dict[str, Decimal] = {}
    for one in shown:
        if one.amount is not None:
            volume[one.currency] = volume.get(one.currency, Decimal(0)) + one.amount
    sectors = Counter(one.sector for one in shown if one.sector)
    return TrackRecord(shown, sum(one.outcome in cases.GOOD for one in shown), volume, dict(sectors.most_common()))
