"""Who does a task, when and with what form: both dialects and BPMN's own resource roles (§10.3.1)."""

from __future__ import annotations

import re
from typing import Any

from engine.process.definition.dialects import attributes, extension, properties
from engine.process.definition.reading import Reading
from engine.process.definition.xml import Element, child, content, line_of, local
from engine.process.expressions import Literal
from engine.process.model import Expr, FormField, UserSpec


def read_manual(reading: Reading, element: Element, key: str) -> dict[str, Any]:
    """A manual task is for somebody only when a form asks for what was done; without one it passes."""
    found = read_user(reading, element, key)
    return found if found["user"].form or found["user"].form_fields else {}


def read_user(reading: Reading, element: Element, key: str) -> dict[str, Any]:
    """A user task."""
    return {"user": _user(reading, element, key)}


def read_start_form(reading: Reading, element: Element, key: str) -> dict[str, Any]:
    """The form and the initiator of a start event."""
    user = _user(reading, element, key)
    return {
        "user": user if user.form or user.form_fields else None,
        "initiator": attributes(element).get("initiator"),
    }


def _user(reading: Reading, element: Element, key: str) -> UserSpec:
    marks = attributes(element)
    line = line_of(element)

    def compiled(text: str | None) -> Expr | None:
        return reading.expression(text, key, line)

    found: dict[str, Expr | None] = {
        "assignee": compiled(marks.get("assignee")),
        "candidate_users": compiled(marks.get("candidateUsers")),
        "candidate_groups": compiled(marks.get("candidateGroups")),
        "due": compiled(marks.get("dueDate")),
        "follow_up": compiled(marks.get("followUpDate")),
        "priority": compiled(marks.get("priority")),
    }
    own = [("due", properties(element).get("due"))]
    for name, text in (*_zeebe_people(element), *_roles(reading, element, key), *own):
        if found[name] is None:
            found[name] = compiled(text)
    form, binding = _form(reading, element, marks, key)
    return UserSpec(**found, form=form, form_binding=binding, form_fields=_fields(reading, element, key))


def _zeebe_people(element: Element) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    assignment = extension(element, "zeebe", "assignmentDefinition")
    if assignment is not None:
        found.append(("assignee", assignment.get("assignee")))
        found.append(("candidate_users", assignment.get("candidateUsers")))
        found.append(("candidate_groups", assignment.get("candidateGroups")))
    schedule = extension(element, "zeebe", "taskSchedule")
    if schedule is not None:
        found.append(("due", schedule.get("dueDate")))
        found.append(("follow_up", schedule.get("followUpDate")))
    priority = extension(element, "zeebe", "priorityDefinition")
    if priority is not None:
        found.append(("priority", priority.get("priority")))
    return found


def _roles(reading: Reading, element: Element, key: str) -> list[tuple[str, str | None]]:
    """Human performer -> assignee; potential owner -> candidate groups, or users written as `user(…)`."""
    users: list[str] = []
    groups: list[str] = []
    assignee: str | None = None
    for role in element:
        kind = local(role)
        if kind not in ("humanPerformer", "performer", "potentialOwner"):
            continue
        resource = reading.named(content(child(role, "resourceRef")), "resource", key, line_of(role))
        text = content(child(role, "resourceAssignmentExpression")) or (resource.name if resource else "")
        if kind != "potentialOwner":
            assignee = assignee or text or None
            continue
        for part in _split(text):
            written = re.fullmatch(r"(user|group)\((.*)\)", part)
            into = users if written and written[1] == "user" else groups
            into.append(written[2].strip() if written else part)
    return [
        ("assignee", assignee),
        ("candidate_users", ",".join(users) or None),
        ("candidate_groups", ",".join(groups) or None),
    ]


def _split(text: str) -> list[str]:
    """Comma-separated parts; an expression is one part."""
    if text.startswith("=") or "${" in text or "#{" in text:
        return [text]
    return [part.strip() for part in text.split(",") if part.strip()]


def _form(reading: Reading, element: Element, marks: dict[str, str], key: str) -> tuple[str | None, str]:
    line = line_of(element)
    definition = extension(element, "zeebe", "formDefinition")
    if definition is not None:
        form = definition.get("formId") or definition.get("externalReference") or definition.get("formKey")
        kind, tag = definition.get("bindingType"), definition.get("versionTag")
        return form, reading.binding(kind, None, tag, key, line, "the form", "表单")
    if marks.get("formRef") and marks.get("formKey") and not reading.checked:
        reading.report("form-twice", key, line)
    form = marks.get("formRef") or marks.get("formKey")
    kind, version = marks.get("formRefBinding"), marks.get("formRefVersion")
    return form or None, reading.binding(kind, version, None, key, line, "the form", "表单")


def _fields(reading: Reading, element: Element, key: str) -> tuple[FormField, ...]:
    """The fields of `camunda:formData`."""
    data = extension(element, "camunda", "formData")
    if data is None:
        return ()
    found: list[FormField] = []
    for entry in data:
        if local(entry) != "formField":
            continue
        if not reading.checked and (not entry.get("id") or entry.get("id") in {one.id for one in found}):
            reading.report("form-field-nameless", key, line_of(entry), id=entry.get("id") or "")
        if not entry.get("id"):
            continue
        default = entry.get("defaultValue")
        inner = {local(part): part for part in entry}
        found.append(
            FormField(
                id=entry.get("id") or "",
                label=entry.get("label") or "",
                type=entry.get("type") or "string",
                default=reading.expression(default, key, line_of(entry)) or (Literal("") if default == "" else None),
                choices=tuple(
                    (part.get("id") or "", part.get("name") or part.get("id") or "")
                    for part in entry
                    if local(part) == "value"
                ),
                constraints={
                    part.get("name") or "": part.get("config") or "true" for part in inner.get("validation", ())
                },
                properties={part.get("id") or "": part.get("value") or "" for part in inner.get("properties", ())},
            )
        )
    return tuple(found)


def starters(element: Element, marks: dict[str, str]) -> tuple[str, ...]:
    """The groups (and users) who may start a process by hand."""
    groups = _split(marks.get("candidateStarterGroups", ""))
    users = [f"user:{user}" for user in _split(marks.get("candidateStarterUsers", ""))]
    return tuple(groups + users)
