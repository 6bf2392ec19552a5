"""Instances in memory on a virtual clock. Law: the same core as the server; no store, no wall clock, no thread.

Every step of an instance puts what follows from it into one queue: handlers, calls and signals first and at once,
messages after all else has come to rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from engine.errors import AmbiguousMessage, InternalError, ScriptFailed
from engine.play.library import Library
from engine.play.meeting import matching, only
from engine.play.people import People, barred_by
from engine.process import triggers as t
from engine.process.beginnings import Came, beginnings, gathered, gathers, repeats
from engine.process.businesstime import BusinessCalendar
from engine.process.codec import decode, split
from engine.process.contract import Ended, Env, Event, Passed, Threw, Took
from engine.process.model import Definition
from engine.process.parts import Range, age
from engine.process.state import State, new_state
from engine.process.stepping import Kernel, step_with, whole
from engine.process.waits import (
    CallWait,
    IncidentWait,
    JobWait,
    MessageWait,
    SignalWait,
    ThrowWait,
    TimerWait,
    UserWait,
    Wait,
)  # fmt: skip
from engine.scripts import run as run_script

WORK_LIMIT = 100_000
"""Pieces of work that may follow from one step of a scenario: two instances that never stop talking end."""
SCRIPT_WORK = 10
"""What a sandboxed script counts for: it takes about as long as so many other pieces."""
DEPTH_LIMIT = 300
"""Instances that may start each other in a row (by calls, signals, messages) before nobody believes in an end."""


@dataclass(slots=True)
class Instance:
    """One running process."""

    number: int
    definition: Definition
    state: State
    parent: int | None = None
    parent_wait: int = 0
    business_key: str | None = None
    initiator: str | None = None
    ended: Ended | None = None
    waits: dict[int, Wait] = field(default_factory=dict)
    completed: dict[str, str] = field(default_factory=dict)
    """Element -> who completed it last."""
    depth: int = 0
    """How many instances started each other in a row up to this one."""
    stored: dict[int, bytes] = field(default_factory=dict)
    """Parts of the state as they would be stored, when it is saved between steps."""

    def fetch(self, ranges: tuple[Range, ...]) -> dict[int, bytes]:
        """The stored parts of these numbers."""
        return {part: body for part, body in self.stored.items() if any(low <= part <= high for low, high in ranges)}

    def save(self) -> None:
        """Store the state and load it again: as on the server, only what the next step asks for comes back."""
        state, done = self.state, split(self.state)
        self.stored = {part: body for part, body in self.stored.items() if not state.here(part, part)} | {**done.parts}
        self.state = decode(done.body)

    def stands_at(self, node: str) -> bool:
        """Whether a token stands at a node."""
        return any(token.node == node for token in whole(self.state, self.fetch).tokens.values())


@dataclass(slots=True)
class Machine:
    """All instances, the clock, and what has been told so far."""

    library: Library
    kernel: Kernel
    now: datetime
    zone: tzinfo
    people: People
    handlers: Mapping[str, Any]
    save_between_steps: bool = False
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    language: str = "en"
    """What is told about the play is in `zh` or `en`."""
    instances: list[Instance] = field(default_factory=list)
    trace: list[dict[str, Any]] = field(default_factory=list)
    thrown: list[dict[str, Any]] = field(default_factory=list)
    flows: set[tuple[str, str]] = field(default_factory=set)
    kept: list[Threw] = field(default_factory=list)
    """Messages that nobody awaited yet."""
    opened: dict[tuple[int, int], int] = field(default_factory=dict)
    """(instance, wait) -> when it opened, as a running number."""
    assigned: dict[tuple[int, int], str | None] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    """Topic -> how often its handler ran."""
    soon: deque[Callable[[], None]] = field(default_factory=deque)
    later: deque[Callable[[], None]] = field(default_factory=deque)
    came: dict[tuple[str, str], list[Came]] = field(default_factory=dict)
    """(process, parallel multiple start event) -> the triggers that have come and begun nothing yet."""
    work: int = 0
    """Pieces of work since the scenario's step."""
    failed: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)
    """(instance, wait) -> incident of a script that failed."""
    halted: dict[int, list[dict[str, str]]] = field(default_factory=dict)
    """Instance -> incidents of starting each other without end."""

    def said(self, en: str, zh: str) -> str:
        """One of the two, in the play's language."""
        return zh if self.language == "zh" else en

    # ── running ────────────────────────────────────────────────────────────────────────────────────────────────

    def start(
        self, definition: Definition, event: str | None, variables: Mapping[str, Any], *,
        business_key: str | None = None, parent: int | None = None, parent_wait: int = 0,
        initiator: str | None = None, depth: int = 0,
    ) -> Instance:  # fmt: skip
        """Start an instance and take its first step."""
        instance = Instance(
            len(self.instances) + 1, definition, new_state(), parent, parent_wait, business_key, initiator,
            depth=depth,
        )  # fmt: skip
        self.instances.append(instance)
        try:
            self.take(instance, t.Started(event, variables))
        except Exception:
            self.instances.remove(instance)
            raise
        return instance

    def take(self, instance: Instance, trigger: t.Trigger) -> None:
        """One step of one instance; what follows is queued."""
        step = step_with(self.kernel, instance.definition, instance.state, trigger, self.env(instance), instance.fetch)
        instance.state = step.state
        if self.save_between_steps:
            instance.save()
        instance.ended = step.ended
        follow: list[Callable[[], None]] = []
        ended = {closed.wait.id for closed in step.closed}
        for event in step.events:
            if isinstance(event, Passed) and event.event == "cancel":
                self._cancel_called(instance, event.element, ended)
            self._tell(instance, event, follow)
        for closed in step.closed:
            self._close(instance, closed.wait)
        for wait in step.opened:
            self._open(instance, wait, follow)
        if step.ended is not None:
            self._ended(instance, step.ended, follow)
        self.soon.extendleft(reversed(follow))

    def env(self, instance: Instance) -> Env:
        """What the instance may know of the world now."""
        return Env(
            now=self.now, zone=self.zone, calendar=self.calendar, decisions=self.library.decisions, one_version=True,
            business_key=instance.business_key, instance=str(instance.number), initiator=instance.initiator,
        )  # fmt: skip

    def settle(self) -> None:
        """Work until nothing is left to follow."""
        self.work = 0
        while self.work < WORK_LIMIT:
            self.work += 1
            if self.soon:
                self.soon.popleft()()
            elif self.later:
                self.later.popleft()()
            else:
                return
        last = self.active()[-1:]
        if not last:
            raise InternalError(reason="the processes call each other without end")
        self._halt(last[0], next((wait.element for wait in last[0].waits.values()), ""))

    def _halt(self, instance: Instance, element: str) -> None:
        """Stop what would never end, as an incident of the one who goes on."""
        self.soon.clear()
        self.later.clear()
        told = {"element": element, "code": "LOOP_LIMIT", "message": "the processes start each other without end"}
        self.halted.setdefault(instance.number, []).append(told)

    def _deeper(self, thrower: Instance | None, element: str) -> int | None:
        """The depth of an instance that the thrower starts; None (and an incident) where that leads nowhere."""
        if thrower is None:
            return 0
        if thrower.depth < DEPTH_LIMIT:
            return thrower.depth + 1
        self._halt(thrower, element)
        return None

    def active(self) -> list[Instance]:
        """Instances that have not ended, oldest first."""
        return [instance for instance in self.instances if instance.ended is None]

    # ── what a step told ───────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, instance: Instance, event: Event, follow: list[Callable[[], None]]) -> None:
        if isinstance(event, Passed):
            self.trace.append(
                {
                    "at": self.now.astimezone(self.zone).isoformat(),
                    "instance": instance.number,
                    "scope": event.scope,
                    "event": event.event,
                    "element": event.element,
                    "type": event.type,
                }
            )
        elif isinstance(event, Took):
            self.flows.add((instance.definition.key, event.flow))
        elif isinstance(event, Threw):
            self._thrown(instance, event, follow)

    def _thrown(self, instance: Instance, event: Threw, follow: list[Callable[[], None]]) -> None:
        passes_on = instance.parent is not None and not event.handled and event.kind in ("error", "escalation")
        if event.kind == "escalation" and passes_on:
            follow.append(lambda: self._escalate(instance, event))
        if passes_on:
            return
        record = {"kind": event.kind, "name": event.name, "handled": event.handled}
        self.thrown.append(record)
        if event.kind == "signal":
            follow.append(lambda: self.signal(event.name, event.variables, instance, record, event.element))
        elif event.kind == "message":
            self.later.append(lambda: self._message(instance, event, record))

    def _escalate(self, instance: Instance, event: Threw) -> None:
        parent = self.instances[(instance.parent or 1) - 1]
        if instance.parent_wait in parent.waits:
            seen = dict(instance.state.variables())
            self.take(parent, t.CallEscalated(instance.parent_wait, event.name, event.variables, seen))

    def _message(self, instance: Instance, event: Threw, record: dict[str, Any]) -> None:
        keys = dict(event.correlation)
        key = None if keys else instance.business_key
        record["handled"] = self.message(
            event.name, keys, event.variables, business_key=key, thrower=instance, element=event.element
        )

    # ── waits ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _close(self, instance: Instance, wait: Wait) -> None:
        instance.waits.pop(wait.id, None)
        self.people.release(self.assigned.pop((instance.number, wait.id), None))
        if isinstance(wait, CallWait):
            self._cancel_child(instance, wait.id)

    def _cancel_called(self, instance: Instance, element: str, ended: set[int]) -> None:
        """A call that is interrupted takes what it called with it, before anything else happens."""
        calls = [w.id for w in instance.waits.values() if isinstance(w, CallWait) and w.element == element]
        for wait in calls:
            if wait in ended:
                self._cancel_child(instance, wait)

    def _cancel_child(self, instance: Instance, wait: int) -> None:
        for child in self.instances:
            if child.parent == instance.number and child.parent_wait == wait:
                self.cancel(child)

    def cancel(self, instance: Instance) -> None:
        """Cancel an instance that is still active."""
        if instance.ended is None:
            self.take(instance, t.Cancelled())

    def _open(self, instance: Instance, wait: Wait, follow: list[Callable[[], None]]) -> None:
        instance.waits[wait.id] = wait
        self.opened[(instance.number, wait.id)] = len(self.opened)
        match wait:
            case ThrowWait():
                follow.append(lambda: self._answer(instance, wait, t.Delivered(wait.id)))
            case UserWait():
                excluded = barred_by(wait, instance.completed)
                self.assigned[(instance.number, wait.id)] = self.people.assign(wait, instance.definition, excluded)
            case JobWait(kind="topic") if wait.name in self.handlers:
                follow.append(lambda: self._handle(instance, wait))
            case JobWait(kind="async"):
                follow.append(lambda: self._answer(instance, wait, t.JobDone(wait.id)))
            case JobWait(kind="script"):
                follow.append(lambda: self._script(instance, wait))
            case CallWait() if wait.called in self.library.definitions:
                follow.append(lambda: self._call(instance, wait))
            case MessageWait() if self.kept:
                follow.append(lambda: self._take_kept(instance, wait))

    def _answer(self, instance: Instance, wait: Wait, trigger: t.Trigger) -> None:
        if wait.id in instance.waits:
            self.take(instance, trigger)

    def _handle(self, instance: Instance, wait: JobWait) -> None:
        if wait.id not in instance.waits:
            return
        script = self.handlers[wait.name]
        entries = script if isinstance(script, list) else [script]
        count = self.calls.get(wait.name, 0)
        self.calls[wait.name] = count + 1
        entry = entries[min(count, len(entries) - 1)] if entries else {}
        code = entry.get("bpmn_error")
        if code is not None:
            told = str(entry.get("message", ""))
            self.take(instance, t.JobFailed(wait.id, str(code), told, entry.get("variables", {})))
        else:
            self.take(instance, t.JobDone(wait.id, entry.get("returns") or {}))

    def _script(self, instance: Instance, wait: JobWait) -> None:
        """A script that fails stays as an open job with its incident, as on the server after its last retry."""
        if wait.id in instance.waits:
            self.work += SCRIPT_WORK
            try:
                results = run_script(wait.name, wait.inputs)
            except ScriptFailed as error:
                told = {"element": wait.element, "code": "SCRIPT_FAILED", "message": error.text(self.language)}
                self.failed[instance.number, wait.id] = told
                return
            self.take(instance, t.JobDone(wait.id, results))

    def _call(self, instance: Instance, wait: CallWait) -> None:
        if wait.id not in instance.waits:
            return
        depth = self._deeper(instance, wait.element)
        if depth is not None:
            self.start(
                self.library.definitions[wait.called], None, wait.inputs, business_key=wait.business_key,
                parent=instance.number, parent_wait=wait.id, initiator=instance.initiator, depth=depth,
            )  # fmt: skip

    def _ended(self, instance: Instance, ended: Ended, follow: list[Callable[[], None]]) -> None:
        if instance.parent is None or ended.state == "cancelled":
            return
        parent = self.instances[instance.parent - 1]
        wait = parent.waits.get(instance.parent_wait)
        if wait is None:
            return
        error = ended.error if ended.state == "failed" else None
        trigger = t.CallEnded(wait.id, dict(instance.state.variables()), error, ended.message)
        follow.append(lambda: self._answer(parent, wait, trigger))

    # ── messages and signals ───────────────────────────────────────────────────────────────────────────────────

    def signal(
        self, name: str, variables: Mapping[str, Any], thrower: Instance | None = None,
        record: dict[str, Any] | None = None, element: str = "",
    ) -> None:  # fmt: skip
        """Broadcast to every instance but the thrower (which has caught its own), and to start events."""
        caught = False
        for instance in self.active():
            waiting = any(isinstance(w, SignalWait) and w.name == name for w in instance.waits.values())
            if instance is not thrower and waiting:
                self.take(instance, t.SignalRaised(name, variables))
                caught = True
        for definition, event in self._starts("signal", name):
            depth = self._deeper(thrower, element)
            if depth is None:
                break
            self.begin(definition, event, "signal", name, variables, depth=depth)
            caught = True
        if record is not None:
            record["handled"] = record["handled"] or caught

    def begin(
        self, definition: Definition, event: str, kind: str, name: str, variables: Mapping[str, Any], *,
        business_key: str | None = None, depth: int = 0,
    ) -> None:  # fmt: skip
        """Start an instance by a trigger; a parallel multiple start event waits until all of its triggers came."""
        node = definition.nodes[event]
        if gathers(node):
            came = self.came.setdefault((definition.key, event), [])
            new = Came(kind, name, business_key, variables)
            before = repeats(node, came, new)
            came[:] = [one for one in came if one is not before] + [new]
            chosen = gathered(node, came)
            if chosen is None:
                return
            came[:] = [one for one in came if all(one is not other for other in chosen)]
            variables = {key: value for one in chosen for key, value in one.variables.items()}
            business_key = next((one.key for one in chosen if one.key is not None), None)
        self.start(definition, event, variables, business_key=business_key, depth=depth)

    def _starts(self, kind: str, name: str) -> list[tuple[Definition, str]]:
        found = {
            (definition.key, node.id): definition
            for definition in self.library.definitions.values()
            for node, _, event in beginnings(definition)
            if event.kind == kind and event.ref == name
        }
        return [(definition, id) for (_, id), definition in found.items()]

    def message(
        self, name: str, keys: Mapping[str, Any], variables: Mapping[str, Any], *, business_key: str | None = None,
        thrower: Instance | None = None, element: str = "",
    ) -> bool:  # fmt: skip
        """Give a message to the one who waits, else to a start event, else keep it. Whether it found somebody.

        Raises AmbiguousMessage when two match.
        """
        matches = [
            (instance, wait)
            for instance in self.active()
            for wait in instance.waits.values()
            if isinstance(wait, MessageWait) and wait.name == name
            and matching(instance, wait, keys, business_key)
        ]  # fmt: skip
        if len(matches) > 1:
            raise AmbiguousMessage(name=name, count=len(matches))
        if matches:
            instance, wait = matches[0]
            self.take(instance, t.MessageArrived(wait.id, variables))
            return True
        starts = self._starts("message", name)
        for definition, event in starts:
            depth = self._deeper(thrower, element)
            if depth is not None:
                key = business_key or only(keys)
                self.begin(definition, event, "message", name, variables, business_key=key, depth=depth)
        if not starts:
            told = {**keys, **({} if business_key is None else {"": business_key})}
            self.kept.append(Threw("message", name, "", variables, told))
        return bool(starts)

    def _take_kept(self, instance: Instance, wait: MessageWait) -> None:
        for message in self.kept:
            keys = {key: value for key, value in message.correlation.items() if key}
            business_key = message.correlation.get("")
            told = str(business_key) if business_key is not None else None
            if (
                wait.id in instance.waits and message.name == wait.name
                and matching(instance, wait, keys, told)
            ):  # fmt: skip
                self.kept.remove(message)
                self.take(instance, t.MessageArrived(wait.id, message.variables))
                return

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────

    def next_timer(self) -> tuple[datetime, Instance, TimerWait] | None:
        """The timer that is due first."""
        due = [
            (wait.due, instance.number, age(wait.id), instance, wait)
            for instance in self.active()
            for wait in instance.waits.values()
            if isinstance(wait, TimerWait)
        ]
        if not due:
            return None
        moment, _, _, instance, wait = min(due, key=lambda entry: entry[:3])
        return moment, instance, wait

    def incidents(self, instance: Instance) -> list[dict[str, str]]:
        """What stopped in an instance: element, code and message."""
        stuck = [
            {
                "element": wait.element,
                "code": wait.code,
                "message": self.said(wait.message, wait.message_zh or wait.message),
            }
            for wait in instance.waits.values()
            if isinstance(wait, IncidentWait)
        ]
        failed = [self.failed[key] for id in instance.waits if (key := (instance.number, id)) in self.failed]
        return stuck + failed + self.halted.get(instance.number, [])
