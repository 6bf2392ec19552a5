"""The list of clients: search, filters with their numbers, columns, files of what is listed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as N_

from engine import api, queries
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
from web.rights import guarded, may_read, may_see
from web.scope import actor, language, person, runtime
from web.searching import meant

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
        mine = segments(db)
    if wanted.text and len(found) == 1 and request.args.get("go") == "1":
        return redirect(url_for("clients.show", key=found[0].business_key))
    shown = columns(own)
    hidden = 0 if wanted.related else counts["stage"].get(client_list.RELATED, 0)
    return render_template(
        "clients/index.html", found=found, paged=paged, wanted=wanted, counts=counts, columns=offered(), shown=shown,
        own=own, words=FILTER_WORDS, hidden=hidden, mine=mine, my_teams=sorted(actor().teams), address=address,
        may_export=may_read("client-files"),
    )  # fmt: skip


FILTER_WORDS = {
    "stage": N_("All stages"),
    "role": N_("All roles"),
    "tier": N_("All tiers"),
    "owner": N_("All owners"),
    "region": N_("All regions"),
}


def asked(args: Mapping[str, str] | None = None) -> Wanted:
    """What the address asks for, or what is given like one."""
    args = request.args if args is None else args
    sort, text = args.get("sort", "latest"), args.get("q", "").strip()[:200]
    chosen = {name: value for name in FILTERS if (value := args.get(name, "")[:60])}
    own = {name[2:]: value[:200] for name, value in args.items() if name.startswith("c_") and value}
    return Wanted(
        text=text,
        chosen=chosen,
        own=own,
        related=bool(text or own or {"stage", "role"} & chosen.keys()) or args.get("related") == "1",
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
    chosen = person().settings.get(KEPT) or USUAL
    return [name for name in allowed if name in chosen]


@pages.post("/columns")
@guarded("clients")
def choose_columns() -> Any:
    """Keep which columns the person sees."""
    chosen = [name[:70] for name in request.form.getlist("column")][:30]
    with runtime().transaction() as db:
        api.save_preferences(db, actor(), settings={KEPT: chosen})
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/clients?") else url_for("clients.index"))


SEGMENTS, MOST_SEGMENTS = "client_segments", 12
"""Where a person's segments are kept, and how many."""


def segments(db: Any) -> list[dict[str, Any]]:
    """The segments that the person kept, then those that colleagues share with a team of theirs, with their addresses
    and how many clients are in each now; each reader finds what they may see."""
    kept: list[tuple[Any, str | None]] = [(one, None) for one in person().settings.get(SEGMENTS) or ()]
    for colleague, theirs in queries.settings_of_colleagues(db, actor().id, SEGMENTS):
        kept += [(one, colleague) for one in theirs if one.get("team") in actor().teams]
    found = []
    for one, by in kept[: 2 * MOST_SEGMENTS]:
        query: dict[str, Any] = {str(name): str(value) for name, value in one["query"].items()}
        with suppress(InvalidInput):  # of a field that is gone
            count = client_list.count(db, asked(query))
            where = url_for("clients.index", **query)
            found.append({"name": one["name"], "where": where, "count": count, "by": by, "team": one.get("team")})
    return found


@pages.post("/segments")
@guarded("clients")
def keep_segment() -> Any:
    """Keep what is asked for under a name, for oneself or for a team (`team`); the same name is written over, an empty
    query forgets it."""
    name = " ".join(request.form.get("name", "").split())[:40]
    given = dict(parse_qsl(request.form.get("query", "")[:2000]))
    given |= {"q": meant(given["q"])} if "q" in given else {}
    kept_names = ("q", "sort", *FILTERS)
    query: dict[str, Any] = {key: it for key, it in given.items() if key in kept_names or key.startswith("c_")}
    kept = [one for one in person().settings.get(SEGMENTS) or () if one["name"] != name]
    if not name or (query and len(kept) >= MOST_SEGMENTS):
        most, most_zh = f"needed, and {MOST_SEGMENTS} at most", f"请命名，最多 {MOST_SEGMENTS} 个"
        raise InvalidInput(place="name", reason=most, reason_zh=most_zh)
    with runtime().transaction() as db:
        shared = {"team": team} if (team := request.form.get("team", "")) in actor().teams else {}
        mine = [*kept, {"name": name, "query": query, **shared}] if query else kept
        api.save_preferences(db, actor(), settings={SEGMENTS: mine})
    return redirect(url_for("clients.index", **query))


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
