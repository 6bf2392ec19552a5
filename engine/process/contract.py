"""The process core's contract: `step(definition, state, trigger, env) -> Step`. Law: values in, values out.

`env` is frozen and holds all that the world may tell: the moment, the zone, the business calendar, compiled
decisions, pure functions. Whatever else is needed leaves the core as a wait. Both kernels hold this contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Literal

from engine.process.businesstime import Calendars
from engine.process.waits import Wait

if TYPE_CHECKING:
    from engine.decisions import DecisionResult, Decisions
    from engine.process.businesstime import BusinessCalendar
    from engine.process.state import State


@dataclass(frozen=True, slots=True)
class Env:
    """Everything a step may know of the world. Equal env, state and trigger give an equal Step."""

    now: datetime
    zone: tzinfo
    calendar: BusinessCalendar
    decisions: Mapping[str, Decisions] = field(default_factory=dict)
    """Decision id -> the compiled model that holds it, for decisions bound at deployment."""
    one_version: bool = False
    """There is only one version of each decision: bindings to a version or a tag mean it too."""
    functions: Mapping[str, Callable[..., object]] = field(default_factory=dict)
    """Pure functions that expressions may call beside the built-ins."""
    business_key: str | None = None
    instance: str = ""
    initiator: str | None = None
    calendars: Calendars = field(default_factory=Calendars)
    """The house's other calendars by name; `calendar` is the process's own."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A flow node was entered, left or cancelled: the trace."""

    event: Literal["enter", "leave", "cancel"]
    element: str
    scope: str
    type: str


@dataclass(frozen=True, slots=True)
class Took:
    """A sequence flow was taken (for coverage and the heat map)."""

    flow: str


@dataclass(frozen=True, slots=True)
class Threw:
    """Something was thrown. Messages and signals leave the instance; errors and escalations are told for the record.

    For messages, `correlation` are the evaluated keys; `handled` says whether this instance caught it itself.
    """

    kind: Literal["message", "signal", "error", "escalation"]
    name: str
    element: str
    variables: Mapping[str, object] = field(default_factory=dict)
    correlation: Mapping[str, object] = field(default_factory=dict)
    handled: bool = False


@dataclass(frozen=True, slots=True)
class VariablesSet:
    """Variables were written; values are those after the write. `scope` as in `Passed`."""

    scope: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision was evaluated inside the step: goes to the decision log."""

    element: str
    decision: str
    result: DecisionResult


Event = Passed | Took | Threw | VariablesSet | Decided


@dataclass(frozen=True, slots=True)
class Closed:
    """A wait that is no longer open: answered (`done`) or taken away (`cancelled`)."""

    wait: Wait
    reason: Literal["done", "cancelled"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How the instance ended. `error` is set when an error reached the top uncaught (state `failed`)."""

    state: Literal["completed", "terminated", "cancelled", "failed"]
    error: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one trigger. A wait opened and closed within the step appears in neither list."""

    state: State
    opened: tuple[Wait, ...]
    closed: tuple[Closed, ...]
    events: tuple[Event, ...]
    ended: Ended | None = None
