"""The list, what keeps it fresh, and taking a task or giving it back from its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import AlreadyHandled, DealflowError, Forbidden
from handlers.reports.vocabulary import word
from handlers.views.beside_tasks import beside_tasks, own_beside
from web.errors import spoken
from web.inbox import columns
from web.inbox.room import SIZE, address, asked, asked_page, by_name, pages, views
from web.rights import guarded
from web.scope import actor, is_fragment, person, runtime, said
from web.scope import called as person_called


@pages.get("/inbox")
@guarded("inbox")
def index() -> Any:
    """The list; for htmx only its rows."""
    ask, page = asked(), asked_page()
    with runtime().reading() as db:
        found = queries.inbox(db, actor(), ask, page=page, size=SIZE)
        shown = list_values(db, ask, found.tasks) | {"found": found, "page": page, "more": found.total > page * SIZE}
        if is_fragment():
            return render_template("inbox/rows.html", **shown)
        head = head_values(db, ask)
        signature = f"{found.mark}-{queries.unread_count(db, actor().id)}"
    return render_template("inbox/index.html", counts=found.counts, signature=signature, **shown, **head)


def list_values(db: Any, ask: queries.Ask, tasks: Any) -> dict[str, Any]:
    """What the rows need beside themselves; what they all say is looked up once, not once a row."""
    own = columns.own(db)
    words = columns.offered(own)
    shown = columns.chosen(words)
    book = beside_tasks(db, tasks) if columns.FROM_BOOK & set(shown) else {}
    return {
        "ask": ask,
        "address": address,
        "columns": shown,
        "words": words,
        "about": columns.about,
        "amount": columns.amount,
        "own": own,
        "own_values": own_beside(db, tasks) if own.keys() & set(shown) else {},
        "own_words": columns.own_words,
        "book": book,
        "word": word,
        "fixed": fixed(),
        "places": {name: place(endpoint) for name, endpoint in PLACES.items()},
    }


PLACES = {"task": "tasks.show", "claim": "inbox.claim", "release": "inbox.release"}


def place(endpoint: str) -> str:
    """Where something of a task is, with `%s` for the task."""
    return url_for(endpoint, task_id=0).replace("/0", "/%s", 1)


def fixed() -> dict[str, str]:
    """The words of every row."""
    return {
        "mark": _("Mark “%(task)s”", task="\0"),
        "mark_help": _("Mark the chosen task"),
        "urgent": _("urgent"),
        "draft": _("draft"),
        "paused": _("paused"),
        "paused_help": _("The time stands while the client is waited for."),
        "fill": _("Fill"),
        "fill_help": _("Fill the chosen task’s form"),
        "claim": _("Claim"),
        "claim_help": _("Claim the chosen task"),
        "release": _("Release"),
        "release_title": _("Give it back to the team"),
        "release_help": _("Release the chosen task"),
    }


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose, with its name in both languages."""

    id: str
    name: str
    name_en: str


def head_values(db: Any, ask: queries.Ask) -> dict[str, Any]:
    """What stands above the rows: tabs, filters, what may be chosen."""
    who, names = actor(), queries.names(db)
    everything = who.is_admin or "crm_specialist" in who.teams
    own = sorted({one.id for one in queries.teams(db)} if everything else who.teams)
    led = queries.people_of(db, None if everything else who.leads) if person().leads else []
    teams, colleagues = ([Choice(id, *names[id]) for id in ids if id in names] for ids in (own, led))
    processes, kept = by_name(queries.process_names(db)), queries.filters(db, who)
    return {
        "views": views(),
        "processes": processes,
        "teams": by_name(teams),
        "colleagues": by_name(colleagues),
        "narrowed": narrowed(ask, processes, teams),
        "filters": kept,
        "kept": next((one for one in kept if one.mine and one.ask == ask), None),
        "offered": columns.offered(columns.own(db)),
        "density": columns.density(),
        "densities": columns.DENSITIES,
    }


def narrowed(ask: queries.Ask, processes: Any, teams: Any) -> list[tuple[str, str]]:
    """What the list leaves out, each with the address of the list without that."""
    called = {one.key: said(one.name, one.name_en) for one in processes}
    groups = {one.id: said(one.name, one.name_en) for one in teams}
    due = {
        "late": _("overdue"),
        "today": _("due by today"),
        "week": _("due by the end of the week"),
        "none": _("without a due date"),
    }
    found = []
    if ask.search:
        found.append((f"“{ask.search}”", address(ask, search="")))
    if ask.process:
        found.append((called.get(ask.process, ask.process), address(ask, process=None)))
    if ask.team:
        found.append((groups.get(ask.team, ask.team), address(ask, team=None)))
    if ask.person:
        found.append((person_called(ask.person), address(ask, person=None)))
    if ask.due:
        found.append((due[ask.due], address(ask, due="")))
    if ask.urgent:
        found.append((_("urgent"), address(ask, urgent=False)))
    return found


def mark(db: Any, ask: queries.Ask, page: int) -> str:
    """Changes when the list does, or what the bell shows."""
    unread = queries.unread_count(db, actor().id)
    return f"{queries.mark(db, actor(), ask, page=page, size=SIZE)}-{unread}"


@pages.get("/inbox/counts")
@guarded("inbox")
def counts() -> Any:
    """Asked for every few seconds: nothing when nothing changed, else the tabs, and the rows refresh themselves."""
    ask, page = asked(), asked_page()
    with runtime().reading() as db:
        now = mark(db, ask, page)
        if request.args.get("signature") == now:
            return make_response("", 204)
        found = queries.counts(db, actor())
        unread = queries.unread_count(db, actor().id)
    body = render_template(
        "inbox/tabs.html", counts=found, ask=ask, page=page, views=views(), address=address, signature=now
    )
    answer = make_response(body + render_template("notifications/bell.html", unread=unread, out_of_band=True))
    answer.headers["HX-Trigger"] = "inbox-changed"
    return answer


@pages.get("/inbox/ids")
@guarded("inbox")
def ids() -> Any:
    """The tasks of the whole list, for whoever does something with all of them."""
    with runtime().reading() as db:
        found = queries.ids(db, actor(), asked())
    return jsonify({"tasks": [str(id) for id in found]})


def row_answer(task_id: int, fault: DealflowError | None = None, told: str = "") -> Any:
    """One row as it stands now, with what became of a claim or a release."""
    with runtime().reading() as db:
        row = queries.task(db, actor(), task_id).row
        values = list_values(db, asked(), [row])
    body = render_template("inbox/row.html", task=row, fault=spoken(fault) if fault else "", row_said=told, **values)
    return make_response(body), 409 if fault else 200


@pages.post("/inbox/<int:task_id>/claim")
@guarded("inbox")
def claim(task_id: int) -> Any:
    """Take a task from the row."""
    try:
        runtime().unit(lambda db: api.claim(db, actor(), task_id))
    except (AlreadyHandled, Forbidden) as fault:
        return row_answer(task_id, fault)
    return row_answer(task_id, told=_("It is yours now."))


@pages.post("/inbox/<int:task_id>/release")
@guarded("inbox")
def release(task_id: int) -> Any:
    """Give a task back to its team from the row."""
    try:
        runtime().unit(lambda db: api.release(db, actor(), task_id))
    except (AlreadyHandled, Forbidden) as fault:
        return row_answer(task_id, fault)
    return row_answer(task_id, told=_("Back with the team."))
