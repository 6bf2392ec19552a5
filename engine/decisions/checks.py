"""Static checks of a linked model at deployment."""

from __future__ import annotations

from engine.decisions.link import LinkedModel
from engine.errors import Fault


def check_model(linked: LinkedModel, file: str) -> list[Fault]:
    """Faults of the tables."""
    return []
