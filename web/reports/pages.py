"""The reports: figures of the house for those who lead it, each with its table, its cases and its files."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from engine import queries
from engine.errors import NotFound
from handlers import segments
from handlers.reports import clientele
from handlers.reports.asking import Asked
from handlers.reports.content import Report, Table, shown
from handlers.reports.performance import KINDS, meant, performance
from handlers.reports.typesetting import GENERIC, pdf
from web.operations.filters import day
from web.reports import pictures
from web.rights import guarded
from web.scope import actor, language, runtime

pages = Blueprint("reports", __name__, url_prefix="/reports")

PERIODS = (30, 90, 365)
USUAL = 90
NAMED = {"month": N_("this month"), "last_month": N_("last month"), "quarter": N_("this quarter"),
         "last_quarter": N_("last quarter"), "year": N_("this year")}  # fmt: skip
"""Periods of the calendar that an address may say in place of a number of days."""
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a text must not begin with in a sheet (OWASP, CSV injection)."""
TEAMED, PROCESSED = ("teams", "voice"), ("overview", "teams", "funnel", "times", "touchpoints")
"""Reports that can be narrowed to a team, and to a process."""


def titles() -> dict[str, str]:
    """Kind -> title, in the order of the tabs."""
    return {"overview": _("Overview"), **{kind: label.text(language()) for kind, (label, _) in KINDS.items()}}


def asked() -> Asked:
    """Days, process and team as the address says; the last 90 days when it says none."""
    today = runtime().now().astimezone(runtime().zone).date()
    period = named_period()
    if period:
        since, until = calendar_days(period, today)
    else:
        until = day(request.args.get("until")) or today
        days = min(3_660, max(1, request.args.get("days", USUAL, type=int) or USUAL))
        since = day(request.args.get("since")) or until - timedelta(days=days)
    return Asked(min(since, until), until, request.args.get("process", ""), request.args.get("team", ""))


def named_period() -> str:
    """Which period of the calendar (NAMED) the address asks for; empty when it says days."""
    said = request.args.get("days", "")
    return said if said in NAMED else ""


def calendar_days(period: str, today: date) -> tuple[date, date]:
    """First and last day of a period of the calendar; one that has not ended goes until today."""
    month, yesterday = today.replace(day=1), timedelta(days=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    before_month, before_quarter = month - yesterday, quarter - yesterday
    return {
        "month": (month, today),
        "last_month": (before_month.replace(day=1), before_month),
        "quarter": (quarter, today),
        "last_quarter": (before_quarter.replace(month=before_quarter.month - 2, day=1), before_quarter),
        "year": (today.replace(month=1, day=1), today),
    }[period]


def periods(wanted: Asked) -> dict[str, Any]:
    """What a choice of the period offers (`periods`), what stands in it (`days`), and how an address keeps it
    (`keeping`): a period of the calendar by its name, others by their last day and length."""
    length = (wanted.until - wanted.since).days
    days: Any = named_period() or length
    offered: dict[Any, Any] = {**NAMED, **{one: _("last %(number)s days", number=one) for one in PERIODS}}
    if days not in offered:
        offered[days] = _("last %(number)s days", number=days)
    keeping = {"days": days} if named_period() else {"days": days, "until": wanted.until.isoformat()}
    return {"periods": offered, "days": days, "keeping": keeping}


@pages.get("")
@pages.get("/<kind>")
@guarded("reports")
def show(kind: str = "overview") -> Any:
    """One report."""
    with runtime().reading() as db:
        wanted = meant(db, kind, asked())
        report = performance(db, kind, wanted, language())
        sections = [one for one in report.sections if isinstance(one, Table)]
        fresh = not any(one.rows for one in sections) and not queries.instances(db, size=1)
        processes, teams = queries.definitions(db), queries.teams(db)
    return render_template(
        "reports/show.html", kind=kind, report=report, asked=wanted, titles=titles(), processes=processes, teams=teams,
        sections=[(one, pictures.picture(one), cells(one)) for one in sections], **periods(wanted),
        drilled=pictures.drilled, narrow_team=kind in TEAMED, narrow_process=kind in PROCESSED,
        fresh=fresh, definitions=definitions() if kind == "overview" else [], notes=notes(),
    )  # fmt: skip


def cells(section: Table) -> list[list[str]]:
    """The rows of a section as they are read."""
    zone = runtime().zone
    return [[shown(row.get(one.key), one.form, language(), zone) for one in section.columns] for row in section.rows]


@pages.get("/voice/answers")
@guarded("reports")
def answers() -> Any:
    """The answers that the net promoter score counts, by `mark` too; of clients that are the reader's business."""
    mark = request.args.get("mark", "")
    mark = mark if mark in clientele.MARKS else ""
    with runtime().reading() as db:
        wanted = meant(db, "voice", asked())
        found = clientele.answers(db, wanted, mark, segments.among(actor())[:1])
        hidden = len(clientele.answers(db, wanted, mark)) - len(found)
        names = {one.id: (one.name, one.name_en) for one in queries.teams(db)}
    return render_template(
        "reports/answers.html", answers=found, hidden=hidden, mark=mark, asked=wanted, names=names, **periods(wanted)
    )


@pages.get("/<kind>.<any(csv, xlsx, pdf):form>")
@guarded("reports")
def file(kind: str, form: str) -> Response:
    """The same rows as a file."""
    with runtime().reading() as db:
        report = performance(db, kind, asked(), language())
    return as_file(report, form)


def as_file(report: Report, form: str) -> Response:
    """A report as CSV, workbook or paper. NotFound for another form."""
    settings = runtime().settings
    if form == "csv":
        content, media = written(report), "text/csv; charset=utf-8"
    elif form == "xlsx":
        from handlers.reports.sheets import xlsx  # brings openpyxl, for which no start waits

        house = settings.mail_from.partition("<")[0].strip()
        content, media = xlsx(report, language(), settings.tzinfo, house), XLSX
    elif form == "pdf":
        content, media = pdf(settings, GENERIC, report, language()), "application/pdf"
    else:
        raise NotFound(what="report", what_zh="报表", id=form)
    answer = Response(content, content_type=media)
    answer.headers["Content-Disposition"] = f'attachment; filename="{report.subject_key}.{form}"'
    return answer


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def written(report: Report) -> bytes:
    """All tables of a report as CSV, one under the other, with a byte order mark so that sheets read Chinese."""
    out = io.StringIO()
    writer = csv.writer(out)
    as_of = shown(report.as_of, "moment", language(), runtime().zone)
    writer.writerow([report.title.text(language()), report.subject, _("Figures as of %(time)s", time=as_of)])
    for section in report.sections:
        if isinstance(section, Table):
            writer.writerow([])
            writer.writerow([section.title.text(language())])
            writer.writerow([one.label.text(language()) for one in section.columns])
            writer.writerows([[_plain(cell) for cell in row] for row in cells(section)])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> str:
    number = cell.replace(",", "").removesuffix("%").replace(".", "", 1).removeprefix("-").isdecimal()
    return f"'{cell}" if cell.startswith(FORMULAS) and not number else cell


def notes() -> dict[str, str]:
    """Section -> what one must know to read its figures."""
    work = _(
        "Done: finished in these days. Due: their due date lies in these days; on time, late and overdue are parts of"
        " it. What was due earlier and done now is in the first alone."
    )
    return {"teams": work}


def definitions() -> list[tuple[str, str]]:
    """What each KPI means."""
    return [
        (
            _("On-time share"),
            _("tasks done by their due date ÷ tasks due in the period; overdue ones count as late"),
        ),
        (_("First response"), _("working time from the beginning of a case to its first completed contact")),
        (_("Cycle time"), _("working time from beginning to end without pauses; median and 90th percentile")),
        (_("Conversion"), _("of the cases begun in a month, the share that reached the milestone")),
        (_("Rework"), _("tasks entered again ÷ tasks done")),
        (_("Reminder accuracy"), _("reminders sent within five minutes of their plan ÷ reminders planned")),
        (_("True-alert share"), _("alerts confirmed ÷ alerts triaged")),
        (_("Net promoter score"), _("share of marks 9 and 10 less the share of marks 0 to 6, in per cent")),
        (_("Cost of one won"), _("cost of events ÷ inquiries of theirs that were accepted")),
    ]
