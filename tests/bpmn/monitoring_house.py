"""A house that looks after its facilities for real: their packages, real handlers, a small group of clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine import api
from engine.settings import load
from engine.store import tables as t
from handlers.records import facilities, parties, projects, security
from handlers.records.changes import Stamp
from tests.bpmn.furnished import FurnishedHouse, copied, deploy, move_in
from tests.bpmn.packages import FOLDER
from tests.house import MONDAY, SHANGHAI, MovableClock

TABLES = (("credit_evaluation", "change_materiality.dmn"), ("facility_execution", "execution_rules.dmn"))
"""What amendments ask of other packages."""
PACKAGES = (
    "kyc_onboarding", "committee_vote", "covenant_monitoring", "early_warning", "kyc_refresh", "risk_item",
    "topup_waiver_restructure", "collateral_revaluation",
)  # fmt: skip
PEOPLE: Mapping[str, tuple[str, ...]] = {
    "li": ("rm",), "zhao": ("rm_head",), "sun": ("compliance",), "zhou": ("compliance_head",),
    "tang": ("risk_officer", "monitor"), "rao": ("risk_officer",), "gu": ("collateral_officer",),
    "an": ("collateral_officer",), "dong": ("loan_ops",), "qian": ("data_steward",), "mei": ("committee_secretary",),
    "shen": ("approver",), "ke": ("committee_member",), "luo": ("committee_member",), "yin": ("committee_member",),
}  # fmt: skip
CLIENT, SISTER, PROJECT = "CL-2026-0001", "CL-2026-0002", "PJ-2026-0001"
FA, OTHER, TEST = "FA-2026-0001", "FA-2026-0002", "TD-FA-2026-0001-2026Q1"
EMAIL = "chen@example.org"
STAMP = Stamp(MONDAY, "test", "manual")
SECURITY = (("电站", "equipment", 400, 40), ("土地", "land_building", 300, 30), ("应收", "receivables", 200, 20),
            ("存单", "deposit", 50, 0))  # fmt: skip
"""The domain model's worked example T21: 660 after haircuts, 55.00 short of 1.10 of an exposure of 650."""


def certificate(cfads: int, **changes: object) -> dict[str, Any]:
    """Form `compliance_certificate` with that CFADS over a debt service of 100."""
    figures = {
        "currency": "CNY", "total_assets": "1000", "total_liabilities": "600", "equity": "400",
        "ebitda": str(cfads + 30), "interest_expense": "40", "tax": "10", "working_capital_increase": "10",
        "maintenance_capex": "10", "scheduled_principal": "60",
    }  # fmt: skip
    signed = {"certificate_no_default": "yes", "certificate_signed_by": "陈晓", "certificate_signed_on": "2026-04-20"}
    return {"statements": [figures], **signed, **changes}


@dataclass
class MonitoringHouse(FurnishedHouse):
    """A house with the packages of monitoring deployed."""

    def tell(self, name: str, key: str, **variables: object) -> api.Delivery:
        """A message and what follows."""
        delivery = self.message(name, key, variables=variables)
        self.work()
        return delivery

    def morning(self, day: date) -> None:
        """Nine in the morning of a day, when what its timers begin is done."""
        self.clock.at = datetime.combine(day, time(9), SHANGHAI)
        self.work()

    def keys_of(self, process: str) -> list[str]:
        """Business keys of a process's instances, oldest first; those of the house as a whole have none."""
        rows = sorted(self.rows(t.instance, t.instance.c.key == process), key=lambda row: int(row["id"]))
        return [str(row["business_key"]) for row in rows if row["business_key"]]

    def letters(self, recipient: str = EMAIL) -> list[str]:
        """Templates of what was written to somebody, oldest first."""
        rows = self.rows(t.outbox, t.outbox.c.recipient == recipient)
        return [str(row["template"]) for row in sorted(rows, key=lambda row: int(row["id"]))]

    def reach_test_date(self) -> api.Delivery:
        """The first test date of the facility comes."""
        return self.tell(
            "covenant_test_due", TEST, facility_key=FA, project_key=PROJECT, test_date=date(2026, 3, 31),
            period_start=date(2026, 1, 1), period_end=date(2026, 3, 31), certificate_due=date(2026, 5, 15),
        )  # fmt: skip


def furnish(folder: Path) -> str:
    """Make the database of the house: people, packages, a group of two clients with a facility each."""
    url = f"sqlite:///{folder / 'monitoring.db'}"
    runtime = api.open_engine(load(database_url=url, data_dir=folder), MovableClock())
    api.migrate(runtime)
    with runtime.transaction() as session:
        move_in(session, PEOPLE)
        told = {"owner": "li", "country": "CN", "ownership_type": "private"}
        client = parties.create(session, {"legal_name": "江南绿源新能源有限公司", **told}, STAMP, 2026)
        sister = parties.create(session, {"legal_name": "江北绿源风电有限公司", **told}, STAMP, 2026)
        parties.change(session, sister.id, {"group_id": client.id}, STAMP)
        parties.add_contact(session, client.id, {"name": "陈晓", "email": EMAIL, "consent": False}, STAMP)
        for party, name in ((client, "盐城渔光互补项目"), (sister, "如东风电项目")):
            project = projects.create(session, {"name": name, "stage": "operation", "owner": "li"}, STAMP, 2026)
            terms = {"name": f"{name}贷款", "type": "term", "currency": "CNY", "amount": Decimal(1000), "months": 60,
                     "profile": "level", "rate_pct": Decimal(6), "signed_on": date(2025, 3, 2)}  # fmt: skip
            made = facilities.open_(session, project.id, party.id, terms, STAMP, 2026)
            facilities.draw(session, made.id, Decimal(650), STAMP)
            facilities.enter(session, made.id, "operational", STAMP)
            for code, metric, direction, default, lock in (
                ("DSCR", "dscr", "min", "1.05", "1.15"), ("GEAR", "liabilities_assets", "max", "0.80", "0.75"),
            ):  # fmt: skip
                row = {"code": code, "name": code, "kind": "financial", "metric": metric, "direction": direction,
                       "default_level": Decimal(default), "lockup_level": Decimal(lock), "watch_pct": Decimal(10),
                       "frequency": "quarterly", "cure_days": 30, "look": "back"}  # fmt: skip
                facilities.add_covenant(session, made.id, row, STAMP)
            for what, kind, value, haircut in SECURITY if party is client else ():
                item = {"description": what, "type": kind, "value": Decimal(value), "haircut_pct": Decimal(haircut),
                        "currency": "CNY", "valued_at": date(2026, 1, 15)}  # fmt: skip
                security.add(session, project.id, item, STAMP)
        for package, table in TABLES:
            api.deploy(session, api.SYSTEM, package, {table: (FOLDER / package / table).read_bytes()})
    deploy(runtime, PACKAGES)
    runtime.database.dispose()
    return url


def enter(furnished: str, folder: Path) -> MonitoringHouse:
    """A house of one's own: a copy of the furnished one."""
    clock = MovableClock()
    runtime = api.open_engine(load(database_url=copied(furnished, folder), data_dir=folder), clock)
    house = MonitoringHouse(runtime, clock, folder=folder)
    house.source("sanctions", entries=[{"list": "TEST", "kind": "person", "names": ["Nobody At All"]}])
    return house
