"""Instances as people follow them: what they wait for and why, what happened, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions, states
from engine.definitions import Package
from engine.errors import NotFound
from engine.process.model import Definition
from engine.process.waits import TimerWait, Wait
from engine.queries import library
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One thing that an instance waits for. `what`: topic, message or signal name; `who`: person or team.

    `stands_by`: an event at the boundary of something or the start of an event sub-process: it listens beside the
    work, and the instance does not wait for it.
    """

    element: str
    name: str
    name_en: str
    kind: str
    what: str
    due: datetime | None
    who: str | None
    since: datetime | None
    task_id: int | None = None
    child_id: int | None = None
    stands_by: bool = False


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """What needs a person, with the way back to its instance. `text` is English, `text_zh` Chinese ("" if unknown)."""

    id: int
    instance_id: int | None
    process_key: str | None
    business_key: str | None
    element: str
    element_name: str
    element_name_en: str
    kind: str
    code: str
    text: str
    text_zh: str
    stack: str | None
    at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """An instance in a list."""

    id: int
    key: str
    name: str
    name_en: str
    version: int
    business_key: str | None
    state: str
    facts: Mapping[str, Any]
    started_at: datetime
    started_by: str | None
    ended_at: datetime | None
    waits: tuple[WaitRow, ...]
    incidents: int


@dataclass(frozen=True, slots=True)
class InstanceDetail:
    """Everything the instance page shows."""

    row: InstanceRow
    definition_id: int
    xml: bytes
    variables: Mapping[str, Any]
    active: tuple[str, ...]
    done: tuple[str, ...]
    taken: tuple[str, ...]
    incidents: tuple[IncidentRow, ...]
    parent_id: int | None
    children: tuple[InstanceRow, ...]
    names: Mapping[str, str]
    names_en: Mapping[str, str]
    end_error: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One passage of one element, in the order it happened.

    `kind`: entered, left, cancelled, threw, decided, set, and took: a gateway with several ways out took one of them
    (`detail`: the `flow` with its `name` and `name_en`). `type`: the BPMN element's local name (`userTask`).
    """

    at: datetime
    actor: str | None
    trigger: str
    kind: str
    element: str
    name: str
    name_en: str
    detail: Any = None
    type: str = ""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message that came or was thrown, and what became of it."""

    id: int
    name: str
    business_key: str | None
    state: str
    received_at: datetime
    expires_at: datetime | None
    source: str | None
    variables: Mapping[str, Any]


def _names(package: Package) -> dict[str, str]:
    return {id: node.name or id for id, node in package.definition.nodes.items()}


def instances(
    session: Session,
    *,
    key: str | None = None,
    state: str | None = None,
    business_key: str | None = None,
    version: int | None = None,
    page: int = 1,
    size: int = 50,
) -> list[InstanceRow]:
    """A page of instances, newest first."""
    query = sa.select(t.instance).order_by(t.instance.c.started_at.desc(), t.instance.c.id.desc())
    query = query.where(*_wanted(session, key, state, business_key, version))
    rows = session.execute(query.limit(size).offset((page - 1) * size)).mappings().all()
    return [instance_row(session, dict(row)) for row in rows]


def number_of_instances(
    session: Session, *, key: str | None = None, state: str | None = None, version: int | None = None
) -> int:
    """How many instances `instances` would find on all its pages."""
    query = sa.select(sa.func.count()).select_from(t.instance).where(*_wanted(session, key, state, None, version))
    return session.scalar(query) or 0


def _wanted(
    session: Session, key: str | None, state: str | None, business_key: str | None, version: int | None
) -> list[sa.ColumnElement[bool]]:
    asked: dict[Any, object] = {
        t.instance.c.key: key,
        t.instance.c.state: state,
        t.instance.c.business_key: business_key,
    }
    if version and key:
        asked[t.instance.c.definition_id] = definitions.newest(session, key, version)
    return [column == value for column, value in asked.items() if value]


def instance_row(session: Session, row: Mapping[str, Any]) -> InstanceRow:
    """A row of the instance table as lists show it."""
    package = definitions.package(session, row["definition_id"])
    broken = session.scalar(
        sa.select(sa.func.count()).where(t.incident.c.instance_id == row["id"], t.incident.c.resolved_at.is_(None))
    )
    return InstanceRow(
        id=row["id"],
        key=row["key"],
        name=package.definition.name or row["key"],
        name_en=package.texts.get(row["key"], package.definition.name or row["key"]),
        version=package.version,
        business_key=row["business_key"],
        state=row["state"],
        facts=row["facts"] or {},
        started_at=row["started_at"],
        started_by=row["started_by"],
        ended_at=row["ended_at"],
        waits=_waits(session, row["id"], bytes(row["body"]), package) if row["state"] == "active" else (),
        incidents=broken or 0,
    )


_KINDS = {
    "UserWait": "user",
    "JobWait": "job",
    "TimerWait": "timer",
    "MessageWait": "message",
    "SignalWait": "signal",
    "ConditionWait": "condition",
    "CallWait": "call",
    "IncidentWait": "incident",
    "ThrowWait": "throw",
}


def _waits(session: Session, instance_id: int, body: bytes, package: Package) -> tuple[WaitRow, ...]:
    tasks = {
        row.wait: row
        for row in session.execute(
            sa.select(t.user_task).where(t.user_task.c.instance_id == instance_id, t.user_task.c.state == "open")
        )
    }
    children = {
        row.wait: row.child_id for row in session.execute(sa.select(t.call).where(t.call.c.instance_id == instance_id))
    }
    names = _names(package)
    open_waits = states.whole(session, instance_id, body).open_waits()
    moved = _moments(session, instance_id) if any(isinstance(wait, TimerWait) for wait in open_waits) else {}
    found = []
    for wait in open_waits:
        task = tasks.get(wait.id)
        found.append(
            WaitRow(
                element=wait.element,
                name=names.get(wait.element, wait.element),
                name_en=package.texts.get(wait.element, names.get(wait.element, wait.element)),
                kind=_KINDS[type(wait).__name__],
                what=_what(wait),
                due=task.due_at if task is not None else moved.get(wait.id, getattr(wait, "due", None)),
                who=(task.assignee or task.team) if task is not None else None,
                since=task.created_at if task is not None else None,
                task_id=task.id if task is not None else None,
                child_id=children.get(wait.id),
                stands_by=_stands_by(package.definition, wait.element),
            )
        )
    return tuple(found)


def _moments(session: Session, instance_id: int) -> dict[int | None, datetime]:
    """Wait -> when its timer fires, which a person may have moved."""
    c = t.timer.c
    rows = session.execute(sa.select(c.wait, c.due_at).where(c.instance_id == instance_id))
    return {row.wait: row.due_at for row in rows}


def _stands_by(definition: Definition, element: str) -> bool:
    node = definition.nodes.get(element)
    if node is None or node.type == "boundaryEvent":
        return node is not None
    around = definition.nodes.get(node.scope)
    return node.type == "startEvent" and around is not None and around.by_event


def _what(wait: Wait) -> str:
    for field in ("called", "name", "message"):
        value = getattr(wait, field, None)
        if value:
            return str(value)
    return ""


def tree(session: Session, instance_id: int) -> list[InstanceRow]:
    """The instance with all that called it and that it called, the first caller first. NotFound when there is none."""
    root = sa.select(t.instance.c.root_id).where(t.instance.c.id == instance_id).scalar_subquery()
    rows = session.execute(sa.select(t.instance).where(t.instance.c.root_id == root).order_by(t.instance.c.id))
    found = [instance_row(session, dict(row)) for row in rows.mappings().all()]
    if not found:
        raise NotFound(what="instance", id=instance_id)
    return found


def instance(session: Session, instance_id: int) -> InstanceDetail:
    """One instance. NotFound when there is none."""
    row = session.execute(sa.select(t.instance).where(t.instance.c.id == instance_id)).mappings().first()
    if row is None:
        raise NotFound(what="instance", id=instance_id)
    package = definitions.package(session, row["definition_id"])
    state = states.whole(session, instance_id, row["body"])
    active = tuple(dict.fromkeys(token.node for token in state.tokens.values()))
    passed, taken = _path(session, instance_id)
    children = session.execute(
        sa.select(t.instance).where(t.instance.c.parent_id == instance_id).order_by(t.instance.c.started_at)
    ).mappings()
    return InstanceDetail(
        row=instance_row(session, dict(row)),
        definition_id=row["definition_id"],
        xml=library.diagram(session, row["definition_id"]),
        variables=state.variables(),
        active=active,
        done=tuple(id for id in passed if id not in active),
        taken=taken,
        incidents=tuple(incidents(session, instance_id=instance_id, open=None)),
        parent_id=row["parent_id"],
        children=tuple(instance_row(session, dict(child)) for child in children.all()),
        names=_names(package),
        names_en=package.texts,
        end_error=row["end_error"],
    )


def _path(session: Session, instance_id: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Elements left and flows taken, each once, in order."""
    left: dict[str, None] = {}
    flows: dict[str, None] = {}
    for events in session.scalars(
        sa.select(t.history.c.events).where(t.history.c.instance_id == instance_id).order_by(t.history.c.seq)
    ):
        for event in events:
            if event[0] == "l":
                left[event[1]] = None
            elif event[0] == "f":
                flows[event[1]] = None
    return tuple(left), tuple(flows)


_HISTORY_KINDS = {"e": "entered", "l": "left", "c": "cancelled", "t": "threw", "d": "decided", "v": "set"}


def history(session: Session, instance_id: int, limit: int = 500) -> list[HistoryRow]:
    """What happened in an instance, oldest first; of the flows only the ways that gateways chose."""
    row = session.execute(sa.select(t.instance.c.definition_id).where(t.instance.c.id == instance_id)).first()
    if row is None:
        raise NotFound(what="instance", id=instance_id)
    package = definitions.package(session, row.definition_id)
    found: list[HistoryRow] = []
    rows = session.execute(sa.select(t.history).where(t.history.c.instance_id == instance_id).order_by(t.history.c.seq))
    for step in rows:
        found += told_events(package, step)
    return found[-limit:]


def told_events(package: Package, step: Any) -> list[HistoryRow]:
    """What a history row says to people."""
    trigger = step.trigger[0][0] if step.trigger else ""
    told = (_told(package, event) for event in step.events)
    return [_history_row(package, step, trigger, *one) for one in told if one is not None]


def _told(package: Package, event: Sequence[Any]) -> tuple[str, str, Any] | None:
    """(kind, element, detail) of one event; None when it says nothing to people."""
    if event[0] == "f":
        flow = package.definition.flows.get(event[1])
        chose = package.definition.nodes.get(flow.source) if flow is not None else None
        if flow is None or chose is None or chose.type not in _CHOOSING or len(chose.outgoing) < 2:
            return None
        way = {"flow": flow.id, "name": flow.name, "name_en": _english(package, flow.id, flow.name)}
        return "took", chose.id, way
    kind = _HISTORY_KINDS.get(event[0])
    if kind is None or (kind == "set" and _private(package, event[1])):
        return None
    return kind, event[3] if kind == "threw" else event[1], event[2] if len(event) > 2 else None


def _private(package: Package, scope: str) -> bool:
    """Whether what was written is the content of a private task (`engine.rights.may_read`), which nobody is told."""
    node = package.definition.nodes.get(scope.rpartition("#")[0])
    return node is not None and node.properties.get("private") == "true"


_CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})


def _history_row(package: Package, step: Any, trigger: str, kind: str, element: str, detail: Any) -> HistoryRow:
    node = package.definition.nodes.get(element)
    name = (node.name if node is not None else "") or element
    return HistoryRow(
        at=step.at,
        actor=step.actor,
        trigger=trigger,
        kind=kind,
        element=element,
        name=name,
        name_en=_english(package, element, name),
        detail=detail,
        type=node.type if node is not None else "",
    )


def _english(package: Package, element: str, name: str) -> str:
    text = package.texts.get(element)
    return text if isinstance(text, str) else name


def incidents(
    session: Session, *, instance_id: int | None = None, open: bool | None = True, id: int | None = None
) -> list[IncidentRow]:
    """Incidents, newest first: open ones, resolved ones, or all (None); of an instance, or the one with the id."""
    n = t.incident.c
    said: list[sa.ColumnElement[bool]] = []
    if instance_id is not None:
        said.append(n.instance_id == instance_id)
    if id is not None:
        said.append(n.id == id)
    if open is not None:
        said.append(n.resolved_at.is_(None) if open else n.resolved_at.is_not(None))
    return incident_rows(session, said, [n.at.desc(), n.id.desc()], 500)


def incident_rows(
    session: Session, said: Sequence[sa.ColumnElement[bool]], order: Sequence[sa.ColumnElement[Any]], limit: int
) -> list[IncidentRow]:
    """Incidents under conditions, in an order."""
    query = (
        sa.select(t.incident, t.instance.c.key, t.instance.c.business_key, t.instance.c.definition_id)
        .outerjoin(t.instance, t.instance.c.id == t.incident.c.instance_id)
        .where(*said)
        .order_by(*order)
        .limit(limit)
    )
    found = []
    for row in session.execute(query).all():
        package = definitions.package(session, row.definition_id) if row.definition_id else None
        name = _names(package).get(row.element, row.element) if package is not None else row.element
        found.append(
            IncidentRow(
                id=row.id,
                instance_id=row.instance_id,
                process_key=row.key,
                business_key=row.business_key,
                element=row.element,
                element_name=name,
                element_name_en=_english(package, row.element, name) if package is not None else name,
                kind=row.kind,
                code=row.code,
                text=row.text,
                text_zh=row.text_zh,
                stack=row.stack,
                at=row.at,
                resolved_at=row.resolved_at,
            )
        )
    return found


def kept_messages(session: Session, name: str | None = None, state: str = "kept", limit: int = 200) -> list[MessageRow]:
    """Messages in a state, newest first: those that wait for somebody to await them, by default."""
    query = sa.select(t.message).where(t.message.c.state == state)
    query = query.order_by(t.message.c.received_at.desc(), t.message.c.id.desc()).limit(limit)
    if name:
        query = query.where(t.message.c.name == name)
    return [
        MessageRow(r.id, r.name, r.business_key, r.state, r.received_at, r.expires_at, r.source, r.variables or {})
        for r in session.execute(query)
    ]
