"""Clients from all sides, a project, the pipeline, the case library, the care of the data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from handlers.records import cases, custom, kyc, parties, projects, requests, training
from handlers.records.changes import Stamp
from handlers.records.kyc import Edge

if TYPE_CHECKING:
    from tests.browser.gallery import Gallery


def furnish(shown: Gallery) -> dict[str, str]:
    """A client with owners, own fields and a change that waits; two closed projects; two entries of one name."""
    house = shown.house
    with house.writing() as session:
        stamp = Stamp(house.clock(), "li", "interview")
        project = projects.get(session, "PJ-2026-0001")
        [role, *_more] = projects.roles_of(session, project_id=project.id)
        party = parties.get(session, role.party_id)
        custom.define(session, "party", "bank", "text", "主办银行", "House bank", stamp)
        choices = [
            {"value": "a", "label": "一类", "label_en": "First"},
            {"value": "b", "label": "二类", "label_en": "Second"},
        ]
        custom.define(session, "party", "class", "choice", "客户分类", "Class", stamp, choices=choices)
        custom.put(session, "party", party.id, {"bank": "中国银行", "class": "a"}, stamp)
        parties.verify(session, party.id, Stamp(house.clock(), "sun", "verification"), "营业执照")
        requests.propose(session, party.id, {"legal_rep": "林海青"}, stamp)
        name = party.legal_name
        owners = [
            Edge("宁夏能源集团", name, "60%"),
            Edge("林海", name, "2/5", "person"),
            Edge("自治区国资委", "宁夏能源集团", "100%", "state"),
        ]
        kyc.set_ownership(session, party.id, owners, stamp)
        parties.create(session, {"legal_name": f"{name}公司"}, stamp, 2026)
        for person, lesson, zh, en in (
            ("admin", "kyc", "尽职调查", "Due diligence"),
            ("li", "inbox", "收件箱", "Inbox"),
        ):
            training.assign(session, person, lesson, zh, en, date(2026, 1, 30), stamp)
        for number, outcome in ((1, "repaid"), (2, "restructured")):
            cases.archive(session, f"CA-2024-000{number}", _closed(number, outcome), stamp)
    client = f"/clients/{party.business_key}"
    deal = f"/projects/{project.business_key}"
    pages = {"client": client, "project": deal, "clients": "/clients", "pipeline": "/pipeline", "library": "/library"}
    pages |= {"team-news": "/team-news", "leads": "/leads", "leads-features": "/leads/features"}
    pages |= {"track-record": "/library/track-record", "training": "/team-training"}
    sides = ("contacts", "business", "finance", "ownership", "service", "files", "data")
    pages |= {f"client-{side}": f"{client}/{side}" for side in sides}
    tabs = ("deal", "building", "judged", "rules", "cases", "files", "like")
    pages |= {f"project-{side}": f"{deal}/{side}" for side in tabs}
    pages["project-rules"] = f"/projects/{shown.key_of(shown.case)}/rules"
    pages |= {"pipeline-move": f"/pipeline/{project.business_key}/to/evaluation", "data-quality": "/data-quality"}
    return pages | {"library-like": f"/library?like={project.business_key}"}


def _closed(number: int, outcome: str) -> dict[str, object]:
    facility = {"name": "项目贷款", "type": "term", "amount": "300000000", "months": 180, "profile": "sculpted"}
    return {
        "name": f"青海光伏 {number} 期",
        "client_name": "青海新能源有限公司",
        "sector": "renewable_power",
        "country": "CN",
        "currency": "CNY",
        "amount": Decimal(300_000_000),
        "tenor_months": 180,
        "equity_pct": Decimal(25),
        "offtake_type": "ppa_longterm",
        "structure": {"facilities": [facility]},
        "outcome": outcome,
        "lessons": "电网接入晚于计划，提款期应留六个月余量。",
        "confidential": number == 2,
        "release_consent": number == 1,
        "closed_on": date(2025, 6, 30),
    }
