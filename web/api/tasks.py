"""Tasks over REST: what is open, what its form asks, and doing it in the rights of the token's teams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from engine import api, queries
from engine.queries import pages
from handlers import segments
from web.api.calls import Asked, Call, Moment, Strict, page, read_cursor
from web.api.instances import Id, Nothing, _aware, seen


class Task(BaseModel):
    id: Id
    name: str
    name_en: str
    element: str
    process_key: str
    instance_id: Id
    business_key: str | None
    facts: dict[str, Any]
    assignee: str | None
    team: str | None
    priority: int
    state: str
    created_at: datetime
    due_at: datetime | None
    overdue: bool
    paused: bool = Field(description="Its clock stands while it waits for the client.")
    completed_by: str | None
    completed_at: datetime | None


class Tasks(BaseModel):
    items: list[Task]
    next: str | None


class TaskDetail(Task):
    can: list[str] = Field(
        description="What the token's teams may do with it: see, claim, release, complete, reassign."
    )
    form_key: str | None
    form: dict[str, Any] | None = Field(description="The Camunda form (form-js schema).")
    values: dict[str, Any] = Field(description="What the form shows.")
    entered: dict[str, Any] | None = Field(description="What was entered when it was completed.")
    why: dict[str, Any] = Field(description="Why this person: the rule, in words.")


class WantedTasks(Asked):
    state: Literal["open", "completed", "cancelled"] | None = Field("open", description="`open` without it.")
    assignee: str | None = Field(None, max_length=255)
    team: str | None = Field(None, max_length=255)
    process: str | None = Field(None, max_length=255)
    element: str | None = Field(None, max_length=255)
    business_key: str | None = Field(None, max_length=255)
    instance: int | None = Field(None, ge=0, le=2**63 - 1)
    due_before: Moment | None = None


class Entered(Strict):
    variables: dict[str, Any] = Field(default_factory=dict, description="What the form asks; its rules are held.")


class Handed(Strict):
    person: str = Field(min_length=1, max_length=255, description="Sign-in name.")
    reason: str = Field("", max_length=500)


class Done(BaseModel):
    task: TaskDetail
    instance: str
    instance_state: str


def listed(db: Any, who: api.Actor, asked: WantedTasks) -> Mapping[str, Any]:
    """List tasks, the newest first."""
    if asked.team not in who.teams:
        segments.require_house(who)
    wanted = pages.Tasks(
        state=asked.state,
        assignee=asked.assignee,
        team=asked.team,
        process=asked.process,
        element=asked.element,
        business_key=asked.business_key,
        instance_id=asked.instance,
        due_before=_aware(asked.due_before),
    )
    before = read_cursor(asked.cursor, int)
    rows = pages.tasks_after(db, wanted, before[0] if before else None, asked.limit + 1)
    return page([replace(row, facts=seen(who, row.facts)) for row in rows], asked.limit)


def one(db: Any, who: api.Actor, task_id: int) -> Mapping[str, Any]:
    """Read a task with its form and its values; the token needs the task's team (`team:<id>`)."""
    found = queries.task(db, who, task_id)
    does = not found.can.isdisjoint({"claim", "complete"})
    values, entered = found.form_data, found.entered
    return {
        **{name: getattr(found.row, name) for name in Task.model_fields},
        "facts": seen(who, found.row.facts),
        "can": sorted(found.can),
        "form_key": found.form_key,
        "form": found.form_schema,
        "values": values if does else seen(who, values),  # who fills a form in needs the whole of it
        "entered": entered if does or entered is None else seen(who, entered),
        "why": found.why,
    }


def claim(db: Any, who: api.Actor, body: Nothing, task_id: int) -> Mapping[str, Any]:
    """Take a task from its team's queue. 409 when somebody was faster."""
    api.claim(db, who, task_id)
    return one(db, who, task_id)


def release(db: Any, who: api.Actor, body: Nothing, task_id: int) -> Mapping[str, Any]:
    """Give a task back to its team's queue."""
    api.release(db, who, task_id)
    return one(db, who, task_id)


def complete(db: Any, who: api.Actor, body: Entered, task_id: int) -> Mapping[str, Any]:
    """Complete a task with what its form asks. 422 names the fields that break the form's rules."""
    done = api.complete(db, who, task_id, body.variables)
    state = queries.instance(db, done.instance_id).row.state
    return {"task": one(db, who, task_id), "instance": str(done.instance_id), "instance_state": state}


def reassign(db: Any, who: api.Actor, body: Handed, task_id: int) -> Mapping[str, Any]:
    """Hand a task to somebody; a lead's right."""
    api.reassign(db, who, task_id, body.person, body.reason)
    return one(db, who, task_id)


ID = "<int(max=9223372036854775807):task_id>"
ONE = Call("GET", f"/tasks/{ID}", "getTask", "read", "tasks", TaskDetail, one)
CALLS = (
    Call("GET", "/tasks", "listTasks", "read", "tasks", Tasks, listed, query=WantedTasks),
    ONE,
    Call("POST", f"/tasks/{ID}/claim", "claimTask", "tasks", "tasks", TaskDetail, claim, body=Nothing, reads=ONE),
    Call("POST", f"/tasks/{ID}/release", "releaseTask", "tasks", "tasks", TaskDetail, release, body=Nothing, reads=ONE),
    Call("POST", f"/tasks/{ID}/complete", "completeTask", "tasks", "tasks", Done, complete, body=Entered, reads=ONE),
    Call("POST", f"/tasks/{ID}/reassign", "reassignTask", "tasks", "tasks", TaskDetail, reassign, body=Handed,
         reads=ONE),
)  # fmt: skip
