"""How an instance begins, and how a token is moved by hand (BPMN 2.0 §13.2)."""

from __future__ import annotations

from engine.errors import InvalidInput, NotFound
from engine.process.native import around, events, subprocesses
from engine.process.native.activities import finish, settle
from engine.process.native.arming import listen
from engine.process.native.cancelling import cancel_token
from engine.process.native.plan import PNode
from engine.process.native.run import Run
from engine.process.state import Scope, Stage, Token
from engine.process.triggers import Started


def start(run: Run, trigger: Started) -> None:
    """Create the process's scope with its data; its listeners are heard, then it begins."""
    for id in trigger.at:
        _require_entry(run, id)
    nodes = [] if trigger.at else first_nodes(run, trigger.start)
    run.started = True
    root = run.new_scope(0, 0, run.plan.key, "process", {})
    given = {} if _mapped(nodes, trigger) else dict(trigger.variables)
    if nodes and nodes[0].node.initiator:
        given[nodes[0].node.initiator] = run.env.initiator
    run.write(root.id, given)
    subprocesses.fill(run, root, run.plan.scopes[run.plan.key].data)
    told = {"start": trigger.start, "at": list(trigger.at), "payload": dict(trigger.variables)}
    if not around.hear(run, "start", root.id, told):
        _begin(run, root.id, trigger)


def listened(run: Run, token: Token) -> None:
    """All start listeners of the process were heard: it begins."""
    data = token.data
    _begin(run, token.scope, Started(data["start"], data["payload"], tuple(data["at"])))
    run.consume(token)


def _begin(run: Run, root: int, trigger: Started) -> None:
    """Arm the event sub-processes, send out the first tokens."""
    listen(run, root, run.plan.scopes[run.plan.key])
    if trigger.at:
        _begin_within(run, trigger)
        return
    nodes = first_nodes(run, trigger.start)
    named = nodes[0] if trigger.start is not None else None
    for p in reversed(nodes):
        token = run.push_new(p.id, root)
        if _mapped(nodes, trigger):
            token.data = {"payload": dict(trigger.variables), "n": 0}
        if named is not None and named.type != "startEvent":
            run.queue.pop()
            _pass_gateway(run, token, named)
            _await_the_others(run, named, root)
            _begin_by_event(run, token, named)


def _mapped(nodes: list[PNode], trigger: Started) -> bool:
    """Whether the event that begins the instance maps what it brought."""
    p = nodes[0] if nodes and trigger.start is not None else None
    return p is not None and bool(p.outputs or (p.node.events and p.node.events[0].outputs))


def _begin_within(run: Run, trigger: Started) -> None:
    """Begin at elements anywhere in the process; the sub-processes around them are opened on the way."""
    for id in reversed(trigger.at):
        run.push_new(id, _scope_for(run, run.plan.nodes[id].node.scope, 0).id)


def _require_entry(run: Run, id: str) -> None:
    """An instance can begin there: NotFound for no element, InvalidInput where no token comes by a flow of its own."""
    p = run.plan.nodes.get(id)
    if p is None:
        raise NotFound(what="element", id=id)
    around = run.plan.nodes.get(p.node.scope)
    while around is not None:
        if around.node.by_event or around.loop is not None:
            raise InvalidInput(
                place=id,
                reason=f"it stands in {around.id}, which an event begins or a loop repeats: begin there",
                reason_zh=f"该元素位于由事件触发或循环执行的 {around.id} 中，请从 {around.id} 开始",
            )
        around = run.plan.nodes.get(around.node.scope)
    if p.type == "boundaryEvent" or p.node.by_event or p.node.for_compensation:
        raise InvalidInput(
            place=id,
            reason="no token comes here by a flow: name another element",
            reason_zh="没有顺序流通向此处，请指明其他元素",
        )


def _pass_gateway(run: Run, token: Token, p: PNode) -> None:
    """An instance that begins behind an instantiating gateway has passed it, as it passes any event gateway."""
    flows = run.plan.definition.flows
    for flow in p.incoming:
        gateway = run.plan.nodes[flows[flow].source]
        if gateway.type == "eventBasedGateway" and gateway.node.instantiate:
            run.entered(token, gateway)
            run.left(token, gateway)
            run.took(flow)
            return


def _await_the_others(run: Run, p: PNode, scope_id: int) -> None:
    """Behind a parallel instantiating gateway (§13.4.4) the instance waits for each of its events."""
    flows = run.plan.definition.flows
    for gateway in (run.plan.nodes[flows[flow].source] for flow in p.incoming):
        if gateway.type == "eventBasedGateway" and gateway.node.event_gateway_type == "Parallel":
            for _, target, _ in gateway.outs:
                if target != p.id:
                    run.push_new(target, scope_id)


def _begin_by_event(run: Run, token: Token, p: PNode) -> None:
    """What instantiates has happened already: a receive task, or an event behind an instantiating gateway."""
    run.entered(token, p)
    if p.activity:
        run.attempt(finish, token)
    else:
        run.attempt(events.absorb, token)


def first_nodes(run: Run, named: str | None) -> list[PNode]:
    """Where an instance begins: at the named event, else at the start without a trigger. NotFound, InvalidInput."""
    place = run.plan.scopes[run.plan.key]
    nodes = run.plan.nodes
    if named is not None:
        p = nodes.get(named)
        if p is None or p.node.scope != run.plan.key:
            raise NotFound(what="start event", id=named)
        return [p]
    starts = [nodes[id] for id in place.starts]
    none_starts = [p for p in starts if p.type == "startEvent" and not p.node.events]
    if none_starts:
        return none_starts[:1]
    plain = [p for p in starts if p.type != "startEvent" and not p.node.instantiate]
    if plain and len(plain) == len(starts):
        return plain
    if len(starts) == 1:
        return starts
    raise InvalidInput(
        place=run.plan.key,
        reason="it has no start event without a trigger: say at which one to start",
        reason_zh="没有空白开始事件，请指明从哪个开始事件启动",
    )


def move_token(run: Run, source: str | None, target: str) -> None:
    """Cancel what stands at `source` and enter `target`; scopes that `target` needs are opened on the way."""
    p = run.plan.nodes.get(target)
    if p is None:
        raise NotFound(what="element", id=target)
    run.before.require_all()
    standing = [token for token in run.tokens.values() if token.node == source and token.index < 0]
    if source is not None and not standing:
        raise InvalidInput(place=source, reason="no token stands here", reason_zh="此处没有令牌")
    near = standing[0].scope if standing else 0
    run.push_new(target, _scope_for(run, p.node.scope, near).id)
    for token in standing:
        if token.id in run.tokens:
            cancel_token(run, token)


def _scope_for(run: Run, wanted: str, near: int) -> Scope:
    """A live scope of that sub-process: the one around `near` if there is one, else any, else a new one."""
    while near:
        if run.scopes[near].node == wanted and run.scopes[near].kind in ("process", "sub"):
            return run.scopes[near]
        near = run.scopes[near].parent
    for scope in run.scopes.values():
        if scope.node == wanted and scope.kind in ("process", "sub"):
            return scope
    p = run.plan.nodes[wanted]
    outer = _scope_for(run, p.node.scope, 0)
    token = run.new_token(p.id, outer.id)
    run.entered(token, p)
    scope = subprocesses.open_scope(run, token, p)
    settle(run, token, p)
    token.stage = Stage.WAITING
    return scope
