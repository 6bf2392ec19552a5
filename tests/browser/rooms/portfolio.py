"""Deals in figures: an evaluation carried to its second plan, a loan being repaid with all that is watched of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from engine import api
from handlers import demo, documents
from handlers.records import (
    conditions,
    covenants,
    disclosure,
    draws,
    facilities,
    kyc,
    ledger,
    limits,
    monitoring,
    parties,
    projects,
    repayments,
    security,
)
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from handlers.records.facilities import Facility
from handlers.records.ledger import Entry
from handlers.records.limits import Movement
from tests.bpmn.credit_house import CASE, LOAN, MODEL, PLAN, REPORT, SCREENING

if TYPE_CHECKING:
    from tests.browser.gallery import Gallery

FIRM = {"kind": "company", "legal_name": "盐城绿源新能源有限公司", "owner": "li"}
PLANNED = "PJ-2026-0801"
MILLION = 1_000_000
INVESTOR, HELD = "ir@huaxia.example", "如东海上风电二期"
TODAY = date(2026, 3, 2)
CONDITIONS = (
    ("取得并网批复", "Grid connection approved", "rm", "initial", -10),
    ("保险单正本", "Insurance policies", "legal", "initial", -5),
    ("资本金到位证明", "Proof of paid-in capital", "loan_ops", "initial", -2),
    ("每次提款发票", "Invoices of each draw", "loan_ops", "each", 30),
    ("环评验收", "Environmental acceptance", "es_officer", "subsequent", 90),
)


def furnish(shown: Gallery) -> dict[str, str]:
    """Name -> address of the pages."""
    evaluated(shown)
    key = financed(shown)
    held(shown)
    return {
        "portal-in": "/portal/in",
        "facilities": "/facilities",
        "facility": f"/facilities/{key}",
        "conditions": "/conditions",
        "conditions-all": "/conditions?state=all",
        "monitoring": "/monitoring",
        "exposures": "/exposures",
        "exposures-client": "/exposures?by=client",
        "plans": "/plans",
        "plan": f"/plans/{PLANNED}/1",
        "plan-compare": f"/plans/{PLANNED}/compare",
    }


def evaluated(shown: Gallery) -> None:
    """A project whose two plans ask for too much debt, so that the plan task is open anew."""
    house = shown.house
    with house.writing() as session:
        stamp = Stamp(house.clock(), "li", "demo")
        client = parties.create(session, FIRM, stamp, 2026)
        facts = {
            "name": "盐城渔光互补项目", "sector": "renewable_power", "owner": "li", "tenor_months": 96,
            "amount": Decimal(CASE["amount"]), "capex": Decimal(str(MODEL["capex"])), "sponsor_record": "three_plus",
            "offtake_type": "ppa_longterm",
        }  # fmt: skip
        project = projects.create(session, facts, stamp, 2026, PLANNED)
        projects.give_role(session, client.id, project.id, "borrower", stamp)
        kyc.add_credit_record(session, client.id, "SQ-2026-01", {"overdue": [], "defaults": []}, stamp)
    house.message("start_evaluation", PLANNED, variables={**CASE, "project_key": PLANNED})
    house.work()
    done(shown, "ut_es_screening", SCREENING)
    done(shown, "ut_ep_category", {"ep_category": "B"})
    while waits(shown, "ut_perform"):
        done(shown, "ut_perform", REPORT)
        done(shown, "ut_review", {"dd_review_decision": "accept"})
    done(shown, "ut_model", MODEL)
    for loan in (LOAN | {"amount": "240000000"}, LOAN | {"amount": "236000000", "months": 108, "rate_pct": "4.85"}):
        done(shown, "ut_plan", {**PLAN, "facilities": [loan]})
    assert waits(shown, "ut_plan"), "debt above four fifths of the CAPEX comes back"


def financed(shown: Gallery) -> str:
    """Two loans of one group: one is repaid with an instalment late and a covenant near its level, one is drawn."""
    house = shown.house
    with house.writing() as session:
        stamp = Stamp(house.clock(), "dong", "demo")
        head = parties.create(session, {**FIRM, "legal_name": "江南水务集团有限公司"}, stamp, 2026)
        sister = parties.create(session, {**FIRM, "legal_name": "江北轨道交通有限公司"}, stamp, 2026)
        parties.change(session, sister.id, {"group_id": head.id}, stamp)
        limits.set_line(session, None, Decimal(900 * MILLION), "CNY", TODAY - timedelta(days=300), stamp)
        made = [
            loan(session, stamp, head.id, "江南水厂一期", "water_environment", 400, "operational"),
            loan(session, stamp, sister.id, "江北支线", "transport", 420, "available"),
        ]
        repaid(session, stamp, made[0])
        watched(session, stamp, made)
        drawn(session, stamp, made[1])
    told = {"metric": "dscr", "level": "red", "value": Decimal("1.04"), "threshold": Decimal("1.05"),
            "text": "偿债备付率 1.04 低于红线 1.05", "text_en": "DSCR of 1.04 is below the red line of 1.05",
            "facility_key": made[0].business_key, "source": "feed"}  # fmt: skip
    house.message("alert", made[0].business_key, variables=told)
    house.work()
    return made[0].business_key


def loan(session: Session, stamp: Stamp, party: int, name: str, sector: str, millions: int, state: str) -> Facility:
    """A project with its facility, covenants, security, conditions and limit."""
    amount = Decimal(millions * MILLION)
    facts = {"name": name, "sector": sector, "owner": "wang", "stage": "operation", "amount": amount,
             "equator_category": "B"}  # fmt: skip
    project = projects.create(session, facts, stamp, 2026)
    projects.give_role(session, party, project.id, "borrower", stamp)
    projects.enter(session, project.id, "maintenance" if state == "operational" else "execution", stamp)
    terms = {"name": "项目贷款", "type": "term", "currency": "CNY", "amount": amount, "months": 60,
             "profile": "level", "rate_pct": Decimal("4.6"), "upfront_fee_pct": Decimal("0.5"),
             "commitment_fee_pct": Decimal("0.3"), "signed_on": TODAY - timedelta(days=400),
             "availability_end": TODAY + timedelta(days=200), "maturity": TODAY + timedelta(days=1400),
             "dsra_months": 6, "period_months": 6}  # fmt: skip
    made = facilities.open_(session, project.id, party, terms, stamp, 2026)
    facilities.draw(session, made.id, amount * 3 / 4, stamp)
    for code, words, direction, default, lock in (("DSCR", "偿债备付率", "min", "1.05", "1.15"),
                                                  ("GEAR", "资产负债率", "max", "0.80", "0.75")):  # fmt: skip
        row = {"code": code, "name": words, "kind": "financial", "metric": code.lower(), "direction": direction,
               "default_level": Decimal(default), "lockup_level": Decimal(lock), "frequency": "quarterly"}  # fmt: skip
        facilities.add_covenant(session, made.id, row, stamp)
    for what, kind, value in (("水费收费权", "receivables", 300), ("厂区土地", "land_building", 120)):
        item = {"description": what, "type": kind, "value": Decimal(value * MILLION), "haircut_pct": Decimal(30),
                "currency": "CNY", "valued_at": TODAY - timedelta(days=90),
                "registration_no": f"DY-{value}"}  # fmt: skip
        security.change(session, security.add(session, project.id, item, stamp), {"state": "registered"}, stamp)
    rows = [{"text": text, "text_en": english, "owner_group": team, "phase": phase, "waivable": phase == "initial",
             "source": "plan", "due": TODAY + timedelta(days=days)}
            for text, english, team, phase, days in CONDITIONS]  # fmt: skip
    conditions.add(session, project.id, rows, stamp)
    conditions.change(session, project.id, 1, {"state": "accepted", "reviewer": "pan", "reviewed_at": stamp.at}, stamp)
    conditions.change(session, project.id, 2, {"state": "waived", "reviewer": "shen", "reviewed_at": stamp.at}, stamp)
    held = limits.reserve(
        session, made.business_key, party, amount, "CNY", Movement(made.business_key, stamp), day=TODAY
    )
    assert isinstance(held, limits.Limit)
    limits.use(session, held.id, amount * 3 / 4, Movement(f"{made.business_key}:1", stamp), day=TODAY)
    return facilities.enter(session, made.id, state, stamp)


def repaid(session: Session, stamp: Stamp, one: Facility) -> None:
    """Six instalments: two paid, one late, three to come; what was paid is in the ledger."""
    part, left, rows = one.drawn / 6, one.drawn, []
    for at in range(6):
        interest = (left * Decimal("0.023")).quantize(Decimal("0.01"))
        rows.append({"period": at + 1, "due": TODAY + timedelta(days=182 * at - 380), "opening": left,
                     "interest": interest, "principal": part,
                     "payment": interest + part, "balance": left - part})  # fmt: skip
        left -= part
    repayments.plan(session, one.id, rows, 1, stamp)
    for row in repayments.of_facility(session, one.id)[:2]:
        repayments.pay(session, row, row.payment, row.due + timedelta(days=row.period), stamp)
        facilities.repay(session, one.id, row.principal, stamp)
        lines = (Entry("bank", "debit", row.payment, "CNY"), Entry("loans", "credit", row.payment, "CNY"))
        ledger.post(session, f"{one.business_key}:{row.period}", lines, day=row.due, text=f"第 {row.period} 期还本付息",
                    stamp=stamp, business_key=one.business_key)  # fmt: skip


def watched(session: Session, stamp: Stamp, both: list[Facility]) -> None:
    """Test results of both, an early-warning reading, a place on the watch list, a measure."""
    day = TODAY - timedelta(days=40)
    results = (("DSCR", "min", "1.12", "LOCK_UP", "6.67"), ("GEAR", "max", "0.62", "COMPLIANT", "22.50"))
    for one in both:
        rows = [
            {"business_key": f"TD-{one.business_key}-2026Q1", "facility_key": one.business_key, "test_date": day,
             "covenant": code, "metric": code.lower(), "direction": direction, "value": Decimal(value),
             "default_level": Decimal("1.05" if code == "DSCR" else "0.80"), "status": status,
             "headroom_pct": Decimal(headroom)}
            for code, direction, value, status, headroom in results
        ]  # fmt: skip
        better = {"business_key": f"TD-{one.business_key}-2025Q4", "test_date": day - timedelta(days=91)}
        better |= {"value": Decimal("1.20"), "headroom_pct": Decimal("14.29"), "status": "COMPLIANT"}
        covenants.add_tests(session, [rows[0] | better], stamp)
        covenants.add_tests(session, rows, stamp)
    monitoring.add_reading(session, both[0].business_key, "dscr", day, Decimal("1.04"), "feed", stamp)
    told = {"subject_key": both[0].business_key, "facility_key": both[0].business_key, "reason": "偿债备付率接近违约线"}
    monitoring.watch(session, told, stamp)
    risk = {"subject_key": both[0].business_key, "action": "提高水价或补充资本金", "side": "client", "owner": "wang",
            "due": TODAY - timedelta(days=3)}  # fmt: skip
    monitoring.add_risk(session, risk, stamp, 2026)


def drawn(session: Session, stamp: Stamp, one: Facility) -> None:
    """A draw that was paid."""
    told = {
        "amount": one.amount * 3 / 4,
        "purpose": "epc",
        "payee": "华东电建集团",
        "payee_account": "6222020000000001",
        "requested_by": "wang",
    }
    draw = draws.request(session, one.id, told, stamp, 2026)
    draws.change(session, draw, {"state": "paid", "approved_by": "shen"}, stamp)


def held(shown: Gallery) -> None:
    """A fund that is entitled to a project's reports, with one that was sent."""
    house = shown.house
    with house.writing() as session:
        stamp = Stamp(house.clock(), "wu", "demo")
        fund = parties.create(session, {"legal_name": "华夏基础设施基金", "kind": "fund"}, stamp, 2026)
        project = projects.create(session, {"name": HELD}, stamp, 2026)
        projects.give_role(session, fund.id, project.id, "investor", stamp)
        values = {
            "investor_type": "fund", "frequency": "annual", "due_days": 15, "language": "zh", "since": date(2026, 1, 1),
            "recipients": [{"name": "周宁", "email": INVESTOR}], "until": None,
        }  # fmt: skip
        whose = disclosure.entitle(session, fund.id, project.id, values, stamp)
        told = {
            "project_id": project.id, "kind": "periodic", "frequency": "annual", "due_at": house.clock(),
            "period_start": date(2025, 1, 1), "period_end": date(2025, 12, 31), "content": [],
        }  # fmt: skip
        pack = disclosure.begin_pack(session, told, stamp, 2026, "RP-2026-0801-2025Y")
        sent = disclosure.prepare(session, pack, whose, [], stamp)
        filing = Filing(project.business_key, "report", "2025.pdf")
        paper = documents.keep(session, b"%PDF-1.7 a report", filing, stamp)
        disclosure.attach(session, sent.id, str(paper.id), paper.sha256, stamp)
        disclosure.send(session, sent.id, stamp)


def waits(shown: Gallery, element: str) -> list[dict[str, object]]:
    ids = [one["id"] for one in shown.house.tasks() if one["element"] == element and one["business_key"] == PLANNED]
    return [one for one in shown.house.tasks() if one["id"] in ids]


def done(shown: Gallery, element: str, values: object, **changes: object) -> None:
    """Complete the project's task of an element as somebody who may."""
    found = waits(shown, element)
    assert found, (element, [(one["element"], one["business_key"]) for one in shown.house.tasks()][-8:])
    task = found[0]
    with shown.house.writing() as session:
        people = [str(task["assignee"])] if task["assignee"] else [one.id for one in demo.PEOPLE]
        actors = (api.actor(session, id) for id in people)
        who = next(one for one in actors if "complete" in api.may(session, one, task))
        api.complete(session, who, task["id"], {**values, **changes})
    shown.house.work()
