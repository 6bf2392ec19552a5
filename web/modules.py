"""Modules that are switched off, on the way in. Law: asked before every request; a page that is off is not found in
menus and refused when it is opened, a public form says that it is closed, a program is told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import Flask, g, render_template, request
from flask_babel import gettext as _

from handlers import modules
from web import errors
from web.scope import runtime, wants_json

PAGES: Mapping[str, frozenset[str]] = {
    "clients": frozenset({"clients", "client-data", "client-files", "projects", "pipeline", "library", "stewardship"}),
    "reports": frozenset({"reports", "kpis"}),
    "monitoring": frozenset({"monitoring", "covenants", "alerts"}),
    "complaints": frozenset({"complaints"}),
    "surveys": frozenset({"surveys"}),
    "marketing": frozenset({"marketing", "leads"}),
    "investors": frozenset({"investors"}),
    "studio": frozenset({"studio"}),
}
"""Module -> names of its pages in `web.rights`."""
ADDRESSES: Mapping[str, tuple[str, ...]] = {
    "inquiries": ("/inquiry",),
    "surveys": ("/feedback/",),
    "complaints": ("/complaint",),
    "investors": ("/report/", "/portal"),
    "programs": ("/api/", "/engine-rest/", "/hooks/"),
}
"""Module -> beginnings of the addresses that are open without a sign-in, and of what programs call."""


def off() -> frozenset[str]:
    """The modules that are off; read once a request."""
    if "modules_off" not in g:
        with runtime().reading() as db:
            g.modules_off = modules.off(db)
    return cast("frozenset[str]", g.modules_off)


def page_is_on(page: str) -> bool:
    """Whether the page (by its name in `web.rights`) belongs to nothing that is off."""
    return not any(page in PAGES.get(name, ()) for name in off())


def address_is_on(path: str) -> bool:
    """Whether an address that is open without a sign-in belongs to nothing that is off."""
    return not any(path.startswith(beginnings) and name in off() for name, beginnings in ADDRESSES.items())


def closed() -> Any:
    """What somebody is told at an address that belongs to a module that is off; None when none does."""
    for name, beginnings in ADDRESSES.items():
        if request.path.startswith(beginnings) and name in off():
            if wants_json() or name == "programs":
                text = _("This part of the house is switched off.")
                return errors.problem(403, _("Switched off"), text, "ModuleOff", module=name)
            return render_template("public/closed_module.html"), 403
    return None


def add_to(app: Flask) -> None:
    """Ask before every request of the application."""
    app.before_request(closed)
