"""What operators do to an instance, over REST: tokens moved, other versions, begun again; and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from engine import api, queries
from handlers import segments
from web.api.calls import Asked, Call, Strict, read_cursor, written_cursor
from web.api.instances import ID, ONE, Id, InstanceDetail, MaybeId, one
from web.scope import language


class Move(Strict):
    source: str | None = Field(None, max_length=255, description="The element that is left; nothing is without it.")
    target: str = Field(min_length=1, max_length=255, description="The element that is entered.")
    reason: str = Field(min_length=1, max_length=500)


class Migration(Strict):
    version: int | None = Field(None, ge=1, le=1_000_000, description="The newest without it.")
    mapping: dict[str, str] = Field(default_factory=dict, description="Element -> element, where an id has changed.")


class Restart(Strict):
    at: list[str] = Field(min_length=1, max_length=50, description="Elements where it begins.")
    variables: dict[str, Any] = Field(default_factory=dict, description="Over those that it ended with.")
    version: int | None = Field(None, ge=1, le=1_000_000, description="The one that it ran without it.")


class Again(BaseModel):
    instance: str
    not_done: list[str] = Field(description="What the new instance does not do of the old one's work.")


class Follows(BaseModel):
    version: int = Field(description="The one it would run.")
    can: bool
    changes: list[str]
    reasons: list[str] = Field(description="Why it cannot follow.")


class Said(Strict):
    text: str = Field(min_length=1, max_length=4_000)


class Comment(BaseModel):
    id: Id
    at: datetime
    by: str
    text: str
    task_id: MaybeId
    withdrawn: bool


class Comments(BaseModel):
    items: list[Comment]
    next: str | None


def move(db: Any, who: api.Actor, body: Move, instance_id: int) -> Mapping[str, Any]:
    """Move a token: what stands at one element is cancelled, another is entered.

    The token needs `team:process_owner`, as for all that follows here but comments.
    """
    api.move_token(db, who, instance_id, body.source, body.target, body.reason)
    return one(db, who, instance_id)


def migrate(db: Any, who: api.Actor, body: Migration, instance_id: int) -> Mapping[str, Any]:
    """Carry an instance over to another version of its process. 422 tells by element why it cannot follow."""
    api.migrate_instance(db, who, instance_id, body.version, body.mapping)
    return one(db, who, instance_id)


def foresee(db: Any, who: api.Actor, body: Migration, instance_id: int) -> Mapping[str, Any]:
    """Tell whether an instance could follow to another version, and what would change. Nothing is written."""
    told = api.preview_migration(db, who, instance_id, body.version, body.mapping)
    changes, reasons = ([line.text(language()) for line in lines] for lines in (told.changes, told.reasons))
    return {"version": told.version, "can": not reasons, "changes": changes, "reasons": reasons}


def restart(db: Any, who: api.Actor, body: Restart, instance_id: int) -> Mapping[str, Any]:
    """Begin an ended instance again at some elements, as a new instance."""
    made = api.restart(db, who, instance_id, body.at, variables=body.variables or None, version=body.version)
    return {"instance": str(made.instance_id), "not_done": [change.text(language()) for change in made.not_done]}


def comments(db: Any, who: api.Actor, asked: Asked, instance_id: int) -> Mapping[str, Any]:
    """List what was said about an instance and what it called, the oldest first."""
    queries.instance(db, instance_id)
    segments.require_case(db, who, instance_id)
    after = read_cursor(asked.cursor, int)
    told = sorted(queries.comments(db, instance_id), key=lambda row: row.id)  # the cursor is an id
    rows = [row for row in told if after is None or row.id > after[0]]
    shown = rows[: asked.limit]
    return {"items": shown, "next": written_cursor([shown[-1].id]) if len(rows) > asked.limit else None}


def say(db: Any, who: api.Actor, body: Said, instance_id: int) -> Mapping[str, Any]:
    """Say something about an instance; whom it names with @ is told."""
    segments.require_case(db, who, instance_id)
    segments.require_readers(db, body.text, instance_id)
    made = api.comment(db, who, instance_id, body.text)
    return vars_of(next(row for row in queries.comments(db, instance_id) if row.id == made))


def vars_of(row: Any) -> dict[str, Any]:
    """A comment as it is told."""
    return {name: getattr(row, name) for name in Comment.model_fields}


CALLS = (
    Call("POST", f"/instances/{ID}/move", "moveToken", "cases", "instances", InstanceDetail, move, body=Move,
         reads=ONE),
    Call("POST", f"/instances/{ID}/migrate", "migrateInstance", "cases", "instances", InstanceDetail, migrate,
         body=Migration, reads=ONE),
    Call("POST", f"/instances/{ID}/migrate/preview", "previewMigration", "cases", "instances", Follows, foresee,
         body=Migration),
    Call("POST", f"/instances/{ID}/restart", "restartInstance", "cases", "instances", Again, restart, body=Restart,
         status=201),
    Call("GET", f"/instances/{ID}/comments", "listComments", "read", "instances", Comments, comments, query=Asked),
    Call("POST", f"/instances/{ID}/comments", "addComment", "cases", "instances", Comment, say, body=Said, status=201),
)  # fmt: skip
