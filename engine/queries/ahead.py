"""What may come after a task, as the diagram draws it: the next things that people would notice, and on which way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine import definitions
from engine.definitions import Package
from engine.queries.standing import english

NOTICED = frozenset({"userTask", "manualTask", "callActivity", "intermediateCatchEvent", "receiveTask", "endEvent"})
"""Where the look ahead ends: somebody works, something is waited for, or it is over."""
MOST, DEEPEST = 8, 12


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that may come. `way`: the last question on the way there with its answer ("" when there is none)."""

    element: str
    type: str
    name: str
    name_en: str
    way: str
    way_en: str


def ahead(session: Session, definition_id: int, element: str) -> tuple[Step, ...]:
    """The named steps that may follow an element, nearest first, each once; at most eight."""
    package = definitions.package(session, definition_id)
    found: dict[tuple[str, str], Step] = {}
    for step in _following(package, element):
        found.setdefault((step.element, step.way), step)
        if len(found) == MOST:
            break
    return tuple(found.values())


def _following(package: Package, element: str) -> Iterator[Step]:
    model = package.definition
    front, seen = [(element, "", "")], {element}
    for _ in range(DEEPEST):
        after: list[tuple[str, str, str]] = []
        for at, way, way_en in front:
            node = model.nodes[at]
            flows = [model.flows[id] for id in node.outgoing]
            if not flows and node.scope in model.nodes:
                after.append((node.scope, way, way_en))
                continue
            for flow in flows:
                name, name_en = _answer(package, at, flow.id) or (way, way_en)
                target = model.nodes[flow.target]
                if target.type in NOTICED and target.name:
                    yield Step(
                        target.id, target.type, target.name, english(package, target.id, target.name), name, name_en
                    )
                elif target.type == "subProcess":
                    starts = [n for n in model.nodes.values() if n.scope == target.id and n.type == "startEvent"]
                    after += [(start.id, name, name_en) for start in starts if start.id not in seen]
                    seen |= {start.id for start in starts}
                elif target.id not in seen:
                    seen.add(target.id)
                    after.append((target.id, name, name_en))
        front = after


def _answer(package: Package, gateway: str, flow_id: str) -> tuple[str, str] | None:
    """The gateway's question with the flow's answer, in both languages; None for a flow without a name."""
    asked, flow = package.definition.nodes[gateway], package.definition.flows[flow_id]
    if not flow.name:
        return None
    answer_en = english(package, flow.id, flow.name)
    if not asked.name:
        return flow.name, answer_en
    return f"{asked.name} → {flow.name}", f"{english(package, asked.id, asked.name)} → {answer_en}"
