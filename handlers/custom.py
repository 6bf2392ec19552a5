"""Custom fields in processes: read for decisions, asked in forms, written from them.

A decision's column reads `custom.<key>`; a form takes the fields in as its last group, and what was entered comes back
as `custom_<key>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import inputs
from handlers.records import custom, parties, projects
from handlers.records.changes import once
from handlers.records.custom import Field

PREFIX = "custom_"
_COMPONENT: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "textfield"},
    "number": {"type": "number"},
    "date": {"type": "datetime", "subtype": "date"},
    "yes": {"type": "checkbox"},
    "choice": {"type": "select"},
}


def components(fields: Iterable[Field]) -> list[dict[str, Any]]:
    """The fields as components of a Camunda form, labelled in Chinese; `texts` has the English."""
    made = []
    for field in fields:
        one: dict[str, Any] = dict(_COMPONENT[field.type])
        one |= {"id": f"{PREFIX}{field.key}", "key": f"{PREFIX}{field.key}"}
        one |= {"dateLabel": field.label} if field.type == "date" else {"label": field.label}
        if field.required:
            one["validate"] = {"required": True}
        if field.type == "choice":
            one["values"] = [{"label": choice["label"], "value": choice["value"]} for choice in field.choices]
        made.append(one)
    return made


def extended(schema: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    """A form with the fields as its last group; without fields as it is."""
    own = components(fields)
    if not own:
        return dict(schema)
    group = {"type": "group", "id": "custom_fields", "label": "自定义字段", "showOutline": True, "components": own}
    return {**schema, "components": [*schema.get("components", ()), group]}


def texts(fields: Iterable[Field]) -> dict[str, Any]:
    """English labels by component, as `i18n/en.json` has them."""
    return {f"{PREFIX}{field.key}": field.label_en for field in fields} | {"custom_fields": "Custom fields"}


def entered(values: Mapping[str, Any]) -> dict[str, Any]:
    """Key -> value of the custom fields among what was entered."""
    return {name.removeprefix(PREFIX): value for name, value in values.items() if name.startswith(PREFIX)}


@handles("custom.read", transactional=True)
def custom_read(ctx: Context, record: str, id: object = None, key: str | None = None) -> Mapping[str, Any]:
    """What stands in the custom fields of a record, for decisions and forms.

    In: record (party, project, facility …), id or key (business key of a party or a project; without either the
    instance's). Out: custom {key: value} and custom_<key> for each, so that forms show them. Errors: InvalidInput.
    Reads only.
    """
    found = custom.values_of(ctx.session, record, _subject(ctx, record, id, key))
    return {"custom": found} | {f"{PREFIX}{name}": value for name, value in found.items()}


@handles("custom.write", transactional=True)
def custom_write(
    ctx: Context, record: str, id: object = None, key: str | None = None, **said: Any
) -> Mapping[str, Any]:
    """Keep what a form brought: every input named `custom_<key>`.

    In: record, id or key as for `custom.read`, custom_<key> …. Out: custom. Errors: InvalidInput names the field.
    Idempotent by job key.
    """

    def write() -> Mapping[str, Any]:
        subject = _subject(ctx, record, id, key)
        stamp = inputs.stamp(ctx, "form")
        return {"custom": custom.put(ctx.session, record, subject, entered(said), stamp)}

    return once(ctx.session, ctx.job_key, "custom.write", ctx.now, write)


def _subject(ctx: Context, record: str, id: object, key: str | None) -> int:
    known = inputs.ident(id, "id")
    if known is not None:
        return known
    named = inputs.text(key) or ctx.business_key or ""
    if record == "project":
        return projects.get(ctx.session, named).id
    if record == "party":
        return parties.get(ctx.session, named).id
    raise InvalidInput(place="id", reason="is missing", reason_zh="缺少记录编号")
