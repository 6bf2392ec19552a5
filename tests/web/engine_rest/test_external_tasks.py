"""External tasks as programs see them: fetched, locked, reported, waited for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.house import House
from tests.web.engine_rest.conftest import Program


def fetch(worker: Program, name: str = "w1", most: int = 10, **topic: Any) -> list[dict[str, Any]]:
    body = {"workerId": name, "maxTasks": most, "topics": [{"topicName": "print", "lockDuration": 60_000, **topic}]}
    found: list[dict[str, Any]] = worker.post("/external-task/fetchAndLock", body)
    return found


@pytest.fixture(autouse=True)
def nothing_left(shop: House, worker: Program) -> Any:
    yield
    shop.clock.move(minutes=2)
    for task in fetch(worker, "cleaner"):
        worker.post(f"/external-task/{task['id']}/complete", {"workerId": "cleaner"}, 204)


def test_a_locked_task_says_everything_that_camunda_says(shop: House, worker: Program) -> None:
    case = shop.start("printing", pages=3, note="你好")
    [task] = fetch(worker)
    assert task["topicName"] == "print" and task["activityId"] == "print" and task["workerId"] == "w1"
    assert task["processInstanceId"] == str(case) and task["retries"] is None and task["suspended"] is False
    key, version, id = task["processDefinitionId"].split(":")
    assert (key, version, task["processDefinitionKey"]) == ("printing", "1", "printing") and id.isdigit()
    assert task["processDefinitionVersionTag"] == "1.0"
    assert task["lockExpirationTime"] == "2026-03-02T09:01:00.000+0800"
    assert task["variables"]["pages"] == {"type": "Integer", "value": 3, "valueInfo": {}}
    assert fetch(worker, "w2") == []


def test_a_completed_task_writes_typed_variables(shop: House, worker: Program) -> None:
    case = shop.start("printing")
    [task] = fetch(worker)
    results = {"done": {"value": True, "type": "Boolean"}, "list": {"value": '[1.50, "二"]', "type": "Json"}}
    worker.post(f"/external-task/{task['id']}/complete", {"workerId": "w1", "variables": results}, 204)
    assert shop.variables(case)["done"] is True and str(shop.variables(case)["list"][0]) == "1.50"
    assert shop.task("read", case)
    status, kind, message = worker.refused("POST", f"/external-task/{task['id']}/complete", {"workerId": "w1"})
    assert (status, kind) == (404, "InvalidRequestException") and task["id"] in message
