"""All the rules' words together."""

from __future__ import annotations

from typing import Final

from engine.process.rules.wording_file import EXPRESSIONS, FILE, REFERENCES, Entry
from engine.process.rules.wording_flow import EVENTS, FLOW, WORK

TEXTS: Final[dict[str, Entry]] = {**FILE, **REFERENCES, **EXPRESSIONS, **FLOW, **EVENTS, **WORK}
