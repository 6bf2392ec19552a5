# XML reads better in one line than broken for its length.
# ruff: noqa: E501
"""What stands in a file arrives in the model: user tasks, their people and forms, in every dialect."""

from __future__ import annotations

import pytest

from tests.engine.process.definition.reading import extended, only, task, value
from tests.engine.process.definition.rule_cases import line

pytestmark = pytest.mark.usefixtures("everything_runs")


def test_a_user_task_in_camundas_words() -> None:
    node = task(
        '<userTask id="t" camunda:assignee="${owner}" camunda:candidateUsers="li,wang" camunda:candidateGroups="= group" '
        'camunda:dueDate="${due(2, &quot;BD&quot;)}" camunda:followUpDate="2026-01-07" camunda:priority="70" '
        'camunda:formRef="profile" camunda:formRefBinding="version" camunda:formRefVersion="3" camunda:asyncBefore="true"/>'
    )
    user = node.user
    assert user is not None
    assert value(user.assignee, owner="li") == "li"
    assert value(user.candidate_users) == "li,wang"
    assert value(user.candidate_groups, group="rm") == "rm"
    assert (value(user.follow_up), value(user.priority)) == ("2026-01-07", "70")
    assert (user.form, user.form_binding, node.async_before) == ("profile", "version:3", True)


@pytest.mark.parametrize("prefix", ["camunda", "flowable"])
def test_relatives_of_camunda_mean_the_same(prefix: str) -> None:
    node = task(f'<userTask id="t" {prefix}:assignee="li" {prefix}:formKey="profile"/>')
    assert node.user is not None
    assert (value(node.user.assignee), node.user.form) == ("li", "profile")


def test_a_user_task_in_zeebes_words() -> None:
    node = task(
        '<userTask id="t">'
        + extended(
            '<zeebe:userTask/><zeebe:assignmentDefinition assignee="= owner" candidateGroups="rm, risk"/>'
            '<zeebe:taskSchedule dueDate="= due_at" followUpDate="2026-01-07"/>'
            '<zeebe:priorityDefinition priority="60"/><zeebe:formDefinition formId="profile" bindingType="deployment"/>'
        )
        + "</userTask>"
    )
    user = node.user
    assert user is not None
    assert value(user.assignee, owner="li") == "li"
    assert (value(user.candidate_groups), value(user.due, due_at="x"), value(user.priority)) == ("rm, risk", "x", "60")
    assert (user.form, user.form_binding) == ("profile", "deployment")


def test_bpmns_own_resource_roles() -> None:
    def role(tag: str, text: str) -> str:
        return (
            f"<{tag}><resourceAssignmentExpression><formalExpression>{text}</formalExpression>"
            f"</resourceAssignmentExpression></{tag}>"
        )

    node = task(
        '<userTask id="t">' + role("humanPerformer", "${owner}") + role("potentialOwner", "user(li), group(rm), risk")
        + "</userTask>"
    )  # fmt: skip
    assert node.user is not None
    assert value(node.user.assignee, owner="li") == "li"
    assert (value(node.user.candidate_users), value(node.user.candidate_groups)) == ("li", "rm,risk")


def test_form_fields_in_the_diagram() -> None:
    node = task(
        '<userTask id="t">'
        + extended(
            '<camunda:formData><camunda:formField id="kind" label="Kind" type="enum" defaultValue="b">'
            '<camunda:value id="a" name="A"/><camunda:value id="b" name="B"/><camunda:validation>'
            '<camunda:constraint name="required"/><camunda:constraint name="maxlength" config="9"/>'
            "</camunda:validation></camunda:formField></camunda:formData>"
        )
        + "</userTask>"
    )
    assert node.user is not None
    [entry] = node.user.form_fields
    assert (entry.id, entry.label, entry.type, entry.choices) == ("kind", "Kind", "enum", (("a", "A"), ("b", "B")))
    assert entry.constraints == {"required": "true", "maxlength": "9"}
    assert value(entry.default) == "b"


def test_a_start_event_has_a_form_and_an_initiator() -> None:
    body = line().replace(
        '<startEvent id="s"/>', '<startEvent id="s" camunda:initiator="who" camunda:formKey="inquiry"/>'
    )
    definition = only(body)
    start = definition.nodes["s"]
    assert start.user is not None
    assert (start.initiator, start.user.form, definition.forms) == ("who", "inquiry", {"inquiry"})
