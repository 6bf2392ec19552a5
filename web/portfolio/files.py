"""Lists as workbooks. Law: the rows of the page, with numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from flask import send_file

from handlers.reporting import Order, rendered
from handlers.reports.content import Column, Form, Label, Report, Table
from web.scope import language, runtime

Told = tuple[str, str, Form]
"""Key of a row, what the column is called in the page's language, and how its values read."""


def workbook(id: str, title: str, columns: Sequence[Told], rows: Iterable[Mapping[str, Any]], told: str = "") -> Any:
    """The answer that hands the rows out as XLSX; `told`: what they were narrowed to, in words."""
    made = tuple(Column(key, Label(called, called), form) for key, called, form in columns)
    label = Label(title, title)
    now = runtime().now()
    report = Report(id, label, id, told or title, now, (Table(id, label, made, tuple(rows)),))
    content = rendered(runtime().settings, Order(id, language(), "xlsx", id), report)
    day = now.astimezone(runtime().zone).date()
    return send_file(BytesIO(content), as_attachment=True, download_name=f"{title} {day}.xlsx")
