"""A house that runs shipped packages for real, furnished once and copied for each test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api, identity, watcher
from engine.execution import Runtime
from engine.store import tables as t
from tests.bpmn.packages import FOLDER
from tests.house import House

People = Mapping[str, tuple[str, ...]]
"""Who lives in a house, and in which teams."""


@dataclass
class FurnishedHouse(House):
    """A house with shipped packages in it, and the words of somebody who carries cases through them."""

    folder: Path = Path()

    def finish(self, element: str, values: Mapping[str, Any], by: str | None = None, **changes: object) -> None:
        """Complete the element's oldest task, as the one who has it unless `by` says otherwise; then all that
        follows."""
        task = next(task for task in self.tasks() if task["element"] == element)
        actor = self.actor(by or str(task["assignee"]))
        with self.writing() as session:
            api.complete(session, actor, task["id"], {**values, **changes})
        self.work()

    def open_elements(self, process: str | None = None) -> list[str]:
        """The elements of all open tasks (of a process), sorted."""
        return sorted(str(task["element"]) for task in self.tasks() if process in (None, task["process_key"]))

    def kept(self, name: str) -> list[Mapping[str, Any]]:
        """Messages that nobody awaits yet."""
        return self.rows(t.message, sa.and_(t.message.c.name == name, t.message.c.state == "kept"))

    def source(self, name: str, **content: object) -> None:
        """What an outside source answers from now on; without content it is down."""
        place = self.folder / "providers" / f"{name}.json"
        place.parent.mkdir(exist_ok=True)
        up = {"status": "up", "provider": f"{name} for tests", **content} if content else {"status": "down"}
        place.write_text(json.dumps(up, ensure_ascii=False), encoding="utf-8")


def move_in(session: Session, people: People) -> None:
    """Teams and people, each named by their id."""
    for team in sorted({team for teams in people.values() for team in teams}):
        identity.add_team(session, team, team, team, None)
    for person, teams in people.items():
        identity.add_person(session, person, person, person, f"{person}@house.example")
        for team in teams:
            identity.add_member(session, team, person)


def deploy(runtime: Runtime, packages: Iterable[str]) -> None:
    """Deploy shipped packages in this order. AssertionError with what was refused."""
    outcomes = [watcher.deploy_folder(runtime, FOLDER / package, api.SYSTEM) for package in packages]
    refused = [outcome for outcome in outcomes if outcome.faults or outcome.error]
    if refused:
        raise AssertionError(refused)


def copied(furnished: str, folder: Path) -> str:
    """The address of a copy, in this folder, of a furnished SQLite house."""
    made = sa.make_url(furnished).database
    assert made is not None
    for file in Path(made).parent.glob(f"{Path(made).name}*"):
        copy(file, folder)
    return f"sqlite:///{folder / Path(made).name}"
