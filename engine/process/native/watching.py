"""Open conditions and what they read. Law: a write asks the conditions that can see what was written, and no other.

A condition is asked when it is opened, and when a variable that it names is written in a scope that it looks into.
One that reads the clock may change with any write, and is asked at each. Which element reads what is known from the
definition; the index is made element by element when a name is written that it reads. It goes from state to state as
long as they stay in memory and whole: the step that takes it owns it, and one that fails throws it away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.process.parts import age
from engine.process.state import CONDITIONS
from engine.process.waits import ConditionWait

if TYPE_CHECKING:
    from engine.process.native.plan import Plan
    from engine.process.native.run import Run
    from engine.process.state import Scope, State

Place = tuple[str, int]
"""A name in a scope."""


class Watch:
    """What is to be asked in this step, and which open condition reads what."""

    __slots__ = ("asked", "by_element", "indexed", "places", "plan", "readers")

    def __init__(self) -> None:
        self.asked: set[int] = set()
        self.by_element: dict[str, set[int]] | None = None
        """Element -> its open conditions, once somebody needs to know."""
        self.indexed: set[str] = set()
        """Elements whose conditions stand in `readers`."""
        self.readers: dict[Place, set[int]] = {}
        """A name in a scope -> the conditions that read it there."""
        self.places: dict[int, list[Place]] = {}
        """The same from the condition's side."""
        self.plan: Plan | None = None
        """The plan of the step that made it: another one's elements read other names."""


def take_over(run: Run, state: State) -> None:
    """Take the index that the step before has left. Whoever steps from the same state again makes one of his own."""
    found: Watch | None = state.watch
    state.watch = None
    if found is not None and found.plan is run.plan and not state.away:
        run.watch = found


def hand_over(run: Run, state: State) -> None:
    """Leave the index to the next step, while all is in hand."""
    if run.watch is not None and not state.away and not state.ended:
        run.watch.plan = run.plan
        state.watch = run.watch


def opened(run: Run, wait: ConditionWait) -> None:
    """A condition was opened: it is asked at the next chance, as it may hold already (BPMN 2.0 §10.5.5)."""
    watch = _watch(run)
    watch.asked.add(wait.id)
    run.dirty = True
    if watch.by_element is not None:
        watch.by_element.setdefault(wait.element, set()).add(wait.id)
    if wait.element in watch.indexed:
        _add(run, watch, wait.id)


def closed(run: Run, wait: ConditionWait) -> None:
    """A condition is no longer open."""
    watch = run.watch
    if watch is not None:
        watch.asked.discard(wait.id)
        if watch.by_element is not None:
            watch.by_element[wait.element].discard(wait.id)
        for place in watch.places.pop(wait.id, ()):
            found = watch.readers.get(place)
            if found is not None:
                found.discard(wait.id)
                if not found:
                    del watch.readers[place]


def touched(run: Run, scope_id: int, names: Iterable[str]) -> None:
    """Variables were written in a scope: ask whoever reads them there."""
    plan = run.plan
    if not plan.clocked and plan.watchers.keys().isdisjoint(names):
        return
    watch = _watch(run)
    open_ones = _by_element(run, watch)
    for element in plan.clocked:
        watch.asked |= open_ones.get(element, set())
    for name in names:
        for element in plan.watchers.get(name, ()):
            if element not in watch.indexed:
                watch.indexed.add(element)
                for wait in open_ones.get(element, ()):
                    _add(run, watch, wait)
        watch.asked |= watch.readers.get((name, scope_id), set())
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


def _by_element(run: Run, watch: Watch) -> dict[str, set[int]]:
    if watch.by_element is None:
        run.require_listeners(CONDITIONS)
        watch.by_element = {}
        for id, held in run.waits.items():
            if type(held.wait) is ConditionWait:
                watch.by_element.setdefault(held.wait.element, set()).add(id)
    return watch.by_element


def _add(run: Run, watch: Watch, wait: int) -> None:
    held = run.waits[wait]
    names = run.plan.reads.get((held.wait.element, (held.data or {}).get("n", 0))) or ()
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
