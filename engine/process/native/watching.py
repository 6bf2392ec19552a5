"""Open conditions and what they read. Law: a write asks the conditions that can see what was written, and no other.

A condition is asked when it is opened, and when a variable that it names is written in a scope that it looks into.
One that reads the clock may change with any write, and is asked at each. The index is made at the first write of a
step that matters, and kept up from there; a state does not hold it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.process.parts import age
from engine.process.state import CONDITIONS
from engine.process.waits import ConditionWait

if TYPE_CHECKING:
    from engine.process.native.run import Run
    from engine.process.state import Scope

Place = tuple[str, int]
"""A name in a scope."""


class Watch:
    """What is to be asked in this step, and which open condition reads what."""

    __slots__ = ("always", "asked", "indexed", "places", "readers")

    def __init__(self) -> None:
        self.asked: set[int] = set()
        self.indexed = False
        self.readers: dict[Place, set[int]] = {}
        """A name in a scope -> the conditions that read it there."""
        self.places: dict[int, list[Place]] = {}
        """The same from the condition's side."""
        self.always: set[int] = set()
        """Conditions that hang on more than variables."""


def opened(run: Run, wait: int) -> None:
    """A condition was opened: it is asked at the next chance, as it may hold already (BPMN 2.0 §10.5.5)."""
    watch = _watch(run)
    watch.asked.add(wait)
    run.dirty = True
    if watch.indexed:
        _add(run, watch, wait)


def closed(run: Run, wait: int) -> None:
    """A condition is no longer open."""
    watch = run.watch
    if watch is not None:
        watch.asked.discard(wait)
        watch.always.discard(wait)
        for place in watch.places.pop(wait, ()):
            watch.readers[place].discard(wait)


def touched(run: Run, scope_id: int, names: Iterable[str]) -> None:
    """Variables were written in a scope: ask whoever reads them there."""
    plan = run.plan
    if not plan.clocked and plan.watched.isdisjoint(names):
        return
    watch = _indexed(run)
    for name in names:
        watch.asked |= watch.readers.get((name, scope_id), set())
    watch.asked |= watch.always
    run.dirty = bool(watch.asked)


def ask_all(run: Run) -> None:
    """Something may have changed that nobody can name: every open condition is asked."""
    run.require_listeners(CONDITIONS)
    watch = _watch(run)
    watch.asked |= {id for id, held in run.waits.items() if type(held.wait) is ConditionWait}
    run.dirty = bool(watch.asked)


def take_asked(run: Run) -> list[int]:
    """The conditions to ask now, oldest first; none is left to ask then."""
    watch = _watch(run)
    found, watch.asked = sorted(watch.asked, key=age), set()
    run.dirty = False
    return found


def scope_opened(run: Run, scope: Scope) -> None:
    """A token has a scope of its own now: its conditions look into that first."""
    watch, owner = run.watch, run.tokens.get(scope.owner)
    if watch is None or not watch.indexed or owner is None:
        return
    for wait in owner.waits:
        for name in {name for name, _ in watch.places.get(wait, ())}:
            _note(watch, wait, (name, scope.id))


def _watch(run: Run) -> Watch:
    if run.watch is None:
        run.watch = Watch()
    return run.watch


def _indexed(run: Run) -> Watch:
    watch = _watch(run)
    if not watch.indexed:
        run.require_listeners(CONDITIONS)
        watch.indexed = True
        for id, held in run.waits.items():
            if type(held.wait) is ConditionWait:
                _add(run, watch, id)
    return watch


def _add(run: Run, watch: Watch, wait: int) -> None:
    held = run.waits[wait]
    names = run.plan.reads[held.wait.element, (held.data or {}).get("n", 0)]
    if names is None:
        watch.always.add(wait)
        return
    scope = run.scopes[run.place(run.tokens[held.token]) if held.token else held.scope]
    while True:
        for name in names:
            _note(watch, wait, (name, scope.id))
        if not scope.parent:
            return
        scope = run.scopes[scope.parent]


def _note(watch: Watch, wait: int, place: Place) -> None:
    watch.readers.setdefault(place, set()).add(wait)
    watch.places.setdefault(wait, []).append(place)
