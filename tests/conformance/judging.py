"""A case is a diagram, steps and what must come of them; it is played twice, the second time saved at every step.

Traces are written short: `a` enters and leaves, `+a` enters, `-a` leaves, `~a` is cancelled. `trace` is exact;
`bag` counts without order; `before` are pairs in order. Without more said, nothing may be refused or unmet.
"""

# ruff: noqa: E501

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from engine.play import play

_SIGN = {"enter": "+", "leave": "-", "cancel": "~"}


@dataclass
class Case:
    name: str
    files: str | list[str]
    steps: list[dict[str, Any]]
    trace: str | None = None
    bag: str | None = None
    before: list[tuple[str, str]] = field(default_factory=list)
    never: str = ""
    waiting: str | None = None
    variables: dict[str, Any] | None = None
    states: str | None = None
    thrown: str | None = None
    incidents: str | None = None
    unmet: int = 0
    head: dict[str, Any] = field(default_factory=dict)


def long(trace: str) -> list[str]:
    """`a` as `+a -a`."""
    return [t for word in trace.split() for t in ([word] if word[0] in "+-~" else [f"+{word}", f"-{word}"])]


def short(report: dict[str, Any]) -> list[str]:
    return [f"{_SIGN[event['event']]}{event['element']}" for event in report["trace"]]


def plain(value: Any) -> Any:
    """Numbers as they print, so that 2, 2.0 and Decimal(2) are one."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    try:
        number = float(value)
        return int(number) if number == int(number) else number
    except (TypeError, ValueError):
        return value


def judge(case: Case) -> list[str]:
    """What disagrees, in words; both runs."""
    files = [case.files] if isinstance(case.files, str) else case.files
    reports = [
        play(files, {**case.head, "steps": case.steps}, save_between_steps=saved) for saved in (False, True)
    ]
    found = _compare(case, reports[0])
    if reports[0] != reports[1]:
        found.append("saving between steps changed the report")
    return found + unbalanced(reports[0])


def unbalanced(report: dict[str, Any]) -> list[str]:
    """Enters without their leave or cancel in instances that ended, and more leaves than enters anywhere."""
    count: Counter[tuple[int, str]] = Counter()
    for event in report["trace"]:
        count[event["instance"], event["element"]] += 1 if event["event"] == "enter" else -1
    ended = {i["instance"] for i in report["instances"] if i["state"] != "active"}
    joins = {e["element"] for e in report["trace"] if e["type"] in ("parallelGateway", "inclusiveGateway", "complexGateway")}
    return [
        f"unbalanced {element} in {number}: {n}"
        for (number, element), n in count.items()
        if element not in joins and (n < 0 or (n and number in ended))
    ]


def _compare(case: Case, report: dict[str, Any]) -> list[str]:
    seen = short(report)
    found = []

    def same(what: str, expected: Any, actual: Any) -> None:
        if expected != actual:
            found.append(f"{what}: expected {expected}, was {actual}")

    same("refused", [], [(r["rule"], r["element"], r["message"]) for r in report["refused"]])
    if case.trace is not None:
        same("trace", " ".join(long(case.trace)), " ".join(seen))
    if case.bag is not None:
        wanted, had = Counter(long(case.bag)), Counter(seen)
        if wanted != had:
            missing, extra = wanted - had, had - wanted
            found.append(f"bag: missing {dict(missing)}, extra {dict(extra)}; trace {' '.join(seen)}")
    for first, second in case.before:
        if first not in seen or second not in seen or seen.index(first) > seen.index(second):
            found.append(f"{first} not before {second}: {' '.join(seen)}")
    found += [f"{word} entered: {' '.join(seen)}" for word in case.never.split() if f"+{word}" in seen]
    waits = sorted(w["element"] for i in report["instances"] for w in i["waiting"])
    if case.waiting is not None:
        same("waiting", sorted(case.waiting.split()), waits)
    if case.states is not None:
        same("states", case.states.split(), [i["state"] for i in report["instances"]])
    if case.variables is not None:
        held = report["instances"][0]["variables"] if report["instances"] else {}
        same("variables", plain(case.variables), {k: plain(held.get(k, "-absent-")) for k in case.variables})
    if case.thrown is not None:
        same("thrown", case.thrown.split(), [f"{t['kind']}:{t['name']}:{str(t['handled']).lower()}" for t in report["thrown"]])
    incidents = [f"{n['element']}" for i in report["instances"] for n in i["incidents"]]
    same("incidents", (case.incidents or "").split(), incidents)
    if len(report["unmet"]) != case.unmet:
        found.append(f"unmet: {report['unmet']}")
    return found
