"""What a change would do before anybody makes it: to running cases, and to those that ended a while ago.

Running cases are asked whether they can follow. Ended cases are gone through again, trigger by trigger as history has
them, in their own version and in the one that is to come, side by side: people give the same answers, handlers the same
results, and decisions are decided anew. Where the two first enter something else, the case would have gone another way.
Nothing is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars, deciding, definitions
from engine.advance import KERNELS
from engine.api.processes import _require_owner
from engine.api.steering import Forecast, preview_candidate
from engine.definitions import Package
from engine.errors import DealflowError
from engine.execution import runtime_of
from engine.feel import Moment
from engine.identity import Actor
from engine.process import triggers
from engine.process.contract import Env, Passed, Step
from engine.process.state import State, new_state
from engine.process.triggers import JobDone, Trigger
from engine.process.waits import JobWait, Wait
from engine.store import tables as t

KINDS: Mapping[str, Callable[..., Trigger]] = {
    kind.__name__: kind
    for kind in (
        triggers.Started, triggers.JobDone, triggers.JobFailed, triggers.TaskCompleted, triggers.TimerFired,
        triggers.DueMoved, triggers.MessageArrived, triggers.SignalRaised, triggers.Delivered,
        triggers.ConditionChanged, triggers.CallEnded, triggers.CallEscalated, triggers.Retried, triggers.Modified,
        triggers.Cancelled,
    )
}  # fmt: skip
"""What history may have recorded of an instance that was never carried over."""
BUDGET_SECONDS = 8.0
"""How long ended cases are gone through; what was looked at is told."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Cases that would have gone another way: what they came from, where they went, where they would have gone."""

    process: str
    after: str
    was: tuple[str, ...]
    would: tuple[str, ...]
    count: int
    examples: tuple[int, ...]
    keys: tuple[str, ...]
    """What the examples are called: business keys; the id where there is none."""


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What ended cases would have done: how many were looked at, how many would have gone the same way."""

    ended: int
    looked_at: int
    same: int
    unable: int
    """Cases whose history cannot be gone through: carried over, or run by the other kernel."""
    partings: tuple[Parting, ...]

    @property
    def other(self) -> int:
        """How many would have gone another way."""
        return sum(one.count for one in self.partings)


def foresee(
    session: Session,
    actor: Actor,
    folder: str,
    files: Mapping[str, bytes],
    mapping: Mapping[str, str] | None = None,
) -> dict[str, Forecast]:
    """Process -> which of its running cases could follow these files. ModelRefused when they cannot be deployed."""
    _require_owner(actor)
    return {
        key: preview_candidate(session, actor, package, mapping)
        for key, package in definitions.candidates(session, folder, files).items()
    }


def look_back(
    session: Session, actor: Actor, folder: str, files: Mapping[str, bytes], since: datetime, *, most: int = 500
) -> Hindsight:
    """Go through the cases that ended since a moment as these files would have had them. ModelRefused as above.

    The newest first, at most `most`, and for no longer than BUDGET_SECONDS.
    """
    _require_owner(actor)
    coming = definitions.candidates(session, folder, files)
    i = t.instance.c
    ended = sa.and_(i.key.in_(coming), i.ended_at >= since, i.state.in_(("completed", "terminated", "failed")))
    total = session.scalar(sa.select(sa.func.count()).where(ended)) or 0
    rows = session.execute(sa.select(t.instance).where(ended).order_by(i.ended_at.desc()).limit(most)).all()
    begun, looked, same, unable = time.monotonic(), 0, 0, 0
    found: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], list[tuple[int, str]]] = {}
    for row in rows:
        if time.monotonic() - begun > BUDGET_SECONDS:
            break
        looked += 1
        try:
            parting = _Again(session, row, coming[row.key]).parting()
        except (DealflowError, LookupError, _Unable):
            unable += 1
            continue
        if parting is None:
            same += 1
        else:
            found.setdefault((row.key, *parting), []).append((row.id, row.business_key or str(row.id)))
    partings = [
        Parting(*key, len(some), tuple(id for id, _ in some[:5]), tuple(called for _, called in some[:5]))
        for key, some in found.items()
    ]
    partings.sort(key=lambda one: -one.count)
    return Hindsight(total, looked, same, unable, tuple(partings))


class _Unable(Exception):
    """This history cannot be gone through."""


@dataclass(slots=True)
class _Side:
    """One of the two versions on the way."""

    package: Package
    state: State = field(default_factory=new_state)
    waits: dict[int, Wait] = field(default_factory=dict)
    came_from: str = ""

    def take(self, trigger: Trigger, env: Env) -> list[str]:
        """Step; returns the elements that were entered, in order. Gateways are ways to a place, no places."""
        step: Step = KERNELS[self.package.kernel](self.package.definition, self.state, trigger, env)
        self.state = step.state
        for closed in step.closed:
            self.waits.pop(closed.wait.id, None)
        self.waits.update({wait.id: wait for wait in step.opened})
        passed = [event for event in step.events if isinstance(event, Passed)]
        left = [event.element for event in passed if event.event == "leave"]
        self.came_from = left[0] if left else self.came_from
        nodes = self.package.definition.nodes
        entered = [event.element for event in passed if event.event == "enter"]
        return [id for id in entered if id not in nodes or not nodes[id].type.endswith("Gateway")]


@dataclass(slots=True)
class _Again:
    """An ended case, gone through again."""

    session: Session
    row: Any
    coming: Package

    def parting(self) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
        """Where the way parts: after which element, what was entered, what would have been; None: nowhere."""
        own = definitions.package(self.session, self.row.definition_id)
        if {own.kernel, self.coming.kernel} != {"native"}:
            raise _Unable
        old, new = _Side(own), _Side(self.coming)
        h = t.history.c
        rows = self.session.execute(sa.select(t.history).where(h.instance_id == self.row.id).order_by(h.seq))
        for row in rows.all():
            was: list[str] = []
            would: list[str] = []
            for kind, values in row.trigger:
                trigger = _trigger(kind, values)
                answered = old.waits.get(getattr(trigger, "wait", 0))
                was += old.take(trigger, self._env(own, row.at))
                same = self._fitting(new, answered, trigger, row.at)
                if same is None:
                    return _parted(old, new, answered, was, would)
                would += new.take(same, self._env(self.coming, row.at))
            if sorted(was) != sorted(would):
                return _parted(old, new, answered, was, would)
        return None

    def _env(self, package: Package, now: datetime) -> Env:
        kept = calendars.calendar(self.session, package.definition.properties.get("calendar"))
        return Env(
            now=now,
            zone=runtime_of(self.session).zone,
            calendar=kept,
            calendars=calendars.calendars(self.session),
            decisions=package.decisions,
            business_key=self.row.business_key,
            instance=str(self.row.id),
            initiator=self.row.started_by,
        )

    def _fitting(self, new: _Side, answered: Wait | None, trigger: Trigger, now: datetime) -> Trigger | None:
        """The trigger as the other version takes it: for its own wait at the same element; None: nobody waits there."""
        if not hasattr(trigger, "wait"):
            return trigger
        if answered is None:
            raise _Unable
        fits = [one for one in new.waits.values() if one.element == answered.element and type(one) is type(answered)]
        if not fits:
            return None
        mine = fits[0]
        if isinstance(mine, JobWait) and mine.kind == "decision" and isinstance(trigger, JobDone):
            return self._decided(mine, now)
        return replace(trigger, wait=mine.id)  # type: ignore[arg-type]  # every kind here has a wait

    def _decided(self, wait: JobWait, now: datetime) -> JobDone:
        """A decision that is bound at run time, decided anew by what is to come."""
        model = deciding.bound_decision(self.session, self.coming, wait.name, wait.binding or "latest")
        moment = Moment(now=now, zone=runtime_of(self.session).zone)
        result = model.evaluate(wait.name, model.read(wait.name, wait.inputs), moment)
        return JobDone(wait.id, {"result": result.value})


def _trigger(kind: str, values: Mapping[str, Any]) -> Trigger:
    """A trigger as it was recorded; _Unable for a migration."""
    if kind not in KINDS:
        raise _Unable
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return KINDS[kind](**given)


def _parted(
    old: _Side, new: _Side, answered: Wait | None, was: Sequence[str], would: Sequence[str]
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The last place that both came to, and the first that each came to alone."""
    together = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(was, would, strict=False)))
    after = was[together - 1] if together else answered.element if answered else old.came_from
    only, instead = _without(was, would), _without(would, was)
    return after, tuple(only[:1]), tuple(instead[:1]) or _standing(new)


def _standing(side: _Side) -> tuple[str, ...]:
    """Where a side waits now."""
    return tuple(sorted({wait.element for wait in side.waits.values()}))


def _without(these: Sequence[str], those: Sequence[str]) -> list[str]:
    """What is in one and not in the other, each once, in order."""
    return [one for one in dict.fromkeys(these) if one not in those]
