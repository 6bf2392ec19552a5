"""What begins an instance from outside (BPMN 2.0 §10.5.2, §10.6.6, §13.5.1). Law: read off the definition, no more.

Start events with triggers, receive tasks that instantiate, and what stands behind an event gateway that instantiates.
A parallel multiple event begins an instance when each of its triggers has come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.process.model import Definition, EventDefinition, Flow, Node


class Graph(Protocol):
    """Nodes and flows of a process, read or compiled."""

    @property
    def nodes(self) -> Mapping[str, Node]:
        """All its nodes."""

    @property
    def flows(self) -> Mapping[str, Flow]:
        """All its sequence flows."""


def begins(graph: Graph, id: str) -> bool:
    """Whether an element can begin an instance by an event."""
    node = graph.nodes[id]
    if node.type == "startEvent":
        return True
    if node.type == "receiveTask" and node.instantiate:
        return True
    sources = [graph.nodes.get(graph.flows[flow].source) for flow in node.incoming]
    return any(one is not None and one.type == "eventBasedGateway" and one.instantiate for one in sources)


def events_of(graph: Graph, id: str) -> tuple[EventDefinition, ...]:
    """The event definitions that an element waits for."""
    node = graph.nodes[id]
    return node.events or ((node.message,) if node.message else ())


def beginnings(definition: Definition) -> Iterator[tuple[Node, int, EventDefinition]]:
    """Everything that begins the process from outside: element, number of its event definition, the definition."""
    for id in definition.scope.nodes:
        if begins(definition, id):
            for number, event in enumerate(events_of(definition, id)):
                yield definition.nodes[id], number, event


def trigger_name(event: EventDefinition) -> str:
    """What tells a trigger from others of its kind: a name, or the text of the timer or condition."""
    return event.ref or (event.expr.text if event.expr is not None else "")


def gathers(node: Node) -> bool:
    """Whether the element begins an instance only once all of its triggers have come."""
    return node.parallel_multiple and len(node.events) > 1


@dataclass(frozen=True, slots=True)
class Came:
    """A trigger that has come to an element that gathers. `key`: the business key it carried, if any."""

    kind: str
    name: str
    key: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)
    id: int = 0
    """The row that keeps it."""


def gathered(node: Node, came: Sequence[Came]) -> tuple[Came, ...] | None:
    """The oldest triggers that make the element complete, in the order of its definitions; None: it waits on.

    Triggers go together when they carry one business key; those that carry none go with any.
    """
    for key in dict.fromkeys(one.key for one in came):
        free = [one for one in came if one.key in (None, key)]
        chosen: list[Came] = []
        for event in node.events:
            wanted = (event.kind, trigger_name(event))
            found = next((one for one in free if (one.kind, one.name) == wanted), None)
            if found is None:
                break
            free.remove(found)
            chosen.append(found)
        else:
            return tuple(chosen)
    return None


def repeats(node: Node, came: Sequence[Came], new: Came) -> Came | None:
    """What the new trigger says again: signals, timers and conditions are not kept twice for one instance to come.
    Messages are, as each was meant for somebody."""
    if new.kind == "message":
        return None
    same = [one for one in came if (one.kind, one.name, one.key) == (new.kind, new.name, new.key)]
    wanted = sum((event.kind, trigger_name(event)) == (new.kind, new.name) for event in node.events)
    return same[-1] if len(same) >= wanted else None
