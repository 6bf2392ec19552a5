"""Camunda 7's REST API at /engine-rest. Law: the paths, bodies and faults of its reference; our engine, our rights.

For tools and programs that speak it already: Camunda Modeler, external task clients, scripts. One module a resource;
what is answered, and what is not, stands in docs/migrating-from-camunda7.md. The contract is the Camunda Platform 7
REST API reference (7.24), docs.camunda.org/manual/7.24/reference/rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import Blueprint, Flask, request

from web.engine_rest import access, answers, elsewhere
from web.engine_rest.waiting import open_room
from web.extensions import csrf, limiter

__all__ = ["register"]

RESOURCES = (
    "decisions",
    "definitions",
    "deployments",
    "engine",
    "executions",
    "external",
    "history",
    "identity",
    "instances",
    "jobdefinitions",
    "logs",
    "many",
    "messages",
    "migration",
    "past_activities",
    "task_data",
    "tasks",
    "tooling",
    "trouble",
    "variables",
)
"""The modules of this room with routes `pages`."""
PREFIXES = {"engine_rest": "/engine-rest", "engine_rest_default": "/engine-rest/engine/default"}
"""The same under both, as there is one engine, called default."""


def register(app: Flask, runtime: Any) -> None:
    """Put the resources on an application."""
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)
    open_room(app.extensions, runtime)


def _all(name: str, prefix: str) -> Blueprint:
    pages = Blueprint(name, __name__, url_prefix=prefix)
    answers.register(pages)
    pages.before_request(access.admit)
    for resource in RESOURCES:
        import_module(f"web.engine_rest.{resource}").pages.add_to(pages)
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    pages.add_url_rule("/<path:rest>", "nowhere", nowhere, methods=methods)
    csrf.exempt(pages)
    limiter.limit("12000 per minute", key_func=_who)(pages)
    limiter.limit("60 per minute", deduct_when=lambda answer: answer.status_code == 401)(pages)
    return pages


def _who() -> str:
    """Whose requests are counted: those of one name or token from one address."""
    return f"{request.remote_addr} {hash(request.headers.get('Authorization', ''))}"


def nowhere(rest: str) -> Any:
    """What Camunda has and we have not is told apart from what nobody has."""
    raise elsewhere.told(request.method, rest)


BLUEPRINTS = tuple(_all(name, prefix) for name, prefix in PREFIXES.items())
"""Made once: limits that are set on them count for every application of the process."""
