"""A handler that does nothing for 20 ms, for worker processes that are measured or tested.

The file that `NAPS` names gets a line when a nap begins and one when it ends: time, word, instance, element, attempt,
process.
"""

from __future__ import annotations

import os
import time
from typing import Any

from engine.registry import handles

NAPS = "NAPS"
SECONDS = "NAP_SECONDS"


def _note(ctx: Any, word: str) -> None:
    line = f"{time.time():.6f} {word} {ctx.instance} {ctx.element} {ctx.attempt} {os.getpid()}\n"
    with open(os.environ[NAPS], "a", encoding="ascii") as file:
        file.write(line)


@handles("bench.nap")
def nap(ctx: Any) -> dict[str, object]:
    """Sleep as long as told."""
    _note(ctx, "begun")
    time.sleep(float(os.environ.get(SECONDS, "0.02")))
    _note(ctx, "ended")
    return {"napped": True}


@handles("bench.note", transactional=True)
def note(ctx: Any) -> None:
    """Write down when a timer led here."""
    _note(ctx, "fired")
