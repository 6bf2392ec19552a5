"""A plan for a what-if run, made of what really happened. Law: what history does not say is said as an assumption.

From the figures of a range of days: how often cases begin, how decisions fell, how long waits and calls took (as they
are spread), how long people had tasks in hand, how many people their teams have. Hands are full of several things at
once: where the time in hand would fill a team beyond BUSIEST, it is scaled down to that, and the plan's notes say so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars, definitions
from engine.execution import runtime_of
from engine.process.businesstime import BusinessCalendar
from engine.process.model import Definition, Node
from engine.queries import figures, statistics
from engine.queries.figures import Range
from engine.queries.statistics import HeatMap, TaskFigures
from engine.simulation import Arrivals, Distribution, Doing, Plan, Pool
from engine.statistics.spread import middle
from engine.store import figures as f
from engine.store import tables as t

BUSIEST = 0.85
FEW = 30
"""Cases below which history says little."""
USUAL_HOURS, USUAL_BETWEEN = 1.0, 8.0
"""What is assumed of a task never done, and of a process never begun."""
Z90 = 1.2816
"""The 90 % quantile of the standard normal distribution."""
_BUSINESS_DAYS = re.compile(r"(\d+)\s*BD\b")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A model and the plan that history gives for it."""

    key: str
    version: int
    model: Definition
    plan: Plan


def from_history(
    session: Session, key: str, version: int | None = None, since: date | None = None, until: date | None = None
) -> Drawn:
    """The plan of a process. NotFound when there is no such process or version."""
    asked = figures.within(session, key, version, since, until)
    heat = statistics.heat_map(session, key, version, since, until)
    tasks = statistics.tasks(session, key, version, since, until, by=("element", "team"))
    model, calendar = asked.newest.definition, calendars.calendar(session)
    notes = [] if heat.started >= FEW else [f"few-cases:{heat.started}"]
    doings = _doings(session, asked, heat, tasks)
    pools = _pools(session, {doing.by for doing in doings.values() if doing.by}, calendar)
    between, days = _arrivals(session, asked, heat, calendar)
    doings, more = _calibrated(doings, pools, heat, days)
    plan = Plan(
        arrivals=Arrivals(Distribution("exponential", between), calendar),
        pools=pools,
        doings=doings,
        flows=_flows(model, heat),
        boundaries=_boundaries(model, heat),
        begin=datetime.combine(_monday(session), time(9), runtime_of(session).zone),
        notes=(*notes, *more),
    )
    return Drawn(key, asked.newest.version, model, plan)


def model_of(session: Session, key: str, version: int | None = None) -> Definition:
    """The model of a deployed process, the newest without a version. NotFound."""
    return definitions.package(session, definitions.newest(session, key, version)).definition


def calendars_known(session: Session) -> dict[str, BusinessCalendar]:
    """The house's calendar under the name `default`, as plans name it."""
    return {"default": calendars.calendar(session)}


def _monday(session: Session) -> date:
    today = runtime_of(session).now().astimezone(runtime_of(session).zone).date()
    return today - timedelta(days=today.weekday())


def _doings(session: Session, asked: Range, heat: HeatMap, tasks: tuple[TaskFigures, ...]) -> dict[str, Doing]:
    seen = {one.element: one for one in heat.elements}
    spreads = figures.spreads(session, f.element, asked, "element")
    done: dict[str, TaskFigures] = {}
    for one in tasks:  # most completed first
        if one.team and one.completed:
            done.setdefault(one.element, one)
    found: dict[str, Doing] = {}
    for id, node in asked.newest.definition.nodes.items():
        if node.inner is not None or node.type.endswith("Gateway") or node.type in ("startEvent", "endEvent"):
            continue
        here = seen.get(id)
        times = here.iterations / here.entered if here and node.loop is not None and here.entered else 1.0
        if node.type in ("userTask", "manualTask"):
            found[id] = _by_people(node, done.get(id), asked.newest.definition, max(1.0, times))
        elif id in spreads:
            measured = tuple((middle(bucket) / 1_000, count) for bucket, count in sorted(spreads[id].items()))
            found[id] = Doing(Distribution("seen", seen=measured))
    return found


def _by_people(node: Node, done: TaskFigures | None, model: Definition, times: float) -> Doing:
    due = _BUSINESS_DAYS.search(node.properties.get("due", ""))
    limit = int(due[1]) * 7 / 5 * 86_400 if due else None  # working days as wall-clock time, on average
    if done is None or done.held is None:
        return Doing(Distribution("exponential", USUAL_HOURS * 3_600), _group(node, model), limit, times)
    mean = max(60.0, done.held.total_seconds())
    return Doing(Distribution("lognormal", mean, mean * _variation(done)), done.team, limit, times)


def _variation(done: TaskFigures) -> float:
    """Standard deviation ÷ mean of a lognormal duration with this median and 90th percentile; 1 when none is known."""
    median, p90 = done.worked.median, done.worked.p90
    if median is None or p90 is None or median.total_seconds() <= 0 or p90 <= median:
        return 1.0
    sigma = math.log(p90 / median) / Z90
    return min(3.0, math.sqrt(math.expm1(min(sigma * sigma, 3.0))))


def _group(node: Node, model: Definition) -> str:
    """Who a task is for, as far as the model says it without data: its group, else that of its lane."""
    groups = node.user.candidate_groups.text if node.user is not None and node.user.candidate_groups else ""
    if groups and re.fullmatch(r"[\w ,-]+", groups):
        return groups.split(",")[0].strip()
    return model.lane_groups.get(node.lane or "", "") or "somebody"


def _pools(session: Session, names: set[str], calendar: BusinessCalendar) -> dict[str, Pool]:
    m, p = t.membership.c, t.person.c
    query = (
        sa.select(m.team_id, sa.func.count())
        .join(t.person, p.id == m.person_id)
        .where(m.team_id.in_(names), p.active.is_(True))
        .group_by(m.team_id)
    )
    people = {team: count for team, count in session.execute(query)}
    return {name: Pool(max(1, people.get(name, 1)), calendar) for name in sorted(names)}


def _arrivals(
    session: Session, asked: Range, heat: HeatMap, calendar: BusinessCalendar
) -> tuple[float, float]:  # fmt: skip
    """(open seconds between two cases, open seconds of the range that was looked at)."""
    days = statistics.daily(session, asked.key, asked.version, asked.since, asked.until)
    zone = runtime_of(session).zone
    first = asked.since or (days[0].day if days else None)
    last = asked.until or runtime_of(session).now().astimezone(zone).date()
    if first is None or not heat.started:
        return USUAL_BETWEEN * 3_600, 0.0
    if days:
        first = max(first, days[0].day)
    begin, end = (datetime.combine(one, time(), zone) for one in (first, last + timedelta(days=1)))
    whole = max(3_600.0, calendar.working_time_between(begin, end).total_seconds())
    return whole / heat.started, whole


def _flows(model: Definition, heat: HeatMap) -> dict[str, float]:
    """Shares of the ways out of whatever chooses; ways never taken are taken never, where any was."""
    found: dict[str, float] = {}
    for node in model.nodes.values():
        choosing = node.type in ("exclusiveGateway", "eventBasedGateway", "inclusiveGateway", "complexGateway")
        conditional = any(model.flows[id].condition is not None for id in node.outgoing)
        if len(node.outgoing) < 2 or not (choosing or conditional):
            continue
        taken = {id: heat.flows.get(id, 0) for id in node.outgoing}
        visits = sum(taken.values())
        if node.type in ("inclusiveGateway", "complexGateway"):
            visits = next((one.left for one in heat.elements if one.element == node.id), 0)
        if visits:
            found |= {id: min(1.0, count / visits) for id, count in taken.items()}
    return found


def _boundaries(model: Definition, heat: HeatMap) -> dict[str, tuple[float, Distribution]]:
    """How often events at borders happened; when is not in the figures: by half of the host's mean stay."""
    seen = {one.element: one for one in heat.elements}
    found = {}
    for id, node in model.nodes.items():
        host = seen.get(node.attached_to or "")
        if id in seen and host is not None and host.entered:
            mean = host.durations.mean
            after = mean.total_seconds() / 2 if mean is not None else 0.0
            found[id] = min(1.0, seen[id].entered / host.entered), Distribution("fixed", after)
    return found


def _calibrated(
    doings: Mapping[str, Doing], pools: Mapping[str, Pool], heat: HeatMap, days: float
) -> tuple[dict[str, Doing], list[str]]:
    """Time in hand as working time: no team fuller than BUSIEST. Notes name the teams: `scaled:rm:0.42`."""
    visits = {one.element: one.entered for one in heat.elements}
    load: dict[str, float] = {}
    for id, doing in doings.items():
        if doing.by and days:
            work = visits.get(id, 0) * doing.times * doing.duration.average()
            load[doing.by] = load.get(doing.by, 0.0) + work / (days * pools[doing.by].people)
    factors = {name: BUSIEST / full for name, full in load.items() if full > BUSIEST}
    scaled = {
        id: replace(doing, duration=doing.duration.scaled(factors[doing.by])) if doing.by in factors else doing
        for id, doing in doings.items()
    }
    return scaled, [f"scaled:{name}:{factor:.2f}" for name, factor in sorted(factors.items())]
