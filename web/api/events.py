"""The feed of events over REST: everything that happens in instances, in order, from where the caller stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from engine import api
from engine.queries import pages
from handlers import segments
from web.api.calls import Asked, Call, read_cursor, written_cursor
from web.api.instances import Id


class Event(BaseModel):
    id: str = Field(description="The same event has the same id for ever.")
    at: datetime
    kind: str = Field(description="entered, left, took, cancelled, threw, decided or set")
    instance_id: Id
    process_key: str
    business_key: str | None
    element: str
    name: str
    actor: str | None


class Events(BaseModel):
    items: list[Event]
    next: str | None = Field(description="Where the feed goes on: ask again with it, also after an empty page.")


def listed(db: Any, who: api.Actor, asked: Asked) -> Mapping[str, Any]:
    """Read what happened in all instances, the oldest first.

    Keep `next` and ask again with it: nothing is skipped, nothing comes twice. An event is told five seconds after it
    happened.
    """
    segments.require_house(who)
    place = read_cursor(asked.cursor, datetime.fromisoformat, int, int)
    rows, reached = pages.events_after(db, place, asked.limit)
    items = [
        {**{name: getattr(row, name) for name in Event.model_fields if name != "id"},
         "id": f"{row.instance_id}-{row.seq}-{row.number}"}
        for row in rows
    ]  # fmt: skip
    return {"items": items, "next": written_cursor(reached) if reached else None}


CALLS = (Call("GET", "/events", "listEvents", "read", "events", Events, listed, query=Asked),)
