"""The room's one blueprint, and how it reads what a form sends."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from engine import api
from engine.errors import InvalidInput

pages = Blueprint("tasks", __name__, url_prefix="/tasks")


def sent_json(raw: bytes | str) -> dict[str, Any]:
    """A JSON object with exact numbers. InvalidInput when it is none."""
    try:
        found = api.read_json(raw or "{}")
    except ValueError as error:
        raise InvalidInput(
            place="variables", reason=f"not JSON: {error}", reason_zh=f"不是有效的 JSON:{error}"
        ) from error
    if not isinstance(found, dict):
        raise InvalidInput(place="variables", reason="not a JSON object", reason_zh="不是 JSON 对象")
    return found
