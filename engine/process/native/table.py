"""Which function runs which element: the table that a new element is added to. Law: one line an element."""

from __future__ import annotations

from engine.process.native import activities, events, gateways, subprocesses, tasks, throwing
from engine.process.native.plan import Op, PNode

ENTER: dict[str, Op] = {
    "startEvent": events.start_event,
    "endEvent": throwing.throw_event,
    "intermediateThrowEvent": throwing.throw_event,
    "intermediateCatchEvent": events.catch_event,
    "boundaryEvent": events.start_event,
    "exclusiveGateway": gateways.exclusive,
    "parallelGateway": gateways.parallel,
    "inclusiveGateway": gateways.inclusive,
    "eventBasedGateway": gateways.event_based,
}
"""How a token enters a node that is no activity."""

WORK: dict[str, Op] = {
    "task": tasks.pass_through,
    "manualTask": tasks.manual,
    "userTask": tasks.user,
    "serviceTask": tasks.service,
    "sendTask": tasks.send,
    "receiveTask": tasks.receive,
    "scriptTask": tasks.script,
    "businessRuleTask": tasks.decide,
    "callActivity": tasks.call,
    "subProcess": subprocesses.work,
}
"""What an activity does once it has begun."""


def behaviours(p: PNode) -> tuple[Op, Op]:
    """How a node is entered, and what it does."""
    if p.activity:
        return activities.enter, WORK[p.type]
    return ENTER[p.type], activities.depart


RESUME: dict[int, Op] = {
    1: activities.begin,
    2: activities.start,
    3: activities.settle,
    5: activities.complete,
    6: activities.depart,
}
"""By the stage at which an activity stopped: where a retry goes on."""

RESUME_START: dict[str, Op] = {
    "endEvent": throwing.throw_next,
    "intermediateThrowEvent": throwing.throw_next,
    "intermediateCatchEvent": events.wait_for_events,
    "eventBasedGateway": gateways.choose_event,
}
"""The same for nodes that are no activities, where the work had begun."""


def resume(p: PNode, stage: int) -> Op | None:
    """What to do again for a token that stopped at that stage; None: arrive anew."""
    if stage == 0:
        return None
    if p.activity:
        if stage == 2 and p.node.by_event:
            return events.open_event_subprocess
        return RESUME[stage]
    if stage == 5:
        return events.absorb
    if stage == 6:
        return activities.depart
    return RESUME_START.get(p.type, activities.depart)
