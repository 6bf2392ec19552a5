"""The list of clients: search, filters with their numbers, columns, files of what is listed."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Response, redirect, render_template, request, session, url_for
from flask_babel import lazy_gettext as N_

from engine.errors import InvalidInput
from handlers import sights
from handlers.records import custom
from handlers.records.changes import Stamp
from handlers.reports.content import Report, Table
from handlers.reports.sheets import xlsx
from handlers.views import client_export, client_list
from handlers.views.client_list import FILTERS, Wanted
from web.clients.room import now, pages
from web.paging import Pages, asked_page
from web.rights import guarded, may_act, may_read, may_see
from web.scope import actor, language, runtime

SIZE = 50
COLUMNS: dict[str, Any] = {
    "key": N_("Number"),
    "stage": N_("Stage"),
    "roles": N_("Roles"),
    "tier": N_("Tier"),
    "owner": N_("Owner"),
    "region": N_("Region"),
    "industry": N_("Industry"),
    "owed": N_("Outstanding"),
    "contact": N_("Last contact"),
    "review": N_("Next review"),
    "rating": N_("Risk rating"),
    "reg_no": N_("Registration number"),
}
"""What may be shown beside the name."""
USUAL = ("key", "stage", "roles", "tier", "owner", "owed", "contact")
SECRET = {"review": "kyc", "rating": "kyc"}
"""Columns that are for those who may see a section."""
KEPT = "client_columns"


@pages.get("")
@guarded("clients")
def index() -> Any:
    """Clients by text and filters; one hit of the search in the head opens at once."""
    wanted = asked()
    with runtime().reading() as db:
        own = custom.fields_of(db, "party")
        paged = Pages(asked_page(), SIZE, client_list.count(db, wanted))
        found = client_list.clients(db, wanted, page=paged.number, size=SIZE)
        counts = {name: client_list.numbers(db, wanted, name) for name in FILTERS}
    if wanted.text and len(found) == 1 and request.args.get("go") == "1":
        return redirect(url_for("clients.show", key=found[0].business_key))
    shown = columns(own)
    return render_template(
        "clients/index.html", found=found, paged=paged, wanted=wanted, counts=counts, columns=offered(), shown=shown,
        own=own, words=FILTER_WORDS, address=address, may_export=may_read("client-files"), may_start=may_act("clients"),
    )  # fmt: skip


FILTER_WORDS = {
    "stage": N_("All stages"),
    "role": N_("All roles"),
    "tier": N_("All tiers"),
    "owner": N_("All owners"),
    "region": N_("All regions"),
}


def asked() -> Wanted:
    """What the address asks for."""
    args = request.args
    sort = args.get("sort", "latest")
    return Wanted(
        text=args.get("q", "").strip()[:200],
        chosen={name: value for name in FILTERS if (value := args.get(name, "")[:60])},
        own={name[2:]: value[:200] for name, value in args.items() if name.startswith("c_") and value},
        roles=sights.segment(actor()),
        sort=sort if sort in ("latest", "name", "tier", "owner") else "latest",  # type: ignore[arg-type]
    )


def address(**changes: Any) -> str:
    """This list with something else asked for."""
    args: dict[str, Any] = {**request.args.to_dict(), **changes}
    endpoint = args.pop("endpoint", "clients.index")
    return url_for(endpoint, **{name: value for name, value in args.items() if value not in (None, "")})


def offered() -> dict[str, Any]:
    """The columns that the person may choose."""
    return {name: words for name, words in COLUMNS.items() if name not in SECRET or may_see(SECRET[name])}


def columns(own: Any) -> list[str]:
    """The columns that the person chose last, else the usual ones; own fields by `c_<key>`."""
    allowed = [*offered(), *(f"c_{one.key}" for one in own)]
    chosen = session.get(KEPT) or USUAL
    return [name for name in allowed if name in chosen]


@pages.post("/columns")
@guarded("clients")
def choose_columns() -> Any:
    """Keep which columns are shown, in this session."""
    session[KEPT] = [name[:70] for name in request.form.getlist("column")][:30]
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/clients?") else url_for("clients.index"))


@pages.get("/export.<form>")
@guarded("client-files")
def export(form: str) -> Any:
    """What is listed as a file, all pages of it; who took how many stands in the audit."""
    if form not in ("csv", "xlsx"):
        raise InvalidInput(place="format", reason="csv or xlsx", reason_zh="应为 csv 或 xlsx")
    wanted = asked()
    with runtime().transaction() as db:
        stamp = Stamp(now(), actor().id, "export")
        report = client_export.listed(db, wanted, stamp, secrets=may_see("kyc"))
    name = f"clients-{now().astimezone(runtime().zone):%Y%m%d-%H%M}.{form}"
    if form == "xlsx":
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return sent(xlsx(report, language(), runtime().zone), name, kind)
    return sent(as_csv(report), name, "text/csv; charset=utf-8")


def as_csv(report: Report) -> bytes:
    """The report's first table, with a byte order mark so that spreadsheet programs read Chinese."""
    table = next(one for one in report.sections if isinstance(one, Table))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.label.text(language()) for column in table.columns])
    writer.writerows(client_export.plain_rows(table, language(), runtime().zone))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def sent(content: bytes, name: str, kind: str) -> Response:
    """A file to be kept, never shown in the page."""
    answer = Response(content, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


