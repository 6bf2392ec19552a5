"""Early warning by topic. Law: computed in finance/early_warning; what is remembered is handed back, not written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.finance import early_warning
from handlers.finance.early_warning import Memory, Reading, Threshold
from handlers.finance.exact import count, needed, refused


@handles("ewi.evaluate", transactional=True)
def ewi_evaluate(ctx: Context, metrics: object, thresholds: object, history: object = None) -> Mapping[str, Any]:
    """Alerts of one run: told when a level changes, once.

    In: metrics {metric: {value, day}}; thresholds [{metric, direction min|max, amber, red, debounce (1),
    max_age_days (100)}]; history: what the last run gave back.
    Out: alerts [{metric, event opened|raised|lowered|closed, level 0–2, before, value, day, trend}], history.
    Errors: BpmnError STALE_DATA (variables stale, alerts, history) when a metric is missing or too old: the others are
    evaluated all the same; InvalidInput for thresholds that make no sense. Reads the date; otherwise pure.
    """
    given: Mapping[str, Any] = metrics if isinstance(metrics, Mapping) else {}
    known: Mapping[str, Any] = history if isinstance(history, Mapping) else {}
    made = early_warning.evaluate(
        {str(name): _reading(one, str(name)) for name, one in given.items()},
        thresholds_of(thresholds),
        {str(name): _memory(one, str(name)) for name, one in known.items()},
        inputs.today(ctx),
    )
    alerts = [
        {
            "metric": one.metric,
            "event": one.event,
            "level": one.level,
            "before": one.before,
            "value": one.value,
            "day": one.day,
            "trend": one.trend,
        }
        for one in made.alerts
    ]
    result = {"alerts": alerts, "history": {name: _remembered(one) for name, one in made.memory.items()}}
    if made.stale:
        raise BpmnError("STALE_DATA", ", ".join(made.stale), {**result, "stale": list(made.stale)})
    return result


def _reading(given: object, name: str) -> Reading | None:
    row: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    value, day = inputs.number(row.get("value"), f"{name}.value"), inputs.day(row.get("day"), f"{name}.day")
    return None if value is None or day is None else Reading(value, day)


def thresholds_of(rows: object) -> list[Threshold]:
    """Thresholds as a decision table or a variable gives them. InvalidInput for those that make no sense."""
    return [_threshold(row) for row in inputs.rows(rows)]


def _threshold(row: Mapping[str, Any]) -> Threshold:
    metric = inputs.text(row.get("metric"))
    if metric is None:
        raise refused("thresholds.metric", "is missing", "缺少指标名称")
    direction: Any = inputs.text(row.get("direction")) or "min"
    debounce, age = row.get("debounce"), row.get("max_age_days")
    return Threshold(
        metric,
        direction,
        needed(row.get("amber"), f"{metric}.amber"),
        needed(row.get("red"), f"{metric}.red"),
        1 if debounce is None else count(debounce, f"{metric}.debounce", 1, 100),
        100 if age is None else count(age, f"{metric}.max_age_days", 0, 3660),
    )


def _memory(given: object, name: str) -> Memory:
    row: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    level = inputs.whole(row.get("level"), f"{name}.level") or 0
    seen = tuple(inputs.whole(one, f"{name}.seen") or 0 for one in row.get("seen") or ())
    return Memory(level, seen, _reading(row.get("last"), name))


def _remembered(one: Memory) -> dict[str, Any]:
    last = None if one.last is None else {"value": one.last.value, "day": one.last.day}
    return {"level": one.level, "seen": list(one.seen), "last": last}
