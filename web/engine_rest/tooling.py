"""`/filter`, `/tenant`, `/authorization`: what consoles ask first. Law: what is not kept here is told to be empty.

Filters of Tasklist are kept in our own inbox by person, there is one tenant, and rights follow from teams
(`web.rights`), not from authorizations that somebody wrote: so these lists are empty, truly. What the caller may do is
answered, as consoles show or hide their buttons by it.
"""

from __future__ import annotations

from typing import Any

from flask import Response

from web import rights
from web.engine_rest.access import actor
from web.engine_rest.answers import invalid, said
from web.engine_rest.asking import Asked
from web.engine_rest.routes import Routes

pages = Routes("")
READ = "READ"
ANYBODY = {7: "tasks", 6: "processes", 8: "cases", 10: "processes"}
"""Camunda's number of a resource (task, process definition, process instance, decision definition) -> our page."""
OPERATED = "operations"


@pages.get("/filter")
@pages.get("/tenant")
@pages.get("/authorization")
def none() -> Response:
    """There are none."""
    return said([])


@pages.get("/filter/count")
@pages.get("/tenant/count")
@pages.get("/authorization/count")
def none_counted() -> Response:
    """There are none."""
    return said({"count": 0})


@pages.get("/authorization/check")
def check() -> Response:
    """Whether the caller may do something: read what pages show them, and change what process owners change."""
    asked = Asked()
    name, resource = asked.text("permissionName"), asked.text("resourceName")
    kind, id = asked.number("resourceType"), asked.text("resourceId")
    asked.number("permissionValue")
    if asked.text("userId") not in (None, actor().id):
        raise invalid("Only what the caller may do is told")
    asked.done()
    if name is None or resource is None or kind is None:
        raise invalid("permissionName, resourceName and resourceType are needed")
    told: dict[str, Any] = {"permissionName": name, "resourceName": resource, "resourceId": id}
    return said(told | {"isAuthorized": _may(name, kind)})


def _may(permission: str, kind: int) -> bool:
    page = rights.PAGES[ANYBODY.get(kind, OPERATED)]
    if permission == READ:
        return rights.allows(page.read, actor())
    return rights.allows(rights.PAGES[OPERATED].act, actor())
