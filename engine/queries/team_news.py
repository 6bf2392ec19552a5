"""What happened lately in some teams: tasks done, words said at them. Law: only tasks that stood in one of these teams'
queues are told of, so nobody reads here what their task page would not show.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions
from engine.queries.standing import english
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class News:
    """One happening: a task was done, or something was said at one (`text`). `by`: a sign-in name, or the engine."""

    at: datetime
    kind: Literal["done", "said"]
    by: str | None
    team: str
    task_id: int
    task_name: str
    task_name_en: str
    business_key: str | None
    facts: Mapping[str, Any]
    text: str = ""


_TASK = tuple(
    t.user_task.c[name] for name in ("id", "team", "name", "element", "definition_id", "business_key", "facts")
)


def team_news(session: Session, teams: Collection[str], since: datetime, most: int = 60) -> list[News]:
    """The latest happenings of these teams since a moment, newest first, `most` at the most."""
    task, said = t.user_task.c, t.comment.c
    mine = task.team.in_(sorted(teams))
    done = sa.select(*_TASK, task.completed_at.label("at"), task.completed_by.label("by"))
    done = done.where(mine, task.state == "completed", task.completed_at >= since)
    spoken = sa.select(*_TASK, said.at, said.by, said.text).join(t.user_task, task.id == said.task_id)
    spoken = spoken.where(mine, said.at >= since, said.withdrawn_at.is_(None), said.text != "")
    rows = [
        *(_news(session, row, "done") for row in session.execute(done.order_by(task.completed_at.desc()).limit(most))),
        *(_news(session, row, "said") for row in session.execute(spoken.order_by(said.at.desc()).limit(most))),
    ]
    return sorted(rows, key=lambda one: (one.at, one.task_id), reverse=True)[:most]


def _news(session: Session, row: Any, kind: Literal["done", "said"]) -> News:
    return News(
        at=row.at,
        kind=kind,
        by=row.by,
        team=row.team,
        task_id=row.id,
        task_name=row.name,
        task_name_en=english(definitions.package(session, row.definition_id), row.element, row.name),
        business_key=row.business_key,
        facts=row.facts or {},
        text=row.text if kind == "said" else "",
    )
