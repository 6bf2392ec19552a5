"""Small diagrams as XML, and what became of them when played."""

from __future__ import annotations

import re
from typing import Any

from engine.play import play

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' targetNamespace="http://dealflow/tests" id="defs">'
)
_ARROW = re.compile(r"^\s*(\w+)\s*->\s*(\w+)(?:\s+if\s+(.+?))?\s*$", re.MULTILINE)


def _flow(match: re.Match[str]) -> str:
    source, target, condition = match.groups()
    inner = (
        f'<conditionExpression xsi:type="tFormalExpression">{_escaped(condition)}</conditionExpression>'
        if condition
        else ""
    )
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def diagram(body: str, roots: str = "", key: str = "p") -> str:
    """A file of one process. Lines `a -> b if x > 1` are flows named `a_b`."""
    return f'{_HEAD}{roots}<process id="{key}" isExecutable="true">{_ARROW.sub(_flow, body)}</process></definitions>'


def script(id: str, text: str, more: str = "") -> str:
    """A script task of plain assignments."""
    return f'<scriptTask id="{id}" scriptFormat="python"{more}><script>{_escaped(text)}</script></scriptTask>'


class Played:
    """A report, easy to ask."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told

    @property
    def trace(self) -> str:
        """`+a -a xb`: entered, left, cancelled, in order."""
        signs = {"enter": "+", "leave": "-", "cancel": "x"}
        return " ".join(signs[one["event"]] + one["element"] for one in self.told["trace"])

    def entered(self, *only: str) -> list[str]:
        """The elements entered, in order (only those named, if any are)."""
        found = [one["element"] for one in self.told["trace"] if one["event"] == "enter"]
        return [element for element in found if not only or element in only]

    def instance(self, number: int = 1) -> dict[str, Any]:
        """An instance of the report."""
        found: dict[str, Any] = self.told["instances"][number - 1]
        return found

    @property
    def state(self) -> str:
        """Of the first instance."""
        return str(self.instance()["state"])

    @property
    def variables(self) -> dict[str, Any]:
        """Of the first instance."""
        found: dict[str, Any] = self.instance()["variables"]
        return found

    @property
    def waiting(self) -> list[str]:
        """Elements at which the first instance waits."""
        return sorted(one["element"] for one in self.instance()["waiting"])

    @property
    def incidents(self) -> list[tuple[str, str]]:
        """Element and code of each incident of the first instance."""
        return [(one["element"], one["code"]) for one in self.instance()["incidents"]]


def played(files: str | list[str], *steps: dict[str, Any], start: dict[str, Any] | None = None, **head: Any) -> Played:
    """Start `p` and play the steps, twice: the second time stored and restored after every step; both must agree."""
    given = [files] if isinstance(files, str) else files
    first = {"start": "p", **(start or {})}
    scenario = {**head, "steps": [first, *steps]}
    told = play(given, scenario)
    assert told["refused"] == [], told["refused"]
    assert play(given, scenario, save_between_steps=True) == told
    whole(told)
    return Played(told)


def whole(told: dict[str, Any]) -> None:
    """What holds of every report: each enter has its leave or cancel, and what has ended waits for nothing."""
    open_nodes: dict[tuple[Any, ...], int] = {}
    for one in told["trace"]:
        if one["type"] in ("parallelGateway", "inclusiveGateway", "complexGateway"):
            continue
        key = (one["instance"], one["scope"], one["element"])
        open_nodes[key] = open_nodes.get(key, 0) + (1 if one["event"] == "enter" else -1)
        assert open_nodes[key] >= 0, f"{one} without an enter"
    active = {one["instance"] for one in told["instances"] if one["state"] == "active"}
    for (instance, _, element), count in open_nodes.items():
        assert count == 0 or instance in active, f"{element} was entered and never left"
    for one in told["instances"]:
        assert one["state"] == "active" or (not one["waiting"] and not one["incidents"])
