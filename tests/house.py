"""A small house with named people, on a clock that the test moves. Every name has one role in all tests.

| who | team | |
|---|---|---|
| li, wang, zhao | rm 客户经理 | relationship managers; hu leads them |
| hu | rm_head | approves intake |
| chen | compliance | |
| sun | data_steward | |
| root | admin | may do everything |
| owen | process_owner | edits diagrams |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api, identity, worker
from engine.execution import Runtime
from engine.queries import TaskRow, inbox
from engine.settings import load
from engine.store import tables as t

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
"""A Monday morning without holidays near."""

TEAMS = {
    "rm": ("客户经理", "Relationship managers", "hu"),
    "rm_head": ("客户经理主管", "Head of RM", None),
    "compliance": ("合规", "Compliance", None),
    "data_steward": ("数据管理", "Data stewards", None),
    "admin": ("管理员", "Administrators", None),
    "process_owner": ("流程负责人", "Process owners", None),
}
PEOPLE = {
    "li": ("李雷", "Li Lei", ["rm"]),
    "wang": ("王芳", "Wang Fang", ["rm"]),
    "zhao": ("赵敏", "Zhao Min", ["rm"]),
    "hu": ("胡静", "Hu Jing", ["rm_head"]),
    "chen": ("陈晨", "Chen Chen", ["compliance"]),
    "sun": ("孙莉", "Sun Li", ["data_steward"]),
    "root": ("管理员", "Root", ["admin"]),
    "owen": ("欧文", "Owen", ["process_owner"]),
}
PASSWORD = "correct horse"


@dataclass
class MovableClock:
    """A clock that stands still until the test moves it."""

    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at

    def move(self, **span: float) -> None:
        """Go on by days, hours, minutes…"""
        self.at += timedelta(**span)


@dataclass
class House:
    """An engine with people in it, and short words for what tests do all the time."""

    runtime: Runtime
    clock: MovableClock
    sent: list[Any] = field(default_factory=list)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A unit of work."""
        with self.runtime.transaction() as session:
            yield session

    @contextmanager
    def looking(self) -> Iterator[Session]:
        """A reading session."""
        with self.runtime.reading() as session:
            yield session

    def actor(self, name: str) -> api.Actor:
        """A person as one who acts."""
        with self.looking() as session:
            return identity.actor(session, name)

    def deploy(self, folder: str = "test", **files: str | bytes) -> api.Deployed:
        """Deploy a package; keyword `a_bpmn` becomes the file `a.bpmn`."""
        named = {
            name.replace("_bpmn", ".bpmn").replace("_dmn", ".dmn").replace("_form", ".form"): content.encode()
            if isinstance(content, str)
            else content
            for name, content in files.items()
        }
        with self.writing() as session:
            return api.deploy(session, api.SYSTEM, folder, named)

    def start(self, key: str, by: str = "system", **variables: object) -> int:
        """Start an instance; returns its id."""
        actor = api.SYSTEM if by == "system" else self.actor(by)
        with self.writing() as session:
            return api.start(session, actor, key, variables, business_key=variables.pop("business_key", None))  # type: ignore[arg-type]

    def message(self, name: str, business_key: str | None = None, **more: Any) -> api.Delivery:
        """Send a message from outside."""
        with self.writing() as session:
            return api.send_message(session, api.SYSTEM, name, business_key=business_key, **more)

    def tasks(self, instance_id: int | None = None, state: str = "open") -> list[Mapping[str, Any]]:
        """Rows of user tasks, oldest first."""
        query = sa.select(t.user_task).where(t.user_task.c.state == state).order_by(t.user_task.c.id)
        if instance_id is not None:
            query = query.where(t.user_task.c.instance_id == instance_id)
        with self.looking() as session:
            return [dict(row) for row in session.execute(query).mappings()]

    def task(self, element: str, instance_id: int | None = None) -> Mapping[str, Any]:
        """The one open task of an element."""
        found = [task for task in self.tasks(instance_id) if task["element"] == element]
        assert len(found) == 1, f"{len(found)} open tasks of {element}: {[t['element'] for t in self.tasks()]}"
        return found[0]

    def complete(self, element: str, by: str, instance_id: int | None = None, **values: object) -> api.Completed:
        """Complete the one open task of an element."""
        task, actor = self.task(element, instance_id), self.actor(by)
        with self.writing() as session:
            return api.complete(session, actor, task["id"], values)

    def inbox(self, who: str, view: Any = "mine") -> tuple[TaskRow, ...]:
        """A person's list."""
        with self.looking() as session:
            return inbox(session, identity.actor(session, who), view).tasks

    def rows(self, table: sa.Table, *where: Any) -> list[Mapping[str, Any]]:
        """Rows of a table."""
        with self.looking() as session:
            return [dict(row) for row in session.execute(sa.select(table).where(*where)).mappings()]

    def state(self, instance_id: int) -> str:
        """The state of an instance."""
        return str(self.rows(t.instance, t.instance.c.id == instance_id)[0]["state"])

    def variables(self, instance_id: int) -> Mapping[str, Any]:
        """The process variables of an instance."""
        from engine.queries import instance

        with self.looking() as session:
            return instance(session, instance_id).variables

    def work(self) -> int:
        """Do everything that is due."""
        return worker.drain(self.runtime)

    def pass_time(self, **span: float) -> int:
        """Move the clock, then do everything that is due."""
        self.clock.move(**span)
        return self.work()


def build(database_url: str, folder: Path, **settings: object) -> House:
    """An engine on the database with the people above."""
    clock = MovableClock()
    runtime = api.open_engine(load(database_url=database_url, data_dir=folder, **settings), clock)
    if not api.schema_is_current(runtime):
        api.migrate(runtime)
    with runtime.transaction() as session:
        if session.scalar(sa.select(t.person.c.id).limit(1)) is not None:
            return House(runtime, clock)
        for id, (name, name_en, lead) in TEAMS.items():
            identity.add_team(session, id, name, name_en, lead)
        for id, (name, name_en, teams) in PEOPLE.items():
            identity.add_person(session, id, name, name_en, f"{id}@example.com")
            for team in teams:
                identity.add_member(session, team, id)
    return House(runtime, clock)
