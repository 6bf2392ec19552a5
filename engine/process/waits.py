"""What an instance waits for. Law: a wait is a value with an id unique in its instance; rows mirror waits.

The kernel opens and closes waits; the room above turns each into a row (task, job, timer, subscription, call)
or answers it inside the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class UserWait:
    """A person is to act. All expressions of the model are evaluated; `properties` are our own attributes."""

    id: int
    element: str
    name: str
    lane: str | None = None
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due: datetime | None = None
    follow_up: datetime | None = None
    priority: int = 50
    form: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)
    """Beyond the process's: input mappings, multi-instance element, counters, variables of sub-processes around it."""


@dataclass(frozen=True, slots=True)
class JobWait:
    """Work for a handler, an external worker, a script or a decision that is bound at run time.

    kind: `topic` (a registered handler or an external worker), `script` (sandbox), `decision` (bound at run time),
    `async` (nothing to do but to go on, in a transaction of its own).
    `name`: topic, script text or decision id. `inputs`: what the work sees (the mapped inputs, or all visible
    variables where the model maps none). `retries`: the model's retry cycle (`R5/PT5M`) as written.
    """

    id: int
    element: str
    kind: Literal["topic", "script", "decision", "async"]
    name: str
    inputs: Mapping[str, object] = field(default_factory=dict)
    retries: str | None = None
    language: str | None = None
    binding: str | None = None
    priority: int = 50
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimerWait:
    """A moment. Repetition lives in the state: after firing, the kernel opens the next TimerWait itself."""

    id: int
    element: str
    due: datetime


@dataclass(frozen=True, slots=True)
class MessageWait:
    """A message by name, with the correlation values it must carry (empty: the business key alone decides)."""

    id: int
    element: str
    name: str
    correlation: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignalWait:
    """A broadcast signal by name."""

    id: int
    element: str
    name: str


@dataclass(frozen=True, slots=True)
class ConditionWait:
    """A condition over variables; re-evaluated by the kernel after each change of a variable."""

    id: int
    element: str


@dataclass(frozen=True, slots=True)
class CallWait:
    """A called process (call activity). `binding`: latest | deployment | version:N | tag:X."""

    id: int
    element: str
    called: str
    binding: str = "latest"
    inputs: Mapping[str, object] = field(default_factory=dict)
    business_key: str | None = None


@dataclass(frozen=True, slots=True)
class ThrowWait:
    """A signal was thrown; the thrower moves on once the other instances have it (`Delivered`)."""

    id: int
    element: str


@dataclass(frozen=True, slots=True)
class IncidentWait:
    """The model could not go on here (no flow taken, an expression failed): a person corrects and retries.

    `message` says why in English, `message_zh` in Chinese.
    """

    id: int
    element: str
    code: str
    message: str
    message_zh: str = ""


Wait = (
    UserWait
    | JobWait
    | TimerWait
    | MessageWait
    | SignalWait
    | ConditionWait
    | CallWait
    | ThrowWait
    | IncidentWait
)
