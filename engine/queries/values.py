"""Kinds of values that JSON has no word for, as text: what programs outside are told."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from engine.feel.codec import FileRef as FileRef
from engine.feel.text import to_string


def text_of(value: Any) -> str:
    """A date, time, duration or interval in ISO 8601 or as FEEL writes it."""
    return value.isoformat() if isinstance(value, date | time) else str(to_string(value))
