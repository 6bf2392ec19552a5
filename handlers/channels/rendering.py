"""Templates to text: a first line `Subject: …`, a blank line, the body. Law: a template can compute nothing and
reach nothing but its data; what it asks for and is not given is an error, not a gap in a letter.

What the data say in two languages stands there as `name` and `name_en`: an English template's `name` is the English.

Templates are files of `handlers/templates/<language>/<name>.txt` (Jinja, sandboxed). A language without the template
falls back to the house's languages: zh, then en.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    DictLoader,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
)
from jinja2.sandbox import SandboxedEnvironment

from engine.errors import TemplateWrong
from engine.settings import Settings

TEMPLATES = Path(str(files("handlers"))) / "templates"
LANGUAGES = ("zh", "en")

_SUBJECT = "Subject:"
_DATA_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a template does with data that are not as it takes them, or by taking itself in."""


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered message. `subject` is one line."""

    subject: str
    body: str
    language: str


def render(
    settings: Settings,
    template: str,
    language: str,
    data: Mapping[str, Any],
    own: Mapping[str, str] | None = None,
    house: str = "",
) -> Text:
    """The message in the language (`zh`, `en`; a tag such as zh-CN counts as its first part). TemplateWrong.

    `own`: the house's own texts (`handlers.letters.own`), which come before the shipped files. `house`: how it signs
    (`handlers.letters.signature`); empty: as the sender of its mails is named.
    """
    house = house or settings.mail_from.partition("<")[0].strip() or "Dealflow"
    wanted = "zh" if language.lower().startswith("zh") else language.lower().split("-")[0]
    for chosen in dict.fromkeys((wanted, *LANGUAGES)):
        try:
            source = _with(own, settings.tzinfo).get_template(f"{chosen}/{template}.txt")
        except TemplateNotFound:
            continue
        try:
            text = source.render(_in_language(chosen, data), house=house)
        except (TemplateError, *_DATA_FAULTS) as error:
            raise TemplateWrong(template=template, language=chosen, reason=str(error)) from error
        return _split(text, template, chosen)
    raise TemplateWrong(template=template, language=language, reason="there is no such file")


def exists(template: str) -> bool:
    """Whether there is a template of that name in either language."""
    return any((TEMPLATES / language / f"{template}.txt").is_file() for language in LANGUAGES)


def headline(
    template: str, language: str, data: Mapping[str, Any], zone: tzinfo, own: Mapping[str, str] | None = None
) -> str:
    """The subject of a letter as its reader will see it; the template's name where that cannot be said."""
    wanted = "zh" if language.lower().startswith("zh") else "en"
    environment = _environment(zone)
    for chosen in dict.fromkeys((wanted, *LANGUAGES)):
        try:
            file = f"{chosen}/{template}.txt"
            first, _, _ = ((own or {}).get(file) or (TEMPLATES / file).read_text("utf-8")).partition("\n")
            told = environment.from_string(first).render(_in_language(chosen, data), house="").partition("\n")[0]
            return " ".join(told.removeprefix(_SUBJECT).split())
        except (OSError, TemplateError, *_DATA_FAULTS):
            continue
    return template


def topic(template: str, language: str) -> str:
    """What a kind of letter is about, as shipped: its subject without what differs from letter to letter ("…" where
    such a thing stands in the midst). The template's name where nothing is left."""
    tongue = "zh" if language.lower().startswith("zh") else "en"
    return _topic(template, tongue) or template


@cache
def _topic(template: str, tongue: str) -> str:
    try:
        first = (TEMPLATES / tongue / f"{template}.txt").read_text("utf-8").partition("\n")[0]
    except OSError:
        return ""
    if included := re.search(r"include '\w+/(\w+)\.txt'", first):
        return _topic(included[1], tongue)
    text = re.sub(r"{% if [^%]*%}.*?(?:{% else %}(.*?))?{% endif %}", r"\1", first.removeprefix(_SUBJECT))
    text = re.sub(r"\s*[（(][^（()）]*…[^（()）]*[)）]", "", re.sub(r"{{.*?}}", "…", text))
    text = text.strip().lstrip("“”…：:,，的 ").rstrip("“…：:,， ")
    return text[:1].upper() + text[1:]


def _in_language(language: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    if language != "en":
        return data
    english = {name.removesuffix("_en"): text for name, text in data.items() if name.endswith("_en") and text}
    return {**data, **english}


def _split(text: str, template: str, language: str) -> Text:
    head, _, body = text.partition("\n")
    if not head.startswith(_SUBJECT):
        raise TemplateWrong(template=template, language=language, reason=f"the first line is not “{_SUBJECT} …”")
    return Text(" ".join(head.removeprefix(_SUBJECT).split()), body.strip() + "\n", language)


def _with(own: Mapping[str, str] | None, zone: tzinfo) -> SandboxedEnvironment:
    """The templates with the house's own before them."""
    made = _environment(zone)
    if not own:
        return made
    loaders: list[BaseLoader] = [DictLoader(own), FileSystemLoader(TEMPLATES)]
    return made.overlay(loader=ChoiceLoader(loaders))


@cache
def _environment(zone: tzinfo) -> SandboxedEnvironment:
    made = SandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    made.filters["moment"] = lambda value: _moment(value, zone)
    made.filters["money"] = _money
    made.filters["figure"] = _figure
    return made


def _moment(value: object, zone: tzinfo) -> str:
    """A moment in the business zone to the minute; a date as it is; nothing as a dash."""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else str(value or "—")


def _figure(value: object) -> str:
    """A ratio as contracts write it: up to four places, half up, without idle noughts; nothing as a dash."""
    try:
        shown = Decimal(str(value)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    except InvalidOperation:
        return str(value) if value else "—"
    return f"{shown.normalize():,f}"


def _money(value: object) -> str:
    """An amount with thousands separated, cents only when there are some."""
    if not isinstance(value, Decimal | int):
        return str(value)
    number = Decimal(value)
    return f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,.2f}"
