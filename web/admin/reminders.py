"""Reminder policies: when whom is reminded of a task, and by what. A process or task names one (`reminderPolicy`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api
from engine.errors import InvalidInput, NotFound
from handlers.channels import preview
from web.admin.room import done, pages, text
from web.errors import spoken
from web.rights import guarded
from web.scope import actor, called, is_chinese, runtime
from web.words import listed

KINDS = ("share", "days", "hours")


@pages.get("/reminders")
@guarded("admin-reminders")
def reminders() -> Any:
    """All policies, told in words."""
    with runtime().reading() as db:
        policies = api.reminder_policies(db)
        due, comes = api.reminder_example(db, policies)
    return render_template(
        "admin/reminders.html",
        policies=policies,
        when_words=when_words,
        to_words=to_words,
        how_words=how_words,
        due=due,
        comes=comes,
    )


def when_words(step: Mapping[str, Any]) -> str:
    """When a step comes, in words."""
    if "share" in step:
        share = (Decimal(str(step["share"])) * 100).normalize()
        return _("after %(share)s %% of the time", share=format(share, "f"))
    number, unit = (step["days"], "days") if "days" in step else (step["hours"], "hours")
    amount = abs(int(number))
    if unit == "days":
        if not amount:
            return _("when it is due")
        return _("%(n)s working days before", n=amount) if number < 0 else _("%(n)s working days after", n=amount)
    return _("%(n)s hours before", n=amount) if number < 0 else _("%(n)s hours after", n=amount)


def to_words(step: Mapping[str, Any]) -> str:
    """Whom a step reminds."""
    words = {"assignee": _("whoever has the task"), "lead": _("the lead of the team")}
    return listed(words.get(one) or called(one) for one in step["to"])


def step_words(step: Mapping[str, Any]) -> str:
    """A step in words: its name, when it comes, whom it reminds and how."""
    colon, comma = ("：", "，") if is_chinese() else (": ", ", ")
    return step["step"] + colon + comma.join((when_words(step), to_words(step), how_words(step)))


def how_words(step: Mapping[str, Any]) -> str:
    """The ways a step takes."""
    return listed(_("by mail") if one == "email" else _("in the app") for one in step["channels"])


@pages.get("/reminders/<key>")
@guarded("admin-reminders")
def reminder(key: str) -> Any:
    """One policy to change, or a new one that begins as the standard."""
    with runtime().reading() as db:
        policies = api.reminder_policies(db)
    if key not in policies and key != "new":
        raise NotFound(what="policy", id=key)
    return policy_page(key, [typed(step) for step in policies.get(key, policies["standard"])])


def typed(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step as the form shows it."""
    kind = next(one for one in KINDS if one in step)
    number = Decimal(str(step[kind])) * (100 if kind == "share" else 1)
    return {**step, "kind": kind, "number": format(number.normalize(), "f")}


def policy_page(key: str, steps: list[dict[str, Any]], fault: str | None = None) -> Any:
    """The form: what there is, and one empty row more."""
    rows = [*steps, {"step": "", "kind": "days", "number": "", "to": [], "channels": ["in_app"], "template": ""}]
    names = preview.templates()
    page = render_template("admin/reminder.html", key=key, rows=rows, fault=fault, templates=names)
    return (page, 422) if fault else page


@pages.post("/reminders/<key>")
@guarded("admin-reminders")
def save_reminder(key: str) -> Any:
    """Write a policy; a row without a name is left out. Tasks that are planned already keep their moments."""
    name = text("key", 60).lower() if key == "new" else key
    rows: list[dict[str, Any]] = []
    try:
        rows = steps_typed()
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name) or name in ("none", "new"):
            raise InvalidInput(place="key", reason="small letters, digits, _", reason_zh="须为小写字母、数字或 _")
        with runtime().transaction() as db:
            if key == "new" and name in api.reminder_policies(db):
                raise InvalidInput(place="key", reason="there is such a policy", reason_zh="该规则已存在")
            api.set_reminder_policy(db, actor(), name, [as_step(row) for row in rows])
    except InvalidInput as fault:
        return policy_page(key, rows, spoken(fault))
    flash(_("Saved. It counts for tasks that open from now on."), "success")
    return redirect(url_for("admin.reminders"))


def steps_typed() -> list[dict[str, Any]]:
    """The rows of the form that have a name."""
    found = []
    for number in range(min(request.form.get("rows", 0, int), 20)):
        step = text(f"step{number}", 30)
        if step:
            people = [one for one in re.split(r"[,，\s]+", text(f"people{number}")) if one]
            found.append(
                {
                    "step": step,
                    "kind": text(f"kind{number}", 10),
                    "number": text(f"number{number}", 10),
                    "to": [*request.form.getlist(f"to{number}"), *people],
                    "channels": request.form.getlist(f"channel{number}"),
                    "template": text(f"template{number}"),
                }
            )
    return found


def as_step(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the form as the engine keeps it. InvalidInput."""
    try:
        number = Decimal(row["number"])
    except InvalidOperation:
        raise InvalidInput(place=row["step"], reason="needs a number", reason_zh="须填写数字") from None
    if row["kind"] not in KINDS:
        raise InvalidInput(place=row["step"], reason="share, days or hours", reason_zh="须选择时间类型")
    value: Decimal | int = number / 100 if row["kind"] == "share" else int(number)
    kept = {name: row[name] for name in ("step", "to", "channels", "template")}
    return {**kept, row["kind"]: value}


@pages.post("/reminders/<key>/drop")
@guarded("admin-reminders")
def drop_reminder(key: str) -> Any:
    """Forget a policy; `standard` becomes the built-in one again."""
    return done(lambda db: api.drop_reminder_policy(db, actor(), key), url_for("admin.reminders"))
