"""What runs: deployments of process packages. Law: a deployment is a folder at one moment and never changes.

A package is a folder: diagrams, decision tables, forms, translations. Any changed file makes a new version of every
process in it, so that running instances keep their diagram, tables and forms together; what a file binds to is first
looked for in its own package, then in the newest deployment that has it (docs/decisions).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import supposing
from engine.checking import Checked, check, check_decisions, check_form, deployed_form, kind_of
from engine.decisions import Decisions
from engine.errors import Fault, ModelRefused, NotFound, ProcessSuspended
from engine.execution import runtime_of
from engine.ids import new_id
from engine.process.definition import read_bpmn
from engine.process.model import Definition
from engine.store import Prepared
from engine.store import tables as t
from engine.supposing import Supposition


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


def deploy(session: Session, by: str, folder: str, files: Mapping[str, bytes], note: str = "") -> Deployed:
    """Check a package and make it the newest version. ModelRefused carries all faults; nothing is stored then."""
    one_at_a_time(session)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    newest = _newest_deployment(session, folder)
    if newest is not None and _stands(session, newest) and _digests(session, newest) == digests:
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
    """Whether the whole process is suspended: a new version then rests, too. What was withdrawn does not count."""
    c = t.definition.c
    standing = sa.select(c.suspended).join(t.deployment, t.deployment.c.id == c.deployment_id)
    states = set(session.scalars(standing.where(c.key == key, t.deployment.c.withdrawn_at.is_(None)).distinct()))
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


def one_at_a_time(session: Session) -> None:
    """Nobody else deploys from here to the unit's end: two at once must not count the same version, and what somebody
    saw of the newest one still holds. SQLite has one writer anyway."""
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


def _stands(session: Session, deployment: int) -> bool:
    """Whether it was not withdrawn."""
    return session.scalar(sa.select(t.deployment.c.withdrawn_at).where(t.deployment.c.id == deployment)) is None


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
    if version:
        row = supposing.row(session, _VERSION, {"wanted": key, "version": version})
    else:
        row = supposing.row(session, _NEWEST, {"wanted": key})
    if row is None:
        raise NotFound(what="process", id=key if version is None else f"{key} v{version}")
    return row


_SHORT = sa.select(*(t.definition.c[name] for name in ("id", "key", "version", "name", "suspended")))
_OF_KEY = _SHORT.where(t.definition.c.key == sa.bindparam("wanted"))
_STARTED = Prepared(_SHORT.where(t.definition.c.id == sa.bindparam("definition")))
_AS_IT_WAS = sa.select(t.definition.c.id).where(
    t.definition.c.id == sa.bindparam("id"), t.definition.c.suspended == sa.bindparam("suspended")
)
_later = t.definition.alias("later")
_NONE_LATER = ~sa.exists().where(_later.c.key == t.definition.c.key, _later.c.version > t.definition.c.version)
_NEWEST = Supposition(
    read=Prepared(_OF_KEY.order_by(t.definition.c.version.desc()).limit(1)),
    still=Prepared(_AS_IT_WAS.where(_NONE_LATER)),
    matter=("id", "suspended"),
)
_VERSION = Supposition(
    read=Prepared(_OF_KEY.where(t.definition.c.version == sa.bindparam("version"))),
    still=Prepared(_AS_IT_WAS),
    matter=("id", "suspended"),
)


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
    made = _made(row["key"], tuple(files_of(session, row["deployment_id"]).items()))
    if made is None:
        raise NotFound(what="process", id=row["key"])
    return Package(
        id=definition_id,
        key=row["key"],
        version=row["version"],
        deployment_id=row["deployment_id"],
        folder=row["folder"],
        definition=made.definition,
        kernel=row["kernel"],
        decisions=made.decisions,
        forms=made.forms,
        texts=made.texts,
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """What the files of a package are compiled to, whichever database they came from."""

    definition: Definition
    decisions: Mapping[str, Decisions]
    forms: Mapping[str, dict[str, Any]]
    texts: Mapping[str, str]


@lru_cache(maxsize=64)
def _made(key: str, files: tuple[tuple[str, bytes], ...]) -> _Made | None:
    """The process of that key in these files, with its tables, forms and texts; None when it is not there."""
    resources = dict(files)
    found = Checked()
    definition: Definition | None = None
    for name, content in files:
        match kind_of(name):
            case "dmn":
                check_decisions(found, name, content, resources)
            case "form":
                check_form(found, name, content)
            case "bpmn":
                models = read_bpmn(content, file=name, checked=True)
                definition = next((d for d in models.definitions if d.key == key), definition)
    if definition is None:
        return None
    return _Made(
        definition,
        decisions={id: model for id, (_, model) in found.decisions.items()},
        forms={form: schema for form, (_, schema) in found.forms.items()},
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
    return deployed_form(session, key, kind, what)


def folders(session: Session) -> dict[str, int]:
    """The newest deployment of every folder."""
    found: dict[str, int] = {}
    rows: Iterable[Any] = session.execute(
        sa.select(t.deployment.c.folder, t.deployment.c.id).order_by(t.deployment.c.at, t.deployment.c.id)
    )
    for row in rows:
        found[row.folder] = row.id
    return found
