"""A house that carries a deal out for real: its packages, real handlers, a bank that answers by files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine import api
from engine.settings import load
from engine.store import tables as t
from handlers.records import facilities, limits, parties, projects
from handlers.records.changes import Stamp
from handlers.records.facilities import Facility
from handlers.records.limits import Movement
from tests.bpmn.furnished import FurnishedHouse, copied, deploy, move_in
from tests.house import MONDAY, MovableClock

KEY, FA, DR = "PJ-2026-0001", "FA-2026-0001", "DR-2026-0001"
MILLION = 1_000_000
PEOPLE: Mapping[str, tuple[str, ...]] = {
    "li": ("rm",), "zhao": ("rm_head",), "pan": ("legal",), "yun": ("legal",), "dong": ("loan_ops",),
    "cai": ("loan_ops",), "xia": ("monitor",), "gu": ("collateral_officer",), "yan": ("es_officer",),
    "shen": ("approver",),
}  # fmt: skip
STAMP = Stamp(MONDAY, "test", "manual")

PLAN: Mapping[str, Any] = {
    "project_key": KEY, "client_name": "江南绿源新能源有限公司", "contact_name": "陈晓", "email": "chen@example.org",
    "language": "zh", "project_name": "盐城渔光互补项目", "owner": "li", "currency": "CNY", "amount": 700 * MILLION,
    "sector": "renewable_power", "ep_category": "B", "project_stage": "ready_to_build", "plan_id": "1",
    "plan_version": 1, "capex": 1000 * MILLION, "equity_pct": 30,
    "facilities": [
        {"name": "项目贷款", "type": "term", "amount": 700 * MILLION, "currency": "CNY", "months": 120,
         "grace_months": 24, "availability_months": 24, "profile": "level", "rate_pct": "4.2",
         "frequency_months": "6", "upfront_fee_pct": "0.5", "commitment_fee_pct": "0.3"},
    ],
    "covenants": [
        {"code": "DSCR", "name": "偿债覆盖率", "kind": "financial", "metric": "dscr", "direction": "min",
         "default_level": "1.05", "lockup_level": "1.15", "watch_pct": 10, "frequency": "quarterly"},
    ],
    "collateral": [
        {"type": "equipment", "description": "光伏组件", "value": 300 * MILLION, "valued_at": "2026-01-15", "rank": 1,
         "registration_no": "DY-2026-1"},
        {"type": "completion_guarantee", "description": "发起人完工担保", "value": 100 * MILLION},
    ],
    "conditions": [{"text": "支架供应合同", "owner_group": "rm", "phase": "initial", "waivable": True}],
    "approval": {"decision_id": "1", "conditions": ["第三方发电量复核"]},
}  # fmt: skip
CLOSE: Mapping[str, Any] = {
    "close_date": "2026-03-20", "equity_paid": str(150 * MILLION), "physical_pct": "43", "spent": str(430 * MILLION),
    "cost_to_complete": str(570 * MILLION), "engineer_email": "engineer@example.org",
}  # fmt: skip
"""Works and funds at close: money suffices, progress keeps step (T27 stands on these)."""
REQUEST: Mapping[str, Any] = {
    "facility_key": FA, "draw_purpose": "epc", "payee": "华东电建集团", "payee_account": "6222020000000001",
    "payee_bank": "ICBC", "contract_no": "EPC-01", "invoice_no": "04410001",
}  # fmt: skip
VOUCHERS = {f"voucher_{one}": "yes" for one in ("contract", "invoice", "payee", "amount", "each")}
IN_ORDER = {**VOUCHERS, "maker_decision": "pass"}


def answer_of_the_bank(folder: Path, ref: str, code: str, reason: str = "") -> None:
    """The bank puts its answer to a payment, a pain.002, into the letterbox."""
    told = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    place = folder / "bank" / "in"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{ref}.xml").write_text(
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><OrgnlPmtInfAndSts>'
        f"<TxInfAndSts><OrgnlEndToEndId>{ref}</OrgnlEndToEndId><TxSts>{code}</TxSts>{told}"
        "<AcctSvcrRef>B-77</AcctSvcrRef></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>",
        encoding="utf-8",
    )


@dataclass
class ExecutionHouse(FurnishedHouse):
    """A house with the packages of execution deployed."""

    def tell(self, name: str, key: str = KEY, **variables: object) -> api.Delivery:
        """A message and what follows."""
        delivery = self.message(name, key, variables=variables)
        self.work()
        return delivery

    def facility(self) -> Facility:
        with self.looking() as session:
            return facilities.get(session, FA)

    def used(self) -> Decimal:
        """What of the limit is used."""
        with self.looking() as session:
            return limits.get(session, KEY).used

    def entered(self, instance_id: int) -> list[str]:
        """The elements of an instance in the order in which they were entered."""
        rows = sorted(self.rows(t.history, t.history.c.instance_id == instance_id), key=lambda row: int(row["seq"]))
        return [str(event[1]) for row in rows for event in row["events"] if event[0] == "e"]

    def instance_of(self, key: str) -> int:
        return int(self.rows(t.instance, t.instance.c.business_key == key)[0]["id"])

    def orders(self) -> list[str]:
        """What left for the bank."""
        return sorted(path.name for path in (self.folder / "bank" / "out").glob("*"))

    def bank_says(self, ref: str, code: str, reason: str = "") -> None:
        """The bank answers; it is read within half an hour."""
        answer_of_the_bank(self.folder, ref, code, reason)
        self.pass_time(minutes=31)

    def request(self, amount: int, **changes: object) -> None:
        self.tell("drawdown_requested", draw_amount=amount * MILLION, **{**REQUEST, **changes})

    def approve(self) -> None:
        """Both signatures under a request."""
        self.finish("ut_maker", IN_ORDER)
        self.finish("ut_checker", {"checker_decision": "approve"})


def sign(house: ExecutionHouse) -> None:
    """From the approved plan to where conditions are cleared; P2 has reserved the limit."""
    with house.writing() as session:
        party = parties.get(session, "CL-2026-0001")
        limits.set_line(session, None, Decimal(1000 * MILLION), "CNY", date(2026, 1, 1), STAMP)
        held = limits.reserve(
            session, KEY, party.id, Decimal(700 * MILLION), "CNY", Movement("P2", STAMP), day=date(2026, 3, 2)
        )
        assert isinstance(held, limits.Limit)
    house.tell("start_execution", **{**PLAN, "party_id": str(party.id), "limit_id": str(held.id)})
    signing = [{"party_name": "江南绿源", "party_role": "借款人"}, {"party_name": "华丰集团", "party_role": "担保人"}]
    documents = [{"name": "固定资产贷款合同", "version": "1"}]
    house.finish("ut_draft", {"contract_documents": documents, "signing_parties": signing})
    for _ in signing:
        house.finish("ut_sign_off", {"sign_off": "agreed"})
    house.tell("documents_signed", signed_on="2026-03-02")


def clear(house: ExecutionHouse) -> None:
    """Every owner hands in, legal accepts (somebody who handed nothing in)."""
    for task in [task for task in house.tasks() if task["element"] == "ut_clear"]:
        rows = [{"cp_status": "ready", "evidence": "见档案，三楼"}] * len(task["locals"]["cp_rows"])
        with house.writing() as session:
            api.complete(session, house.actor(str(task["assignee"])), task["id"], {"cp_rows": rows})
    house.work()
    rows = house.task("ut_review")["locals"]["cp_rows"]
    house.finish("ut_review", {"cp_rows": [{"cp_review": "accept"}] * len(rows)})


def build(house: ExecutionHouse) -> None:
    """Financial close, confirmed by a second person."""
    house.finish("ut_close", CLOSE)
    house.finish("ut_close_check", {"close_decision": "confirm", "close_check_comment": "核对无误"})


def furnish(folder: Path) -> str:
    """The database of a house whose deal has closed: draws may begin."""
    url = f"sqlite:///{folder / 'execution.db'}"
    clock = MovableClock()
    runtime = api.open_engine(load(database_url=url, data_dir=folder), clock)
    api.migrate(runtime)
    with runtime.transaction() as session:
        move_in(session, PEOPLE)
        client = parties.create(
            session, {"legal_name": "江南绿源新能源有限公司", "owner": "li", "email": PLAN["email"]}, STAMP, 2026
        )
        known = {"name": "盐城渔光互补项目", "owner": "li"}
        project = projects.create(session, known, STAMP, 2026)
        projects.give_role(session, client.id, project.id, "borrower", STAMP)
    deploy(runtime, ("cp_clearance", "drawdown", "facility_execution", "loan_repayment"))
    house = ExecutionHouse(runtime, clock, folder=folder)
    sign(house)
    clear(house)
    build(house)
    runtime.database.dispose()
    return url


def enter(furnished: str, folder: Path) -> ExecutionHouse:
    """A house of one's own: a copy of the furnished one."""
    clock = MovableClock()
    runtime = api.open_engine(load(database_url=copied(furnished, folder), data_dir=folder), clock)
    return ExecutionHouse(runtime, clock, folder=folder)
