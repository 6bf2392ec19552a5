"""The menu. Law: one table; what a person may not open is not shown to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _

from web.rights import may_read


@dataclass(frozen=True, slots=True)
class Entry:
    """One place to go: `page` is its name in `web.rights`, `prefix` marks it as the current one, `key` opens it."""

    endpoint: str
    words: Any
    picture: str
    page: str
    prefix: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading; a group of which a person sees one entry is shown as that entry."""

    words: Any
    picture: str
    entries: tuple[Entry, ...]


MENU = (
    Group(_("Inbox"), "inbox", (Entry("inbox.index", _("Inbox"), "inbox", "inbox", "/inbox", "g"),)),
    Group(
        _("Clients"),
        "building",
        (
            Entry("clients.index", _("Clients"), "building", "clients", "/clients", "l"),
            Entry("pipeline.index", _("Pipeline"), "layout-kanban", "pipeline", "/pipeline", "b"),
            Entry("leads.index", _("Leads"), "target", "leads", "/leads"),
            Entry("library.index", _("Case library"), "notes", "library", "/library"),
            Entry("library.track_record", _("Track record"), "star", "library", "/library/track-record"),
            Entry("team_news.index", _("Team news"), "activity", "inbox", "/team-news"),
            Entry("team_training.index", _("Training"), "checklist", "training", "/team-training"),
            Entry("quality.index", _("Data quality"), "list-check", "stewardship", "/data-quality"),
        ),
    ),
    Group(
        _("Deals"),
        "chart-line",
        (
            Entry("plans.index", _("Financing plans"), "chart-line", "plans", "/plans"),
            Entry("facilities.index", _("Facilities"), "building-bank", "facilities", "/facilities"),
            Entry("conditions.index", _("Conditions precedent"), "checklist", "conditions", "/conditions"),
            Entry("monitoring.index", _("Monitoring"), "radar-2", "monitoring", "/monitoring", "m"),
            Entry("exposures.index", _("Exposures"), "coins", "exposures", "/exposures"),
        ),
    ),
    Group(
        _("Operations"),
        "activity",
        (
            Entry("instances.index", _("Cases"), "briefcase", "cases", "/instances", "v"),
            Entry("task_board.index", _("Task board"), "layout-kanban", "task-board", "/task-board"),
            Entry("workload.index", _("Workload"), "scale", "workload", "/workload"),
            Entry("incidents.index", _("Incidents"), "alert-triangle", "operations", "/incidents"),
            Entry("batches.index", _("Batches"), "list-check", "operations", "/batches"),
            Entry("analysis.heat", _("Heat map"), "chart-bar", "analysis", "/analysis"),
            Entry("whatif.index", _("What if"), "adjustments", "analysis", "/simulation"),
            Entry("machinery.index", _("Health"), "activity", "operations", "/operations"),
        ),
    ),
    Group(_("Reports"), "chart-bar", (Entry("reports.show", _("Reports"), "chart-bar", "reports", "/reports"),)),
    Group(
        _("Processes"),
        "sitemap",
        (
            Entry("processes.index", _("Processes"), "sitemap", "processes", "/processes", "p"),
            Entry("studio.index", _("Studio"), "pencil", "studio", "/studio"),
            Entry("api_v1.docs", _("Programming interface"), "api", "studio", "/api/v1"),
        ),
    ),
    Group(
        _("Administration"),
        "settings",
        (Entry("admin.index", _("Administration"), "settings", "admin", "/admin"),),
    ),
)


def menu() -> Iterator[tuple[Group, list[Entry], Entry | None]]:
    """The groups that whoever is signed in sees, their entries, and the entry where the request stands."""
    for group in MENU:
        seen = [entry for entry in group.entries if may_read(entry.page)]
        if seen:
            yield group, seen, current(seen)


def current(entries: list[Entry]) -> Entry | None:
    """The entry whose prefix fits the address best."""
    fitting = [one for one in entries if request.path == one.prefix or request.path.startswith(one.prefix + "/")]
    return max(fitting, key=lambda one: len(one.prefix), default=None)
