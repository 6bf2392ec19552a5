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
from engine.queries import library
from engine.queries.selection import Reach
from engine.queries.standing import InstanceRow, english, instance_row, instance_rows, names_of
from engine.store import tables as t


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


def instances(
    session: Session,
    *,
    key: str | None = None,
    state: str | None = None,
    business_key: str | None = None,
    version: int | None = None,
    reach: Reach | None = None,
    page: int = 1,
    size: int = 50,
) -> list[InstanceRow]:
    """A page of instances, newest first; of somebody who is not shown all, within their reach."""
    query = sa.select(t.instance).order_by(t.instance.c.started_at.desc(), t.instance.c.id.desc())
    query = query.where(*_wanted(session, key, state, business_key, version, reach))
    rows = session.execute(query.limit(size).offset((page - 1) * size)).mappings().all()
    return instance_rows(session, [dict(row) for row in rows])


def is_awaited(session: Session, name: str, business_key: str, correlation: Mapping[str, Any]) -> bool:
    """Whether a running case, or one that was suspended, waits for the message with these correlation values."""
    s = t.subscription.c
    query = sa.select(s.correlation).where(s.kind == "message", s.name == name, s.business_key == business_key)
    asked = session.execute(query.where(s.instance_id.is_not(None))).scalars()
    return any(all(correlation.get(key) == value for key, value in (one or {}).items()) for one in asked)


def number_of_instances(
    session: Session,
    *,
    key: str | None = None,
    state: str | None = None,
    version: int | None = None,
    reach: Reach | None = None,
) -> int:
    """How many instances `instances` would find on all its pages."""
    where = _wanted(session, key, state, None, version, reach)
    return session.scalar(sa.select(sa.func.count()).select_from(t.instance).where(*where)) or 0


def _wanted(
    session: Session,
    key: str | None,
    state: str | None,
    business_key: str | None,
    version: int | None,
    reach: Reach | None,
) -> list[sa.ColumnElement[bool]]:
    asked: dict[Any, object] = {
        t.instance.c.key: key,
        t.instance.c.state: state,
        t.instance.c.business_key: business_key,
    }
    if version and key:
        asked[t.instance.c.definition_id] = definitions.newest(session, key, version)
    found = [column == value for column, value in asked.items() if value]
    return found if reach is None else [*found, reach.condition()]


def tree(session: Session, instance_id: int) -> list[InstanceRow]:
    """The instance with all that called it and that it called, the first caller first. NotFound when there is none."""
    root = sa.select(t.instance.c.root_id).where(t.instance.c.id == instance_id).scalar_subquery()
    rows = session.execute(sa.select(t.instance).where(t.instance.c.root_id == root).order_by(t.instance.c.id))
    found = instance_rows(session, [dict(row) for row in rows.mappings().all()])
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
        children=tuple(instance_rows(session, [dict(child) for child in children.all()])),
        names=names_of(package),
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
        way = {"flow": flow.id, "name": flow.name, "name_en": english(package, flow.id, flow.name)}
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
        name_en=english(package, element, name),
        detail=detail,
        type=node.type if node is not None else "",
    )


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
        name = names_of(package).get(row.element, row.element) if package is not None else row.element
        found.append(
            IncidentRow(
                id=row.id,
                instance_id=row.instance_id,
                process_key=row.key,
                business_key=row.business_key,
                element=row.element,
                element_name=name,
                element_name_en=english(package, row.element, name) if package is not None else name,
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
