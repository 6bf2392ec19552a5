"""Who did what: the audit, and whether it is whole. Changes that wait for a second person stand here as well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from engine import api, queries
from engine.queries import administration
from handlers.modules import MODULES
from web.admin.reminders import step_words
from web.admin.room import done, pages, text
from web.admin.subjects import about
from web.formats import value
from web.operations.wording import fact_words, in_one_language
from web.rights import guarded
from web.scope import actor, called, is_chinese, runtime, said
from web.words import listed

SIZE = 30
NOTHING = "—"


@pages.get("/audit")
@guarded("admin-audit")
def audit() -> Any:
    """Entries by subject, person, action and time, the newest first."""
    return audit_page()


def audit_page(verdict: Any = None) -> Any:
    """The page; `verdict`: what the check of everything found."""
    names = ("subject", "actor", "action", "since", "until")
    asked = {name: request.args.get(name, "").strip()[:100] for name in names}
    page = max(request.args.get("page", 1, type=int), 1)
    since, until = edge(asked["since"]), edge(asked["until"], 1)
    with runtime().reading() as db:
        rows = administration.audit_entries(
            db,
            subject=asked["subject"],
            actor=asked["actor"],
            action=asked["action"],
            since=since,
            until=until,
            page=page,
            size=SIZE + 1,
        )
        actions = administration.audit_actions(db)
        cases = administration.audited_cases(db, (row.subject for row in rows))
        processes = {one.key: one for one in queries.process_names(db)}

    def process_name(key: str) -> str:
        return said(processes[key].name, processes[key].name_en) if key in processes else key

    return render_template(
        "admin/audit.html", rows=rows[:SIZE], more=len(rows) > SIZE, page=page, asked=asked, actions=actions,
        told=told, verdict=verdict, cases=cases, process_name=process_name, about=lambda one: about(one, process_name),
    )  # fmt: skip


def edge(given: str, days: int = 0) -> datetime | None:
    """The beginning of a day (and some days later) in the business zone; None for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(given) + timedelta(days=days), time(0), tzinfo=runtime().zone)
    except ValueError:
        return None


def told(data: Any) -> list[tuple[str, str]]:
    """What an entry holds, name by name; before and after stand first."""
    order = {"before": 0, "after": 1}
    names = sorted(data, key=lambda name: (order.get(name, 2), name))
    return [(fact_words(name), _plain(name, data[name])) for name in names]


def changed(data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What was changed, as (what, before, after); what is empty where the entry is about one thing alone."""
    before, after = data.get("before"), data.get("after")
    if "before" not in data or "after" not in data:
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = [name for name in after if before.get(name) not in (None, after[name])]
        return [(fact_words(name), _plain(name, before[name]), _plain(name, after[name])) for name in names]
    return [("", _plain("before", before), _plain("after", after))]


PEOPLE = ("owner", "assignee", "substitute", "from", "to", "by", "lead")


def _plain(name: str, item: Any) -> str:
    if name in PEOPLE and isinstance(item, str):
        return called(item)
    if isinstance(item, int) and not isinstance(item, bool):
        return str(item)  # mostly numbers of rows, which take no separators
    if isinstance(item, list | tuple) and item and all(isinstance(one, Mapping) and "step" in one for one in item):
        return "；".join(step_words(one) for one in item) if is_chinese() else "; ".join(map(step_words, item))
    if isinstance(item, Mapping) and set(item) == {"off"}:
        return str(_("Off")) + ("：" if is_chinese() else ": ") + (_modules(item["off"]) or NOTHING)
    return NOTHING if item in ([], {}) else value(in_one_language(item))


def _modules(names: Any) -> str:
    return listed(said(MODULES[one].zh, MODULES[one].en) if one in MODULES else str(one) for one in names)


def asked_words(data: Any) -> list[tuple[str, str]]:
    """What a change asks for, in words where it names modules or kinds of changes."""
    off = data.get("off") if isinstance(data, Mapping) else None
    if isinstance(off, list):
        return [(_("Off"), _modules(off) or NOTHING)]
    kinds = data.get("kinds") if isinstance(data, Mapping) else None
    if isinstance(kinds, list):
        return [(_("needs two people"), listed(kind_words(kind) for kind in kinds) or "—")]
    return told(data)


@pages.post("/audit/verify")
@guarded("admin-audit")
def verify() -> Any:
    """Compute every chain again, and say what is not what was written."""
    with runtime().reading() as db:
        return audit_page(administration.whole(db))


@pages.get("/changes")
@guarded("admin-audit")
def changes() -> Any:
    """Changes that wait for a second administrator, and those that were decided."""
    with runtime().reading() as db:
        open_, past = administration.critical_changes(db, "open"), administration.critical_changes(db, limit=30)
    past = [one for one in past if one.state != "open"]
    return render_template("admin/changes.html", open=open_, past=past, told=asked_words, kind_words=kind_words)


def kind_words(kind: str) -> str:
    """What kind of change it is."""
    return {
        "administrators": _("who is an administrator"),
        "modules": _("modules"),
        "sign_on": _("single sign-on"),
        "two_people": _("what needs two people"),
    }.get(kind, kind)


@pages.post("/changes/<int:id>")
@guarded("admin-house")
def decide_change(id: int) -> Any:
    """Agree, refuse, or take back what one asked for."""
    agree = text("do") == "agree"
    return done(lambda db: api.decide(db, actor(), id, agree), url_for("admin.changes"))
