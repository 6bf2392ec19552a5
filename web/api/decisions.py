"""Decisions over REST: what a table says without a case, and what tables decided in the cases of a project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from engine import api
from engine.errors import Forbidden
from engine.queries import registers
from engine.queries.decisions import decisions_under
from handlers import segments, sights
from handlers.records import projects
from handlers.views import deal_room
from web.api.calls import Asked, Call, Strict, page, read_cursor, written_cursor
from web.api.instances import Fired, Id, MaybeId


class Inputs(Strict):
    variables: dict[str, Any] = Field(default_factory=dict, description="The decision's inputs.")


class Output(BaseModel):
    decision: str
    output: Any
    fired: list[dict[str, Any]] = Field(description="The rules that fired, by table.")


class DecidedInProject(BaseModel):
    id: Id
    at: datetime
    decision: str
    model_hash: str = Field(description="SHA-256 of the model that decided.")
    instance_id: MaybeId
    process_key: str | None
    process_version: int | None
    business_key: str | None
    element: str | None
    element_name: str
    inputs: dict[str, Any]
    output: Any
    fired: list[Fired] = Field(description="Every rule that fired, by table.")


class DecisionsOfProject(BaseModel):
    items: list[DecidedInProject]
    next: str | None


class Table(BaseModel):
    key: str
    name: str
    version: int = Field(description="The newest.")
    folder: str = Field(description="The package that it came with.")
    deployed_at: datetime


class Tables(BaseModel):
    items: list[Table]
    next: str | None


def listed(db: Any, who: api.Actor, asked: Asked) -> Mapping[str, Any]:
    """List the decisions that can be evaluated, by key."""
    after = read_cursor(asked.cursor, str)
    where: list[registers.Condition] = [("newest", "eq", True), ("withdrawn_at", "null", True)]
    where += [("key", "gt", after[0])] if after else []
    rows = registers.rows(db, "decisions", registers.Wanted(where, order=(("key", False),), most=asked.limit + 1))
    shown = rows[: asked.limit]
    return {"items": shown, "next": written_cursor([shown[-1]["key"]]) if len(rows) > asked.limit else None}


def of_project(db: Any, who: api.Actor, asked: Asked, key: str) -> Mapping[str, Any]:
    """List what tables decided in every case of a project, newest first, with the rules that fired."""
    project = projects.get(db, key)
    segments.require_project(db, who, project.id)
    if not sights.may_see(who, "credit"):
        raise Forbidden(
            reason="what a credit decision stands on is for the deal teams and the auditor",
            reason_zh="授信决策的依据仅供业务团队和审计查看",
        )
    cursor = read_cursor(asked.cursor, int)
    keys = deal_room.business_keys(db, project)
    rows = decisions_under(db, keys, before=cursor[0] if cursor else None, size=asked.limit + 1)
    found = page(rows, asked.limit)
    return {
        **found,
        "items": [{name: getattr(one, name) for name in DecidedInProject.model_fields} for one in found["items"]],
    }


def evaluate(db: Any, who: api.Actor, body: Inputs, key: str) -> Mapping[str, Any]:
    """Evaluate a decision of the newest version. Nothing is written: what a case decides stands in its own log."""
    found = api.evaluate_decision(db, who, key, body.variables)
    fired = [{"table": one.decision, "rule": one.rule} for one in found.fired]
    return {"decision": key, "output": found.value, "fired": fired}


CALLS = (
    Call("GET", "/decisions", "listDecisions", "decisions", "decisions", Tables, listed, query=Asked),
    Call("POST", "/decisions/<key>/evaluate", "evaluateDecision", "decisions", "decisions", Output, evaluate,
         body=Inputs),
    Call("GET", "/projects/<key>/decisions", "listDecisionsOfProject", "clients", "decisions", DecisionsOfProject,
         of_project, query=Asked),
)  # fmt: skip
