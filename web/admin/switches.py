"""Modules switched on and off."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from handlers import modules
from web.admin.room import done, pages, text
from web.rights import guarded
from web.scope import actor, runtime


@pages.get("/modules")
@guarded("admin-modules")
def switches() -> Any:
    """All modules, and which are off."""
    with runtime().reading() as db:
        off = modules.off(db)
    return render_template("admin/switches.html", rows=modules.MODULES.values(), off=off)


@pages.post("/modules")
@guarded("admin-modules")
def save_switches() -> Any:
    """Exactly the modules that are ticked are on."""
    on = set(request.form.getlist("on"))
    off, why = [name for name in modules.MODULES if name not in on], text("why")
    return done(lambda db: modules.switch(db, actor(), off, why), url_for("admin.switches"))
