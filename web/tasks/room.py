"""The room's one blueprint, and how it reads what a form sends."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort
from flask_babel import gettext as _

from engine import api

pages = Blueprint("tasks", __name__, url_prefix="/tasks")


def sent_json(raw: bytes | str) -> dict[str, Any]:
    """A JSON object with exact numbers. 400, in words of the page, when it is none: a form never sends such."""
    try:
        found = api.read_json(raw or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        abort(400, _("What was sent could not be read. Go back, what you entered is still there, and send it again."))
    return found
