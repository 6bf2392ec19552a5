"""Rules on what is written out and can never be right: iterations, timers, retries (BPMN 2.0 §10.3.8, §10.5.5).

An expression that reads no variable is as good as written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from typing import Any, Final

from engine.process.expressions import Literal, constant
from engine.process.juel import is_juel
from engine.process.model import EventDefinition, Expr, Node
from engine.process.rules.draft import Draft, Finding, found
from engine.process.timing import FOREVER, Period, read_cycle, read_moment, read_period
from engine.retry import DEFAULT, parse

SHAPES: Final = {
    "date": ("a moment such as 2026-01-05T09:00:00+08:00", "时刻，例如 2026-01-05T09:00:00+08:00"),
    "duration": ("a duration such as P2D or PT30M", "时长，例如 P2D 或 PT30M"),
    "cycle": ("a repetition such as R3/PT1H or a cron line", "重复周期，例如 R3/PT1H 或 cron 表达式"),
}


def iterations(draft: Draft) -> Iterator[Finding]:
    """A constant number of iterations is a whole number, and not negative."""
    for node in draft.nodes.values():
        for expr in (node.loop.cardinality, node.loop.maximum) if node.loop else ():
            value = constant(expr) if expr is not None else None
            if expr is not None and value is not None and not _is_count(value):
                yield found("loop-count", node, text=expr.text.removeprefix("=").strip())


def _is_count(value: Any) -> bool:
    try:
        number = int(value)
        return bool(number >= 0 and number == (int(value) if isinstance(value, str) else value))
    except (TypeError, ValueError, OverflowError):
        return False


def timers(draft: Draft) -> Iterator[Finding]:
    """A constant timer can be read, lies ahead, and happens at least once."""
    for node in draft.nodes.values():
        for event in node.events:
            if event.kind == "timer" and event.expr is not None and event.timer is not None:
                value = constant(event.expr)
                if value is not None:
                    yield from _timer(node, event, event.expr, value)


def _timer(node: Node, event: EventDefinition, expr: Expr, value: object) -> Iterator[Finding]:
    kind = event.timer or "duration"
    text = expr.text.strip()
    try:
        if kind == "date":
            read_moment(value, UTC)
        elif kind == "duration" and _length(read_period(value)) < 0:
            yield found("timer-negative", node, text=text)
        elif kind == "cycle":
            cycle = read_cycle(value, UTC)
            if cycle.count != FOREVER and cycle.count < 1:
                yield found("timer-never", node, text=text)
            elif not cycle.cron and _length(read_period(cycle.every)) <= 0:
                yield found("timer-negative", node, text=text)
    except (ValueError, KeyError, OverflowError):
        if not isinstance(expr, Literal):
            shape, shape_zh = SHAPES[kind]
            yield found("timer-unreadable", node, text=text, tag=kind, shape=shape, shape_zh=shape_zh)


def _length(period: Period) -> float:
    """Less than nought, nought or more, as the period is; its size means nothing."""
    days = period.months * 30 + period.days + period.working_days
    return days * 86_400 + period.seconds + period.working_seconds


def retries(draft: Draft) -> Iterator[Finding]:
    """Retries that are written out can be read, and give one attempt at least."""
    for node in draft.nodes.values():
        told = [node.retries, node.work.retries if node.work else None, *(one.retries for one in node.listeners)]
        for text in dict.fromkeys(text for text in told if text):
            if not _is_retry(text):
                yield found("retry-unreadable", node, text=text)
    for text in dict.fromkeys(one.retries for one in draft.listeners if one.retries):
        if not _is_retry(text):
            yield Finding("retry-unreadable", draft.key, draft.line, {"name": draft.key, "text": text})


def _is_retry(text: str) -> bool:
    if is_juel(text) or text.startswith("="):
        return True
    try:
        return parse(text, DEFAULT).attempts >= 1
    except (ValueError, OverflowError):
        return False


def priorities(draft: Draft) -> Iterator[Finding]:
    """The priority of a node's jobs is a whole number."""
    for node in draft.nodes.values():
        expr = node.job_priority
        if isinstance(expr, Literal) and not re.fullmatch(r"\s*[+-]?\d+\s*", expr.text):
            yield found("value-unreadable", node, text=expr.text, what="priority", what_zh="优先级",
                        shape="a whole number", shape_zh="整数")  # fmt: skip


CHECKS = (iterations, timers, retries, priorities)
