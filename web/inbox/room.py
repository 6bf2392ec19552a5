"""The room's one blueprint, and what the address of a list asks for."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from engine import queries
from web.scope import is_chinese, person, said
from web.searching import marked

pages = Blueprint("inbox", __name__)

SIZE = 50
SORTS = ("due", "priority", "created")
DUE = ("late", "today", "week", "none")
PLAIN = queries.Ask()


def views() -> list[tuple[str, str]]:
    """The tabs of whoever is signed in."""
    shown = [("mine", _("My tasks")), ("teams", _("My teams")), ("overdue", _("Overdue"))]
    if person().leads:
        shown.append(("all", _("All")))
    return [*shown, ("done", _("Done"))]


def asked() -> queries.Ask:
    """What the address asks for, made safe."""
    args = request.args
    named = {"view": args.get("view"), "sort": args.get("sort"), "due": args.get("due")}
    return safe(
        {
            **named,
            "search": args.get("q", ""),
            "process": args.get("process"),
            "team": args.get("team"),
            "person": args.get("person"),
            "urgent": args.get("urgent") == "1",
        }
    )


def safe(said: dict[str, Any]) -> queries.Ask:
    """An Ask of what somebody sent or keeps; what it cannot be is as if it were not said."""
    view, sort, due = said.get("view"), said.get("sort"), said.get("due")
    return queries.Ask(
        view=cast(Any, view if view in dict(views()) else "mine"),
        search=str(said.get("search") or "").strip()[:200],
        process=(said.get("process") or None) and str(said["process"])[:255],
        team=(said.get("team") or None) and str(said["team"])[:255],
        person=(said.get("person") or None) and str(said["person"])[:255],
        due=cast(Any, due if due in DUE else ""),
        urgent=bool(said.get("urgent")),
        sort=cast(Any, sort if sort in SORTS else "due"),
    )


def asked_page() -> int:
    """The page that the address asks for."""
    return max(1, min(request.args.get("page", 1, type=int) or 1, 10_000))


def query_of(ask: queries.Ask) -> dict[str, str]:
    """What stands in an address for it; what is as usual is left out."""
    usual = asdict(PLAIN)
    found: dict[str, str] = {"view": ask.view}
    for name, value in asdict(ask).items():
        if name != "view" and value != usual[name]:
            found["q" if name == "search" else name] = "1" if value is True else str(value)
    return found


def address(ask: queries.Ask | None = None, *, endpoint: str = "inbox.index", **changes: Any) -> str:
    """The address of a list: of the one that is asked for with something changed (`page` beside what an Ask has)."""
    page = changes.pop("page", 1)
    wanted = replace(ask if ask is not None else asked(), **changes)
    query = query_of(wanted) | ({"page": str(page)} if page > 1 else {})
    query |= {"q": marked(query["q"])} if "q" in query else {}
    return f"{url_for(endpoint)}?{urlencode(query)}"


def by_name(rows: Any) -> list[Any]:
    """Processes, teams or people in the order in which a reader looks for them: Chinese names by their sound.

    The first level of GB 18030 (GB 2312) is in the order of pinyin, which holds for nearly every character of a name.
    """
    if is_chinese():
        return sorted(rows, key=lambda row: said(row.name, row.name_en).encode("gb18030"))
    return sorted(rows, key=lambda row: said(row.name, row.name_en).casefold())
