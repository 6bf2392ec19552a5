"""What an instance that begins in the middle leaves undone. Law: told, never guessed away; a function of values."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.process.migrationwording import Change, change
from engine.process.model import Definition, Node


def not_done(
    definition: Definition, at: Collection[str], left: Collection[str], standing: Collection[str], *, called: bool
) -> tuple[Change, ...]:
    """What the new instance of `definition`, begun at the elements `at`, does not do of the ended one.

    left: elements that the ended one completed; standing: where its tokens stood when it ended; called: another
    process had called it.
    """
    found: list[Change] = []
    before = _before(definition, at)
    for node in definition.nodes.values():
        if node.id in before and node.id not in left and node.id not in standing and _does_something(node):
            found.append(change("never-done", node.id))
    inside = {scope for id in at for scope in _around(definition, id)}
    found += [change("not-taken-up", id) for id in standing if id in definition.nodes and id not in {*at, *inside}]
    found += [change("not-undone", id) for id in _undoable(definition) if id in left]
    found += [change("locals", id) for id in definition.nodes if id in inside]
    return tuple(found + ([change("no-caller", definition.key)] if called else []))


def _before(definition: Definition, at: Collection[str]) -> set[str]:
    """Elements from which flows lead to one of `at`, also from around the sub-processes that hold it."""
    front = [*at, *(scope for id in at for scope in _around(definition, id))]
    seen = set(front)
    while front:
        node = definition.nodes.get(front.pop())
        if node is None:  # which the kernel refuses
            continue
        sources = [definition.flows[flow].source for flow in node.incoming]
        sources += [node.attached_to] if node.attached_to else []
        new = [source for source in sources if source not in seen]
        seen.update(new)
        front += new
    return seen.difference(at, (scope for id in at for scope in _around(definition, id)))


def _around(definition: Definition, id: str) -> Iterator[str]:
    node = definition.nodes.get(id)
    while node is not None and node.scope in definition.nodes:
        yield node.scope
        node = definition.nodes[node.scope]


def _does_something(node: Node) -> bool:
    return node.type.lower().endswith(("task", "activity", "process", "transaction")) or bool(node.events)


def _undoable(definition: Definition) -> list[str]:
    """Activities with a compensation event at their boundary."""
    guards = (node for node in definition.nodes.values() if node.type == "boundaryEvent" and node.attached_to)
    return [str(g.attached_to) for g in guards if any(event.kind == "compensation" for event in g.events)]
