"""A house that evaluates a project for real: the packages of evaluation, real handlers, a committee of nine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from shutil import copy
from typing import Any

from engine import api
from engine.settings import load
from engine.store import tables as t
from handlers.records import kyc, limits, parties, projects
from handlers.records.changes import Stamp
from handlers.records.projects import Project
from tests.bpmn.furnished import deploy, move_in
from tests.bpmn.packages import FOLDER
from tests.house import MONDAY, House, MovableClock

PACKAGES = ("kyc_onboarding", "client_intake", "credit_check", "due_diligence", "committee_vote", "credit_evaluation")
"""What is deployed, called processes first; intake for the table of exchange rates."""
KEY, MAIL = "PJ-2026-0001", "chen@example.org"
HAIRCUTS = FOLDER / "facility_execution" / "execution_rules.dmn"
MILLION = 1_000_000
MEMBERS = [f"m{number}" for number in range(1, 10)]
PEOPLE: Mapping[str, tuple[str, ...]] = {
    "li": ("rm", "committee_member"), "zhao": ("rm_head",), "yan": ("es_officer",), "hua": ("es_officer",),
    "jin": ("analyst", "committee_member"), "qiu": ("analyst",), "pan": ("legal",), "yun": ("legal",),
    "tang": ("risk_officer",), "rao": ("risk_officer",), "shen": ("approver",), "lu": ("approver",),
    "ke": ("committee_secretary",), "wu": ("investor_relations",), **dict.fromkeys(MEMBERS, ("committee_member",)),
}  # fmt: skip
STAMP = Stamp(MONDAY, "li", "test")

CASE: Mapping[str, Any] = {
    "project_key": KEY, "contact_name": "陈晓", "email": MAIL, "language": "zh", "sector": "renewable_power",
    "country": "CN", "project_stage": "ready_to_build", "offtake_type": "ppa_longterm", "currency": "CNY",
    "amount": 200 * MILLION, "owner": "li",
}  # fmt: skip
SCREENING: Mapping[str, Any] = {
    "es_resettlement": "limited", "es_habitat": "none", "es_hazard": "none", "technology": "proven",
    "es_comment": "环评批复",
}  # fmt: skip
REPORT: Mapping[str, Any] = {
    "dd_author": "评审部", "dd_opinion": "favourable", "dd_summary": "未见重大问题",
    "findings": [{"text": "并网批复已取得", "severity": "low", "mitigation": "跟踪并网时间"}],
}  # fmt: skip
MODEL: Mapping[str, Any] = {
    "model_start": "2026-12-31", "period_months": "12", "capex": str(290 * MILLION), "concession_end": "2046-12-31",
    "revenue_currency": "CNY", "base_rate_pct": "5", "target_dscr": "1.30", "max_gearing_pct": "80",
    "operations": [
        {"period_end": f"{year}-12-31", "revenue": str(60 * MILLION), "opex": str(18 * MILLION)}
        for year in range(2027, 2037)
    ],
    "model_comment": "P50 发电量，标杆电价",
}  # fmt: skip
LOAN: Mapping[str, Any] = {
    "name": "项目贷款", "type": "term", "amount": str(200 * MILLION), "currency": "CNY", "months": 96,
    "grace_months": 0, "profile": "annuity", "frequency_months": "12", "rate_pct": "5", "margin_pct": "1.5",
    "day_count": "thirty_e_360", "dsra_months": 6,
}  # fmt: skip
PLAN: Mapping[str, Any] = {
    "facilities": [LOAN],
    "covenants": [
        {"code": "DSCR", "name": "偿债备付率", "kind": "financial", "metric": "dscr", "direction": "min",
         "default_level": "1.05", "lockup_level": "1.15", "watch_pct": "10", "frequency": "annual", "look": "back"},
    ],
    "collateral": [{"type": "receivables", "description": "电费收费权", "value": "300000000", "haircut_pct": "20",
                    "valued_at": "2025-12-01", "rank": 1}],
    "conditions": [{"text": "签署购售电合同", "owner_group": "rm", "phase": "initial"}],
}  # fmt: skip
ANSWERS: Mapping[str, Any] = {
    "country_risk": "low", "legal_framework": "strong", "technology": "proven", "construction_contract": "turnkey",
    "offtake_type": "ppa_longterm", "sponsor_record": "three_plus", "sponsor_strength": "adequate",
    "cash_control": "full", "security_pledge": "partial", "rating_grounds": "尽调报告",
}  # fmt: skip
RISK: Mapping[str, Any] = {"risk_opinion": "support", "risk_comment": "现金流充裕，风险可控"}
PREPARATION: Mapping[str, Any] = {
    "agenda": "盐城项目", "chair": "shen", "members": MEMBERS,
    "conflicts": [{"member": "m9", "reason": "持有发起人股份"}],
}  # fmt: skip


@dataclass
class CreditHouse(House):
    """A house with the packages of evaluation deployed and one project approved for it."""

    def finish(self, element: str, values: Mapping[str, Any], by: str | None = None, **changes: object) -> None:
        """Complete the element's oldest open task, as the one who has it unless `by` says otherwise; then all that
        follows."""
        found = [task for task in self.tasks() if task["element"] == element]
        assert found, f"no open task of {element}: {self.waiting()}"
        task = next((task for task in found if by in (None, task["assignee"])), found[0])
        actor = self.actor(by or str(task["assignee"]))
        with self.writing() as session:
            api.complete(session, actor, task["id"], {**values, **changes})
        self.work()

    def waiting(self) -> list[str]:
        """The elements of all open tasks, sorted."""
        return sorted(str(task["element"]) for task in self.tasks())

    def after(self, **span: float) -> None:
        """Time goes by, and what is due then is done."""
        self.clock.move(**span)
        self.work()

    def project(self) -> Project:
        with self.looking() as session:
            return projects.get(session, KEY)

    def letters(self) -> list[str]:
        """Templates of the letters to the client, oldest first."""
        rows = self.rows(t.outbox, t.outbox.c.recipient == MAIL)
        return [str(row["template"]) for row in sorted(rows, key=lambda row: row["id"])]

    def thrown(self, name: str) -> Mapping[str, Any]:
        """The one message of this name that nobody awaits yet."""
        [row] = self.rows(t.message, t.message.c.name == name)
        return dict(row["variables"])

    def begin(self, **changes: object) -> int:
        """The evaluation starts; returns its instance."""
        delivery = self.message("start_evaluation", KEY, variables={**CASE, **changes})
        self.work()
        assert delivery.instance_id is not None
        return delivery.instance_id

    def diligent(self) -> None:
        """Category B, four streams done and reviewed, and the model taken in."""
        self.finish("ut_es_screening", SCREENING)
        self.finish("ut_ep_category", {"ep_category": "B"})
        while "ut_perform" in self.waiting():
            self.finish("ut_perform", REPORT)
            self.finish("ut_review", {"dd_review_decision": "accept"})
        self.finish("ut_model", MODEL)

    def reviewed(self, choice: str = "Good") -> None:
        """From the plan to the risk review, with the category confirmed as proposed."""
        self.finish("ut_plan", PLAN)
        self.finish("ut_rating_answers", ANSWERS)
        self.finish("ut_rating", {"slotting_choice": choice})
        self.finish("ut_risk_review", RISK)

    def convened(self, *more: str) -> None:
        """The committee of nine, and whoever is invited besides, has its papers; the ballots are out."""
        self.finish("ut_prepare", PREPARATION, members=[*MEMBERS, *more])
        self.after(days=3)

    def vote(self, member: str, vote: str, **more: object) -> None:
        reason = {} if vote == "agree" else {"vote_opinion": "利差偏低"}
        self.finish("ut_vote", {"vote": vote, **reason, **more}, member)


def furnish(folder: Path) -> str:
    """Make the database: people, packages, one project that was approved for evaluation. Returns its address."""
    url = f"sqlite:///{folder / 'credit.db'}"
    runtime = api.open_engine(load(database_url=url, data_dir=folder), MovableClock())
    api.migrate(runtime)
    with runtime.transaction() as session:
        move_in(session, PEOPLE)
        client = parties.create(session, {"kind": "company", "legal_name": "江南绿源新能源有限公司"}, STAMP, 2026)
        project = projects.create(
            session,
            {"name": "盐城渔光互补项目", "sector": "renewable_power", "amount": Decimal(200 * MILLION),
             "capex": Decimal(290 * MILLION), "owner": "li",
             "tenor_months": 96, "sponsor_record": "three_plus", "offtake_type": "ppa_longterm"},
            STAMP, 2026, KEY,
        )  # fmt: skip
        projects.give_role(session, client.id, project.id, "borrower", STAMP)
        limits.set_line(session, None, Decimal(2000 * MILLION), "CNY", date(2026, 1, 1), STAMP)
        kyc.add_credit_record(session, client.id, "SQ-2026-01", {"overdue": [], "defaults": []}, STAMP)
    with runtime.transaction() as session:  # the house's haircuts are the execution package's
        api.deploy(session, api.SYSTEM, "haircuts", {HAIRCUTS.name: HAIRCUTS.read_bytes()})
    deploy(runtime, PACKAGES)
    runtime.database.dispose()
    return url


def enter(furnished: str, folder: Path, at: datetime = MONDAY) -> CreditHouse:
    """A house of one's own: a copy of one that stands, at a moment."""
    for file in Path(furnished.removeprefix("sqlite:///")).parent.glob("credit.db*"):
        copy(file, folder)
    clock = MovableClock(at)
    settings = load(database_url=f"sqlite:///{folder / 'credit.db'}", data_dir=folder)
    return CreditHouse(api.open_engine(settings, clock), clock)
