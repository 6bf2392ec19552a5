"""From Camunda's filters to conditions on the engine's registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response

from engine.queries import registers
from engine.queries.registers import Condition, Wanted
from handlers import sights
from web.engine_rest.access import actor
from web.engine_rest.answers import Refused, invalid, said
from web.engine_rest.asking import Asked, objects
from web.scope import runtime

SIGNS = {"eq": "eq", "neq": "ne", "gt": "gt", "gteq": "ge", "lt": "lt", "lteq": "le", "like": "like", "in": "in"}
"""Operators of variable filters."""
Group = tuple[list[Condition], list[Condition]]
"""Conditions on fields and on variables of which one is enough."""
Filter = tuple[str, str, Callable[[Asked, str], Any]]
"""Field, operator, and how the filter is read."""


def text(field: str, sign: str = "eq") -> Filter:
    """A text that a field equals (`eq`) or is like."""
    return field, sign, Asked.text


def texts(field: str, sign: str = "in") -> Filter:
    """A list of texts, one of which a field equals."""
    return field, sign, lambda asked, name: asked.texts(name) or None


def ids(field: str, sign: str = "in") -> Filter:
    """One id or several."""
    return field, sign, lambda asked, name: asked.ids(name) or None


def moments(field: str, sign: str) -> Filter:
    """A moment."""
    return field, sign, Asked.moment


def numbers(field: str, sign: str) -> Filter:
    """A whole number."""
    return field, sign, Asked.number


def when(field: str, sign: str, value: Any) -> Filter:
    """A flag: `true` sets the condition; `false` says nothing."""
    return field, sign, lambda asked, name: value if asked.flag(name) else None


def conditions(asked: Asked, filters: Mapping[str, Filter]) -> list[Condition]:
    """What is asked, by the filters that a list knows."""
    found: list[Condition] = []
    for name, (field, sign, read) in filters.items():
        value = read(asked, name)
        if value is not None:
            found.append((field, sign, value))
    return found


def variables(asked: Asked, *names: str) -> list[Condition]:
    """Conditions on variables: a list of objects, or texts such as `amount_gt_5`."""
    found: list[Condition] = []
    for name in names:
        sent = asked.get(name)
        parts: Sequence[Any] = sent.split(",") if isinstance(sent, str) else sent or []
        found += [_variable(name, part) for part in parts]
    hidden = sights.fields_hidden(actor())
    for name, _, _ in found:
        if name in hidden:
            raise Refused(403, "AuthorizationException", f"The user with id '{actor().id}' may not ask by '{name}'")
    return found


def _variable(name: str, part: Any) -> Condition:
    if isinstance(part, Mapping):
        sign = SIGNS.get(str(part.get("operator", "eq")))
        if not part.get("name") or sign is None:
            raise invalid(f"Invalid variable comparator in '{name}'")
        return str(part["name"]), sign, part.get("value")
    for shown, sign in SIGNS.items():
        variable, mark, value = str(part).partition(f"_{shown}_")
        if mark and variable:
            return variable, sign, _read(value)
    raise invalid(f"variable query parameter has to have format KEY_OPERATOR_VALUE: '{part}'")


def _read(value: str) -> Any:
    """A value in an address is what it looks like."""
    from decimal import Decimal, InvalidOperation

    if value in ("true", "false"):
        return value == "true"
    try:
        return Decimal(value)
    except InvalidOperation:
        return value


def either(asked: Asked, filters: Mapping[str, Filter], *names: str) -> list[Group]:
    """`orQueries`: of each, one of its filters is enough. `names`: its filters on variables."""
    found: list[Group] = []
    for one in objects(asked.sent, "orQueries"):
        part = Asked(one)
        found.append((conditions(part, filters), variables(part, *names)))
        part.done()
    asked.taken.add("orQueries")
    return found


def listed(
    register: str, asked: Asked, wanted: Wanted, orders: Mapping[str, str], shape: Callable[[Any, Any], Any]
) -> Response:
    """The answer of a list: what is asked for, sorted, a slice of it."""
    asked.done()
    by = tuple((orders[name], falls) for name, falls in asked.order(orders))
    whole = replace(wanted, order=by or wanted.order, first=asked.first, most=asked.most)
    with runtime().reading() as db:
        rows = registers.rows(db, register, whole, _who(register))
        return said([shape(db, row) for row in rows])


def counted(register: str, asked: Asked, wanted: Wanted) -> Response:
    """The answer of a count."""
    asked.done()
    with runtime().reading() as db:
        return said({"count": registers.number(db, register, wanted, _who(register))})


def _who(register: str) -> Any:
    return actor() if register == "tasks" else None
