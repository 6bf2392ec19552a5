"""What files of a process package are called by people, read from the files themselves: a form by the task that shows
it, a decision by the task that asks it. Law: a file nobody names keeps the name it is stored under; a draft that
cannot be read yet has no titles rather than no page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from web.scope import said
from web.words import listed

_TAG = re.compile(r"<(?:\w+:)?(userTask|startEvent|businessRuleTask|process|decision)\s([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w:]+)\s*=\s*(?:"([^"]*)"|\'([^\']*)\')')
ASKS = {"formRef": "form", "formKey": "form", "decisionRef": "decision"}
"""Attribute of a task -> what it names."""
MOST = 3
"""So many tasks or decisions are named in one title."""


def asked(xml: str, english: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """(`form` or `decision`, key) -> the names of the tasks that ask it, in the page's language."""
    found: dict[tuple[str, str], list[str]] = {}
    for _kind, told in _tags(xml):
        for attribute, what in ASKS.items():
            key = told.get(f"camunda:{attribute}")
            name = _name(told, english)
            if key and name:
                found.setdefault((what, key), []).append(name)
    return {place: _few(names) for place, names in found.items()}


def of_files(files: Mapping[str, str]) -> dict[str, str]:
    """File -> its title, where it has one."""
    english = _object(files.get("i18n/en.json", "{}"))
    tasks: dict[tuple[str, str], str] = {}
    for name, text in files.items():
        if name.endswith(".bpmn"):
            tasks |= asked(text, english)
    found = {name: _title(name, text, english, tasks) for name, text in files.items()}
    return {name: title for name, title in found.items() if title}


def _title(name: str, text: str, english: Mapping[str, Any], tasks: Mapping[tuple[str, str], str]) -> str:
    if name.endswith(".form"):
        return tasks.get(("form", name.rsplit("/", 1)[-1].removesuffix(".form")), "")
    if name.endswith(".bpmn"):
        return _few([_name(told, english) for kind, told in _tags(text) if kind == "process"])
    if name.endswith(".dmn"):
        return _few([_name(told, english) for kind, told in _tags(text) if kind == "decision"])
    if name.startswith("scenarios/"):
        return said(str(_object(text).get("name") or ""), str(english.get(name.removesuffix(".json")) or ""))
    return ""


def _tags(xml: str) -> list[tuple[str, dict[str, str]]]:
    """Opening tags with their attributes, also of a file that is not well-formed yet."""
    return [
        (kind, {key: unescape(double or single) for key, double, single in _ATTRIBUTE.findall(rest)})
        for kind, rest in _TAG.findall(xml)
    ]


def _name(told: Mapping[str, str], english: Mapping[str, Any]) -> str:
    written = english.get(told.get("id", ""))
    return said(told.get("name"), written if isinstance(written, str) else None)


def _few(names: list[str]) -> str:
    """The first of them, each once; an ellipsis for the rest."""
    each = [name for name in dict.fromkeys(names) if name]
    return listed(each[:MOST]) + ("…" if len(each) > MOST else "")


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
