"""A house whose service desk, meetings and disclosure run for real: their packages, real handlers, a small book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import api
from engine.settings import load
from engine.store import tables as t
from handlers.records import parties, projects
from handlers.records.changes import Stamp
from tests.bpmn.furnished import FurnishedHouse, copied, deploy, move_in
from tests.house import MONDAY, MovableClock

PACKAGES = ("complaint_response", "service_improvement", "coordination_meeting", "investor_reporting")
PEOPLE: Mapping[str, tuple[str, ...]] = {
    "li": ("rm", "service_desk"), "mei": ("service_desk",), "lan": ("service_desk",), "zhao": ("rm_head",),
    "ye": ("crm_specialist",), "shi": ("crm_specialist",), "zhou": ("compliance_head", "compliance"),
    "sun": ("compliance",), "shen": ("approver",), "wu": ("investor_relations",), "gao": ("finance", "compliance"),
    "tang": ("risk_officer",), "ma": ("marketing",), "dong": ("loan_ops",),
}  # fmt: skip
"""Who lives here and in which teams."""

CLIENT, FUND, STRANGER, PROJECT = "CL-2026-0001", "CL-2026-0002", "CL-2026-0003", "PJ-2026-0001"
EMAIL = "chen@example.org"
SAID: Mapping[str, Any] = {
    "subject": "放款迟迟未到", "text": "提款申请提交三周仍未到账，多次联系无人答复。", "channel": "email",
    "email": EMAIL, "contact_name": "陈晓", "kind": "complaint", "language": "zh",
}  # fmt: skip
FOUND: Mapping[str, Any] = {
    "category": "payment", "severity": "normal", "cause": "process_delay", "finding": "审核停留两周",
    "remedy": "当日放款", "answer_text": "经查属实，已放款，特此致歉。",
}  # fmt: skip


@dataclass
class ServiceHouse(FurnishedHouse):
    """A house with the four packages deployed."""

    def complain(self, key: str, **changes: object) -> int:
        """A complaint comes in; its instance."""
        delivery = self.message("complaint_received", key, variables={**SAID, **changes})
        self.work()
        assert delivery.instance_id is not None
        return delivery.instance_id

    def tell(self, name: str, key: str, **variables: object) -> api.Delivery:
        """A message and what follows."""
        delivery = self.message(name, key, variables=variables)
        self.work()
        return delivery

    def posted(self, template: str) -> list[Mapping[str, Any]]:
        """Messages of a template, oldest first."""
        return sorted(self.rows(t.outbox, t.outbox.c.template == template), key=lambda row: int(row["id"]))


def furnish(folder: Path) -> str:
    """Make the database of the house: people, the four packages, a client, a fund, a stranger, a project."""
    url = f"sqlite:///{folder / 'service.db'}"
    runtime = api.open_engine(load(database_url=url, data_dir=folder), MovableClock())
    api.migrate(runtime)
    with runtime.transaction() as session:
        move_in(session, PEOPLE)
        stamp = Stamp(MONDAY, "test", "manual")
        client = parties.create(session, {"legal_name": "江南绿源新能源有限公司", "owner": "li"}, stamp, 2026)
        fund = parties.create(session, {"legal_name": "华夏基础设施基金", "kind": "fund"}, stamp, 2026)
        parties.create(session, {"legal_name": "路人投资", "kind": "fund"}, stamp, 2026)
        parties.add_contact(session, client.id, {"name": "陈晓", "email": EMAIL, "consent": True}, stamp)
        project = projects.create(session, {"name": "盐城渔光互补项目", "stage": "construction"}, stamp, 2026)
        projects.give_role(session, client.id, project.id, "borrower", stamp)
        projects.give_role(session, fund.id, project.id, "investor", stamp)
    deploy(runtime, PACKAGES)
    runtime.database.dispose()
    return url


def enter(furnished: str, folder: Path) -> ServiceHouse:
    """A house of one's own: a copy of the furnished one."""
    clock = MovableClock()
    runtime = api.open_engine(load(database_url=copied(furnished, folder), data_dir=folder), clock)
    return ServiceHouse(runtime, clock)
