"""REST, version 1. Law: bearer tokens, exact numbers, problem+json; the engine's verbs and rights alone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, jsonify, request

from web.api import (
    book,
    calls,
    decisions,
    described,
    events,
    instances,
    interventions,
    messages,
    problems,
    processes,
    tasks,
    webhooks,
)
from web.api.access import spec
from web.extensions import limiter

__all__ = ["SCOPES", "api_v1"]

RESOURCES = (messages, processes, instances, interventions, tasks, decisions, events, webhooks, book)

api_v1 = Blueprint("api_v1", __name__, url_prefix="/api/v1")
SCOPES = (*sorted({call.scope for resource in RESOURCES for call in resource.CALLS}), "engine-rest")
"""What a token may be for: of our own calls each one's, and the calls of Camunda's programs."""
for resource in RESOURCES:
    calls.add(api_v1, resource.CALLS)
api_v1.add_url_rule("/problems", "problems", problems.listed)


def _who() -> str:
    """Whose requests are counted: those of one token from one address."""
    return f"{request.remote_addr} {hash(request.headers.get('Authorization', ''))}"


limiter.limit("12000 per minute", key_func=_who)(api_v1)
limiter.limit("60 per minute", deduct_when=lambda answer: answer.status_code == 401)(api_v1)


@api_v1.get("/openapi.json")
def openapi() -> Any:
    """The description of these calls (OpenAPI 3.1)."""
    return jsonify(_description())


@api_v1.get("/docs")
def docs() -> Any:
    """The same, to be read."""
    return described.page(_description())


def _description() -> dict[str, Any]:
    spec.app = current_app._get_current_object()  # type: ignore[attr-defined]
    return described.complete(spec.spec)
