"""All the rules' words together."""

from __future__ import annotations

from typing import Final

from engine.process.rules.wording_events import EVENTS
from engine.process.rules.wording_file import EXPRESSIONS, FILE, REFERENCES, Entry
from engine.process.rules.wording_flow import FLOW
from engine.process.rules.wording_listeners import LISTENERS
from engine.process.rules.wording_work import WORK

TEXTS: Final[dict[str, Entry]] = {**FILE, **REFERENCES, **EXPRESSIONS, **FLOW, **EVENTS, **WORK, **LISTENERS}
