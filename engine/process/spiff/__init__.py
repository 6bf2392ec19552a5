"""The second kernel: SpiffWorkflow 3.2 under the same contract. Law: what it would run wrongly is refused.

`step` has the contract of the native kernel. SpiffWorkflow leads the tokens (sequence, gateways, joins, boundary
events, sub-processes, repetition); what one node does by itself (expressions, decisions, mappings, waits) is the
bench's, the same for both kernels. docs/decisions/ tells why there are two.
"""

from __future__ import annotations

from collections import OrderedDict

from engine.errors import ExpressionFailed, ModelRefused
from engine.process.contract import Env, Step
from engine.process.model import Definition
from engine.process.native.plan import Plan
from engine.process.native.run import NODE_LIMIT, Stuck
from engine.process.spiff.bench import plan_of
from engine.process.spiff.specs import Scheme, scheme_of
from engine.process.spiff.supported import supported
from engine.process.spiff.walk import Walk
from engine.process.state import State
from engine.process.triggers import Trigger

__all__ = ["step", "supported"]
KEPT = 64
_kept: OrderedDict[int, tuple[Definition, Scheme, Plan]] = OrderedDict()


def step(definition: Definition, state: State, trigger: Trigger, env: Env, *, node_limit: int = NODE_LIMIT) -> Step:
    """Let one trigger happen and all that follows of itself, as SpiffWorkflow leads it.

    The given state stays valid whatever happens. Raises as the native kernel does, and ModelRefused for a definition
    that this kernel does not run.
    """
    _, scheme, plan = _made(definition)
    walk = Walk(scheme, plan, state, env, node_limit)
    try:
        return walk.step(trigger)
    except Stuck as stuck:
        raise ExpressionFailed(text=stuck.code, reason=stuck.message, reason_zh=stuck.message_zh) from stuck


def _made(definition: Definition) -> tuple[Definition, Scheme, Plan]:
    found = _kept.get(id(definition))
    if found is None:
        faults = supported(definition)
        if faults:
            raise ModelRefused(faults)
        found = _kept[id(definition)] = (definition, scheme_of(definition), plan_of(definition))
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found
