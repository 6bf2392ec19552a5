"""What stands against a package's files. Law: every fault is told at once; nothing is stored.

Its diagrams, tables and forms are read and compiled against what this installation knows: topics, what may be called,
and which process each message starts already.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.decisions import Decisions, compile_decisions
from engine.errors import Fault, ModelRefused
from engine.execution import Runtime, runtime_of
from engine.process.definition import process_ids, read_bpmn
from engine.process.model import Definition
from engine.process.rules import catalogue
from engine.process.rules.starts import MessageStart, message_starts, shared
from engine.store import tables as t

KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form"}


@dataclass(slots=True)
class Checked:
    """A folder's files, read and compiled, with every fault found."""

    processes: dict[str, tuple[str, Definition]] = field(default_factory=dict)
    decisions: dict[str, tuple[str, Decisions]] = field(default_factory=dict)
    forms: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    """Forms that are there and cannot be read: told once, not again by every task that shows them."""
    faults: list[Fault] = field(default_factory=list)

    @property
    def errors(self) -> list[Fault]:
        """Faults that stand against a deployment."""
        return [fault for fault in self.faults if fault.severity == "error"]


def kind_of(name: str) -> str:
    """The kind of a package's file, by its name."""
    for ending, kind in KINDS.items():
        if name.endswith(ending):
            return kind
    if name.startswith("i18n/") and name.endswith(".json"):
        return "i18n"
    return "scenario" if name.startswith("scenarios/") else "other"


def check_beside(session: Session, folders: Mapping[str, Mapping[str, bytes]]) -> dict[str, Checked]:
    """Check packages that are to run beside each other, by folder: a message of one starts no process of another."""
    found = {folder: check(session, files, alone=False) for folder, files in folders.items()}
    processes = {
        key: (f"{folder}/{name}", definition)
        for folder, checked in found.items()
        for key, (name, definition) in checked.processes.items()
    }
    for fault in _shared_starts(session, processes):
        folder, _, name = fault.file.partition("/")
        found[folder].faults.append(replace(fault, file=name))
    return found


def check(session: Session, files: Mapping[str, bytes], *, alone: bool = True) -> Checked:
    """Read and compile a package's files against what this installation knows; deploys nothing.

    alone: nothing else is about to be deployed that would take the messages of a running process over.
    """
    runtime = runtime_of(session)
    found = Checked()
    readable = _within_limit(found, files, runtime.settings.max_model_bytes)
    for name, content in sorted(readable.items()):
        match kind_of(name):
            case "dmn":
                check_decisions(found, name, content, readable)
            case "form":
                check_form(found, name, content)
            case "i18n":
                _check_json(found, name, content)
    for name, content in sorted(readable.items()):
        if kind_of(name) == "bpmn":
            _check_processes(session, found, name, content, _known(session, runtime, found, readable))
    if alone:
        found.faults.extend(_shared_starts(session, found.processes))
    if not any(kind_of(name) in ("bpmn", "dmn", "form") for name in files):
        found.faults.append(
            Fault(
                "package.empty",
                None,
                None,
                "There is no diagram, decision table or form here.",
                "此文件夹中没有流程图、决策表或表单。",
                "Save a .bpmn, .dmn or .form file into the folder.",
                "请将 .bpmn、.dmn 或 .form 文件保存到该文件夹。",
            )
        )
    return found


def _within_limit(found: Checked, files: Mapping[str, bytes], limit: int) -> dict[str, bytes]:
    """The files that are not too large, of whatever kind; of a larger one only the beginning may have been read."""
    for name, content in sorted(files.items()):
        if len(content) > limit:
            found.faults.append(catalogue.fault("too-large", None, None, file=name, limit=f"{limit:,}"))
            if kind_of(name) == "form":
                found.unread.add(_form_key(name))
    return {name: content for name, content in files.items() if len(content) <= limit}


def _known(session: Session, runtime: Runtime, found: Checked, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "topics": runtime.registry.topics,
        "decisions": set(found.decisions) | set(session.scalars(sa.select(t.decision.c.key).distinct())),
        "processes": set(session.scalars(sa.select(t.definition.c.key).distinct())) | _process_ids(files),
        "forms": set(found.forms) | found.unread | set(session.scalars(sa.select(t.form.c.key).distinct())),
        "limit": runtime.settings.max_model_bytes,
    }


def _process_ids(files: Mapping[str, bytes]) -> set[str]:
    """Ids of processes in this package's files, so that they may call each other."""
    found: set[str] = set()
    for name, content in files.items():
        if kind_of(name) == "bpmn":
            with suppress(ModelRefused):  # told when the file itself is read
                found |= process_ids(content, file=name)
    return found


def _check_processes(session: Session, found: Checked, name: str, content: bytes, known: Mapping[str, Any]) -> None:
    try:
        models = read_bpmn(content, file=name, **known)
    except ModelRefused as refused:
        found.faults.extend(refused.faults)
        return
    found.faults.extend(models.warnings)
    for definition in models.definitions:
        if definition.key in found.processes:
            other = found.processes[definition.key][0]
            found.faults.append(_twice(name, other, "process", "流程", definition.key))
        found.processes[definition.key] = (name, definition)
        found.faults.extend(_against_kernel(definition, name))
        found.faults.extend(_unbound_forms(session, found, definition, name))


def _shared_starts(session: Session, processes: Mapping[str, tuple[str, Definition]]) -> Iterator[Fault]:
    """Messages that begin another of these processes, or one that runs and is not replaced by them."""
    starts = [
        start for name, definition in processes.values() for start in message_starts(definition, name, definition.name)
    ]
    if not starts:
        return
    s, d = t.subscription.c, t.definition.c
    rows = session.execute(
        sa.select(s.name, s.process_key, s.element, d.name.label("called"))
        .join(t.definition, d.id == s.definition_id)
        .where(s.kind == "message", s.name.in_({start.message for start in starts}), s.instance_id.is_(None))
        .where(s.process_key.not_in(processes), d.suspended.is_(False))
        .order_by(s.id)
    )
    taken = [MessageStart(row.name, row.process_key, row.element, called=row.called or "") for row in rows]
    yield from shared(starts, taken)


def _unbound_forms(session: Session, found: Checked, definition: Definition, file: str) -> Iterator[Fault]:
    """Forms whose binding (to a version, a tag, the own deployment) finds nothing; unknown keys are told elsewhere."""
    for node in definition.nodes.values():
        key, binding = (node.user.form, node.user.form_binding) if node.user is not None else (None, "latest")
        kind, _, what = binding.partition(":")
        if key is None or kind == "latest" or key in found.unread or (kind == "deployment" and key in found.forms):
            continue
        if kind == "tag" and key in found.forms and found.forms[key][1].get("versionTag") == what:
            continue
        if kind != "deployment" and deployed_form(session, key, kind, what) is not None:
            continue
        en, zh = f"There is no form “{key}” for the binding “{binding}”.", f"没有符合绑定“{binding}”的表单“{key}”。"
        hint = ("Deploy that form first, or bind to the latest.", "请先部署该表单，或改为绑定最新版本。")
        yield Fault("form-binding-unknown", node.id, node.line, en, zh, *hint, file=file)


def _against_kernel(definition: Definition, file: str) -> list[Fault]:
    """What stands against the kernel that the process asks for with its property `kernel`."""
    kernel = definition.properties.get("kernel", "native")
    if kernel == "spiff":
        from engine.process.spiff import supported  # only what is deployed for it needs the second kernel

        return [replace(fault, file=file) for fault in supported(definition)]
    if kernel == "native":
        return []
    en, zh = f"There is no kernel “{kernel}”.", f"没有内核“{kernel}”。"
    hint = ("Write native or spiff, or remove the property.", "请填写 native 或 spiff，或删除该属性。")
    return [Fault("kernel-unknown", definition.key, None, en, zh, *hint, file=file)]


def check_decisions(found: Checked, name: str, content: bytes, files: Mapping[str, bytes]) -> None:
    try:
        model = compile_decisions(content, name, other_tables(files, name))
    except ModelRefused as refused:
        found.faults.extend(refused.faults)
        return
    found.faults.extend(model.warnings)
    for id in model.ids():
        if id in found.decisions:
            found.faults.append(_twice(name, found.decisions[id][0], "decision", "决策", id))
        found.decisions[id] = (name, model)


def other_tables(files: Mapping[str, bytes], name: str) -> list[bytes]:
    """The package's other decision models: those that this one may import."""
    return [content for other, content in files.items() if other != name and kind_of(other) == "dmn"]


def check_form(found: Checked, name: str, content: bytes) -> None:
    before = len(found.faults)
    schema = _check_json(found, name, content)
    if len(found.faults) > before:
        found.unread.add(_form_key(name))
        return
    key = str((isinstance(schema, dict) and schema.get("id")) or _form_key(name))
    if not isinstance(schema, dict) or not isinstance(schema.get("components"), list):
        found.unread.add(key)
        found.faults.append(
            Fault(
                "form.components",
                key,
                None,
                f"{name} has no list of components.",
                f"{name} 中没有 components 列表。",
                "Open it in the form editor and save it again.",
                "请在表单编辑器中打开并重新保存。",
                file=name,
            )
        )
        return
    found.forms[key] = (name, schema)


def _form_key(name: str) -> str:
    """The id that a form has by the name of its file."""
    return name.rsplit("/", 1)[-1].removesuffix(".form")


def _check_json(found: Checked, name: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        reason = reason_zh = str(error)
        if isinstance(error, UnicodeDecodeError):
            reason, reason_zh = "it is not written in UTF-8", "编码不是 UTF-8"
        found.faults.append(
            Fault(
                "json.malformed",
                None,
                line,
                f"{name} is not readable JSON: {reason}",
                f"{name} 不是有效的 JSON：{reason_zh}",
                "Undo the last edit or open the file in its editor.",
                "请撤销最近的修改，或用编辑器重新打开该文件。",
                file=name,
            )
        )
        return None


def _twice(name: str, other: str, kind: str, kind_zh: str, id: str) -> Fault:
    return Fault(
        "package.duplicate",
        id,
        None,
        f"The {kind} {id} stands in {other} and in {name}.",
        f"{kind_zh} {id} 同时出现在 {other} 与 {name} 中。",
        "Give one of them another id.",
        "请为其中之一更换 id。",
        file=name,
    )


def deployed_form(session: Session, key: str, kind: str, what: str) -> dict[str, Any] | None:
    """The newest form of a key that is of the version or has the version tag asked for."""
    wanted = (
        sa.select(t.resource.c.content)
        .join(t.form, t.form.c.resource_id == t.resource.c.id)
        .where(t.form.c.key == key)
        .order_by(t.form.c.version.desc())
    )
    if kind == "version":
        wanted = wanted.where(t.form.c.version == int(what))
    for content in session.scalars(wanted if kind == "tag" else wanted.limit(1)):
        schema = dict(json.loads(content))
        if kind != "tag" or schema.get("versionTag") == what:
            return schema
    return None
