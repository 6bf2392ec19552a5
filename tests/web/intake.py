"""The real intake package, as it stands in bpmn/, and an inquiry that its form accepts."""

from __future__ import annotations

from typing import Any

from engine import api, identity, watcher
from handlers import demo
from tests.house import House
from tests.paths import ROOT

PACKAGES = ("kyc_onboarding", "client_intake")
INQUIRY: dict[str, Any] = {
    "client_name": "宁夏盐池光伏发电有限公司",
    "reg_no": "91640323MA76B1C2DY",
    "client_role": "borrower",
    "contact_name": "陈晓",
    "contact_title": "财务总监",
    "phone": "13800138001",
    "email": "chenxiao@example.com",
    "country": "CN",
    "region": "northwest",
    "sector": "renewable_power",
    "purpose": "new_construction",
    "project_name": "盐池 100MW 光伏电站",
    "project_stage": "ready_to_build",
    "amount": "425000000.00",
    "currency": "CNY",
    "tenor_months": 180,
    "equity_pct": "25",
    "permits": "complete",
    "has_financials": True,
    "consent_contact": True,
}


def deploy(house: House) -> None:
    """Deploy P1 with its called process, and the teams that it names."""
    with house.writing() as session:
        for team in demo.TEAMS:
            identity.add_team(session, team.id, team.name, team.name_en, lead=team.lead)
        for person in ("li", "wang"):
            identity.add_member(session, "rm_power", person)
    outcomes = [watcher.deploy_folder(house.runtime, ROOT / "bpmn" / key, api.SYSTEM) for key in PACKAGES]
    refused = [fault.text("en") for one in outcomes if one.deployed is None for fault in one.faults]
    assert not refused, refused
