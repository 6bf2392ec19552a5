"""A house with the whole product in it, and the words of those who carry one deal through its life by the engine.

The people are the demonstration's, the packages are those that are shipped, the bank and the register are files.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, identity, watcher
from engine.settings import load
from engine.store import tables as t
from engine.store.dates import schedule
from handlers import demo
from handlers.records import facilities, links, projects, repayments, security
from tests.bpmn import credit_house as evaluation
from tests.bpmn import execution_house as execution
from tests.bpmn import intake_house as intake
from tests.bpmn import relationship_house as relationship
from tests.bpmn.packages import FOLDER
from tests.handlers.conftest import Desk
from tests.house import House, MovableClock
from tests.once import made_once

MILLION = 1_000_000
LOAN = 200 * MILLION


@dataclass
class LifeHouse(House):
    """The whole product, and the words of somebody who carries a deal through it."""

    folder: Path = Path()

    def finish(self, element: str, values: Mapping[str, Any], **changes: object) -> None:
        """Complete the element's oldest open task as whoever has it or may take it; then everything automatic."""
        found = [task for task in self.tasks() if task["element"] == element]
        assert found, f"{element} is not open: {self.open_elements()}"
        who = found[0]["assignee"] or self.somebody(found[0])
        with self.writing() as session:
            actor = identity.actor(session, str(who))
            if found[0]["assignee"] is None:
                api.claim(session, actor, found[0]["id"])
            api.complete(session, actor, found[0]["id"], {**values, **changes})
        self.work()

    def somebody(self, task: Mapping[str, Any]) -> str:
        """A member of the team in whose queue a task stands."""
        with self.looking() as session:
            return identity.members(session, str(task["team"]))[0]

    def open_elements(self) -> list[str]:
        return sorted(str(task["element"]) for task in self.tasks())

    def tasks_of(self, element: str) -> list[Mapping[str, Any]]:
        return [task for task in self.tasks() if task["element"] == element]

    def tell(self, name: str, key: str, *, correlation: Mapping[str, Any] | None = None, **variables: object) -> None:
        """A message that somebody must be waiting for, and what follows."""
        told = self.message(name, key, variables=variables, correlation=correlation)
        assert told.state in ("delivered", "started"), (name, told)
        self.work()

    def after(self, **span: float) -> None:
        self.clock.move(**span)
        self.work()

    def running(self, process: str) -> list[int]:
        """Instances of a process that go on."""
        cases_of = sa.select(t.instance.c.id).join(t.definition, t.definition.c.id == t.instance.c.definition_id)
        with self.looking() as session:
            return list(session.scalars(cases_of.where(t.definition.c.key == process, t.instance.c.state == "active")))

    def letters(self) -> list[str]:
        """Templates of what the client was sent, oldest first."""
        rows = self.rows(t.outbox, t.outbox.c.recipient == intake.INQUIRY["email"])
        return [str(row["template"]) for row in sorted(rows, key=lambda row: int(row["id"]))]


def build(url: str, folder: Path) -> LifeHouse:
    """The house on an empty database: people, packages, register and lists."""
    clock = MovableClock()
    runtime = api.open_engine(load(database_url=url, data_dir=folder), clock)
    api.migrate(runtime)
    with runtime.transaction() as session:
        demo.seed(session, clock())
    outcomes = watcher.deploy_all(runtime, FOLDER, api.SYSTEM)
    assert [outcome for outcome in outcomes if outcome.deployed is None] == []
    entered = LifeHouse(runtime, clock, folder=folder)
    sources(entered)
    return entered


def opened(folder: Path) -> LifeHouse:
    """The house that stands in a folder, at the moment at which it was built."""
    clock = MovableClock()
    settings = load(database_url=f"sqlite:///{folder / 'life.db'}", data_dir=folder)
    return LifeHouse(api.open_engine(settings, clock), clock, folder=folder)


def built_once(factory: pytest.TempPathFactory) -> LifeHouse:
    """A house of one's own on SQLite; what all of them begin with is built once a run."""

    def make(folder: Path) -> dict[str, Any]:
        house = build(f"sqlite:///{folder / 'life.db'}", folder)
        house.runtime.database.dispose()
        with closing(sqlite3.connect(folder / "life.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return {}

    folder, _told = made_once(factory, "life", make)
    return opened(folder)


def sources(house: LifeHouse) -> None:
    """What the register and the lists of sanctions say."""
    place = house.folder / "providers"
    place.mkdir()
    company = {"legal_name": intake.COMPANY, "legal_rep": "林海", "state": "active"}
    told = {
        "registry": {"companies": {intake.REG_NO: company}},
        "bureau": {"reports": {intake.REG_NO: {"overdue": [], "guarantees": [], "defaults": [], "litigation": []}}},
        "sanctions": {"entries": [{"list": "TEST", "kind": "person", "names": ["Nobody At All"]}]},
    }
    for name, content in told.items():
        (place / f"{name}.json").write_text(
            json.dumps({"status": "up", "provider": f"{name} for tests", **content}, ensure_ascii=False), "utf-8"
        )


KEY = "PJ-2026-0100"


def inquire(house: LifeHouse) -> None:
    """P1: from the inquiry to 立项."""
    terms = {"amount": LOAN, "tenor_months": 96, "capex": 290 * MILLION}
    house.tell("inquiry_received", KEY, **{**intake.INQUIRY, **terms})
    house.finish("ut_first_contact", intake.CONTACT)
    house.finish("ut_profile", intake.PROFILE, amount=str(LOAN), capex=str(290 * MILLION))
    house.finish("ut_verify", intake.VERIFIED)
    house.finish("ut_kyc_approve", intake.KYC)
    house.finish("ut_initial_review", intake.REVIEW)


def evaluate(house: LifeHouse) -> None:
    """P2: diligence, plan, rating, committee, term sheet."""
    propose(house)
    while "ut_vote" in house.open_elements():
        house.finish("ut_vote", {"vote": "agree"})
    house.finish("ut_chair", {"minutes": "会议纪要", "chair_decision": "confirm"})
    accept(house)


def propose(house: LifeHouse) -> None:
    """From the screening to the ballots of the committee."""
    house.finish("ut_es_screening", evaluation.SCREENING)
    house.finish("ut_ep_category", {"ep_category": "B"})
    while "ut_perform" in house.open_elements():
        house.finish("ut_perform", evaluation.REPORT)
        house.finish("ut_review", {"dd_review_decision": "accept"})
    house.finish("ut_model", evaluation.MODEL)
    house.finish("ut_plan", evaluation.PLAN)
    house.finish("ut_rating_answers", evaluation.ANSWERS)
    house.finish("ut_rating", {"slotting_choice": "Good"})
    house.finish("ut_risk_review", evaluation.RISK)
    with house.looking() as session:
        members = list(identity.members(session, "committee_member"))
    house.finish("ut_prepare", {"agenda": "盐城项目", "chair": "shen", "members": members, "conflicts": []})
    house.after(days=3)


def offered(house: LifeHouse) -> str:
    """The client's link to accept the term sheet."""
    [case] = house.running("credit_evaluation")
    return str(house.variables(case)["accept_url"])


def accept(house: LifeHouse) -> None:
    """The client accepts the term sheet."""
    with house.looking() as session:
        link = links.find(session, offered(house).rpartition("/")[2])
    assert link is not None
    house.tell(link.message, KEY, correlation=link.correlation, accepted_by="陈晓")


def carry_out(house: LifeHouse) -> str:
    """P3: contract, conditions, close, one draw paid by the bank, completion. Returns the facility's key."""
    facility = close(house)
    ask_for_money(house, facility)
    house.finish("ut_maker", execution.IN_ORDER)
    house.finish("ut_checker", {"checker_decision": "approve"})
    pay(house)
    complete(house)
    return facility


def close(house: LifeHouse) -> str:
    """Contract, conditions and financial close. Returns the facility's key."""
    parties_signing = [{"party_name": intake.COMPANY, "party_role": "借款人"}]
    contract = {
        "contract_documents": [{"name": "固定资产贷款合同", "version": "1"}],
        "signing_parties": parties_signing,
    }
    house.finish("ut_draft", contract)
    house.finish("ut_sign_off", {"sign_off": "agreed"})
    house.tell("documents_signed", KEY, signed_on="2026-03-20")
    while "ut_clear" in house.open_elements():
        rows = house.tasks_of("ut_clear")[0]["locals"]["cp_rows"]
        house.finish("ut_clear", {"cp_rows": [{"cp_status": "ready", "evidence": "见档案"}] * len(rows)})
    rows = house.tasks_of("ut_review")[0]["locals"]["cp_rows"]
    house.finish("ut_review", {"cp_rows": [{"cp_review": "accept"}] * len(rows)})
    figures = {"equity_paid": str(90 * MILLION), "spent": str(120 * MILLION), "cost_to_complete": str(170 * MILLION)}
    house.finish("ut_close", execution.CLOSE, **figures)
    house.finish("ut_close_check", {"close_decision": "confirm", "close_check_comment": "核对无误"})
    with house.looking() as session:
        [facility] = facilities.of_project(session, projects.get(session, KEY).id)
    return facility.business_key


def ask_for_money(house: LifeHouse, facility: str) -> None:
    """The client asks for a draw."""
    house.tell(
        "drawdown_requested", KEY, **{**execution.REQUEST, "facility_key": facility, "draw_amount": 20 * MILLION}
    )


def pay(house: LifeHouse) -> None:
    """The bank answers that the draw is paid."""
    execution.answer_of_the_bank(house.folder, "PM-2026-0001", "ACSC")
    house.after(minutes=31)


def complete(house: LifeHouse) -> None:
    """The project is completed, its three tests are passed."""
    house.tell("completion_certified", KEY, certified_on="2027-03-01", certificate_no="CC-1")
    for kind in ("technical", "financial", "legal"):
        house.finish(f"ut_test_{kind}", {f"{kind}_result": "pass", f"{kind}_comment": "合格"})


CERTIFICATE: Mapping[str, Any] = {
    "statements": [
        {"currency": "CNY", "total_assets": "290000000", "total_liabilities": "200000000", "equity": "90000000",
         "ebitda": "42000000", "interest_expense": "1000000", "net_profit": "25000000", "tax": "3000000",
         "working_capital_increase": "0", "maintenance_capex": "1000000", "scheduled_principal": "2000000"},
    ],
    "certificate_no_default": "yes", "certificate_signed_by": "陈晓", "certificate_signed_on": "2028-01-20",
}  # fmt: skip


def review_comes(house: LifeHouse) -> None:
    """The day of the yearly review."""
    house.clock.at = at(house, "review_due")
    house.work()


def maintain(house: LifeHouse, facility: str) -> None:
    """P4 and S4: the yearly review, and the first covenant test with the client's certificate."""
    review_comes(house)
    revalue(house)
    house.finish("ut_review", relationship.REVIEW)
    house.clock.at = at(house, "covenant_test_due")
    house.work()
    house.tell("certificate_received", f"TD-{facility}-2027", **CERTIFICATE)


def revalue(house: LifeHouse) -> None:
    """The yearly valuation that financial close planned."""
    with house.looking() as session:
        held = [one for one in security.of_project(session, projects.get(session, KEY).id) if one.state != "released"]
    today = house.clock.at.date().isoformat()
    values = [{"value": str(one.value), "valued_at": today, "valuer": "中联评估"} for one in held]
    house.finish("ut_value", {"items": values, "valuation_comment": "见评估报告"})
    house.finish("ut_check", {"check_decision": "confirm", "check_comment": "与报告一致"})


def at(house: LifeHouse, message: str) -> datetime:
    """When the next message of this name is due."""
    waiting = sa.and_(schedule.c.message == message, schedule.c.state == "waiting")
    return min(row["due_at"] for row in house.rows(schedule, waiting))


def repay(house: LifeHouse, facility: str) -> None:
    """The ledger books what is owed; then security is released and the case is put into the library."""
    with house.looking() as session:
        held = facilities.get(session, facility)
        due = repayments.of_facility(session, held.id)[0]
    Desk(house.runtime).run(
        "loan.book_repayment",
        {"facility_key": facility, "amount": due.interest + held.balance, "key": "R-1"},
    )
    house.after(hours=2)
    with house.looking() as session:
        secured = security.of_project(session, projects.get(session, KEY).id)
    items = [{"item": one.description, "released_on": "2028-02-01", "evidence": "注销证明"} for one in secured]
    house.finish("ut_release", {"fully_paid": True, "released_items": items})
    house.finish(
        "ut_release_confirm", {"release_decision": "confirm", "release_consent": "yes", "lessons": "长期购电合同"}
    )
