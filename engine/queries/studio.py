"""What the studio shows: packages with what they hold, their deployments, and what a model may choose from."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import checking
from engine import definitions as packages
from engine.comparing import Change as Change
from engine.comparing import FileChange as FileChange
from engine.comparing import compare as compare
from engine.errors import ModelRefused, NotFound
from engine.execution import runtime_of
from engine.process.definition import process_ids, read_bpmn
from engine.store import tables as t

d = t.deployment.c


@dataclass(frozen=True, slots=True)
class Part:
    """A process, a decision or a form of a package, in its newest version."""

    key: str
    name: str
    name_en: str
    version: int
    running: int = 0


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """One deployment of a folder, with the processes it brought and their versions."""

    id: int
    folder: str
    at: datetime
    by: str
    note: str
    processes: tuple[tuple[str, int], ...] = ()
    digests: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package as it runs: what its newest deployment holds."""

    folder: str
    newest: DeploymentRow
    processes: tuple[Part, ...]
    decisions: tuple[Part, ...]
    forms: tuple[Part, ...]

    @property
    def running(self) -> int:
        """Running cases of its processes, in all versions."""
        return sum(part.running for part in self.processes)


def package_rows(session: Session, folder: str | None = None) -> list[PackageRow]:
    """Every package, by folder; or the one of a folder. Nothing for a folder that was never deployed."""
    newest = packages.folders(session)
    wanted = {name: id for name, id in newest.items() if folder in (None, name)}
    heads = {row.id: row for row in session.execute(sa.select(t.deployment).where(d.id.in_(wanted.values())))}
    texts = _english(session, wanted.values())
    parts = {
        kind: _parts(session, table, wanted.values(), texts)
        for kind, table in (("process", t.definition), ("decision", t.decision), ("form", t.form))
    }
    found = []
    for name, id in sorted(wanted.items()):
        row = heads[id]
        head = DeploymentRow(id, name, row.at, row.by, row.note)
        of = {kind: tuple(by.get(id, ())) for kind, by in parts.items()}
        found.append(PackageRow(name, head, of["process"], of["decision"], of["form"]))
    return found


def _english(session: Session, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    r = t.resource.c
    rows = session.execute(
        sa.select(r.deployment_id, r.content).where(r.deployment_id.in_(ids), r.name == "i18n/en.json")
    )
    return {row.deployment_id: json.loads(row.content) for row in rows}


def _parts(
    session: Session, table: sa.Table, ids: Iterable[int], texts: Mapping[int, Mapping[str, Any]]
) -> dict[int, list[Part]]:
    c = table.c
    running = _running(session) if table is t.definition else {}
    found: dict[int, list[Part]] = defaultdict(list)
    for row in session.execute(sa.select(table).where(c.deployment_id.in_(ids)).order_by(c.key)):
        name = getattr(row, "name", None) or row.key
        english = texts.get(row.deployment_id, {}).get(row.key)
        shown = english if isinstance(english, str) else name
        found[row.deployment_id].append(Part(row.key, name, shown, row.version, running.get(row.key, 0)))
    return found


def _running(session: Session) -> dict[str, int]:
    i = t.instance.c
    rows = session.execute(sa.select(i.key, sa.func.count().label("n")).where(i.state == "active").group_by(i.key))
    return {row.key: row.n for row in rows}


def deployments(session: Session, folder: str, *, most: int = 100) -> list[DeploymentRow]:
    """The deployments of a folder, newest first, with the digests of their files."""
    rows = session.execute(
        sa.select(t.deployment).where(d.folder == folder).order_by(d.at.desc(), d.id.desc()).limit(most)
    ).all()
    ids = [row.id for row in rows]
    f, r = t.definition.c, t.resource.c
    brought: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in session.execute(sa.select(f.deployment_id, f.key, f.version).where(f.deployment_id.in_(ids))):
        brought[row.deployment_id].append((row.key, row.version))
    digests: dict[int, dict[str, str]] = defaultdict(dict)
    for row in session.execute(sa.select(r.deployment_id, r.name, r.sha256).where(r.deployment_id.in_(ids))):
        digests[row.deployment_id][row.name] = row.sha256
    return [
        DeploymentRow(row.id, folder, row.at, row.by, row.note, tuple(sorted(brought[row.id])), digests[row.id])
        for row in rows
    ]


def deployment_of(session: Session, key: str, version: int) -> int:
    """The deployment that brought a version of a process. NotFound when there is none."""
    f = t.definition.c
    found = session.scalar(sa.select(f.deployment_id).where(f.key == key, f.version == version))
    if found is None:
        raise NotFound(what="definition", id=f"{key} {version}")
    return int(found)


def deployment_files(session: Session, deployment: int) -> dict[str, str]:
    """The files of a deployment as texts. NotFound when there is none."""
    found = packages.files_of(session, deployment)
    if not found:
        raise NotFound(what="deployment", what_zh="部署", id=deployment)
    return {name: content.decode() for name, content in found.items()}


def drafts(session: Session, folder: str | None = None) -> list[tuple[str, str, datetime, int]]:
    """(folder, by whom, last saved, number of changed files) of every draft, the newest first."""
    c = t.package_draft.c
    query = sa.select(t.package_draft).order_by(c.updated_at.desc())
    rows = session.execute(query.where(c.folder == folder) if folder is not None else query)
    return [(row.folder, row.by, row.updated_at, len(row.files)) for row in rows]


# ── what a model may choose from ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Topic:
    """Work that a handler of this installation does: the inputs it takes (None: all) and those it cannot do without."""

    name: str
    says: str
    inputs: tuple[str, ...] | None
    needs: tuple[str, ...]
    outputs: tuple[str, ...]
    """What deployed diagrams take over from it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An id with its name in both languages."""

    id: str
    name: str
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the properties of an element may name, in this installation and in the package that is drawn."""

    topics: tuple[Topic, ...]
    forms: tuple[Choice, ...]
    decisions: tuple[Choice, ...]
    processes: tuple[Choice, ...]
    groups: tuple[Choice, ...]
    people: tuple[Choice, ...]
    messages: tuple[str, ...]


def choices(session: Session, files: Mapping[str, bytes]) -> Choices:
    """Everything that may be named: what is deployed, and what the package's own files bring."""
    rows = package_rows(session)
    forms = {part.key: Choice(part.key, part.name, part.name_en) for row in rows for part in row.forms}
    decisions = {part.key: Choice(part.key, part.name, part.name_en) for row in rows for part in row.decisions}
    processes = {part.key: Choice(part.key, part.name, part.name_en) for row in rows for part in row.processes}
    messages = _messages(session)
    for name, content in files.items():
        kind = checking.kind_of(name)
        if kind == "form":
            with suppress(ValueError):
                id = str(json.loads(content).get("id") or name.rsplit("/", 1)[-1].removesuffix(".form"))
                forms.setdefault(id, Choice(id, id))
        elif kind == "bpmn":
            with suppress(ModelRefused):
                for id in process_ids(content, file=name):
                    processes.setdefault(id, Choice(id, id))
                messages |= read_bpmn(content, file=name, checked=True).messages
    decisions |= {id: Choice(id, name) for id, name in _own_decisions(session, files).items() if id not in decisions}
    teams = session.execute(sa.select(t.team).order_by(t.team.c.id))
    people = session.execute(sa.select(t.person).where(t.person.c.active).order_by(t.person.c.id))
    return Choices(
        topics=_topics(session),
        forms=_sorted(forms),
        decisions=_sorted(decisions),
        processes=_sorted(processes),
        groups=tuple(Choice(one.id, one.name, one.name_en or "") for one in teams),
        people=tuple(Choice(one.id, one.name, one.name_en or "") for one in people),
        messages=tuple(sorted(messages)),
    )


def _sorted(found: Mapping[str, Choice]) -> tuple[Choice, ...]:
    return tuple(found[id] for id in sorted(found))


def _own_decisions(session: Session, files: Mapping[str, bytes]) -> dict[str, str]:
    """The decisions of the package's own tables, the readable ones."""
    tables = {name: content for name, content in files.items() if checking.kind_of(name) == "dmn"}
    return {id: model.ids()[id] for id, (_, model) in checking.check(session, tables).decisions.items()}


def _newest(session: Session) -> list[Any]:
    """The newest version of every process, compiled."""
    f = t.definition.c
    newest = sa.select(f.key, sa.func.max(f.version).label("version")).group_by(f.key).subquery()
    at = sa.and_(newest.c.key == f.key, newest.c.version == f.version)
    ids = session.scalars(sa.select(f.id).join(newest, at))
    return [packages.package(session, id).definition for id in ids]


def _messages(session: Session) -> set[str]:
    """Names of messages that deployed processes wait for or send."""
    return {
        event.ref
        for definition in _newest(session)
        for node in definition.nodes.values()
        for event in node.events
        if event.kind == "message" and event.ref
    }


def _topics(session: Session) -> tuple[Topic, ...]:
    registry = runtime_of(session).registry
    outputs: dict[str, set[str]] = defaultdict(set)
    for definition in _newest(session):
        for node in definition.nodes.values():
            if node.work is not None and node.work.topic:
                outputs[node.work.topic] |= {param.name for param in node.outputs}
    found = []
    for name in sorted(registry.topics):
        one = registry.find(name)
        says = (one.function.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
        takes = None if one.accepts is None else tuple(sorted(one.accepts))
        found.append(Topic(name, " ".join(says.split()), takes, one.needs, tuple(sorted(outputs[name]))))
    return tuple(found)
