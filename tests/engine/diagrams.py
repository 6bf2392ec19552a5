"""Small diagrams for tests, written as a line of elements and flows."""

from __future__ import annotations

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="defs" targetNamespace="http://dealflow/tests">
"""


def process(body: str, key: str = "p", outside: str = "", attributes: str = "") -> str:
    """A file with one executable process; `outside` stands before it (messages, signals, errors)."""
    head = f"<process id=\"{key}\" name=\"{key}\" isExecutable=\"true\" {attributes}>"
    return f"{HEAD}{outside}{head}{body}</process></definitions>"


def flows(*pairs: str) -> str:
    """`a>b` for each sequence flow."""
    return "".join(
        f'<sequenceFlow id="f_{s}_{e}" sourceRef="{s}" targetRef="{e}"/>' for s, e in (p.split(">") for p in pairs)
    )


def properties(**values: str) -> str:
    """Our own attributes of an element."""
    inner = "".join(f'<camunda:property name="{k}" value="{v}"/>' for k, v in values.items())
    return f"<extensionElements><camunda:properties>{inner}</camunda:properties></extensionElements>"


def user_task(id: str, group: str = "rm", name: str | None = None, more: str = "", **values: str) -> str:
    """A user task of a group, with our own attributes."""
    extra = properties(**values) if values else ""
    return f'<userTask id="{id}" name="{name or id}" camunda:candidateGroups="{group}" {more}>{extra}</userTask>'


def one_task(**values: str) -> str:
    """start → `ask` → end."""
    return process(
        '<startEvent id="start"/>' + user_task("ask", **values) + '<endEvent id="end"/>' + flows("start>ask", "ask>end")
    )


def one_service(topic: str, more: str = "", inside: str = "") -> str:
    """start → `work` → `after` (a user task) → end."""
    return process(
        '<startEvent id="start"/>'
        f'<serviceTask id="work" camunda:type="external" camunda:topic="{topic}" {more}>{inside}</serviceTask>'
        + user_task("after")
        + '<endEvent id="end"/>'
        + flows("start>work", "work>after", "after>end")
    )
