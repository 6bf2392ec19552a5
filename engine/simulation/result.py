"""Replications together: means with 95 % confidence intervals (Student's t over replications), and two plans compared.

Two plans run with the same seeds; what they differ by is estimated pair by pair (common random numbers).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from engine.process.model import Definition
from engine.simulation.plan import Plan
from engine.simulation.running import Run, run

T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""The 97.5 % quantile of Student's t for 1…30 degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and half the width of its 95 % interval (None: of one run alone nothing can be said)."""

    mean: float
    half: float | None = None

    @property
    def low(self) -> float:
        """The lower end."""
        return self.mean - (self.half or 0.0)

    @property
    def high(self) -> float:
        """The upper end."""
        return self.mean + (self.half or 0.0)


@dataclass(frozen=True, slots=True)
class ElementResult:
    """One element, of a run on average: visits; seconds waited for people and spent altogether a visit; late share of
    visits with a due time; cost of all visits."""

    element: str
    visits: Estimate
    waited: Estimate
    spent: Estimate
    late: Estimate | None
    cost: Estimate


@dataclass(frozen=True, slots=True)
class PoolResult:
    """People: `busy` is the share of their open time in which they worked; the rest as with elements."""

    pool: str
    people: int
    busy: Estimate
    waited: Estimate
    line: Estimate
    """How many pieces of work waited, on average over time."""
    longest: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a plan came to, in seconds and units of cost. `stuck`: cases that could not go on as the model is drawn."""

    cases: int
    replications: int
    cycle: Estimate
    median: Estimate
    p90: Estimate
    cost: Estimate
    late: Estimate | None
    throughput: Estimate
    """Cases that end in a day of 24 hours, over the run."""
    elements: tuple[ElementResult, ...]
    pools: tuple[PoolResult, ...]
    flows: dict[str, float]
    stuck: int
    left_out: tuple[str, ...]
    runs: tuple[tuple[float, float, float, float], ...]
    """Of each replication: mean cycle, 90th percentile, mean cost, late share."""


def estimate(values: Iterable[float]) -> Estimate:
    """Mean and interval of one figure over replications."""
    seen = list(values)
    number = len(seen)
    mean = math.fsum(seen) / number if number else 0.0
    if number < 2:
        return Estimate(mean)
    variance = math.fsum((value - mean) ** 2 for value in seen) / (number - 1)
    factor = T_975[min(number - 1, len(T_975)) - 1]
    return Estimate(mean, factor * math.sqrt(variance / number))


def simulate(model: Definition, plan: Plan) -> Result:
    """Run a plan as often as it says and estimate what it comes to."""
    runs = [run(model, plan, plan.seed + number) for number in range(plan.replications)]
    return gathered(plan, runs)


def gathered(plan: Plan, runs: Sequence[Run]) -> Result:
    """Runs of one plan as estimates."""
    each = tuple((_mean(one.cycles), _quantile(one.cycles, 0.9), _mean(one.costs), _late(plan, one)) for one in runs)
    ids = list(dict.fromkeys(id for one in runs for id in one.tallies))
    flows = list(dict.fromkeys(flow for one in runs for flow in one.flows if flow))
    return Result(
        cases=plan.cases,
        replications=len(runs),
        cycle=estimate(one[0] for one in each),
        median=estimate(_quantile(one.cycles, 0.5) for one in runs),
        p90=estimate(one[1] for one in each),
        cost=estimate(one[2] for one in each),
        late=estimate(one[3] for one in each) if plan.due is not None else None,
        throughput=estimate(len(one.cycles) / max(1 - plan.warm_up, 0.01) / one.lasted * 86_400 for one in runs),
        elements=tuple(_element(plan, id, runs) for id in ids),
        pools=tuple(_pool(name, plan, runs) for name in plan.pools),
        flows={flow: _mean([one.flows.get(flow, 0) for one in runs]) for flow in flows},
        stuck=sum(one.stuck for one in runs),
        left_out=runs[0].left_out if runs else (),
        runs=each,
    )


def _element(plan: Plan, id: str, runs: Sequence[Run]) -> ElementResult:
    seen = [one.tallies[id] for one in runs if id in one.tallies]
    doing = plan.doings.get(id)
    dues = doing is not None and doing.due is not None
    return ElementResult(
        element=id,
        visits=estimate(one.tallies[id].visits if id in one.tallies else 0 for one in runs),
        waited=estimate(one.waited / one.visits for one in seen),
        spent=estimate(one.spent / one.visits for one in seen),
        late=estimate(one.late / one.dues if one.dues else 0.0 for one in seen) if dues else None,
        cost=estimate(one.cost for one in seen),
    )


def _pool(name: str, plan: Plan, runs: Sequence[Run]) -> PoolResult:
    people = plan.pools[name].people
    crews = [(one.crews[name], one.lasted) for one in runs]

    def share(worked: float, lasted: float, crew_hours: Callable[[float], float] | None) -> float:
        open_time = lasted if crew_hours is None else crew_hours(lasted)
        return worked / (people * open_time) if open_time and people else 0.0

    return PoolResult(
        pool=name,
        people=people,
        busy=estimate(share(c.worked, lasted, c.hours.open_at if c.hours else None) for c, lasted in crews),
        waited=estimate(c.waited / c.waiting if c.waiting else 0.0 for c, _lasted in crews),
        line=estimate(c.waited / lasted if lasted else 0.0 for c, lasted in crews),
        longest=max((c.longest for c, _lasted in crews), default=0),
    )


def _late(plan: Plan, one: Run) -> float:
    due = plan.due
    return 0.0 if due is None or not one.cycles else sum(1 for cycle in one.cycles if cycle > due) / len(one.cycles)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0


def _quantile(values: Sequence[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two plans and what the second differs by: mean cycle, 90th percentile, cost of a case, late share."""

    first: Result
    second: Result
    cycle: Estimate
    p90: Estimate
    cost: Estimate
    late: Estimate


def compared(first: tuple[Definition, Plan], second: tuple[Definition, Plan]) -> Comparison:
    """Run both with the seeds and the number of replications of the first."""
    plan = replace(second[1], seed=first[1].seed, replications=first[1].replications)
    one, two = simulate(*first), simulate(second[0], plan)
    differences = list(zip(one.runs, two.runs, strict=True))
    cycle, p90, cost, late = (estimate(b[n] - a[n] for a, b in differences) for n in range(4))
    return Comparison(one, two, cycle, p90, cost, late)
