"""For load balancers and operators. Law: `healthz` says that the process answers, `readyz` that its database does."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify

from engine import queries
from engine.errors import DealflowError
from web.scope import runtime

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> Any:
    """200 while the process answers."""
    return jsonify({"status": "ok"})


@pages.get("/readyz")
def ready() -> Any:
    """200 when the database answers with its tables in place, else 503."""
    try:
        with runtime().reading() as db:
            queries.definitions(db)
    except DealflowError as error:
        return jsonify({"status": "unavailable", "reason": error.code}), 503
    except Exception:
        return jsonify({"status": "unavailable", "reason": "the database has no tables: run `dealflow run`"}), 503
    return jsonify({"status": "ready"})
