"""Which version a call activity calls and a task shows as its form: the newest, the own, a numbered or a tagged one."""

from __future__ import annotations

import json

import pytest

from engine import api, queries
from engine.errors import ModelRefused
from engine.store import tables as t
from tests.conformance.drawing import call, diagram, extensions, process, tag
from tests.engine.together import SQLITE
from tests.house import House

pytestmark = SQLITE


def below(task: str, version: str = "") -> str:
    text = diagram(process("q", f"s -> {task} -> e"))
    return text.replace('<process id="q"', f'<process id="q" camunda:versionTag="{version}"') if version else text


BINDINGS = [
    ({}, "u3"),
    ({"camunda_calledElementBinding": "version", "camunda_calledElementVersion": "1"}, "u1"),
    ({"camunda_calledElementBinding": "versionTag", "camunda_calledElementVersionTag": "spring"}, "u2"),
]


@pytest.mark.parametrize(("binding", "task"), BINDINGS)
def test_a_call_takes_the_version_that_it_names(house: House, binding: dict[str, str], task: str) -> None:
    for name, version in (("u1", "spring"), ("u2", "spring"), ("u3", "")):
        house.deploy("below", q_bpmn=below(name, version))
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


def form(label: str, mark: str = "") -> str:
    field = {"type": "textfield", "id": "f", "key": "answer", "label": label}
    return json.dumps({"id": "ask", "type": "default", "components": [field], **({"versionTag": mark} if mark else {})})


def asking(*inside: str, **attributes: str) -> str:
    return diagram(process("p", "s -> u -> e", tag("userTask", "u", *inside, **attributes)))


FORM_BINDINGS = [
    ({}, "third"),
    ({"camunda_formRefBinding": "latest"}, "third"),
    ({"camunda_formRefBinding": "version", "camunda_formRefVersion": "1"}, "first"),
]


@pytest.mark.parametrize(("binding", "label"), FORM_BINDINGS)
def test_a_task_shows_the_version_of_its_form_that_it_names(house: House, binding: dict[str, str], label: str) -> None:
    for text in ("first", "second", "third"):
        house.deploy("forms", ask_form=form(text))
    house.deploy("above", p_bpmn=asking(camunda_formRef="ask", **binding))
    assert shown(house) == label


def test_a_form_of_the_own_deployment_stays_when_another_folder_has_a_newer_one(house: House) -> None:
    house.deploy(
        "above", p_bpmn=asking(camunda_formRef="ask", camunda_formRefBinding="deployment"), ask_form=form("own")
    )
    house.deploy("forms", ask_form=form("newer"))
    assert shown(house) == "own"


def test_a_tagged_form_is_found_by_its_tag(house: House) -> None:
    for text, mark in (("first", "spring"), ("second", "spring"), ("third", "")):
        house.deploy("forms", ask_form=form(text, mark))
    bound = tag("zeebe:formDefinition", formId="ask", bindingType="versionTag", versionTag="spring")
    house.deploy("above", p_bpmn=asking(extensions(bound)))
    assert shown(house) == "second"


@pytest.mark.parametrize(
    "binding",
    [{"camunda_formRefBinding": "deployment"}, {"camunda_formRefBinding": "version", "camunda_formRefVersion": "7"}],
)
def test_a_binding_that_finds_no_form_is_refused_at_deployment(house: House, binding: dict[str, str]) -> None:
    house.deploy("forms", ask_form=form("first"))
    with pytest.raises(ModelRefused) as refused:
        house.deploy("above", p_bpmn=asking(camunda_formRef="ask", **binding))
    assert [(fault.rule, fault.element) for fault in refused.value.faults] == [("form-binding-unknown", "u")]


def shown(house: House) -> str:
    """The label of the form's field on the task's page."""
    house.start("p")
    task = house.task("u")
    with house.looking() as session:
        schema = queries.task(session, api.SYSTEM, task["id"]).form_schema
    assert schema is not None
    return str(schema["components"][0]["label"])
