"""A file of rows, as texts, whatever wrote it: CSV in UTF-8, UTF-16 or GB18030, or an Excel workbook.

Law: nothing of the file is executed or trusted; size, rows and columns have limits; a formula is not a value. Numbers
of a workbook are binary floats in the file: they are read by their shortest decimal writing, which is what Excel shows.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias
from xml.etree.ElementTree import ParseError

from engine.errors import InvalidInput

Cell: TypeAlias = str | Decimal | date | bool | None

MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_UNPACKED_BYTES = 200_000_000
"""A workbook is a zip: what it unpacks to is limited too."""


class Formula(str):
    """A formula as written in a cell: not a value."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a file. `rows` are (line number as the author sees it, cells); blank lines are left out."""

    kind: str
    """How it was read: utf-8, utf-16, gb18030 or xlsx."""
    header: tuple[str, ...]
    header_line: int
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


def read(content: bytes, filename: str, most_bytes: int) -> Sheet:
    """The file's first sheet. InvalidInput (place: the file's name) says what is wrong with the file as a whole."""
    if len(content) > most_bytes:
        raise _refused(
            filename, f"the file is too large: at most {most_bytes:,} bytes are taken",
            f"文件过大：上限为 {most_bytes:,} 字节",
        )  # fmt: skip
    if not content.strip():
        raise _refused(filename, "the file is empty", "文件为空")
    if content[:2] == b"PK":
        kind, lines = "xlsx", _workbook(content, filename)
    elif content[:4] == b"\xd0\xcf\x11\xe0" or filename.lower().endswith(".xls"):
        zh = "不支持旧版 .xls，请另存为 .xlsx"
        raise _refused(filename, "old Excel files (.xls) are not read; save as .xlsx", zh)
    elif filename.lower().endswith((".xlsx", ".xlsm")):
        raise _refused(
            filename, "this is not a workbook, whatever its name; save it as .xlsx, or name it .csv if it is text",
            "文件名以 .xlsx 结尾，但内容不是工作簿；请另存为 .xlsx，若为文本请改名为 .csv",
        )  # fmt: skip
    else:
        kind, text = _decoded(content, filename)
        lines = _csv(text, filename)
    found = _limited(lines, filename)
    first = next(found, None)
    if first is None:
        raise _refused(filename, "the file has no header", "文件没有表头")
    header_line, header = first
    return Sheet(kind, tuple(str(cell or "").strip() for cell in header), header_line, tuple(found))


def _refused(filename: str, en: str, zh: str) -> InvalidInput:
    return InvalidInput(place=filename, reason=en, reason_zh=zh)


def _limited(lines: Iterator[tuple[int, tuple[Cell, ...]]], filename: str) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """Lines with something in them, up to the limits."""
    count = 0
    for number, cells in lines:
        if len(cells) > MOST_COLUMNS and any(cell not in (None, "") for cell in cells[MOST_COLUMNS:]):
            raise _refused(
                filename, f"line {number} has more than {MOST_COLUMNS} columns", f"第 {number} 行超过 {MOST_COLUMNS} 列"
            )
        if all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS + 1:
            raise _refused(filename, f"more than {MOST_ROWS} rows; split the file", f"超过 {MOST_ROWS} 行，请拆分文件")
        yield number, cells


def _decoded(content: bytes, filename: str) -> tuple[str, str]:
    """(encoding, text): by byte order mark, else UTF-8 when it is, else GB18030."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        tries: tuple[str, ...] = ("utf-16",)
    elif content.startswith(b"\xef\xbb\xbf"):
        tries = ("utf-8-sig",)
    else:
        tries = ("utf-8", "gb18030")
    for encoding in tries:
        try:
            return encoding.removesuffix("-sig"), content.decode(encoding)
        except UnicodeDecodeError as error:
            fault = error
    line = content[: fault.start].count(b"\n") + 1
    raise _refused(
        filename,
        f"line {line} is neither UTF-8 nor GB18030 (byte {fault.start})",
        f"第 {line} 行既不是 UTF-8 也不是 GB18030 编码（第 {fault.start} 字节）",
    )


def _csv(text: str, filename: str) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    head = text.lstrip("﻿\r\n ").split("\n", 1)[0]
    delimiter = max(",;\t|", key=head.count)
    reader = csv.reader(io.StringIO(text.lstrip("﻿"), newline=""), delimiter=delimiter)
    before = 0
    try:
        for row in reader:
            yield before + 1, tuple(row)
            before = reader.line_num
    except csv.Error as error:
        line = reader.line_num
        raise _refused(filename, f"line {line} cannot be read: {error}", f"第 {line} 行无法读取：{error}") from error


_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def _workbook(content: bytes, filename: str) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    import openpyxl  # two hundred modules, which a worker without workbooks does not wait for
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _check_package(content, filename)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
        if sheet is None:
            raise _refused(filename, "the workbook has no sheet", "工作簿没有工作表")
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, max_row=MOST_ROWS * 2), start=1):
            cells = [_cell(cell.value, cell.data_type) for cell in row]
            while cells and cells[-1] is None:
                cells.pop()
            yield number, tuple(cells)
    except zipfile.BadZipFile as error:
        words = "the workbook is damaged; open it and save it again", "工作簿已损坏，请打开后重新保存"
        raise _refused(filename, *words) from error
    except (InvalidFileException, KeyError, ValueError, ParseError, SyntaxError) as error:
        raise _refused(filename, f"not a workbook that can be read: {error}", f"无法读取的工作簿：{error}") from error


def _check_package(content: bytes, filename: str) -> None:
    """Refuse what would unpack to too much, and XML that declares entities."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        if sum(part.file_size for part in package.infolist()) > MOST_UNPACKED_BYTES:
            raise _refused(filename, "the workbook unpacks to too much", "工作簿解压后过大")
        for part in package.infolist():
            if part.filename.endswith((".xml", ".rels")):
                with package.open(part) as stream:
                    if _DOCTYPE.search(stream.read(4096)):
                        raise _refused(filename, f"{part.filename} declares a DOCTYPE", f"{part.filename} 含 DOCTYPE")


def _cell(value: object, kind: str) -> Cell:
    if kind == "f":
        return Formula(str(value))
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float):
        return Decimal(repr(value))
    return str(value)


def content_of(source: Path | bytes, filename: str, most_bytes: int) -> bytes:
    """A file's bytes, without reading more than may be taken. InvalidInput when it cannot be opened."""
    if isinstance(source, bytes):
        return source
    try:
        with source.open("rb") as stream:
            return stream.read(most_bytes + 1)
    except OSError as error:
        raise _refused(filename, f"cannot be opened: {error.strerror}", f"无法打开：{error.strerror}") from error
