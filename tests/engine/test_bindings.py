"""Which version a call activity calls: the newest, its own deployment's, a numbered or a tagged one."""

from __future__ import annotations

import pytest

from engine.store import tables as t
from tests.conformance.drawing import call, diagram, process
from tests.engine.together import SQLITE
from tests.house import House

pytestmark = SQLITE


def below(task: str, tag: str = "") -> str:
    text = diagram(process("q", f"s -> {task} -> e"))
    return text.replace('<process id="q"', f'<process id="q" camunda:versionTag="{tag}"') if tag else text


BINDINGS = [
    ({}, "u3"),
    ({"camunda_calledElementBinding": "version", "camunda_calledElementVersion": "1"}, "u1"),
    ({"camunda_calledElementBinding": "versionTag", "camunda_calledElementVersionTag": "spring"}, "u2"),
]


@pytest.mark.parametrize(("binding", "task"), BINDINGS)
def test_a_call_takes_the_version_that_it_names(house: House, binding: dict[str, str], task: str) -> None:
    for name, tag in (("u1", "spring"), ("u2", "spring"), ("u3", "")):
        house.deploy("below", q_bpmn=below(name, tag))
    house.deploy("above", p_bpmn=diagram(process("p", "s -> c -> e", call("c", "q", **binding))))
    house.start("p")
    assert [row["element"] for row in house.tasks()] == [task]


def test_a_tag_that_no_version_has_is_an_incident_of_the_caller(house: House) -> None:
    house.deploy("below", q_bpmn=below("u1"))
    binding = BINDINGS[2][0]
    house.deploy("above", p_bpmn=diagram(process("p", "s -> c -> e", call("c", "q", **binding))))
    house.start("p")
    [incident] = house.rows(t.incident)
    assert incident["element"] == "c" and "spring" in incident["text"]
