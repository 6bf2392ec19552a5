"""The report builder: figures by kind, days, process, team and columns; looked at, saved as a file, or sent regularly.

Law: what is sent is what the page shows, narrowed alike; a report goes to people and teams of the house alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from engine import queries
from engine.errors import Forbidden, InvalidInput
from handlers.records import report_orders
from handlers.records.changes import Stamp
from handlers.reports.choosing import Selection, narrowed, selection_of
from handlers.reports.content import Report, Table
from handlers.reports.performance import meant, performance
from web.reports.pages import NAMED, PROCESSED, TEAMED, as_file, asked, cells, periods, titles
from web.rights import guarded
from web.scope import actor, language, runtime

pages = Blueprint("report_builder", __name__, url_prefix="/reports/builder")

ROWS = 20
"""Rows of a table that the page shows; files and letters have all."""
OFTEN = {"daily": N_("daily"), "weekly": N_("weekly"), "monthly": N_("monthly"), "quarterly": N_("quarterly")}


@pages.get("")
@guarded("reports")
def index() -> Any:
    """The choice, what it shows now, and the reports that come by themselves."""
    kind, chosen = _kind(request.args.get("kind", "")), _selection(request.args)
    with runtime().reading() as db:
        wanted = meant(db, kind, asked())
        whole = performance(db, kind, wanted, language())
        orders = [one for one in report_orders.every(db) if one.active]
        processes, teams = queries.definitions(db), queries.teams(db)
        people = [one for one in queries.people(db) if one.active]
    tables = [one for one in whole.sections if isinstance(one, Table)]
    known = {f"{table.id}.{column.key}" for table in tables for column in table.columns}
    chosen = replace(chosen, columns=tuple(one for one in chosen.columns if one in known))
    shown = [one for one in narrowed(whole, chosen).sections if isinstance(one, Table)]
    return render_template(
        "reports/builder.html", kind=kind, titles=titles(), tables=tables, chosen=chosen, asked=wanted, orders=orders,
        shown=[(one, cells(one)) for one in shown], **periods(wanted),
        processes=processes, teams=teams, people=people, rows_shown=ROWS, often=OFTEN, selection_of=selection_of,
        narrow_team=kind in TEAMED, narrow_process=kind in PROCESSED, may_stop=_may_stop,
    )  # fmt: skip


@pages.get("/file.<any(csv, xlsx, pdf):form>")
@guarded("reports")
def file(form: str) -> Response:
    """The same choice as a file."""
    return as_file(_report(), form)


def _report() -> Report:
    with runtime().reading() as db:
        whole = performance(db, _kind(request.args.get("kind", "")), asked(), language())
    return narrowed(whole, _selection(request.args))


@pages.post("")
@guarded("reports")
def order() -> Any:
    """Have the choice sent regularly. InvalidInput without a name, for a name that another's report has, and for
    recipients who are neither people nor teams of the house."""
    form, now = request.form, runtime().now()
    name, recipients = form.get("name", "").strip()[:120], form.getlist("recipients")
    kind, chosen = _kind(form.get("kind", "")), _selection(form)
    if not name:
        raise InvalidInput(place="name", reason="is missing", reason_zh="缺少名称")
    with runtime().transaction() as db:
        known = {one.id for one in queries.people(db) if one.active} | {f"team:{one.id}" for one in queries.teams(db)}
        if not known.issuperset(recipients):
            strange = ", ".join(sorted(set(recipients) - known))
            raise InvalidInput(place="recipients", reason=f"unknown: {strange}", reason_zh=f"未知收件人：{strange}")
        standing = next((one for one in report_orders.every(db) if one.name == name), None)
        if standing is not None and standing.active and not _may_stop(standing):
            raise InvalidInput(place="name", reason="another's report has it", reason_zh="该名称已用于他人的定期报告")
        made = report_orders.put(
            db, name, kind, "", recipients, form.get("frequency", ""), Stamp(now, actor().id, "builder"),
            today=now.astimezone(runtime().zone).date(), language=language(), format=form.get("format", "xlsx"),
            selection=chosen.plain(),
        )  # fmt: skip
    flash(_("“%(name)s” goes out for the first time on %(day)s.", name=name, day=made.next_on), "info")
    return redirect(url_for("report_builder.index", kind=kind, **_period(form), **_parts(chosen)))


@pages.post("/<int:order_id>/stop")
@guarded("reports")
def stop(order_id: int) -> Any:
    """Send it no more. Forbidden for a report that somebody else ordered, but to administrators and process owners."""
    with runtime().transaction() as db:
        known = report_orders.get(db, order_id)
        if not _may_stop(known):
            raise Forbidden(reason="somebody else ordered this report", reason_zh="该定期报告由他人设置")
        report_orders.stop(db, known.name)
    flash(_("“%(name)s” is not sent any more.", name=known.name), "info")
    return redirect(url_for("report_builder.index"))


def _may_stop(order: report_orders.Order) -> bool:
    who = actor()
    return order.created_by == who.id or who.is_admin or "process_owner" in who.teams


def _kind(asked_for: str) -> str:
    return asked_for if asked_for in titles() else "overview"


def _selection(given: Any) -> Selection:
    columns = tuple(one[:120] for one in given.getlist("columns")[:200])
    return Selection(given.get("process", "")[:120], given.get("team", "")[:120], columns)


def _period(form: Any) -> dict[str, Any]:
    """The period that the page showed, so that it still does."""
    days, until = form.get("days", ""), form.get("until", "")
    return {"days": days} if days in NAMED else {"days": days, "until": until} if days.isdecimal() else {}


def _parts(chosen: Selection) -> dict[str, Any]:
    return {"process": chosen.process or None, "team": chosen.team or None, "columns": list(chosen.columns)}
