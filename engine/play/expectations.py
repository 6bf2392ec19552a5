"""What a scenario expects, and how it is told when it is not so.

| key | holds when |
|---|---|
| `waiting` | each named element waits, as often as it is named; an empty list: nothing waits |
| `tasks` | a task of that element has those properties (`assignee`, `due` as the beginning of its ISO text, …) |
| `visited`, `not_visited` | the elements were (not) entered so far |
| `variables` | one instance holds all these values |
| `ended` | true: no instance is active; false: one is |
| `incidents` | each named element has an incident |
| `state` | the states of the instances, in order of their numbers |
| `instance` | only this instance is looked at |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.errors import ScenarioWrong
from engine.play.machine import Instance, Machine
from engine.play.report import state_of
from engine.play.values import plain, same
from engine.process.waits import IncidentWait, UserWait


def unmet(machine: Machine, expected: Mapping[str, Any], step: int) -> Iterator[str]:
    """Every way in which things are not as expected."""
    unknown = set(expected) - set(_CHECKS) - {"instance"}
    if unknown:
        names = ", ".join(sorted(unknown))
        raise ScenarioWrong(step=step, reason=f"“expect” knows no {names}", reason_zh=f"“expect”没有字段 {names}")
    wanted = expected.get("instance")
    instances = [one for one in machine.instances if wanted is None or one.number == wanted]
    if wanted is not None and not instances:
        raise ScenarioWrong(step=step, reason=f"there is no instance {wanted}", reason_zh=f"没有实例 {wanted}")
    for key, value in expected.items():
        if key in _CHECKS:
            yield from _CHECKS[key](machine, instances, value)


def _waiting(machine: Machine, instances: list[Instance], expected: Any) -> Iterator[str]:
    actual = Counter(
        wait.element for instance in instances for wait in instance.waits.values() if not isinstance(wait, IncidentWait)
    )
    shown = ", ".join(sorted(actual)) or "nothing"
    for element, count in Counter(expected).items():
        if actual[element] < count:
            yield f"{element} does not wait; waiting: {shown}"
    if not expected and actual:
        yield f"nothing should wait; waiting: {shown}"


def _tasks(machine: Machine, instances: list[Instance], expected: Mapping[str, Any]) -> Iterator[str]:
    for element, wanted in expected.items():
        found = [
            _task(machine, instance, wait)
            for instance in instances
            for wait in instance.waits.values()
            if isinstance(wait, UserWait) and wait.element == element
        ]
        if not found:
            yield f"there is no task {element}"
        elif not any(_fits(task, wanted) for task in found):
            shown = "; ".join(
                ", ".join(f"{name} {task.get(name)!r}" for name in wanted if not _fit(task, name, wanted[name]))
                for task in found
            )
            asked = ", ".join(f"{name} {value!r}" for name, value in wanted.items())
            yield f"task {element}: expected {asked}, but {shown}"


def _task(machine: Machine, instance: Instance, wait: UserWait) -> dict[str, Any]:
    due = wait.due.astimezone(machine.zone).isoformat() if wait.due else None
    follow_up = wait.follow_up.astimezone(machine.zone).isoformat() if wait.follow_up else None
    return {
        "assignee": machine.assigned.get((instance.number, wait.id)), "due": due, "follow_up": follow_up,
        "candidate_users": list(wait.candidate_users), "candidate_groups": list(wait.candidate_groups),
        "priority": wait.priority, "name": wait.name, "form": wait.form, "lane": wait.lane,
        "variables": plain(wait.variables),
    }  # fmt: skip


def _fits(task: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(_fit(task, name, value) for name, value in wanted.items())


def _fit(task: Mapping[str, Any], name: str, value: Any) -> bool:
    actual = task.get(name)
    if name in ("due", "follow_up") and isinstance(value, str) and actual is not None:
        return str(actual).startswith(value)
    return same(actual, value)


def _visited(machine: Machine, instances: list[Instance], expected: Any) -> Iterator[str]:
    seen = _seen(machine, instances)
    yield from (f"{element} was not visited" for element in expected if element not in seen)


def _not_visited(machine: Machine, instances: list[Instance], expected: Any) -> Iterator[str]:
    seen = _seen(machine, instances)
    yield from (f"{element} was visited" for element in expected if element in seen)


def _seen(machine: Machine, instances: list[Instance]) -> set[str]:
    numbers = {instance.number for instance in instances}
    return {entry["element"] for entry in machine.trace if entry["instance"] in numbers}


def _variables(machine: Machine, instances: list[Instance], expected: Mapping[str, Any]) -> Iterator[str]:
    best: list[str] | None = None
    for instance in instances:
        variables = instance.state.variables()
        wrong = [
            f"{name} is {plain(variables.get(name))!r}, expected {plain(value)!r}"
            for name, value in expected.items()
            if not same(variables.get(name), value)
        ]
        if best is None or len(wrong) < len(best):
            best = wrong
    if best is None and expected:
        best = ["there is no instance"]
    yield from best or ()


def _ended(machine: Machine, instances: list[Instance], expected: Any) -> Iterator[str]:
    active = [instance for instance in instances if instance.ended is None]
    if expected and active:
        waits = sorted({wait.element for instance in active for wait in instance.waits.values()})
        yield f"still active, waiting: {', '.join(waits) or 'nothing'}"
    elif not expected and not active:
        yield "all have ended"


def _incidents(machine: Machine, instances: list[Instance], expected: Any) -> Iterator[str]:
    actual = {told["element"] for instance in instances for told in machine.incidents(instance)}
    yield from (f"{element} has no incident" for element in expected if element not in actual)
    if not expected and actual:
        yield f"no incident was expected: {', '.join(sorted(actual))}"


def _state(machine: Machine, instances: list[Instance], expected: Any) -> Iterator[str]:
    actual = [state_of(instance) for instance in instances]
    wanted = [expected] * len(actual) if isinstance(expected, str) else list(expected)
    if actual != wanted:
        yield f"states are {', '.join(actual)}, expected {', '.join(wanted)}"


_CHECKS: dict[str, Callable[[Machine, list[Instance], Any], Iterator[str]]] = {
    "waiting": _waiting,
    "tasks": _tasks,
    "visited": _visited,
    "not_visited": _not_visited,
    "variables": _variables,
    "ended": _ended,
    "incidents": _incidents,
    "state": _state,
}
