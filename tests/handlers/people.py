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


def profile(**changes: Any) -> dict[str, Any]:
    """Fields of form `client_profile`, complete and without a fault."""
    figures = {
        "audited": True,
        "currency": "CNY",
        "total_assets": Decimal(1_000_000_000),
        "current_assets": Decimal(180_000_000),
        "total_liabilities": Decimal(650_000_000),
        "current_liabilities": Decimal(120_000_000),
        "equity": Decimal(350_000_000),
        "revenue": Decimal(400_000_000),
    }
    values: dict[str, Any] = {
        "client_name": "华丰风电(上海)有限公司",
        "reg_no": "91310000607337822J",
        "legal_rep": "钱进",
        "address": "上海市浦东新区张江路 88 号",
        "founded": "2012-05-06",
        "registered_capital": Decimal(300_000_000),
        "industry": "电力",
        "ownership_type": "private",
        "website": "https://huafeng.example.com",
        "people": [
            {"name": "钱进", "title": "董事长", "role": "legal_rep", "birthday": "1970-02-28", "pep": True},
            {"name": "王敏", "title": "财务总监", "role": "finance", "mobile": "13812345678", "consent": True},
        ],
        "ownership": [
            {"owner": "华丰集团", "owned": "华丰风电(上海)有限公司", "pct": Decimal(70), "control": "shares"},
            {"owner": "李明", "owned": "华丰风电(上海)有限公司", "pct": Decimal(30), "control": "shares"},
        ],
        "roles": [{"party_name": "华丰集团", "role": "sponsor", "share_pct": Decimal(70)}],
        "project_name": "如东海上风电二期",
        "sector": "renewable_power",
        "location": "江苏省南通市如东县",
        "capex": Decimal(1_150_000_000),
        "contingency_pct": Decimal(5),
        "equity_pct": Decimal(25),
        "project_stage": "ready_to_build",
        "offtake_type": "ppa_longterm",
        "offtaker": "国网江苏",
        "offtake_expiry": "2047-06-30",
        "cod_planned": "2027-06-30",
        "expected_irr_pct": Decimal("9.5"),
        "permits": "complete",
        "sponsor_record": "three_plus",
        "statements": [{"period": str(year)} | figures for year in (2023, 2024, 2025)],
        "credit_authorised": True,
        "credit_authorised_at": "2026-03-01",
        "profile_complete": True,
    }
    return values | changes
