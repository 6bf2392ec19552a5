"""An instance of one version carried over to another. Law: nothing is guessed; what does not fit is told by element.

`migrate` changes a state so that the new definition can go on with it: tokens stand at the same element (or the one
that the mapping names), what still waits for the same goes on waiting with its number, what waits for something else
is closed and opened anew. `preview_move` tells what moving a token would do. Both are functions of values: the caller
writes what they give, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.errors import Fault, ModelError
from engine.process.contract import Closed, Ended, Env, Event, Passed, Step
from engine.process.migrationrules import Carried, misfits
from engine.process.migrationwaits import reopen
from engine.process.migrationwording import Change, change, reason
from engine.process.model import Definition
from engine.process.native import drain
from engine.process.native import step as native_step
from engine.process.native.activities import depart
from engine.process.native.gateways import merge
from engine.process.native.plan import plan_of
from engine.process.native.run import Run, Stuck
from engine.process.native.subprocesses import fill
from engine.process.native.table import equip
from engine.process.spiffstate import SpiffState
from engine.process.state import Held, Stage, State
from engine.process.triggers import Modified, Trigger
from engine.process.waits import Wait

Kernel = Callable[[Definition, State, Trigger, Env], Step]


@dataclass(frozen=True, slots=True)
class Migrated:
    """The instance as the new version has it, and all that the caller must write: as after a step."""

    state: State
    opened: tuple[Wait, ...] = ()
    closed: tuple[Closed, ...] = ()
    renamed: tuple[Wait, ...] = ()
    """Waits that stay open with other facts (element, name, form…): their rows are to be brought up to date."""
    events: tuple[Event, ...] = ()
    """What went on by itself: a join that the new version no longer makes wait, a condition that holds."""
    ended: Ended | None = None
    report: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class NotMigrated:
    """Why the instance cannot be carried over; the state stays as it was."""

    reasons: tuple[Fault, ...]


def migrate(
    state: State, old: Definition, new: Definition, mapping: Mapping[str, str] | None = None, *, env: Env
) -> Migrated | NotMigrated:
    """Carry a state of `old` over to `new`.

    mapping: element of the old version -> element of the new, for those whose id or place has changed. env: the
    moment from which timers that are opened anew run. The given state is never altered. Never raises for what does
    not fit.
    """
    if state.ended or not state.started:
        return NotMigrated((reason("not-running", None),))
    if isinstance(state, SpiffState):
        return NotMigrated((reason("other-kernel", None),))
    state.require_all()
    carried = Carried(old, new, dict(mapping or {}))
    carried.remember(state)
    found = misfits(state, carried)
    if found:
        return NotMigrated(tuple(found))
    run = Run(plan_of(new, equip), _renamed(state, carried), env)
    changes = list(_moves(state, carried))
    try:
        changes += _data(run)
        changes += reopen(run, carried)
        _let_go(run)
        drain(run)
    except (Stuck, ModelError) as error:
        return NotMigrated((reason("expression", None, why=str(error)),))
    done = run.step()
    opened = {wait.id for wait in done.opened}
    renamed = tuple(
        held.wait for id, held in done.state.waits.items()
        if id not in opened and held.wait != state.waits[id].wait
    )  # fmt: skip
    return Migrated(done.state, done.opened, done.closed, renamed, done.events, done.ended, tuple(changes))


def _moves(state: State, carried: Carried) -> list[Change]:
    nodes = dict.fromkeys(token.node for token in state.tokens.values() if carried.to(token.node) != token.node)
    return [change("moved", carried.to(node), source=node) for node in nodes]


def _renamed(state: State, carried: Carried) -> State:
    """A copy in which every element is named as the new version names it."""
    found = State()
    found.next, found.started, found.watching = state.next, state.started, state.watching
    found.drawn = state.drawn
    for id, token in state.tokens.items():
        copy = found.tokens[id] = token.copy()
        copy.node = carried.to(token.node)
        copy.flow = carried.flow(token) or ""
        copy.data = carried.data(token.data)
    for id, scope in state.scopes.items():
        copied = found.scopes[id] = scope.copy()
        copied.node = carried.to(scope.node)
        copied.done = tuple(carried.record(record) for record in scope.done)
        copied.data = carried.data(scope.data)
    for id, held in state.waits.items():
        found.waits[id] = Held(
            carried.wait(held.wait), held.role, held.token, held.scope, carried.data(held.data)
        )  # fmt: skip
    found.joins = {(scope, carried.to(node)): tokens for (scope, node), tokens in state.joins.items()}
    return found


def _data(run: Run) -> list[Change]:
    """Data objects that are new get their initial values."""
    found: list[Change] = []
    for scope in list(run.scopes.values()):
        if scope.kind in ("process", "sub"):
            before = set(scope.vars)
            fill(run, run.scope(scope.id), run.plan.scopes[scope.node].data)
            found += [change("variable", scope.node, name=n) for n in run.scopes[scope.id].vars if n not in before]
    return found


def _let_go(run: Run) -> None:
    """Parallel joins that wait for nothing any more fire; inclusive ones are asked when all else rests."""
    for key in list(run.joins):
        p = run.plan.nodes[key[1]]
        if p.type == "parallelGateway":
            filled = {run.tokens[id].flow for id in run.joins[key]}
            if len(filled) == len(p.incoming):
                survivor = merge(run, key)
                survivor.stage = Stage.LEAVING
                run.push(depart, survivor)


# ── moving a token ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MovePreview:
    """What moving a token would do. `step` is what the kernel gives for it: taking it carries the move out."""

    step: Step
    report: tuple[Change, ...]


def preview_move(
    definition: Definition, state: State, move: Modified, env: Env, kernel: Kernel = native_step
) -> MovePreview:
    """Tell what `Modified` would cancel, enter, open and end, without doing it.

    Raises what the kernel raises: NotFound for an unknown element, InvalidInput where no token stands.
    """
    step = kernel(definition, state, move, env)
    report: list[Change] = []
    words = {"cancel": "cancelled", "enter": "entered"}
    for event in step.events:
        if isinstance(event, Passed) and event.event in words:
            report.append(change(words[event.event], event.element))
    report += [change("closed", one.wait.element, kind=type(one.wait).__name__) for one in step.closed]
    report += [change("opened", wait.element, kind=type(wait).__name__) for wait in step.opened]
    if step.ended is not None:
        report.append(change("ended", definition.key, state=step.ended.state))
    return MovePreview(step, tuple(report))
