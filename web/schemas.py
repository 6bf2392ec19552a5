"""Camunda forms on their way to a page: texts in the page's language, entered values with their labels.

English lives beside the process (`i18n/en.json`), keyed by the field's id or key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from handlers.reports.vocabulary import word
from web.scope import language

TEXTS = ("label", "description", "text", "content", "title", "placeholder", "dataSource")
"""What a language may write otherwise; a table's rows too, where its expression puts codes into words."""


def shown(
    schema: Mapping[str, Any] | None, translations: Mapping[str, Any] | None, language: str
) -> dict[str, Any] | None:
    """The schema with its texts in the language; as it stands where a text was not translated."""
    if schema is None:
        return None
    if language == "zh" or not translations:
        return dict(schema)
    return _translated(schema, translations)


def _translated(component: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    own = _own_words(component, words)
    out = dict(component)
    for name in TEXTS:
        if isinstance(component.get(name), str) and isinstance(own.get(name), str):
            out[name] = own[name]
    if isinstance(component.get("dateLabel"), str) and isinstance(own.get("label"), str):
        out["dateLabel"] = own.get("dateLabel", own["label"])
    if isinstance(component.get("columns"), list) and isinstance(own.get("columns"), list):
        out["columns"] = [{**old, **new} for old, new in zip(component["columns"], own["columns"], strict=False)]
    validate = component.get("validate")
    if isinstance(validate, Mapping) and isinstance(own.get("patternErrorMessage"), str):
        out["validate"] = {**validate, "patternErrorMessage": own["patternErrorMessage"]}
    options = own.get("values")
    if isinstance(component.get("values"), list) and isinstance(options, Mapping):
        out["values"] = [
            {**option, "label": options.get(str(option.get("value")), option.get("label"))}
            for option in component["values"]
        ]
    if component.get("components"):
        out["components"] = [_translated(child, words) for child in component["components"]]
    return out


def _own_words(component: Mapping[str, Any], words: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is said of a component: by its id, key or path; a bare text is its label, of a whole form its title."""
    for name in ("id", "key", "path"):
        found = words.get(str(component.get(name)))
        if isinstance(found, str):
            return {"label": found, "text": found, "title": found}
        if isinstance(found, Mapping):
            return found
    return {}


def spoken(component: Mapping[str, Any], words: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What each component of a form says, by the name under which its English stands in `words`, or would: its id."""
    for child in component.get("components") or ():
        names = [str(child[name]) for name in ("id", "key", "path") if child.get(name)]
        said = next((child[name] for name in ("label", "dateLabel", "text") if isinstance(child.get(name), str)), "")
        if names and said:
            yield next((name for name in names if name in words), names[0]), said
        yield from spoken(child, words)


STAFF_ONLY = "staffOnly"
"""A field's own property: values of its choices, separated by commas, that clients are not offered."""


def for_clients(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The form as people outside the house get it: choices that are for staff alone are left out, and refused when
    they are sent; what `values` hold already stays."""
    out = dict(schema)
    own = str((schema.get("properties") or {}).get(STAFF_ONLY) or "")
    hidden = {one.strip() for one in own.split(",")} - {str(values.get(str(schema.get("key"))))}
    if own:
        out["values"] = [option for option in schema["values"] if str(option.get("value")) not in hidden]
    if schema.get("components"):
        out["components"] = [for_clients(child, values) for child in schema["components"]]
    return out


def fields(schema: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """Every component of a form, from the top down."""
    for child in (schema or {}).get("components") or ():
        yield child
        yield from fields(child)


def title(field: Mapping[str, Any]) -> str:
    """What a field is called."""
    return str(field.get("label") or field.get("dateLabel") or field.get("timeLabel") or "")


def variables(schema: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The components that write a variable of their own: not what stands in the rows of a list."""
    for child in (schema or {}).get("components") or ():
        if child.get("type") != "dynamiclist" and not child.get("path"):
            yield from variables(child)
        yield child


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list of entries to be read: one line a field, one column an entry; lines that say nothing are left out."""

    title: str
    lines: tuple[tuple[str, tuple[Any, ...]], ...]


def sheet(field: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> Sheet:
    """A dynamic list's entries under the labels of its fields; what has no label is left to the technical data."""
    inner = {str(one["key"]): one for one in fields(field) if one.get("key") and title(one)}
    lines = ((title(one), tuple(said(one, entry.get(key)) for entry in entries)) for key, one in inner.items())
    return Sheet(title(field), tuple(line for line in lines if any(item not in (None, "", []) for item in line[1])))


def is_entries(value: Any) -> bool:
    """Whether a value is a list of entries with fields."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def sorted_out(
    fields_by_key: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]
) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """(what people entered or read, by label; the rest by name): values that say something, choices by their labels."""
    known: list[tuple[str, Any]] = []
    technical: list[tuple[str, Any]] = []
    for name, value in values.items():
        if value in (None, "", [], {}):
            continue
        field = fields_by_key.get(name)
        if field is not None and title(field) and is_entries(value) and field.get("components"):
            known.append((title(field), sheet(field, value)))
        elif field is not None and title(field) and not isinstance(value, Mapping) and not is_entries(value):
            known.append((title(field), said(field, value)))
        else:
            technical.append((name, value))
    return known, technical


def said(field: Mapping[str, Any], value: Any) -> Any:
    """A value as its field says it: a choice by its label, one that the form does not offer by the book's words; what
    forms send of a number, a text that keeps every digit, as the number it is."""
    options = {
        str(option.get("value")): option.get("label")
        for option in field.get("values") or ()
        if isinstance(option, Mapping)
    }
    if isinstance(value, list):
        return [options.get(str(item), item) if not isinstance(item, Mapping) else item for item in value]
    if options and isinstance(value, str) and value not in options:
        return word(value, language())
    if field.get("type") == "number" and isinstance(value, str):
        with suppress(InvalidOperation):
            return Decimal(value)
    return options.get(str(value), value)
