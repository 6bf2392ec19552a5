"""History folded into figures. Law: a pure function of a case, its steps in order and facts that no longer change.

Folding row by row, as the duty does, and folding all at once, as a rebuild does, give the same figures. What a case
needs to be remembered of (`Case`) is bounded by what is open in it and by its model, not by how long it runs.

Visits of one element in one scope are paired first in, first out: their sum is exact, and so is each of them wherever
no two tokens stand at one element of one scope. The iterations of a multi-instance body are counted beside it; the
body is the visit. Days are those of the business zone; durations are milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from engine.process.businesstime import BusinessCalendar
from engine.statistics.spread import Spread, added, bucket

# ── figures ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Tally:
    """What one row of figures gains: sums by column, the shortest and longest duration, and how they are spread."""

    sums: dict[str, int] = field(default_factory=dict)
    shortest: int | None = None
    longest: int | None = None
    spread: Spread = field(default_factory=dict)

    def add(self, **sums: int) -> None:
        """Add to some columns."""
        for name, value in sums.items():
            self.sums[name] = self.sums.get(name, 0) + value

    def measure(self, ms: int) -> None:
        """One duration more."""
        self.shortest = ms if self.shortest is None else min(self.shortest, ms)
        self.longest = ms if self.longest is None else max(self.longest, ms)
        added(self.spread, {bucket(ms): 1})

    def merge(self, other: Tally, sign: int = 1) -> None:
        """Add another, or take it away; what was shortest and longest stays."""
        for name, value in other.sums.items():
            self.sums[name] = self.sums.get(name, 0) + sign * value
        added(self.spread, other.spread, sign)
        if sign > 0:
            self.shortest = _pick(min, self.shortest, other.shortest)
            self.longest = _pick(max, self.longest, other.longest)

    def is_nothing(self) -> bool:
        """Whether all that it counts has come to nothing."""
        return not self.spread and not any(self.sums.values())


def _pick(which: Any, one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else which(one, other)


Key = tuple[Any, ...]
"""The key columns of a row of figures; the last is the day."""
Figures = dict[str, dict[Key, Tally]]
"""Table (element, flow, case, task, reminder) -> key -> what is added."""


def tally(figures: Figures, table: str, *key: Any) -> Tally:
    """The row of that key, made when it is new."""
    rows = figures.setdefault(table, {})
    found = rows.get(key)
    if found is None:
        found = rows[key] = Tally()
    return found


def merged(into: Figures, more: Figures, sign: int = 1) -> None:
    """Add all figures of one to the other, or take them away."""
    for table, rows in more.items():
        for key, row in rows.items():
            tally(into, table, *key).merge(row, sign)


# ── what is folded ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Model:
    """What figures need to know of a definition. `first`: tasks that count as the first response; none: any."""

    id: int
    calendar: BusinessCalendar
    ends: frozenset[str] = frozenset()
    first: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Task:
    """A user task that is over, as its row says. `done`: completed, not taken away."""

    element: str
    done: bool
    team: str
    person: str
    calendar: BusinessCalendar
    created_at: datetime
    claimed_at: datetime | None
    due_at: datetime | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A row of history: what triggered it, what happened (`engine.history` says how they are written)."""

    seq: int
    at: datetime
    triggers: Sequence[Any]
    events: Sequence[Any]


@dataclass(frozen=True, slots=True)
class End:
    """How and when a case ended."""

    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class World:
    """The facts beside one case's history: models by definition, definitions by version, its tasks by wait."""

    zone: tzinfo
    models: Mapping[int, Model]
    versions: Mapping[int, int]
    tasks: Mapping[int, Task]

    def day(self, at: datetime) -> date:
        """The business day of a moment."""
        return at.astimezone(self.zone).date()


@dataclass(slots=True)
class Case:
    """What is remembered of a case between two foldings."""

    definition: int
    started_at: datetime
    begun: bool = False
    responded: bool = False
    last_end: str = ""
    visits: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """(element, scope) -> when those still there came, in epoch milliseconds."""
    reached: set[str] = field(default_factory=set)
    left: set[tuple[str, str]] = field(default_factory=set)
    """Who has been left in a scope that may still be open: coming there again is doing it again."""
    pauses: dict[int, list[list[int | None]]] = field(default_factory=dict)
    """Wait -> [from, to] while the house waited for the client; `to` is open while it lasts."""

    def document(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "definition": self.definition,
            "started": self.started_at,
            "flags": [self.begun, self.responded],
            "end": self.last_end,
            "visits": [[*key, times] for key, times in self.visits.items()],
            "reached": sorted(self.reached),
            "left": [list(key) for key in sorted(self.left)],
            "pauses": [[wait, spans] for wait, spans in self.pauses.items()],
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Case:
        """What `document` gave."""
        return cls(
            definition=document["definition"],
            started_at=document["started"],
            begun=document["flags"][0],
            responded=document["flags"][1],
            last_end=document["end"],
            visits={(element, scope): list(times) for element, scope, times in document["visits"]},
            reached=set(document["reached"]),
            left={(element, scope) for element, scope in document["left"]},
            pauses={wait: [list(span) for span in spans] for wait, spans in document["pauses"]},
        )


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────


def fold(case: Case, steps: Iterable[Step], world: World, figures: Figures, end: End | None = None) -> None:
    """Add what the steps say to the figures, and remember in `case` what the next ones need. `end`: no more come."""
    if not case.begun:
        case.begun = True
        tally(figures, "case", case.definition, "started", "", world.day(case.started_at)).add(cases=1)
    for step in steps:
        _triggers(case, step, world, figures)
        _events(case, step, world, figures)
    if end is not None:
        _ended(case, end, world, figures)


def epoch(at: datetime) -> int:
    """Milliseconds since 1970."""
    return (at - _EPOCH) // _MS


def moment(ms: int) -> datetime:
    """What `epoch` gave."""
    return _EPOCH + ms * _MS


def since(ms: int) -> int:
    """Epoch milliseconds as seconds since 2024: sums over very many stay far from 63 bits."""
    return ms // 1000 - YEAR_2024


YEAR_2024 = 1_704_067_200
_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


def working(calendar: BusinessCalendar, start: datetime, end: datetime, pauses: Iterable[tuple[int, int]] = ()) -> int:
    """Working milliseconds from `start` to `end`, without the pauses (epoch milliseconds, none over another)."""
    first, last = epoch(start), epoch(end)
    total = _between(calendar, first, last)
    for begin, over in pauses:
        total -= _between(calendar, max(first, begin), min(last, over))
    return total


def _between(calendar: BusinessCalendar, start: int, end: int) -> int:
    """What `calendar.working_time_between` gives, for very many: the hours of a day are worked out once."""
    if end <= start:
        return 0
    total, day, last = 0, _day(calendar, start), _day(calendar, end)
    while day <= last:
        for begin, over in _hours(calendar, day):
            if begin < end and over > start:
                total += min(over, end) - max(begin, start)
        day += 1
    return total


def _day(calendar: BusinessCalendar, ms: int) -> int:
    return moment(ms).astimezone(calendar.zone).toordinal()


@lru_cache(maxsize=10_000)
def _hours(calendar: BusinessCalendar, day: int) -> tuple[tuple[int, int], ...]:
    return tuple((epoch(start), epoch(end)) for start, end in calendar.hours_of(date.fromordinal(day)))


def _triggers(case: Case, step: Step, world: World, figures: Figures) -> None:
    for kind, fields in step.triggers:
        if kind == "CarriedOver":
            _carried_over(case, step, fields, world, figures)
        elif kind == "DueMoved":
            _due_moved(case, step.at, fields)
        elif kind in ("TaskCompleted", "JobFailed"):
            task = world.tasks.get(fields["wait"])
            if task is not None and task.done:
                _task_done(case, task, fields["wait"], world, figures)


def _due_moved(case: Case, at: datetime, fields: Mapping[str, Any]) -> None:
    """A due date taken away begins a pause; the next move, with a date or again without one, ends it."""
    spans = case.pauses.setdefault(fields["wait"], [])
    if spans and spans[-1][1] is None:
        spans[-1][1] = epoch(at)
    elif "due" not in fields:
        spans.append([epoch(at), None])
    if not spans:
        del case.pauses[fields["wait"]]


def _task_done(case: Case, task: Task, wait: int, world: World, figures: Figures) -> None:
    model = world.models[case.definition]
    close = epoch(task.ended_at)
    pauses = [(start or 0, close if end is None else end) for start, end in case.pauses.get(wait, ())]
    whole = working(task.calendar, task.created_at, task.ended_at, pauses)
    taken = task.claimed_at or task.ended_at
    held = whole if taken == task.created_at else working(task.calendar, taken, task.ended_at, pauses)
    who = case.definition, task.element, task.team, task.person
    row = tally(figures, "task", *who, world.day(task.ended_at))
    row.add(completed=1, worked_ms=whole, held_ms=held)
    row.measure(whole)
    if task.due_at is not None:
        late = task.ended_at > task.due_at
        tally(figures, "task", *who, world.day(task.due_at)).add(late=int(late), on_time=int(not late))
    if not case.responded and (not model.first or task.element in model.first):
        case.responded = True
        answered = working(model.calendar, case.started_at, task.ended_at)
        response = tally(figures, "case", case.definition, "responded", "", world.day(task.ended_at))
        response.add(cases=1, total_ms=answered)
        response.measure(answered)


def _events(case: Case, step: Step, world: World, figures: Figures) -> None:
    day, now = world.day(step.at), epoch(step.at)
    for event in step.events:
        match event[0]:
            case "f":
                tally(figures, "flow", case.definition, event[1], day).add(taken=1)
            case "e":
                _entered(case, event[1], event[2], day, now, world, figures)
            case "l" | "c":
                _gone(case, event, day, now, world, figures)


def _iteration(element: str, scope: str) -> bool:
    """Whether the scope is an iteration of the element's own body."""
    return scope.startswith(element + "#")


def _entered(case: Case, element: str, scope: str, day: date, now: int, world: World, figures: Figures) -> None:
    row = tally(figures, "element", case.definition, element, day)
    if _iteration(element, scope):
        row.add(iterations=1)
        return
    row.add(entered=1, present=1, present_since=since(now), again=int((element, scope) in case.left))
    case.visits.setdefault((element, scope), []).append(now)
    if element not in case.reached:
        case.reached.add(element)
        tally(figures, "element", case.definition, element, world.day(case.started_at)).add(reached=1)


def _gone(case: Case, event: Sequence[Any], day: date, now: int, world: World, figures: Figures) -> None:
    kind, element, scope = event[:3]
    if _iteration(element, scope):
        case.left = {key for key in case.left if key[1] != scope}
        return
    if any(key[1].startswith(element + "#") for key in case.left):
        case.left = {key for key in case.left if not key[1].startswith(element + "#")}
    row, came = tally(figures, "element", case.definition, element, day), _came(case, element, scope)
    if came is not None:
        row.add(present=-1, present_since=-since(came))
    if kind == "c":
        row.add(cancelled=1)
        return
    row.add(left=1)
    case.left.add((element, scope))
    if came is not None:
        row.add(total_ms=max(0, now - came))
        row.measure(max(0, now - came))
    if "#" not in scope and element in world.models[case.definition].ends:
        case.last_end = element


def _came(case: Case, element: str, scope: str) -> int | None:
    times = case.visits.get((element, scope))
    if not times:
        return None
    if len(times) == 1:
        del case.visits[element, scope]
        return times[0]
    return times.pop(0)


def _carried_over(case: Case, step: Step, fields: Mapping[str, Any], world: World, figures: Figures) -> None:
    """Who stands somewhere stands in the other version from now on: neither left there nor entered here."""
    target = world.versions.get(fields["version"], case.definition)
    names, day = fields.get("mapping", {}), world.day(step.at)
    carried: dict[tuple[str, str], list[int]] = {}
    for (element, scope), times in case.visits.items():
        new = names.get(element, element)
        stay = {"present": len(times), "present_since": sum(map(since, times))}
        tally(figures, "element", case.definition, element, day).add(**{k: -v for k, v in stay.items()})
        tally(figures, "element", target, new, day).add(**stay)
        carried.setdefault((new, _scope(scope, names)), []).extend(times)
    case.visits = carried
    case.left = {(names.get(element, element), _scope(scope, names)) for element, scope in case.left}
    case.reached |= {names[element] for element in case.reached & names.keys()}
    case.definition = target


def _scope(label: str, names: Mapping[str, str]) -> str:
    node, sign, number = label.partition("#")
    return names.get(node, node) + sign + number if sign else label


def _ended(case: Case, end: End, world: World, figures: Figures) -> None:
    day = world.day(end.at)
    for (element, _), times in case.visits.items():
        row = tally(figures, "element", case.definition, element, day)
        row.add(cancelled=len(times), present=-len(times), present_since=-sum(map(since, times)))
    model = world.models[case.definition]
    cycle = working(model.calendar, case.started_at, end.at, _waited(case, end, world))
    row = tally(figures, "case", case.definition, end.state, case.last_end, day)
    row.add(cases=1, total_ms=cycle)
    row.measure(cycle)


def _waited(case: Case, end: End, world: World) -> list[tuple[int, int]]:
    """When at least one task of the case waited for the client, in order and none over another."""
    spans: list[tuple[int, int]] = []
    for wait, pauses in case.pauses.items():
        task = world.tasks.get(wait)
        over = epoch(task.ended_at if task is not None else end.at)
        spans += [(start or 0, over if stop is None else stop) for start, stop in pauses]
    found: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], stop)
        else:
            found.append((start, stop))
    return found
