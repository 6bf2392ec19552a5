"""Rules on events: which kind may stand where, and what each must say (BPMN 2.0 §10.5, tables 10.83 to 10.92)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from engine.process.expressions import HOST_FUNCTIONS
from engine.process.model import EventDefinition, Node
from engine.process.rules.draft import ACTIVITIES, THROWING, Draft, Finding, found

KIND_ZH: Final[Mapping[str, str]] = {
    "none": "空", "message": "消息", "timer": "定时", "signal": "信号", "error": "错误", "escalation": "升级",
    "conditional": "条件", "link": "链接", "compensation": "补偿", "cancel": "取消", "terminate": "终止",
}  # fmt: skip

ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "start": frozenset({"none", "message", "timer", "signal", "conditional"}),
    "sub-start": frozenset({"none"}),
    "event-start": frozenset(
        {"message", "timer", "signal", "error", "escalation", "conditional", "compensation"}
    ),
    "catch": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "throw": frozenset({"none", "message", "signal", "escalation", "link", "compensation"}),
    "boundary": frozenset(
        {"message", "timer", "signal", "error", "escalation", "conditional", "compensation", "cancel"}
    ),
    "end": frozenset(
        {"none", "message", "signal", "error", "escalation", "compensation", "cancel", "terminate"}
    ),
}
"""Position -> kinds of event that may stand there."""

_POSITIONS: Final[Mapping[str, tuple[str, str]]] = {
    "start": ("a start event of a process", "流程的开始事件"),
    "sub-start": ("a start event of a sub-process", "子流程的开始事件"),
    "event-start": ("a start event of an event sub-process", "事件子流程的开始事件"),
    "catch": ("an intermediate catch event", "中间捕获事件"),
    "throw": ("an intermediate throw event", "中间抛出事件"),
    "boundary": ("a boundary event", "边界事件"),
    "end": ("an end event", "结束事件"),
}


def position(draft: Draft, node: Node) -> str:
    """Where an event stands: a key of ALLOWED."""
    if node.type == "startEvent":
        holder = draft.parent(node)
        if holder is None:
            return "start"
        return "event-start" if holder.by_event else "sub-start"
    return {
        "endEvent": "end", "intermediateThrowEvent": "throw", "boundaryEvent": "boundary",
    }.get(node.type, "catch")  # fmt: skip


def _events(draft: Draft) -> Iterator[Node]:
    return draft.of_type(
        "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"
    )


def positions(draft: Draft) -> Iterator[Finding]:
    """Each event is of a kind that may stand where it stands."""
    for node in _events(draft):
        place = position(draft, node)
        if not node.events and place in ("catch", "boundary"):
            yield found("event-undefined", node)
        for event in node.events:
            if event.kind in ALLOWED[place]:
                continue
            if place == "sub-start":
                yield found("start-not-none", node)
                continue
            en, zh = _POSITIONS[place]
            allowed = sorted(ALLOWED[place])
            yield found(
                "event-illegal", node, position=en, position_zh=zh, kind=event.kind, kind_zh=KIND_ZH[event.kind],
                allowed=", ".join(allowed), allowed_zh="、".join(KIND_ZH[kind] for kind in allowed),
            )  # fmt: skip


def names(draft: Draft) -> Iterator[Finding]:
    """Messages and signals are named, thrown errors and escalations have a code."""
    for node in _events(draft):
        for event in node.events:
            unnamed = event.ref is None and event.ref_expr is None
            if event.kind == "message" and unnamed and event.topic is None:
                yield found("event-message-missing", node)
            elif event.kind == "signal" and unnamed:
                yield found("event-signal-missing", node)
            elif event.kind in ("error", "escalation") and unnamed and node.type in THROWING:
                yield found(f"event-{event.kind}-missing", node)
    for node in draft.of_type("receiveTask"):
        if node.message is None:
            yield found("event-message-missing", node)


def interruption(draft: Draft) -> Iterator[Finding]:
    """Errors, cancellations and started compensations always interrupt."""
    for node in draft.of_type("boundaryEvent", "startEvent"):
        if node.interrupting:
            continue
        for event in node.events:
            if event.kind == "error":
                yield found("error-not-interrupting", node)
            elif event.kind == "cancel" or (event.kind == "compensation" and node.type == "startEvent"):
                yield found("cancel-not-interrupting", node, kind=event.kind, kind_zh=KIND_ZH[event.kind])


def start_timers(draft: Draft) -> Iterator[Finding]:
    """The timer that starts a process is set when the model is deployed: no variable exists yet."""
    for node in draft.of_type("startEvent"):
        for event in node.events:
            if event.kind == "timer" and node.scope == draft.key and _reads_variables(event):
                yield found("timer-start-variables", node)


def _reads_variables(event: EventDefinition) -> bool:
    return bool(getattr(event.expr, "free_names", frozenset()) - HOST_FUNCTIONS)


def links(draft: Draft) -> Iterator[Finding]:
    """Each link thrown is caught once in its scope, and the other way round."""
    thrown: dict[tuple[str, str], Node] = {}
    caught: dict[tuple[str, str], Node] = {}
    for node in draft.of_type("intermediateThrowEvent", "intermediateCatchEvent"):
        throws = node.type == "intermediateThrowEvent"
        for event in node.events:
            if event.kind != "link":
                continue
            if node.outgoing if throws else node.incoming:
                yield found("link-connected", node)
            if event.ref is None:
                continue
            key = (node.scope, event.ref)
            if not throws and key in caught:
                yield found("link-target-twice", node, link=event.ref)
            (thrown if throws else caught).setdefault(key, node)
    for key, node in thrown.items():
        if key not in caught:
            yield found("link-without-target", node, link=key[1])
    for key, node in caught.items():
        if key not in thrown:
            yield found("link-without-source", node, link=key[1])


def boundaries(draft: Draft) -> Iterator[Finding]:
    """A boundary event stands on an activity beside it."""
    for node in draft.of_type("boundaryEvent"):
        host = draft.nodes.get(node.attached_to or "")
        if host is None:
            yield found("reference-dangling", node, ref=node.attached_to, kind="activity", kind_zh="活动")
        elif host.type not in ACTIVITIES:
            yield found("boundary-host", node, host=host.name or host.id)
        elif host.by_event:
            yield found("boundary-on-event-subprocess", node, host=host.name or host.id)
        elif host.scope != node.scope:
            yield found("boundary-scope", node, host=host.name or host.id)


def same_catches(draft: Draft) -> Iterator[Finding]:
    """Two boundary events of one activity do not catch the same error, escalation, message or compensation."""
    for host in draft.nodes.values():
        seen: dict[tuple[str, str | None], Node] = {}
        for key in host.boundaries:
            node = draft.nodes[key]
            for event in node.events:
                if not _exclusive(event):
                    continue
                first = seen.setdefault((event.kind, event.ref), node)
                if first is not node:
                    yield _twice("boundary-catches-twice", node, first, host.name or host.id, event)


def same_triggers(draft: Draft) -> Iterator[Finding]:
    """Event sub-processes of one scope do not share a trigger, unless none of them interrupts (§13.5.4)."""
    for spec in draft.scopes.values():
        seen: dict[tuple[str, str], list[Node]] = {}
        for key in spec.event_subprocesses:
            for start in _event_starts(draft, key):
                for event in start.events:
                    if not _exclusive(event) and event.kind != "signal":
                        continue
                    before = seen.setdefault((event.kind, event.ref or "*"), [])
                    others = [one for one in before if one.scope != start.scope]
                    free = event.kind in ("signal", "escalation") and not start.interrupting
                    clash = next((one for one in others if one.interrupting or not free), None)
                    if clash is not None:
                        holder = draft.nodes[key].scope
                        yield _twice("event-subprocess-triggered-twice", start, clash, holder, event)
                    before.append(start)


def _event_starts(draft: Draft, key: str) -> Iterator[Node]:
    return (node for node in draft.of_type("startEvent") if node.scope == key)


def _exclusive(event: EventDefinition) -> bool:
    """One catch beside another of the same kind and name could not tell whose it is."""
    if event.kind == "message":
        return event.ref is not None and event.ref_expr is None and not event.correlation
    return event.kind in ("error", "escalation", "compensation")


def _twice(rule: str, node: Node, first: Node, host: str, event: EventDefinition) -> Finding:
    return found(
        rule, node, other=first.name or first.id, host=host,
        kind=event.kind, kind_zh=KIND_ZH[event.kind], code=event.ref or "*",
    )  # fmt: skip


CHECKS = (positions, names, interruption, start_timers, links, boundaries, same_catches, same_triggers)
