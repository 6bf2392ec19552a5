"""Instances carried over to another version: what fits goes on, what does not is refused by element."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from engine.errors import InvalidInput
from engine.process import spiff
from engine.process import triggers as t
from engine.process.codec import encode
from engine.process.contract import Passed, Step
from engine.process.definition import read_bpmn
from engine.process.migration import Migrated, NotMigrated, migrate, preview_move
from engine.process.model import Definition, Node
from engine.process.native import step
from engine.process.state import State, new_state
from engine.process.waits import TimerWait, UserWait
from tests.engine.process.generated import CHOICES, answered, begun, definition_of, ordered, shape
from tests.engine.process.native.building import env
from tests.engine.process.native.diagrams import diagram, script
from tests.engine.process.test_second_opinion import BLOCKS
from tests.examples import cases

TIMER = "<timerEventDefinition><timeDuration>{}</timeDuration></timerEventDefinition>"
MESSAGES = '<message id="m" name="stop"/><message id="m2" name="halt"/>'


def read(body: str) -> Definition:
    """One process of lines and arrows."""
    return read_bpmn(diagram(body, MESSAGES), schema_check=False).definition("p")


def line(middle: str, *arrows: str) -> Definition:
    """start → … → end."""
    return read('<startEvent id="s"/>' + middle + '<endEvent id="e"/>\n' + "\n".join(arrows) + "\n")


def boundary(id: str, host: str, event: str, more: str = "") -> str:
    """A boundary event of a host."""
    return f'<boundaryEvent id="{id}" attachedToRef="{host}"{more}>{event}</boundaryEvent>'


def started(definition: Definition, **variables: Any) -> State:
    """An instance at its first rest."""
    return step(definition, new_state(), t.Started(variables=variables), env()).state


def moved(state: State, old: Definition, new: Definition, **mapping: str) -> Migrated:
    """Migrate; the given state stays as it was."""
    before = encode(state)
    done = migrate(state, old, new, mapping, env=env())
    assert encode(state) == before
    assert isinstance(done, Migrated), done
    return done


def refused(state: State, old: Definition, new: Definition, **mapping: str) -> list[tuple[str, str | None]]:
    """The rules and elements that stand against it."""
    done = migrate(state, old, new, mapping, env=env())
    assert isinstance(done, NotMigrated)
    assert all(fault.text("zh") and fault.text("en") for fault in done.reasons)
    return [(fault.rule.removeprefix("migration-"), fault.element) for fault in done.reasons]


def told(done: Migrated) -> list[tuple[str, str]]:
    """The report, short."""
    assert all(change.text("en") and change.text("zh") for change in done.report)
    return [(change.what, change.element) for change in done.report]


ASK = line('<userTask id="ask"/>', "s -> ask", "ask -> e")


# ── what goes on ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_task_goes_on_in_the_new_version_with_its_number() -> None:
    new = line('<userTask id="ask"/><userTask id="check"/>', "s -> ask", "ask -> check", "check -> e")
    state = started(ASK)
    done = moved(state, ASK, new)
    assert done.report == () and done.opened == () and done.closed == ()
    after = step(new, done.state, t.TaskCompleted(state.open_waits()[0].id), env())
    assert [wait.element for wait in after.state.open_waits()] == ["check"]


def test_a_renamed_element_is_mapped() -> None:
    new = line('<userTask id="confirm" name="Confirm"/>', "s -> confirm", "confirm -> e")
    done = moved(started(ASK), ASK, new, ask="confirm")
    assert told(done) == [("moved", "confirm"), ("updated", "confirm")]
    tasks = [wait for wait in done.renamed if isinstance(wait, UserWait)]
    assert [(task.element, task.name) for task in tasks] == [("confirm", "Confirm")]
    assert step(new, done.state, t.TaskCompleted(done.renamed[0].id), env()).ended


GUARDED = line('<userTask id="ask"/>' + boundary("b", "ask", TIMER.format("P1D")), "s -> ask", "ask -> e", "b -> e")
BOUNDARY = [
    ("added", ASK, GUARDED, [("opened", "b")]),
    ("removed", GUARDED, ASK, [("closed", "b")]),
    (
        "moment changed", GUARDED,
        line('<userTask id="ask"/>' + boundary("b", "ask", TIMER.format("P2D")), "s -> ask", "ask -> e", "b -> e"),
        [("reopened", "b")],
    ),
    (
        "kind changed", GUARDED,
        line(
            '<userTask id="ask"/>' + boundary("b", "ask", '<messageEventDefinition messageRef="m"/>'),
            "s -> ask", "ask -> e", "b -> e",
        ),
        [("reopened", "b")],
    ),
    ("unchanged", GUARDED, GUARDED, []),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "report"), [row[1:] for row in BOUNDARY], ids=[row[0] for row in BOUNDARY])
def test_boundary_events_are_those_of_the_new_version(
    old: Definition, new: Definition, report: list[tuple[str, str]]
) -> None:
    done = moved(started(old), old, new)
    assert told(done) == report
    assert sorted(map(shape, done.state.open_waits())) == sorted(map(shape, started(new).open_waits()))


def test_a_timer_that_is_opened_anew_counts_from_the_migration() -> None:
    new = BOUNDARY[2][2]
    assert isinstance(new, Definition)
    later = env(env().now + timedelta(hours=5))
    done = migrate(started(GUARDED), GUARDED, new, env=later)
    assert isinstance(done, Migrated)
    timers = [wait for wait in done.opened if isinstance(wait, TimerWait)]
    assert [timer.due - later.now for timer in timers] == [timedelta(days=2)]
    assert [closed.reason for closed in done.closed] == ["cancelled"]


def test_an_event_that_has_happened_does_not_come_again() -> None:
    reminded = line(
        '<userTask id="ask"/><userTask id="late"/>'
        + boundary("b", "ask", TIMER.format("P1D"), ' cancelActivity="false"'),
        "s -> ask", "ask -> e", "b -> late", "late -> e",
    )  # fmt: skip
    state = started(reminded)
    timer = next(wait for wait in state.open_waits() if isinstance(wait, TimerWait))
    state = step(reminded, state, t.TimerFired(timer.id), env(timer.due)).state
    longer = replace(reminded, name="longer")
    assert told(moved(state, reminded, longer)) == []


WATCHED = (
    '<userTask id="ask"/><subProcess id="esp" triggeredByEvent="true"><startEvent id="on" isInterrupting="false">'
    '<messageEventDefinition messageRef="{}"/></startEvent><userTask id="act"/>\non -> act\n</subProcess>'
)


def test_event_subprocesses_listen_as_the_new_version_says() -> None:
    watched = line(WATCHED.format("m"), "s -> ask", "ask -> e")
    other = line(WATCHED.format("m2"), "s -> ask", "ask -> e")
    assert told(moved(started(ASK), ASK, watched)) == [("opened", "on")]
    assert told(moved(started(watched), watched, other)) == [("reopened", "on")]
    assert told(moved(started(watched), watched, ASK)) == [("closed", "on")]
    done = moved(started(ASK), ASK, watched)
    act = step(watched, done.state, t.MessageArrived(done.opened[0].id), env())
    assert {wait.element for wait in act.state.open_waits()} == {"ask", "act", "on"}


SPLIT = '<parallelGateway id="g"/><userTask id="a"/><userTask id="b"/>{}<parallelGateway id="j"/><userTask id="after"/>'
ARROWS = ("s -> g", "g -> a", "g -> b", "a -> j", "b -> j", "j -> after", "after -> e")
FORKED = line(SPLIT.format(""), *ARROWS)


def waiting_at_the_join() -> State:
    """Branch a has come, b is still at work."""
    state = started(FORKED)
    task = next(wait for wait in state.open_waits() if wait.element == "a")
    return step(FORKED, state, t.TaskCompleted(task.id), env()).state


def test_tokens_before_a_join_keep_their_flow() -> None:
    longer = line(
        SPLIT.format('<userTask id="c"/>'), *ARROWS[:4], "b -> c", "c -> j", *ARROWS[5:],
    )  # fmt: skip
    done = moved(waiting_at_the_join(), FORKED, longer)
    state = done.state
    for element in ("b", "c"):
        task = next(wait for wait in state.open_waits() if wait.element == element)
        state = step(longer, state, t.TaskCompleted(task.id), env()).state
    assert [wait.element for wait in state.open_waits()] == ["after"]


def test_a_join_that_waits_for_nothing_any_more_fires() -> None:
    alone = line(
        SPLIT.format(""), "s -> g", "g -> a", "g -> b", "a -> j", "b -> e", "j -> after", "after -> e"
    )  # fmt: skip
    done = moved(waiting_at_the_join(), FORKED, alone)
    assert {wait.element for wait in done.state.open_waits()} == {"b", "after"}
    assert [wait.element for wait in done.opened] == ["after"]


SEVERAL = (
    '<userTask id="ask"><multiInstanceLoopCharacteristics{}><loopCardinality>3</loopCardinality>'
    "</multiInstanceLoopCharacteristics></userTask>"
)


def test_a_multi_instance_body_goes_on_with_what_is_left_of_it() -> None:
    old, new = line(SEVERAL.format(""), "s -> ask", "ask -> e"), line(
        SEVERAL.format("") + boundary("b", "ask", TIMER.format("P1D")), "s -> ask", "ask -> e", "b -> e"
    )  # fmt: skip
    state = started(old)
    state = step(old, state, t.TaskCompleted(state.open_waits()[0].id), env()).state
    done = moved(state, old, new)
    assert told(done) == [("opened", "b")]
    state = done.state
    for _ in range(2):
        task = next(wait for wait in state.open_waits() if isinstance(wait, UserWait))
        after = step(new, state, t.TaskCompleted(task.id), env())
        state = after.state
    assert after.ended and after.ended.state == "completed"


def test_a_task_inside_a_subprocess_moves_with_it() -> None:
    body = '<subProcess id="{0}"><startEvent id="s1"/><userTask id="ask"/>\ns1 -> ask\n</subProcess>'
    old, new = line(body.format("one"), "s -> one", "one -> e"), line(body.format("two"), "s -> two", "two -> e")
    assert refused(started(old), old, new) == [("gone", "one"), ("scope", "ask")]
    done = moved(started(old), old, new, one="two")
    assert step(new, done.state, t.TaskCompleted(started(old).open_waits()[0].id), env()).ended


def test_work_of_another_topic_is_asked_for_anew() -> None:
    task = '<serviceTask id="pull" camunda:type="external" camunda:topic="{}"/>'
    old, new = (line(task.format(topic), "s -> pull", "pull -> e") for topic in ("bureau", "registry"))
    done = moved(started(old), old, new)
    assert told(done) == [("reopened", "pull")]
    assert [getattr(wait, "name", "") for wait in done.opened] == ["registry"]
    assert step(new, done.state, t.JobDone(done.opened[0].id), env()).ended


def test_new_data_objects_get_their_values() -> None:
    with_data = replace(ASK, scope=replace(ASK.scope, data={"limit": None}))
    done = moved(started(ASK), ASK, with_data)
    assert told(done) == [("variable", "p")] and done.state.variables() == {"limit": None}


def test_a_condition_that_holds_already_happens_at_once() -> None:
    caught = "<conditionalEventDefinition><condition>= amount > 5</condition></conditionalEventDefinition>"
    new = line(
        '<userTask id="ask"/><userTask id="big"/>' + boundary("b", "ask", caught), "s -> ask", "ask -> e", "b -> big",
        "big -> e",
    )  # fmt: skip
    assert [w.element for w in moved(started(ASK, amount=9), ASK, new).state.open_waits()] == ["big"]
    assert {w.element for w in moved(started(ASK, amount=1), ASK, new).state.open_waits()} == {"ask", "b"}


# ── what is refused ────────────────────────────────────────────────────────────────────────────────────────────

OTHER = line('<manualTask id="ask"/><userTask id="x"/>', "s -> ask", "ask -> x", "x -> e")
INSIDE = line(
    '<subProcess id="sub"><startEvent id="s1"/><userTask id="ask"/>\ns1 -> ask\n</subProcess>', "s -> sub", "sub -> e"
)
REFUSED = [
    ("the element is gone", started(ASK), ASK, line('<userTask id="x"/>', "s -> x", "x -> e"), {}, [("gone", "ask")]),
    ("another type", started(ASK), ASK, OTHER, {}, [("type", "ask")]),
    ("another scope", started(ASK), ASK, INSIDE, {}, [("scope", "ask")]),
    ("repeated now", started(ASK), ASK, line(SEVERAL.format(""), "s -> ask", "ask -> e"), {}, [("loop", "ask")]),
    (
        "a flow before a join is gone", waiting_at_the_join(), FORKED,
        line(SPLIT.format(""), "s -> g", "g -> a", "g -> b", "a -> e", "b -> j", "g -> j", "j -> after", "after -> e"),
        {}, [("join-flow", "j")],
    ),
    (
        "a mapping of nothing to nowhere", started(ASK), ASK, ASK, {"never": "nowhere"},
        [("mapping-source", "never"), ("mapping-target", "nowhere")],
    ),
    ("an instance that has not begun", new_state(), ASK, ASK, {}, [("not-running", None)]),
    (
        "an expression that fails", started(ASK), ASK,
        line(
            '<userTask id="ask"/>' + boundary("b", "ask", TIMER.format("${never}")), "s -> ask", "ask -> e",
            "b -> e",
        ),
        {}, [("expression", None)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "old", "new", "mapping", "reasons"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_does_not_fit_is_told_by_element(
    state: State, old: Definition, new: Definition, mapping: dict[str, str], reasons: list[tuple[str, str | None]]
) -> None:
    assert refused(state, old, new, **mapping) == reasons


def test_what_can_be_undone_must_be_undone_in_the_new_version_too() -> None:
    undo = boundary("c", "book", "<compensateEventDefinition/>")
    handler = '<userTask id="undo" isForCompensation="true"/><association id="x" sourceRef="c" targetRef="undo"/>'
    old = line('<task id="book"/><userTask id="ask"/>' + undo + handler, "s -> book", "book -> ask", "ask -> e")
    new = line('<task id="book"/><userTask id="ask"/>', "s -> book", "book -> ask", "ask -> e")
    assert refused(started(old), old, new) == [("compensation", "book")]
    assert moved(started(old), old, old).report == ()


def test_an_instance_of_the_other_kernel_is_not_carried_over() -> None:
    state = spiff.step(ASK, new_state(), t.Started(), env()).state
    assert refused(state, ASK, ASK) == [("other-kernel", None)]


# ── moving a token ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kernel", [step, spiff.step], ids=["native", "spiff"])
def test_a_move_is_told_before_it_is_made(kernel: Any) -> None:
    model = line('<userTask id="a"/><userTask id="b"/>', "s -> a", "a -> b", "b -> e")
    state = kernel(model, new_state(), t.Started(), env()).state
    before = encode(state)
    shown = preview_move(model, state, t.Modified("a", "b"), env(), kernel)
    assert Counter((one.what, one.element) for one in shown.report) == Counter(
        [("entered", "b"), ("cancelled", "a"), ("closed", "a"), ("opened", "b")]
    )
    assert encode(state) == before
    assert [wait.element for wait in shown.step.state.open_waits()] == ["b"]
    ending = preview_move(model, state, t.Modified("a", "e"), env(), kernel)
    assert ("ended", "p") in [(one.what, one.element) for one in ending.report]
    with pytest.raises(InvalidInput):
        preview_move(model, state, t.Modified("b", "a"), env(), kernel)


# ── what holds of every migration ──────────────────────────────────────────────────────────────────────────────

BOUNDED = settings(max_examples=cases(25, 60), deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Walked:
    """A run and all that it told."""

    step: Step
    told: list[tuple[str, str]] = field(default_factory=list)

    def add(self, done: Step) -> None:
        self.step = done
        self.told += [(event.event, event.element) for event in done.events if isinstance(event, Passed)]


def walk(definition: Definition, choices: list[int]) -> Walked:
    """Play on the native kernel."""
    walked = Walked(step(definition, new_state(), begun(), env(), node_limit=300))
    go_on(definition, walked, choices)
    return walked


def go_on(definition: Definition, walked: Walked, choices: list[int]) -> None:
    for choice in choices:
        if walked.step.ended is not None or not walked.step.state.open_waits():
            return
        trigger, at = answered(walked.step.state, choice)
        walked.add(step(definition, walked.step.state, trigger, at, node_limit=300))


@BOUNDED
@given(BLOCKS, CHOICES)
def test_migrating_to_the_same_version_changes_nothing(block: Any, choices: list[int]) -> None:
    definition = definition_of(block)
    state = walk(definition, choices).step.state
    if state.ended:
        return
    done = migrate(state, definition, definition_of(block), env=env())
    assert isinstance(done, Migrated)
    assert encode(done.state) == encode(state)
    assert not (done.report or done.opened or done.closed or done.renamed or done.events)


def renamed(definition: Definition) -> Definition:
    """The same model with every element's id prefixed by `v2_`, so that its order of waits stays."""

    def to(id: str) -> str:
        return id if id == definition.key else f"v2_{id}"

    def node_of(node: Node) -> Node:
        inner = node.inner and replace(
            node.inner, nodes=tuple(map(to, node.inner.nodes)), starts=tuple(map(to, node.inner.starts)),
            event_subprocesses=tuple(map(to, node.inner.event_subprocesses)),
        )  # fmt: skip
        return replace(
            node, id=to(node.id), scope=to(node.scope), incoming=tuple(map(to, node.incoming)), inner=inner,
            outgoing=tuple(map(to, node.outgoing)), default=node.default and to(node.default),
            attached_to=node.attached_to and to(node.attached_to), boundaries=tuple(map(to, node.boundaries)),
        )  # fmt: skip

    scope = replace(
        definition.scope, nodes=tuple(map(to, definition.scope.nodes)), starts=tuple(map(to, definition.scope.starts))
    )
    flows = {
        to(f.id): replace(f, id=to(f.id), source=to(f.source), target=to(f.target)) for f in definition.flows.values()
    }
    nodes = {to(node.id): node_of(node) for node in definition.nodes.values()}
    return replace(definition, scope=scope, nodes=nodes, flows=flows)


@BOUNDED
@given(BLOCKS, CHOICES, CHOICES)
def test_a_migrated_instance_goes_on_as_one_that_began_in_the_new_version(
    block: Any, before: list[int], after: list[int]
) -> None:
    old = definition_of(block)
    new = renamed(old)
    first, fresh = walk(old, before), walk(new, before)
    if first.step.ended is not None:
        return
    done = migrate(first.step.state, old, new, {id: f"v2_{id}" for id in old.nodes}, env=env())
    assert isinstance(done, Migrated), done
    assert not (done.opened or done.closed or done.events)
    assert [shape(w) for w in ordered(done.state)] == [shape(w) for w in ordered(fresh.step.state)]
    migrated = Walked(replace(fresh.step, state=done.state))
    count = len(fresh.told)
    go_on(new, migrated, after)
    go_on(new, fresh, after)
    assert migrated.told == fresh.told[count:]
    assert migrated.step.state.variables() == fresh.step.state.variables()


def test_scripts_and_loops_of_a_new_version_run_in_a_migrated_instance() -> None:
    new = line(
        '<userTask id="ask"/>' + script("more", "n = n + 1") + '<exclusiveGateway id="x" default="x_e"/>',
        "s -> ask", "ask -> more", "more -> x", "x -> more if n < 5", "x -> e",
    )  # fmt: skip
    done = moved(started(ASK, n=1), ASK, new)
    after = step(new, done.state, t.TaskCompleted(done.state.open_waits()[0].id), env())
    assert after.ended and after.state.variables() == {"n": 5}
    assert re.match(rb"\[1,", encode(after.state))
