"""The statements that the engine issues for one instance, replayed by the driver alone: what the store allows for them.

Two instances of each model are run by the engine while its statements are written down. Whole numbers that both have
are constants (the definition); large ones that differ are the instance's own identifiers and are made anew for each
replayed instance, also inside of texts. Everything else (moments, bodies, hashes) is repeated as it was.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench import contract
from bench.contenders import dealflow
from bench.contenders.stores import Store
from engine.execution import Runtime

LEAST_ID = 1 << 40
OURS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "PRAGMA")
"""Who brackets a unit of work: the replay does it itself, once a batch."""


@dataclass(frozen=True, slots=True)
class Said:
    """One statement with its parameters, as the driver got it."""

    statement: str
    parameters: Any
    many: bool


@contextmanager
def _written_down(runtime: Runtime, said: list[Said]) -> Iterator[None]:
    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if not statement.lstrip().upper().startswith(OURS):
            said.append(Said(statement, parameters, many))

    event.listen(runtime.database, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(runtime.database, "before_cursor_execute", note)


def _numbers(said: Sequence[Said]) -> set[int]:
    found: set[int] = set()

    def look(value: Any) -> Any:
        if isinstance(value, int) and value >= LEAST_ID:
            found.add(value)
        return value

    for one in said:
        _mapped(one.parameters, look)
    return found


def _mapped(parameters: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(parameters, Mapping):
        return {name: _mapped(value, change) for name, value in parameters.items()}
    if isinstance(parameters, list | tuple):
        return type(parameters)(_mapped(value, change) for value in parameters)
    return change(parameters)


Fresh = Callable[[Mapping[int, int]], Any]


def _template(parameters: Any, own: set[int]) -> Fresh:
    """A function from {old identifier: new one} to parameters; what holds no identifier costs nothing."""

    def held(value: Any) -> bool:
        return value in own if isinstance(value, int) else isinstance(value, str) and any(str(n) in value for n in own)

    seen = False

    def look(value: Any) -> Any:
        nonlocal seen
        seen = seen or held(value)
        return value

    _mapped(parameters, look)
    if not seen:
        return lambda _new: parameters

    def renewed(new: Mapping[int, int]) -> Any:
        def change(value: Any) -> Any:
            if isinstance(value, int):
                return new.get(value, value)
            if isinstance(value, str) and held(value):
                for old, fresh in new.items():
                    value = value.replace(str(old), str(fresh))
            return value

        return _mapped(parameters, change)

    return renewed


@dataclass(frozen=True, slots=True)
class Script:
    """What one unit of work says, ready to be said again for another instance."""

    lines: tuple[tuple[str, Fresh, bool], ...]

    def run(self, store: Store, new: Mapping[int, int]) -> None:
        """Say it, inside the caller's transaction."""
        for statement, fresh, many in self.lines:
            if many:
                store.run_many(statement, fresh(new))
            else:
                store.run(statement, fresh(new))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A model's two units of work and the identifiers in them."""

    start: Script
    complete: Script
    own: tuple[int, ...]


def recorded(runtime: Runtime, model: str) -> Recorded:
    """Run the model twice and write down the second time; the first shows what is constant, and warms caches."""
    runs = []
    for _ in range(3):
        start: list[Said] = []
        complete: list[Said] = []
        with _written_down(runtime, start):
            begun = dealflow.start(runtime, model)
        if model == "B1":
            tasks = dealflow.open_tasks(runtime, begun)
            with _written_down(runtime, complete):
                dealflow.complete(runtime, tasks)
        runs.append((start, complete))
    (before, before_completed), (start, complete) = runs[1:]
    own = _numbers([*start, *complete]) - _numbers([*before, *before_completed])
    return Recorded(
        Script(tuple((one.statement, _template(one.parameters, own), one.many) for one in start)),
        Script(tuple((one.statement, _template(one.parameters, own), one.many) for one in complete)),
        tuple(sorted(own)),
    )


class Replay:
    """One client: the recorded statements, a commit where the engine has one."""

    def __init__(self, url: str, folder: Path, batch: int) -> None:
        runtime = dealflow.opened(url, folder)
        self.recorded = {model: recorded(runtime, model) for model in ("B1", "B2")}
        runtime.database.dispose()
        self.store, self.batch = Store(url), batch
        self.what = f"{self.store.what}, {len(self.recorded['B1'].start.lines)} + "
        self.what += f"{len(self.recorded['B1'].complete.lines)} statements"
        self.ids = itertools.count((1 << 61) + (int.from_bytes(os.urandom(3), "big") << 32))

    def start(self, model: str, count: int) -> Sequence[Mapping[int, int]]:
        script = self.recorded[model]
        begun = [{old: next(self.ids) for old in script.own} for _ in range(count)]
        self.store.begin()
        for new in begun:
            script.start.run(self.store, new)
        self.store.commit()
        return begun

    def tasks(self, instances: Sequence[Mapping[int, int]]) -> Sequence[Mapping[int, int]]:
        return instances

    def complete(self, tasks: Sequence[Mapping[int, int]]) -> None:
        self.store.begin()
        for new in tasks:
            self.recorded["B1"].complete.run(self.store, new)
        self.store.commit()

    def left(self) -> int:
        return self.store.number("SELECT count(*) FROM instance WHERE state <> 'completed'")


if __name__ == "__main__":
    answers = contract.own_output()
    contract.serve(Replay(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])), answers)
