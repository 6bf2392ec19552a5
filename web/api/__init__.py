"""REST, version 1. Law: bearer tokens, exact numbers, problem+json; the engine's verbs and rights alone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, jsonify

from web.api import messages, problems
from web.api.access import spec

__all__ = ["api_v1"]

api_v1 = Blueprint("api_v1", __name__, url_prefix="/api/v1")
messages.add_to(api_v1)
api_v1.add_url_rule("/problems", "problems", problems.listed)


@api_v1.get("/openapi.json")
def openapi() -> Any:
    """The description of these calls (OpenAPI 3.1)."""
    spec.app = current_app._get_current_object()  # type: ignore[attr-defined]
    return jsonify(spec.spec)
