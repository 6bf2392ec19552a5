"""The rules of one field: required, bounds, lengths, pattern, e-mail, phone, decimals, step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation
from typing import Any

from engine.feel import to_string
from engine.forms.patterns import found_in, is_email, is_phone, js_length, js_pattern
from engine.forms.values import Field, Problem, number


def problems(field: Field, value: Any, evaluate: Callable[[Any], Any]) -> list[Problem]:
    """What is wrong with a value. `evaluate` turns `= …` texts (bounds may be FEEL) into values."""
    found = _number_problems(field, number(value)) if field.get("type") == "number" else []
    rules = field.get("validate")
    if not isinstance(rules, Mapping):
        return found
    found += _pattern_problems(rules, value)
    if rules.get("required") and _is_missing(field, value):
        found.append(("required", {}))
    found += _bound_problems(rules, value, evaluate)
    found += _length_problems(rules, value, evaluate)
    if isinstance(value, str) and value:
        kind = rules.get("validationType")
        if kind == "phone" and not is_phone(value):
            found.append(("phone", {}))
        if kind == "email" and not is_email(value):
            found.append(("email", {}))
    return found


def _is_missing(field: Field, value: Any) -> bool:
    if field.get("type") == "checkbox" and value is False:
        return True
    return value is None or value == "" or value == []


def _number_problems(field: Field, value: Decimal | None) -> list[Problem]:
    if not value:
        return []
    found: list[Problem] = []
    digits = number(field.get("decimalDigits"))
    if digits is not None and digits >= 0 and _decimals(value) > digits:
        found.append(("integer", {}) if digits == 0 else ("decimals", {"value": int(digits)}))
    step = number(field.get("increment"))
    if step:
        try:
            rest = value % step
        except (InvalidOperation, DivisionByZero):
            return found
        if rest != 0:
            found.append(("step", {"previous": _plain(value - rest), "next": _plain(value - rest + step)}))
    return found


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _bound_problems(rules: Mapping[str, Any], value: Any, evaluate: Callable[[Any], Any]) -> list[Problem]:
    if not (value or value == 0) or isinstance(value, bool):
        return []
    found: list[Problem] = []
    for name in ("min", "max"):
        bound = evaluate(rules.get(name))
        if bound is None:
            continue
        limit, own = number(bound), number(value)
        if limit is None or own is None:
            found.append((f"{name}_unreadable", {}))
        elif own < limit if name == "min" else own > limit:
            found.append((name, {"value": _plain(limit)}))
    return found


def _length_problems(rules: Mapping[str, Any], value: Any, evaluate: Callable[[Any], Any]) -> list[Problem]:
    if not isinstance(value, str) or not value:
        return []
    found: list[Problem] = []
    for name, code in (("minLength", "min_length"), ("maxLength", "max_length")):
        limit = number(evaluate(rules.get(name)))
        if limit is None:
            continue
        length = js_length(value)
        if length < limit if name == "minLength" else length > limit:
            found.append((code, {"value": _plain(limit)}))
    return found


def _pattern_problems(rules: Mapping[str, Any], value: Any) -> list[Problem]:
    source = rules.get("pattern")
    if not source or not value:
        return []
    pattern = js_pattern(str(source))
    if pattern is None:
        return [("pattern_unreadable", {})]
    if found_in(value if isinstance(value, str) else str(to_string(value)), pattern):
        return []
    text = rules.get("patternErrorMessage")
    return [("pattern_text", {"text": text})] if text else [("pattern", {"value": source})]
