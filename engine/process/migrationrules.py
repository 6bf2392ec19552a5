"""What fits from one version into another: names carried over, and what stands against it. Law: nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from engine.errors import Fault
from engine.process.migrationwording import reason
from engine.process.model import Definition, Node
from engine.process.native.plan import plan_of
from engine.process.native.table import equip
from engine.process.state import Scope, Stage, State, Token
from engine.process.waits import Wait

Record = dict[str, Any]


@dataclass(slots=True)
class Carried:
    """The two versions and how the names of one become the names of the other."""

    old: Definition
    new: Definition
    mapping: dict[str, str]
    nodes: dict[int, str] = field(default_factory=dict)
    """Token -> its element in the old version."""
    elements: dict[int, str] = field(default_factory=dict)
    """Wait -> its element in the old version."""

    def remember(self, state: State) -> None:
        """Note where everything stood."""
        self.nodes = {token.id: token.node for token in state.tokens.values()}
        self.elements = {id: held.wait.element for id, held in state.waits.items()}

    def to(self, element: str) -> str:
        """The element's name in the new version (it may not be there)."""
        return self.new.key if element == self.old.key else self.mapping.get(element, element)

    def flow(self, token: Token) -> str | None:
        """The flow in the new version by which a token came; None: there is none."""
        node = self.new.nodes.get(self.to(token.node))
        if not token.flow or node is None:
            return token.flow
        if token.flow in node.incoming or (token.stage != Stage.JOINING and token.flow in self.new.flows):
            return token.flow
        before = self.old.flows.get(token.flow)
        same = [id for id in node.incoming if before and self.new.flows[id].source == self.to(before.source)]
        return same[0] if len(same) == 1 else None

    def wait(self, wait: Wait) -> Wait:
        """The wait under its element's new name."""
        name = self.to(wait.element)
        return wait if name == wait.element else replace(wait, element=name)

    def data(self, data: Any) -> Any:
        """What a token, scope or wait remembers, with the elements in it renamed."""
        if not isinstance(data, dict):
            return data
        found = dict(data)
        for key in ("sub", "start"):
            if isinstance(found.get(key), str):
                found[key] = self.to(found[key])
        for key in ("hits", "complex"):
            if key in found:
                found[key] = {self.to(id): value for id, value in found[key].items()}
        if "todo" in found:
            found["todo"] = [self._task(task) for task in found["todo"]]
        return found

    def record(self, record: Record) -> Record:
        """What can be undone, renamed."""
        return {**record, "node": self.to(record["node"]), "done": [self.record(one) for one in record["done"]]}

    def _task(self, task: Record) -> Record:
        names: Record = {key: self.to(task[key]) for key in ("b", "h", "e") if key in task}
        return {**task, **names, "done": [self.record(one) for one in task["done"]]}


def misfits(state: State, carried: Carried) -> list[Fault]:
    """Everything that stands against carrying the state over, in the order of the diagram's lines."""
    found = [*_mapping(carried)]
    for token in state.tokens.values():
        found += _token(state, carried, token)
    found += _joins(state, carried)
    for scope in state.scopes.values():
        found += _scope(scope, carried)
    return sorted(dict.fromkeys(found), key=lambda fault: fault.line or 0)


def _mapping(carried: Carried) -> Iterator[Fault]:
    for source, target in carried.mapping.items():
        if source not in carried.old.nodes:
            yield reason("mapping-source", source)
        if target not in carried.new.nodes:
            yield reason("mapping-target", target)


def _token(state: State, carried: Carried, token: Token) -> Iterator[Fault]:
    before = carried.old.nodes[token.node]
    after = carried.new.nodes.get(carried.to(token.node))
    if after is None:
        yield reason("gone", before.id, before.line)
        return
    if _sort(before) != _sort(after):
        yield reason("type", before.id, before.line, old=_sort(before), new=_sort(after))
        return
    if (before.loop.kind if before.loop else None) != (after.loop.kind if after.loop else None):
        yield reason("loop", before.id, before.line)
    if token.stage == Stage.HELD and before.start_quantity != after.start_quantity:
        yield reason("quantity", before.id, before.line)
    if token.stage == Stage.JOINING and not carried.flow(token):
        yield reason("join-flow", before.id, before.line, flow=token.flow)
    scope = state.scopes[token.scope]
    if scope.kind in ("process", "sub") and carried.to(scope.node) != after.scope:
        yield reason("scope", before.id, before.line, old=before.scope, new=after.scope)


def _sort(node: Node) -> str:
    """What an element is: its type, and what else decides how it runs."""
    marks = [mark for mark, holds in (("event", node.by_event), ("compensation", node.for_compensation)) if holds]
    kind = node.call.target_kind if node.call else ""
    return " ".join([node.type, *([kind] if kind else []), *marks])


def _joins(state: State, carried: Carried) -> Iterator[Fault]:
    seen: set[tuple[int, str]] = set()
    for scope, node in state.joins:
        key = (scope, carried.to(node))
        if key in seen:
            yield reason("joins-merged", carried.to(node))
        seen.add(key)


def _scope(scope: Scope, carried: Carried) -> Iterator[Fault]:
    data = scope.data if isinstance(scope.data, dict) else {}
    for record in scope.done:
        yield from _record(record, carried)
    for task in data.get("todo", ()):
        for key in ("b", "h", "e"):
            if key in task and carried.to(task[key]) not in carried.new.nodes:
                yield reason("compensation", task[key])
        for record in task["done"]:
            yield from _record(record, carried)
    for id, used in (data.get("complex") or {}).items():
        for flow in used or ():
            if flow not in carried.new.flows:
                yield reason("join-flow", id, flow=flow)


def _record(record: Record, carried: Carried) -> Iterator[Fault]:
    found = plan_of(carried.new, equip).nodes.get(carried.to(record["node"]))
    if found is None or not found.compensable:
        yield reason("compensation", record["node"])
    for one in record["done"]:
        yield from _record(one, carried)
