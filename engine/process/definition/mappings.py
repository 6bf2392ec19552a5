"""Input and output mappings of both dialects, and the call activity's. Law: order is the file's order."""

from __future__ import annotations

from engine.process.definition.dialects import extension, extensions
from engine.process.definition.reading import Reading
from engine.process.definition.xml import Element, content, line_of, local
from engine.process.expressions import ContextOf, ListOf, Literal, Variable
from engine.process.model import Expr, Param

Params = tuple[Param, ...]


def read_mappings(reading: Reading, element: Element, owner: str) -> tuple[Params, Params]:
    """`camunda:inputOutput` and `zeebe:ioMapping` of an element: its inputs and outputs."""
    inputs: list[Param] = []
    outputs: list[Param] = []
    for dialect, name, holder in extensions(element):
        if dialect == "camunda" and name == "inputOutput":
            for entry in holder:
                kind = local(entry)
                into = {"inputParameter": inputs, "outputParameter": outputs}.get(kind)
                if into is not None:
                    _add(reading, into, entry.get("name"), _parameter(reading, entry, owner), owner, entry)
        elif dialect == "zeebe" and name == "ioMapping":
            for entry in holder:
                into = {"input": inputs, "output": outputs}.get(local(entry))
                if into is not None:
                    if "." in (entry.get("target") or ""):
                        reading.report("mapping-nested", owner, line_of(entry), target=entry.get("target"))
                    value = reading.expression(entry.get("source"), owner, line_of(entry))
                    _add(reading, into, entry.get("target"), value, owner, entry)
    return tuple(inputs), tuple(outputs)


def _add(
    reading: Reading, into: list[Param], name: str | None, value: Expr | None, owner: str, entry: Element
) -> None:
    if not name or not name.strip():
        reading.report("mapping-nameless", owner, line_of(entry))
    elif value is not None:
        into.append(Param(name.strip(), value))


def _parameter(reading: Reading, holder: Element, owner: str) -> Expr | None:
    """The value of a parameter or entry: text, list, map or script."""
    inner = next((entry for entry in holder if isinstance(entry.tag, str)), None)
    if inner is None:
        text = content(holder)
        return reading.expression(text, owner, line_of(holder)) if text else Literal("")
    kind = local(inner)
    if kind == "list":
        entries = [_parameter_value(reading, entry, owner) for entry in inner if isinstance(entry.tag, str)]
        return ListOf("list", tuple(entry for entry in entries if entry is not None))
    if kind == "map":
        pairs = [
            (entry.get("key") or "", _parameter(reading, entry, owner)) for entry in inner if local(entry)
        ]
        return ContextOf("map", tuple((key, value) for key, value in pairs if value is not None))
    return _script(reading, inner, owner)


def _parameter_value(reading: Reading, entry: Element, owner: str) -> Expr | None:
    """An entry of a list: `value`, `script`, or a nested `list` or `map`."""
    if local(entry) in ("list", "map"):
        wrapper = entry.getparent()
        kind = local(entry)
        assert wrapper is not None
        nested = [_parameter_value(reading, inner, owner) for inner in entry if isinstance(inner.tag, str)]
        if kind == "list":
            return ListOf("list", tuple(value for value in nested if value is not None))
        pairs = [
            (inner.get("key") or "", _parameter(reading, inner, owner)) for inner in entry if local(inner)
        ]
        return ContextOf("map", tuple((key, value) for key, value in pairs if value is not None))
    return _script(reading, entry, owner) if local(entry) == "script" else _parameter(reading, entry, owner)


def _script(reading: Reading, entry: Element, owner: str) -> Expr | None:
    """A script as a mapping's value: FEEL and JUEL are expressions, any other language is refused."""
    language = (entry.get("scriptFormat") or "").strip().lower()
    if language in ("feel", "juel", "python") and content(entry):
        return reading.expression(content(entry), owner, line_of(entry), language=language)
    reading.report("mapping-script", owner, line_of(entry), kind=local(entry), language=language or "?")
    return None


def read_call_mappings(
    reading: Reading, element: Element, owner: str
) -> tuple[Params, Params, bool, bool, Expr | None]:
    """`camunda:in` and `camunda:out`: inputs, outputs, all in, all out, and the called instance's business key."""
    lists: dict[str, list[Param]] = {"in": [], "out": []}
    everything = {"in": False, "out": False}
    business_key: Expr | None = None
    for dialect, name, entry in extensions(element):
        if dialect != "camunda" or name not in lists:
            continue
        line = line_of(entry)
        if entry.get("variables") == "all":
            everything[name] = True
        elif entry.get("businessKey") is not None:
            business_key = reading.expression(entry.get("businessKey"), owner, line)
        else:
            source, expression = entry.get("source"), entry.get("sourceExpression")
            value = reading.expression(expression, owner, line) if expression else None
            if source:
                value = Variable(source)
            if value is None and not expression:
                reading.report("mapping-sourceless", owner, line)
            _add(reading, lists[name], entry.get("target"), value, owner, entry)
    return tuple(lists["in"]), tuple(lists["out"]), everything["in"], everything["out"], business_key


def correlation_of(reading: Reading, element: Element, owner: str, found: dict[str, str]) -> Params:
    """Correlation keys of a catching or throwing element: its properties named `correlate.<key>`."""
    keys: list[Param] = []
    for name, text in found.items():
        if not name.startswith("correlate."):
            continue
        key = name.removeprefix("correlate.").strip()
        value = reading.expression(text, owner, line_of(element))
        if not key or not text.strip():
            reading.report("correlation-empty", owner, line_of(element), key=name)
        elif value is not None:
            keys.append(Param(key, value))
    return tuple(keys)


def subscription_key(reading: Reading, message: Element, owner: str) -> Params:
    """`zeebe:subscription` on the message: one key, named `correlationKey`."""
    entry = extension(message, "zeebe", "subscription")
    if entry is None:
        return ()
    value = reading.expression(entry.get("correlationKey"), owner, line_of(entry))
    return () if value is None else (Param("correlationKey", value),)
