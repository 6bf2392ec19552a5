"""User-task rows. Law: a row mirrors a UserWait; who has it, and why, is decided when it opens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import assignment, identity, notices, reminders, routing
from engine.execution import runtime_of
from engine.ids import new_id
from engine.instances import Live
from engine.process.waits import UserWait, Wait
from engine.store import Prepared
from engine.store import tables as t

_BETWEEN = re.compile(r"[\s,;\uff0c\uff1b、]+")


Opening = tuple[dict[str, Any], UserWait]
"""A task's row before it is written, and what it stands for."""


def routed(session: Session, live: Live, waits: Sequence[UserWait]) -> list[Opening]:
    """In whose queue the tasks of UserWaits will stand, and who gets them, with the reason; nothing is written."""
    if not waits:
        return []
    with assignment.counting(session):
        return [(_opened(session, live, wait), wait) for wait in waits]


def open_tasks(session: Session, opening: Sequence[Opening]) -> None:
    """Write the rows of tasks that open: queue, person with reason, reminders, notice to the person.

    All rows of a table go in together, so that ten thousand tasks of one step cost ten thousand times what one costs.
    """
    if not opening:
        return
    tasks = [task for task, _ in opening]
    if len(tasks) > _MANY:
        session.connection().execute(_OPEN.statement, tasks)
    else:
        for task in tasks:
            _OPEN.later(session, task)
    candidates = [row for task, wait in opening for row in _candidates(task, wait)]
    if candidates:
        session.execute(_ADD_CANDIDATE, candidates)
    for task, wait in opening:
        reminders.plan(session, task["id"], task["created_at"], wait.due, task["properties"])
        if task["assignee"]:
            who = task["assignee"]
            notices.announce(session, task, who, "task_assigned", ("in_app", "email"), f"assigned:{who}")
        elif task["why"]["rule"] in assignment.NOBODY:
            tell_lead(session, task)


def _opened(session: Session, live: Live, wait: UserWait) -> dict[str, Any]:
    """The row of a task that opens: in whose queue it stands, who has it and why."""
    now, id = runtime_of(session).now(), new_id()
    excluded = excluded_people(session, live.id, wait.properties, live.state.variables())
    routed = routing.route(session, live, wait, excluded)
    team, choice = routed.team, routed.choice
    properties = {**_of_process(live), **wait.properties}
    facts = {**live.facts, **_own_facts(live, wait.element, wait.variables)}
    if choice.person:
        assignment.count(session, choice.person, routed.points)
    return {
        "id": id,
        "instance_id": live.id,
        "wait": wait.id,
        "definition_id": live.package.id,
        "process_key": live.package.key,
        "business_key": live.business_key,
        "element": wait.element,
        "name": wait.name or wait.element,
        "state": "open",
        "assignee": choice.person,
        "owner": choice.owner,
        "team": team,
        "priority": wait.priority,
        "created_at": now,
        "claimed_at": now if choice.person else None,
        "due_at": wait.due,
        "follow_up_at": wait.follow_up,
        "form_key": wait.form,
        "properties": properties,
        "locals": dict(wait.variables),
        "facts": facts,
        "search": search_text(wait.name, live.business_key, facts),
        "why": dict(choice.why),
        "points": routed.points,
    }


def _own_facts(live: Live, element: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a task says of itself where its case cannot: an input that is named as a fact, as in the repetitions of a
    sub-process that each are about another client."""
    node = live.package.definition.nodes.get(element)
    if node is None or not node.inputs:
        return {}
    own = {one.name for one in node.inputs} & live.fact_names()
    return {name: given[name] for name in sorted(own) if given.get(name) is not None}


def _of_process(live: Live) -> dict[str, str]:
    """What the process says for all of its tasks that do not say it themselves."""
    said = live.package.definition.properties
    return {name: said[name] for name in ("reminderPolicy", "calendar") if name in said}


_ADD_CANDIDATE = sa.insert(t.candidate)
_OPENED = (
    "id",
    "instance_id",
    "wait",
    "definition_id",
    "process_key",
    "business_key",
    "element",
    "name",
    "state",
    "assignee",
    "owner",
    "team",
    "priority",
    "created_at",
    "claimed_at",
    "due_at",
    "follow_up_at",
    "form_key",
    "properties",
    "locals",
    "facts",
    "search",
    "why",
    "points",
)
_OPEN = Prepared(sa.insert(t.user_task).values({name: sa.bindparam(name) for name in _OPENED}), of="id")
_MANY = 4
"""Tasks that open together beyond this go in as one list."""


def tell_lead(session: Session, task: Mapping[str, Any]) -> None:
    """Nobody could be given the task: the team's lead (without one, the members of the last resort) is to see to it."""
    lead = identity.lead_of(session, task["team"])
    for person in [lead] if lead else identity.members(session, routing.LAST_RESORT):
        notices.announce(session, task, person, "task_unassigned", ("in_app", "email"), "unassigned")


def _candidates(task: Mapping[str, Any], wait: UserWait) -> list[dict[str, Any]]:
    """Whom the model names beside the team where the task stands, which its own row says."""
    teams = [name for name in dict.fromkeys(wait.candidate_groups) if name != task["team"]]
    people = dict.fromkeys(wait.candidate_users)
    named = [("team", name) for name in teams] + [("person", name) for name in people]
    return [{"task_id": task["id"], "kind": kind, "name": name} for kind, name in named]


def _named_variable(variables: Mapping[str, Any], name: str | None) -> Any:
    return variables.get(name) if name else None


def excluded_people(
    session: Session, instance_id: int, properties: Mapping[str, str], variables: Mapping[str, Any]
) -> frozenset[str]:
    """Who may not do the task: completers of the tasks in `notSameUserAs`, and people in the `exclude` variable."""
    found = {person for _, person in completers(session, instance_id, properties)}
    named = _named_variable(variables, properties.get("exclude"))
    if isinstance(named, str):
        found.add(named)
    elif isinstance(named, list):
        found.update(str(person) for person in named if person)
    return frozenset(found)


def completers(session: Session, instance_id: int, properties: Mapping[str, str]) -> list[tuple[str, str]]:
    """(task name, who completed it), as often as it was done, for the elements that `notSameUserAs` names.

    `element` is a task of the same instance; `process:element` one of that process anywhere in the tree of calls.
    """
    named = [ref for ref in _BETWEEN.split(properties.get("notSameUserAs", "").strip()) if ref]
    if not named:
        return []
    own = [ref for ref in named if ":" not in ref]
    before, roots = _one_case(session, instance_id)
    tree = sa.select(t.instance.c.id).where(t.instance.c.root_id.in_(roots))
    places = [sa.and_(t.user_task.c.instance_id.in_(before), t.user_task.c.element.in_(own))]
    for key, _, element in (ref.partition(":") for ref in named if ":" in ref):
        there = sa.and_(t.user_task.c.process_key == key, t.user_task.c.element == element)
        places.append(sa.and_(t.user_task.c.instance_id.in_(tree), there))
    rows = session.execute(
        sa.select(t.user_task.c.name, t.user_task.c.completed_by).where(
            sa.or_(*places), t.user_task.c.state == "completed", t.user_task.c.completed_by.is_not(None)
        )
    )
    return [(row.name, row.completed_by) for row in rows]


def _one_case(session: Session, instance_id: int) -> tuple[list[int], list[int]]:
    """The instance and those that it was restarted from, and the roots of their trees of calls: four eyes see all."""
    own, roots = list[int](), list[int]()
    following: int | None = instance_id
    while following is not None and following not in own:
        row = session.execute(
            sa.select(t.instance.c.root_id, t.instance.c.restarted_from).where(t.instance.c.id == following)
        ).first()
        if row is None:  # it was let go
            break
        own.append(following)
        roots.append(row.root_id)
        following = row.restarted_from
    return own, roots


def search_text(name: str, business_key: str | None, facts: Mapping[str, Any]) -> str:
    """What the inbox's search looks through: lower-case name, key and facts."""
    return " ".join(str(part) for part in (name, business_key or "", *facts.values()) if part is not None).lower()


def close_cancelled(session: Session, live: Live, waits: Sequence[Wait]) -> None:
    """The waits were taken away: their tasks are cancelled, nothing more is sent for them."""
    if not waits:
        return
    now = runtime_of(session).now()
    ids = session.scalars(
        sa.update(t.user_task)
        .where(
            t.user_task.c.instance_id == live.id,
            t.user_task.c.wait.in_([wait.id for wait in waits]),
            t.user_task.c.state == "open",
        )
        .values(state="cancelled", completed_at=now)
        .returning(t.user_task.c.id)
    ).all()
    if not ids:
        return
    session.execute(sa.delete(t.candidate).where(t.candidate.c.task_id.in_(ids)))
    session.execute(sa.delete(t.task_draft).where(t.task_draft.c.task_id.in_(ids)))
    reminders.drop(session, ids)


def close_completed(
    session: Session, task: Mapping[str, Any], by: str, entered: Mapping[str, Any], owner: str | None
) -> None:
    """A person completed the task: keep what was entered and who did it (for whom, when they stood in).

    A task that nobody held was taken on the way. `task` says besides its row whether it `has_candidates` and
    `has_draft`; a task without a due date has no reminders.
    """
    now = runtime_of(session).now()
    values = {
        "completed_at": now,
        "completed_by": by,
        "owner": owner,
        "entered": dict(entered),
        "assignee": task["assignee"] or by,
        "claimed_at": task["claimed_at"] or now,
    }
    _COMPLETE.later(session, {"task": task["id"], **values})
    if task["has_candidates"]:
        _NO_CANDIDATES.later(session, {"task": task["id"]})
    if task["has_draft"]:
        _NO_DRAFT.later(session, {"task": task["id"]})
    if task["due_at"] is not None:
        reminders.drop(session, [task["id"]])


_TASK: sa.BindParameter[int] = sa.bindparam("task")
_COMPLETE = Prepared(
    sa.update(t.user_task)
    .where(t.user_task.c.id == _TASK)
    .values(
        state="completed",
        **{
            name: sa.bindparam(name)
            for name in ("completed_at", "completed_by", "owner", "entered", "assignee", "claimed_at")
        },
    ),
    of="task",
)
_NO_CANDIDATES = Prepared(sa.delete(t.candidate).where(t.candidate.c.task_id == _TASK), of="task")
_NO_DRAFT = Prepared(sa.delete(t.task_draft).where(t.task_draft.c.task_id == _TASK), of="task")


def describe(session: Session, live: Live, wait: UserWait) -> None:
    """The model says something else of an open task now; whose it is, and when it is due, stays."""
    values = {
        "element": wait.element,
        "name": wait.name or wait.element,
        "form_key": wait.form,
        "properties": {**_of_process(live), **wait.properties},
        "search": search_text(wait.name, live.business_key, live.facts),
    }
    session.execute(
        sa.update(t.user_task)
        .where(t.user_task.c.instance_id == live.id, t.user_task.c.wait == wait.id, t.user_task.c.state == "open")
        .values(values)
    )


def refresh_facts(session: Session, live: Live) -> None:
    """The instance's facts changed: open tasks show and find the new ones, and what they say of themselves."""
    u = t.user_task.c
    mine = sa.and_(u.instance_id == live.id, u.state == "open")
    for element, name in session.execute(sa.select(u.element, u.name).where(mine).distinct()).all():
        here = sa.and_(mine, u.element == element, u.name == name)
        _say_facts(session, here, name, live, live.facts)
        node = live.package.definition.nodes.get(element)
        if node is not None and {one.name for one in node.inputs} & live.fact_names():
            for id, given in session.execute(sa.select(u.id, u.locals).where(here)).all():
                own = _own_facts(live, element, given or {})
                _say_facts(session, u.id == id, name, live, {**live.facts, **own})


def _say_facts(
    session: Session, which: sa.ColumnElement[bool], name: str, live: Live, facts: Mapping[str, Any]
) -> None:
    search = search_text(name, live.business_key, facts)
    session.execute(sa.update(t.user_task).where(which).values(facts=dict(facts), search=search))
