"""A step of a state that is not all in hand. Law: what the kernel asks for is fetched, and nothing else.

The kernels stay pure: they ask by raising PartsNeeded, before anything has changed, and the step is taken again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from engine.errors import InternalError
from engine.process.codec import with_parts
from engine.process.contract import Env, Step
from engine.process.model import Definition
from engine.process.parts import PartsNeeded, Range
from engine.process.state import State
from engine.process.triggers import Trigger

Kernel: TypeAlias = Callable[[Definition, State, Trigger, Env], Step]
Fetch: TypeAlias = Callable[[tuple[Range, ...]], Mapping[int, bytes]]
"""Ranges of parts -> what is stored of them. A part that is not there any more is over."""


def step_with(kernel: Kernel, definition: Definition, state: State, trigger: Trigger, env: Env, fetch: Fetch) -> Step:
    """The kernel's step, with the parts that it asks for. Raises what the kernel raises."""
    while True:
        try:
            return kernel(definition, state, trigger, env)
        except PartsNeeded as needed:
            state = with_parts(state, needed.ranges, fetch(needed.ranges))


def whole(state: State, fetch: Fetch) -> State:
    """The state with all its parts. InternalError when some are nowhere."""
    if not state.away:
        return state
    ranges = ((1, state.drawn),)
    found = with_parts(state, ranges, fetch(ranges))
    if found.away:
        raise InternalError(reason=f"{found.away} parts of a state are missing")
    return found
