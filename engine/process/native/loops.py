"""Repetition (BPMN 2.0 §13.3.6, §13.3.7): multi-instance, sequential and parallel, and the standard loop.

The activity's token owns a body scope with the counters; each iteration is a token of the body with a scope of its own
(`loopCounter`, the element). Counters are Camunda's (`nrOfInstances`…) and the standard's (`numberOfInstances`…);
`loopCounter` counts from 0. Boundary events guard the body.
"""

from __future__ import annotations

from typing import Any

from engine.process.model import Loop
from engine.process.native import bodies, throwing, watching
from engine.process.native.activities import complete, settle
from engine.process.native.cancelling import cancel_scope
from engine.process.native.plan import PNode
from engine.process.native.run import DEAD, NODE_LIMIT, Run, Stuck
from engine.process.state import Scope, Stage, Token

_COUNTERS = (
    ("Instances", "n"),
    ("ActiveInstances", "active"),
    ("CompletedInstances", "done"),
    ("TerminatedInstances", "ended"),
)


def begin(run: Run, token: Token, p: PNode) -> None:
    """Stage ENTERED of a repeated activity: the body, and its first iterations."""
    loop = p.loop
    assert loop is not None
    data: dict[str, Any] = {"next": 0, "done": 0, "ended": 0}
    if loop.kind == "standard":
        data["most"] = whole(run, loop.maximum, token.scope) if loop.maximum is not None else -1
        goes_on = not loop.test_before or again(run, loop, data, token.scope)
        items: list[Any] | None = None
    else:
        items, times = items_of(run, loop, token.scope)
        if times > NODE_LIMIT and (loop.kind == "parallel" or loop.output_collection):
            en, zh = "{:,} iterations at once; {:,} are allowed", "一次产生 {:,} 个循环实例，最多允许 {:,} 个"
            raise Stuck("LOOP_LIMIT", en.format(times, NODE_LIMIT), zh.format(times, NODE_LIMIT))
        data |= {"n": times, "active": 0}
        goes_on = times > 0
    body = run.new_scope(token.scope, token.id, p.id, "body", {})
    token.inner = body.id
    body.data = data
    if loop.kind == "parallel":
        bodies.divide(run, body, data["n"], p.compensable or bool(loop.output_collection))
    if loop.output_collection and loop.kind != "standard":
        key, value = ("collects", True) if bodies.parts_of(body) else ("out", [None] * data["n"])
        body.data = {**body.data, key: value}
    count(run, body)
    if not goes_on:
        run.push(finish_body, token)
    elif loop.kind == "parallel":
        at = len(run.queue)
        for index in range(data["n"]):
            iterate(run, body, p, index, items[index] if items is not None else None)
        run.queue[at:] = reversed(run.queue[at:])
    else:
        if items is not None:
            body.data = {**body.data, "items": items}
        iterate(run, body, p, 0, items[0] if items else None)
    settle(run, token, p)


def items_of(run: Run, loop: Loop, place: int) -> tuple[list[Any] | None, int]:
    """The collection (None: only a number was given) and how many iterations there are."""
    if loop.collection is not None:
        items = run.value(loop.collection, place)
        if not isinstance(items, list):
            text = loop.collection.text
            raise Stuck("COLLECTION_INVALID", f"“{text}” is no list", f"“{text}”不是列表")
        times = len(items)
        if loop.cardinality is not None:
            times = min(times, whole(run, loop.cardinality, place))
        return items, times
    return None, whole(run, loop.cardinality, place)


def whole(run: Run, expr: Any, place: int) -> int:
    """A number of iterations."""
    value = run.value(expr, place) if expr is not None else None
    try:
        number = int(value) if value is not None else -1
        if number < 0 or number != (int(value) if isinstance(value, str) else value):
            raise ValueError
    except (TypeError, ValueError) as error:
        text = expr.text if expr is not None else ""
        en, zh = f"“{text}” is {value!r}, no number of iterations", f"“{text}”的值为 {value!r}，不是循环次数"
        raise Stuck("CARDINALITY_INVALID", en, zh) from error
    return number


def again(run: Run, loop: Loop, data: dict[str, Any], place: int) -> bool:
    """Whether a standard loop goes on: below its maximum, and its condition holds."""
    if 0 <= data["most"] <= data["done"]:
        return False
    if loop.condition is None:
        return True
    return run.holds(loop.condition, place, {"loopCounter": data["done"]})


def counters(data: dict[str, Any]) -> dict[str, int]:
    """The counters by their names, Camunda's and the standard's."""
    return {f"{start}{name}": data[key] for name, key in _COUNTERS if key in data for start in ("nrOf", "numberOf")}


def count(run: Run, body: Scope) -> None:
    """The counters that conditions see."""
    found = counters(body.data)
    body.vars.update(found)
    if run.watching:
        watching.touched(run, body.id, found)


def iterate(run: Run, body: Scope, p: PNode, index: int, item: Any) -> Token:
    """One iteration on its way, with its own variables."""
    loop = p.loop
    assert loop is not None
    own: dict[str, Any] = {**dict.fromkeys(p.own), "loopCounter": index}
    if loop.element_variable:
        own[loop.element_variable] = item
    token = run.new_token(p.id, body.id, near=bodies.place_of(body, index))
    token.index = index
    token.inner = run.new_scope(body.id, token.id, p.id, "task", own).id
    body.data = {**body.data, "next": body.data["next"] + 1}
    if "active" in body.data:
        body.data["active"] += 1
        count(run, body)
    run.queue.append((None, token.id))
    return token


def iteration_done(run: Run, token: Token, p: PNode) -> None:
    """The end of stage FINISHING of an iteration: its result, its leave, and whether the loop goes on."""
    loop = p.loop
    assert loop is not None
    body = run.scope(token.scope)
    data = {**body.data, "done": body.data["done"] + 1}
    if "active" in data:
        data["active"] -= 1
    result = run.value(loop.output_element, token.inner) if loop.output_element is not None else None
    if loop.kind == "standard":
        over = not again(run, loop, data, token.inner)
    else:
        over = loop.completion is not None and run.holds(loop.completion, token.inner, counters(data))
    if "out" in data:
        data["out"] = [*data["out"][: token.index], result, *data["out"][token.index + 1 :]]
    elif "collects" in data:
        bodies.keep_result(run, token, result)
    body.data = data
    count(run, body)
    run.left(token, p)
    drop(run, token)
    host = run.token(body.owner)
    if not _throw_behaviour(run, host, p, body):
        return
    if over or (loop.kind != "standard" and data["done"] == data["n"]):
        _end_body(run, host, p, body)
    elif loop.kind != "parallel":
        items = data.get("items")
        index = data["next"]
        iterate(run, run.scope(body.id), p, index, items[index] if items is not None else None)


def drop(run: Run, token: Token) -> None:
    """An iteration is gone with its variables."""
    scope = run.scopes.pop(token.inner)
    run.close_all(scope.waits)
    token.inner = 0
    run.consume(token)


def _throw_behaviour(run: Run, host: Token, p: PNode, body: Scope) -> bool:
    """Behaviour None, One and Complex (§10.3.8): what a completed iteration throws. False: that ended the body."""
    loop = p.loop
    assert loop is not None
    if loop.behavior == "None":
        thrown = [loop.none_throws]
    elif loop.behavior == "One":
        thrown = [loop.one_throws] if body.data["done"] == 1 else []
    elif loop.behavior == "Complex":
        thrown = [event for condition, event in loop.complex_throws if run.holds(condition, body.id)]
    else:
        return True
    for event in thrown:
        if event is not None:
            throwing.throw_beside(run, host, p, event)
            if host.stage == DEAD:
                return False
    return True


def _end_body(run: Run, host: Token, p: PNode, body: Scope) -> None:
    """What has not completed is cancelled; the body's token goes on."""
    rest = body.live
    if rest:
        run.scope(body.id).data = {**body.data, "ended": rest, "active": 0}
        cancel_scope(run, body.id)
    run.push(finish_body, host)


def finish_body(run: Run, token: Token, p: PNode) -> None:
    """The body's output collection is written where the activity stands."""
    loop = p.loop
    assert loop is not None
    token.stage = Stage.FINISHING
    body = run.scope(token.inner)
    bodies.gather(run, body)
    data = body.data
    if loop.output_collection and "out" in data:
        run.write(token.scope, {loop.output_collection: data["out"]})
    complete(run, token, p)


def emptied(run: Run, token: Token, scope: Scope) -> None:
    """A body without tokens: nothing to do, its last iteration has seen to its end."""
