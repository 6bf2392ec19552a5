"""One row of an inquiry file: read, checked, and named by what it is about. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handlers import names
from handlers.inquiries import values
from handlers.inquiries.columns import COLUMNS, Layout
from handlers.inquiries.sheets import Cell, Formula
from handlers.inquiries.values import Unclear

DEFAULTS: Mapping[str, Any] = {
    "client_role": "borrower",
    "country": "CN",
    "currency": "CNY",
    "source": "import",
    "consent_contact": False,
    "language": "zh",
}

LONGEST_TEXT = 2000
LARGEST_AMOUNT = Decimal(10) ** 13


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row was refused, by field (`row`: as a whole); the texts stand behind the field's name."""

    field: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A row as understood: the message's variables, or the reasons against it."""

    values: Mapping[str, Any]
    reasons: tuple[Reason, ...]

    @property
    def identity(self) -> str:
        """Stable over files and writings: the client, the project, the role, the amount. What is sent once."""
        parts = [
            names.name_key(str(self.values["client_name"])),
            names.bracketed(str(self.values["client_name"])),
            names.name_key(str(self.values.get("project_name") or "")),
            str(self.values["client_role"]),
            format(Decimal(self.values["amount"]).normalize(), "f"),
            str(self.values["currency"]),
        ]
        return "inquiry-row:" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]

    @property
    def matter(self) -> tuple[str, str, str] | None:
        """Registration number, project and amount: the same matter under another writing of the client's name."""
        if not self.values.get("reg_no"):
            return None
        project = names.name_key(str(self.values.get("project_name") or ""))
        return str(self.values["reg_no"]), project, format(Decimal(self.values["amount"]).normalize(), "f")


def read(cells: Sequence[Cell], layout: Layout) -> Reading:
    """Read a row's cells by the layout; every fault of the row is told, not only the first."""
    found: dict[str, Any] = {}
    reasons: list[Reason] = []
    for column in COLUMNS:
        place = layout.places.get(column.field)
        cell = cells[place] if place is not None and place < len(cells) else None
        if isinstance(cell, Formula):
            reasons.append(Reason(column.field, "此处是公式，请粘贴为数值", "a formula stands here; paste its value"))
            continue
        try:
            if column.field == "amount":
                found["amount"], named = values.amount(cell, layout.amount_unit)
                found.update({"currency": named} if named else {})
            else:
                value = column.read(cell)
                if column.field != "currency" or value is not None:
                    _put(found, column.field, value, reasons)
        except Unclear as fault:
            reasons.append(Reason(column.field, fault.zh, fault.en))
    filled = {name: value for name, value in found.items() if value is not None}
    complete = dict(DEFAULTS) | filled
    faulty = {reason.field for reason in reasons}
    reasons += [reason for reason in _faults(complete) if reason.field not in faulty]
    return Reading(complete, tuple(reasons))


def _put(found: dict[str, Any], field: str, value: Any, reasons: list[Reason]) -> None:
    """Keep a value; a currency column that contradicts the amount's own is a fault."""
    if field == "currency" and found.get("currency") not in (None, value):
        zh, en = (
            f"金额写明 {found['currency']}，币种列为 {value}",
            f"the amount says {found['currency']}, the column {value}",
        )
        reasons.append(Reason("currency", zh, en))
        return
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        reasons.append(Reason(field, f"超过 {LONGEST_TEXT} 字", f"longer than {LONGEST_TEXT} characters"))
        return
    found[field] = value


_NEEDED = ("client_name", "contact_name", "sector", "purpose", "amount")


def _missing(field: str) -> Reason:
    return Reason(field, "未填写", "is missing")


def _faults(complete: Mapping[str, Any]) -> list[Reason]:
    """What the row lacks or has out of range."""
    faults = [_missing(field) for field in _NEEDED if complete.get(field) is None]
    if complete.get("phone") is None and complete.get("email") is None:
        faults.append(Reason("phone", "电话和邮箱至少填一项", "a telephone number or a mail address is needed"))
    if complete.get("project_name") is None and complete["client_role"] != "investor":
        faults.append(_missing("project_name"))
    if complete.get("reg_no") is None and complete["country"] == "CN" and complete["client_role"] != "investor":
        faults.append(_missing("reg_no"))
    amount = complete.get("amount")
    if amount is not None and amount <= 0:
        faults.append(
            Reason("amount", f"金额应大于零，现为 {amount:,f}", f"the amount must be above nought: {amount:,f}")
        )
    if amount is not None and amount > LARGEST_AMOUNT:
        faults.append(
            Reason("amount", f"金额 {amount:,f} 过大，请检查单位", f"{amount:,f} is too large; check the unit")
        )
    return faults
