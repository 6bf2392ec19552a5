"""Processes as the library shows them: versions, diagram, what runs where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions as packages
from engine import states
from engine.errors import NotFound
from engine.identity import Actor
from engine.process.model import Node
from engine.queries import naming
from engine.rights import may_start
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a process."""

    version: int
    deployed_at: datetime
    by: str
    note: str
    running: int
    suspended: bool = False
    """Nothing is started of it until it is resumed."""


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """A process with its versions, newest first."""

    id: int
    key: str
    name: str
    name_en: str
    folder: str
    version: int
    versions: tuple[VersionRow, ...]
    running: int
    incidents: int


@dataclass(frozen=True, slots=True)
class DefinitionDetail:
    """One version of a process, with its diagram. What stands where: `tokens`."""

    row: DefinitionRow
    version: int
    xml: bytes
    incidents: Mapping[str, int]
    names_en: Mapping[str, str]
    documentation: str
    forms: tuple[str, ...]
    decisions: tuple[str, ...]
    calls: tuple[str, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormDetail:
    """A form as it was deployed, with the English texts of its package."""

    key: str
    schema: Mapping[str, Any]
    translations: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StartRow:
    """A process that a person starts by hand: at its start event without a trigger, with that event's form if any."""

    key: str
    name: str
    name_en: str
    version: int
    start_event: str
    form: str | None
    key_prefix: str | None = None
    """Of the business key that a case started by hand gets (process property `keyPrefix`)."""


def definitions(session: Session, key: str | None = None) -> list[DefinitionRow]:
    """All processes, by name; with a key that one alone."""
    of_instance = [t.instance.c.key == key] if key else []
    running = {
        (row.key, row.definition_id): row.n
        for row in session.execute(
            sa.select(t.instance.c.key, t.instance.c.definition_id, sa.func.count().label("n"))
            .where(t.instance.c.state == "active", *of_instance)
            .group_by(t.instance.c.key, t.instance.c.definition_id)
        )
    }
    broken = Counter(
        session.scalars(
            sa.select(t.instance.c.key)
            .join(t.incident, t.incident.c.instance_id == t.instance.c.id)
            .where(t.incident.c.resolved_at.is_(None), *of_instance)
        )
    )
    query = (
        sa.select(t.definition, t.deployment.c.folder, t.deployment.c.by, t.deployment.c.note)
        .join(t.deployment, t.deployment.c.id == t.definition.c.deployment_id)
        .order_by(t.definition.c.key, t.definition.c.version.desc())
    )
    rows = session.execute(query.where(t.definition.c.key == key) if key else query).all()
    by_key: dict[str, list[Any]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    found = [_definition_row(session, key, versions, running, broken[key]) for key, versions in by_key.items()]
    return sorted(found, key=lambda row: row.name)


def _definition_row(
    session: Session, key: str, rows: list[Any], running: Mapping[tuple[str, int], int], broken: int
) -> DefinitionRow:
    newest = rows[0]
    texts = packages.package(session, newest.id).texts
    versions = tuple(
        VersionRow(r.version, r.deployed_at, r.by, r.note, running.get((key, r.id), 0), r.suspended) for r in rows
    )
    return DefinitionRow(
        id=newest.id,
        key=key,
        name=newest.name,
        name_en=texts.get(key, newest.name),
        folder=newest.folder,
        version=newest.version,
        versions=versions,
        running=sum(version.running for version in versions),
        incidents=broken,
    )


def definition(session: Session, key: str, version: int | None = None) -> DefinitionDetail:
    """One version (the newest by default). NotFound when there is none."""
    definition_id = packages.newest(session, key, version)
    package = packages.package(session, definition_id)
    row = definitions(session, key)[0]
    model = package.definition
    return DefinitionDetail(
        row=row,
        version=package.version,
        xml=diagram(session, definition_id),
        incidents=Counter(
            session.scalars(
                sa.select(t.incident.c.element)
                .join(t.instance, t.instance.c.id == t.incident.c.instance_id)
                .where(t.instance.c.definition_id == definition_id, t.incident.c.resolved_at.is_(None))
            )
        ),
        names_en=package.texts,
        documentation=model.documentation,
        forms=tuple(sorted(model.forms)),
        decisions=tuple(sorted(model.decisions)),
        calls=tuple(sorted(model.calls)),
        topics=tuple(sorted(model.topics)),
    )


def startable(session: Session, actor: Actor) -> list[StartRow]:
    """What the actor may start by hand, by name: processes that name their starters or ask for something first.

    A process with neither is called by others, and is not offered.
    """
    keys = session.scalars(sa.select(t.definition.c.key).distinct())
    rows = (start_of(session, actor, key) for key in keys)
    return sorted((row for row in rows if row is not None), key=lambda row: row.name)


def start_of(session: Session, actor: Actor, key: str) -> StartRow | None:
    """How the actor starts the newest version by hand; None when it is not for them, or not started by hand."""
    package = packages.package(session, packages.newest(session, key))
    model = package.definition
    start = next((node for node in model.nodes.values() if _is_plain_start(node, model.key)), None)
    if start is None or not may_start(actor, model.candidate_starters):
        return None
    asked = start.user.form if start.user is not None else None
    if not model.candidate_starters and not asked:
        return None
    name = model.name or key
    prefix = model.properties.get("keyPrefix") or None
    return StartRow(key, name, package.texts.get(key, name), package.version, start.id, asked, prefix)


def _is_plain_start(node: Node, process: str) -> bool:
    return node.type == "startEvent" and not node.events and node.scope == process


def form(session: Session, key: str, form_key: str, version: int | None = None) -> FormDetail:
    """A form that a process uses, in one version of it. NotFound when there is no such process or form."""
    package = packages.package(session, packages.newest(session, key, version))
    users = (node.id for node in package.definition.nodes.values() if node.user and node.user.form == form_key)
    schema = packages.form_schema(session, package, next(users, ""), form_key)
    if schema is None:
        raise NotFound(what="form", what_zh="表单", id=form_key)
    return FormDetail(form_key, schema, package.texts)


def diagram(session: Session, definition_id: int) -> bytes:
    """The BPMN file of a definition, as it was deployed."""
    content = session.scalar(
        sa.select(t.resource.c.content)
        .join(t.definition, t.definition.c.resource_id == t.resource.c.id)
        .where(t.definition.c.id == definition_id)
    )
    return bytes(content) if content is not None else b""


def tokens(session: Session, key: str) -> dict[int, dict[str, int]]:
    """Version -> element -> live tokens, over all running instances of a process, the newest version first.

    Reads the state of every running instance (about 60 microseconds each).
    """
    found: dict[int, Counter[str]] = {}
    rows = session.execute(
        sa.select(t.definition.c.version, t.instance.c.id, t.instance.c.body)
        .join(t.definition, t.definition.c.id == t.instance.c.definition_id)
        .where(t.instance.c.key == key, t.instance.c.state == "active")
        .order_by(t.definition.c.version.desc())
    )
    for version, id, body in rows.all():
        counts = found.setdefault(version, Counter())
        counts.update(token.node for token in states.whole(session, id, body).tokens.values())
    return {version: dict(counts) for version, counts in found.items()}


def element_names(session: Session, key: str, version: int) -> dict[str, tuple[str, str]]:
    """Element -> (name, English name) of one version, the id where it has no name. NotFound when there is none."""
    package = packages.package(session, packages.newest(session, key, version))
    return {id: naming.called(package, id) for id in package.definition.nodes}


def signature(session: Session) -> str:
    """Changes when something was deployed or a save was refused: cheap enough to be asked every second."""
    newest = session.scalar(sa.select(sa.func.max(t.deployment.c.id)))
    refused = session.execute(sa.select(t.refused.c.folder, t.refused.c.at).order_by(t.refused.c.folder)).all()
    return "-".join([str(newest or 0), *(f"{row.folder}.{row.at.timestamp():.6f}" for row in refused)])


@dataclass(frozen=True, slots=True)
class JobPlace:
    """Where jobs or timers come to stand. `what`: timer, async-before, async-after, work (a handler, script, decision
    or call). `says`: of a timer, its kind and expression as written."""

    element: str
    what: str
    starts: str
    """Of a timer: the type of the node that it belongs to; else empty."""
    says: str = ""


def job_places(session: Session, definition_id: int) -> tuple[JobPlace, ...]:
    """The places of a process where work comes to lie for the engine itself. NotFound when there is no such process."""
    found: list[JobPlace] = []
    for node in packages.package(session, definition_id).definition.nodes.values():
        found += [
            JobPlace(node.id, "timer", node.type, f"{(one.timer or '').upper()}: {one.expr.text if one.expr else ''}")
            for one in node.events
            if one.kind == "timer"
        ]
        found += [JobPlace(node.id, f"async-{when}", "") for when in ("before", "after") if _pauses(node, when)]
        if _leaves_work(node):
            found.append(JobPlace(node.id, "work", ""))
    return tuple(found)


def _pauses(node: Node, when: str) -> bool:
    return node.async_before if when == "before" else node.async_after


def _leaves_work(node: Node) -> bool:
    work = node.work
    if work is None:
        return node.call is not None
    script = work.script is not None and work.compiled_script is None
    return not work.external and (work.topic is not None or work.decision is not None or script)
