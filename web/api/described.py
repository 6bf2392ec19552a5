"""The description of the API, complete, and as a page to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import render_template

PROBLEM = "application/problem+json"
METHODS = ("get", "post", "put", "patch", "delete")


def complete(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What the generator leaves open: faults are problem+json, ids in paths are numbers from 0, only our calls."""
    found = _renamed(spec)
    found["paths"] = {path: calls for path, calls in found["paths"].items() if path.startswith("/api/v1/")}
    for _, _, call in operations(found):
        for status, answer in call.get("responses", {}).items():
            if status >= "400" and "content" in answer:
                answer["content"] = {PROBLEM: next(iter(answer["content"].values()))}
    return found


def _renamed(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The description with its schemas under the names of their models: the generator's own end in a hash, and what a
    model holds stands under it once more. ValueError when two models of one name differ."""
    old: Mapping[str, Any] = spec["components"]["schemas"]
    names = {name: re.sub(r"^.*\.", "", re.sub(r"\.[0-9a-f]{7}$", "", name)) for name in old}

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: told(_pointed(key, one)) for key, one in value.items()}
        return [told(one) for one in value] if isinstance(value, list) else value

    def _pointed(key: str, value: Any) -> Any:
        if key == "$ref" and isinstance(value, str):
            return "#/components/schemas/" + names[value.rpartition("/")[2]]
        return value

    found: dict[str, Any] = told({**spec, "components": {**spec["components"], "schemas": {}}})
    schemas = found["components"]["schemas"]
    for name, schema in old.items():
        if schemas.setdefault(names[name], told(schema)) != told(schema):
            raise ValueError(f"two models are called {names[name]}")
    return found


def operations(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, method, call) of every call."""
    for path, calls in spec["paths"].items():
        for method in METHODS:
            if method in calls:
                yield path, method, calls[method]


def page(spec: Mapping[str, Any]) -> str:
    """Every call with what it takes and gives, by tag."""
    tags: dict[str, list[dict[str, Any]]] = {}
    for path, method, call in operations(spec):
        if not call.get("security"):
            continue
        told = {
            "path": path,
            "method": method.upper(),
            "id": call["operationId"],
            "summary": call.get("summary", ""),
            "text": call.get("description", ""),
            "parameters": call.get("parameters", []),
            "body": _fields(spec, call.get("requestBody")),
            "answer": _answer(spec, call),
            "faults": [status for status in call["responses"] if status >= "400"],
        }
        tags.setdefault(call["tags"][0], []).append(told)
    return render_template("api/docs.html", tags=tags)


def _answer(spec: Mapping[str, Any], call: Mapping[str, Any]) -> list[dict[str, Any]]:
    return next((_fields(spec, found) for status, found in call["responses"].items() if status < "300"), [])


def _fields(spec: Mapping[str, Any], holder: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if not holder or "content" not in holder:
        return []
    schema = _resolved(spec, next(iter(holder["content"].values()))["schema"])
    required = schema.get("required", [])
    return [
        {"name": name, "type": _kind(spec, one), "required": name in required, "text": one.get("description", "")}
        for name, one in schema.get("properties", {}).items()
    ]


def _resolved(spec: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        found: Any = spec
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _kind(spec: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_kind(spec, one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_kind(spec, schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type") or "any")
