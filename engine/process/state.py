"""An instance between two triggers: tokens in scopes, and what they wait for. Law: bounded by live tokens, no history.

A token stands at one flow node of one scope. An activity with variables of its own, a sub-process, a multi-instance
body and each of its iterations own an inner scope. Every id comes from one counter, so that ids are unique among
tokens, scopes and waits. Of a large parallel body a state may hold a few iterations only (see `parts`). The kernel
works on a shallow copy and replaces what it changes: a State once returned is never altered, and values of variables
are never altered in place.
"""

from __future__ import annotations

from typing import Any

from engine.process.parts import PartsNeeded, Range
from engine.process.waits import Wait


class Token:
    """One token. `stage` says how far its node has come with it (see `Stage`)."""

    __slots__ = ("data", "flow", "id", "index", "inner", "node", "scope", "stage", "waits")

    def __init__(
        self,
        id: int,
        node: str,
        scope: int,
        flow: str = "",
        stage: int = 0,
        inner: int = 0,
        waits: tuple[int, ...] = (),
        index: int = -1,
        data: Any = None,
    ) -> None:
        self.id = id
        self.node = node
        self.scope = scope
        self.flow = flow
        """The sequence flow it came by; empty for starts, boundary events and iterations."""
        self.stage = stage
        self.inner = inner
        """The scope that this token owns; 0 for none."""
        self.waits = waits
        self.index = index
        """The iteration's number (0-based) inside a loop body; -1 elsewhere."""
        self.data = data
        """What the node itself must remember between triggers (JSON-like)."""

    def copy(self) -> Token:
        """A copy that may be changed."""
        return Token(
            self.id, self.node, self.scope, self.flow, self.stage, self.inner, self.waits, self.index, self.data
        )


class Stage:
    """How far a node has come with a token. A retried incident goes on at the stage where it stopped."""

    ARRIVING = 0
    """On its way, not entered: leaves no trace when it dies."""
    ENTERED = 1
    """Entered, its work not begun."""
    STARTING = 2
    """Inputs are mapped; the work begins."""
    GUARDING = 3
    """The work has begun; boundary events are being armed."""
    WAITING = 4
    """Waits for a trigger or for its inner scope."""
    FINISHING = 5
    """The work is done; outputs are mapped."""
    LEAVING = 6
    """Left; outgoing flows are chosen."""
    JOINING = 7
    """Stands before a join that has not fired."""
    HELD = 8
    """Waits silently in the node's own bookkeeping (a finished part of a body, a token towards a quantity)."""
    OPENING = 9
    """Inputs are mapped; listeners run before the work."""
    CLOSING = 10
    """The work is done; listeners run before the outputs are mapped."""
    PARTING = 11
    """Outputs are mapped; listeners run before the node is left."""


class Scope:
    """A place for variables and tokens. `live` counts the tokens that stand directly in it."""

    __slots__ = ("data", "done", "id", "interrupted", "kind", "live", "node", "owner", "parent", "vars", "waits")

    def __init__(
        self,
        id: int,
        parent: int,
        owner: int,
        node: str,
        kind: str,
        vars: dict[str, Any],
        live: int = 0,
        waits: tuple[int, ...] = (),
        interrupted: bool = False,
        done: tuple[Any, ...] = (),
        data: Any = None,
    ) -> None:
        self.id = id
        self.parent = parent
        self.owner = owner
        """The token that owns it; 0 for the process."""
        self.node = node
        """The sub-process or activity; the process key for the process."""
        self.kind = kind
        """process, sub (any sub-process), task (an activity's locals), body (of a loop), undo (a compensation), part
        (results of a large body's iterations, kept with them)."""
        self.vars = vars
        self.live = live
        self.waits = waits
        """Subscriptions of the event sub-processes in it."""
        self.interrupted = interrupted
        """An interrupting event sub-process has taken it over: its siblings react no more."""
        self.done = done
        """Completed activities that can be compensated, oldest first."""
        self.data = data
        """What a loop or an ad-hoc sub-process must remember (JSON-like)."""

    def copy(self) -> Scope:
        """A copy that may be changed (variables copied, their values shared)."""
        return Scope(
            self.id, self.parent, self.owner, self.node, self.kind, dict(self.vars), self.live, self.waits,
            self.interrupted, self.done, self.data,
        )  # fmt: skip


class Held:
    """An open wait with the token (or, for an event sub-process, the scope) that it belongs to. Never changed.

    The inputs of jobs and calls are told when they open and not kept: they are the variables, seen once more.
    """

    __slots__ = ("data", "role", "scope", "token", "wait")

    def __init__(self, wait: Wait, role: str, token: int, scope: int, data: Any = None) -> None:
        self.wait = wait
        self.role = role
        """own (the node's work), boundary, start (event sub-process), choice (event gateway), throw, incident."""
        self.token = token
        self.scope = scope
        self.data = data
        """A timer's repetitions, a condition's last value, an incident's stage."""


CONDITIONS, SIGNAL = "c", "s"


class State:
    """One instance. Treat as a value: `step` returns a new one."""

    __slots__ = (
        "away", "drawn", "ears", "ended", "joins", "loaded", "next", "scopes", "started", "tokens", "waits", "watch",
        "watching",
    )  # fmt: skip

    def __init__(self) -> None:
        self.next = 1
        self.started = False
        self.ended = False
        self.tokens: dict[int, Token] = {}
        self.scopes: dict[int, Scope] = {}
        self.waits: dict[int, Held] = {}
        self.joins: dict[tuple[int, str], tuple[int, ...]] = {}
        """(scope, join) -> tokens that stand before it, in order of arrival; complex gateways keep theirs here too."""
        self.watching = 0
        """How many conditions are open in what is in hand: 0 spares their evaluation."""
        self.watch: Any = None
        """Who reads what (see `native.watching`): worked out by the step that made the state, for the next one to take.
        No part of the value: without it the next step works it out again."""
        self.drawn = 0
        """The last number that was drawn for a part; 0: there is none but the main part."""
        self.away = 0
        """How many parts are not in hand."""
        self.loaded: tuple[Range, ...] = ()
        """Parts that are in hand, or are known to be over."""
        self.ears: dict[str, tuple[int, ...]] = {}
        """`CONDITIONS`, or a signal's name behind `SIGNAL` -> stored parts where somebody waits for it."""

    def here(self, first: int, last: int) -> bool:
        """Whether all of these parts are in hand."""
        if not self.away or first == 0 or first > self.drawn:
            return True
        return any(low <= first and last <= high for low, high in self.loaded)

    def require(self, first: int, last: int) -> None:
        """Raise PartsNeeded when one of these parts is away."""
        if not self.here(first, last):
            raise PartsNeeded(((first, last),))

    def require_all(self) -> None:
        """Raise PartsNeeded when any part is away."""
        if self.away:
            raise PartsNeeded(((1, self.drawn),))

    def listening(self, ear: str) -> list[int]:
        """Parts away in which somebody waits for a signal, or for conditions."""
        return [part for part in self.ears.get(ear, ()) if not self.here(part, part)] if self.away else []

    def open_waits(self) -> list[Wait]:
        """The open waits, oldest first. PartsNeeded when some are not in hand."""
        self.require_all()
        return [held.wait for held in self.waits.values()]

    def variables(self) -> dict[str, Any]:
        """The process's variables (the root scope's; those of the instance's end once it has ended)."""
        for scope in self.scopes.values():
            if not scope.parent:
                return scope.vars
        return {}


def new_state() -> State:
    """The state of an instance that has not started."""
    return State()
