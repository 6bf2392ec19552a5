"""Early warning: readings against amber and red thresholds, without crying twice.

Law: an alert is opened, raised, lowered or closed by a change of level; a run that changes nothing says nothing. A
level counts after `debounce` readings in a row at it or worse; recovery counts at once. A reading that is missing,
older than allowed or of a day to come is stale: it neither opens nor closes anything. Levels: 0 none, 1 amber, 2
red; a value at its threshold is not beyond it (as for covenants).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from handlers.finance.exact import refused

Event = Literal["opened", "raised", "lowered", "closed"]
Trend = Literal["worse", "better", "same", "unknown"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Beyond amber or red on one side: `min` warns below, `max` above."""

    metric: str
    direction: Literal["min", "max"]
    amber: Decimal
    red: Decimal
    debounce: int = 1
    max_age_days: int = 100

    def __post_init__(self) -> None:
        if self.direction not in ("min", "max"):
            raise refused("direction", f"min or max, not {self.direction}", f"须为 min 或 max：{self.direction}")
        if not self.beyond(self.red, self.amber) and self.red != self.amber:
            told = f"{self.metric}: {self.red}, {self.amber}"
            raise refused("red", f"red must lie beyond amber: {told}", f"红色阈值须比黄色更严重：{told}")

    def beyond(self, value: Decimal, limit: Decimal) -> bool:
        """Whether a value is on the wrong side of a limit."""
        return value < limit if self.direction == "min" else value > limit

    def level(self, value: Decimal) -> int:
        """0, 1 or 2."""
        return 2 if self.beyond(value, self.red) else int(self.beyond(value, self.amber))


@dataclass(frozen=True, slots=True)
class Reading:
    """A metric's value and the day it is of."""

    value: Decimal
    day: date


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a metric between runs: the level of its open alert, the last readings' levels, newest
    last, and the newest reading."""

    level: int = 0
    seen: tuple[int, ...] = ()
    last: Reading | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """A change worth telling."""

    metric: str
    event: Event
    level: int
    before: int
    value: Decimal
    day: date
    trend: Trend


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Alerts (one a metric at most, the worst first), what is stale, and the memory for the next run."""

    alerts: tuple[Alert, ...]
    stale: tuple[str, ...]
    memory: Mapping[str, Memory]


def evaluate(
    readings: Mapping[str, Reading | None],
    thresholds: Sequence[Threshold],
    memory: Mapping[str, Memory],
    today: date,
) -> Evaluation:
    """One run. The same reading again is no new one. InvalidInput when a metric has two thresholds."""
    named = [one.metric for one in thresholds]
    if len(set(named)) != len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise refused("thresholds", f"two for {twice}", f"{twice} 有重复阈值")
    kept, stale, alerts = dict(memory), [], []
    for one in thresholds:
        reading = readings.get(one.metric)
        if reading is None or not 0 <= (today - reading.day).days <= one.max_age_days:
            stale.append(one.metric)
            continue
        before = memory.get(one.metric, Memory())
        if before.last is not None and reading.day <= before.last.day:
            continue
        after, alert = _step(one, reading, before)
        kept[one.metric] = after
        if alert is not None:
            alerts.append(alert)
    return Evaluation(tuple(sorted(alerts, key=lambda one: -one.level)), tuple(stale), kept)


def _step(limit: Threshold, reading: Reading, before: Memory) -> tuple[Memory, Alert | None]:
    now = limit.level(reading.value)
    seen = (*before.seen, now)[-max(limit.debounce, 1) :]
    settled = min(seen) if len(seen) >= limit.debounce else 0
    level = min(now, max(settled, before.level))
    after = Memory(level, seen, reading)
    if level == before.level:
        return after, None
    trend = _trend(limit, reading.value, before.last)
    return after, Alert(
        limit.metric, _event(before.level, level), level, before.level, reading.value, reading.day, trend
    )


def _event(before: int, level: int) -> Event:
    if before == 0:
        return "opened"
    if level == 0:
        return "closed"
    return "raised" if level > before else "lowered"


def _trend(limit: Threshold, value: Decimal, last: Reading | None) -> Trend:
    if last is None:
        return "unknown"
    if value == last.value:
        return "same"
    return "worse" if limit.beyond(value, last.value) else "better"
