"""Content to a workbook: a first sheet with what it is, then one sheet a section. Law: numbers stay numbers, exactly
as they stand in the content; only the number format rounds what is seen."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, tzinfo
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from handlers.reports.content import Facts, Form, Prose, Report, Section, Table, as_number, shown

_FORMATS = {"money": "#,##0.00", "ratio": "0.00", "percent": '0.00"%"', "whole": "#,##0", "number": "General"}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME, _WIDEST = 31, 60
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def xlsx(report: Report, language: str, zone: tzinfo, house: str = "") -> bytes:
    """The report as a workbook. The same content makes the same bytes."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    _cover(first, report, language, zone, house)
    taken = {first.title}
    for section in report.sections:
        sheet = book.create_sheet(_name(section.title.text(language), taken))
        _write(sheet, section, language, zone)
        _widths(sheet)
    _widths(first)
    book.properties.created = book.properties.modified = report.as_of.replace(tzinfo=None)
    out = io.BytesIO()
    book.save(out)
    return _same_everywhere(out.getvalue(), report.as_of)


def _cover(sheet: Worksheet, report: Report, language: str, zone: tzinfo, house: str) -> None:
    chinese = language.startswith("zh")
    sheet.title = "报告" if chinese else "Report"
    labels = (
        ("报告", "Report", report.title.text(language)),
        ("对象", "Subject", report.subject),
        ("编号", "Key", report.subject_key),
        ("数据时点", "Figures as of", shown(report.as_of, "moment", language, zone)),
        ("出具方", "Issued by", house),
        ("内容 SHA-256", "Content SHA-256", report.sha256()),
    )
    for zh, en, value in labels:
        sheet.append([zh if chinese else en, _safe(value)])
    for row in sheet.iter_rows(max_col=1):
        row[0].font = Font(bold=True)


def _write(sheet: Worksheet, section: Section, language: str, zone: tzinfo) -> None:
    match section:
        case Facts():
            for fact in section.rows:
                sheet.append([fact.label.text(language), None])
                _put(sheet, sheet.max_row, 2, fact.value, fact.form, language, zone)
        case Table():
            sheet.append([column.label.text(language) for column in section.columns])
            for cell in sheet[1]:
                cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True)
            sheet.freeze_panes = "A2"
            for place, row in enumerate(section.rows, start=2):
                for at, column in enumerate(section.columns, start=1):
                    _put(sheet, place, at, row.get(column.key), column.form, language, zone)
        case Prose():
            for paragraph in section.text.text(language).split("\n\n"):
                sheet.append([_safe(paragraph.strip())])
                sheet.cell(sheet.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")


def _put(sheet: Worksheet, row: int, column: int, value: Any, form: Form, language: str, zone: tzinfo) -> None:
    cell = sheet.cell(row, column)
    number = as_number(value) if form in _FORMATS else None
    if number is not None:
        cell.value, cell.number_format = number, _FORMATS[form]
    elif isinstance(value, datetime) and form == "moment":
        cell.value, cell.number_format = value.astimezone(zone).replace(tzinfo=None), "yyyy-mm-dd hh:mm"
    elif isinstance(value, date) and not isinstance(value, datetime):
        cell.value, cell.number_format = value, "yyyy-mm-dd"
    elif value is not None and value != "":
        cell.value = _safe(shown(value, form, language, zone))


def _safe(text: str) -> str:
    """A text that a reader's program takes for a text, not for a formula (OWASP, CSV injection)."""
    text = ILLEGAL_CHARACTERS_RE.sub("", text)
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text


def _name(title: str, taken: set[str]) -> str:
    plain = _FORBIDDEN.sub(" ", title).strip()[:_LONGEST_NAME] or "-"
    name, number = plain, 2
    while name in taken:
        ending = f" {number}"
        name, number = plain[: _LONGEST_NAME - len(ending)] + ending, number + 1
    taken.add(name)
    return name


def _widths(sheet: Worksheet) -> None:
    for at, cells in enumerate(sheet.iter_cols(), start=1):
        longest = max((_width(cell.value) for cell in cells), default=8)
        sheet.column_dimensions[get_column_letter(at)].width = min(max(longest + 2, 10), _WIDEST)


def _width(value: object) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in str(value or ""))


def _same_everywhere(content: bytes, as_of: datetime) -> bytes:
    """The archive with fixed times, so that the file's hash is the content's."""
    out = io.BytesIO()
    stamp = f"{as_of:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry.filename)
            if entry.filename == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            new.writestr(zipfile.ZipInfo(entry.filename, _EPOCH), data)
    return out.getvalue()
