"""One case from the inside: variables, work, decisions, audit; and the verbs that steer it, previewed first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import CallerError, DealflowError, InvalidInput
from engine.queries import decisions, finding, thresholds, trail, underway
from engine.queries.reasons import reasons
from engine.queries.selection import RUNNING
from handlers import sights
from web.instances import fields_of
from web.operations import entering, wording
from web.rights import guarded
from web.scope import actor, language, runtime, said
from web.tasks import beside

pages = Blueprint("steering", __name__, url_prefix="/instances/<int:instance_id>")
pages.add_app_template_filter(wording.action_words)
pages.add_app_template_filter(wording.fact_words)
pages.add_app_template_filter(wording.in_one_language)


@pages.get("/variables")
@guarded("operations")
def variables(instance_id: int) -> Any:
    """Every variable with its value now and all that it was."""
    with runtime().reading() as db:
        case = queries.instance(db, instance_id)
        past = trail.written(db, instance_id)
        fields = fields_of(db, case.row.key, case.row.version)
    names = sorted({*case.variables, *past} - sights.fields_hidden(actor()))
    labels = {name: str(field.get("label") or "") for name, field in fields.items()}
    return render_template(
        "operations/variables.html",
        case=case,
        row=case.row,
        past=past,
        names=names,
        labels=labels,
        written=entering.written,
    )


@pages.post("/variables")
@guarded("operations")
def set_variable(instance_id: int) -> Any:
    """Give a variable another value; what it was stands in the audit."""
    name = request.form.get("name", "").strip()[:200]
    if not name:
        raise InvalidInput(place="name", reason="is empty", reason_zh="不能为空")
    with runtime().reading() as db:
        known = queries.instance(db, instance_id).variables
    value = entering.read(request.form.get("value", ""), known.get(name))
    runtime().unit(lambda db: api.set_variables(db, actor(), instance_id, {name: value}))
    flash(_("“%(name)s” is set.", name=name), "success")
    return redirect(url_for("steering.variables", instance_id=instance_id))


@pages.get("/work")
@guarded("operations")
def under_way(instance_id: int) -> Any:
    """Jobs, timers, what it listens for, messages and letters."""
    with runtime().reading() as db:
        case = queries.instance(db, instance_id)
        found = {
            "jobs": underway.jobs(db, instance_id=instance_id),
            "timers": underway.timers(db, instance_id=instance_id),
            "subscriptions": underway.subscriptions(db, instance_id),
            "messages": underway.messages(db, instance_id),
            "letters": underway.letters(db, instance_id=instance_id),
        }
    return render_template("operations/work.html", case=case, row=case.row, house_zone=runtime().zone, **found)


@pages.post("/timers/<int:timer_id>")
@guarded("operations")
def move_timer(instance_id: int, timer_id: int) -> Any:
    """Fire a timer now, or let it fire at another moment (of the business zone)."""
    if "now" in request.form:
        runtime().unit(lambda db: api.fire_timer(db, actor(), timer_id))
        flash(_("The timer fires within moments."), "success")
    else:
        due = _moment(request.form.get("due", ""))
        runtime().unit(lambda db: api.move_timer(db, actor(), timer_id, due))
        flash(_("The timer is moved."), "success")
    return redirect(url_for("steering.under_way", instance_id=instance_id))


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(place="due", reason="is no moment", reason_zh="不是有效的时刻") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=runtime().zone)


@pages.post("/jobs/<int:job_id>/retry")
@guarded("operations")
def retry_job(instance_id: int, job_id: int) -> Any:
    """Try a failed job again."""
    runtime().unit(lambda db: api.retry_job(db, actor(), job_id))
    flash(_("It is being tried again."), "success")
    return redirect(url_for("steering.under_way", instance_id=instance_id))


@pages.get("/decisions")
@guarded("operations")
def decided(instance_id: int) -> Any:
    """What was decided in the case: from what, by which rules."""
    with runtime().reading() as db:
        case = queries.instance(db, instance_id)
        rows = decisions.decisions(db, instance_id=instance_id)
        tables = {one.key: said(one.name, one.name_en) for one in thresholds.decision_tables(db)}
        why = {one.row.id: one for one in reasons(db, instance_id)}
        fields = fields_of(db, case.row.key, case.row.version)
    told = {id: [beside.remarks(fired, rule, one) for fired, rule in one.rules] for id, one in why.items()}
    columns = {id: beside.columns_of(one) for id, one in why.items()}

    def named(id: int, name: str) -> str:
        """A variable or a result of a decision, as its table or the case's forms call it."""
        return columns.get(id, {}).get(name) or beside.label(name, fields)

    return render_template(
        "operations/decisions.html", case=case, row=case.row, rows=rows, tables=tables, told=told, named=named
    )


@pages.get("/audit")
@guarded("operations")
def audit(instance_id: int) -> Any:
    """What was done by hand, before and after, with the chains computed again."""
    with runtime().reading() as db:
        case = queries.instance(db, instance_id)
        found = trail.trail(db, instance_id)
    names = {id: said(name, case.names_en.get(id)) for id, name in case.names.items()}
    return render_template(
        "operations/audit.html", case=case, row=case.row, trail=found, names=names, steps_told=wording.steps_told
    )


# ── steering ───────────────────────────────────────────────────────────────────────────────────────────────────


@pages.get("/steer")
@guarded("operations")
def steer(instance_id: int) -> Any:
    """Move, migrate, begin anew: choose on the diagram or from the lists, and see what would follow."""
    move = {name: request.args.get(name) or None for name in ("source", "target")}
    at, version = request.args.get("at") or None, request.args.get("version", type=int)
    preview: Any = None
    refused = ""
    with runtime().reading() as db:
        case = queries.instance(db, instance_id)
        places = finding.places(db, case.row.key, case.row.version)
        versions = queries.definition(db, case.row.key).row.versions
        try:
            if move["target"]:
                preview = api.preview_token_move(db, actor(), instance_id, move["source"], move["target"])
            elif version:
                preview = api.preview_migration(db, actor(), instance_id, version)
            elif at:
                preview = api.preview_restart(db, actor(), instance_id, [at])
        except (CallerError, DealflowError) as error:
            refused = error.text(language())
    named = {one.id: one for one in places}
    return render_template(
        "operations/steer.html", case=case, row=case.row, places=places, versions=versions, move=move, at=at,
        version=version, preview=preview, refused=refused, named=named, running=case.row.state in RUNNING,
    )  # fmt: skip


@pages.post("/steer")
@guarded("operations")
def act(instance_id: int) -> Any:
    """Do one of them."""
    form = request.form
    why = form.get("why", "").strip()[:500]
    match form.get("verb"):
        case "suspend":
            runtime().unit(lambda db: api.suspend(db, actor(), instance_id))
        case "resume":
            runtime().unit(lambda db: api.resume(db, actor(), instance_id))
        case "cancel":
            runtime().unit(lambda db: api.cancel(db, actor(), instance_id, why))
        case "move":
            source, target = form.get("source") or None, form.get("target", "")
            runtime().unit(lambda db: api.move_token(db, actor(), instance_id, source, target, why))
        case "migrate":
            runtime().unit(lambda db: api.migrate_instance(db, actor(), instance_id, form.get("version", type=int)))
        case "restart":
            done = runtime().unit(lambda db: api.restart(db, actor(), instance_id, [form.get("at", "")]))
            flash(_("The case goes on here."), "success")
            return redirect(url_for("instances.show", instance_id=done.instance_id))
        case _other:
            raise InvalidInput(place="verb", reason="there is no such action", reason_zh="无此操作")
    flash(_("Done."), "success")
    return redirect(url_for("instances.show", instance_id=instance_id))
