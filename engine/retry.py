"""When to try again. Law: pure policy; nothing here sleeps or schedules.

A model may say `R5/PT5M` (five attempts, five minutes apart), `PT1M,PT5M,PT1H` (one wait per attempt) or `5` (so many
attempts); else the handler's decorator decides: `attempts` with `backoff` doubled each time, at most a day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

LONGEST = timedelta(days=1)
_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")
_CYCLE = re.compile(r"^R(\d+)/(.+)$")


def duration(text: str) -> timedelta:
    """`P1DT2H3M4S` as a timedelta; ValueError when it is none."""
    found = _DURATION.match(text.strip())
    if found is None or text.strip() in ("P", "PT"):
        raise ValueError(f"not an ISO 8601 duration: {text}")
    days, hours, minutes, seconds = found.groups()
    return timedelta(days=int(days or 0), hours=int(hours or 0), minutes=int(minutes or 0), seconds=float(seconds or 0))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How many attempts in all, and how long to wait after each failed one."""

    attempts: int = 3
    backoff: str = "PT10S"
    steps: tuple[str, ...] = ()
    doubling: bool = True

    def wait(self, failed: int) -> timedelta | None:
        """How long to wait after the `failed`-th failed attempt (1-based); None: no attempt is left."""
        if failed >= self.attempts:
            return None
        if self.steps:
            return duration(self.steps[min(failed, len(self.steps)) - 1])
        factor = 2 ** min(failed - 1, 30) if self.doubling else 1
        return min(duration(self.backoff) * factor, LONGEST)


DEFAULT = RetryPolicy()
"""Where nobody says anything."""


def parse(text: str | None, default: RetryPolicy) -> RetryPolicy:
    """The model's own words (`R5/PT5M`, `PT1M,PT5M`, `5`) as a policy; `default` when it says nothing."""
    if not text:
        return default
    if text.strip().isdecimal():
        return replace(default, attempts=int(text))
    cycle = _CYCLE.match(text.strip())
    if cycle is not None:
        duration(cycle[2])
        return RetryPolicy(attempts=int(cycle[1]), backoff=cycle[2], doubling=False)
    steps = tuple(part.strip() for part in text.split(","))
    for step in steps:
        duration(step)
    return RetryPolicy(attempts=len(steps) + 1, steps=steps)
