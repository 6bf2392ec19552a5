"""Processes over REST: what is deployed, its diagrams, starting and deploying."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from engine import api, queries
from engine.errors import InvalidInput
from engine.queries import statistics
from handlers import segments
from web.api.calls import Asked, Call, Strict, read_cursor, written_cursor


class Version(BaseModel):
    version: int
    deployed_at: datetime
    by: str
    note: str
    running: int = Field(description="Instances of this version that have not ended.")
    suspended: bool


class Process(BaseModel):
    key: str
    name: str
    name_en: str
    folder: str
    version: int = Field(description="The newest.")
    running: int
    incidents: int
    versions: list[Version]


class Processes(BaseModel):
    items: list[Process]
    next: str | None


class Diagram(BaseModel):
    key: str
    version: int
    xml: str = Field(description="BPMN 2.0.")
    forms: list[str]
    decisions: list[str]
    calls: list[str]
    topics: list[str]


class Start(Strict):
    business_key: str | None = Field(None, min_length=1, max_length=255)
    variables: dict[str, Any] = Field(default_factory=dict, description="Decimals are kept exactly.")
    version: int | None = Field(None, ge=1, le=1_000_000, description="The newest without it.")


class Started(BaseModel):
    instance: str
    business_key: str | None


class Deployment(Strict):
    folder: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", description="The package.")
    files: dict[str, str] = Field(min_length=1, description="Path in the package -> content in Base64.")
    note: str = Field("", max_length=500)


class Deployed(BaseModel):
    unchanged: bool = Field(description="These files were the newest already.")
    processes: dict[str, int] = Field(description="Key -> version.")
    decisions: dict[str, int]
    forms: dict[str, int]
    warnings: list[str]


class Rest(Strict):
    version: int | None = Field(None, ge=1, le=1_000_000, description="Every one without it.")
    reason: str = Field("", max_length=500)


class Wanted(BaseModel):
    model_config = {"extra": "forbid"}

    version: int | None = Field(None, ge=1, le=1_000_000, description="Every one without it.")
    since: date | None = Field(None, description="Days of the business zone.")
    until: date | None = None


class ElementFigures(BaseModel):
    element: str
    name: str
    type: str
    entered: int
    left: int
    cancelled: int
    present: int = Field(description="So many stand there now.")
    incidents: int
    open_incidents: int
    mean: timedelta | None = Field(description="Of what was left, as ISO 8601.")
    median: timedelta | None
    p90: timedelta | None


class Figures(BaseModel):
    as_of: datetime | None = Field(description="What happened up to here is counted.")
    started: int
    ended: dict[str, int] = Field(description="By state.")
    elements: list[ElementFigures]
    flows: dict[str, int] = Field(description="Sequence flow -> how often it was taken.")


def listed(db: Any, who: api.Actor, asked: Asked) -> Mapping[str, Any]:
    """List processes by key.

    Each with its versions and the number of instances that run.
    """
    after = read_cursor(asked.cursor, str)
    rows = sorted(queries.definitions(db), key=lambda row: row.key)
    if after is not None:
        rows = [row for row in rows if row.key > after[0]]
    shown = rows[: asked.limit]
    return {"items": shown, "next": written_cursor([shown[-1].key]) if len(rows) > asked.limit else None}


def one(db: Any, who: api.Actor, key: str) -> Any:
    """Read a process."""
    return queries.definition(db, key).row


def diagram(db: Any, who: api.Actor, key: str, version: int) -> Mapping[str, Any]:
    """Read the diagram of a version and what it refers to."""
    found = queries.definition(db, key, version)
    facts = {name: getattr(found, name) for name in ("forms", "decisions", "calls", "topics")}
    return {"key": key, "version": version, "xml": found.xml.decode(), **facts}


def start(db: Any, who: api.Actor, body: Start, key: str) -> Mapping[str, Any]:
    """Start an instance of a process by hand.

    The model may name who may start it: then the token needs one of those teams (`team:<id>`).
    """
    made = api.start(db, who, key, body.variables, body.business_key, version=body.version)
    return {"instance": str(made), "business_key": queries.instance(db, made).row.business_key}


def suspend(db: Any, who: api.Actor, body: Rest, key: str) -> Any:
    """Let a process rest: nothing starts it, what runs goes on. The token needs `team:process_owner`."""
    api.suspend_process(db, who, key, body.version, body.reason)
    return queries.definition(db, key).row


def resume(db: Any, who: api.Actor, body: Rest, key: str) -> Any:
    """Let a process be started again; messages that were kept for it are delivered."""
    api.resume_process(db, who, key, body.version, body.reason)
    return queries.definition(db, key).row


def figures(db: Any, who: api.Actor, asked: Wanted, key: str) -> Mapping[str, Any]:
    """Read how a process fares: how many came to each element, how long they stayed, what failed."""
    segments.require_house(who)
    found = statistics.heat_map(db, key, asked.version, asked.since, asked.until)
    own = set(ElementFigures.model_fields) - {"mean", "median", "p90"}
    return {
        "as_of": found.as_of,
        "started": found.started,
        "ended": dict(found.ended),
        "flows": dict(found.flows),
        "elements": [
            {name: getattr(one, name) for name in own}
            | {name: getattr(one.durations, name) for name in ("mean", "median", "p90")}
            for one in found.elements
        ],
    }


def deploy(db: Any, who: api.Actor, body: Deployment) -> Mapping[str, Any]:
    """Deploy a package: its diagrams, decisions, forms and texts become the newest version.

    The token needs `team:process_owner` beside its scope. Running instances keep their version.
    """
    files = {path: _decoded(path, content) for path, content in body.files.items()}
    made = api.deploy(db, who, body.folder, files, body.note)
    kinds = {"processes": made.definitions, "decisions": made.decisions, "forms": made.forms}
    warnings = [fault.text("en") for fault in made.warnings]
    return {"unchanged": made.unchanged, "warnings": warnings, **{name: dict(found) for name, found in kinds.items()}}


def _decoded(path: str, content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(place=f"files.{path}", reason="is no Base64", reason_zh="不是 Base64 编码") from error


VERSION = "<int(max=1000000):version>"
ONE = Call("GET", "/processes/<key>", "getProcess", "read", "processes", Process, one)
CALLS = (
    Call("GET", "/processes", "listProcesses", "read", "processes", Processes, listed, query=Asked),
    ONE,
    Call("GET", f"/processes/<key>/versions/{VERSION}", "getDiagram", "read", "processes", Diagram, diagram),
    Call(
        "POST", "/processes/<key>/start", "startProcess", "cases", "processes", Started, start, body=Start, status=201
    ),
    Call("GET", "/processes/<key>/statistics", "getStatistics", "read", "processes", Figures, figures, query=Wanted),
    Call(
        "POST",
        "/processes/<key>/suspend",
        "suspendProcess",
        "cases",
        "processes",
        Process,
        suspend,
        body=Rest,
        reads=ONE,
    ),
    Call(
        "POST", "/processes/<key>/resume", "resumeProcess", "cases", "processes", Process, resume, body=Rest, reads=ONE
    ),
    Call("POST", "/deployments", "deploy", "deploy", "processes", Deployed, deploy, body=Deployment, status=201),
)
