"""What a person may do with a task. Law: one function answers, for pages, REST and the verbs alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.identity import Actor
from engine.store import tables as t


def may_start(actor: Actor, starters: Collection[str]) -> bool:
    """Whether the actor may start a process that names these starters (teams, people); everybody when it names none."""
    return not starters or actor.is_admin or actor.id in starters or not actor.teams.isdisjoint(starters)


def may(session: Session, actor: Actor, task: Mapping[str, Any]) -> frozenset[str]:
    """What the actor may do with a task: see, claim, release, complete, reassign."""
    rights: set[str] = set()
    mine = task["assignee"] == actor.id
    leads = task["team"] in actor.leads or actor.is_admin
    invited = task["team"] in actor.teams or (not mine and not actor.is_admin and _named(session, actor, task["id"]))
    if mine or invited or leads or actor.id in (task["completed_by"], task["owner"]):
        rights.add("see")
    if task["state"] != "open":
        return frozenset(rights)
    if task["assignee"] is None and (invited or actor.is_admin):
        rights |= {"claim", "complete"}
    if mine:
        rights |= {"release", "complete"}
    if leads or "crm_specialist" in actor.teams:
        rights |= {"see", "reassign"}
    return frozenset(rights)


def may_read(actor: Actor, task: Mapping[str, Any], writer: str | None) -> bool:
    """Whether the actor, who sees the task, also sees what `writer` typed or entered there.

    Of a task with the property `private` (a ballot) only the writer does: no lead, no administrator, nobody to whom
    it is handed over.
    """
    return (task["properties"] or {}).get("private") != "true" or actor.id == writer


def _named(session: Session, actor: Actor, task_id: int) -> bool:
    """Whether the model names the actor, or a team of theirs, as a candidate beside the team where the task stands."""
    rows = session.execute(_CANDIDATES, {"task": task_id})
    return any(name in actor.teams if kind == "team" else name == actor.id for kind, name in rows)


_CANDIDATES = sa.select(t.candidate.c.kind, t.candidate.c.name).where(t.candidate.c.task_id == sa.bindparam("task"))
