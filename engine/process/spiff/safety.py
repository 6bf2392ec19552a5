"""How many tokens can stand before a join at once. Law: every way through a scope is tried; what is too much is told.

SpiffWorkflow's joins know which of their predecessors are done, not how many tokens each has sent: a second token on
the same flow is merged with the first, where BPMN 2.0 (§13.4.1) keeps it. So the token game of each scope is played
through with all choices (§13.4, inclusive joins as §13.4.3 has them); conditions and data are left out. A count beyond
two is "many".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TypeAlias

from engine.process.model import Definition, Node
from engine.process.native.plan import Reach, plan_of
from engine.process.native.table import equip

MOST_MARKINGS = 4_000
MANY = 2
Marking: TypeAlias = frozenset[tuple[str, int]]
"""Node, or incoming flow of a join -> tokens there."""


class TooComplex(Exception):
    """There are too many ways through a scope."""


def crowded_joins(definition: Definition, scope: str, starts: tuple[str, ...]) -> set[str]:
    """The joins of a scope before which two tokens can stand on one flow. Raises TooComplex."""
    game = _Game(definition, scope)
    first: dict[str, int] = {}
    for start in starts:
        first[start] = min(first.get(start, 0) + 1, MANY)
    seen: set[Marking] = set()
    stack = [frozenset(first.items())]
    while stack:
        marking = stack.pop()
        if marking in seen:
            continue
        seen.add(marking)
        if len(seen) > MOST_MARKINGS:
            raise TooComplex
        stack.extend(game.following(marking))
    return game.crowded


class _Game:
    def __init__(self, definition: Definition, scope: str) -> None:
        self.definition = definition
        self.nodes = {node.id: node for node in definition.nodes.values() if node.scope == scope}
        self.joins = {
            node.id for node in self.nodes.values()
            if node.type in ("parallelGateway", "inclusiveGateway") and len(node.incoming) > 1
        }  # fmt: skip
        self.home = {flow: join for join in self.joins for flow in self.nodes[join].incoming}
        plan = plan_of(definition, equip)
        self.reach: dict[str, Reach] = {
            join: plan.reach(join) for join in self.joins if self.nodes[join].type == "inclusiveGateway"
        }
        self.crowded: set[str] = set()

    def following(self, marking: Marking) -> Iterator[Marking]:
        """The markings after one move. A move without alternative comes first: it takes nothing from the others."""
        there = dict(marking)
        moves = {key: list(self._ways(self.nodes[key])) for key in there if key in self.nodes}
        certain = next((key for key, ways in moves.items() if len(ways) == 1 and there[key] == 1), None)
        if certain is not None:
            moves = {certain: moves[certain]}
        for key, ways in moves.items():
            for keeps, flows in ways:
                yield from self._moved(there, {} if keeps else {key: 1}, flows)
        if certain is None:
            for join in self.joins:
                yield from self._fired(there, join)

    def _ways(self, node: Node) -> Iterator[tuple[bool, tuple[str, ...]]]:
        """(the token stays, flows that get one) for each way on."""
        if any(event.kind in ("terminate", "error") for event in node.events) and node.type == "endEvent":
            yield False, ()
            return
        yield from ((False, flows) for flows in _split(node))
        for id in node.boundaries:
            boundary = self.definition.nodes[id]
            yield not boundary.interrupting, boundary.outgoing

    def _fired(self, there: dict[str, int], join: str) -> Iterator[Marking]:
        node = self.nodes[join]
        filled = {flow for flow in node.incoming if there.get(flow)}
        if not filled or (join not in self.reach and len(filled) < len(node.incoming)):
            return
        if join in self.reach and self._awaited(there, join, filled):
            return
        for flows in _split(node):
            yield from self._moved(there, dict.fromkeys(filled, 1), flows)

    def _awaited(self, there: dict[str, int], join: str, filled: set[str]) -> bool:
        by_flow = self.reach[join].by_flow
        empty = [nodes for flow, nodes in by_flow.items() if flow not in filled]
        full = [nodes for flow, nodes in by_flow.items() if flow in filled]
        places = {self.home.get(key, key) for key in there} - {join}
        return any(any(p in nodes for nodes in empty) and not any(p in nodes for nodes in full) for p in places)

    def _moved(self, there: dict[str, int], taken: dict[str, int], flows: tuple[str, ...]) -> Iterator[Marking]:
        """Every marking after the move: from many tokens one may be taken with many left."""
        lefts = [[there[key] - 1, MANY] if there[key] >= MANY else [there[key] - 1] for key in taken]
        for rest in itertools.product(*lefts):
            after = {**there, **dict(zip(taken, rest, strict=True))}
            for flow in flows:
                place = flow if flow in self.home else self.definition.flows[flow].target
                after[place] = min(after.get(place, 0) + 1, MANY)
                if flow in self.home and after[place] >= MANY:
                    self.crowded.add(self.home[flow])
            yield frozenset((key, count) for key, count in after.items() if count)


def _split(node: Node) -> Iterator[tuple[str, ...]]:
    """The sets of outgoing flows that a node may choose."""
    if node.type in ("exclusiveGateway", "eventBasedGateway"):
        yield from ((flow,) for flow in node.outgoing)
        if not node.outgoing:
            yield ()
    elif node.type == "inclusiveGateway" and len(node.outgoing) > 1:
        if len(node.outgoing) > 8:
            raise TooComplex
        for count in range(1, len(node.outgoing) + 1):
            yield from itertools.combinations(node.outgoing, count)
    else:
        yield node.outgoing
