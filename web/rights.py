"""Who may open which page, and who may act on it. Law: one table for the menu, the pages and their tests.

What a person may do with one task or one case is the engine's to say (`queries.task(...).can`); this table says which
rooms stand open at all. Administrators may everything, auditors may read everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import request
from flask_login import current_user, login_required

from engine import api
from engine.errors import Forbidden
from handlers import sights
from web import modules
from web.scope import actor

ALL = frozenset({"*"})
"""Everybody who is signed in."""
NOBODY: frozenset[str] = frozenset()
"""Administrators alone."""
LENDING = frozenset(
    {"rm", "rm_power", "rm_east", "rm_south", "rm_head", "analyst", "risk_officer", "approver", "committee_member"}
    | {"committee_secretary", "legal", "loan_ops", "monitor", "collateral_officer", "es_officer", "finance"}
)
"""The teams that work on deals."""
CHECKING = frozenset({"compliance", "compliance_head", "data_steward"})
"""Who checks clients and cares for what is written of them."""
RELATIONS = frozenset({"crm_specialist", "investor_relations", "service_desk"})
"""Who looks after clients beside the relationship managers."""
SELLING = frozenset({"marketing", "crm_specialist", "rm", "rm_power", "rm_east", "rm_south", "rm_head"})
"""Who wins clients."""
OPERATORS = frozenset({"process_owner"})
"""Who keeps cases running."""
MANAGERS = frozenset({"rm_head", "compliance_head", "approver", "risk_officer", "finance", "crm_specialist"})
"""Who answers for figures of the house: heads, risk, finance, and who coordinates across teams."""
KEEPERS = OPERATORS | {"crm_specialist", "auditor"}
"""Who looks at how the house is set, beside the administrators who set it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or pages that belong together: the teams that may read and those that may act (POST, PUT, DELETE)."""

    read: frozenset[str]
    act: frozenset[str]


PAGES: dict[str, Page] = {
    "account": Page(ALL, ALL),
    "absences": Page(ALL, ALL),
    "admin": Page(KEEPERS, NOBODY),
    "admin-people": Page(NOBODY, NOBODY),
    "admin-calendars": Page(ALL, NOBODY),
    "admin-thresholds": Page(KEEPERS | LENDING, NOBODY),
    "admin-letters": Page(KEEPERS | {"marketing"}, OPERATORS),
    "admin-integrations": Page(NOBODY, NOBODY),
    "admin-modules": Page(KEEPERS, NOBODY),
    "admin-reminders": Page(KEEPERS, NOBODY),
    "admin-deliveries": Page(KEEPERS, NOBODY),
    "admin-fields": Page(KEEPERS | {"data_steward"}, NOBODY),
    "admin-audit": Page(NOBODY, frozenset({"auditor"})),
    "admin-house": Page(NOBODY, NOBODY),
    "inbox": Page(ALL, ALL),
    "me": Page(ALL, ALL),
    "clients": Page(ALL, ALL),
    "client-data": Page(ALL, LENDING | CHECKING | RELATIONS),
    "client-files": Page(LENDING | CHECKING | RELATIONS, NOBODY),
    "stewardship": Page(CHECKING | {"crm_specialist"}, frozenset({"data_steward"})),
    "projects": Page(ALL, ALL),
    "pipeline": Page(ALL, LENDING | {"crm_specialist"}),
    "library": Page(ALL, LENDING),
    "leads": Page(SELLING | OPERATORS, NOBODY),
    "plans": Page(LENDING, LENDING),
    "facilities": Page(LENDING, NOBODY),
    "conditions": Page(LENDING, NOBODY),
    "monitoring": Page(LENDING | CHECKING, NOBODY),
    "exposures": Page(LENDING | CHECKING, frozenset({"es_officer", "risk_officer"})),
    "cases": Page(ALL, ALL),
    "task-board": Page(frozenset({"crm_specialist"}), frozenset({"crm_specialist"})),
    "workload": Page(ALL, NOBODY),
    "operations": Page(OPERATORS, OPERATORS),
    "analysis": Page(OPERATORS | MANAGERS, OPERATORS),
    "reports": Page(OPERATORS | MANAGERS, OPERATORS | MANAGERS),
    "processes": Page(ALL, ALL),
    "starting": Page(ALL, ALL),
    "notices": Page(ALL, ALL),
    "studio": Page(frozenset({"process_owner"}), frozenset({"process_owner"})),
    "tasks": Page(ALL, ALL),
    "talk": Page(ALL, ALL),
    "training": Page(ALL, NOBODY),
    "documents": Page(ALL, ALL),
    "tips": Page(ALL, ALL),
    "help": Page(ALL, ALL),
}


def guarded(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The view opens for who is signed in and whom the table lets in. KeyError, at import, for a name it lacks."""
    PAGES[name]

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            reads = request.method in ("GET", "HEAD", "OPTIONS")
            if not (may_read(name) if reads else may_act(name)):
                raise Forbidden(
                    reason="this page is for other teams; ask an administrator when you need it",
                    reason_zh="此页面供其他团队使用；如需使用，请联系系统管理员",
                )
            return view(*args, **kwargs)

        checked.page = name  # type: ignore[attr-defined]
        return login_required(checked)

    return around


def allows(teams: frozenset[str], who: api.Actor) -> bool:
    """Whether one of the actor's teams is among them."""
    return teams is ALL or "*" in teams or who.is_admin or not who.teams.isdisjoint(teams)


def may_read(name: str) -> bool:
    """Whether whoever is signed in may open the page."""
    if not current_user.is_authenticated or not modules.page_is_on(name):
        return False
    return allows(PAGES[name].read, actor()) or "auditor" in actor().teams


def may_see(section: str) -> bool:
    """Whether whoever is signed in may see a part of a page or paper: as `handlers.sights` says, for programs too."""
    return current_user.is_authenticated and sights.may_see(actor(), section)


def may_act(name: str) -> bool:
    """Whether whoever is signed in may change something there."""
    return current_user.is_authenticated and modules.page_is_on(name) and allows(PAGES[name].act, actor())
