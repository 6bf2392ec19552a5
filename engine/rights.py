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
    candidates = set(
        session.execute(
            sa.select(t.candidate.c.kind, t.candidate.c.name).where(t.candidate.c.task_id == task["id"])
        )
    )
    mine = task["assignee"] == actor.id
    in_team = task["team"] in actor.teams or any(kind == "team" and name in actor.teams for kind, name in candidates)
    invited = in_team or ("person", actor.id) in candidates
    leads = task["team"] in actor.leads or actor.is_admin
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
