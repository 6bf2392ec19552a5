"""Registers for programs: rows of what the engine keeps, by conditions, in order, a slice at a time. Law: reads only.

A register has named fields; a condition is (field, operator, value). What a person may see is said by whoever asks,
but for tasks: there the actor's own view narrows the register. Beside fields there are a few conditions that need more
than a column (`special`), and conditions on variables, which are looked at in the states of what the others leave.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions, states
from engine.errors import InvalidInput, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.ids import made_at as made_at
from engine.queries.lists import _condition
from engine.queries.selection import RUNNING, _broken, _inside, _Place, _waits_at
from engine.store import tables as t

Condition = tuple[str, str, Any]
Row = Mapping[str, Any]
MOST_STATES = 5_000
"""So many cases' variables are looked into for one list."""
i, d, u, n, j, m, p, c, s, g = (
    t.instance.c, t.definition.c, t.user_task.c, t.incident.c, t.job.c, t.timer.c, t.deployment.c, t.decision.c,
    t.subscription.c, t.decision_log.c,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Register:
    """What one register is made of: rows from `source`, with these fields."""

    source: sa.FromClause
    fields: Mapping[str, sa.ColumnElement[Any]]
    instance: sa.ColumnElement[Any] | None = None
    """The column that names the case whose variables can be asked for."""
    special: Mapping[str, Callable[[Any], sa.ColumnElement[bool]]] = field(default_factory=dict)


def _fields(table: sa.Table, *without: str, **more: sa.ColumnElement[Any]) -> dict[str, sa.ColumnElement[Any]]:
    return {column.name: column for column in table.c if column.name not in without} | more


_CASE: dict[str, sa.ColumnElement[Any]] = {
    "process_key": i.key, "business_key": i.business_key, "definition_id": i.definition_id, "version": d.version,
    "case_state": i.state,
}  # fmt: skip


def _of_case(table: sa.Table) -> sa.FromClause:
    joined = table.outerjoin(t.instance, i.id == table.c.instance_id)
    return joined.outerjoin(t.definition, d.id == i.definition_id)


def _team_candidates(teams: Sequence[str]) -> sa.ColumnElement[bool]:
    named = sa.exists().where(
        t.candidate.c.task_id == u.id, t.candidate.c.kind == "team", t.candidate.c.name.in_(teams)
    )
    return sa.or_(u.team.in_(teams), named)


def _person_candidate(person: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        t.candidate.c.task_id == u.id, t.candidate.c.kind == "person", t.candidate.c.name == person
    )


def _any_candidates(wanted: bool) -> sa.ColumnElement[bool]:
    some = sa.or_(u.team.is_not(None), sa.exists().where(t.candidate.c.task_id == u.id))
    return some if wanted else sa.not_(some)


def _passed(element: str) -> sa.ColumnElement[bool]:
    """Whether the element stands in what happened; a text that is written like it may stand there, too."""
    events = sa.type_coerce(t.history.c.events, sa.LargeBinary)
    named = _Place(events, sa.literal(_inside(element), sa.LargeBinary)) > 0
    return sa.exists().where(t.history.c.instance_id == i.id, named)


def _worked_on_by(person: str) -> sa.ColumnElement[bool]:
    theirs = sa.or_(u.assignee == person, u.completed_by == person)
    return i.id.in_(sa.select(u.instance_id).where(theirs))


def _listens(kind: str, name: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(s.instance_id == i.id, s.kind == kind, s.name == name)


def _told() -> sa.ColumnElement[bool]:
    """A version whose deployment was withdrawn is not told of, until somebody resumes it."""
    return sa.or_(p.withdrawn_at.is_(None), d.suspended.is_(False))


_newest = t.definition.alias("newest")
_newest_decision = t.decision.alias("newest_decision")

REGISTERS: Mapping[str, Register] = {
    "instances": Register(
        t.instance.join(t.definition, d.id == i.definition_id),
        _fields(
            t.instance,
            "body",
            "chain",
            "version",
            "facts",
            version=d.version,
            name=d.name,
            deployment_id=d.deployment_id,
        ),
        i.id,
        {
            "waits_at": lambda elements: sa.or_(*(_waits_at(element) for element in elements)),
            "broken": lambda wanted: _broken() if wanted else sa.not_(_broken()),
            "incident_code": lambda code: _broken(code),
            "called_by": lambda parent: i.parent_id == parent,
            "calls": lambda child: i.id.in_(sa.select(t.call.c.instance_id).where(t.call.c.child_id == child)),
            "over_since": lambda at: sa.or_(i.ended_at.is_(None), i.ended_at >= at),
            "passed": lambda element: _passed(element),
            "passed_any": lambda elements: sa.or_(*(_passed(element) for element in elements)),
            "worked_on_by": lambda person: _worked_on_by(person),
            "listens": lambda said: _listens(*said),
            "has_incident": lambda id: i.id.in_(sa.select(n.instance_id).where(n.id == id, n.resolved_at.is_(None))),
            "incident_kinds": lambda kinds: i.id.in_(
                sa.select(n.instance_id).where(n.kind.in_(kinds), n.resolved_at.is_(None))
            ),
        },
    ),
    "tasks": Register(
        t.user_task.join(t.instance, i.id == u.instance_id).join(t.definition, d.id == u.definition_id),
        _fields(t.user_task, "properties", "locals", "facts", "why", "entered", "search")
        | {"version": d.version, "process_name": d.name, "case_state": i.state},
        u.instance_id,
        {
            "team_candidates": _team_candidates,
            "person_candidate": _person_candidate,
            "candidates": _any_candidates,
        },
    ),
    "incidents": Register(_of_case(t.incident), _fields(t.incident) | _CASE),
    "jobs": Register(_of_case(t.job), _fields(t.job, "payload") | _CASE),
    "timers": Register(_of_case(t.timer), _fields(t.timer) | _CASE | {"own_definition": m.definition_id}),
    "subscriptions": Register(
        _of_case(t.subscription),
        {"id": s.id, "kind": s.kind, "name": s.name, "element": s.element, "instance_id": s.instance_id} | _CASE,
    ),
    "decided": Register(
        t.decision_log.outerjoin(t.instance, i.id == g.instance_id),
        {"id": g.id, "decision": g.decision, "instance_id": g.instance_id, "process_key": i.key, "at": g.at},
    ),
    "definitions": Register(
        t.definition.join(t.deployment, p.id == d.deployment_id).join(t.resource, t.resource.c.id == d.resource_id),
        _fields(t.definition, file=t.resource.c.name, folder=p.folder),
        None,
        {
            "told": lambda wanted: _told(),
            "newest": lambda wanted: (
                d.version == sa.select(sa.func.max(_newest.c.version)).where(_newest.c.key == d.key).scalar_subquery()
            ),
        },
    ),
    "decisions": Register(
        t.decision.join(t.deployment, p.id == c.deployment_id).join(t.resource, t.resource.c.id == c.resource_id),
        _fields(t.decision, file=t.resource.c.name, folder=p.folder, deployed_at=p.at, withdrawn_at=p.withdrawn_at),
        None,
        {
            "newest": lambda wanted: (
                c.version
                == sa.select(sa.func.max(_newest_decision.c.version))
                .where(_newest_decision.c.key == c.key)
                .scalar_subquery()
            )
        },
    ),
    "deployments": Register(
        t.deployment,
        _fields(t.deployment),
        None,
        {
            "told": lambda wanted: sa.or_(
                p.withdrawn_at.is_(None), sa.exists().where(d.deployment_id == p.id, d.suspended.is_(False))
            )
        },
    ),
    "resources": Register(t.resource, _fields(t.resource, "content")),
    "candidates": Register(t.candidate, _fields(t.candidate)),
    "audit": Register(t.audit_entry, _fields(t.audit_entry, "previous", "hash")),
}
"""Every register, by name."""

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": lambda column, value: column.is_(None) if value is None else column == value,
    "ne": lambda column, value: column.is_not(None) if value is None else column != value,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "in": lambda column, values: column.in_(list(values)),
    "not_in": lambda column, values: column.not_in(list(values)),
    "like": lambda column, value: column.like(value, escape="\\"),
    "null": lambda column, wanted: column.is_(None) if wanted else column.is_not(None),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a register. `order`: fields, each with whether it falls. `variables`: (name, operator, value).

    `either`: conditions of which one is enough. `groups`: of each, one condition or one variable is enough.
    """

    where: Sequence[Condition] = ()
    either: Sequence[Condition] = ()
    order: Sequence[tuple[str, bool]] = ()
    variables: Sequence[Condition] = ()
    first: int = 0
    most: int = 1000
    groups: Sequence[tuple[Sequence[Condition], Sequence[Condition]]] = ()


def rows(session: Session, name: str, wanted: Wanted, actor: Actor | None = None) -> list[Row]:
    """Rows of a register as plain values by field. `actor`: of tasks, only what they see (done ones: what they did)."""
    kind = REGISTERS[name]
    query = sa.select(*(column.label(field) for field, column in kind.fields.items())).select_from(kind.source)
    query = _narrowed(session, kind, query, wanted, actor)
    by = [kind.fields[field].desc() if falls else kind.fields[field].asc() for field, falls in wanted.order]
    last = kind.fields.get("id")
    query = query.order_by(*by, *([] if last is None else [last])).offset(wanted.first).limit(wanted.most)
    return [dict(row) for row in session.execute(query).mappings()]


def number(session: Session, name: str, wanted: Wanted, actor: Actor | None = None) -> int:
    """How many rows there are in all."""
    kind = REGISTERS[name]
    query = sa.select(sa.func.count()).select_from(kind.source)
    return session.scalar(_narrowed(session, kind, query, wanted, actor)) or 0


def _narrowed(session: Session, kind: Register, query: Any, wanted: Wanted, actor: Actor | None) -> Any:
    query = query.where(*(_said(kind, condition) for condition in wanted.where))
    if wanted.either:
        query = query.where(sa.or_(*(_said(kind, condition) for condition in wanted.either)))
    if actor is not None and not actor.is_admin:
        done = sa.and_(u.state != "open", u.completed_by == actor.id)
        query = query.where(sa.or_(_condition(actor, "all", runtime_of(session).now()), done))
    for conditions, variables in wanted.groups:
        enough = [_said(kind, condition) for condition in conditions]
        if variables and kind.instance is not None:
            enough.append(kind.instance.in_(_with_variables(session, kind, query, variables, any)))
        query = query.where(sa.or_(*enough)) if enough else query
    if wanted.variables and kind.instance is not None:
        query = query.where(kind.instance.in_(_with_variables(session, kind, query, wanted.variables)))
    return query


def _said(kind: Register, condition: Condition) -> sa.ColumnElement[bool]:
    name, sign, value = condition
    if name in kind.special:
        return kind.special[name](value)
    found: sa.ColumnElement[bool] = _OPERATORS[sign](kind.fields[name], value)
    return found


def _with_variables(
    session: Session, kind: Register, query: Any, asked: Sequence[Condition], enough: Callable[..., bool] = all
) -> list[int]:
    """Cases of what the other conditions leave whose variables are as asked, all of them or any."""
    assert kind.instance is not None
    ids = session.scalars(query.with_only_columns(kind.instance).distinct().limit(MOST_STATES + 1)).all()
    if len(ids) > MOST_STATES:
        raise InvalidInput(
            place="variables",
            reason=f"more than {MOST_STATES} cases are left to look into: narrow the list by process, key or state",
            reason_zh=f"需要查看变量的实例超过 {MOST_STATES} 个：请先按流程、业务编号或状态缩小范围",
        )
    return [id for id, found in _variables(session, ids) if enough(_holds(found, one) for one in asked)]


def _variables(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        for id, body in session.execute(sa.select(i.id, i.body).where(i.id.in_(part))).all():
            yield id, states.whole(session, id, bytes(body)).variables()


def _holds(variables: Mapping[str, Any], asked: Condition) -> bool:
    name, sign, value = asked
    if name not in variables:
        return sign == "ne"
    return compared(variables[name], sign, value)


def compared(found: Any, sign: str, value: Any) -> bool:
    """Whether a value is eq, ne, gt, ge, lt, le, in, not_in or like another; False where they cannot be compared."""
    match sign:
        case "eq":
            return bool(found == value)
        case "ne":
            return bool(found != value)
        case "in":
            return found in value
        case "not_in":
            return found not in value
        case "like":
            pattern = str(value).split("%")
            return isinstance(found, str) and _like(found, pattern)
    try:
        return bool({"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}[sign](found, value))
    except TypeError:
        return False


def _like(text: str, pieces: Sequence[str]) -> bool:
    """Whether a text is these pieces with anything between them."""
    first, *middle = pieces
    if not middle:
        return text == first
    if not text.startswith(first):
        return False
    place = len(first)
    for piece in middle[:-1]:
        at = text.find(piece, place)
        if at < 0:
            return False
        place = at + len(piece)
    return len(text) - place >= len(middle[-1]) and text.endswith(middle[-1])


@dataclass(frozen=True, slots=True)
class Standing:
    """A token that stands at an element; `parent`: the token of the sub-process or body around it, 0 for the case."""

    token: int
    parent: int
    element: str
    type: str
    name: str


def standing(session: Session, instance_id: int) -> tuple[Standing, ...]:
    """Where a running case stands, the outermost first. NotFound when there is no such case."""
    row = session.execute(sa.select(i.body, i.definition_id, i.state).where(i.id == instance_id)).first()
    if row is None:
        raise NotFound(what="instance", id=instance_id)
    if row.state not in RUNNING:
        return ()
    state, model = states.whole(session, instance_id, bytes(row.body)), definitions.package(session, row.definition_id)
    found = []
    for token in state.tokens.values():
        node = model.definition.nodes[token.node]
        found.append(Standing(token.id, state.scopes[token.scope].owner, node.id, node.type, node.name))
    return tuple(sorted(found, key=lambda one: (one.parent, one.token)))


def variables_in(session: Session, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """The variables of cases, running or ended, by the case's id; reads each case's state (60 microseconds)."""
    return dict(_variables(session, ids))


def task_locals(session: Session, ids: Sequence[int]) -> list[tuple[int, int, Mapping[str, Any]]]:
    """(case, open task, its own variables) of tasks of these cases that have some, the oldest first."""
    mine = (u.instance_id.in_(ids), u.state == "open", u.locals.is_not(None))
    rows = session.execute(sa.select(u.instance_id, u.id, u.locals).where(*mine).order_by(u.id))
    return [(row.instance_id, row.id, row.locals) for row in rows if row.locals]


def variables_of(session: Session, instance_id: int) -> Mapping[str, Any]:
    """The variables of a case, running or ended. NotFound when there is no such case."""
    for _, found in _variables(session, [instance_id]):
        return found
    raise NotFound(what="instance", id=instance_id)


@dataclass(frozen=True, slots=True)
class Model:
    """What the file says of a process, beside its row."""

    tag: str | None
    documentation: str
    keep_days: str | None
    """`camunda:historyTimeToLive` as written."""
    starters: tuple[str, ...]
    start_form: str | None
    names: Mapping[str, tuple[str, str]]
    """Element -> (BPMN type, name)."""
    flows: Mapping[str, tuple[str, str]]
    """Sequence flow -> (element that it leaves, element that it enters)."""


def model(session: Session, definition_id: int) -> Model:
    """The model of a definition. NotFound when there is none."""
    found = definitions.package(session, definition_id).definition
    forms = [
        node.user.form
        for node in found.nodes.values()
        if node.type == "startEvent" and node.scope == found.key and node.user is not None
    ]
    return Model(
        found.version_tag,
        found.documentation,
        found.history_ttl,
        found.candidate_starters,
        next(iter(forms), None),
        {node.id: (node.type, node.name) for node in found.nodes.values()},
        {flow.id: (flow.source, flow.target) for flow in found.flows.values()},
    )


def content(session: Session, resource_id: int) -> tuple[str, bytes] | None:
    """(name, bytes) of a deployed file."""
    r = t.resource.c
    row = session.execute(sa.select(r.name, r.content).where(r.id == resource_id)).first()
    return None if row is None else (row.name, bytes(row.content))


def standing_counts(session: Session, definition_id: int) -> dict[str, int]:
    """Element -> live tokens over all running cases of one version; reads each case's state (60 microseconds)."""
    found: Counter[str] = Counter()
    running = sa.select(i.id, i.body).where(i.definition_id == definition_id, i.state.in_(RUNNING))
    for id, body in session.execute(running).all():
        found.update(token.node for token in states.whole(session, id, bytes(body)).tokens.values())
    return dict(found)


def groups(session: Session, name: str, by: str, wanted: Wanted) -> dict[Any, int]:
    """How many rows of a register there are for each value of a field."""
    kind = REGISTERS[name]
    query = sa.select(kind.fields[by], sa.func.count()).select_from(kind.source).group_by(kind.fields[by])
    return {value: count for value, count in session.execute(_narrowed(session, kind, query, wanted, None))}
