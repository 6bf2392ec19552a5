"""Instances over REST: what runs, where it stands, what happened; variables, suspending, ending; incidents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from engine import api, queries
from engine.errors import Forbidden, NotFound
from engine.queries import pages
from engine.queries.decisions import DecisionRow
from engine.queries.selection import Cases
from handlers import segments, sights
from web.api.calls import Asked, Call, Moment, Strict, page, read_cursor, written_cursor

Id = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
"""Ids are texts: they are larger than what JavaScript counts exactly."""
MaybeId = Annotated[str | None, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
ALL = 1_000_000
"""Steps of an instance that are looked at."""
State = Literal["active", "suspended", "completed", "terminated", "cancelled", "failed"]


class Wait(BaseModel):
    """What an instance waits for."""

    element: str
    name: str
    kind: str = Field(description="user, job, timer, message, signal, condition, call, incident …")
    due: datetime | None
    who: str | None
    since: datetime | None
    task_id: MaybeId
    child_id: MaybeId


class Instance(BaseModel):
    id: Id
    key: str = Field(description="Of its process.")
    version: int
    business_key: str | None
    state: str
    facts: dict[str, Any] = Field(description="Business facts, as lists show them.")
    started_at: datetime
    started_by: str | None
    ended_at: datetime | None
    incidents: int = Field(description="Open ones.")
    waits: list[Wait]


class Instances(BaseModel):
    items: list[Instance]
    next: str | None


class Child(BaseModel):
    id: Id
    key: str
    state: str


class InstanceDetail(Instance):
    variables: dict[str, Any]
    parent_id: MaybeId
    children: list[Child]
    end_error: str | None


class WantedInstances(Asked):
    process: str | None = Field(None, max_length=255)
    version: int | None = Field(None, ge=1, le=1_000_000)
    state: State | None = Field(None, description="Any without it.")
    business_key: str | None = Field(None, max_length=255)
    element: str | None = Field(None, max_length=255, description="Waits or broke there.")
    started_since: Moment | None = None
    started_before: Moment | None = None
    broken: bool = Field(False, description="Only those with an open incident.")
    text: str | None = Field(None, max_length=200, description="Stands in the business key or in a fact.")
    facts: dict[str, str] = Field(default_factory=dict, description="Business facts: `fact.<name>=<value>`.")


class Step(BaseModel):
    at: datetime
    actor: str | None
    trigger: str
    kind: str
    element: str
    name: str
    type: str


class Steps(BaseModel):
    items: list[Step]
    next: str | None


class Fired(BaseModel):
    table: str
    rule: int
    annotations: list[str]


class Decision(BaseModel):
    at: datetime
    decision: str
    element: str | None
    inputs: dict[str, Any]
    output: Any
    fired: list[Fired]


class Decisions(BaseModel):
    items: list[Decision]
    next: str | None


class Variables(Strict):
    variables: dict[str, Any] = Field(min_length=1, description="Set these; the others stay.")


class Reason(Strict):
    reason: str = Field(min_length=1, max_length=500)


class Nothing(Strict):
    """An empty object."""


class Incident(BaseModel):
    id: Id
    instance_id: MaybeId
    process_key: str | None
    business_key: str | None
    element: str
    kind: str
    code: str
    text: str
    text_zh: str
    at: datetime
    resolved_at: datetime | None


class Incidents(BaseModel):
    items: list[Incident]
    next: str | None


class WantedIncidents(Asked):
    open: bool | None = Field(True, description="Open ones (the default) or resolved ones.")


class Repair(Strict):
    variables: dict[str, Any] = Field(default_factory=dict, description="Set before it is tried again.")


def listed(db: Any, who: api.Actor, asked: WantedInstances) -> Mapping[str, Any]:
    """List instances, the newest first."""
    if who.teams and not sights.fields_hidden(who).isdisjoint(asked.facts):
        raise Forbidden(
            reason="your teams do not see one of these facts, and may not ask by it",
            reason_zh="所属团队看不到其中的业务要素，也不能按它查询",
        )
    wanted = Cases(
        key=asked.process,
        version=asked.version,
        state=(asked.state,) if asked.state else (),
        business_key=asked.business_key,
        element=asked.element,
        started_since=_aware(asked.started_since),
        started_before=_aware(asked.started_before),
        broken=asked.broken,
        text=asked.text,
        facts=tuple(asked.facts.items()),
        reach=segments.reach(db, who),
        unseen=sights.fields_hidden(who) if who.teams else frozenset(),
    )
    before = read_cursor(asked.cursor, int)
    rows = pages.instances_after(db, wanted, before[0] if before else None, asked.limit + 1)
    return page([replace(row, facts=seen(who, row.facts or {})) for row in rows], asked.limit)


def _aware(moment: datetime | None) -> datetime | None:
    """A moment without a zone is one of the business zone."""
    from web.scope import runtime

    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=runtime().settings.zone)


def one(db: Any, who: api.Actor, instance_id: int) -> Mapping[str, Any]:
    """Read an instance with its variables, and what it waits for."""
    found = queries.instance(db, instance_id)
    segments.require_case(db, who, instance_id)
    row = {name: getattr(found.row, name) for name in Instance.model_fields}
    row["facts"] = seen(who, found.row.facts or {})
    own = {name: getattr(found, name) for name in ("parent_id", "children", "end_error")}
    return {**row, **own, "variables": seen(who, found.variables),
            "waits": [_plain(wait, Wait) for wait in found.row.waits],
            "children": [_plain(child, Child) for child in found.children]}  # fmt: skip


def seen(who: api.Actor, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Variables as pages show them to the token's teams; a token without teams reads for the whole house."""
    return sights.without_hidden(who, variables) if who.teams else variables


def _plain(row: Any, model: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in model.model_fields}


def steps(db: Any, who: api.Actor, asked: Asked, instance_id: int) -> Mapping[str, Any]:
    """List what happened in an instance, the oldest first."""
    segments.require_case(db, who, instance_id)
    told = read_cursor(asked.cursor, _count)
    first = told[0] if told else 0  # nothing is ever put in between, so a count is a place
    rows = queries.history(db, instance_id, ALL)[first : first + asked.limit + 1]
    more = len(rows) > asked.limit
    return {"items": rows[: asked.limit], "next": written_cursor([first + asked.limit]) if more else None}


def _count(part: Any) -> int:
    if not isinstance(part, int) or part < 0:
        raise ValueError(part)
    return part


def decisions(db: Any, who: api.Actor, asked: Asked, instance_id: int) -> Mapping[str, Any]:
    """List what was decided in an instance, the newest first: inputs, output and the rules that fired."""
    from engine.queries.decisions import decisions as found

    queries.instance(db, instance_id)
    segments.require_case(db, who, instance_id)
    before = read_cursor(asked.cursor, int)
    rows = found(db, instance_id=instance_id, before=before[0] if before else None, size=asked.limit + 1)
    told = page(rows, asked.limit)
    gone = sights.fields_hidden(who) if who.teams else frozenset()
    return {**told, "items": [_seen_decision(who, row) for row in told["items"] if row.decision not in gone]}


def _seen_decision(who: api.Actor, row: DecisionRow) -> DecisionRow:
    """A decision without what the token's teams may not see."""
    return replace(row, inputs=seen(who, row.inputs), output=seen(who, {"output": row.output})["output"])


def set_variables(db: Any, who: api.Actor, body: Variables, instance_id: int) -> Mapping[str, Any]:
    """Set variables of a running instance.

    The token needs `team:process_owner`; who, before and after stand in the audit.
    """
    api.set_variables(db, who, instance_id, body.variables)
    return one(db, who, instance_id)


def cancel(db: Any, who: api.Actor, body: Reason, instance_id: int) -> Mapping[str, Any]:
    """End an instance from outside: its tasks, timers, jobs and called processes go."""
    api.cancel(db, who, instance_id, body.reason)
    return one(db, who, instance_id)


def suspend(db: Any, who: api.Actor, body: Nothing, instance_id: int) -> Mapping[str, Any]:
    """Hold an instance: nothing happens in it until it is resumed."""
    api.suspend(db, who, instance_id)
    return one(db, who, instance_id)


def resume(db: Any, who: api.Actor, body: Nothing, instance_id: int) -> Mapping[str, Any]:
    """Let a suspended instance go on; what became due meanwhile happens now."""
    api.resume(db, who, instance_id)
    return one(db, who, instance_id)


def incidents(db: Any, who: api.Actor, asked: WantedIncidents) -> Mapping[str, Any]:
    """List incidents, the newest first."""
    segments.require_house(who)
    before = read_cursor(asked.cursor, int)
    return page(pages.incidents_after(db, asked.open, before[0] if before else None, asked.limit + 1), asked.limit)


def retry(db: Any, who: api.Actor, body: Repair, incident_id: int) -> Mapping[str, Any]:
    """Try again what an incident stopped, with variables set before when they are given."""
    if not queries.incidents(db, id=incident_id, open=None):
        raise NotFound(what="incident", id=incident_id)
    api.retry(db, who, incident_id, body.variables or None)
    return _plain(queries.incidents(db, id=incident_id, open=None)[0], Incident)


ID = "<int(max=9223372036854775807):instance_id>"
INCIDENT = "<int(max=9223372036854775807):incident_id>"
ONE = Call("GET", f"/instances/{ID}", "getInstance", "read", "instances", InstanceDetail, one)
CALLS = (
    Call("GET", "/instances", "listInstances", "read", "instances", Instances, listed, query=WantedInstances),
    ONE,
    Call("GET", f"/instances/{ID}/history", "getHistory", "read", "instances", Steps, steps, query=Asked),
    Call("GET", f"/instances/{ID}/decisions", "getDecisions", "read", "instances", Decisions, decisions,
         query=Asked),
    Call("PATCH", f"/instances/{ID}/variables", "setVariables", "cases", "instances", InstanceDetail, set_variables,
         body=Variables, reads=ONE),
    Call("POST", f"/instances/{ID}/cancel", "cancelInstance", "cases", "instances", InstanceDetail, cancel,
         body=Reason, reads=ONE),
    Call("POST", f"/instances/{ID}/suspend", "suspendInstance", "cases", "instances", InstanceDetail, suspend,
         body=Nothing, reads=ONE),
    Call("POST", f"/instances/{ID}/resume", "resumeInstance", "cases", "instances", InstanceDetail, resume,
         body=Nothing, reads=ONE),
    Call("GET", "/incidents", "listIncidents", "read", "incidents", Incidents, incidents, query=WantedIncidents),
    Call("POST", f"/incidents/{INCIDENT}/retry", "retryIncident", "cases", "incidents", Incident, retry, body=Repair),
)  # fmt: skip
