"""A checked model as a network to walk: what each node does to a token in a run.

What the model decides by data is decided by shares; messages and timers are times that pass. Event sub-processes and
compensation do not happen in a run; `Network.left_out` names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from engine.process.model import Definition, Node
from engine.simulation.plan import Doing, Plan, Sampler

Role = Literal["work", "wait", "pass", "choose", "fork", "some", "scope", "end", "terminate"]

_PASSING = {"startEvent", "intermediateThrowEvent", "boundaryEvent"}
_GATEWAYS: Mapping[str, Role] = {
    "exclusiveGateway": "choose",
    "eventBasedGateway": "choose",
    "complexGateway": "some",
    "inclusiveGateway": "some",
    "parallelGateway": "fork",
}


@dataclass(slots=True)
class Border:
    """An event at the border of a node: how often, after how long, whether it ends what it sits on."""

    node: Station
    share: float
    delay: Sampler
    interrupting: bool


@dataclass(slots=True)
class Station:
    """A node in a run; `number` is its place in the tallies."""

    id: str
    number: int
    role: Role
    joins: int = 1
    pool: str = ""
    due: float | None = None
    times: float = 1.0
    cost: float = 0.0
    sample: Sampler | None = None
    ways: list[Station] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    """Of each way: cumulated for a choice, alone for an inclusive gateway; empty where all are taken."""
    flows: list[str] = field(default_factory=list)
    borders: list[Border] = field(default_factory=list)
    inner: list[Station] = field(default_factory=list)


@dataclass(slots=True)
class Network:
    """All stations, those where a case begins, and what a run leaves out."""

    stations: list[Station]
    begin: list[Station]
    left_out: tuple[str, ...]


def network(model: Definition, plan: Plan, chance: Random) -> Network:
    """The model with the plan's figures; each run has its own, as samplers draw from its chance."""
    nodes = {id: node for id, node in model.nodes.items() if not node.for_compensation}
    stations = {id: _station(node, number, plan, chance) for number, (id, node) in enumerate(nodes.items())}
    links = {e.ref: id for id, node in nodes.items() if node.type == "intermediateCatchEvent" for e in node.events
             if e.kind == "link"}  # fmt: skip
    for id, node in nodes.items():
        station = stations[id]
        for flow_id in node.outgoing:
            flow = model.flows[flow_id]
            if flow.target in stations:
                station.ways.append(stations[flow.target])
                station.flows.append(flow_id)
        for event in node.events:
            if event.kind == "link" and node.type == "intermediateThrowEvent" and event.ref in links:
                station.ways.append(stations[links[event.ref]])
                station.flows.append("")
        if node.inner is not None:
            station.inner = [stations[one] for one in node.inner.starts if one in stations]
        station.borders = [_border(stations[one], nodes[one], plan, chance) for one in node.boundaries if one in nodes]
        _share_out(station, node, plan)
    begin = [stations[one] for one in model.scope.starts if one in stations and nodes[one].scope == model.key]
    left_out = [id for id, node in nodes.items() if node.by_event]
    left_out += [id for id, node in model.nodes.items() if node.for_compensation]
    return Network(list(stations.values()), begin[:1], tuple(left_out))


def _station(node: Node, number: int, plan: Plan, chance: Random) -> Station:
    doing = plan.doings.get(node.id, Doing())
    role = _role(node, doing)
    parallel = node.type in ("parallelGateway", "inclusiveGateway", "complexGateway")
    return Station(
        node.id,
        number,
        role,
        joins=len(node.incoming) if parallel else 1,
        pool=doing.by if doing.by in plan.pools and role == "work" else "",
        due=doing.due,
        times=doing.times if node.loop is not None else 1.0,
        cost=doing.cost,
        sample=doing.duration.sampler(chance),
    )


def _role(node: Node, doing: Doing) -> Role:
    if node.inner is not None and not node.by_event:
        return "scope"
    if node.type in _GATEWAYS:
        return _GATEWAYS[node.type]
    if node.type == "endEvent":
        return "terminate" if any(event.kind == "terminate" for event in node.events) else "end"
    if node.type in _PASSING:
        return "pass"
    return "work" if doing.by else "wait"


def _border(station: Station, node: Node, plan: Plan, chance: Random) -> Border:
    share, delay = plan.boundaries.get(node.id, (0.0, Doing().duration))
    return Border(station, share, delay.sampler(chance), node.interrupting)


def _share_out(station: Station, node: Node, plan: Plan) -> None:
    """Shares of the ways out; what the plan says nothing of gets what is left, in equal parts."""
    choosing = station.role == "choose" or (station.role == "some" and len(station.ways) > 1)
    conditional = station.role in ("work", "wait", "pass", "scope") and any(one in plan.flows for one in station.flows)
    if len(station.ways) < 2 or not (choosing or conditional):
        return
    known = [plan.flows.get(flow) for flow in station.flows]
    if station.role == "some":
        station.shares = [1.0 if share is None else min(1.0, share) for share in known]
        return
    left = max(0.0, 1 - sum(share for share in known if share is not None))
    unknown = sum(1 for share in known if share is None)
    shares = [left / unknown if share is None else share for share in known]
    whole = sum(shares) or 1.0
    total = 0.0
    for share in shares:
        total += share / whole
        station.shares.append(total)
