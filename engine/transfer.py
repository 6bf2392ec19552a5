"""Instances to a file and from it. Law: a file is read to its end before the first of it is believed.

JSON Lines in UTF-8: `head` (format, version, moment, schema), for each tree of calls its `definition`s, a `tree` and
its `row`s (`engine.api.carrying`), and `end` with the number of lines before it and their SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.api.carrying import FORMAT, VERSION
from engine.api.exporting import export_tree, roots
from engine.api.importing import IfThere, Imported, definitions_here, import_tree
from engine.errors import InvalidInput
from engine.execution import Runtime
from engine.identity import Actor
from engine.queries.selection import Cases


@dataclass(frozen=True, slots=True)
class Exported:
    """What a file holds: trees of calls, lines, and the SHA-256 over all of them."""

    trees: int
    lines: int
    sha256: str


class _Pen:
    """Writes lines and keeps their number and hash."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.lines, self.digest = out, 0, hashlib.sha256()

    def write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        self.out.write(text)
        self.digest.update(text.encode())
        self.lines += 1


def export_file(runtime: Runtime, actor: Actor, path: Path, wanted: Cases, *, suspended: bool = False) -> Exported:
    """Write what is meant, tree by tree, each in a transaction of its own; the file appears when it is complete."""
    with runtime.reading() as session:
        found = roots(session, actor, wanted)
        schema = _schema(session)
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8", newline="\n") as out:
        pen = _Pen(out)
        pen.write({"line": "head", "format": FORMAT, "version": VERSION, "at": _now(runtime), "schema": schema})
        for root in found:
            for line in runtime.unit(partial(export_tree, actor=actor, root_id=root, suspended=suspended)):
                pen.write(line)
        made = Exported(len(found), pen.lines, pen.digest.hexdigest())
        pen.write({"line": "end", "lines": made.lines, "sha256": made.sha256})
    beside.replace(path)
    return made


def import_file(runtime: Runtime, actor: Actor, path: Path, *, if_there: IfThere = "refuse") -> Imported:
    """Bring in all trees of a file, each in a transaction of its own. InvalidInput for a file that is not whole, or not
    of this format; DefinitionsMissing before anything is written."""
    sha256 = _require_whole(path)
    with runtime.reading() as session:
        asked = {line["id"]: line for line in _lines(path) if line["line"] == "definition"}
        definitions = definitions_here(session, asked.values())
    total = Imported()
    for ids, rows in _trees(path):
        work = partial(
            import_tree, actor=actor, ids=ids, rows=rows, definitions=definitions, if_there=if_there, source=sha256
        )
        total.add(runtime.unit(work))
    return total


def _now(runtime: Runtime) -> str:
    return runtime.now().astimezone(runtime.zone).isoformat()


def _schema(session: Session) -> list[str]:
    return sorted(session.scalars(sa.text("SELECT version_num FROM alembic_version")))


_CUT = ("the file is cut off or was changed", "文件不完整或已被修改")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            try:
                line = json.loads(text)
            except ValueError as error:
                whole = text.endswith(b"\n")
                raise _wrong(path, number, *(("this is no JSON", "不是 JSON") if whole else _CUT)) from error
            if not isinstance(line, dict) or "line" not in line:
                raise _wrong(path, number, "this is no line of such a file", "不是该格式的行")
            yield line


def _require_whole(path: Path) -> str:
    """The hash of a file that says of itself what it is, and ends as it says."""
    lines = _lines(path)
    head = next(lines, {})
    if head.get("format") != FORMAT or head.get("version") != VERSION:
        raise _wrong(
            path, 1, f"a file of {FORMAT} version {VERSION} is expected", f"应为 {FORMAT} 第 {VERSION} 版格式的文件"
        )
    number, end = 1, head
    for line in lines:
        number, end = number + 1, line
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for index, raw in enumerate(file, 1):
            if index < number:
                digest.update(raw)
    if end["line"] != "end" or end["lines"] != number - 1 or end["sha256"] != digest.hexdigest():
        raise _wrong(path, number, *_CUT)
    return digest.hexdigest()


def _trees(path: Path) -> Iterator[tuple[list[int], list[dict[str, Any]]]]:
    ids, rows = list[int](), list[dict[str, Any]]()
    for line in _lines(path):
        if line["line"] == "tree":
            if ids:
                yield ids, rows
            ids, rows = [int(id) for id in line["instances"]], []
        elif line["line"] == "row":
            rows.append(line)
    if ids:
        yield ids, rows


def _wrong(path: Path, line: int, en: str, zh: str) -> InvalidInput:
    return InvalidInput(place=f"{path.name}:{line}", reason=en, reason_zh=zh)
