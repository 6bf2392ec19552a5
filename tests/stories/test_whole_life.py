"""One client from the first inquiry to the last repayment: every process by its own messages, nothing typed twice.

The people are the demonstration's, the packages are those that are shipped, the bank and the register are files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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
from handlers.records import cases, covenants, facilities, limits, links, parties, projects, repayments, security
from tests import databases
from tests.bpmn import credit_house as evaluation
from tests.bpmn import execution_house as execution
from tests.bpmn import intake_house as intake
from tests.bpmn import relationship_house as relationship
from tests.bpmn.packages import FOLDER
from tests.handlers.conftest import Desk
from tests.house import House, MovableClock

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
        who = found[0]["assignee"] or self._somebody(found[0])
        with self.writing() as session:
            actor = identity.actor(session, str(who))
            if found[0]["assignee"] is None:
                api.claim(session, actor, found[0]["id"])
            api.complete(session, actor, found[0]["id"], {**values, **changes})
        self.work()

    def _somebody(self, task: Mapping[str, Any]) -> str:
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


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LifeHouse]:
    if request.param == "postgres":
        url = databases.create(request.getfixturevalue("postgres_server"))
    else:
        url = f"sqlite:///{tmp_path / 'life.db'}"
    clock = MovableClock()
    runtime = api.open_engine(load(database_url=url, data_dir=tmp_path), clock)
    api.migrate(runtime)
    with runtime.transaction() as session:
        demo.seed(session, clock())
    outcomes = watcher.deploy_all(runtime, FOLDER, api.SYSTEM)
    assert [outcome for outcome in outcomes if outcome.deployed is None] == []
    entered = LifeHouse(runtime, clock, folder=tmp_path)
    sources(entered)
    yield entered
    runtime.database.dispose()
    if request.param == "postgres":
        databases.drop(request.getfixturevalue("postgres_server"), url)


def sources(house: LifeHouse) -> None:
    """What the register and the lists of sanctions say."""
    place = house.folder / "providers"
    place.mkdir()
    company = {"legal_name": intake.COMPANY, "legal_rep": "林海", "state": "active"}
    told = {
        "registry": {"companies": {intake.REG_NO: company}},
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
    while "ut_vote" in house.open_elements():
        house.finish("ut_vote", {"vote": "agree"})
    house.finish("ut_chair", {"minutes": "会议纪要", "chair_decision": "confirm"})
    [case] = house.running("credit_evaluation")
    with house.looking() as session:
        link = links.find(session, house.variables(case)["accept_url"].rpartition("/")[2])
    assert link is not None
    house.tell(link.message, KEY, correlation=link.correlation, accepted_by="陈晓")


def carry_out(house: LifeHouse) -> str:
    """P3: contract, conditions, close, one draw paid by the bank, completion. Returns the facility's key."""
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
    close = {"equity_paid": str(90 * MILLION), "spent": str(120 * MILLION), "cost_to_complete": str(170 * MILLION)}
    house.finish("ut_close", execution.CLOSE, **close)
    house.finish("ut_close_check", {"close_decision": "confirm", "close_check_comment": "核对无误"})
    with house.looking() as session:
        [facility] = facilities.of_project(session, projects.get(session, KEY).id)
    request = {**execution.REQUEST, "facility_key": facility.business_key, "draw_amount": 20 * MILLION}
    house.tell("drawdown_requested", KEY, **request)
    house.finish("ut_maker", execution.IN_ORDER)
    house.finish("ut_checker", {"checker_decision": "approve"})
    execution.answer_of_the_bank(house.folder, "PM-2026-0001", "ACSC")
    house.after(minutes=31)
    house.tell("completion_certified", KEY, certified_on="2027-03-01", certificate_no="CC-1")
    for kind in ("technical", "financial", "legal"):
        house.finish(f"ut_test_{kind}", {f"{kind}_result": "pass", f"{kind}_comment": "合格"})
    return facility.business_key


CERTIFICATE: Mapping[str, Any] = {
    "statements": [
        {"currency": "CNY", "total_assets": "290000000", "total_liabilities": "200000000", "equity": "90000000",
         "ebitda": "42000000", "interest_expense": "1000000", "net_profit": "25000000", "tax": "3000000",
         "working_capital_increase": "0", "maintenance_capex": "1000000", "scheduled_principal": "2000000"},
    ],
    "certificate_no_default": "yes", "certificate_signed_by": "陈晓", "certificate_signed_on": "2028-01-20",
}  # fmt: skip


LETTERS = [
    "term_sheet", "facility_available", "drawdown_received", "drawdown_paid", "maintenance_welcome",
    "survey_invitation", "survey_reminder", "covenant_certificate_request", "survey_invitation", "loan_repaid_thanks",
]  # fmt: skip
"""What the client is sent on the way, each once (the first survey is not answered, the last asks why they leave)."""


def maintain(house: LifeHouse, facility: str) -> None:
    """P4 and S4: the yearly review, and the first covenant test with the client's certificate."""
    house.clock.at = at(house, "review_due")
    house.work()
    house.finish("ut_review", relationship.REVIEW)
    house.clock.at = at(house, "covenant_test_due")
    house.work()
    house.tell("certificate_received", f"TD-{facility}-2027", **CERTIFICATE)


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


def test_a_client_goes_from_the_inquiry_to_the_last_repayment(house: LifeHouse) -> None:
    inquire(house)
    evaluate(house)
    facility = carry_out(house)
    maintain(house, facility)
    repay(house, facility)
    with house.looking() as session:
        project, client = projects.get(session, KEY), parties.by_reg_no(session, intake.REG_NO)
        assert client is not None
        loan, limit, case = facilities.get(session, facility), limits.find(session, KEY), cases.find(session, KEY)
        phases = [change.phase_to for change in projects.phases_of(session, project.id)]
        [tested] = covenants.tests_of(session, facility)
        assert {one.state for one in security.of_project(session, project.id)} == {"released"}
    assert phases == ["intake", "evaluation", "execution", "maintenance", "closed"]
    assert (project.name, project.capex, loan.amount) == (intake.INQUIRY["project_name"], 290 * MILLION, LOAN)
    assert (loan.party_id, loan.state, loan.balance) == (client.id, "closed", 0)
    assert limit is None or limit.used == 0
    assert tested.status == "COMPLIANT"
    assert case is not None and (case.outcome, case.release_consent) == ("repaid", True)
    assert house.rows(t.incident) == []
    of_the_deal = [row for row in house.rows(t.instance) if row["business_key"] == KEY]
    assert {row["state"] for row in of_the_deal} == {"completed"}
    assert house.letters() == LETTERS
