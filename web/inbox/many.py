"""One deed for many tasks. Law: each task in a unit of work of its own; what is refused is listed with its reason.

The page sends a few tasks at a time and shows how far it is (`frontend/src/page/inbox.js`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from flask import jsonify, request
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import CallerError, InvalidInput
from web.errors import spoken
from web.inbox.room import pages
from web.rights import guarded
from web.scope import actor, ids_among, runtime, said

MOST = 1_000


@pages.post("/inbox/many")
@guarded("inbox")
def many() -> Any:
    """Claim, release, hand over or move the due date of the tasks that were marked."""
    deed = chosen()
    ids = ids_among(request.form.getlist("task"))[:MOST]
    if not ids:
        raise InvalidInput(place="task", reason="mark some tasks first", reason_zh="请先勾选任务")
    done, refused = 0, []
    for id in ids:
        try:
            runtime().unit(partial(deed, id))
            done += 1
        except CallerError as fault:
            refused.append((id, spoken(fault)))
    listed = [{"task": str(id), **named(id), "reason": reason} for id, reason in refused]
    return jsonify({"done": done, "refused": listed})


def named(task_id: int) -> dict[str, str]:
    """How the list of refusals calls a task; one that the person may not see has its number alone."""
    try:
        with runtime().reading() as db:
            row = queries.task(db, actor(), task_id).row
    except CallerError:
        return {"name": _("Task %(id)s", id=task_id), "key": ""}
    return {"name": said(row.name, row.name_en), "key": row.business_key or ""}


def chosen() -> Callable[[int, Any], None]:
    """What is to be done with each task. InvalidInput names what is missing."""
    who, form = actor(), request.form
    reason = form.get("reason", "").strip()[:500]
    match form.get("do"):
        case "claim":
            return lambda id, db: api.claim(db, who, id)
        case "release":
            return lambda id, db: api.release(db, who, id)
        case "assign":
            to = form.get("person", "").strip()
            if not to:
                raise InvalidInput(place="person", reason="choose a person", reason_zh="请选择人员")
            return lambda id, db: api.reassign(db, who, id, to, reason)
        case "due":
            due = moment(form.get("due", ""))
            return lambda id, db: api.set_due(db, who, id, due, reason)
    raise InvalidInput(place="do", reason="claim, release, assign or due", reason_zh="请选择操作")


def moment(text: str) -> datetime:
    """What a `datetime-local` field says, in the business zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=runtime().zone)
    except ValueError as error:
        raise InvalidInput(place="due", reason="choose day and time", reason_zh="请选择日期和时间") from error
