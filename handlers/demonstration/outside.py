"""The world outside: clients, advisers and engineers who answer what a case waits for, and the bank."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import api
from engine.errors import CallerError
from engine.execution import Runtime
from engine.feel import Moment
from engine.log import logger
from engine.store import tables as t
from handlers.demonstration.speaking import book, spoken
from handlers.demonstration.staff import Facts
from handlers.demonstration.works import undrawn

log = logger("demonstration")
SHOWN = timedelta(days=90)
"""So long before the present one answer comes a second time: nobody awaits it, and a month later it is an incident."""
ONCE = frozenset({"survey_answered", "documents_signed", "term_sheet_accepted", "report_received"})
"""Answers of which no case awaits a second one."""


@dataclass
class World:
    """What is awaited from outside, and when it will come; None: never."""

    runtime: Runtime
    chance: random.Random
    facts: Facts
    planned: dict[int, datetime | None] = field(default_factory=dict)
    answered: int = 0
    next: datetime | None = None
    """When the first answer that is known will come; None: look."""
    twice_at: datetime | None = None
    """From when on the next answer comes twice, once."""

    def answer(self, until: datetime, changed: bool) -> int:
        """Send every message whose moment has come, and let the bank answer; returns how many. `changed`: something
        new may be awaited since the last look."""
        if not changed and self.next is not None and self.next > until:
            return 0
        sent = self._bank()
        s = t.subscription.c
        query = sa.select(s.id, s.name, s.instance_id, s.business_key, s.correlation).where(
            s.kind == "message", s.instance_id.is_not(None), s.name.in_(list(book("outside")))
        )
        with self.runtime.reading() as session:
            waiting = session.execute(query.order_by(s.id)).mappings().all()
        for row in waiting:
            said = book("outside")[row["name"]]
            if row["id"] not in self.planned:
                comes = self.chance.random() < said.get("chance", 1)
                days = self.chance.uniform(*said["after"])
                self.planned[row["id"]] = self.runtime.now() + timedelta(days=days) if comes else None
            moment = self.planned[row["id"]]
            if moment is not None and moment <= until:
                sent += self._send(dict(row), said["variables"])
                self.planned[row["id"]] = None
                if self.twice_at is not None and self.twice_at <= moment and row["name"] in ONCE:
                    self.twice_at = None
                    self._send(dict(row), said["variables"])
        coming = [moment for row in waiting if (moment := self.planned[row["id"]]) is not None]
        self.next = min(coming, default=until + timedelta(days=30))
        self.answered += sent
        return sent

    def _send(self, row: Mapping[str, Any], values: Mapping[str, Any]) -> int:
        moment = Moment(now=self.runtime.now(), zone=self.runtime.zone)
        seen = {**self.facts(str(row["business_key"]), {}), "dice": self.chance.randrange(100)}
        if row["name"] == "engineer_report":
            seen["undrawn"] = undrawn(self.runtime, str(row["business_key"]))
        try:
            with self.runtime.transaction() as session:
                api.send_message(
                    session,
                    api.SYSTEM,
                    row["name"],
                    business_key=row["business_key"],
                    correlation=row["correlation"],
                    variables=spoken(values, seen, moment),
                )
        except CallerError as refused:
            log.warning("not_answered", name=row["name"], key=row["business_key"], why=str(refused))
            return 0
        return 1

    def _bank(self) -> int:
        """Every payment order that left is answered: executed, one in forty rejected (ISO 20022, pain.002)."""
        out, in_ = (self.runtime.settings.data_dir / "bank" / way for way in ("out", "in"))
        done = 0
        for order in sorted(out.glob("*.pain.001.xml")) if out.is_dir() else ():
            ref = order.name.removesuffix(".pain.001.xml")
            answer = in_ / f"{ref}.xml"
            if ref in self._paid:
                continue
            self._paid.add(ref)
            in_.mkdir(parents=True, exist_ok=True)
            rejected = self.chance.randrange(40) == 0
            code, why = ("RJCT", "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>") if rejected else ("ACSC", "")
            answer.write_text(
                '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><OrgnlPmtInfAndSts>'
                f"<TxInfAndSts><OrgnlEndToEndId>{ref}</OrgnlEndToEndId><TxSts>{code}</TxSts>{why}"
                f"<AcctSvcrRef>B-{re.sub('[^0-9]', '', ref)}</AcctSvcrRef></TxInfAndSts></OrgnlPmtInfAndSts>"
                "</CstmrPmtStsRpt></Document>",
                "utf-8",
            )
            done += 1
        return done

    _paid: set[str] = field(default_factory=set)
