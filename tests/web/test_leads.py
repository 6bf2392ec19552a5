"""Leads are ranked on a page by closed cases and the weights of the deployed table; too few cases rank nobody."""

from __future__ import annotations

from collections.abc import Callable

from engine import api
from handlers.records import inquiries, parties, projects
from handlers.records.changes import Stamp
from tests.house import House
from tests.paths import ROOT
from tests.web.conftest import Visitor

WHO = Callable[[str], Visitor]
TABLE = ROOT / "bpmn/high_potential/high_potential_weights.dmn"


def matter(session: object, stamp: Stamp, name: str, sector: str, outcome: str, stage: str) -> None:
    values = {"kind": "company", "legal_name": name, "lifecycle_stage": stage}
    party = parties.create(session, values, stamp, 2025)  # type: ignore[arg-type]
    project = projects.create(session, {"name": name, "sector": sector}, stamp, 2025)  # type: ignore[arg-type]
    told = {"business_key": project.business_key, "party_id": party.id, "project_id": project.id,
            "client_role": "borrower", "campaign": None, "content": {}}  # fmt: skip
    inquiries.create(session, told, stamp)  # type: ignore[arg-type]
    inquiries.close(session, project.business_key, outcome, stamp)  # type: ignore[arg-type]


def closed(house: House, first: int, last: int) -> None:
    """Past cases: power mostly won, mining mostly lost."""
    with house.writing() as session:
        stamp = Stamp(house.clock(), "tests", "tests")
        for at in range(first, last):
            good = at % 2 == 0
            sector = "renewable_power" if good != (at % 10 >= 8) else "mining"
            matter(session, stamp, f"往年客户 {at}", sector, "approved" if good else "declined", "client")


def test_the_page_ranks_leads_by_past_cases_and_the_weights_of_the_table(house: House, visitor: WHO) -> None:
    closed(house, 0, 47)
    with house.writing() as session:
        stamp = Stamp(house.clock(), "tests", "tests")
        matter(session, stamp, "黑石矿业", "mining", "not_pursued", "lead")
        matter(session, stamp, "晴川光伏", "renewable_power", "not_pursued", "lead")
    root = visitor("root")
    few = root.get("/leads").get_data(as_text=True)
    assert "已结案件不足" in few and "晴川光伏" not in few
    closed(house, 47, 60)
    page = root.get("/leads").get_data(as_text=True)
    assert page.index("晴川光伏") < page.index("黑石矿业") and "由 62 件已结案件" in page
    told = root.get("/leads/features").get_data(as_text=True)
    assert told.index("行业") < told.index("区域") and "权重 1" in told and "样本 62" in told
    turned = TABLE.read_text(encoding="utf-8")
    place = '_sector_out_weight">\n          <text>1<'
    assert turned.count(place) == 1
    with house.writing() as session:
        files = {"high_potential_weights.dmn": turned.replace(place, place[:-2] + "-1<").encode()}
        api.deploy(session, api.SYSTEM, "weights", files)
    page = root.get("/leads").get_data(as_text=True)
    assert page.index("黑石矿业") < page.index("晴川光伏")
    assert "权重 -1" in root.get("/leads/features").get_data(as_text=True)
