"""The SpiffWorkflow kernel: what it refuses and why, and the faults of SpiffWorkflow that do not show here."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Fault, ModelRefused, WaitClosed
from engine.play import play
from engine.process import spiff
from engine.process import triggers as t
from engine.process.codec import decode, encode
from engine.process.contract import Step
from engine.process.definition import read_bpmn
from engine.process.model import Definition, Listener, Loop
from engine.process.spiff import supported
from engine.process.state import State, new_state
from engine.process.waits import IncidentWait, TimerWait
from tests.engine.process.native.building import env, model, node
from tests.engine.process.native.diagrams import Played, diagram, script, whole

ROOTS = '<message id="msg" name="m"/><signal id="gong" name="gong"/><error id="bad" name="x" errorCode="X"/>'
MESSAGE = '<messageEventDefinition messageRef="msg"/>'
START, END = '<startEvent id="s"/>', '<endEvent id="e"/>'


def refused(body: str) -> list[tuple[str, str | None]]:
    """Rule and element of each fault; every one has a line, and speaks both languages."""
    found = supported(diagram(START + body + END, ROOTS))
    assert all(fault.line and fault.en and fault.zh and fault.hint_en and fault.hint_zh for fault in found)
    return [(fault.rule.removeprefix("spiff-"), fault.element) for fault in found]


REFUSED = [
    ("complex-gateway", "c", '<complexGateway id="c"/>\ns -> c\nc -> e\n'),
    ("ad-hoc", "c", '<adHocSubProcess id="c"><task id="t"/></adHocSubProcess>\ns -> c\nc -> e\n'),
    (
        "event-subprocess", "c",
        '<task id="t"/><subProcess id="c" triggeredByEvent="true"><startEvent id="s1" isInterrupting="false">'
        f'{MESSAGE}</startEvent><task id="t1"/>\ns1 -> t1\n</subProcess>\ns -> t\nt -> e\n',
    ),
    ("transaction", "c", '<transaction id="c"><task id="t"/></transaction>\ns -> c\nc -> e\n'),
    (
        "repeated-boundary", "b",
        f'<userTask id="t"/><boundaryEvent id="b" attachedToRef="t" cancelActivity="false">{MESSAGE}</boundaryEvent>'
        "\ns -> t\nt -> e\nb -> e\n",
    ),
    (
        "multiple-event", "c",
        f'<intermediateCatchEvent id="c">{MESSAGE}<signalEventDefinition signalRef="gong"/></intermediateCatchEvent>'
        "\ns -> c\nc -> e\n",
    ),
    ("quantity", "c", '<task id="c" startQuantity="2"/>\ns -> c\nc -> e\n'),
    ("conditional-flow", "t", '<task id="t"/><task id="u"/>\ns -> t\nt -> e if x > 1\nt -> u\n'),
    ("endless-loop", "t", '<userTask id="t"/>\ns -> t\nt -> t\nt -> e\n'),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "element", "body"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_model_is_refused_by_rule_element_and_line(rule: str, element: str, body: str) -> None:
    assert (rule, element) in refused(body)


def test_links_and_compensation_are_refused() -> None:
    link = '<linkEventDefinition name="l"/>'
    pair = ("Throw", "Catch")
    throw, catch = (f'<intermediate{kind}Event id="{kind}">{link}</intermediate{kind}Event>' for kind in pair)
    assert refused(f"{throw}{catch}\ns -> Throw\nCatch -> e\n") == [("link", "Throw"), ("link", "Catch")]
    undo = diagram(
        f'{START}<task id="t"/><boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>'
        f'<task id="u" isForCompensation="true"/>{END}\ns -> t\nt -> e\n'
        '<association id="a" sourceRef="b" targetRef="u"/>'
    )
    assert [(fault.rule, fault.element) for fault in supported(undo)] == [
        ("spiff-compensation", "b"), ("spiff-compensation", "u"),
    ]  # fmt: skip


def test_a_join_that_two_tokens_can_reach_by_one_flow_is_refused() -> None:
    body = (
        '<parallelGateway id="g"/><task id="a"/><task id="b"/><task id="c"/><task id="d"/><parallelGateway id="j"/>'
        "\ns -> g\ng -> a\ng -> b\ng -> c\na -> d\nb -> d\nd -> j\nc -> j\nj -> e\n"
    )
    assert refused(body) == [("surplus", "j")]


def test_a_join_of_a_way_that_comes_back_from_itself_is_refused() -> None:
    body = '<parallelGateway id="j"/><exclusiveGateway id="x"/><task id="a"/>\ns -> j\nj -> a\nj -> x\nx -> j\na -> e\n'
    assert refused(body) == [("loop-join", "j")]


def test_what_would_be_foreseen_too_often_is_refused() -> None:
    blocks = "".join(
        f'<parallelGateway id="g{n}"/><task id="a{n}"/><task id="b{n}"/><parallelGateway id="j{n}"/>\n'
        f"g{n} -> a{n}\ng{n} -> b{n}\na{n} -> j{n}\nb{n} -> j{n}\n" + (f"j{n} -> g{n + 1}\n" if n < 11 else "")
        for n in range(12)
    )
    found = supported(diagram(f"{START}{blocks}{END}\ns -> g0\nj11 -> e\n"))
    assert {fault.rule for fault in found} == {"spiff-too-wide"}


def test_the_rules_that_a_file_cannot_easily_show() -> None:
    twins = model([node("s", "startEvent"), node("a", "task"), node("b", "task")], "s -> a", "a -> b")
    flow = twins.flows["a_b"]
    both_ways = {**twins.flows, "again": flow}
    nodes = {**twins.nodes, "a": node("a", "task", scope="p", incoming=("s_a",), outgoing=("a_b", "again"))}
    assert rules(Definition("p", "p", twins.scope, nodes, both_ways)) == ["spiff-twin-flows"]
    loop = Loop("parallel", behavior="None", none_event="x")
    for fields, rule in (
        ({"loop": loop}, "spiff-behavior"), ({"instantiate": True}, "spiff-instantiate"),
        ({"async_after": True}, "spiff-async"), ({"loop": Loop("parallel", async_before=True)}, "spiff-async"),
        ({"listeners": (Listener("start", topic="a"),)}, "spiff-listener"),
    ):  # fmt: skip
        one = model([node("s", "startEvent"), node("a", "receiveTask", **fields)], "s -> a")
        assert rules(one) == [rule]
    whole_heard = Definition("p", "p", twins.scope, twins.nodes, twins.flows, listeners=(Listener("end", topic="a"),))
    assert rules(whole_heard) == ["spiff-listener"]


def rules(definition: Definition) -> list[str]:
    """The rules that stand against a definition."""
    return [fault.rule for fault in supported(definition)]


def test_play_and_step_refuse_what_is_not_supported() -> None:
    body = diagram('<startEvent id="s"/><complexGateway id="c"/><endEvent id="e"/>\ns -> c\nc -> e\n')
    told = play([body], {"steps": [{"start": "p"}]}, kernel="spiff")
    assert [one["rule"] for one in told["refused"]] == ["spiff-complex-gateway"]
    with pytest.raises(ModelRefused) as caught:
        spiff.step(read_bpmn(body).definition("p"), new_state(), t.Started(), env())
    assert all(isinstance(fault, Fault) for fault in caught.value.faults)


# ── measured faults that do not show ───────────────────────────────────────────────────────────────────────────


def played(body: str, *steps: dict[str, Any], **head: Any) -> Played:
    """Play on SpiffWorkflow, with and without saving between the steps."""
    files, scenario = [diagram(body, ROOTS)], {**head, "steps": [{"start": "p"}, *steps]}
    told = play(files, scenario, kernel="spiff")
    assert told["refused"] == [], told["refused"]
    assert play(files, scenario, kernel="spiff", save_between_steps=True) == told
    whole(told)
    return Played(told)


def test_the_branch_that_ends_last_overwrites_nothing_at_a_join() -> None:
    body = (
        START + '<parallelGateway id="g"/><userTask id="a"/><userTask id="b"/><parallelGateway id="j"/>' + END
        + "\ns -> g\ng -> a\ng -> b\na -> j\nb -> j\nj -> e\n"
    )  # fmt: skip
    done = played(body, {"complete": "b", "variables": {"x": 1}}, {"complete": "a", "variables": {"y": 2}})
    assert done.state == "completed" and done.variables == {"x": 1, "y": 2}


def test_two_timers_after_an_event_gateway_have_their_own_moments() -> None:
    timer = '<intermediateCatchEvent id="{}"><timerEventDefinition><timeDuration>{}</timeDuration>' + (
        "</timerEventDefinition></intermediateCatchEvent>"
    )
    body = (
        START + '<eventBasedGateway id="g"/>' + timer.format("late", "PT2H") + timer.format("soon", "PT1H") + END
        + "\ns -> g\ng -> late\ng -> soon\nlate -> e\nsoon -> e\n"
    )  # fmt: skip
    assert played(body, {"advance": "PT3H"}).entered("late", "soon") == ["soon"]


def test_an_error_reaches_the_boundary_of_its_own_activity_only() -> None:
    thrown = '<endEvent id="e{0}"><errorEventDefinition errorRef="bad"/></endEvent>'
    inner = '<startEvent id="s{0}"/><userTask id="u{0}"/>' + thrown
    sub = '<subProcess id="p{0}">' + inner + "\ns{0} -> u{0}\nu{0} -> e{0}\n</subProcess>"
    caught = '<boundaryEvent id="b{0}" attachedToRef="p{0}"><errorEventDefinition errorRef="bad"/></boundaryEvent>'
    body = START + '<parallelGateway id="g"/>' + END + "".join(
        (sub + caught).format(n) + f"\ng -> p{n}\np{n} -> e\nb{n} -> e\n" for n in (1, 2)
    )  # fmt: skip
    done = played(body + "\ns -> g\n", {"complete": "u1"})
    assert done.entered("b1", "b2") == ["b1"] and done.waiting == ["u2"]


def test_a_signal_end_event_is_thrown_and_what_it_interrupts_stops_at_once() -> None:
    body = (
        START + '<parallelGateway id="g"/><userTask id="a"/>' + script("never", "n = 1")
        + '<boundaryEvent id="b" attachedToRef="a"><signalEventDefinition signalRef="gong"/></boundaryEvent>'
        '<endEvent id="rings"><signalEventDefinition signalRef="gong"/></endEvent>' + END
        + "\ns -> g\ng -> a\ng -> rings\na -> never\nnever -> e\nb -> e\n"
    )  # fmt: skip
    done = played(body)
    assert done.state == "completed" and done.entered("never") == []


LOOP = (
    START + '<exclusiveGateway id="m"/><userTask id="ask"/><exclusiveGateway id="x" default="x_m"/>' + END
    + "\ns -> m\nm -> ask\nask -> x\nx -> m\nx -> e if done = true\n"
)  # fmt: skip


def turn(definition: Definition, state: State, **variables: Any) -> Step:
    """Complete the one task that waits."""
    return spiff.step(definition, state, t.TaskCompleted(state.open_waits()[0].id, variables), env())


def test_a_loop_of_many_turns_stays_as_small_as_at_its_first() -> None:
    """SpiffWorkflow's own tree ends at depth 1000 and says completed."""
    definition = read_bpmn(diagram(LOOP)).definition("p")
    state = spiff.step(definition, new_state(), t.Started(), env()).state
    sizes, times = [], []
    for _ in range(600):
        began = time.perf_counter()
        state = turn(definition, state).state
        times.append(time.perf_counter() - began)
        sizes.append(len(encode(state)))
    assert max(sizes) - sizes[0] < 40, "only the numbers have grown"
    assert sorted(times[-100:])[50] < 3 * sorted(times[:100])[50]
    ended = turn(definition, state, done=True).ended
    assert ended is not None and ended.state == "completed"


def test_an_automatic_loop_that_never_ends_stops_as_an_incident_and_can_go_on() -> None:
    body = START + script("more", "n = n + 1") + '<exclusiveGateway id="x" default="x_more"/>' + END
    definition = read_bpmn(diagram(body + "\ns -> more\nmore -> x\nx -> more\nx -> e if n > 400\n")).definition("p")
    state = spiff.step(definition, new_state(), t.Started(variables={"n": 0}), env(), node_limit=300).state
    stopped = state.open_waits()
    assert [(type(wait), getattr(wait, "code", "")) for wait in stopped] == [(IncidentWait, "LOOP_LIMIT")]
    done = spiff.step(definition, decode(encode(state)), t.Retried(stopped[0].id), env(), node_limit=1500)
    assert done.ended is not None and done.state.variables()["n"] == 401


def test_a_gateway_without_a_way_stops_and_goes_on_once_corrected() -> None:
    body = START + '<exclusiveGateway id="x"/><task id="a"/><task id="b"/>' + END
    definition = read_bpmn(
        diagram(body + "\ns -> x\nx -> a if n > 1\nx -> b if n > 2\na -> e\nb -> e\n"), schema_check=False
    ).definition("p")
    state = spiff.step(definition, new_state(), t.Started(variables={"n": 0}), env()).state
    incident = state.open_waits()[0]
    assert isinstance(incident, IncidentWait) and incident.code == "NO_FLOW"
    again = spiff.step(definition, state, t.Retried(incident.id), env()).state.open_waits()[0]
    assert isinstance(again, IncidentWait)
    done = spiff.step(definition, decode(encode(state)), t.Retried(incident.id, {"n": 2}), env())
    assert done.ended is not None and done.ended.state == "completed"


def test_a_step_is_a_value_and_reads_no_clock() -> None:
    timer = '<boundaryEvent id="b" attachedToRef="ask"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
    body = LOOP.replace('<userTask id="ask"/>', f'<userTask id="ask"/>{timer}</timerEventDefinition></boundaryEvent>')
    definition = read_bpmn(diagram(body + "\nb -> e\n")).definition("p")
    past = env(datetime(2001, 1, 1, tzinfo=UTC))
    first = spiff.step(definition, new_state(), t.Started(), past)
    assert [wait.due for wait in first.opened if isinstance(wait, TimerWait)] == [datetime(2001, 1, 1, 1, tzinfo=UTC)]
    assert encode(spiff.step(definition, new_state(), t.Started(), past).state) == encode(first.state)
    before = encode(first.state)
    task = first.opened[0].id
    one, two = (spiff.step(definition, first.state, t.TaskCompleted(task), past) for _ in range(2))
    assert one.events == two.events and encode(one.state) == encode(two.state)
    assert encode(first.state) == before
    with pytest.raises(WaitClosed):
        spiff.step(definition, one.state, t.TaskCompleted(task), past)
    cancelled = spiff.step(definition, one.state, t.Cancelled("no longer needed"), past)
    assert cancelled.ended is not None and cancelled.ended.state == "cancelled"
    assert not cancelled.state.open_waits()


def test_states_of_the_two_kernels_share_the_envelope_with_tags_of_their_own() -> None:
    definition = read_bpmn(diagram(LOOP)).definition("p")
    state = spiff.step(definition, new_state(), t.Started(variables={"n": 1}), env()).state
    assert encode(state).startswith(b'["spiff-1",')
    again = decode(encode(state))
    assert encode(again) == encode(state)
    assert again.open_waits() == state.open_waits() and again.variables() == {"n": 1}


GOLDEN = Path(__file__).parents[2] / "golden"


def test_a_golden_state_goes_on_with_the_diagram_of_its_time() -> None:
    """A join with one token, a repeated sub-process half done, a boundary timer and an event gateway."""
    definition = read_bpmn((GOLDEN / "spiff.bpmn").read_bytes(), schema_check=False).definition("p")
    state = decode((GOLDEN / "state-spiff-1.json").read_bytes())
    assert sorted(wait.element for wait in state.open_waits()) == ["b", "c", "late", "t1", "t2"]
    for element in ("b", "c", "t2"):
        wait = next(wait for wait in state.open_waits() if wait.element == element)
        answer = t.TimerFired(wait.id) if isinstance(wait, TimerWait) else t.TaskCompleted(wait.id)
        done = spiff.step(definition, state, answer, env(datetime(2026, 3, 1, tzinfo=UTC)))
        state = done.state
    assert done.ended is not None and done.ended.state == "completed"
    assert state.variables() == {"client": "CL-1"}
