"""The native kernel: BPMN 2.0 (chapter 13) over tokens in scopes. Law: values in, values out; no recursion over nodes.

`step` works on a shallow copy of the state: answer the trigger, then do what is in the queue until nothing moves, ask
the inclusive joins, go on while one of them fires. Element by element: `table` says which function runs what.
"""

from __future__ import annotations

from engine.errors import ExpressionFailed
from engine.process.contract import Env, Step
from engine.process.model import Definition
from engine.process.native import complexgateway, watching
from engine.process.native.answers import answer
from engine.process.native.events import check_conditions
from engine.process.native.gateways import settle_joins
from engine.process.native.plan import plan_of
from engine.process.native.run import NODE_LIMIT, Run, Stuck
from engine.process.native.subprocesses import emptied
from engine.process.native.table import equip
from engine.process.state import State
from engine.process.triggers import Trigger

__all__ = ["NODE_LIMIT", "drain", "step"]


def step(definition: Definition, state: State, trigger: Trigger, env: Env, *, node_limit: int = NODE_LIMIT) -> Step:
    """Let one trigger happen and all that follows of itself.

    The given state stays valid whatever happens. node_limit: node entries before a token stops with the incident
    LOOP_LIMIT. Raises WaitClosed when what the trigger answers is no longer open, InvalidInput and NotFound for a
    trigger that does not fit the model, ExpressionFailed where there is no token yet that an incident could stop at
    (initial values of data, subscriptions of the process).
    """
    run = Run(plan_of(definition, equip), state, env, node_limit)
    watching.take_over(run, state)
    try:
        answer(run, trigger)
        drain(run)
    except Stuck as stuck:
        raise ExpressionFailed(text=stuck.code, reason=stuck.message, reason_zh=stuck.message_zh) from stuck
    result = run.step()
    watching.hand_over(run, result.state)
    return result


def drain(run: Run) -> None:
    """Do what is queued until nothing moves by itself."""
    queue, tokens = run.queue, run.tokens
    while run.ended is None:
        if run.dirty:
            check_conditions(run)
        elif queue:
            op, id = queue.pop()
            if id < 0:
                emptied(run, -id)
            elif id in tokens:
                token = run.token(id)
                if op is None:
                    run.arrive(token)
                else:
                    run.attempt(op, token)
        elif not (run.joins and settle_joins(run)) and not (run.plan.complex and complexgateway.settle(run)):
            return
