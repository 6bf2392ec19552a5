"""A folder of Camunda 7 models, judged before anybody moves. Law: nothing is stored; the check of a deployment judges.

| verdict | what it means |
|---|---|
| `runs` | deployed as it is, it runs |
| `handlers` | it runs once its code is there: as handlers here, or as programs that fetch work |
| `change` | something in the model must be changed: no code makes it run |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from engine import checking
from engine.errors import Fault, ModelRefused
from engine.execution import runtime_of
from engine.process.definition.xml import parse
from engine.process.survey import Need, needs

Verdict = Literal["runs", "handlers", "change"]
CODE = frozenset(
    {"implementation-code", "implementation-type", "listener-code", "listener-effect", "listener-language"}
    | {"script-language", "script-resource"}
)
"""Rules whose faults are mended by writing code."""
_BEAN = "cannot be called from a model"
_CASES = Fault(
    "cmmn", None, None, "Cases (CMMN) are not run.", "不支持案例管理模型（CMMN）。",
    "Draw it as an ad-hoc sub-process.", "请改画为自由式（ad-hoc）子流程。",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One file. `needs`: places that ask for code; `faults`: what must be changed; `notes`: what is left out."""

    file: str
    verdict: Verdict
    needs: tuple[Need, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def survey(session: Session, files: Mapping[str, bytes]) -> list[Surveyed]:
    """Judge BPMN, DMN and form files that belong together, by their names; .cmmn files cannot be had at all."""
    models = {_as_package(name): name for name in files if not name.endswith(".cmmn")}
    found: dict[str, list[Fault]] = {name: [] for name in files}
    checked = checking.check(session, {packed: files[name] for packed, name in models.items()})
    for fault in checked.faults:
        name = models.get(fault.file)
        if name is not None:
            found[name].append(fault)
    for name in files:
        if name.endswith(".cmmn"):
            found[name].append(_CASES)
    limit = runtime_of(session).settings.max_model_bytes
    return [_judged(name, files[name], found[name], limit) for name in sorted(files)]


def _as_package(name: str) -> str:
    """`loan.bpmn20.xml` is a diagram as well."""
    for ending, ours in ((".bpmn20.xml", ".bpmn"), (".bpmn.xml", ".bpmn"), (".dmn11.xml", ".dmn")):
        if name.endswith(ending):
            return name.removesuffix(ending) + ours
    return name


def _judged(name: str, content: bytes, faults: list[Fault], limit: int) -> Surveyed:
    asked: list[Need] = []
    if _as_package(name).endswith(".bpmn"):
        try:
            asked = needs(parse(content, file=name, limit=limit), name)
        except ModelRefused:  # told among the faults
            asked = []
    errors = [fault for fault in faults if fault.severity == "error"]
    connected = {need.element for need in asked if need.kind in ("connector", "mail")}
    coded = [fault for fault in errors if _is_code(fault, connected)]
    senders = {fault.element for fault in coded}
    hard = [fault for fault in errors if fault not in coded and not _follows(fault, senders)]
    code = [need for need in asked if need.kind not in ("topic", "form")]
    verdict: Verdict = "change" if hard else "handlers" if coded or code else "runs"
    notes = tuple(fault for fault in faults if fault.severity != "error")
    return Surveyed(name, verdict, tuple(asked), tuple(hard), notes)


def _is_code(fault: Fault, connected: set[str]) -> bool:
    if fault.rule == "work-missing":
        return fault.element in connected
    return fault.rule in CODE or (fault.rule == "expression-invalid" and _BEAN in fault.en)


def _follows(fault: Fault, senders: set[str | None]) -> bool:
    """A message event whose code is to become a topic names no message: that is the same fault once more."""
    return fault.rule == "event-message-missing" and fault.element in senders
