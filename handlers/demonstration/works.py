"""Projects being built: equity first, draws in step with the works, completion. What a client of a facility sends."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_UP, Decimal
from typing import Any

import sqlalchemy as sa

from engine import api
from engine.execution import Runtime
from handlers.records import facilities
from handlers.records.tables import facility as facility_table
from handlers.records.tables import project as project_table

STEPS, DAYS = (2, 6), (20, 70)
"""Draws until a facility is fully used, and days between two: at least, at most. Each works has a pace of its own."""
PATIENCE = 3
"""How often as many draws are asked for, refused ones among them, before the works end with less."""


@dataclass
class Works:
    """How far each facility is drawn."""

    runtime: Runtime
    chance: random.Random
    pace: dict[str, tuple[int, int]] = field(default_factory=dict)
    drawn: dict[str, int] = field(default_factory=dict)
    last: dict[str, date] = field(default_factory=dict)
    certified: set[str] = field(default_factory=set)

    def go_on(self, today: date) -> int:
        """A draw now and then from each facility that may; then the certificate of completion."""
        query = (
            sa.select(facility_table.c.business_key, project_table.c.business_key)
            .join(project_table, project_table.c.id == facility_table.c.project_id)
            .where(facility_table.c.state == "available")
            .order_by(facility_table.c.id)
        )
        with self.runtime.reading() as session:
            found = [(key, project) for key, project in session.execute(query)]
        return sum(self._step(key, project, today) for key, project in found)

    def _step(self, key: str, project: str, today: date) -> int:
        if key not in self.last:
            self.last[key] = today
            self.pace[key] = self.chance.randint(*STEPS), self.chance.randint(*DAYS)
        steps, days = self.pace[key]
        if (today - self.last[key]).days < days:
            return 0
        self.last[key] = today
        with self.runtime.reading() as session:
            facility = facilities.get(session, key)
        if self.drawn.get(key, 0) < PATIENCE * steps and facility.drawn < facility.amount:
            self.drawn[key] = self.drawn.get(key, 0) + 1
            left = facility.amount - facility.drawn
            amount = min((facility.amount / steps).quantize(Decimal(10_000), ROUND_UP), left)
            return self._tell("drawdown_requested", project, facility_key=key, draw_amount=amount, **PAYEE)
        if project not in self.certified:
            self.certified.add(project)
            return self._tell(
                "completion_certified", project, certified_on=today.isoformat(), certificate_no=f"CC-{key[3:]}"
            )
        return 0

    def _tell(self, name: str, key: str, **variables: Any) -> int:
        with self.runtime.transaction() as session:
            api.send_message(session, api.SYSTEM, name, business_key=key, variables=variables)
        return 1


def undrawn(runtime: Runtime, key: str) -> Decimal:
    """What is still to be drawn for a project: what the engineer measures the works against."""
    left = sa.func.sum(facility_table.c.amount - facility_table.c.drawn)
    query = sa.select(left).join(project_table, project_table.c.id == facility_table.c.project_id)
    with runtime.reading() as session:
        return Decimal(session.scalar(query.where(project_table.c.business_key == key)) or 0)


PAYEE = {
    "draw_purpose": "epc", "payee": "华东电建集团", "payee_account": "6222020000000001", "payee_bank": "ICBC",
    "contract_no": "EPC-01", "invoice_no": "04410001",
}  # fmt: skip
