"""A house that looks after its clients for real: the packages of the relationship, real handlers, a small book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import api, queries
from engine.settings import load
from engine.store import tables as t
from handlers.records import facilities, interactions, kyc, parties, projects, security
from handlers.records.changes import Stamp
from handlers.records.interactions import Interaction
from tests import databases
from tests.bpmn.furnished import FurnishedHouse, copied, deploy, move_in
from tests.house import MONDAY, MovableClock

PACKAGES = ("retention", "client_maintenance", "satisfaction_survey", "care_occasions", "complaint_response")
PEOPLE: Mapping[str, tuple[str, ...]] = {
    "li": ("rm",), "wang": ("rm",), "zhao": ("rm_head",), "shen": ("approver",), "ye": ("crm_specialist",),
    "jin": ("analyst",), "tang": ("risk_officer",), "dong": ("loan_ops", "legal"), "pan": ("legal",),
    "mei": ("service_desk",),
}  # fmt: skip
"""Who lives here and in which teams; dong sits in two, so that four eyes have something to hold."""

CLIENT, PROJECT, EMAIL = "CL-2026-0001", "PJ-2026-0001", "chen@example.org"
REVIEW: Mapping[str, Any] = {
    "profile_confirmed": "yes", "review_summary": "运营平稳", "satisfaction": 4, "sector_fit": 5, "reference_value": 5,
    "cross_group": 5, "needs": [], "signals_seen": [], "goals": "二期融资，季度拜访",
}  # fmt: skip


@dataclass
class RelationshipHouse(FurnishedHouse):
    """A house with one client (陈晓 of 绿源, looked after by li), its project in operation and a facility."""

    def tell(self, name: str, key: str = CLIENT, **variables: object) -> None:
        """A message and all that follows."""
        told = {"party_id": str(self.party), "client_key": CLIENT, "client_name": "绿源", "owner": "li"}
        self.message(name, key, variables=told | variables)
        self.work()

    def begin(self, key: str, at: str) -> None:
        """What a timer would start, and all that follows."""
        with self.writing() as session:
            api.start(session, api.SYSTEM, key, start_event=at)
        self.work()

    def variables_of(self, task: Mapping[str, Any]) -> Mapping[str, Any]:
        """The variables that a task sees."""
        with self.looking() as session:
            detail = queries.task(session, self.actor(str(task["assignee"])), int(task["id"]))
        return {**self.variables(int(task["instance_id"])), **detail.form_data}

    @property
    def party(self) -> int:
        """The client's id."""
        with self.looking() as session:
            return parties.get(session, CLIENT).id

    def planned(self, message: str) -> list[Mapping[str, Any]]:
        """Rows of the schedule that wait to send a message, the first due first."""
        schedule = t.metadata.tables["schedule"]
        waiting = sa.and_(schedule.c.message == message, schedule.c.state == "waiting")
        return sorted(self.rows(schedule, waiting), key=lambda row: str(row["due_at"]))

    def letters(self, template: str) -> list[str]:
        """Who was written to by a template, oldest first."""
        rows = self.rows(t.outbox, t.outbox.c.template == template)
        return [str(row["recipient"]) for row in sorted(rows, key=lambda row: int(row["id"]))]

    def stamp(self, by: str = "li") -> Stamp:
        return Stamp(self.clock(), by, "test")

    def change_client(self, **values: object) -> None:
        with self.writing() as session:
            parties.change(session, self.party, values, self.stamp())

    def speak(self, days_ago: int = 0) -> None:
        """Somebody spoke with the client."""
        with self.writing() as session:
            at = self.clock() - timedelta(days=days_ago)
            interactions.add(session, Interaction(self.party, at, "phone", "out", "沟通", "li"))


def furnish(folder: Path, server: str | None = None) -> str:
    """Make the database of the house: people, packages, the book. A file, or one on a PostgreSQL server."""
    url = f"sqlite:///{folder / 'relationship.db'}" if server is None else databases.create(server)
    runtime = api.open_engine(load(database_url=url, data_dir=folder), MovableClock())
    api.migrate(runtime)
    with runtime.transaction() as session:
        move_in(session, PEOPLE)
        _book(session)
    deploy(runtime, PACKAGES)
    runtime.database.dispose()
    return url


def _book(session: Any) -> None:
    stamp = Stamp(MONDAY - timedelta(days=10), "li", "manual")
    client = {"legal_name": "江南绿源新能源有限公司", "owner": "li", "tier": "B", "lifecycle_stage": "client"}
    party = parties.create(session, client | {"consent": {"contact": True}}, stamp, 2026)
    person = {"name": "陈晓", "email": EMAIL, "consent": True, "birthday": date(1975, 3, 8)}
    parties.add_contact(session, party.id, person, stamp)
    project = projects.create(session, {"name": "盐城渔光互补", "stage": "operation", "owner": "li"}, stamp, 2026)
    projects.give_role(session, party.id, project.id, "borrower", stamp)
    projects.enter(session, project.id, "execution", stamp)
    terms = {
        "name": "项目贷款", "type": "term", "currency": "CNY",
        "amount": Decimal(300_000_000), "months": 180, "grace_months": 12, "availability_months": 12,
        "profile": "annuity", "rate_pct": Decimal("4.2"), "margin_pct": Decimal("1.6"),
    }  # fmt: skip
    facility = facilities.open_(session, project.id, party.id, terms, stamp, 2026)
    facilities.change(session, facility.id, {"signed_on": date(2022, 3, 5)}, stamp)
    for state in ("signed", "available"):
        facilities.enter(session, facility.id, state, stamp)
    facilities.draw(session, facility.id, Decimal(300_000_000), stamp)
    facilities.enter(session, facility.id, "operational", stamp)
    held = {"type": "mortgage", "description": "项目土地抵押", "value": Decimal(90_000_000), "currency": "CNY"}
    security.add(session, project.id, held | {"registration_no": "苏（2023）001"}, stamp)
    kyc.set_ownership(session, party.id, [kyc.Edge("林海", party.legal_name, "60%", "person")], stamp)
    case = kyc.open_case(session, party.id, stamp)
    kyc.decide(session, case.id, "approved", stamp, rating=2, next_review=date(2027, 12, 31))
    interactions.add(session, Interaction(party.id, stamp.at, "visit", "out", "走访", "li"))


def enter(furnished: str, folder: Path) -> RelationshipHouse:
    """A house of one's own: a copy of the furnished one; on PostgreSQL that itself."""
    url = copied(furnished, folder) if furnished.startswith("sqlite") else furnished
    clock = MovableClock()
    return RelationshipHouse(api.open_engine(load(database_url=url, data_dir=folder), clock), clock)
