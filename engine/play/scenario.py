"""The steps of a scenario, one small function each. Law: a step that cannot be played names its number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import DealflowError, FormInvalid, FourEyes, ScenarioWrong
from engine.feel import Moment
from engine.forms import validate
from engine.play.clockwork import Clockwork
from engine.play.expectations import unmet
from engine.play.machine import Instance, Machine
from engine.play.people import barred_by
from engine.play.shapes import check_step
from engine.process import triggers as t
from engine.process.beginnings import begins
from engine.process.model import Definition
from engine.process.native.run import normal
from engine.process.waits import CallWait, JobWait, MessageWait, UserWait, Wait

Step = Mapping[str, Any]


@dataclass(slots=True)
class Player:
    """A scenario on its way."""

    machine: Machine
    clockwork: Clockwork
    unmet: list[str] = field(default_factory=list)
    expectations: int = 0

    def play(self, steps: list[Any]) -> None:
        """Play all steps. Raises ScenarioWrong with the number of the step that cannot be played."""
        for number, step in enumerate(steps, start=1):
            verb = _verb(step, number)
            try:
                _VERBS[verb](self, step, number)
                self.machine.settle()
                self.clockwork.fire(self.machine.now, number)
            except ScenarioWrong:
                raise
            except DealflowError as error:
                raise _wrong(number, str(error), error.text("zh")) from error


def _wrong(step: int, reason: str, reason_zh: str) -> ScenarioWrong:
    return ScenarioWrong(step=step, reason=reason, reason_zh=reason_zh)


def _verb(step: Any, number: int) -> str:
    found = [verb for verb in _VERBS if isinstance(step, Mapping) and verb in step]
    if found[:1] == ["fail"]:
        found = [verb for verb in found if verb not in _FIELDS["fail"]]
    if len(found) != 1:
        known = ", ".join(_VERBS)
        raise _wrong(number, f"exactly one of {known} is needed", f"须且仅须有一个：{known}")
    unknown = set(step) - _FIELDS[found[0]] - {found[0], "comment"}
    if unknown:
        names = ", ".join(sorted(unknown))
        raise _wrong(number, f"“{found[0]}” knows no {names}", f"“{found[0]}”没有字段 {names}")
    check_step(step, found[0], number)
    return found[0]


def _variables(step: Step) -> dict[str, Any]:
    return {name: normal(value) for name, value in (step.get("variables") or {}).items()}


def _definition(player: Player, key: str, number: int) -> Definition:
    found = player.machine.library.definitions.get(key)
    if found is None:
        known = ", ".join(player.machine.library.definitions) or "-"
        raise _wrong(number, f"there is no process {key}; known: {known}", f"没有流程 {key}；已知：{known}")
    return found


def _start(player: Player, step: Step, number: int) -> None:
    key = step.get("business_key")
    definition = _definition(player, str(step["start"]), number)
    variables = _variables(step)
    at = step.get("at")
    inside = at in definition.scope.nodes
    if at is not None and not (inside and (begins(definition, at) or at in definition.scope.starts)):
        raise _wrong(number, f"{definition.key} cannot start at {at}", f"流程 {definition.key} 不能从 {at} 开始")
    player.machine.start(
        definition, step.get("at"), variables, business_key=None if key is None else str(key),
        initiator=step.get("as"),
    )  # fmt: skip


# ── work ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _open_work(player: Player, step: Step, element: str, number: int, *kinds: type[Wait]) -> tuple[Instance, Wait]:
    machine = player.machine
    found = sorted(
        (
            (machine.opened[(instance.number, wait.id)], instance, wait)
            for instance in machine.active()
            for wait in instance.waits.values()
            if wait.element == element and isinstance(wait, kinds)
            and step.get("instance", instance.number) == instance.number
            and (not isinstance(wait, MessageWait) or instance.definition.nodes[element].type == "receiveTask")
        ),
        key=lambda entry: entry[0],
    )  # fmt: skip
    index = step.get("index", 0)
    if not isinstance(index, int) or not 0 <= index < len(found):
        waiting = sorted({w.element for i in machine.active() for w in i.waits.values()})
        raise _wrong(
            number, f"{element} does not wait (number {index}); waiting: {', '.join(waiting) or 'nothing'}",
            f"{element} 没有等待（第 {index} 个）；正在等待：{'、'.join(waiting) or '无'}",
        )  # fmt: skip
    return found[index][1], found[index][2]


def _complete(player: Player, step: Step, number: int) -> None:
    element = str(step["complete"])
    kinds = (UserWait, JobWait, MessageWait, CallWait)
    instance, wait = _open_work(player, step, element, number, *kinds)
    variables = _variables(step)
    machine = player.machine
    match wait:
        case UserWait():
            by = step.get("as") or machine.assigned.get((instance.number, wait.id))
            _four_eyes(instance, wait, by)
            variables = _form_checked(player, instance, wait, variables)
            if by is not None:
                instance.completed[element] = by
            machine.take(instance, t.TaskCompleted(wait.id, variables, by))
        case JobWait():
            machine.take(instance, t.JobDone(wait.id, variables))
        case MessageWait():
            machine.take(instance, t.MessageArrived(wait.id, variables))
        case CallWait():
            if any(child.parent_wait == wait.id and child.parent == instance.number for child in machine.active()):
                raise _wrong(number, f"the process that {element} calls is running", f"{element} 调用的流程正在运行")
            machine.take(instance, t.CallEnded(wait.id, variables))


def _four_eyes(instance: Instance, wait: UserWait, by: str | None) -> None:
    if by is not None and by in barred_by(wait, instance.completed):
        other = next(element for element, person in instance.completed.items() if person == by)
        raise FourEyes(person=by, other=instance.definition.nodes[other].name or other)


def _form_checked(player: Player, instance: Instance, wait: UserWait, variables: dict[str, Any]) -> dict[str, Any]:
    """Where the task's form is among the files, its rules hold; values beside the form pass as they are."""
    machine = player.machine
    schema = machine.library.forms.get((wait.form or "").removeprefix("camunda-forms:").split(":")[-1])
    if schema is None:
        return variables
    before = {**instance.state.variables(), **wait.variables}
    clean, errors = validate(schema, variables, Moment(machine.now, machine.zone), before)
    if errors:
        raise FormInvalid(errors)
    return {**variables, **{name: value for name, value in clean.items() if name in variables}}


def _fail(player: Player, step: Step, number: int) -> None:
    code = str(step.get("code", ""))
    instance, wait = _open_work(player, step, str(step["fail"]), number, UserWait, JobWait, CallWait)
    message = str(step.get("message", ""))
    if isinstance(wait, CallWait):
        trigger: t.Trigger = t.CallEnded(wait.id, _variables(step), code, message)
    else:
        trigger = t.JobFailed(wait.id, code, message, _variables(step))
    player.machine.take(instance, trigger)


# ── events ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _message(player: Player, step: Step, number: int) -> None:
    keys = {name: normal(value) for name, value in (step.get("correlation") or {}).items()}
    key = step.get("business_key")
    told = None if key is None else str(key)
    player.machine.message(str(step["message"]), keys, _variables(step), business_key=told)


def _signal(player: Player, step: Step, number: int) -> None:
    player.machine.signal(str(step["signal"]), _variables(step))


def _set(player: Player, step: Step, number: int) -> None:
    player.clockwork.set_variables({name: normal(value) for name, value in step["set"].items()})


def _advance(player: Player, step: Step, number: int) -> None:
    player.clockwork.advance(step["advance"], number)


def _move(player: Player, step: Step, number: int) -> None:
    way = step["move"]
    if not isinstance(way, Mapping) or "to" not in way:
        raise _wrong(number, "“move” needs {from, to}", "“move”须有 {from, to}")
    source, target = way.get("from"), str(way["to"])
    for instance in player.machine.active():
        here = source is not None and instance.stands_at(str(source))
        meant = step.get("instance", instance.number) == instance.number
        if meant and target in instance.definition.nodes and (source is None or here):
            player.machine.take(instance, t.Modified(source, target))
            return
    if not any(target in instance.definition.nodes for instance in player.machine.active()):
        raise _wrong(number, f"no active instance has an element {target}", f"活动实例中没有元素 {target}")
    raise _wrong(number, f"no instance stands at {source}", f"没有实例停在 {source}")


def _cancel(player: Player, step: Step, number: int) -> None:
    wanted = step["cancel"]
    active = player.machine.active()
    roots = [instance for instance in active if instance.parent is None]
    if wanted not in (None, "", True):
        roots = [instance for instance in active if str(instance.number) == str(wanted)]
    if not roots:
        raise _wrong(number, "no such instance is active", "没有这样的活动实例")
    player.machine.cancel(roots[0])


def _expect(player: Player, step: Step, number: int) -> None:
    player.expectations += 1
    for problem in unmet(player.machine, step["expect"], number):
        said = player.machine.said
        player.unmet.append(
            said(f"expectation {player.expectations}: {problem}", f"第 {player.expectations} 项预期：{problem}")
        )


_VERBS: dict[str, Callable[[Player, Step, int], None]] = {
    "start": _start,
    "complete": _complete,
    "fail": _fail,
    "message": _message,
    "signal": _signal,
    "set": _set,
    "advance": _advance,
    "move": _move,
    "cancel": _cancel,
    "expect": _expect,
}
_FIELDS: dict[str, set[str]] = {
    "start": {"variables", "business_key", "at", "as"},
    "complete": {"variables", "index", "as", "instance"},
    "fail": {"code", "message", "variables", "index", "instance"},
    "message": {"correlation", "variables", "business_key"},
    "signal": {"variables"},
    "set": set(),
    "advance": set(),
    "move": {"instance"},
    "cancel": set(),
    "expect": set(),
}
