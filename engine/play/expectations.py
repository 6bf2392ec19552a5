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
    said = machine.said
    shown = ", ".join(sorted(actual)) or said("nothing", "无")
    for element, count in Counter(expected).items():
        if actual[element] < count:
            yield said(f"{element} does not wait; waiting: {shown}", f"{element} 未在等待；正在等待：{shown}")
    if not expected and actual:
        yield said(f"nothing should wait; waiting: {shown}", f"不应有等待；正在等待：{shown}")


def _tasks(machine: Machine, instances: list[Instance], expected: Mapping[str, Any]) -> Iterator[str]:
    for element, wanted in expected.items():
        found = [
            _task(machine, instance, wait)
            for instance in instances
            for wait in instance.waits.values()
            if isinstance(wait, UserWait) and wait.element == element
        ]
        if not found:
            yield machine.said(f"there is no task {element}", f"没有任务 {element}")
        elif not any(_fits(task, wanted) for task in found):
            shown = "; ".join(
                ", ".join(f"{name} {task.get(name)!r}" for name in wanted if not _fit(task, name, wanted[name]))
                for task in found
            )
            asked = ", ".join(f"{name} {value!r}" for name, value in wanted.items())
            yield machine.said(
                f"task {element}: expected {asked}, but {shown}", f"任务 {element}：预期 {asked}，实为 {shown}"
            )


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
    missed = [element for element in expected if element not in seen]
    yield from (machine.said(f"{element} was not visited", f"{element} 未经过") for element in missed)


def _not_visited(machine: Machine, instances: list[Instance], expected: Any) -> Iterator[str]:
    seen = _seen(machine, instances)
    met = [element for element in expected if element in seen]
    yield from (machine.said(f"{element} was visited", f"{element} 已经过") for element in met)


def _seen(machine: Machine, instances: list[Instance]) -> set[str]:
    numbers = {instance.number for instance in instances}
    return {entry["element"] for entry in machine.trace if entry["instance"] in numbers}


def _variables(machine: Machine, instances: list[Instance], expected: Mapping[str, Any]) -> Iterator[str]:
    best: list[str] | None = None
    for instance in instances:
        variables = instance.state.variables()
        wrong = [
            machine.said(
                f"{name} is {plain(variables.get(name))!r}, expected {plain(value)!r}",
                f"{name} 为 {plain(variables.get(name))!r}，预期 {plain(value)!r}",
            )
            for name, value in expected.items()
            if not same(variables.get(name), value)
        ]
        if best is None or len(wrong) < len(best):
            best = wrong
    if best is None and expected:
        best = [machine.said("there is no instance", "没有实例")]
    yield from best or ()


def _ended(machine: Machine, instances: list[Instance], expected: Any) -> Iterator[str]:
    active = [instance for instance in instances if instance.ended is None]
    if expected and active:
        waits = sorted({wait.element for instance in active for wait in instance.waits.values()})
        shown = ", ".join(waits) or machine.said("nothing", "无")
        yield machine.said(f"still active, waiting: {shown}", f"仍在进行，正在等待：{shown}")
    elif not expected and not active:
        yield machine.said("all have ended", "均已结束")


def _incidents(machine: Machine, instances: list[Instance], expected: Any) -> Iterator[str]:
    actual = {told["element"] for instance in instances for told in machine.incidents(instance)}
    calm = [element for element in expected if element not in actual]
    yield from (machine.said(f"{element} has no incident", f"{element} 没有异常") for element in calm)
    if not expected and actual:
        shown = ", ".join(sorted(actual))
        yield machine.said(f"no incident was expected: {shown}", f"不应有异常：{shown}")


def _state(machine: Machine, instances: list[Instance], expected: Any) -> Iterator[str]:
    actual = [state_of(instance) for instance in instances]
    wanted = [expected] * len(actual) if isinstance(expected, str) else list(expected)
    if actual != wanted:
        yield machine.said(
            f"states are {', '.join(actual)}, expected {', '.join(wanted)}",
            f"状态为 {', '.join(actual)}，预期 {', '.join(wanted)}",
        )


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
