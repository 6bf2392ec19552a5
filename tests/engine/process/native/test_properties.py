"""What holds of every run of every model: generated block-structured models, played with generated triggers."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import DealflowError
from engine.process import triggers as t
from engine.process.codec import decode, encode
from engine.process.contract import Env, Event, Passed
from engine.process.model import Definition
from engine.process.native import step
from engine.process.state import State, new_state
from engine.process.waits import IncidentWait
from tests.engine.process.generated import CHOICES, PARTS, answer, begun, blocks, definition_of, unstructured
from tests.engine.process.native.building import env
from tests.examples import cases

JOINS = {"parallelGateway", "inclusiveGateway", "complexGateway"}


BLOCKS = blocks(
    (
        "task", "user", "topic", "script", "signal", "message", "wait", "choice", "overdue", "failing", "reminded",
        "anew", "compensable", "undo", "escalate",
    ),
    PARTS,
    9,
)  # fmt: skip
"""Blocks of every kind that there is."""


def _triggers(state: State, choice: int) -> tuple[t.Trigger, Env]:
    """Answer one of the open waits."""
    waits = state.open_waits()
    return answer(waits[choice % len(waits)], choice)


def _run(definition: Definition, choices: list[int], turns: int, save: bool) -> tuple[list[Event], State, Any]:
    events: list[Event] = []
    done = step(definition, new_state(), begun(turns), env(), node_limit=3000)
    events += done.events
    for choice in choices:
        if done.ended is not None or not done.state.open_waits():
            break
        state = decode(encode(done.state)) if save else done.state
        trigger, at = _triggers(state, choice)
        done = step(definition, state, trigger, at, node_limit=3000)
        events += done.events
    return events, done.state, done.ended


QUIET = settings(max_examples=cases(30, 120), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUIET
@given(BLOCKS, CHOICES, st.integers(0, 3))
def test_every_enter_has_one_leave_or_cancel_and_what_has_ended_waits_for_nothing(
    block: Any, choices: list[int], turns: int
) -> None:
    events, state, ended = _run(definition_of(block), choices, turns, save=False)
    balance: dict[tuple[str, str], int] = {}
    for event in events:
        if isinstance(event, Passed) and event.type not in JOINS:
            key = (event.scope, event.element)
            balance[key] = balance.get(key, 0) + (1 if event.event == "enter" else -1)
            assert balance[key] >= 0
    if ended is not None:
        assert not any(balance.values())
        assert not state.open_waits() and not state.tokens
    else:
        assert state.open_waits() and state.tokens
        _consistent(state)


def _consistent(state: State) -> None:
    """Ids meet each other: each wait has its owner, each scope counts its tokens."""
    for scope in state.scopes.values():
        assert scope.live == sum(token.scope == scope.id for token in state.tokens.values())
        assert scope.parent == 0 or scope.parent in state.scopes
        assert scope.owner == 0 or state.tokens[scope.owner].inner == scope.id
    for id, held in state.waits.items():
        owner = state.tokens[held.token] if held.token else state.scopes[held.scope]
        assert id in owner.waits
    for token in state.tokens.values():
        assert token.scope in state.scopes and all(id in state.waits for id in token.waits)
    for (scope_id, join), waiting in state.joins.items():
        assert waiting and all(state.tokens[id].scope == scope_id and state.tokens[id].node == join for id in waiting)


@QUIET
@given(BLOCKS, CHOICES, st.integers(0, 3))
def test_saving_between_steps_changes_nothing(block: Any, choices: list[int], turns: int) -> None:
    definition = definition_of(block)
    kept, kept_state, kept_end = _run(definition, choices, turns, save=False)
    saved, saved_state, saved_end = _run(definition, choices, turns, save=True)
    assert saved == kept and saved_end == kept_end
    assert encode(saved_state) == encode(kept_state)


@QUIET
@given(BLOCKS, CHOICES, st.integers(0, 3))
def test_a_step_never_alters_the_state_it_was_given(block: Any, choices: list[int], turns: int) -> None:
    definition = definition_of(block)
    state = step(definition, new_state(), begun(turns), env(), node_limit=3000).state
    for choice in choices:
        if state.ended or not state.open_waits():
            return
        before = encode(state)
        trigger, at = _triggers(state, choice)
        following = step(definition, state, trigger, at, node_limit=3000).state
        assert encode(state) == before
        for wrong in (t.TaskCompleted(10**6), t.Modified("nothing", "nowhere"), t.Started()):
            try:
                step(definition, state, wrong, at)
                raise AssertionError("it should have been refused")
            except DealflowError:
                assert encode(state) == before
        state = following


@QUIET
@given(BLOCKS, CHOICES)
def test_cancelling_leaves_nothing(block: Any, choices: list[int]) -> None:
    definition = definition_of(block)
    _, state, ended = _run(definition, choices[:3], 1, save=False)
    if ended is None:
        done = step(definition, state, t.Cancelled(), env())
        assert done.ended is not None and done.ended.state == "cancelled"
        assert not done.state.open_waits() and not done.state.tokens
        assert {closed.reason for closed in done.closed} <= {"cancelled"}


@QUIET
@given(unstructured(), CHOICES)
def test_unstructured_models_lose_and_double_no_token(definition: Definition, choices: list[int]) -> None:
    done = step(definition, new_state(), begun(0), env(), node_limit=300)
    for choice in choices:
        _consistent(done.state)
        _no_join_is_forgotten(definition, done.state)
        if done.ended is not None or not done.state.open_waits():
            break
        trigger, at = _triggers(done.state, choice)
        before = encode(done.state)
        again = step(definition, decode(before), trigger, at, node_limit=300)
        done = step(definition, done.state, trigger, at, node_limit=300)
        assert encode(again.state) == encode(done.state) and again.events == done.events


def _no_join_is_forgotten(definition: Definition, state: State) -> None:
    """At rest no parallel join has a token on every flow, and no inclusive join stands alone in its scope."""
    if any(isinstance(wait, IncidentWait) for wait in state.open_waits()):
        return
    for (_, join), waiting in state.joins.items():
        filled = {state.tokens[id].flow for id in waiting}
        if definition.nodes[join].type == "parallelGateway":
            assert filled < set(definition.nodes[join].incoming)
        else:
            assert len(state.tokens) > len(waiting)
