"""What the tests' clients say: one good inquiry, and the parts in which others differ."""

from decimal import Decimal
from typing import Any


def inquiry(**changes: Any) -> dict[str, Any]:
    """Fields of form `inquiry` as Wang Min of Huafeng Wind sends them."""
    values: dict[str, Any] = {
        "client_name": "华丰风电(上海)有限公司",
        "reg_no": "91310000607337822J",
        "client_role": "borrower",
        "contact_name": "王敏",
        "contact_title": "财务总监",
        "phone": "138 1234 5678",
        "email": "wang.min@huafeng.example.com",
        "country": "CN",
        "region": "east",
        "sector": "renewable_power",
        "purpose": "new_construction",
        "project_name": "如东海上风电二期",
        "project_stage": "ready_to_build",
        "amount": Decimal("860000000"),
        "currency": "CNY",
        "tenor_months": Decimal(180),
        "equity_pct": Decimal("25"),
        "permits": "complete",
        "has_financials": True,
        "need": "长期项目贷款",
        "source": "website",
        "campaign": "",
        "consent_contact": True,
        "language": "zh",
    }
    return values | changes
