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


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or pages that belong together: the teams that may read and those that may act (POST, PUT, DELETE)."""

    read: frozenset[str]
    act: frozenset[str]


PAGES: dict[str, Page] = {
    "inbox": Page(ALL, ALL),
    "clients": Page(ALL, ALL),
    "cases": Page(ALL, ALL),
    "processes": Page(ALL, ALL),
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
    if not current_user.is_authenticated:
        return False
    return allows(PAGES[name].read, actor()) or "auditor" in actor().teams


def may_act(name: str) -> bool:
    """Whether whoever is signed in may change something there."""
    return current_user.is_authenticated and allows(PAGES[name].act, actor())
