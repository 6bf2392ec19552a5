"""`/engine`, `/version`, `/identity`: who answers here, and who asks."""

from __future__ import annotations

from importlib.metadata import version as installed

from flask import Response

from web.engine_rest.answers import said
from web.engine_rest.routes import Routes

pages = Routes("")
CONTRACT = "7.24.0"
"""The release of Camunda Platform whose REST API this speaks; clients look at it."""


@pages.get("/engine")
def engines() -> Response:
    """The one engine."""
    return said([{"name": "default"}])


@pages.get("/version")
def version() -> Response:
    """The version of the interface, and behind it what answers."""
    return said({"version": f"{CONTRACT}-dealflow-{installed('dealflow')}"})
