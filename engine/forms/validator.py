"""A form's tree: which fields there are, which are hidden, what was sent for them. Law: what the form in the
page would not have written is not written: hidden, disabled and read-only fields, unknown keys. In a list whose rows
are neither added nor taken away, what a row may not change stays in it: it says which row it is.

Conditions and bounds see what they see in the page: the task's values overlaid with what was entered, values
of hidden fields taken back to where they started (one pass, as form-js does it), `this`, `parent`, `i`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, TypeAlias

from engine.errors import FeelSyntaxError
from engine.feel import Expression, Moment, compile_expression, compile_unary_tests
from engine.forms.codes import meant
from engine.forms.rules import problems
from engine.forms.values import CHOICES, KEYED, LISTS, Field, Problem, accept, empty, initial, kept, wire

Errors: TypeAlias = dict[str, list[Problem]]
"""Where (`key`, `group.key`, `list.0.key`) -> [(code, parameters)]; codes are those of `MESSAGES`."""

Path: TypeAlias = tuple[str | int, ...]

_MISSING: Final = object()
_EXPRESSION_ROUNDS: Final = 5
_MOST_ROWS: Final = 10_000
_PLACES: Final = 4
"""Decimals that somebody enters; more of them are filled up with zeros by the column where the number was kept."""


def validate(
    schema: Mapping[str, Any], data: Mapping[str, Any], at: Moment, context: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], Errors]:
    """Check what was sent for a form. `context`: what the form was filled with before (the task's variables).

    Returns (clean, errors). `clean` holds what the form writes: numbers as Decimal, dates as date, times as
    time, date-times as aware datetime; a field that was not sent keeps the value it was filled with. Errors come in
    the order of the form; with errors `clean` must not be used.
    """
    before = wire(context or {})
    sent = wire(data)
    start = _started(schema, before, at)
    merged, errors, standing = _merge(schema, start, sent, at)
    merged, shown = _computed(schema, start, merged, at)
    clean: dict[str, Any] = {}
    off: list[Path] = []  # lists of which nothing is written, the fields of their rows neither
    for spot in _spots(schema, shown, at, hidden=False):
        if _under(spot.path, off):
            continue
        if spot.kind == "rows":
            if _off(spot.field, spot.scope, at):
                off.append(spot.path)
            else:
                _put(clean, spot.path, [{} for _ in _get(merged, spot.path) or ()])
            continue
        value = _get(merged, spot.path)
        place = ".".join(str(part) for part in spot.path)
        if not spot.field.get("disabled"):
            for problem in problems(spot.field, value, _evaluator(spot.scope, at)):
                if place not in errors or problem[0] != "required":
                    errors.setdefault(place, []).append(problem)
        if not _off(spot.field, spot.scope, at) or _under(spot.path, standing):
            _put(clean, spot.path, kept(spot.field, value, at))
    places = [".".join(str(part) for part in spot.path) for spot in _spots(schema, shown, at, hidden=False)]
    return clean, {place: errors[place] for place in places if place in errors}


def prefill(schema: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Variables as JSON for the form in the page: dates as text, decimals too where a field keeps them so."""
    exact = {
        field["key"]
        for field in _walk(schema)
        if field.get("type") == "number" and field.get("serializeToString") and "key" in field
    }

    def said(value: Any, key: str | None) -> Any:
        match value:
            case Decimal():
                if key in exact:
                    return _written(value)
                return int(value) if value == value.to_integral_value() else float(value)
            case dict():
                return {name: said(item, name) for name, item in value.items()}
            case list():
                return [said(item, key) for item in value]
        return value

    return {key: said(value, key) for key, value in wire(variables).items()}


def _written(value: Decimal) -> str:
    """A number for a field that keeps every digit: as it was entered, without the zeros that a column adds."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if len(text.partition(".")[2]) > _PLACES else text


def keys(schema: Mapping[str, Any]) -> list[str]:
    """Keys of all fields that hold a value, in the order of the form (without their groups)."""
    return [str(f["key"]) for f in _walk(schema) if f.get("type") in KEYED and f.get("key")]


def _walk(component: Mapping[str, Any]) -> Iterator[Field]:
    for child in component.get("components") or ():
        yield child
        yield from _walk(child)


# ── where fields stand ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Spot:
    """One field (or the rows of one list) at one place in the data, with what its expressions see."""

    kind: str
    field: Field
    path: Path
    scope: Mapping[str, Any]


def _spots(schema: Mapping[str, Any], data: Mapping[str, Any], at: Moment, hidden: bool) -> Iterator[_Spot]:
    """Fields in order, visible ones only unless `hidden`. `data` decides conditions and rows."""
    yield from _below(schema, (), _scope(data, data, None, ()), data, at, hidden)


def _scope(this: Any, data: Mapping[str, Any], parent: Any, index: Sequence[int]) -> dict[str, Any]:
    special = {"this": this, "parent": parent, "i": list(index)}
    return {**special, **data, **{f"_{name}_": value for name, value in special.items()}}


def _below(
    component: Field, path: Path, scope: Mapping[str, Any], data: Mapping[str, Any], at: Moment, hidden: bool
) -> Iterator[_Spot]:
    for child in component.get("components") or ():
        if not hidden and _is_hidden(child, scope, at):
            continue
        if child.get("components") is not None or child.get("type") in ("group", "dynamiclist"):
            inner = path + _parts(child.get("path"))
            if child.get("type") == "dynamiclist" or child.get("isRepeating"):
                yield _Spot("rows", child, inner, scope)
                yield from _rows(child, inner, scope, data, at, hidden)
            else:
                yield from _below(child, inner, scope, data, at, hidden)
        elif child.get("type") in KEYED and child.get("key"):
            yield _Spot("field", child, path + _parts(child["key"]), scope)


def _rows(
    component: Field, path: Path, scope: Mapping[str, Any], data: Mapping[str, Any], at: Moment, hidden: bool
) -> Iterator[_Spot]:
    rows = _get(data, path)
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        inner = _scope(row, data, scope["_this_"], (*scope["_i_"], number + 1))
        yield from _below(component, (*path, number), inner, data, at, hidden)


def _parts(dotted: object) -> Path:
    return tuple(str(dotted).split(".")) if dotted else ()


def _get(data: Any, path: Path) -> Any:
    for part in path:
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_list or (isinstance(data, Mapping) and part in data):
            data = data[part]
        else:
            return None
    return data


def _has(data: Any, path: Path) -> bool:
    above = _get(data, path[:-1])
    if isinstance(above, list):
        return isinstance(path[-1], int) and path[-1] < len(above)
    return isinstance(above, Mapping) and path[-1] in above


def _put(data: dict[str, Any], path: Path, value: Any) -> None:
    here: Any = data
    for part, after in pairwise(path):
        if isinstance(here, list):
            here = here[int(part)]
        else:
            if not isinstance(here.get(part), dict | list):
                here[part] = [] if isinstance(after, int) else {}
            here = here[part]
    here[path[-1]] = value


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


# ── the three passes: filled, sent, computed ────────────────────────────────────────────────────────────────


def _started(schema: Mapping[str, Any], before: Mapping[str, Any], at: Moment) -> dict[str, Any]:
    """The form's data as it starts: every row a context, every field with the value form-js would give it."""
    data: dict[str, Any] = _copied(before)
    _fill_rows(schema, (), data)
    for spot in list(_spots(schema, data, at, hidden=True)):
        if spot.kind == "field":
            present = _has(data, spot.path)
            choices = _choices(spot.field, spot.scope, at, static=True)
            _put(data, spot.path, initial(spot.field, _get(data, spot.path), present, choices))
    return data


def _fill_rows(component: Field, path: Path, data: dict[str, Any]) -> None:
    for child in component.get("components") or ():
        if child.get("components") is None:
            continue
        inner = path + _parts(child.get("path"))
        if child.get("type") != "dynamiclist" and not child.get("isRepeating"):
            _fill_rows(child, inner, data)
            continue
        rows = _get(data, inner)
        if not isinstance(rows, list):
            count = child.get("defaultRepetitions", 1)
            rows = [{} for _ in range(count if isinstance(count, int) else 1)]
        _put(data, inner, [row if isinstance(row, dict) else {} for row in rows])
        for number in range(len(rows)):
            _fill_rows(child, (*inner, number), data)


def _merge(
    schema: Mapping[str, Any], start: dict[str, Any], sent: Mapping[str, Any], at: Moment
) -> tuple[dict[str, Any], Errors, list[Path]]:
    """The started data overlaid with what was sent, what was of the wrong kind, and the lists whose rows stand: none
    is added or taken away, and as many came as there were."""
    merged: dict[str, Any] = _copied(start)
    errors: Errors = {}
    standing: list[Path] = []
    for rows in [s for s in _spots(schema, merged, at, hidden=True) if s.kind == "rows"]:
        given = _get(sent, rows.path)
        if given is None or rows.field.get("disabled") or any(isinstance(part, int) for part in rows.path):
            continue
        if not isinstance(given, list) or not all(isinstance(row, dict) for row in given[:_MOST_ROWS]):
            problem: Problem = ("wrong_type", {"expected": "a list of rows", "expected_zh": "列表"})
            errors[".".join(map(str, rows.path))] = [problem]
            continue
        if rows.field.get("allowAddRemove") is False and len(_get(start, rows.path) or ()) == len(given):
            standing.append(rows.path)
        _put(merged, rows.path, [{} for _ in given[:_MOST_ROWS]])
        _grow(rows.field, rows.path, merged, given)
    for spot in [s for s in _spots(schema, merged, at, hidden=True) if s.kind == "field"]:
        if _under(spot.path, standing) and _off(spot.field, spot.scope, at) and _has(start, spot.path):
            _put(merged, spot.path, _copied(_get(start, spot.path)))
            continue
        _take(spot, merged, start, sent, errors, at)
    return merged, errors, standing


def _under(path: Path, lists: Sequence[Path]) -> bool:
    return any(path[: len(one)] == one for one in lists)


def _grow(component: Field, path: Path, merged: dict[str, Any], given: Sequence[Any]) -> None:
    """Rows inside rows, as many as were sent."""
    for child in component.get("components") or ():
        if child.get("type") != "dynamiclist":
            continue
        for number, row in enumerate(given):
            inner = (*path, number, *_parts(child.get("path")))
            below = _get(row, _parts(child.get("path")))
            below = below if isinstance(below, list) else []
            _put(merged, inner, [{} for _ in below])
            _grow(child, inner, merged, below)


def _take(
    spot: _Spot,
    merged: dict[str, Any],
    start: dict[str, Any],
    sent: Mapping[str, Any],
    errors: Errors,
    at: Moment,
) -> None:
    field, path = spot.field, spot.path
    if not _has(merged, path):
        default = field.get("defaultValue")
        _put(merged, path, empty(field) if default is None else default)
    if field.get("type") == "expression" or _off(field, spot.scope, at) or not _has(sent, path):
        return
    given = meant(field, _get(sent, path))
    scope = spot.scope
    choices = _choices(field, _scope(scope["_this_"], merged, scope["_parent_"], scope["_i_"]), at)
    if field.get("type") == "datetime" and given == _get(start, path):
        _put(merged, path, given)  # untouched: a day that has passed since stays what it was
        return
    value, found = accept(field, given, choices, at)
    _put(merged, path, value)
    if found:
        errors[".".join(map(str, path))] = found


def _computed(
    schema: Mapping[str, Any], start: dict[str, Any], merged: dict[str, Any], at: Moment
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Work out expression fields until they rest; returns the data and what conditions see of it."""
    shown = _shown(schema, start, merged, at)
    for _ in range(_EXPRESSION_ROUNDS):
        changed = False
        for spot in list(_spots(schema, shown, at, hidden=False)):
            if spot.kind == "field" and spot.field.get("type") == "expression":
                value = wire(_evaluated(spot.field.get("expression"), spot.scope, at))
                changed = changed or value != _get(merged, spot.path)
                _put(merged, spot.path, value)
        if not changed:
            break
        shown = _shown(schema, start, merged, at)
    return merged, shown


def _shown(schema: Mapping[str, Any], start: dict[str, Any], merged: dict[str, Any], at: Moment) -> dict[str, Any]:
    """The data that expressions see: values of hidden fields are what they were at the start."""
    seen: dict[str, Any] = _copied(merged)
    visible = {spot.path for spot in _spots(schema, merged, at, hidden=False)}
    for spot in list(_spots(schema, merged, at, hidden=True)):
        if spot.path not in visible and not any(isinstance(part, int) for part in spot.path):
            _put(seen, spot.path, _copied(_get(start, spot.path)))
    return seen


# ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────


def _is_hidden(field: Field, scope: Mapping[str, Any], at: Moment) -> bool:
    condition = field.get("conditional")
    if not isinstance(condition, Mapping):
        return False
    text = condition.get("hide")
    return isinstance(text, str) and text.startswith("=") and _condition(text[1:])(scope, at) is True


def _off(field: Field, scope: Mapping[str, Any], at: Moment) -> bool:
    """Whether nothing that was sent for this field is written."""
    return field.get("disabled") is True or _evaluated(field.get("readonly"), scope, at) is True


def _evaluated(value: Any, scope: Mapping[str, Any], at: Moment) -> Any:
    """The value of `= …`, or the value as it stands."""
    if isinstance(value, str) and value.startswith("="):
        return _compiled(value[1:])(scope, at)
    return value


def _evaluator(scope: Mapping[str, Any], at: Moment) -> Callable[[Any], Any]:
    return lambda value: _evaluated(value, scope, at)


def _choices(field: Field, scope: Mapping[str, Any], at: Moment, static: bool = False) -> list[Any] | None:
    """The values on offer; None when anything goes. `static`: without choices that an expression decides."""
    if field.get("type") not in CHOICES | LISTS:
        return None
    if field.get("valuesExpression"):
        if static:
            return None
        options = _evaluated(field["valuesExpression"], scope, at)
    elif field.get("valuesKey"):
        options = scope.get(str(field["valuesKey"]))
    else:
        options = field.get("values")
    found = []
    for option in wire(options) if isinstance(options, list) else ():
        value = option.get("value") if isinstance(option, Mapping) else option
        if value or value == 0 or value is False:
            found.append(value)
    return found


@lru_cache(maxsize=2048)
def _compiled(text: str) -> Expression | Any:
    try:
        return compile_expression(text)
    except FeelSyntaxError:
        return lambda scope, at: None


@lru_cache(maxsize=2048)
def _condition(text: str) -> Any:
    """A condition: an expression that is true, or unary tests (about nothing) that hold."""
    try:
        return compile_expression(text)
    except FeelSyntaxError:
        pass
    try:
        tests = compile_unary_tests(text)
    except FeelSyntaxError:
        return lambda scope, at: None
    return lambda scope, at: tests(None, scope, at)
