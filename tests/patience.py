"""How long a test waits. Law: what only guards against hanging waits for `PATIENCE`, which no slow machine exceeds;
what people are promised within a time is held against `within`, which asks no more of a busy machine than it can do.
"""

from __future__ import annotations

import os
from pathlib import Path

PATIENCE = 60.0
"""Seconds. A test that fails by it fails late, one that holds loses nothing."""


def within(seconds: float) -> float:
    """The limit, on the machine as it is now, of what takes up to `seconds` at rest.

    It is as many times more as processes want a core (by the last minute or at this moment, whichever is more), and
    twice that for the fair share that nobody gets exactly. How punctual the product is at rest, `bench` measures.
    """
    now = Path("/proc/loadavg")
    running = int(now.read_text("ascii").split()[3].partition("/")[0]) if now.exists() else 0
    wanted = max(os.getloadavg()[0], running) / (os.cpu_count() or 1)
    return seconds * max(1.0, 2 * wanted) * float(os.environ.get("HARDSHIP") or 1)
