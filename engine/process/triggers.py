"""What can happen to an instance. Law: a trigger is a value; it names the wait it answers, never a row.

`step(definition, state, trigger, env)` takes exactly one of these. A trigger whose wait is no longer open
raises `engine.errors.WaitClosed`, and the state stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Started:
    """Start an instance. `start` names a start event (or an instantiating receive task); None: the none start.

    at: elements that are entered at once instead of any start (an ended instance's work is gone on with).
    """

    start: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobDone:
    """The work behind a JobWait ended well; `variables` are what it returned, before output mapping."""

    wait: int
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobFailed:
    """The work behind a JobWait (or a user task) ended in a BPMN error: a business outcome with a code."""

    wait: int
    code: str
    message: str = ""
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    """A person completed the task behind a UserWait."""

    wait: int
    variables: Mapping[str, object] = field(default_factory=dict)
    by: str | None = None


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The moment of a TimerWait has come. `now` of the env may be later than the due time, never earlier."""

    wait: int


@dataclass(frozen=True, slots=True)
class DueMoved:
    """The due date of a UserWait changed: timers that hang on it are closed and opened anew."""

    wait: int
    due: datetime | None


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """A correlated message reached the MessageWait."""

    wait: int
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignalRaised:
    """A signal was broadcast: every SignalWait of that name in the instance catches it."""

    name: str
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a ThrowWait announced has reached every other instance: the thrower moves on."""

    wait: int


@dataclass(frozen=True, slots=True)
class ConditionChanged:
    """Variables were set from outside (or merely may have changed): conditions are evaluated again."""

    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The called instance of a CallWait ended: with its variables, or with an error it did not catch."""

    wait: int
    variables: Mapping[str, object] = field(default_factory=dict)
    error: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class CallEscalated:
    """The called instance of a CallWait threw an escalation that it did not catch; it goes on running. `variables`
    travel with it; `called` are all that the called instance has, for what the call maps out."""

    wait: int
    code: str
    variables: Mapping[str, object] = field(default_factory=dict)
    called: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retried:
    """Try again what an IncidentWait stopped; `variables` are set first (correct and retry)."""

    wait: int
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Modified:
    """Move a token: cancel what stands at `source` (None: nothing), then enter `target`."""

    source: str | None
    target: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Cancel the whole instance from outside. No compensation, no boundary event runs."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """Not a trigger of the kernel, but what history keeps of a migration: from now on the instance runs `version`."""

    version: int
    mapping: Mapping[str, str] = field(default_factory=dict)
    before: int | None = None
    """The version until now."""


Trigger = (
    Started
    | JobDone
    | JobFailed
    | TaskCompleted
    | TimerFired
    | DueMoved
    | MessageArrived
    | SignalRaised
    | Delivered
    | ConditionChanged
    | CallEnded
    | CallEscalated
    | Retried
    | Modified
    | Cancelled
)
