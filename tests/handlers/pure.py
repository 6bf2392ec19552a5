"""Handlers that compute and write nothing, run by topic as the engine does but without a database."""

from collections.abc import Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from engine.process.businesstime import BusinessCalendar
from engine.registry import BpmnError, Context, Handler, Registry
from engine.schedule import Schedule
from tests.handlers.conftest import NOW
from tests.handlers.stand_ins import Choosing, Posted

ZONE = ZoneInfo("Asia/Shanghai")


class Counter:
    """Runs the handlers it is given; a second run must give the same."""

    def __init__(self, *functions: Handler) -> None:
        self.registry = Registry()
        self.registry.add_functions(*functions)
        self.context = Context(
            session=cast(Session, None),
            now=NOW,
            zone=ZONE,
            calendar=BusinessCalendar(zone=ZONE),
            people=Choosing(),
            outbox=Posted(),
            audit=lambda action, data: None,
            schedule=Schedule(cast(Session, None)),
            business_key="FA-2026-0001",
            job_key="job-1",
        )

    def run(self, topic: str, inputs: Mapping[str, object]) -> Mapping[str, Any]:
        entry = self.registry.find(topic)
        first = entry(self.context, inputs)
        assert entry(self.context, inputs) == first
        return first

    def refused(self, topic: str, inputs: Mapping[str, object]) -> BpmnError:
        with pytest.raises(BpmnError) as caught:
            self.registry.find(topic)(self.context, inputs)
        return caught.value
