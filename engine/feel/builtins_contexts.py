"""Built-ins on contexts (DMN 1.5 §10.3.4.10). Arguments are never changed: each answer is a new context."""

from __future__ import annotations

from collections.abc import Mapping

from engine.feel.builtin import builtin
from engine.feel.reasons import Null
from engine.feel.values import Value, kind


@builtin("get value", "m: context, key: string")
def get_value(context: Mapping[str, Value], key: str) -> Value:
    if key not in context:
        raise Null("no-member", kind="context", name=key)
    return context[key]


@builtin("get value", "m: context, keys: list")
def get_value_deep(context: Mapping[str, Value], keys: list[Value]) -> Value:
    """The value at the end of the path of keys."""
    if not keys:
        raise Null("arguments", function="get value", given="[]", expected="keys")
    value: Value = context
    for key in keys:
        if not isinstance(value, Mapping) or key not in value:
            raise Null("no-member", kind=kind(value), name=key)
        value = value[key]
    return value


@builtin("get entries", "m: context")
def get_entries(context: Mapping[str, Value]) -> list[Value]:
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context put", "context: context, key: string, value: any")
def context_put(context: Mapping[str, Value], key: str, value: Value) -> dict[str, Value]:
    return {**context, key: value}


@builtin("context put", "context: context, keys: list, value: any")
def context_put_deep(context: Mapping[str, Value], keys: list[Value], value: Value) -> dict[str, Value]:
    """Puts the value at the end of the path of keys; every step but the last must be a context already."""
    if not keys or not all(isinstance(key, str) for key in keys):
        raise Null("arguments", function="context put", given="keys", expected="a list of strings")
    inner: Value = value
    path: list[Mapping[str, Value]] = [context]
    for key in keys[:-1]:
        step = path[-1].get(key)
        if not isinstance(step, Mapping):
            raise Null("no-member", kind=kind(step), name=key)
        path.append(step)
    for step, key in zip(reversed(path), reversed(keys), strict=True):
        inner = {**step, key: inner}
    return inner  # type: ignore[no-any-return]


@builtin("context merge", "contexts: list")
def context_merge(contexts: list[Value]) -> dict[str, Value]:
    """One context of all entries; of equal keys the last one's value stands."""
    merged: dict[str, Value] = {}
    for context in contexts:
        if not isinstance(context, Mapping):
            raise Null("arguments", function="context merge", given=kind(context), expected="contexts")
        merged |= context
    return merged


@builtin("context", "entries: list")
def context_of(entries: list[Value]) -> dict[str, Value]:
    """A context from {key, value} pairs; null when a pair is no such thing or a key comes twice."""
    built: dict[str, Value] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("key"), str) or "value" not in entry:
            raise Null("arguments", function="context", given=kind(entry), expected="{key, value}")
        if entry["key"] in built:
            raise Null("invalid", function="context", value=entry["key"])
        built[entry["key"]] = entry["value"]
    return built
