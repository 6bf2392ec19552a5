"""The columns of an inquiry file: the field, the headers that mean it, the reader of its cells.

Words and headers stand in `vocabulary.toml`. Headers are compared without blanks, marks, brackets and case.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any

from engine.errors import InvalidInput
from handlers import names
from handlers.inquiries import values
from handlers.inquiries.sheets import Cell

VOCABULARY: Mapping[str, Any] = tomllib.loads(
    files("handlers.inquiries").joinpath("vocabulary.toml").read_text(encoding="utf-8")
)

Reader = Callable[[Cell], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One field of an inquiry."""

    field: str
    name: str
    name_en: str
    headers: tuple[str, ...]
    read: Reader
    needed: bool
    """The file must have this column."""


def _choice(field: str, en: str) -> Reader:
    """A reader by the vocabulary's words, longest first: 抽水蓄能 is told before 储能."""
    words = {word: code for code, many in VOCABULARY["words"][field].items() for word in many}
    ordered = dict(sorted(words.items(), key=lambda item: -len(item[0])))
    return values.choice(ordered, VOCABULARY["columns"][field]["name"], en)


_ISO2 = re.compile(r"[a-z]{2}")
_named_country = _choice("country", "country")


def country(cell: Cell) -> str | None:
    """An ISO 3166 two-letter code, or a country's name that we know."""
    plain = values.text(cell)
    if plain is not None and _ISO2.fullmatch(plain.lower()):
        return plain.upper()
    found: str | None = _named_country(cell)
    return None if found is None else found.upper()


_READERS: Mapping[str, Reader] = {
    "reg_no": values.registration,
    "client_role": _choice("client_role", "role"),
    "phone": values.phone,
    "email": values.email,
    "country": country,
    "region": _choice("region", "region"),
    "sector": _choice("sector", "sector"),
    "purpose": _choice("purpose", "purpose"),
    "project_stage": _choice("project_stage", "stage"),
    "currency": _choice("currency", "currency"),
    "tenor_months": values.months,
    "equity_pct": values.percent,
    "permits": _choice("permits", "permits"),
    "has_financials": values.yes_no,
    "source": _choice("source", "source"),
    "inquiry_date": values.day,
    "expected_close": values.day,
    "consent_contact": values.yes_no,
}
"""Field -> reader; all others are texts."""

COLUMNS: Sequence[Column] = tuple(
    Column(
        field,
        told["name"],
        told["name_en"],
        tuple(told["headers"]),
        _READERS.get(field, values.text),
        told.get("needed", False),
    )
    for field, told in VOCABULARY["columns"].items()
)

NAMES: Mapping[str, tuple[str, str]] = {column.field: (column.name, column.name_en) for column in COLUMNS}


def label(field: str, language: str) -> str:
    """What people call a field; nothing for what concerns a row as a whole."""
    zh, en = NAMES.get(field, ("", ""))
    return zh if language == "zh" else en


_BRACKETS = re.compile(r"[(\[【{].*?[)\]】}]")


def header_key(header: str) -> str:
    """A header for comparing: half width, lower case, without brackets' content, blanks, marks and the star."""
    plain = _BRACKETS.sub("", names.simplified(names.half_width(header)).lower())
    return re.sub(r"[\W_]+", "", plain)


_BY_HEADER: Mapping[str, Column] = {
    header_key(written): column
    for column in COLUMNS
    for written in (column.field, column.name, column.name_en, *column.headers)
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column stands where, the unit that the amount's header names, and headers that nobody knows."""

    places: Mapping[str, int]
    amount_unit: Decimal
    unknown: tuple[str, ...]


def layout(header: Sequence[str], filename: str) -> Layout:
    """Find the columns by their headers. InvalidInput names the columns that are missing and those that were found,
    or a column that is there twice."""
    places: dict[str, int] = {}
    unknown: list[str] = []
    for place, written in enumerate(header):
        column = _BY_HEADER.get(header_key(written))
        if column is None:
            if written:
                unknown.append(written)
        elif column.field in places:
            twice = f"“{header[places[column.field]]}” / “{written}”"
            raise InvalidInput(
                place=filename, reason=f"two columns mean “{column.name_en}”: {twice}",
                reason_zh=f"两列都表示“{column.name}”：{twice}",
            )  # fmt: skip
        else:
            places[column.field] = place
    missing = [column for column in COLUMNS if column.needed and column.field not in places]
    reachable = "phone" in places or "email" in places
    if missing or not reachable:
        raise _wrong_header(header, missing, reachable, filename)
    return Layout(places, values.unit_of(header[places["amount"]]), tuple(unknown))


def _wrong_header(header: Sequence[str], missing: Sequence[Column], reachable: bool, filename: str) -> InvalidInput:
    zh = [column.name for column in missing] + ([] if reachable else ["联系电话或邮箱"])
    en = [column.name_en for column in missing] + ([] if reachable else ["Telephone or E-mail"])
    found = ", ".join(name for name in header if name) or "—"
    return InvalidInput(
        place=filename,
        reason=f"missing columns: {', '.join(en)}; found: {found}",
        reason_zh=f"缺少列：{'、'.join(zh)}；表头现有：{found}",
    )
