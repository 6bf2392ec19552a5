"""One thing done to many cases as a batch at /engine-rest, and what Camunda has beside that is told with a way out."""

from __future__ import annotations

from typing import Any

from engine.batches import run_batches
from tests.house import House
from tests.web.engine_rest.conftest import Program
from web.engine_rest.elsewhere import REFUSED


def cases(root: Program, key: str, number: int = 2) -> list[str]:
    return [root.post("/process-definition/key/printing/start", {"businessKey": key})["id"] for _ in range(number)]


def done(shop: House, batch: Any, kind: str, total: int) -> None:
    assert (batch["type"], batch["totalJobs"]) == (kind, total)
    run_batches(shop.runtime)


def test_cases_are_held_changed_moved_ended_and_begun_again_as_batches(shop: House, root: Program) -> None:
    first, second = cases(root, "MANY-1")
    query = {"processInstanceQuery": {"businessKey": "MANY-1"}}
    held = root.post("/process-instance/suspended-async", {**query, "suspended": True})
    done(shop, held, "instance-update-suspension-state", 2)
    assert root.get(f"/process-instance/{first}")["suspended"] is True
    root.post("/process-instance/suspended-async", {"processInstanceIds": [first, second], "suspended": False})
    run_batches(shop.runtime)
    done(shop, root.post("/process-instance/variables-async", {**query, "variables": {"pages": {"value": 3}}}),
         "set-variables", 2)  # fmt: skip
    assert root.get(f"/process-instance/{second}/variables/pages")["value"] == 3

    version = root.get("/process-definition/key/printing")["id"]
    steps = [{"type": "cancel", "activityId": "print"}, {"type": "startBeforeActivity", "activityId": "read"}]
    move = {"processDefinitionId": version, "instructions": steps}
    root.post("/modification/execute", {**move, "processInstanceIds": [first]}, 204)
    done(shop, root.post("/modification/executeAsync", {**move, "processInstanceIds": [second]}),
         "instance-modification", 1)  # fmt: skip
    for one in (first, second):
        assert root.get(f"/task?processInstanceId={one}")[0]["taskDefinitionKey"] == "read"

    done(shop, root.post("/process-instance/delete", {**query, "deleteReason": "test"}), "instance-deletion", 2)
    over = root.get("/history/batch?completed=true&type=instance-modification")[0]
    assert (over["totalJobs"], over["endTime"] is None) == (1, False)
    assert root.get(f"/history/batch/{over['id']}") == over and root.get("/history/batch/count")["count"] >= 5
    seen = root.get(f"/history/process-definition/{version}/statistics?finished=true&canceled=true")
    assert isinstance(seen, list) and root.refused("GET", "/history/process-definition/x/statistics")[0] == 404
    assert root.get("/process-instance/count?businessKey=MANY-1") == {"count": 0}
    again = {"processInstanceIds": [first], "instructions": steps[1:]}
    done(shop, root.post(f"/process-definition/{version}/restart-async", again), "instance-restart", 1)
    root.post(f"/process-definition/{version}/restart", {**again, "processInstanceIds": [second]}, 204)
    assert root.get("/process-instance/count?businessKey=MANY-1") == {"count": 2}


def test_what_failed_in_many_cases_comes_again(shop: House, root: Program) -> None:
    ids = cases(root, "MANY-2")
    topics = [{"topicName": "print", "lockDuration": 60_000, "businessKey": "MANY-2"}]
    for task in root.post("/external-task/fetchAndLock", {"workerId": "w", "maxTasks": 9, "topics": topics}):
        root.post(f"/external-task/{task['id']}/failure", {"workerId": "w", "retries": 0, "errorMessage": "jam"}, 204)
    again = root.post("/external-task/retries-async", {"processInstanceIds": ids, "retries": 2})
    done(shop, again, "set-job-retries", 2)
    assert len(root.post("/external-task/fetchAndLock", {"workerId": "w", "maxTasks": 9, "topics": topics})) == 2
    assert root.refused("POST", "/job/retries", {"jobIds": ["1"], "retries": 2})[0] == 400


def test_batches_are_for_process_owners(root: Program, person: Any) -> None:
    [id] = cases(root, "MANY-3", 1)
    for path in ("process-instance/delete", "process-instance/job-retries", "modification/execute"):
        assert person("li").refused("POST", f"/{path}", {"processInstanceIds": [id]})[0] == 403
    assert root.refused("POST", "/process-instance/delete", {})[0] == 400


def test_what_camunda_has_beside_is_told_with_a_way_out(root: Program) -> None:
    for method, address, instead in REFUSED:
        path = address.replace("/**", "/x/y").replace("*", "7")
        status, kind, message = root.refused("DELETE" if method == "*" else method, path)
        assert (status, kind) == (501, "NotSupportedException") and message.endswith(instead), path
