"""Content to PDF, by typst. Law: a template lays out and phrases; it computes no figure and reaches nothing outside.

A template is `<language>/<name>.typ`: first in `<data_dir>/templates` (the house's own), then among those shipped.
It gets `d`: title, subject, subject_key, as_of, language, house, figures (the SHA-256 of the content), sections in
their order, and by id in `section`; values are texts already, as `content.shown` writes them. `/house.typ` has the
page, and words to place a section. What it asks for and is not given is an error that names template and line.

Fonts come with a wheel (Noto Sans SC, SIL Open Font License), so a bare machine sets Chinese; a house's own fonts are
looked for in `<data_dir>/fonts`. The machine's fonts are not used: the same content makes the same bytes everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import tzinfo
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst

from engine.errors import TemplateWrong
from engine.settings import Settings
from handlers.reports.content import Facts, Prose, Report, Section, Table, shown

TEMPLATES = Path(str(files("handlers.reports"))) / "templates"
GENERIC = "report"
"""The template for content that has none of its own."""
_MAIN = re.compile(r"\S*__typst_py_bytes__\.typ")
_RIGHT = frozenset({"money", "number", "ratio", "percent", "whole"})


def pdf(settings: Settings, template: str, report: Report, language: str) -> bytes:
    """The report set by a template. TemplateWrong (template, language, reason with file:line:column)."""
    chosen = "zh" if language.startswith("zh") else "en"
    source, shown_name = _source(settings, template, chosen)
    compiler = typst.Compiler(root=TEMPLATES, font_paths=_fonts(settings.data_dir / "fonts"))
    try:
        made = compiler.compile(
            input=source,
            format="pdf",
            sys_inputs={"report": json.dumps(_data(settings, report, chosen), ensure_ascii=False)},
            timestamp=int(report.as_of.timestamp()),
        )
    except typst.TypstError as error:
        told = _place(error.diagnostic or error.message, shown_name)
        raise TemplateWrong(template=template, language=chosen, reason=told) from error
    assert isinstance(made, bytes)  # one file was asked for
    return made


def _source(settings: Settings, template: str, language: str) -> tuple[bytes, str]:
    if not template.replace("_", "").isalnum():
        raise TemplateWrong(template=template, language=language, reason="that is no name of a template")
    for folder in (settings.data_dir / "templates", TEMPLATES):
        place = folder / language / f"{template}.typ"
        if place.is_file():
            return place.read_bytes(), f"{language}/{template}.typ"
    raise TemplateWrong(template=template, language=language, reason="there is no such file")


def exists(settings: Settings, template: str) -> bool:
    """Whether there is a template of that name in either language."""
    places = [folder / one for folder in (settings.data_dir / "templates", TEMPLATES) for one in ("zh", "en")]
    return any((place / f"{template}.typ").is_file() for place in places)


def _place(diagnostic: str, name: str) -> str:
    """`message (file:line:column)`, from typst's own picture of the place."""
    lines = diagnostic.strip().splitlines()
    message = lines[0].removeprefix("error: ") if lines else diagnostic
    at = next((line.partition("┌─ ")[2] for line in lines if "┌─ " in line), "")
    return f"{message} ({_MAIN.sub(name, at.strip())})" if at else message


@cache
def _fonts(own: Path) -> typst.Fonts:
    places = [str(pylopdf_fonts_zh_cn.sans_path().parent)]
    if own.is_dir():
        places.append(str(own))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=places)


def _data(settings: Settings, report: Report, language: str) -> Mapping[str, Any]:
    zone = settings.tzinfo
    sections = [_laid(one, language, zone) for one in report.sections]
    return {
        "kind": report.kind,
        "title": report.title.text(language),
        "subject": report.subject,
        "subject_key": report.subject_key,
        "as_of": shown(report.as_of, "moment", language, zone),
        "language": language,
        "house": settings.mail_from.partition("<")[0].strip() or "Dealflow",
        "figures": report.sha256(),
        "sections": sections,
        "section": {str(one["id"]): one for one in sections},
    }


def _laid(section: Section, language: str, zone: tzinfo) -> dict[str, Any]:
    head = {"id": section.id, "title": section.title.text(language)}
    match section:
        case Facts():
            rows = [[one.label.text(language), shown(one.value, one.form, language, zone)] for one in section.rows]
            return head | {"form": "facts", "rows": rows}
        case Table():
            cells = [
                [shown(row.get(column.key), column.form, language, zone) for column in section.columns]
                for row in section.rows
            ]
            columns = [
                {"label": one.label.text(language), "right": one.form in _RIGHT, "key": one.key}
                for one in section.columns
            ]
            return head | {"form": "table", "columns": columns, "rows": cells}
        case Prose():
            paragraphs = [one.strip() for one in section.text.text(language).split("\n\n") if one.strip()]
            return head | {"form": "prose", "rows": paragraphs}
