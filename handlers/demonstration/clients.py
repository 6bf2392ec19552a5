"""What clients do of themselves: pay what is due, some late, some all of it early; complain; come to an event."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from engine import api, identity
from engine.execution import Runtime
from handlers.records import keys
from handlers.records.tables import contact, facility, party, repayment

LATE, EARLY, RARELY_PAYS = 15, 4, 25
"""One in so many instalments comes late; one facility in so many is repaid early; one in so many falls behind."""
MATTERS = (
    ("放款迟迟未到", "提款申请提交两周仍未到账，多次联系无答复。", "payment"),
    ("材料反复补正", "同一份合同被要求补交三次，每次理由不同。", "process"),
    ("费用口径不清", "账户管理费与意向书所列不一致，请说明。", "fee"),
    ("对账单有误", "本季对账单的利息与还款计划不符。", "information"),
    ("系统无法上传", "链接打开后无法上传资料，已试两天。", "system"),
    ("建议增加提前提醒", "建议在还款日前两周再提醒一次。", "process"),
)


@dataclass
class Clients:
    """Who pays how, and who has something to say."""

    runtime: Runtime
    chance: random.Random
    habits: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Facility -> (after how many instalments the rest is repaid, 0: never; after how many nothing comes any more)."""
    promised: dict[int, date] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    last: dict[str, date] = field(default_factory=dict)
    """Facility -> the day of its latest payment; the rest is repaid on a day of its own."""
    told: int = 0

    def act(self, today: date) -> int:
        """What they do on a working day; returns how much."""
        done = self._pay(today)
        if self.chance.random() < 1 / 24:
            done += self._complain()
        if today.month % 3 == 2 and today.day <= 7 and today.weekday() == 1:
            with self.runtime.transaction() as session:
                api.start(session, identity.actor(session, "ma"), "marketing_event")
            done += 1
        self.told += done
        return done

    def _pay(self, today: date) -> int:
        owed = repayment.c
        query = (
            sa.select(owed.id, owed.due, owed.payment, owed.paid, owed.facility_id, facility.c.business_key)
            .join(facility, facility.c.id == owed.facility_id)
            .where(owed.state == "planned", owed.due <= today)
            .order_by(owed.due, owed.id)
        )
        with self.runtime.reading() as session:
            due = [dict(row) for row in session.execute(query).mappings()]
        return sum(self._instalment(row, today) for row in due)

    def _instalment(self, row: Mapping[str, Any], today: date) -> int:
        key = str(row["business_key"])
        if key not in self.habits:
            early = self.chance.randrange(1, 4) if self.chance.randrange(EARLY) == 0 else 0
            behind = self.chance.randrange(1, 4) if not early and self.chance.randrange(RARELY_PAYS) == 0 else 99
            self.habits[key] = early, behind
        early, behind = self.habits[key]
        count = self.paid.get(key, 0)
        if count >= behind:
            return 0
        if row["id"] not in self.promised:
            late = self.chance.randrange(LATE) == 0
            self.promised[row["id"]] = today + timedelta(days=self.chance.randrange(4, 40) if late else 0)
        if self.promised[row["id"]] > today:
            return 0
        whole = 0 < early <= count
        if whole and self.last.get(key) == today:
            return 0
        self.paid[key], self.last[key] = count + 1, today
        amount = self._rest(row["facility_id"], today) if whole else row["payment"] - row["paid"]
        with self.runtime.transaction() as session:
            api.send_message(
                session,
                api.SYSTEM,
                "repayment_received",
                business_key=key,
                variables={
                    "repayment_amount": amount,
                    "paid_on": today.isoformat(),
                    "bank_reference": f"B-{key[3:]}-{count + 1:03}",
                    "prepayment": whole,
                },
            )
        return 1

    def _rest(self, facility_id: int, today: date) -> Decimal:
        """What ends a facility on this day: its balance, and the interest of what is due or begun and not yet paid."""
        owed = repayment.c
        begun = sa.select(owed.interest, owed.paid).where(
            owed.facility_id == facility_id, owed.state == "planned", sa.or_(owed.due <= today, owed.paid > 0)
        )
        balance = sa.select(facility.c.drawn - facility.c.repaid).where(facility.c.id == facility_id)
        with self.runtime.reading() as session:
            interest = sum((max(one.interest - one.paid, Decimal(0)) for one in session.execute(begun)), Decimal(0))
            return Decimal(session.scalar(balance) or 0) + interest

    def _complain(self) -> int:
        person = sa.select(contact.c.name, contact.c.email, party.c.business_key).join(
            party, party.c.id == contact.c.party_id
        )
        with self.runtime.reading() as session:
            known = session.execute(person.where(contact.c.email.is_not(None)).order_by(contact.c.id)).all()
        if not known:
            return 0
        who, (subject, text, _) = self.chance.choice(known), self.chance.choice(MATTERS)
        with self.runtime.transaction() as session:
            api.send_message(
                session,
                api.SYSTEM,
                "complaint_received",
                business_key=keys.next_key(session, "CO", self.runtime.now().year),
                variables={
                    "subject": subject,
                    "text": text,
                    "channel": self.chance.choice(("email", "web", "phone")),
                    "email": who.email,
                    "contact_name": who.name,
                    "kind": "suggestion" if subject.startswith("建议") else "complaint",
                    "language": "zh",
                },
            )
        return 1
