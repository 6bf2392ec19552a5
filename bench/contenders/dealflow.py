"""The engine through its public verbs, as pages and REST use it: full history, task list, assignment, reminders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from bench import contract
from engine import api
from engine.errors import DealflowError
from engine.execution import Runtime
from engine.settings import load
from engine.store import tables as t

Result = TypeVar("Result")
MODELS = Path(__file__).resolve().parents[1] / "models"


def opened(url: str, folder: Path, handlers: tuple[str, ...] = ()) -> Runtime:
    """An engine with B1 and B2 deployed; with the product's handlers it has the tables of the book that pages read."""
    runtime = api.open_engine(load(database_url=url, data_dir=folder, handlers=handlers, log_level="WARNING"))
    api.migrate(runtime)
    with runtime.transaction() as session:
        for file in sorted(MODELS.glob("*.bpmn")):
            api.deploy(session, api.SYSTEM, file.stem, {file.name: file.read_bytes()})
    return runtime


def start(runtime: Runtime, model: str, count: int = 1) -> list[int]:
    """Start so many in one unit of work."""
    if count == 1:
        return [runtime.unit(lambda session: api.start(session, api.SYSTEM, model, contract.VARIABLES))]
    return _all_well(
        api.each(runtime, range(count), lambda session, _: api.start(session, api.SYSTEM, model, contract.VARIABLES))
    )


def complete(runtime: Runtime, tasks: Sequence[int]) -> None:
    """Complete these in one unit of work."""
    if len(tasks) == 1:
        runtime.unit(lambda session: api.complete(session, api.SYSTEM, tasks[0], {"approved": True}))
        return
    _all_well(
        api.each(runtime, tasks, lambda session, task: api.complete(session, api.SYSTEM, task, {"approved": True}))
    )


def _all_well(found: Sequence[Result | DealflowError]) -> list[Result]:
    """What came of each, when none was refused."""
    for one in found:
        if isinstance(one, DealflowError):
            raise one
    return [one for one in found if not isinstance(one, DealflowError)]


def open_tasks(runtime: Runtime, instances: Sequence[int]) -> Sequence[int]:
    """The open tasks of these instances."""
    with runtime.reading() as session:
        found = sa.select(t.user_task.c.id).where(t.user_task.c.instance_id.in_(instances))
        return session.scalars(found.where(t.user_task.c.state == "open")).all()


class Dealflow:
    """One client."""

    def __init__(self, url: str, folder: Path, batch: int) -> None:
        self.runtime, self.batch, self.what = opened(url, folder), batch, "Dealflow"
        api.steady()

    def start(self, model: str, count: int) -> Sequence[int]:
        return start(self.runtime, model, count)

    def tasks(self, instances: Sequence[int]) -> Sequence[int]:
        return open_tasks(self.runtime, instances)

    def complete(self, tasks: Sequence[int]) -> None:
        complete(self.runtime, tasks)

    def left(self) -> int:
        with self.runtime.reading() as session:
            return session.scalar(sa.select(sa.func.count()).where(t.instance.c.state != "completed")) or 0


if __name__ == "__main__":
    answers = contract.own_output()
    contract.serve(Dealflow(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])), answers)
