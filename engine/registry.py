"""Handlers by topic. Law: the engine loads handlers by name from the settings and never imports them itself.

    @handles("lead.score", transactional=True)
    def lead_score(ctx, amount: Decimal, sector: str) -> dict: ...

Arguments are the job's inputs by name: one that the function does not ask for is left out, one that it needs and
that is missing raises `HandlerInputMissing`. A handler returns variables (a mapping or None), raises
`BpmnError(code)` for a business outcome, or any other exception for a fault: then the job is retried and ends as
an incident. A transactional handler writes only through `ctx.session`; it is run again when the step is run again.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from engine.crashpoints import reached
from engine.errors import HandlerInputMissing, TopicTwice, UnknownTopic
from engine.retry import RetryPolicy

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class BpmnError(Exception):
    """A business outcome that the diagram handles: caught by an error boundary with this code."""

    def __init__(self, code: str, message: str = "", variables: Mapping[str, object] | None = None) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.variables: Mapping[str, object] = variables or {}


class Directory(Protocol):
    """People and teams, as a handler may ask for them."""

    def members(self, team: str) -> tuple[str, ...]:
        """Sign-in names of the active members of a team."""

    def choose(
        self, team: str, *, strategy: str | None, keep: str | None, exclude: Iterable[str]
    ) -> tuple[str | None, Mapping[str, object]]:
        """Whom to give a new piece of work, and why: (person or None, {"rule", "en", "zh", …})."""


class Outbox(Protocol):
    """Where messages to people wait to be sent, in the step's own transaction."""

    def add(
        self,
        channel: str,
        recipient: str,
        template: str,
        data: Mapping[str, object],
        *,
        dedupe_key: str,
        language: str | None = None,
        not_before: datetime | None = None,
    ) -> str:
        """Queue one message, to go out from `not_before` on; the same dedupe key again adds nothing. Returns `waiting`
        or `duplicate`."""


class Schedule(Protocol):
    """Dates of clients and facilities that send a message when they come (`engine.schedule`)."""

    def add(
        self,
        message: str,
        *,
        due: date | datetime,
        business_key: str,
        dedupe_key: str,
        variables: Mapping[str, object] | None = None,
    ) -> bool:
        """Plan a message for a moment, or for a day (then: the beginning of work on it or on the next working day).
        False when the dedupe key is planned already or was sent."""

    def cancel(self, prefix: str) -> int:
        """Take back what still waits under dedupe keys that begin so; returns how many."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler is given beside its inputs."""

    session: Session
    now: datetime
    zone: tzinfo
    calendar: Any
    """engine.process.businesstime.BusinessCalendar"""
    people: Directory
    outbox: Outbox
    audit: Callable[[str, Mapping[str, object]], None]
    """audit(action, data): adds an entry to the instance's chain."""
    schedule: Schedule
    instance: str = ""
    process: str = ""
    element: str = ""
    business_key: str | None = None
    job_key: str = ""
    """The same for every attempt at the same piece of work: the idempotency key for the world outside."""
    attempt: int = 1
    properties: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[..., Mapping[str, object] | None]


@dataclass(frozen=True, slots=True)
class Registered:
    """A handler with what its decorator said."""

    topic: str
    function: Handler
    transactional: bool
    retry: RetryPolicy
    timeout: str | None
    accepts: frozenset[str] | None
    """Names of the inputs it takes; None: all of them."""
    needs: tuple[str, ...]

    def __call__(self, ctx: Context, inputs: Mapping[str, object]) -> Mapping[str, object]:
        """Run it with the inputs it asks for."""
        missing = [name for name in self.needs if name not in inputs]
        if missing:
            raise HandlerInputMissing(topic=self.topic, names=", ".join(missing))
        wanted = inputs if self.accepts is None else {k: v for k, v in inputs.items() if k in self.accepts}
        reached("handler.begins")
        try:
            return self.function(ctx, **wanted) or {}
        finally:
            reached("handler.done")


_MARK = "__dealflow_handles__"


def handles(
    topic: str,
    *,
    transactional: bool = False,
    attempts: int = 3,
    backoff: str = "PT10S",
    timeout: str | None = None,
) -> Callable[[Handler], Handler]:
    """Register a function for a topic. `attempts` and `backoff` (ISO duration, doubled each time) are its retries."""

    def mark(function: Handler) -> Handler:
        parameters = list(inspect.signature(function).parameters.values())[1:]
        takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
        named = [p for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD]
        entry = Registered(
            topic=topic,
            function=function,
            transactional=transactional,
            retry=RetryPolicy(attempts=attempts, backoff=backoff),
            timeout=timeout,
            accepts=None if takes_all else frozenset(p.name for p in named),
            needs=tuple(p.name for p in named if p.default is inspect.Parameter.empty),
        )
        setattr(function, _MARK, [*getattr(function, _MARK, []), entry])
        return function

    return mark


class Registry:
    """Topics known to one installation."""

    def __init__(self, entries: Iterable[Registered] = ()) -> None:
        self._entries: dict[str, Registered] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: Registered) -> None:
        """Register; TopicTwice when another function has the topic."""
        known = self._entries.get(entry.topic)
        if known is not None and known.function is not entry.function:
            raise TopicTwice(topic=entry.topic, first=_where(known), second=_where(entry))
        self._entries[entry.topic] = entry

    def add_functions(self, *functions: Handler) -> None:
        """Register decorated functions (tests, notebooks)."""
        for function in functions:
            for entry in getattr(function, _MARK, ()):
                self.add(entry)

    def find(self, topic: str) -> Registered:
        """The handler of a topic. UnknownTopic names those that there are."""
        try:
            return self._entries[topic]
        except KeyError:
            raise UnknownTopic(topic=topic, known=", ".join(sorted(self._entries)) or "—") from None

    def __contains__(self, topic: object) -> bool:
        return topic in self._entries

    @property
    def transactional(self) -> frozenset[str]:
        """Topics whose handlers run inside the step's transaction."""
        return frozenset(topic for topic, entry in self._entries.items() if entry.transactional)

    @property
    def topics(self) -> frozenset[str]:
        """All topics."""
        return frozenset(self._entries)


def load(packages: Iterable[str]) -> Registry:
    """Import every module of the packages and collect what `@handles` marked."""
    registry = Registry()
    for package in packages:
        root = importlib.import_module(package)
        for name in _modules(package, tuple(getattr(root, "__path__", ()))):
            module = sys.modules.get(name) or importlib.import_module(name)
            registry.add_functions(*(v for v in vars(module).values() if callable(v) and hasattr(v, _MARK)))
    return registry


@cache
def _modules(package: str, folders: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the package and of every module in its folders, without migrations; looked for once a process."""
    inside = pkgutil.walk_packages(folders, package + ".")
    return (package, *(found.name for found in inside if ".migrations" not in found.name))


def _where(entry: Registered) -> str:
    return f"{entry.function.__module__}.{entry.function.__qualname__}"
