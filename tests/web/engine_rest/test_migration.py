"""Cases carried to another version through Camunda's REST, batches, and what consoles ask before anything else."""

from __future__ import annotations

from engine.batches import run_batches
from engine.store import tables as t
from tests.house import House
from tests.web.engine_rest.conftest import PRINTING, Program

RENAMED = PRINTING.replace('"read"', '"study"').replace("阅读", "研读")


def versions(root: Program) -> list[str]:
    return [one["id"] for one in root.get("/process-definition?key=printing&sortBy=version&sortOrder=asc")]


def reading(shop: House, root: Program) -> str:
    """A case of the first version that waits to be read."""
    id = str(root.post(f"/process-definition/{versions(root)[0]}/start")["id"])
    [task] = root.post("/external-task/fetchAndLock", {"workerId": "w", "maxTasks": 1, "topics": [
        {"topicName": "print", "lockDuration": 60_000}]})  # fmt: skip
    root.post(f"/external-task/{task['id']}/complete", {"workerId": "w"}, 204)
    return id


def test_cases_are_carried_to_another_version_one_by_one_and_as_a_batch(shop: House, root: Program) -> None:
    shop.deploy("printing", printing_bpmn=RENAMED)
    old, new = versions(root)
    at_once, later, lost = (reading(shop, root) for _ in range(3))
    ends = {"sourceProcessDefinitionId": old, "targetProcessDefinitionId": new}
    plan = root.post("/migration/generate", ends)
    named = {one["sourceActivityIds"][0] for one in plan["instructions"]}
    assert {"print", "repair", "start"} <= named and "read" not in named

    wrong = plan | {"instructions": [{"sourceActivityIds": ["read"], "targetActivityIds": ["print"]}]}
    [report] = root.post("/migration/validate", wrong)["instructionReports"]
    assert "incompatible types" in report["failures"][0]
    assert root.post("/migration/validate", plan)["instructionReports"] == []

    status, kind, message = root.refused(
        "POST", "/migration/execute", {"migrationPlan": plan, "processInstanceIds": [lost]}
    )
    assert (status, kind) == (400, "MigratingProcessInstanceValidationException") and "read" in message

    whole = plan | {"instructions": [{"sourceActivityIds": ["read"], "targetActivityIds": ["study"]}]}
    root.post("/migration/execute", {"migrationPlan": whole, "processInstanceIds": [at_once]}, 204)
    assert root.get(f"/task?processInstanceId={at_once}")[0]["taskDefinitionKey"] == "study"

    batch = root.post("/migration/executeAsync", {"migrationPlan": whole, "processInstanceIds": [later]})
    assert (batch["type"], batch["totalJobs"]) == ("instance-migration", 1)
    assert root.get("/batch?type=instance-migration")[0]["id"] == batch["id"]
    assert root.ask("PUT", f"/batch/{batch['id']}/suspended", {"suspended": True}).status_code == 204
    assert root.get("/batch/statistics?suspended=true")[0]["remainingJobs"] == 1
    assert root.ask("PUT", f"/batch/{batch['id']}/suspended", {"suspended": False}).status_code == 204
    run_batches(shop.runtime)
    run_batches(shop.runtime)  # finds nothing left, and closes it
    assert root.refused("GET", f"/batch/{batch['id']}")[0] == 404 and root.get("/batch/count") == {"count": 0}
    [row] = shop.rows(t.instance, t.instance.c.id == int(later))
    assert new.endswith(f":{row['definition_id']}")
    status, _kind, message = root.refused(
        "POST", "/migration/execute", {"migrationPlan": whole, "processInstanceIds": [later]}
    )
    assert status == 400 and old in message


def test_consoles_are_told_what_there_is_none_of_and_what_the_caller_may_do(root: Program, person: object) -> None:
    for path in ("/filter", "/tenant", "/authorization"):
        assert root.get(path) == [] and root.get(f"{path}/count") == {"count": 0}
    clerk: Program = person("li")  # type: ignore[operator]
    asked = "/authorization/check?permissionName={}&permissionValue=2&resourceName=x&resourceType={}"

    def may(who: Program, permission: str, resource: int) -> bool:
        return bool(who.get(asked.format(permission, resource))["isAuthorized"])

    assert may(root, "UPDATE", 8) and may(clerk, "READ", 7) and not may(clerk, "UPDATE", 8)
    assert clerk.refused("POST", "/migration/generate", {})[0] == 403
    assert clerk.refused("GET", "/batch")[0] == 403
    assert root.get("/history/incident/count")["count"] == len(root.get("/history/incident"))
