"""The files of a play: diagrams, decision tables, forms. Law: read once, refused with every fault, never changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.decisions import Decisions, compile_decisions
from engine.errors import Fault, ModelRefused, NotFound
from engine.exact import read_json
from engine.process.definition import read_bpmn
from engine.process.model import Definition
from engine.process.rules.starts import MessageStart, message_starts, shared

SUFFIXES = (".bpmn", ".dmn", ".form")


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its name for messages, its kind (bpmn, dmn, form) and its content."""

    name: str
    kind: str
    content: bytes


class DecisionShelf(Mapping[str, Decisions]):
    """Decision name or id -> the model that holds it."""

    def __init__(self, models: Iterable[Decisions]) -> None:
        self._models = tuple(models)
        self._found: dict[str, Decisions | None] = {}

    def __getitem__(self, name: str) -> Decisions:
        if name not in self._found:
            self._found[name] = next((model for model in self._models if model.has(name)), None)
        found = self._found[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        for model in self._models:
            yield from model.names()

    def __len__(self) -> int:
        return sum(len(model.names()) for model in self._models)


@dataclass(slots=True)
class Library:
    """What the files gave."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    decisions: DecisionShelf = field(default_factory=lambda: DecisionShelf(()))
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    homes: dict[str, str] = field(default_factory=dict)
    """Process -> the file it came from."""

    def message_starts(self) -> Iterator[MessageStart]:
        """Where messages begin the processes."""
        for key, definition in self.definitions.items():
            yield from message_starts(definition, self.homes[key], definition.name)


def load(files: Iterable[str | Path]) -> Library:
    """Read paths, folders or texts. Faults are collected in `refused`. Raises NotFound for a path that is not there."""
    sources = [source for entry in files for source in _sources(entry)]
    library = Library()
    library.decisions = DecisionShelf(_decisions(library, [s for s in sources if s.kind == "dmn"]))
    for source in sources:
        if source.kind == "form":
            _form(library, source)
    ids = {name for model in library.decisions for name in (model,)}
    for source in sources:
        if source.kind == "bpmn":
            _diagram(library, source, ids)
    library.refused += shared(library.message_starts())
    return library


def _sources(entry: str | Path) -> Iterator[Source]:
    if isinstance(entry, str) and entry.lstrip("\ufeff \t\r\n").startswith(("<", "{")):
        yield Source("text", _kind_of_text(entry), entry.encode())
        return
    path = Path(entry)
    if path.is_dir():
        for inner in sorted(path.rglob("*")):
            if inner.suffix in SUFFIXES:
                yield Source(str(inner), inner.suffix[1:], inner.read_bytes())
        return
    if not path.is_file():
        raise NotFound(what="file", id=str(entry))
    kind = path.suffix[1:] if path.suffix in SUFFIXES else ""
    content = path.read_bytes()
    yield Source(str(path), kind or _kind_of_text(content.decode("utf-8", "replace")), content)


def _kind_of_text(text: str) -> str:
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return "form"
    root = _ROOT.search(text)
    named = root[0] if root is not None else text
    return "dmn" if "omg.org/spec/DMN" in named and "omg.org/spec/BPMN" not in named else "bpmn"


_ROOT = re.compile(r"<(?:[\w.-]+:)?definitions\b[^>]*")
"""Its root says what a file is, whatever its expressions name as their language."""


def _decisions(library: Library, sources: list[Source]) -> list[Decisions]:
    found: list[Decisions] = []
    for source in sources:
        others = [other.content for other in sources if other is not source] if b"import" in source.content else []
        try:
            model = compile_decisions(source.content, source.name, others)
        except ModelRefused as refused:
            _refuse(library, refused, source)
            continue
        found.append(model)
        library.warnings += [fault for fault in model.warnings if fault.severity == "warning"]
    return found


def _form(library: Library, source: Source) -> None:
    try:
        schema = read_json(source.content)
    except ValueError as error:
        line = getattr(error, "lineno", None)
        library.refused.append(
            Fault("form-unreadable", None, line, f"This is no form: {error}.", f"不是有效的表单：{error}。",
                  file=source.name)
        )  # fmt: skip
        return
    library.forms[str(schema.get("id") or Path(source.name).stem)] = schema


def _diagram(library: Library, source: Source, decisions: set[str]) -> None:
    try:
        models = read_bpmn(source.content, file=source.name, callable_decisions=decisions)
    except ModelRefused as refused:
        _refuse(library, refused, source)
        return
    library.warnings += models.warnings
    for definition in models.definitions:
        library.definitions[definition.key] = definition
        library.homes[definition.key] = source.name


def _refuse(library: Library, refused: ModelRefused, source: Source) -> None:
    library.refused += [fault for fault in refused.faults if fault.severity == "error"]


def told(fault: Fault, language: str = "en") -> dict[str, Any]:
    """A fault as the report has it."""
    return {
        "file": fault.file, "rule": fault.rule, "element": fault.element, "line": fault.line,
        "message": fault.text(language),
    }  # fmt: skip
