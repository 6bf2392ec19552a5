"""For load balancers and operators. Law: `live` says that the process answers, `ready` that its database does.

`healthz` and `readyz` are the same by their short names. Metrics are not here: they have a port of their own
(`web.wellness`).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify

from web.scope import runtime
from web.wellness import unwell

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@pages.get("/health/live")
def alive() -> Any:
    """200 while the process answers."""
    return jsonify({"status": "ok"})


@pages.get("/readyz")
@pages.get("/health/ready")
def ready() -> Any:
    """200 when the database answers with this release's tables, else 503 with the reason."""
    reason = unwell(runtime(), outside=True)
    return (jsonify({"status": "unavailable", "reason": reason}), 503) if reason else jsonify({"status": "ready"})
