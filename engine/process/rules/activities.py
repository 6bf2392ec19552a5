"""Rules on activities and sub-processes (BPMN 2.0 §10.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date
from functools import partial

from engine.process.expressions import Literal
from engine.process.rules.draft import ACTIVITIES, SUBPROCESSES, Draft, Finding, found
from engine.process.timing import read_moment, read_period

_MOST_TOKENS = 10_000
"""More at once than anybody draws on purpose; without a limit one attribute would fill the memory."""


def event_subprocesses(draft: Draft) -> Iterator[Finding]:
    """An event sub-process has no flows and exactly one start event, with a trigger."""
    for node in draft.of_type(*SUBPROCESSES):
        if not node.by_event:
            continue
        for flow in (*node.incoming, *node.outgoing):
            yield found("event-subprocess-flow", node, flow=flow)
        starts = [draft.nodes[key] for key in draft.scopes[node.id].nodes if draft.nodes[key].type == "startEvent"]
        if node.loop is not None:
            yield found("event-subprocess-loop", node)
        if len(starts) != 1 or not starts[0].events or node.type != "subProcess":
            yield found("event-subprocess-start", node, count=len([start for start in starts if start.events]))


def adhoc(draft: Draft) -> Iterator[Finding]:
    """An ad-hoc sub-process holds activities, and no start or end events."""
    for node in draft.of_type("adHocSubProcess"):
        inner = [draft.nodes[key] for key in draft.scopes[node.id].nodes]
        if not any(one.type in ACTIVITIES for one in inner):
            yield found("adhoc-content", node, problem="holds no activity", problem_zh="中没有活动")
        elif all(one.incoming or one.by_event or one.for_compensation or one.attached_to for one in inner):
            yield found("adhoc-content", node, problem="holds nothing that could begin: all have incoming flows",
                        problem_zh="中没有可以开始的活动：全部都有流入的顺序流")  # fmt: skip
        if any(one.type in ("startEvent", "endEvent") for one in inner):
            yield found("adhoc-content", node, problem="holds a start or end event", problem_zh="中有开始或结束事件")


def empty_subprocesses(draft: Draft) -> Iterator[Finding]:
    """A sub-process holds something (a warning: an empty one is passed)."""
    for node in draft.of_type(*SUBPROCESSES):
        if not draft.scopes[node.id].nodes and node.type != "adHocSubProcess" and not node.by_event:
            yield found("subprocess-empty", node)


def instantiating(draft: Draft) -> Iterator[Finding]:
    """A receive task that starts the process has no incoming flow, unless an instantiating gateway stands before it."""
    for node in draft.of_type("receiveTask"):
        if node.instantiate and node.incoming:
            yield found("receive-instantiate", node)
    for node in draft.of_type("receiveTask", "eventBasedGateway"):
        if node.instantiate and node.scope != draft.key:
            yield found("instantiate-place", node)


def quantities(draft: Draft) -> Iterator[Finding]:
    """Token quantities are at least one (§10.3)."""
    for node in draft.nodes.values():
        if not (1 <= node.start_quantity <= _MOST_TOKENS and 1 <= node.completion_quantity <= _MOST_TOKENS):
            yield found("quantity", node)


def behaviours(draft: Draft) -> Iterator[Finding]:
    """A multi-instance behaviour that throws says what (a warning)."""
    for node in draft.nodes.values():
        loop = node.loop
        if loop is None or loop.kind == "standard":
            continue
        throws = {
            "None": loop.none_throws, "One": loop.one_throws, "All": True, "Complex": loop.complex_throws,
        }  # fmt: skip
        if not throws[loop.behavior]:
            yield found("loop-behavior", node, behavior=loop.behavior)


def user_values(draft: Draft) -> Iterator[Finding]:
    """What is written out for a user task can be read: due and follow-up date, priority."""
    for node in draft.of_type("userTask"):
        if node.user is None:
            continue
        for moment, what, what_zh in ((node.user.due, *_DUE), (node.user.follow_up, *_FOLLOW_UP)):
            if isinstance(moment, Literal) and not _is_due(moment.text.strip()):
                yield found("value-unreadable", node, text=moment.text, what=what, what_zh=what_zh,
                            shape="a date, a moment or a period such as P2D or 2BD",
                            shape_zh="日期、时刻或时长，例如 P2D、2BD")  # fmt: skip
        priority = node.user.priority
        if isinstance(priority, Literal) and not re.fullmatch(r"\s*[+-]?\d+\s*", priority.text):
            yield found("value-unreadable", node, text=priority.text, what="priority", what_zh="优先级",
                        shape="a whole number", shape_zh="整数")  # fmt: skip


_DUE, _FOLLOW_UP = ("due date", "到期日"), ("follow-up date", "跟进日期")


def _is_due(text: str) -> bool:
    for read in (read_period, date.fromisoformat, partial(read_moment, zone=UTC)):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return not text


CHECKS = (event_subprocesses, adhoc, empty_subprocesses, instantiating, quantities, behaviours, user_values)
