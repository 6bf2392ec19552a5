"""Investors: two funds that get the reports of projects they take part in, open them, and ask. Law: they act as their
portal does, and investor relations register them as its page does; no chance is drawn here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from engine import api, identity
from engine.execution import Runtime
from handlers import portal
from handlers.portal import Holding
from handlers.records.tables import party, party_role, project

ADDRESSES = ("fund1@investor.example.com", "fund2@investor.example.com")
"""Who signs in at the portal; the first opens what comes and asks, the second has to be reminded."""
EACH = 2
"""Projects of each. They are different ones, so that one does not see the other's."""
READ_AFTER = timedelta(days=3)
QUESTIONS = ("二期工程的进度是否影响本年度分红？", "报告期内预警的处置情况如何？", "偿债准备金何时补足？")


@dataclass
class Investors:
    """Who is entitled to what, and how much they have asked."""

    runtime: Runtime
    entitled: dict[str, list[str]] = field(default_factory=dict)
    """Investor's client key -> the projects."""
    asked: int = 0

    def act(self, today: date) -> int:
        """What is registered, read and asked, once a week; returns how much."""
        if today.weekday():
            return 0
        return sum(self._register(client, of) for client, of in self._taking_part()) + self._read()

    def _taking_part(self) -> list[tuple[str, str]]:
        """(Investor, project) of those that are built or run."""
        query = (
            sa.select(party.c.business_key, project.c.business_key)
            .join_from(party_role, party, party.c.id == party_role.c.party_id)
            .join(project, project.c.id == party_role.c.project_id)
            .where(party_role.c.role == "investor", project.c.phase.in_(("execution", "maintenance")))
            .order_by(party_role.c.id)
        )
        with self.runtime.reading() as session:
            return [(client, of) for client, of in session.execute(query)]

    def _register(self, client: str, of: str) -> int:
        if client not in self.entitled and len(self.entitled) == len(ADDRESSES):
            return 0
        known = self.entitled.setdefault(client, [])
        if of in known or len(known) == EACH:
            return 0
        known.append(of)
        address = ADDRESSES[list(self.entitled).index(client)]
        values = {
            "client_key": client,
            "project_key": of,
            "investor_type": "fund",
            "frequency": "quarterly",
            "due_days": 15,
            "language": "zh",
            "entitled_people": [{"name": "投资管理部", "email": address}],
        }
        with self.runtime.transaction() as session:
            api.start(session, identity.actor(session, "wu"), "investor_reporting", values, client, "ev_entitle")
        return 1

    def _read(self) -> int:
        reader, now = ADDRESSES[0], self.runtime.now()
        with self.runtime.reading() as session:
            fresh = list(_unread(portal.holdings(session, reader, now), now - READ_AFTER))
        for of, report in fresh:
            with self.runtime.transaction() as session:
                portal.report(session, reader, report, now)
                if self.asked % 2 == 0:
                    text = QUESTIONS[self.asked // 2 % len(QUESTIONS)]
                    portal.ask(session, reader, of, text, now, ticket=str(report))
            self.asked += 1
        return len(fresh)


def _unread(held: tuple[Holding, ...], before: datetime) -> Iterator[tuple[str, int]]:
    """(Project, report) of what was sent before a moment and not opened."""
    for one in held:
        for told, _pack in one.reports:
            if told.sent_at is not None and told.sent_at < before and told.opened_at is None:
                yield one.project.business_key, told.id
