"""Staff at their tasks. Law: each is done through the engine's own verbs by somebody who may do it.

How long somebody takes is a share of the time that the task gives them; one in twelve is late. Whom four eyes bar
leaves the task to a colleague.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api, identity, queries
from engine.errors import AlreadyHandled, CallerError, Forbidden, FormInvalid, FourEyes
from engine.execution import Runtime
from engine.feel import Moment
from engine.log import logger
from engine.store import tables as t
from handlers.demonstration.speaking import book, spoken
from handlers.demonstration.works import undrawn

log = logger("demonstration")
LATE = 12
Facts = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""What the story knows beyond the task, from its business key and what the task sees."""


@dataclass
class Staff:
    """Everybody who works here, and when each open task will be done."""

    runtime: Runtime
    chance: random.Random
    facts: Facts
    planned: dict[int, datetime] = field(default_factory=dict)
    done: int = 0
    stuck: dict[str, str] = field(default_factory=dict)
    """process/element -> why its task could not be done."""
    teams: dict[str, list[str]] = field(default_factory=dict)
    actors: dict[str, identity.Actor] = field(default_factory=dict)
    next: datetime | None = None
    """When the first of the tasks that are known is to be done; None: look."""

    def work(self, until: datetime, changed: bool) -> int:
        """Do every task whose moment has come; returns how many. `changed`: tasks may have come since the last look."""
        if not changed and self.next is not None and self.next > until:
            return 0
        done, later = 0, [until + timedelta(days=30)]
        for task in self._open():
            if self._moment(task) <= until:
                done += self._do(task)
            else:
                later.append(self._moment(task))
        self.next = None if done else min(later)
        self.done += done
        return done

    def _open(self) -> list[Mapping[str, Any]]:
        u, d = t.user_task.c, t.definition.c
        query = (
            sa.select(u.id, u.element, u.assignee, u.team, u.created_at, u.due_at, u.business_key, d.key)
            .join(t.instance, t.instance.c.id == u.instance_id)
            .join(t.definition, d.id == t.instance.c.definition_id)
            .where(u.state == "open")
            .order_by(u.id)
        )
        with self.runtime.reading() as session:
            return [dict(row) for row in session.execute(query).mappings()]

    def _moment(self, task: Mapping[str, Any]) -> datetime:
        known = self.planned.get(task["id"])
        if known is None:
            given = (task["due_at"] or task["created_at"] + timedelta(days=3)) - task["created_at"]
            share = (
                self.chance.uniform(1.0, 1.6) if self.chance.randrange(LATE) == 0 else self.chance.uniform(0.05, 0.8)
            )
            known = self.planned[task["id"]] = task["created_at"] + min(given, timedelta(days=20)) * share
        return known

    def _do(self, task: Mapping[str, Any]) -> int:
        for person in self._who(task):
            try:
                with self.runtime.transaction() as session:
                    self._complete(session, task, person)
                return 1
            except (FourEyes, Forbidden, AlreadyHandled):
                continue
            except (FormInvalid, CallerError) as refused:
                place = f"{task['key']}/{task['element']}"
                self.stuck[place] = f"{refused} {getattr(refused, 'errors', '')}"
                log.warning("not_done", place=place, key=task["business_key"], why=self.stuck[place])
                break
        self.planned[task["id"]] = self.runtime.now() + timedelta(days=5)
        return 0

    def _who(self, task: Mapping[str, Any]) -> list[str]:
        if not self.teams:
            with self.runtime.reading() as session:
                self._teams(session)
        others = [one for one in self.teams.get(task["team"], ()) if one != task["assignee"]]
        self.chance.shuffle(others)
        return [*([task["assignee"]] if task["assignee"] else []), *others]

    def _complete(self, session: Session, task: Mapping[str, Any], person: str) -> None:
        actor = self.actors.get(person) or self.actors.setdefault(person, identity.actor(session, person))
        if task["assignee"] is None:
            api.claim(session, actor, task["id"])
        elif task["assignee"] != person:
            api.reassign(session, api.SYSTEM, task["id"], person, "四眼原则")
        page = queries.task(session, actor, task["id"])
        moment = Moment(now=self.runtime.now(), zone=self.runtime.zone)
        seen = {**self.facts(str(task["business_key"]), page.form_data), **page.form_data, "me": person}
        seen |= {"dice": self.chance.randrange(100), "members_of": self._teams(session)}
        if task["element"] == "ut_engineer":
            seen["undrawn"] = undrawn(self.runtime, str(task["business_key"]))
        answer = spoken(book("answers").get(task["key"], {}).get(task["element"], {}), seen, moment)
        asked = {str(one.get("key")) for one in _fields(page.form_schema or {})}
        api.complete(session, actor, task["id"], {k: v for k, v in answer.items() if k in asked or not asked})

    def _teams(self, session: Session) -> Mapping[str, list[str]]:
        if not self.teams:
            for team in session.scalars(sa.select(t.team.c.id)):
                self.teams[team] = list(identity.members(session, team))
        return self.teams


def _fields(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = []
    for child in schema.get("components") or ():
        found.append(child)
        found += [{"key": child.get("path")}] if child.get("path") else []
        found += _fields(child)
    return found
