"""What a run needs to know: who comes how often, what takes how long, who does it, how decisions fall."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from typing import Literal

from engine.process.businesstime import BusinessCalendar

Kind = Literal["fixed", "exponential", "uniform", "triangular", "lognormal", "seen"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Durations in seconds. fixed: `mean`; exponential: `mean`; uniform: `least`…`most`; triangular: `least`, `mean`
    (the mode), `most`; lognormal: `mean` and standard deviation `spread`; seen: what was measured, (seconds, times)."""

    kind: Kind = "fixed"
    mean: float = 0.0
    spread: float = 0.0
    least: float = 0.0
    most: float = 0.0
    seen: tuple[tuple[float, int], ...] = ()

    def sampler(self, chance: Random) -> Sampler:
        """Something that gives one duration after the other."""
        return Sampler(self, chance)

    def average(self) -> float:
        """The expected duration in seconds."""
        match self.kind:
            case "uniform":
                return (self.least + self.most) / 2
            case "triangular":
                return (self.least + self.mean + self.most) / 3
            case "seen":
                whole = sum(times for _seconds, times in self.seen)
                return sum(seconds * times for seconds, times in self.seen) / whole if whole else 0.0
        return self.mean

    def scaled(self, factor: float) -> Distribution:
        """The same shape, longer or shorter by a factor."""
        seen = tuple((seconds * factor, times) for seconds, times in self.seen)
        sizes = (self.mean * factor, self.spread * factor, self.least * factor, self.most * factor)
        return Distribution(self.kind, *sizes, seen)


class Sampler:
    """Draws from a distribution; what can be computed once is."""

    __slots__ = ("chance", "cumulated", "mu", "of", "sigma")

    def __init__(self, of: Distribution, chance: Random) -> None:
        self.of, self.chance = of, chance
        self.mu = self.sigma = 0.0
        if of.kind == "lognormal" and of.mean > 0:
            self.sigma = math.sqrt(math.log(1 + (of.spread / of.mean) ** 2))
            self.mu = math.log(of.mean) - self.sigma**2 / 2
        self.cumulated = list(accumulate(times for _seconds, times in of.seen))

    def __call__(self) -> float:
        of, chance = self.of, self.chance
        match of.kind:
            case "exponential":
                return chance.expovariate(1 / of.mean) if of.mean > 0 else 0.0
            case "uniform":
                return chance.uniform(of.least, of.most)
            case "triangular":
                return chance.triangular(of.least, of.most, of.mean)
            case "lognormal":
                return math.exp(chance.gauss(self.mu, self.sigma)) if of.mean > 0 else 0.0
            case "seen":
                return chance.choices(of.seen, cum_weights=self.cumulated)[0][0] if of.seen else 0.0
        return of.mean


@dataclass(frozen=True, slots=True)
class Pool:
    """People who do the same work. `calendar` None: around the clock. `cost`: of an hour of one of them."""

    people: int
    calendar: BusinessCalendar | None = None
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Doing:
    """What happens at an element. `by`: the pool whose people it takes (working time of theirs); nobody: time passes.

    `due`: seconds after coming by which it should be done. `times`: iterations of a multi-instance element.
    """

    duration: Distribution = field(default_factory=Distribution)
    by: str = ""
    due: float | None = None
    times: float = 1.0
    cost: float = 0.0
    """Of each time, besides the people's."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How cases come: the time between two of them; `calendar`: they come in its hours only."""

    between: Distribution
    calendar: BusinessCalendar | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `flows`: how decisions fall, the share of each way out; `boundaries`: how often an event at a border
    happens, as a share of the visits, and after how long. `due`: seconds in which a case should end."""

    arrivals: Arrivals
    pools: Mapping[str, Pool] = field(default_factory=dict)
    doings: Mapping[str, Doing] = field(default_factory=dict)
    flows: Mapping[str, float] = field(default_factory=dict)
    boundaries: Mapping[str, tuple[float, Distribution]] = field(default_factory=dict)
    cases: int = 1_000
    replications: int = 5
    seed: int = 1
    due: float | None = None
    warm_up: float = 0.1
    """The share of cases, from the first, that fill the empty house and do not count."""
    begin: datetime = datetime(2026, 1, 5, 1, tzinfo=UTC)
    """When the run begins: a Monday, nine in the morning in Shanghai."""
    notes: Sequence[str] = ()
