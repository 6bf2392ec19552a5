"""Small BPMN files for tests: a process around the lines that matter, and where a line stands."""

from __future__ import annotations

from typing import Any

from engine.errors import Fault, ModelRefused
from engine.process.definition import Models, read_bpmn

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:flowable="http://flowable.org/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">
"""


def model(body: str, roots: str = "", process: str = 'id="p" isExecutable="true"') -> str:
    """A file with one process; `roots` stand before it (messages, errors…)."""
    return f"{HEAD}{roots}\n<process {process}>\n{body}\n</process>\n</definitions>\n"


def line_of(xml: str, text: str) -> int:
    """The line (from 1) in which `text` stands first."""
    before, found, _ = xml.partition(text)
    assert found, f"{text!r} is not in the model"
    return before.count("\n") + 1


def read(body: str, roots: str = "", **known: Any) -> Models:
    """The models of a process body."""
    return read_bpmn(model(body, roots), **known)


def faults(xml: str | bytes, **known: Any) -> tuple[Fault, ...]:
    """What a file is refused for; empty when it is read."""
    try:
        read_bpmn(xml, **known)
    except ModelRefused as refused:
        return refused.faults
    return ()
