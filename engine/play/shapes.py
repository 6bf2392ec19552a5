"""The shapes that the parts of a scenario have. Law: what has another shape is named with its step, never a crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import ScenarioWrong

Test = Callable[[Any], bool]


def _object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _states(value: Any) -> bool:
    return isinstance(value, str) or _texts(value)


def _objects(value: Any) -> bool:
    return _object(value) and all(_object(one) for one in value.values())


_OBJECT = (_object, "an object", "对象")
_TEXT = (_text, "a text", "文本")
_TEXTS = (_texts, "a list of texts", "文本列表")
_NUMBER = (_number, "a whole number", "整数")
_STEP: Mapping[str, tuple[Test, str, str]] = {
    "start": _TEXT, "complete": _TEXT, "fail": _TEXT, "message": _TEXT, "signal": _TEXT, "set": _OBJECT,
    "move": _OBJECT, "expect": _OBJECT, "variables": _OBJECT, "correlation": _OBJECT, "index": _NUMBER,
    "instance": _NUMBER, "at": _TEXT,
}  # fmt: skip
_EXPECT: Mapping[str, tuple[Test, str, str]] = {
    "waiting": _TEXTS, "visited": _TEXTS, "not_visited": _TEXTS, "incidents": _TEXTS, "variables": _OBJECT,
    "tasks": (_objects, "an object of objects", "对象的对象"), "ended": (_boolean, "true or false", "true 或 false"),
    "state": (_states, "a text or a list of texts", "文本或文本列表"), "instance": _NUMBER,
}  # fmt: skip
_HEAD: Mapping[str, tuple[Test, str, str]] = {
    "people": (
        lambda value: _object(value) and all(_texts(one) for one in value.values()),
        "an object of lists of texts",
        "文本列表的对象",
    ),
    "handlers": _OBJECT,
    "holidays": _TEXTS,
    "working_weekends": _TEXTS,
}
_RETURNS: Mapping[str, tuple[Test, str, str]] = {"returns": _OBJECT, "variables": _OBJECT}


def check_head(scenario: Any) -> None:
    """The scenario without its steps. Raises ScenarioWrong (step 0)."""
    if not _object(scenario):
        raise ScenarioWrong(step=0, reason="a scenario is an object", reason_zh="场景须为对象")
    _fit(scenario, _HEAD, 0)


def check_handler(entry: Mapping[str, Any]) -> None:
    """What a handler gives. Raises ScenarioWrong (step 0)."""
    _fit(entry, _RETURNS, 0)


def check_step(step: Mapping[str, Any], verb: str, number: int) -> None:
    """One step, its verb known. Raises ScenarioWrong with its number."""
    if verb == "fail":
        _fit({key: value for key, value in step.items() if key != "message"}, _STEP, number)
    else:
        _fit(step, _STEP, number)
    if verb == "expect":
        _fit(step["expect"], _EXPECT, number)


def _fit(given: Mapping[str, Any], shapes: Mapping[str, tuple[Test, str, str]], number: int) -> None:
    for key, value in given.items():
        if key not in shapes or (value is None and key in _MAY_BE_NULL):
            continue
        test, en, zh = shapes[key]
        if not test(value):
            raise ScenarioWrong(step=number, reason=f"“{key}” must be {en}", reason_zh=f"“{key}”须为{zh}")


_MAY_BE_NULL = frozenset(
    {"variables", "correlation", "at", "people", "handlers", "holidays", "working_weekends", "returns"}
)
