"""The virtual clock: what falls due while it moves, in order of due time; timer starts of whole processes too."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.errors import ModelError, ScenarioWrong
from engine.feel import Moment
from engine.play.machine import Machine
from engine.process import triggers as t
from engine.process.beginnings import beginnings, trigger_name
from engine.process.businesstime_functions import HostFunctions
from engine.process.contract import Env
from engine.process.expressions import names_read
from engine.process.model import Definition, EventDefinition
from engine.process.timing import Cycle, add, first_due, following, read_cycle, read_moment, read_period

FIRE_LIMIT = 100_000
"""Timers that one move of the clock may fire."""


@dataclass(slots=True)
class TimerStart:
    """A timer start event of a process, with its next moment."""

    definition: Definition
    event: str
    due: datetime
    text: str
    cycle: Cycle | None = None
    left: int = 0


@dataclass(slots=True)
class Clockwork:
    """Moves the machine's clock."""

    machine: Machine
    starts: list[TimerStart] = field(default_factory=list)
    held: dict[tuple[str, str, int], bool] = field(default_factory=dict)
    """(process, start event, number of its definition) -> whether that condition held when last asked."""

    def wind(self) -> None:
        """Set the timer starts of all processes from the moment at which the play begins."""
        for definition in self.machine.library.definitions.values():
            for node, _, event in beginnings(definition):
                if event.kind == "timer":
                    self._try_to_set(definition, node.id, event)

    def _try_to_set(self, definition: Definition, id: str, event: EventDefinition) -> None:
        try:
            self._set(definition, id, event)
        except ValueError as error:
            raise ScenarioWrong(step=0, reason=f"{id}: {error}", reason_zh=f"{id}:{error}") from error

    def _set(self, definition: Definition, id: str, event: EventDefinition) -> None:
        machine = self.machine
        value = event.expr({}, self._moment()) if event.expr else None
        if event.timer == "cycle":
            cycle = read_cycle(value, machine.zone)
            due = first_due(cycle, machine.now, machine.zone, machine.calendar)
            if due is not None and cycle.count:
                self.starts.append(TimerStart(definition, id, due, trigger_name(event), cycle, cycle.count))
        elif event.timer == "duration":
            due = add(machine.now, read_period(value), machine.zone, machine.calendar)
            self.starts.append(TimerStart(definition, id, due, trigger_name(event)))
        elif (moment := read_moment(value, machine.zone)) > machine.now:
            self.starts.append(TimerStart(definition, id, moment, trigger_name(event)))

    def _moment(self) -> Moment:
        machine = self.machine
        env = Env(machine.now, machine.zone, machine.calendar)
        return Moment(machine.now, machine.zone, [], HostFunctions(env))

    def advance(self, period: Any, step: int) -> None:
        """Move the clock by a duration and fire everything due. Raises ScenarioWrong."""
        machine = self.machine
        try:
            until = add(machine.now, read_period(period), machine.zone, machine.calendar)
        except ValueError as error:
            raise ScenarioWrong(step=step, reason=str(error), reason_zh=f"时长无效：{period}") from error
        if until < machine.now:
            raise ScenarioWrong(step=step, reason="the clock cannot go back", reason_zh="时钟不能后退")
        self.fire(until, step)
        machine.now = max(machine.now, until)

    def fire(self, until: datetime, step: int) -> None:
        """Fire everything due up to a moment, in order of due time. Raises ScenarioWrong when it never ends."""
        for _ in range(FIRE_LIMIT):
            if not self._fire_next(until):
                return
        raise ScenarioWrong(
            step=step, reason=f"more than {FIRE_LIMIT} timers fired", reason_zh=f"触发的定时器超过 {FIRE_LIMIT} 个"
        )

    def _fire_next(self, until: datetime) -> bool:
        machine = self.machine
        found = machine.next_timer()
        start = min(self.starts, key=lambda one: one.due, default=None)
        if start is not None and start.due <= until and (found is None or start.due < found[0]):
            machine.now = max(machine.now, start.due)
            self._begin(start)
        elif found is not None and found[0] <= until:
            due, instance, wait = found
            machine.now = max(machine.now, due)
            machine.take(instance, t.TimerFired(wait.id))
        else:
            return False
        machine.settle()
        return True

    def _begin(self, start: TimerStart) -> None:
        machine = self.machine
        self.starts.remove(start)
        if start.cycle is not None:
            left = start.left if start.left < 0 else start.left - 1
            found = following(start.cycle, start.due, left, machine.now, machine.zone, machine.calendar)
            if found is not None:
                self.starts.append(
                    TimerStart(start.definition, start.event, found[0], start.text, start.cycle, found[1])
                )
        machine.begin(start.definition, start.event, "timer", start.text, {})

    def set_variables(self, variables: dict[str, Any]) -> None:
        """Set variables in every active instance and ask all conditions, those of start events too."""
        machine = self.machine
        for instance in machine.active():
            if instance.ended is None:
                machine.take(instance, t.ConditionChanged(variables))
                machine.settle()
        for definition in list(machine.library.definitions.values()):
            for node, number, event in beginnings(definition):
                if event.kind == "conditional":
                    self._ask(definition, node.id, number, event, variables)

    def _ask(
        self, definition: Definition, id: str, number: int, event: EventDefinition, variables: dict[str, Any]
    ) -> None:
        assert event.expr is not None
        names = names_read(event.expr)
        if names is not None and names.isdisjoint(variables):
            return
        try:
            holds = event.expr(variables, self._moment()) is True
        except ModelError:
            holds = False
        before = self.held.get((definition.key, id, number), False)
        self.held[(definition.key, id, number)] = holds
        if holds and not before:
            self.machine.begin(definition, id, "conditional", trigger_name(event), variables)
            self.machine.settle()
