"""A house that runs the shipped packages for real: a few people, real handlers, outside sources as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

import sqlalchemy as sa

from engine import api
from engine.settings import load
from engine.store import tables as t
from tests import databases
from tests.bpmn.furnished import FurnishedHouse, deploy, move_in
from tests.house import MovableClock

PACKAGES = ("kyc_onboarding", "client_intake")
"""What is deployed, called processes first."""
KEY = "PJ-2026-0001"
COMPANY = "江南绿源新能源有限公司"
REG_NO = "91320900MA1MUQ3G0X"

PEOPLE: Mapping[str, tuple[str, ...]] = {
    "li": ("rm", "rm_power"), "wang": ("rm", "rm_power", "rm_east"), "he": ("rm", "rm_south"), "zhao": ("rm_head",),
    "sun": ("compliance",), "zhou": ("compliance", "compliance_head"), "qian": ("data_steward",),
    "wu": ("investor_relations",), "ma": ("marketing",),
}  # fmt: skip
"""Who lives here and in which teams."""

INQUIRY: Mapping[str, Any] = {
    "client_name": COMPANY, "reg_no": REG_NO, "client_role": "borrower", "contact_name": "陈晓",
    "phone": "13800138000", "email": "chen@example.org", "country": "CN", "region": "east",
    "sector": "renewable_power", "purpose": "new_construction", "project_name": "盐城 200MW 渔光互补项目",
    "project_stage": "ready_to_build", "amount": 680_000_000, "currency": "CNY", "tenor_months": 180,
    "equity_pct": 30, "permits": "complete", "has_financials": True, "source": "website", "consent_contact": True,
    "language": "zh",
}  # fmt: skip
CONTACT: Mapping[str, Any] = {
    "contact_date": "2026-03-02", "contact_channel": "phone", "contact_person": "陈晓", "consent_contact": True,
    "need": "项目贷款 6.8 亿元", "expected_close": "2026-09-30", "contact_outcome": "proceed", "collection_mode": "rm",
}  # fmt: skip
PROFILE: Mapping[str, Any] = {
    "client_name": COMPANY, "reg_no": REG_NO, "legal_rep": "林海", "address": "江苏省盐城市亭湖区",
    "founded": "2016-05-18", "registered_capital": "200000000", "ownership_type": "private",
    "people": [
        {"name": "林海", "title": "董事长", "role": "legal_rep", "mobile": "13900139000", "birthday": "1975-03-02",
         "birthday_calendar": "solar", "pep": False, "consent": True},
    ],
    "ownership": [
        {"owner": "林海", "owned": COMPANY, "pct": "60", "control": "shares"},
        {"owner": "何青", "owned": COMPANY, "pct": "40", "control": "shares"},
    ],
    "roles": [{"party_name": "江苏电网公司", "role": "offtaker"}],
    "project_name": "盐城 200MW 渔光互补项目", "sector": "renewable_power", "location": "江苏盐城",
    "amount": "680000000", "capex": "980000000", "equity_pct": "30", "project_stage": "ready_to_build",
    "permits": "complete", "offtake_type": "ppa_longterm", "offtaker": "江苏电网公司", "offtake_expiry": "2046-12-31",
    "cod_planned": "2027-06-30", "expected_irr_pct": "8.2", "sponsor_record": "three_plus",
    "statements": [
        {"period": year, "currency": "CNY", "audited": True, "total_assets": assets, "current_assets": "90000000",
         "total_liabilities": debts, "current_liabilities": "60000000", "equity": own, "revenue": "150000000",
         "net_profit": "30000000", "cash_opening": start, "cash_change": "5000000", "cash_closing": end}
        for year, assets, debts, own, start, end in (
            ("2023", "300000000", "180000000", "120000000", "10000000", "15000000"),
            ("2024", "320000000", "190000000", "130000000", "15000000", "20000000"),
            ("2025", "350000000", "205000000", "145000000", "20000000", "25000000"),
        )
    ],
    "credit_authorised": True, "credit_authorised_at": "2026-03-02", "profile_complete": True,
}  # fmt: skip
VERIFIED: Mapping[str, Any] = {
    **{f"verified_{section}": "yes" for section in ("basic", "people", "ownership", "project", "statements")},
    "verification_evidence": [{"section": "basic", "evidence": "营业执照原件", "comment": ""}],
    "verification_outcome": "pass",
}
KYC: Mapping[str, Any] = {
    "documents": [{"kind": "licence", "number": "1", "expiry": "2036-01-01"}],
    "source_of_funds": "经营收入", "ubo_confirmed": "yes", "kyc_rating": 2, "kyc_decision": "approve",
}  # fmt: skip
REVIEW: Mapping[str, Any] = {
    "review_decision": "approve", "review_priority": "high", "review_remarks": "合同期限长,发起人业绩良好。",
}  # fmt: skip


@dataclass
class IntakeHouse(FurnishedHouse):
    """A house with the shipped packages deployed and outside sources that the test commands."""

    def inquire(self, key: str = KEY, **changes: object) -> api.Delivery:
        """An inquiry comes in and everything automatic is done."""
        delivery = self.message("inquiry_received", key, variables={**INQUIRY, **changes})
        self.work()
        return delivery

    def letters(self) -> list[str]:
        """Templates of the letters to the client, oldest first."""
        rows = self.rows(t.outbox, t.outbox.c.recipient == INQUIRY["email"])
        return [str(row["template"]) for row in sorted(rows, key=lambda row: row["id"])]


def furnish(folder: Path, server: str | None = None) -> str:
    """Make the database of a house: its people are in, the packages of intake are deployed. Returns its address.

    A SQLite file in the folder, or with a PostgreSQL server's address a database there.
    """
    url = f"sqlite:///{folder / 'intake.db'}" if server is None else databases.create(server)
    runtime = api.open_engine(load(database_url=url, data_dir=folder), MovableClock())
    api.migrate(runtime)
    with runtime.transaction() as session:
        move_in(session, PEOPLE)
    deploy(runtime, PACKAGES)
    runtime.database.dispose()
    return url


def _copied(furnished: str, folder: Path) -> str:
    made = sa.make_url(furnished)
    assert made.database is not None
    if made.get_backend_name() != "sqlite":
        server = made.set(database="postgres").render_as_string(hide_password=False)
        return databases.create(server, made.database)
    for file in Path(made.database).parent.glob("intake.db*"):
        copy(file, folder)
    return f"sqlite:///{folder / 'intake.db'}"


def enter(furnished: str, folder: Path) -> IntakeHouse:
    """A house of one's own: a copy of the furnished one."""
    clock = MovableClock()
    runtime = api.open_engine(load(database_url=_copied(furnished, folder), data_dir=folder), clock)
    house = IntakeHouse(runtime, clock, folder=folder)
    house.source("registry", companies={REG_NO: {"legal_name": COMPANY, "legal_rep": "林海", "state": "active"}})
    house.source("sanctions", entries=[{"list": "TEST", "kind": "person", "names": ["Nobody At All"]}])
    return house
