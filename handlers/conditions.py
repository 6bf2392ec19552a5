"""Conditions precedent as processes clear them: entered, handed out by owner, handed in, reviewed, waived.

Law: an owner gets one list, never a task for each condition; who hands in does not review; what was handed in without
evidence was not handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.registry import Context, handles
from engine.store import tables as t
from handlers import inputs
from handlers.contacting import completed_by
from handlers.facilities import project_of
from handlers.records import conditions
from handlers.records.conditions import Condition

DEFAULT_OWNER = "rm"


@handles("cp.register", transactional=True)
def cp_register(
    ctx: Context,
    checklist: object = None,
    conditions_of_plan: object = None,
    conditions_of_approval: object = None,
    project_key: object = None,
) -> Mapping[str, Any]:
    """Enter a deal's conditions: the house's checklist, the plan's, and those of the approval.

    In: checklist [{item, item_en, owner, phase, waivable}] as `cp_checklist` gives it; conditions_of_plan [{text,
    text_en, owner_group, phase, waivable, due}]; conditions_of_approval: texts or rows of the same form. Out: cp_count
    (new ones), cp_total. Errors: InvalidInput for an unknown phase. Idempotent: what is there stays.
    """
    project = project_of(ctx, project_key)
    rows = [_row(one, "checklist") for one in inputs.rows(checklist)]
    rows += [_row(one, "plan") for one in inputs.rows(conditions_of_plan)]
    approved = conditions_of_approval if isinstance(conditions_of_approval, list | tuple) else []
    rows += [_row(one if isinstance(one, Mapping) else {"text": one}, "approval") for one in approved]
    entered = conditions.add(ctx.session, project.id, [row for row in rows if row["text"]], inputs.stamp(ctx, "cp"))
    return {"cp_count": entered, "cp_total": len(conditions.of_project(ctx.session, project.id))}


def _row(given: Mapping[str, Any], source: str) -> dict[str, Any]:
    text = inputs.text(given.get("item")) or inputs.text(given.get("text")) or ""
    return {
        "text": text,
        "text_en": inputs.text(given.get("item_en")) or inputs.text(given.get("text_en")) or text,
        "owner_group": inputs.text(given.get("owner")) or inputs.text(given.get("owner_group")) or DEFAULT_OWNER,
        "phase": inputs.text(given.get("phase")) or "initial",
        "waivable": inputs.yes(given.get("waivable")),
        "source": source,
        "due": inputs.day(given.get("due"), "due"),
    }


@handles("cp.list", transactional=True)
def cp_list(ctx: Context, phase: object = "initial", project_key: object = None) -> Mapping[str, Any]:
    """What is still owed, by owner.

    In: phase initial|each|subsequent. Out: cp_owners [{group, count, items [{number, text, text_en, waivable, state,
    evidence, comment, review_comment, submitted_by and their name, in English submitted_name_en}]}] by group; cp_open:
    how many conditions. Reads only.
    """
    project = project_of(ctx, project_key)
    owed = conditions.open_ones(ctx.session, project.id, inputs.text(phase) or "initial", inputs.today(ctx))
    groups: dict[str, list[Condition]] = {}
    for one in owed:
        groups.setdefault(one.owner_group, []).append(one)
    return {
        "cp_owners": [
            {"group": group, "count": len(groups[group]), "items": _shown(ctx.session, groups[group])}
            for group in sorted(groups)
        ],
        "cp_open": len(owed),
    }


_FIELDS = ("number", "text", "text_en", "waivable", "state", "evidence", "comment", "review_comment", "submitted_by")


def _shown(session: Session, listed: Sequence[Condition]) -> list[dict[str, Any]]:
    p, people = t.person.c, {one.submitted_by for one in listed if one.submitted_by}
    named = session.execute(sa.select(p.id, p.name, p.name_en).where(p.id.in_(people))) if people else ()
    names = {row.id: (row.name, row.name_en or row.name) for row in named}
    rows = []
    for one in listed:
        name, name_en = names.get(one.submitted_by or "", (one.submitted_by, one.submitted_by))
        known = {field: getattr(one, field) for field in _FIELDS}
        rows.append({**known, "submitted_name": name, "submitted_name_en": name_en})
    return rows


@handles("cp.submit", transactional=True)
def cp_submit(ctx: Context, items: object, listed: object = None, project_key: object = None) -> Mapping[str, Any]:
    """What an owner handed in.

    In: listed: the rows that the task showed, as of `cp.list`; items: what was entered for them, in the same order
    [{cp_status ready|waiver|open, evidence, comment}]. Out: submitted: how many. `ready` without evidence stays open;
    a waiver is asked for only where one is possible. Errors: NotFound for an unknown number. Idempotent: the same list
    again changes nothing.
    """
    project, person = project_of(ctx, project_key), completed_by(ctx, "ut_clear")
    stamp = inputs.stamp(ctx, "cp", person)
    known = {one.number: one for one in conditions.of_project(ctx.session, project.id)}
    handed = 0
    for row in _answered(items, listed):
        number = inputs.whole(row.get("number"), "number") or 0
        one = known.get(number)
        if one is not None and one.state in ("accepted", "waived"):
            continue
        evidence, comment = inputs.prose(row.get("evidence")), inputs.prose(row.get("comment"))
        state = _handed_in(inputs.text(row.get("cp_status")), evidence, one)
        values: dict[str, Any] = {"state": state, "evidence": evidence, "comment": comment}
        if state != "open":
            values |= {"submitted_by": stamp.by, "submitted_at": ctx.now}
            handed += 1
        conditions.change(ctx.session, project.id, number, values, stamp)
    return {"submitted": handed}


def _answered(items: object, listed: object) -> list[dict[str, Any]]:
    """What was entered, with the number of the row that it was entered for: a form sends back what a person may write
    and nothing else, in the order in which the rows were shown."""
    entered = inputs.rows(items)
    shown = inputs.rows(listed) if listed is not None else entered
    return [{**dict(row), "number": one.get("number")} for one, row in zip(shown, entered, strict=False)]


def _handed_in(status: str | None, evidence: str | None, one: Condition | None) -> str:
    if status == "waiver" and one is not None and one.waivable:
        return "waiver_asked"
    return "submitted" if status == "ready" and evidence is not None else "open"


@handles("cp.pending", transactional=True)
def cp_pending(ctx: Context, project_key: object = None) -> Mapping[str, Any]:
    """What waits for review, and what for a waiver.

    Out: cp_submitted, cp_waivers: lists as in `cp.list`. Reads only.
    """
    project = project_of(ctx, project_key)

    def listed(state: str) -> list[dict[str, Any]]:
        return _shown(ctx.session, conditions.of_project(ctx.session, project.id, states=(state,)))

    return {"cp_submitted": listed("submitted"), "cp_waivers": listed("waiver_asked")}


@handles("cp.review", transactional=True)
def cp_review(ctx: Context, items: object, listed: object = None, project_key: object = None) -> Mapping[str, Any]:
    """What legal says of what was handed in.

    In: listed: the rows shown; items: the verdicts in the same order [{cp_review accept|reject, review_comment}]. Out:
    accepted, rejected. A row without a verdict waits on. Errors: NotFound. Idempotent.
    """
    states = {"accept": "accepted", "reject": "rejected"}
    return _decided(ctx, project_key, "ut_review", _verdicts(_answered(items, listed), "cp_review", states))


@handles("cp.waive", transactional=True)
def cp_waive(ctx: Context, items: object, listed: object = None, project_key: object = None) -> Mapping[str, Any]:
    """What the approving authority says of waivers asked for.

    In: listed: the rows shown; items in the same order [{cp_waiver waive|defer|refuse, due (of what is deferred),
    review_comment}]. Out: waived, deferred, open. Deferring without a day is refusing. Errors: NotFound. Idempotent.
    """
    rows = [
        {**row, "cp_waiver": "refuse"} if row.get("cp_waiver") == "defer" and not row.get("due") else row
        for row in _answered(items, listed)
    ]
    states = {"waive": "waived", "defer": "deferred", "refuse": "open"}
    return _decided(ctx, project_key, "ut_waiver", _verdicts(rows, "cp_waiver", states))


def _verdicts(
    rows: Iterable[Mapping[str, Any]], field: str, states: Mapping[str, str]
) -> Iterable[tuple[int, str, Mapping[str, Any]]]:
    for row in rows:
        state = states.get(inputs.text(row.get(field)) or "")
        if state is not None:
            yield inputs.whole(row.get("number"), "number") or 0, state, row


def _decided(
    ctx: Context, project_key: object, element: str, verdicts: Iterable[tuple[int, str, Mapping[str, Any]]]
) -> Mapping[str, Any]:
    project = project_of(ctx, project_key)
    stamp = inputs.stamp(ctx, "cp", completed_by(ctx, element))
    counted: dict[str, int] = {"accepted": 0, "rejected": 0, "waived": 0, "deferred": 0, "open": 0}
    for number, state, row in verdicts:
        values = {"state": state, "reviewer": stamp.by, "reviewed_at": ctx.now}
        values |= {"review_comment": inputs.prose(row.get("review_comment"))}
        if state == "deferred":
            values |= {"due": inputs.day(row.get("due"), "due")}
        conditions.change(ctx.session, project.id, number, values, stamp)
        counted[state] += 1
    return counted
