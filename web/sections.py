"""Sections of a report on a page: tables and facts with the words, the places and the links that a page has.

Law: `handlers.reports.content.shown` alone turns a value into text, so that page, PDF and workbook say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Flask, current_app, url_for
from markupsafe import Markup, escape

from handlers.reports.content import NOTHING, Column, Form, shown
from handlers.reports.vocabulary import word
from web.scope import called, is_chinese, language, runtime

PEOPLE = frozenset({"owner", "by", "assignee", "created_by", "reported_by", "author", "reviewer", "raised_by"})
"""Columns that hold sign-in names."""
KEYS = frozenset({"business_key", "project_key", "facility", "facility_key", "client_key"})
"""Columns that hold business keys."""
RIGHT = frozenset({"money", "number", "ratio", "percent", "whole"})
"""Forms that stand at the right."""


def as_form(value: object, form: Form = "text") -> str:
    """A value as its reader sees it."""
    return shown(value, form, language(), runtime().zone)


def cell(row: Mapping[str, Any], column: Column) -> Markup:
    """What stands in a cell: a person by name, a key as a link, all else as its form says."""
    value = row.get(column.key)
    if column.key in PEOPLE and isinstance(value, str):
        return escape(called(value))
    text = as_form(value, column.form)
    where = address_of(str(value)) if column.key in KEYS and value else None
    return Markup('<a href="{}">{}</a>').format(where, text) if where else escape(text)


PLACES: tuple[tuple[str, str, str], ...] = (
    ("CL-", "clients.show", "key"),
    ("PJ-", "projects.show", "key"),
    ("FA-", "facilities.show", "key"),
)
"""Prefix of a business key, the page of what it names, the name of its part of the address."""


def address_of(key: str) -> str | None:
    """The page of what a business key names; the cases under it where it has no page of its own."""
    for prefix, endpoint, part in PLACES:
        if key.startswith(prefix) and endpoint in current_app.view_functions:
            parts: dict[str, Any] = {part: key}
            return url_for(endpoint, **parts)
    return url_for("instances.index", q=key) if "-" in key else None


def in_words(code: object) -> str:
    """A code of the book in the page's language."""
    return word(str(code), language()) if code not in (None, "") else NOTHING


_UNITS = {"zh": ((10**8, "亿"), (10**4, "万")), "en": ((10**9, "bn"), (10**6, "m"), (10**3, "k"))}


def amount_short(amount: Decimal | None) -> str:
    """An amount for a card, to three digits or so, in the page's units: `42 亿`, `4.2 bn`; nothing for none."""
    if amount is None:
        return ""
    for size, unit in _UNITS["zh" if is_chinese() else "en"]:
        if abs(amount) >= size:
            part = amount / size
            small = part.quantize(Decimal("0.1")).normalize()
            return f"{part:,.0f} {unit}" if abs(part) >= 100 else f"{small:,f} {unit}"
    return f"{amount:,.0f}"


def register(app: Flask) -> None:
    """Make them known to templates."""
    app.jinja_env.filters.update(as_form=as_form, in_words=in_words, amount_short=amount_short)
    app.jinja_env.globals.update(cell=cell, address_of=address_of, at_right=RIGHT)
