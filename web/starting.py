"""Starting a case by hand. Law: the same door as what comes from outside: the process's own form, a number of the book.

Who may start is the model's word (`candidateStarterGroups`), asked again by the engine when the form is sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api, forms, queries
from engine.errors import Forbidden, FormInvalid
from handlers.records import keys
from web import intake, schemas
from web.errors import field_messages
from web.rights import guarded
from web.scope import actor, language, runtime
from web.tasks import sent_json
from web.words import main_waits

pages = Blueprint("starting", __name__, url_prefix="/processes")

TRAINING = "user_onboarding"
"""The process for new colleagues; pages that name somebody lead to its form."""
BY_HAND = {"source": "manual"}
"""What a case that somebody enters begins with; the form may say better (a call, an event)."""


def offered() -> list[queries.StartRow]:
    """What the person may start by hand; read once a request."""
    if "startable" not in g:
        with runtime().reading() as db:
            g.startable = queries.startable(db, actor())
    found: list[queries.StartRow] = g.startable
    return found


@pages.app_template_global()
def trains() -> bool:
    """Whether the person may have others trained."""
    return any(one.key == TRAINING for one in offered())


def start_of(db: Any, key: str) -> queries.StartRow:
    """How the person starts this process. NotFound, or Forbidden when it is not for them."""
    found = queries.start_of(db, actor(), key)
    if found is None:
        name = queries.definition(db, key).row.name
        raise Forbidden(reason=f"you may not start {name} by hand", reason_zh=f"您不能手工发起“{name}”")
    return found


@pages.get("/<key>/start")
@guarded("starting")
def form(key: str) -> Any:
    """The form that starts a case."""
    return form_page(key)


def form_page(
    key: str, sent: dict[str, Any] | None = None, errors: dict[str, list[str]] | None = None, ticket: str = ""
) -> str:
    """The form, with what was sent and its faults when it was refused."""
    with runtime().reading() as db:
        found = start_of(db, key)
        one = queries.form(db, key, found.form, found.version) if found.form else None
        known = newcomer(db, one.schema, request.args.get("for", "")) if one and key == TRAINING else {}
    schema = schemas.shown(one.schema, one.translations, language()) if one else None
    return render_template(
        "processes/start.html",
        found=found,
        schema=schema,
        values=forms.prefill(schema, {**BY_HAND, **known, **(sent or {})}) if schema else {},
        errors=errors or {},
        ticket=ticket or secrets.token_urlsafe(12),
    )


def newcomer(db: Any, schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Whom a page wants trained, and those of their teams that the form offers; nothing of somebody who is not here."""
    found = next((one for one in queries.people(db) if one.id == name and one.active), None)
    if found is None:
        return {}
    asked = next((one for one in schemas.variables(schema) if one.get("key") == "teams"), {})
    offered = [one.get("value") for one in asked.get("values") or ()]  # the house may have drawn the form anew
    return {"new_user": found.id, "teams": [one for one in offered if one in found.teams]}


@pages.post("/<key>/start")
@guarded("starting")
def start(key: str) -> Any:
    """Start the case; the same page sent twice is one case. Then its first task opens, or the case."""
    body = request.form.get("variables", "")
    ticket = request.form.get("ticket", "")[:40]
    values = sent_json(body or "{}")
    try:
        sheet = f"start:{actor().id}:{ticket}:{sha256(body.encode()).hexdigest()[:16]}"
        case = runtime().unit(lambda db: once(db, key, values, sheet))
    except FormInvalid as fault:
        return form_page(key, values, field_messages(fault), ticket), 422
    return opened(key, case)


def once(db: Any, key: str, values: Mapping[str, Any], ticket: str) -> int:
    """The id of the case that this sheet started, started now when it is new."""
    earlier = api.earlier_answer(db, ticket, b"")
    if earlier is not None:
        return int(earlier[1]["case"])
    found = start_of(db, key)
    clean: dict[str, Any] = dict(BY_HAND)
    if found.form:
        schema = queries.form(db, key, found.form, found.version).schema
        clean |= intake.checked(schema, {**BY_HAND, **values})
    case = api.start(db, actor(), key, clean, reference_of(db, found, clean), found.start_event, found.version)
    api.keep_answer(db, ticket, 302, {"case": str(case)})
    return case


def reference_of(db: Any, found: queries.StartRow, values: Mapping[str, Any]) -> str | None:
    """The business key of a case started by hand: intake's, else the next of the prefix that the process names."""
    if found.key == intake.PROCESS:
        return intake.new_reference(db, values)
    if found.key_prefix is None:
        return None
    now = runtime().now().astimezone(runtime().zone)
    return keys.next_key(db, found.key_prefix, now.year)


def opened(key: str, case: int) -> Any:
    """Where the person goes on: the first task that is theirs to do, else the case."""
    with runtime().reading() as db:
        row = queries.instance(db, case).row
        task = next((wait.task_id for wait in main_waits(row.waits) if is_theirs(db, wait)), None)
    flash(url_for("starting.form", key=key), "forget")
    flash(_("Case %(number)s has begun.", number=row.business_key or row.id), "success")
    if task:
        return redirect(url_for("tasks.show", task_id=task))
    return redirect(url_for("instances.show", instance_id=case))


def is_theirs(db: Any, wait: queries.WaitRow) -> bool:
    """Whether a wait is a task that the person may complete."""
    if wait.task_id is None:
        return False
    try:
        return "complete" in queries.task(db, actor(), wait.task_id).can
    except Forbidden:
        return False
