"""What runs: deployments of process packages. Law: a deployment is a folder at one moment and never changes.

A package is a folder: diagrams, decision tables, forms, translations. Any changed file makes a new version of every
process in it, so that running instances keep their diagram, tables and forms together; what a file binds to is first
looked for in its own package, then in the newest deployment that has it (docs/decisions).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.decisions import Decisions, compile_decisions
from engine.errors import Fault, ModelRefused, NotFound, ProcessSuspended
from engine.execution import Runtime, runtime_of
from engine.ids import new_id
from engine.process.definition import process_ids, read_bpmn
from engine.process.model import Definition
from engine.store import Prepared
from engine.store import tables as t

KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form"}


@dataclass(frozen=True, slots=True)
class Package:
    """One definition with everything of its deployment that it needs at run time."""

    id: int
    key: str
    version: int
    deployment_id: int
    folder: str
    definition: Definition
    kernel: str
    decisions: Mapping[str, Decisions]
    forms: Mapping[str, dict[str, Any]]
    texts: Mapping[str, str]
    """English texts by element and field id."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment brought. `unchanged`: the same files were there already, and nothing was added."""

    deployment_id: int
    definitions: tuple[tuple[str, int], ...] = ()
    decisions: tuple[tuple[str, int], ...] = ()
    forms: tuple[tuple[str, int], ...] = ()
    unchanged: bool = False
    warnings: tuple[Fault, ...] = ()


@dataclass(slots=True)
class Checked:
    """A folder's files, read and compiled, with every fault found."""

    processes: dict[str, tuple[str, Definition]] = field(default_factory=dict)
    decisions: dict[str, tuple[str, Decisions]] = field(default_factory=dict)
    forms: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
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


def check(session: Session, files: Mapping[str, bytes]) -> Checked:
    """Read and compile a package's files against what this installation knows; deploys nothing."""
    runtime = runtime_of(session)
    found = Checked()
    for name, content in sorted(files.items()):
        match kind_of(name):
            case "dmn":
                _check_decisions(found, name, content, files)
            case "form":
                _check_form(found, name, content)
            case "i18n":
                _check_json(found, name, content)
    for name, content in sorted(files.items()):
        if kind_of(name) == "bpmn":
            _check_processes(session, found, name, content, _known(session, runtime, found, files))
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


def _known(session: Session, runtime: Runtime, found: Checked, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "topics": runtime.registry.topics,
        "decisions": set(found.decisions) | set(session.scalars(sa.select(t.decision.c.key).distinct())),
        "processes": set(session.scalars(sa.select(t.definition.c.key).distinct())) | _process_ids(files),
        "forms": set(found.forms) | set(session.scalars(sa.select(t.form.c.key).distinct())),
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


def _unbound_forms(session: Session, found: Checked, definition: Definition, file: str) -> Iterator[Fault]:
    """Forms whose binding (to a version, a tag, the own deployment) finds nothing; unknown keys are told elsewhere."""
    for node in definition.nodes.values():
        key, binding = (node.user.form, node.user.form_binding) if node.user is not None else (None, "latest")
        kind, _, what = binding.partition(":")
        if key is None or kind == "latest" or (kind == "deployment" and key in found.forms):
            continue
        if kind == "tag" and key in found.forms and found.forms[key][1].get("versionTag") == what:
            continue
        if kind != "deployment" and _deployed_form(session, key, kind, what) is not None:
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


def _check_decisions(found: Checked, name: str, content: bytes, files: Mapping[str, bytes]) -> None:
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


def _check_form(found: Checked, name: str, content: bytes) -> None:
    schema = _check_json(found, name, content)
    if not isinstance(schema, dict):
        return
    key = str(schema.get("id") or name.rsplit("/", 1)[-1].removesuffix(".form"))
    if not isinstance(schema.get("components"), list):
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


def _check_json(found: Checked, name: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, UnicodeDecodeError) as error:
        line = getattr(error, "lineno", None)
        found.faults.append(
            Fault(
                "json.malformed",
                None,
                line,
                f"{name} is not readable JSON: {error}",
                f"{name} 不是有效的 JSON:{error}",
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


def deploy(session: Session, by: str, folder: str, files: Mapping[str, bytes], note: str = "") -> Deployed:
    """Check a package and make it the newest version. ModelRefused carries all faults; nothing is stored then."""
    _one_at_a_time(session)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    newest = _newest_deployment(session, folder)
    if newest is not None and _digests(session, newest) == digests:
        return Deployed(newest, unchanged=True)
    checked = check(session, files)
    if checked.errors:
        raise ModelRefused(checked.errors)
    now, id = runtime_of(session).now(), new_id()
    session.execute(sa.insert(t.deployment).values(id=id, at=now, by=by, folder=folder, note=note))
    resources = {name: new_id() for name in files}
    for name, content in files.items():
        row = {"id": resources[name], "deployment_id": id, "name": name, "kind": kind_of(name)}
        session.execute(sa.insert(t.resource).values(**row, sha256=digests[name], content=content))
    definitions = []
    for key, (name, compiled) in checked.processes.items():
        version, rests = _next(session, t.definition, key), _all_rest(session, key)
        row = {"name": compiled.name or key, "kernel": compiled.properties.get("kernel", "native")}
        session.execute(
            sa.insert(t.definition).values(
                id=new_id(),
                key=key,
                version=version,
                deployment_id=id,
                resource_id=resources[name],
                deployed_at=now,
                suspended=rests,
                **row,
            )
        )
        definitions.append((key, version))
    decisions = [
        (key, _add_version(session, t.decision, key, id, resources[name], name=model.ids()[key]))
        for key, (name, model) in checked.decisions.items()
    ]
    forms = [(key, _add_version(session, t.form, key, id, resources[name])) for key, (name, _) in checked.forms.items()]
    return Deployed(id, tuple(definitions), tuple(decisions), tuple(forms), warnings=tuple(checked.faults))


def _all_rest(session: Session, key: str) -> bool:
    """Whether the whole process is suspended: a new version of it then rests, too."""
    c = t.definition.c
    states = set(session.scalars(sa.select(c.suspended).where(c.key == key).distinct()))
    return states == {True}


def require_not_suspended(session: Session, definition_id: int) -> None:
    """ProcessSuspended when nothing is to be started of this version."""
    row = _STARTED.one(session, {"definition": definition_id})
    if row is not None:
        require_goes_on(row)


def require_goes_on(row: Mapping[str, Any]) -> None:
    """ProcessSuspended when nothing is to be started of the version with this row."""
    if row["suspended"]:
        raise ProcessSuspended(name=row["name"] or row["key"], version=row["version"])


def _one_at_a_time(session: Session) -> None:
    """Two processes that deploy at once must not count the same version; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE deployment IN SHARE ROW EXCLUSIVE MODE"))


def _add_version(session: Session, table: sa.Table, key: str, deployment: int, resource: int, **more: str) -> int:
    version = _next(session, table, key)
    session.execute(
        sa.insert(table).values(
            id=new_id(), key=key, version=version, deployment_id=deployment, resource_id=resource, **more
        )
    )
    return version


def _next(session: Session, table: sa.Table, key: str) -> int:
    highest: int | None = session.scalar(sa.select(sa.func.max(table.c.version)).where(table.c.key == key))
    return (highest or 0) + 1


def _newest_deployment(session: Session, folder: str) -> int | None:
    return session.scalar(
        sa.select(t.deployment.c.id)
        .where(t.deployment.c.folder == folder)
        .order_by(t.deployment.c.at.desc(), t.deployment.c.id.desc())
        .limit(1)
    )


def _digests(session: Session, deployment: int) -> dict[str, str]:
    rows = session.execute(
        sa.select(t.resource.c.name, t.resource.c.sha256).where(t.resource.c.deployment_id == deployment)
    )
    return {row.name: row.sha256 for row in rows}


def newest(session: Session, key: str, version: int | None = None) -> int:
    """The id of a process's newest (or given) version. NotFound when there is none."""
    return int(newest_row(session, key, version)["id"])


def newest_row(session: Session, key: str, version: int | None = None) -> Mapping[str, Any]:
    """Id, key, version, name and `suspended` of a process's newest (or given) version. NotFound: there is none."""
    row = (
        _VERSION.one(session, {"wanted": key, "version": version}) if version else _NEWEST.one(session, {"wanted": key})
    )
    if row is None:
        raise NotFound(what="process", id=key if version is None else f"{key} v{version}")
    return row


_SHORT = sa.select(*(t.definition.c[name] for name in ("id", "key", "version", "name", "suspended")))
_OF_KEY = _SHORT.where(t.definition.c.key == sa.bindparam("wanted"))
_NEWEST = Prepared(_OF_KEY.order_by(t.definition.c.version.desc()).limit(1))
_VERSION = Prepared(_OF_KEY.where(t.definition.c.version == sa.bindparam("version")))
_STARTED = Prepared(_SHORT.where(t.definition.c.id == sa.bindparam("definition")))


def tagged(session: Session, key: str, tag: str) -> int:
    """The id of a process's newest version with that version tag. NotFound when there is none."""
    versions = sa.select(t.definition.c.id).where(t.definition.c.key == key).order_by(t.definition.c.version.desc())
    for id in session.scalars(versions).all():
        if package(session, id).definition.version_tag == tag:
            return int(id)
    raise NotFound(what="process", id=f"{key} {tag}")


def package(session: Session, definition_id: int) -> Package:
    """The compiled package of a definition, compiled once in a process."""
    runtime = runtime_of(session)
    known = runtime.compiled.get(definition_id)
    if known is None:
        known = runtime.compiled[definition_id] = _compile(session, definition_id)
    found: Package = known
    return found


def _compile(session: Session, definition_id: int) -> Package:
    row = (
        session.execute(
            sa.select(t.definition, t.deployment.c.folder)
            .join(t.deployment, t.deployment.c.id == t.definition.c.deployment_id)
            .where(t.definition.c.id == definition_id)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound(what="definition", id=definition_id)
    resources = files_of(session, row["deployment_id"])
    found = Checked()
    definition: Definition | None = None
    for name, content in resources.items():
        match kind_of(name):
            case "dmn":
                _check_decisions(found, name, content, resources)
            case "form":
                _check_form(found, name, content)
            case "bpmn":
                models = read_bpmn(content, file=name, checked=True)
                definition = next((d for d in models.definitions if d.key == row["key"]), definition)
    if definition is None:
        raise NotFound(what="process", id=row["key"])
    return Package(
        id=definition_id,
        key=row["key"],
        version=row["version"],
        deployment_id=row["deployment_id"],
        folder=row["folder"],
        definition=definition,
        kernel=row["kernel"],
        decisions={id: model for id, (_, model) in found.decisions.items()},
        forms={key: schema for key, (_, schema) in found.forms.items()},
        texts=_texts(resources),
    )


def candidates(session: Session, folder: str, files: Mapping[str, bytes]) -> dict[str, Package]:
    """Process key -> what these files would run, were they deployed now; nothing is stored. ModelRefused."""
    checked = check(session, files)
    if checked.errors:
        raise ModelRefused(checked.errors)
    return {
        key: Package(
            id=0,
            key=key,
            version=_next(session, t.definition, key),
            deployment_id=0,
            folder=folder,
            definition=definition,
            kernel=definition.properties.get("kernel", "native"),
            decisions={id: model for id, (_, model) in checked.decisions.items()},
            forms={form: schema for form, (_, schema) in checked.forms.items()},
            texts=_texts(files),
        )
        for key, (_, definition) in checked.processes.items()
    }


def _texts(resources: Mapping[str, bytes]) -> dict[str, str]:
    content = resources.get("i18n/en.json")
    return dict(json.loads(content)) if content else {}


def files_of(session: Session, deployment: int) -> dict[str, bytes]:
    """The files of a deployment, as they were deployed."""
    rows = session.execute(
        sa.select(t.resource.c.name, t.resource.c.content)
        .where(t.resource.c.deployment_id == deployment)
        .order_by(t.resource.c.name)
    )
    return {row.name: bytes(row.content) for row in rows}


def form_schema(session: Session, found: Package, element: str, key: str | None) -> dict[str, Any] | None:
    """The form of a task or start event, by the binding that the diagram gives it.

    latest: of the own package, else the newest of that key; deployment: of the own package; version:N and tag:X: as
    deployed anywhere. None when there is no such form: then its key names a place of the host's.
    """
    if key is None:
        return None
    node = found.definition.nodes.get(element)
    binding = node.user.form_binding if node is not None and node.user is not None else "latest"
    kind, _, what = binding.partition(":")
    if kind not in ("version", "tag") and key in found.forms:
        return found.forms[key]
    if kind == "deployment":
        return None
    return _deployed_form(session, key, kind, what)


def _deployed_form(session: Session, key: str, kind: str, what: str) -> dict[str, Any] | None:
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


def folders(session: Session) -> dict[str, int]:
    """The newest deployment of every folder."""
    found: dict[str, int] = {}
    rows: Iterable[Any] = session.execute(
        sa.select(t.deployment.c.folder, t.deployment.c.id).order_by(t.deployment.c.at, t.deployment.c.id)
    )
    for row in rows:
        found[row.folder] = row.id
    return found
