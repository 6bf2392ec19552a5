"""Open tasks on pages about clients and projects: who is sent to the task, and who to its case."""

from __future__ import annotations

from engine.queries.work import OpenTask
from web.scope import actor


def is_for_me(task: OpenTask) -> bool:
    """Whether the task's page opens for whoever is signed in, as far as its row tells: theirs, their team's, or one
    that they lead. Everybody else is sent to the case."""
    who = actor()
    if who.is_admin or task.assignee == who.id:
        return True
    return task.team in who.leads or (task.assignee is None and task.team in who.teams)
