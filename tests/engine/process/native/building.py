"""Small models built by hand: nodes and arrows, without XML."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.process.businesstime import BusinessCalendar
from engine.process.contract import Env, Passed, Step
from engine.process.expressions import compile_condition
from engine.process.model import Definition, Flow, Node, ScopeSpec

ZONE = ZoneInfo("Asia/Shanghai")


def env(now: datetime = datetime(2026, 1, 5, 1, tzinfo=UTC), **more: Any) -> Env:
    """A quiet Monday morning in Shanghai."""
    return Env(now=now, zone=ZONE, calendar=BusinessCalendar(), **more)


def model(nodes: list[Node], *arrows: str, key: str = "p", defaults: dict[str, str] | None = None) -> Definition:
    """A definition from nodes and arrows: `a -> b`, or `a -> b if x > 1`; a flow is named `a_b`."""
    flows: dict[str, Flow] = {}
    ways: dict[str, tuple[list[str], list[str]]] = {node.id: ([], []) for node in nodes}
    attached: dict[str, list[str]] = {}
    for arrow in arrows:
        way, _, condition = arrow.partition(" if ")
        source, target = (part.strip() for part in way.split("->"))
        id = f"{source}_{target}"
        flows[id] = Flow(id, source, target, compile_condition(condition) if condition else None)
        ways[target][0].append(id)
        ways[source][1].append(id)
    for node in nodes:
        if node.attached_to:
            attached.setdefault(node.attached_to, []).append(node.id)
    byid = {
        node.id: replace(
            node,
            scope=node.scope or key,
            incoming=tuple(ways[node.id][0]),
            outgoing=tuple(ways[node.id][1]),
            default=(defaults or {}).get(node.id),
            boundaries=tuple(attached.get(node.id, ())),
        )
        for node in nodes
    }
    for id, node in byid.items():
        if node.inner is not None:
            byid[id] = replace(node, inner=_scope(byid, id, node.inner))
    return Definition(key, key, _scope(byid, key, ScopeSpec()), byid, flows)


def _scope(nodes: dict[str, Node], id: str, spec: ScopeSpec) -> ScopeSpec:
    inside = [node for node in nodes.values() if node.scope == id]
    starts = tuple(node.id for node in inside if node.type == "startEvent")
    return replace(
        spec,
        nodes=tuple(node.id for node in inside),
        starts=starts or tuple(n.id for n in inside if not n.incoming and not n.attached_to and not n.by_event),
        event_subprocesses=tuple(node.id for node in inside if node.by_event),
    )


def node(id: str, type: str, **fields: Any) -> Node:
    """A node; its scope is the process unless told."""
    return Node(id, type, fields.pop("scope", ""), **fields)


def trace(step: Step) -> list[str]:
    """The trace of a step as `event element`."""
    return [f"{event.event} {event.element}" for event in step.events if isinstance(event, Passed)]
