"""The user tasks that the newest processes have: what people can be asked to do, and which team is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions
from engine.queries.standing import english
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class TaskType:
    """One user task of a process, in its newest version. `teams`: of its lane and of its candidates, as written."""

    process: str
    process_name: str
    process_name_en: str
    element: str
    name: str
    name_en: str
    documentation: str
    documentation_en: str
    teams: frozenset[str]


def task_types(session: Session) -> list[TaskType]:
    """All of them, by process and in the order of the diagram's file."""
    found = []
    for key in session.scalars(sa.select(t.definition.c.key).distinct().order_by(t.definition.c.key)):
        package = definitions.package(session, definitions.newest(session, key))
        model, texts = package.definition, package.texts
        for node in model.nodes.values():
            if node.type != "userTask":
                continue
            found.append(
                TaskType(
                    process=key,
                    process_name=model.name or key,
                    process_name_en=english(package, key, model.name or key),
                    element=node.id,
                    name=node.name or node.id,
                    name_en=english(package, node.id, node.name or node.id),
                    documentation=node.documentation,
                    documentation_en=str(texts.get(f"{node.id}.documentation") or node.documentation),
                    teams=_teams(model.lane_groups, node.lane, node.user.candidate_groups if node.user else None),
                )
            )
    return found


def _teams(groups: Mapping[str, str], lane: str | None, candidates: object) -> frozenset[str]:
    """Of the lane, and the candidates that are written as plain names."""
    written = getattr(candidates, "text", "") or ""
    plain = set() if "{" in written or "=" in written else {one.strip() for one in written.split(",") if one.strip()}
    own = groups.get(lane or "")
    return frozenset(plain | ({own} if own else set()))


def has_open_task(session: Session, person: str, process: str) -> bool:
    """Whether the person has an open task of a process."""
    u = t.user_task.c
    asked = sa.select(u.id).where(u.assignee == person, u.state == "open", u.process_key == process).limit(1)
    return session.execute(asked).first() is not None
