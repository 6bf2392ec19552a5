"""One run: events in the order of time, tokens through the network, people who are free or busy.

A case's tokens live in scopes (the case, a sub-process). A joining gateway parks tokens; a parallel one goes on when
one has come by each way in, an inclusive one when nothing else of its scope is under way.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from engine.process.model import Definition
from engine.simulation.hours import Hours
from engine.simulation.network import Network, Station, network
from engine.simulation.plan import Plan

MOST_STEPS = 5_000
"""Visits after which a case is taken to go in circles for ever; it ends there."""


class Scope:
    """Tokens that live together. `live`: how many, the parked ones included."""

    __slots__ = ("born", "case", "cost", "counted", "dead", "live", "node", "parent", "parked", "parts", "steps")

    def __init__(self, parent: Scope | None, node: Station | None, born: float, counted: bool) -> None:
        self.parent, self.node, self.born, self.counted = parent, node, born, counted
        self.live = 0
        self.dead = False
        self.parked: dict[int, int] = {}
        self.parts: list[Scope] = []
        self.steps = 0
        self.cost = 0.0
        self.case: Scope = parent.case if parent is not None else self


class Item:
    """One piece of work: waits for somebody, is done, or is taken away. `left`: parts of a repeated element."""

    __slots__ = ("came", "gone", "left", "scope", "span", "started", "station")

    def __init__(self, station: Station, scope: Scope, came: float, left: list[int]) -> None:
        self.station, self.scope, self.came, self.left = station, scope, came, left
        self.span = self.started = -1.0
        self.gone = False


class Crew:
    """The people of a pool: how many are busy, who waits for them."""

    __slots__ = ("busy", "cost", "hours", "line", "longest", "people", "waited", "waiting", "worked")

    def __init__(self, people: int, hours: Hours | None, cost: float) -> None:
        self.people, self.hours, self.cost = people, hours, cost
        self.busy = self.longest = self.waiting = 0
        self.worked = self.waited = 0.0
        self.line: deque[Item] = deque()


@dataclass(slots=True)
class Tally:
    """What was seen at a station. Seconds by the wall clock; `worked` is people's working time."""

    visits: int = 0
    waited: float = 0.0
    spent: float = 0.0
    worked: float = 0.0
    late: int = 0
    dues: int = 0
    cost: float = 0.0


@dataclass(slots=True)
class Run:
    """What one run saw of the cases that count."""

    cycles: list[float]
    costs: list[float]
    tallies: dict[str, Tally]
    flows: dict[str, int]
    crews: dict[str, Crew]
    lasted: float
    stuck: int
    left_out: tuple[str, ...]


class Runner:
    """The clock and everything that moves by it."""

    def __init__(self, model: Definition, plan: Plan, seed: int) -> None:
        self.plan = plan
        chance = self.chance = Random(seed)  # statistics, no secret
        self.net: Network = network(model, plan, chance)
        self.tallies = [Tally() for _ in self.net.stations]
        self.flows: dict[str, int] = {}
        kept: dict[int, Hours] = {}
        self.crews = {
            name: Crew(pool.people, self._hours(kept, pool.calendar), pool.cost) for name, pool in plan.pools.items()
        }
        self.arrival_hours = self._hours(kept, plan.arrivals.calendar)
        self.now = 0.0
        self.queue: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self.number = self.stuck = 0
        self.cycles: list[float] = []
        self.costs: list[float] = []

    def _hours(self, kept: dict[int, Hours], calendar: object) -> Hours | None:
        if calendar is None:
            return None
        if id(calendar) not in kept:
            kept[id(calendar)] = Hours(calendar, self.plan.begin)  # type: ignore[arg-type]
        return kept[id(calendar)]

    def later(self, at: float, what: Callable[..., None], *given: object) -> None:
        """Something happens at a moment."""
        self.number += 1
        heapq.heappush(self.queue, (at, self.number, what, given))

    def run(self) -> Run:
        """Let all cases come and end."""
        between, hours, at = self.plan.arrivals.between.sampler(self.chance), self.arrival_hours, 0.0
        skipped = int(self.plan.cases * self.plan.warm_up)
        for number in range(self.plan.cases):
            at = at + between() if hours is None else hours.after(at, between())
            self.later(at, self.arrive, number >= skipped)
        queue, pop = self.queue, heapq.heappop
        while queue:
            self.now, _number, what, given = pop(queue)
            what(*given)
        ids = [station.id for station in self.net.stations]
        tallies = {id: tally for id, tally in zip(ids, self.tallies, strict=True) if tally.visits}
        return Run(
            self.cycles, self.costs, tallies, self.flows, self.crews, self.now, self.stuck, self.net.left_out
        )  # fmt: skip

    def arrive(self, counted: bool) -> None:
        """A case begins."""
        scope = Scope(None, None, self.now, counted)
        self.begin(scope, self.net.begin)

    def begin(self, scope: Scope, stations: list[Station]) -> None:
        """Tokens at the beginning of a scope."""
        scope.live = len(stations)
        for station in stations:
            self.enter(station, scope)
        if not stations:
            self.settle(scope)

    def enter(self, station: Station, scope: Scope) -> None:
        """A token comes to a station."""
        case = scope.case
        case.steps += 1
        if scope.dead:
            return
        if case.steps > MOST_STEPS:
            self.stuck += 1
            self.kill(case)
            self.end_case(case)
            return
        if case.counted:
            self.tallies[station.number].visits += 1
        role = station.role
        if role == "work" or role == "wait":
            self.do(station, scope)
        elif role == "scope":
            self.open(station, scope)
        elif station.joins > 1:
            self.park(station, scope)
        else:
            self.leave(station, scope)

    def leave(self, station: Station, scope: Scope) -> None:
        """A token goes on by the ways that the station opens; with none it ends."""
        ways, shares = station.ways, station.shares
        if station.role == "terminate":
            self.kill(scope)
            self.over(scope)
            return
        if not ways:
            scope.live -= 1
            self.settle(scope)
            return
        if not shares:
            chosen = range(len(ways))
        elif station.role == "some":
            taken = [place for place, share in enumerate(shares) if self.chance.random() < share]
            chosen = taken or [max(range(len(ways)), key=shares.__getitem__)]  # type: ignore[assignment]
        else:
            place = min(bisect_left(shares, self.chance.random()), len(ways) - 1)
            chosen = range(place, place + 1)
        scope.live += len(chosen) - 1
        counted = scope.case.counted
        for place in chosen:
            if counted:
                flow = station.flows[place]
                self.flows[flow] = self.flows.get(flow, 0) + 1
            self.enter(ways[place], scope)

    # ── joining and scopes ─────────────────────────────────────────────────────────────────────────────────────

    def park(self, station: Station, scope: Scope) -> None:
        """A token waits at a joining gateway for the others."""
        here = scope.parked[station.number] = scope.parked.get(station.number, 0) + 1
        if station.role == "fork" and here >= station.joins:
            self.join(station, scope)
        else:
            self.settle(scope)

    def join(self, station: Station, scope: Scope) -> None:
        """What waits at a joining gateway goes on as one token."""
        scope.live -= scope.parked.pop(station.number) - 1
        self.leave(station, scope)

    def settle(self, scope: Scope) -> None:
        """A token ended or was parked: perhaps the scope is over, or only parked tokens are left."""
        if scope.dead:
            return
        if scope.live == 0:
            self.over(scope)
        elif scope.parked and scope.live == sum(scope.parked.values()):
            number = next((n for n in scope.parked if self.net.stations[n].role == "some"), None)
            if number is None:  # one way of a parallel join was never taken: in life the case would stand there
                self.stuck += scope.case.counted
                number = next(iter(scope.parked))
            self.join(self.net.stations[number], scope)

    def over(self, scope: Scope) -> None:
        """Nothing is under way in a scope any more."""
        scope.dead = True
        if scope.parent is None or scope.node is None:
            self.end_case(scope)
            return
        self.spent(scope.node, scope.parent, scope.born)
        if not scope.parent.dead:
            self.leave(scope.node, scope.parent)

    def open(self, station: Station, scope: Scope) -> None:
        """A sub-process begins; an event at its border may end it."""
        inner = Scope(scope, station, self.now, scope.counted)
        scope.parts.append(inner)
        for border in station.borders:
            if border.share and self.chance.random() < border.share:
                self.later(self.now + border.delay(), self.border_of_scope, border.node, inner, border.interrupting)
        self.begin(inner, station.inner)

    def border_of_scope(self, station: Station, inner: Scope, interrupting: bool) -> None:
        """What happens at the border of a sub-process, unless that is over."""
        outer = inner.parent
        if inner.dead or outer is None or outer.dead:
            return
        if interrupting:
            self.kill(inner)
        else:
            outer.live += 1
        self.enter(station, outer)

    def kill(self, scope: Scope) -> None:
        """Everything in a scope is taken away; work in hand is put down when it would have ended."""
        scope.dead = True
        for part in scope.parts:
            self.kill(part)

    def end_case(self, scope: Scope) -> None:
        """A case is over."""
        if scope.counted:
            self.cycles.append(self.now - scope.born)
            self.costs.append(scope.case.cost)

    # ── work ───────────────────────────────────────────────────────────────────────────────────────────────────

    def do(self, station: Station, scope: Scope) -> None:
        """Work or waiting begins, as often as the element is repeated; an event at its border may take it away."""
        whole, part = divmod(station.times, 1)
        times = max(1, int(whole) + (self.chance.random() < part)) if station.times != 1 else 1
        left = [times]
        items = [Item(station, scope, self.now, left) for _ in range(times)]
        for border in station.borders:
            if border.share and self.chance.random() < border.share:
                self.later(self.now + border.delay(), self.border_of_work, border.node, items, border.interrupting)
        for item in items:
            item.span = station.sample() if station.sample is not None else 0.0
            crew = self.crews.get(station.pool)
            if crew is None:
                item.started = self.now
                self.later(self.now + item.span, self.done, item, None)
            elif crew.busy < crew.people:
                self.take(crew, item)
            else:
                crew.line.append(item)
                crew.longest = max(crew.longest, len(crew.line))

    def take(self, crew: Crew, item: Item) -> None:
        """Somebody begins with it: at once, or when the hours begin."""
        crew.busy += 1
        hours = crew.hours
        item.started = self.now if hours is None else hours.after(self.now, 0.0)
        end = item.started + item.span if hours is None else hours.after(item.started, item.span)
        self.later(end, self.done, item, crew)

    def done(self, item: Item, crew: Crew | None) -> None:
        """A piece of work is done; whoever did it takes the next."""
        station, scope = item.station, item.scope
        if crew is not None:
            crew.busy -= 1
            self.worked(crew, item)
            while crew.line and crew.busy < crew.people:
                following = crew.line.popleft()
                if not (following.gone or following.scope.dead):
                    self.take(crew, following)
        if item.gone or scope.dead:
            return
        item.left[0] -= 1
        if item.left[0] == 0:
            self.spent(station, scope, item.came)
            self.leave(station, scope)

    def worked(self, crew: Crew, item: Item) -> None:
        """What the work cost, and how long it had waited."""
        crew.worked += item.span
        waited = item.started - item.came
        crew.waited += waited
        crew.waiting += 1
        cost = item.span / 3_600 * crew.cost
        item.scope.case.cost += cost
        if item.scope.case.counted:
            tally = self.tallies[item.station.number]
            tally.waited += waited
            tally.worked += item.span
            tally.cost += cost

    def spent(self, station: Station, scope: Scope, came: float) -> None:
        """How long an element took, and whether that was too long."""
        scope.case.cost += station.cost
        if not scope.case.counted:
            return
        tally = self.tallies[station.number]
        span = self.now - came
        tally.spent += span
        tally.cost += station.cost
        if station.due is not None:
            tally.dues += 1
            tally.late += span > station.due

    def border_of_work(self, station: Station, items: list[Item], interrupting: bool) -> None:
        """What happens at the border of work that is not done yet."""
        scope = items[0].scope
        if scope.dead or items[0].left[0] == 0 or items[0].gone:
            return
        if interrupting:
            for item in items:
                item.gone = True
        else:
            scope.live += 1
        self.enter(station, scope)


def run(model: Definition, plan: Plan, seed: int) -> Run:
    """One replication."""
    return Runner(model, plan, seed).run()
