"""What-if runs against what theory says, and against a pencil where there is no chance."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.process.businesstime import BusinessCalendar
from engine.process.definition import read_bpmn
from engine.process.model import Definition
from engine.simulation import Arrivals, Distribution, Doing, Plan, Pool, compared, simulate
from engine.simulation.hours import Hours
from tests.engine import diagrams as d

HOUR = 3_600.0


def model(body: str) -> Definition:
    text = d.HEAD + f'<process id="p" isExecutable="true">{body}</process></definitions>'
    return read_bpmn(text.encode(), schema_check=False).definition("p")


ONE = '<startEvent id="s"/><userTask id="work"/><endEvent id="e"/>' + d.flows("s>work", "work>e")


def exponential(hours: float) -> Distribution:
    return Distribution("exponential", hours * HOUR)


def fixed(hours: float) -> Distribution:
    return Distribution("fixed", hours * HOUR)


def erlang_c(servers: int, load: float) -> float:
    """The probability that somebody must wait in M/M/c (Erlang 1917; Kleinrock, Queueing Systems I, §3.5)."""
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(terms) + last)


@pytest.mark.parametrize(("servers", "every"), [(1, 1.5), (3, 0.42)])
def test_waiting_is_what_the_theory_of_queues_says(servers: int, every: float) -> None:
    """M/M/c: Poisson arrivals, exponential work of one hour on average, `servers` people around the clock."""
    plan = Plan(
        Arrivals(exponential(every)), {"rm": Pool(servers)}, {"work": Doing(exponential(1), by="rm")},
        cases=7_000, replications=5, seed=7,
    )  # fmt: skip
    found = simulate(model(ONE), plan)
    rate, load = 1 / every, 1 / every
    waits = erlang_c(servers, load) / (servers - rate) * HOUR
    [work] = [one for one in found.elements if one.element == "work"]
    [pool] = found.pools
    assert work.waited.low * 0.97 <= waits <= work.waited.high * 1.03
    assert work.waited.mean == pytest.approx(waits, rel=0.12)
    assert pool.busy.mean == pytest.approx(load / servers, rel=0.03)
    assert pool.line.mean == pytest.approx(rate / HOUR * waits, rel=0.15)  # Little's law


def test_without_chance_it_is_a_sum() -> None:
    """Every two hours a case, one person who takes three: each waits an hour longer than the one before."""
    plan = Plan(
        Arrivals(fixed(2)), {"rm": Pool(1, cost=100)}, {"work": Doing(fixed(3), by="rm", due=4 * HOUR)},
        cases=5, replications=2, warm_up=0, due=5.5 * HOUR,
    )  # fmt: skip
    found = simulate(model(ONE), plan)
    assert found.cycle.mean == 5 * HOUR and found.cycle.half == 0
    assert found.cost.mean == 300
    [work] = [one for one in found.elements if one.element == "work"]
    assert work.waited.mean == 2 * HOUR and work.late is not None and work.late.mean == 3 / 5
    assert found.late is not None and found.late.mean == 2 / 5
    assert found.pools[0].longest == 2


def test_people_work_in_their_hours_only() -> None:
    """Begun on a Monday at nine with work of twenty hours, done on Wednesday at eleven."""
    begin = datetime(2026, 3, 2, 1, tzinfo=UTC)
    plan = Plan(
        Arrivals(fixed(0)), {"rm": Pool(1, BusinessCalendar())}, {"work": Doing(fixed(20), by="rm")},
        cases=1, replications=1, warm_up=0, begin=begin,
    )  # fmt: skip
    assert simulate(model(ONE), plan).cycle.mean == 50 * HOUR
    hours = Hours(BusinessCalendar(), begin)
    assert hours.after(9 * HOUR, 0) == 24 * HOUR and hours.after(9 * HOUR, HOUR) == 25 * HOUR
    assert hours.open_at(100 * HOUR) == 4 * 9 * HOUR + 4 * HOUR


BRANCHES = (
    '<startEvent id="s"/><parallelGateway id="fork"/><userTask id="a"/><userTask id="b"/><parallelGateway id="both"/>'
    '<exclusiveGateway id="ok"/><subProcess id="part"><startEvent id="ps"/><userTask id="c"/><endEvent id="pe"/>'
    + d.flows("ps>c", "c>pe")
    + '</subProcess><boundaryEvent id="late" attachedToRef="part"><timerEventDefinition>'
    "<timeDuration>P1D</timeDuration>"
    '</timerEventDefinition></boundaryEvent><endEvent id="e"/><endEvent id="given_up"/>'
    + d.flows("s>fork", "fork>a", "fork>b", "a>both", "b>both", "both>ok", "part>e")
    + "".join(
        f'<sequenceFlow id="f_ok_{to}" sourceRef="ok" targetRef="{to}"><conditionExpression '
        f'xsi:type="tFormalExpression">${{{way}}}</conditionExpression></sequenceFlow>'
        for to, way in (("part", "x"), ("e", "not x"))
    )
    + d.flows("late>given_up")
)


def test_branches_come_together_decisions_fall_by_their_shares_and_borders_interrupt() -> None:
    plan = Plan(
        Arrivals(fixed(1)), {}, {"a": Doing(fixed(2)), "b": Doing(fixed(5)), "c": Doing(fixed(10))},
        flows={"f_ok_part": 0.25, "f_ok_e": 0.75}, boundaries={"late": (0.5, fixed(4))},
        cases=8_000, replications=2, warm_up=0,
    )  # fmt: skip
    found = simulate(model(BRANCHES), plan)
    visits = {one.element: one.visits.mean for one in found.elements}
    assert visits["both"] == 16_000 and found.stuck == 0
    assert visits["part"] == pytest.approx(2_000, rel=0.08) and visits["given_up"] == pytest.approx(1_000, rel=0.12)
    assert found.cycle.mean / HOUR == pytest.approx(5 + 0.25 * (0.5 * 10 + 0.5 * 4), rel=0.02)


def test_the_same_seed_gives_the_same_figures_and_two_plans_are_told_apart() -> None:
    plan = Plan(
        Arrivals(exponential(1)), {"rm": Pool(2)}, {"work": Doing(exponential(1.7), by="rm")},
        cases=1_500, replications=5,
    )  # fmt: skip
    more = replace(plan, pools={"rm": Pool(3)})
    one = model(ONE)
    assert simulate(one, plan) == simulate(one, plan)
    found = compared((one, plan), (one, more))
    assert found.cycle.high < 0  # with certainty quicker
    assert found.first.cycle.mean + found.cycle.mean == pytest.approx(found.second.cycle.mean)
