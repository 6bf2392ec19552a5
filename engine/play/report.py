"""The report of a play, as JSON can hold it."""

from __future__ import annotations

from typing import Any

from engine.play.machine import Instance, Machine
from engine.play.values import plain
from engine.process.waits import (
    CallWait,
    ConditionWait,
    JobWait,
    MessageWait,
    SignalWait,
    TimerWait,
    UserWait,
    Wait,
)  # fmt: skip

KINDS: dict[type[Wait], str] = {
    UserWait: "user",
    JobWait: "job",
    TimerWait: "timer",
    MessageWait: "message",
    SignalWait: "signal",
    ConditionWait: "condition",
    CallWait: "call",
}


def state_of(instance: Instance) -> str:
    """active, completed, terminated, cancelled or failed."""
    return instance.ended.state if instance.ended else "active"


def report(machine: Machine, unmet: list[str]) -> dict[str, Any]:
    """Everything that happened and how things stand."""
    return {
        "refused": [],
        "trace": machine.trace,
        "instances": [_instance(machine, instance) for instance in machine.instances],
        "thrown": machine.thrown,
        "unmet": unmet,
    }


def _instance(machine: Machine, instance: Instance) -> dict[str, Any]:
    told: dict[str, Any] = {
        "instance": instance.number,
        "process": instance.definition.key,
        "parent": instance.parent,
        "business_key": instance.business_key,
        "state": state_of(instance),
        "variables": plain(instance.state.variables()),
        "waiting": [_wait(machine, instance, wait) for wait in instance.waits.values() if type(wait) in KINDS],
        "incidents": machine.incidents(instance),
    }
    if instance.ended is not None and instance.ended.error is not None:
        told["error"] = {"code": instance.ended.error, "message": instance.ended.message}
    return told


def _wait(machine: Machine, instance: Instance, wait: Wait) -> dict[str, Any]:
    told: dict[str, Any] = {"element": wait.element, "kind": KINDS[type(wait)]}
    if isinstance(wait, UserWait | TimerWait) and wait.due is not None:
        told["due"] = wait.due.astimezone(machine.zone).isoformat()
    match wait:
        case UserWait():
            told["assignee"] = machine.assigned.get((instance.number, wait.id))
        case MessageWait() | SignalWait():
            told["name"] = wait.name
        case JobWait():
            told["job"], told["name"] = wait.kind, wait.name
        case CallWait():
            told["name"] = wait.called
    return told


def exit_code(told: dict[str, Any]) -> int:
    """0 as expected, 1 an expectation unmet or an instance failed, 2 a model refused."""
    if told["refused"]:
        return 2
    failed = any(one["state"] == "failed" and one["parent"] is None for one in told["instances"])
    return 1 if failed or told["unmet"] else 0
