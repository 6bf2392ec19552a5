"""When a failed attempt comes again: the model's word, else the decorator's, else the house's."""

from datetime import timedelta
from typing import Any

import pytest

from engine.registry import handles
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import SQLITE
from tests.house import House

WAITS: list[tuple[str, dict[str, Any], list[int]]] = [
    ("R5/PT5M", {"attempts": 2}, [300, 300, 300, 300]),
    ("PT1M,PT5M,PT1H", {}, [60, 300, 3600]),
    ("4", {"backoff": "PT1M"}, [60, 120, 240]),
    ("", {"attempts": 4, "backoff": "PT30S"}, [30, 60, 120]),
    ("", {"attempts": 3, "backoff": "PT20H"}, [20 * 3600, 24 * 3600]),
    ("", {}, [10, 20]),
]


@SQLITE
@pytest.mark.parametrize(("model", "decorator", "waits"), WAITS)
def test_attempts_come_as_far_apart_as_was_said_and_then_people_are_asked(
    house: House, model: str, decorator: dict[str, Any], waits: list[int]
) -> None:
    @handles("send", **decorator)
    def send(ctx: Any) -> None:
        raise ConnectionError

    house.runtime.registry.add_functions(send)
    cycle = f"<camunda:failedJobRetryTimeCycle>{model}</camunda:failedJobRetryTimeCycle>"
    house.deploy(
        p_bpmn=d.one_service("send", inside=f"<extensionElements>{cycle}</extensionElements>" if model else "")
    )
    house.start("p")
    house.work()
    for wait in waits:
        assert house.rows(t.incident) == []
        assert house.rows(t.job)[0]["due_at"] - house.clock.at == timedelta(seconds=wait)
        house.pass_time(seconds=wait)
    assert [row["code"] for row in house.rows(t.incident)] == ["ConnectionError"]
