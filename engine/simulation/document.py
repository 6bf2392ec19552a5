"""A plan as JSON, which people write by hand. Law: lengths are hours, shares are between 0 and 1; a mistake is named.

    {"cases": 1000, "replications": 5, "seed": 1, "due": 80,
     "arrivals": {"between": {"kind": "exponential", "mean": 2}, "calendar": "default"},
     "staff": {"rm": {"people": 3, "calendar": "default", "cost": 300}},
     "elements": {"ut_review": {"hours": {"kind": "lognormal", "mean": 3, "spread": 2}, "by": "rm", "due": 16}},
     "flows": {"f_approved": 0.7}, "boundaries": {"ev_late": {"share": 0.1, "after": 24}}}

A length may be a number of hours (fixed) or a distribution. `merged` lays the second variant over the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from engine.errors import InvalidInput, NotFound
from engine.process.businesstime import BusinessCalendar
from engine.process.definition import read_bpmn
from engine.process.model import Definition
from engine.simulation.plan import Arrivals, Distribution, Doing, Kind, Plan, Pool

HOUR = 3_600.0
MOST_CASES, MOST_REPLICATIONS = 200_000, 100
_SIZES = ("mean", "spread", "least", "most")


def read(document: Mapping[str, Any], calendars: Mapping[str, BusinessCalendar]) -> Plan:
    """The plan that a document says. InvalidInput names the place; unknown names of calendars are mistakes, too."""

    def calendar(given: Mapping[str, Any], place: str) -> BusinessCalendar | None:
        name = given.get("calendar")
        if name is None:
            return None
        try:
            return calendars[name]
        except KeyError:
            raise _wrong(place, f"no calendar “{name}”", f"没有日历“{name}”") from None

    arrivals = _object(document.get("arrivals"), "arrivals")
    pools = {
        name: Pool(
            _whole(given.get("people", 1), f"staff.{name}.people", 10_000),
            calendar(given, f"staff.{name}"),
            _number(given.get("cost", 0), f"staff.{name}.cost"),
        )
        for name, given in _objects(document, "staff")
    }
    return Plan(
        arrivals=Arrivals(
            _length(arrivals.get("between", 1), "arrivals.between"), calendar(arrivals, "arrivals")
        ),
        pools=pools,
        doings={id: _doing(given, f"elements.{id}", pools) for id, given in _objects(document, "elements")},
        flows={
            id: _share(share, f"flows.{id}") for id, share in _object(document.get("flows") or {}, "flows").items()
        },
        boundaries={
            id: (_share(given.get("share", 0), f"boundaries.{id}"), _length(given.get("after", 0), f"boundaries.{id}"))
            for id, given in _objects(document, "boundaries")
        },
        cases=_whole(document.get("cases", 1_000), "cases", MOST_CASES),
        replications=_whole(document.get("replications", 5), "replications", MOST_REPLICATIONS),
        seed=_whole(document.get("seed", 1), "seed", 2**31),
        due=None if document.get("due") is None else _number(document["due"], "due") * HOUR,
        notes=tuple(str(one) for one in document.get("notes") or ()),
    )  # fmt: skip


def written(plan: Plan) -> dict[str, Any]:
    """What `read` reads; a calendar is called `default`, the house's."""

    def named(calendar: BusinessCalendar | None) -> dict[str, Any]:
        return {} if calendar is None else {"calendar": "default"}

    found: dict[str, Any] = {"cases": plan.cases, "replications": plan.replications, "seed": plan.seed}
    found |= {} if plan.due is None else {"due": _hours(plan.due)}
    found["arrivals"] = {"between": _shape(plan.arrivals.between), **named(plan.arrivals.calendar)}
    found["staff"] = {
        name: {"people": pool.people, "cost": pool.cost, **named(pool.calendar)} for name, pool in plan.pools.items()
    }
    found["elements"] = {id: _done(doing) for id, doing in plan.doings.items()}
    found["flows"] = {id: round(share, 4) for id, share in plan.flows.items()}
    found["boundaries"] = {
        id: {"share": round(share, 4), "after": _shape(after)} for id, (share, after) in plan.boundaries.items()
    }
    found |= {"notes": list(plan.notes)} if plan.notes else {}
    return found


def merged(first: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """The first document with what the second says instead, place by place."""
    found = dict(first)
    for name, value in over.items():
        mine = found.get(name)
        # a distribution is said as a whole
        both = isinstance(mine, Mapping) and isinstance(value, Mapping) and "kind" not in value
        found[name] = merged(mine, value) if both else value  # type: ignore[arg-type]
    return found


def scaled(plan: Plan, element: str, mean: float) -> Plan:
    """The plan with another mean (hours) of an element's duration, its shape kept."""
    doing = plan.doings.get(element, Doing())
    average = doing.duration.average()
    duration = doing.duration.scaled(mean * HOUR / average) if average > 0 else Distribution("fixed", mean * HOUR)
    return replace(plan, doings={**plan.doings, element: replace(doing, duration=duration)})


# ── parts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _doing(given: Mapping[str, Any], place: str, pools: Mapping[str, Pool]) -> Doing:
    by = str(given.get("by") or "")
    if by and by not in pools:
        raise _wrong(f"{place}.by", f"“{by}” is not among the staff", f"“{by}”不在人员中")
    due = given.get("due")
    return Doing(
        _length(given.get("hours", 0), f"{place}.hours"),
        by,
        None if due is None else _number(due, f"{place}.due") * HOUR,
        max(1.0, _number(given.get("times", 1), f"{place}.times")),
        _number(given.get("cost", 0), f"{place}.cost"),
    )


def _done(doing: Doing) -> dict[str, Any]:
    found: dict[str, Any] = {"hours": _shape(doing.duration)}
    found |= {"by": doing.by} if doing.by else {}
    found |= {} if doing.due is None else {"due": _hours(doing.due)}
    found |= {} if doing.times == 1 else {"times": round(doing.times, 3)}
    return found | ({"cost": doing.cost} if doing.cost else {})


def _length(given: Any, place: str) -> Distribution:
    if not isinstance(given, Mapping):
        return Distribution("fixed", _number(given, place) * HOUR)
    kind = given.get("kind", "fixed")
    if kind not in get_args(Kind):
        known = ", ".join(get_args(Kind))
        raise _wrong(f"{place}.kind", f"one of {known}", f"须为以下之一：{known}")
    sizes = {name: _number(given.get(name, 0), f"{place}.{name}") * HOUR for name in _SIZES}
    if kind in ("uniform", "triangular") and sizes["most"] < sizes["least"]:
        raise _wrong(place, "`most` is less than `least`", "most 小于 least")
    seen = tuple((_number(one[0], place) * HOUR, _whole(one[1], place)) for one in given.get("seen") or ())
    return Distribution(kind, **sizes, seen=seen)


def _shape(length: Distribution) -> Any:
    if length.kind == "fixed":
        return _hours(length.mean)
    if length.kind == "seen":
        return {"kind": "seen", "seen": [[_hours(seconds), times] for seconds, times in length.seen]}
    sizes = {name: _hours(getattr(length, name)) for name in _SIZES}
    return {"kind": length.kind} | {name: size for name, size in sizes.items() if size}


def _hours(seconds: float) -> float:
    return round(seconds / HOUR, 5)


def _objects(document: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
    found = _object(document.get(name) or {}, name)
    return [(id, _object(given, f"{name}.{id}")) for id, given in found.items()]


def _object(given: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise _wrong(place, "an object is asked for", "须为对象")
    return given


def _number(given: Any, place: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < 1e9:
        raise _wrong(place, "a number, not negative", "须为非负数字")
    return float(given)


def _share(given: Any, place: str) -> float:
    if _number(given, place) > 1:
        raise _wrong(place, "a share between 0 and 1", "须为 0 到 1 之间的比例")
    return float(given)


def _whole(given: Any, place: str, most: int = 10**9) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= most:
        raise _wrong(place, f"a whole number from 1 to {most}", f"须为 1 到 {most} 的整数")
    return given


def _wrong(place: str, reason: str, reason_zh: str) -> InvalidInput:
    return InvalidInput(place=place, reason=reason, reason_zh=reason_zh)


def model_of(xml: bytes, file: str = "", key: str | None = None) -> Definition:
    """The process `key` of a BPMN file, its first without one. ModelRefused for a broken file, NotFound for the key."""
    definitions = read_bpmn(xml, file=file, schema_check=False, checked=True).definitions
    found = next((one for one in definitions if key in (None, one.key)), None)
    if found is None:
        raise NotFound(what="process", id=key or file)
    return found


USUAL_CALENDARS: Mapping[str, BusinessCalendar] = {"default": BusinessCalendar()}
"""Of a plan without a house: Monday to Friday, nine to six, without holidays."""
