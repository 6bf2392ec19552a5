"""What open work would be asked with now. Law: reads a state, changes nothing.

Work keeps the inputs that it was opened with. When a person has corrected variables and retries it, its inputs are
looked at again: the mapping is evaluated anew from outside the task's own scope, or all visible variables are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import ExpressionFailed
from engine.process.contract import Env
from engine.process.model import Definition
from engine.process.native.around import ROLE
from engine.process.native.plan import PNode, plan_of
from engine.process.native.run import Run, Stuck
from engine.process.native.table import equip
from engine.process.state import State, Token
from engine.process.waits import JobWait


def inputs_now(definition: Definition, state: State, wait: int, env: Env) -> Mapping[str, Any] | None:
    """The inputs of an open JobWait as they would be now; None when it has none of its own to look at again.

    The wait's part of the state must be in hand. Raises ExpressionFailed when a mapping cannot be evaluated.
    """
    held = state.waits.get(wait)
    if held is None or not isinstance(held.wait, JobWait) or held.wait.kind == "async" or not held.token:
        return None
    run = Run(plan_of(definition, equip), state, env)
    token = state.tokens[held.token]
    if held.role == ROLE:
        return dict(run.view(token.scope))
    p = run.plan.nodes[held.wait.element]
    try:
        return _thrown(run, token, p) if held.role == "throw" else _own(run, token, p)
    except Stuck as stuck:
        raise ExpressionFailed(text=stuck.code, reason=stuck.message, reason_zh=stuck.message_zh) from stuck


def _own(run: Run, token: Token, p: PNode) -> Mapping[str, Any]:
    if not (p.node.inputs and token.inner):
        return dict(run.view(run.place(token)))
    outside = run.scopes[token.inner].parent
    local = {name: run.value(e, outside) if e else None for name, e in p.node.data.items()}
    return run.params(p.node.inputs, outside, local)


def _thrown(run: Run, token: Token, p: PNode) -> Mapping[str, Any]:
    event = next((event for event in p.node.events if event.topic), None)
    place = run.place(token)
    payload = run.params((event.inputs if event else ()) or p.node.inputs, place)
    return payload or dict(run.view(place))
