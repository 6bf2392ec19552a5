"""Which function runs which element: the table that a new element is added to. Law: one line an element."""

from __future__ import annotations

from dataclasses import replace

from engine.process.model import WorkSpec
from engine.process.native import (
    activities,
    adhoc,
    around,
    compensation,
    complexgateway,
    events,
    gateways,
    listening,
    loops,
    pausing,
    starting,
    subprocesses,
    tasks,
    throwing,
)  # fmt: skip
from engine.process.native.plan import Op, PNode
from engine.process.native.run import Run
from engine.process.state import Scope, Stage, Token

ENTER: dict[str, Op] = {
    "startEvent": events.start_event,
    "endEvent": throwing.throw_event,
    "intermediateThrowEvent": throwing.throw_event,
    "intermediateCatchEvent": events.catch_event,
    "boundaryEvent": events.start_event,
    "exclusiveGateway": gateways.exclusive,
    "parallelGateway": gateways.parallel,
    "inclusiveGateway": gateways.inclusive,
    "complexGateway": complexgateway.enter,
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
    "transaction": subprocesses.work,
    "adHocSubProcess": adhoc.work,
}
"""What an activity does once it has begun."""


BEGUN: dict[str, Op] = {
    "endEvent": throwing.throw_next,
    "intermediateThrowEvent": throwing.throw_next,
    "intermediateCatchEvent": events.wait_for_events,
    "eventBasedGateway": gateways.choose_event,
}
"""What begins once a node that is no activity has been entered, by a token or by a retry."""


def equip(p: PNode) -> None:
    """Give a node its functions."""
    if p.activity:
        p.enter = activities.enter
        p.work = _called_work(p) or WORK[p.type]
        p.repeat, p.iterated = loops.begin, loops.iteration_done
    else:
        p.enter = ENTER[p.type]
    p.heard = {
        Stage.OPENING: events.open_event_subprocess if p.node.by_event else BEGUN.get(p.type, activities.start),
        Stage.CLOSING: activities.complete,
        Stage.PARTING: activities.part,
    }
    if p.node.async_before or (p.loop is not None and p.loop.async_before):
        p.entry, p.enter = p.enter, pausing.enter


def going_on(p: PNode, when: str) -> Op:
    """What the job of an asynchronous continuation does."""
    return {"before": p.entry, "after": activities.leave, "iteration": p.iterated}[when]


def _called_work(p: PNode) -> Op | None:
    """A call to a global task or a decision is that task's work, done in place."""
    call = p.node.call
    if call is None or call.target_kind == "process":
        return None
    if call.target_kind == "decision":
        work = WorkSpec(decision=call.called, binding=call.binding)
        p.node = replace(p.node, work=work, inputs=p.node.inputs + call.inputs)
        p.outputs = p.outputs + call.outputs
        return tasks.decide
    task = call.global_task
    if task is None:
        return None
    p.node = replace(
        p.node, user=task.user, work=task.work, message=task.message, name=p.node.name or task.name,
        inputs=p.node.inputs + call.inputs, properties={**task.properties, **p.node.properties},
    )  # fmt: skip
    p.outputs = p.outputs + call.outputs
    p.due = task.user.due if task.user else None
    return WORK[task.type]


def _sub_done(run: Run, token: Token, scope: Scope) -> None:
    if run.plan.nodes[scope.node].type == "adHocSubProcess":
        adhoc.emptied(run, token, scope)
    else:
        run.push(activities.complete, token)


subprocesses.ON_EMPTY.update({"sub": _sub_done, "body": loops.emptied, "undo": compensation.emptied})
around.THEN.update({"start": starting.listened, "end": subprocesses.listened})
throwing.THROW.update({"compensation": compensation.throw_compensation, "cancel": compensation.throw_cancel})


RESUME: dict[int, Op] = {
    1: activities.begin,
    2: activities.start,
    3: activities.settle,
    5: activities.complete,
    6: activities.leave,
}
"""By the stage at which an activity stopped: where a retry goes on."""


def resume(p: PNode, stage: int) -> Op | None:
    """What to do again for a token that stopped at that stage; None: arrive anew."""
    if stage == 0:
        return None
    if stage >= Stage.OPENING:
        return listening.go_on
    if p.activity:
        if stage == 2 and p.node.by_event:
            return events.open_event_subprocess
        return RESUME[stage]
    if stage == 5:
        return events.absorb
    if stage == 6:
        return activities.leave
    return BEGUN.get(p.type, activities.depart)
