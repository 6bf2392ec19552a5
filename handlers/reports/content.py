"""What a report says, before it looks like anything: facts, tables and prose in both languages, with exact values.

Law: pure. A PDF and a sheet are made from the same content, so that their figures are the same figures; `shown` is the
only place that turns a value into the text that a reader sees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Literal, get_args

from engine.errors import InvalidInput
from engine.feel import codec
from handlers.reports.vocabulary import country, word

Form = Literal["text", "code", "country", "money", "number", "ratio", "percent", "date", "moment", "whole", "yes"]
FORMS: tuple[Form, ...] = get_args(Form)
NOTHING = "—"
"""What stands where a value is not known: never a nought."""

_PLACES: Mapping[str, int] = {"money": 2, "ratio": 2, "percent": 2, "whole": 0}


@dataclass(frozen=True, slots=True)
class Label:
    """A text in both languages."""

    zh: str
    en: str

    def text(self, language: str) -> str:
        """Chinese for `zh…`, else English."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Fact:
    """One value with its name. Percentages are 0–100; amounts are in units of their currency."""

    label: Label
    value: Any
    form: Form = "text"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, one under the other."""

    id: str
    title: Label
    rows: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: where its values stand in a row, and how they read."""

    key: str
    label: Label
    form: Form = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values by column key; what is not there is shown as not known."""

    id: str
    title: Label
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """A text; an empty line begins a paragraph."""

    id: str
    title: Label
    text: Label


Section = Facts | Table | Prose


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a template may show. `as_of`: the moment of the figures."""

    kind: str
    title: Label
    subject_key: str
    subject: str
    as_of: datetime
    sections: tuple[Section, ...]

    def section(self, id: str) -> Section | None:
        """By id; None when this report has no such section."""
        return next((one for one in self.sections if one.id == id), None)

    def sha256(self) -> str:
        """Of all figures and texts with their names, in hex: equal for the same content whatever it looks like."""
        return hashlib.sha256(codec.encode_value(self.plain())).hexdigest()

    def plain(self) -> dict[str, Any]:
        """The content as a process variable holds it; `sections_of` reads it back."""
        return {
            "kind": self.kind,
            "title": self.title.zh,
            "title_en": self.title.en,
            "subject_key": self.subject_key,
            "subject": self.subject,
            "as_of": self.as_of,
            "sections": [_plain(section) for section in self.sections],
        }


def _plain(section: Section) -> dict[str, Any]:
    head = {"id": section.id, "title": section.title.zh, "title_en": section.title.en}
    match section:
        case Facts():
            facts = [
                {"label": one.label.zh, "label_en": one.label.en, "value": one.value, "form": one.form}
                for one in section.rows
            ]
            return head | {"facts": facts}
        case Table():
            columns = [
                {"key": one.key, "label": one.label.zh, "label_en": one.label.en, "form": one.form}
                for one in section.columns
            ]
            keys = [one.key for one in section.columns]
            return head | {"columns": columns, "rows": [{key: row.get(key) for key in keys} for row in section.rows]}
        case Prose():
            return head | {"text": section.text.zh, "text_en": section.text.en}


# ── reading what processes hand in ─────────────────────────────────────────────────────────────────────────────────


def sections_of(given: object) -> tuple[Section, ...]:
    """Sections as variables: {id, title, title_en} with `facts` [{label, label_en, value, form}], or `columns`
    [{key, label, label_en, form}] and `rows` [{key: value}], or `text` and `text_en`. InvalidInput names the place."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InvalidInput(place="sections", reason="is not a list", reason_zh="不是列表")
    return tuple(_section(one, f"sections[{place + 1}]") for place, one in enumerate(given))


def _section(given: object, place: str) -> Section:
    if not isinstance(given, Mapping):
        raise InvalidInput(place=place, reason="is not a section", reason_zh="不是有效的章节")
    id, title = str(given.get("id") or place), _label(given, "title")
    if "facts" in given:
        rows = _mappings(given["facts"])
        return Facts(id, title, tuple(Fact(_label(row, "label"), row.get("value"), _form(row, place)) for row in rows))
    if "columns" in given:
        columns = tuple(
            Column(str(one.get("key")), _label(one, "label"), _form(one, place))
            for one in _mappings(given.get("columns"))
        )
        return Table(id, title, columns, tuple(_mappings(given.get("rows"))))
    return Prose(id, title, _label(given, "text"))


def _mappings(given: object) -> Iterable[Mapping[str, Any]]:
    rows = given if isinstance(given, Sequence) and not isinstance(given, str) else []
    return [one for one in rows if isinstance(one, Mapping)]


def _label(given: Mapping[str, Any], name: str) -> Label:
    chinese = str(given.get(name) or "")
    return Label(chinese, str(given.get(f"{name}_en") or chinese))


def _form(given: Mapping[str, Any], place: str) -> Form:
    asked = given.get("form") or "text"
    found = next((form for form in FORMS if form == asked), None)
    if found is None:
        raise InvalidInput(place=place, reason=f"unknown form {asked}", reason_zh=f"未知的显示格式 {asked}")
    return found


# ── showing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def shown(value: object, form: Form, language: str, zone: tzinfo) -> str:
    """A value as its reader sees it: amounts and ratios to two places (half up), thousands separated; moments in the
    business zone to the minute; what is not known as a dash. A number that cannot be read stands as it is."""
    if value is None or value == "":
        return NOTHING
    if form == "yes" or isinstance(value, bool):
        return _yes(value, language)
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        return f"{local:%Y-%m-%d}" if form == "date" else f"{local:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):  # a text in both languages
        own = value.get("text") if language.startswith("zh") else value.get("text_en") or value.get("text")
        return shown(own, form, language, zone)
    if isinstance(value, list | tuple):
        return ("、" if language.startswith("zh") else ", ").join(shown(one, form, language, zone) for one in value)
    if form == "code":
        return word(str(value), language)
    if form == "country":
        return country(str(value), language)
    if form in ("text", "date", "moment"):
        return str(value)
    return _number(value, form)


def _yes(value: object, language: str) -> str:
    said = value in (True, "yes", "true", "是")
    return ("是" if said else "否") if language.startswith("zh") else ("yes" if said else "no")


def _number(value: object, form: Form) -> str:
    exact = as_number(value)
    if exact is None:
        return str(value)
    places = _PLACES.get(form)
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{exact:,f}{'%' if form == 'percent' else ''}"


def as_number(value: object) -> Decimal | None:
    """A number from a Decimal, an int or its text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        return None
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None
