"""Which conformance case proves which element: found by playing the cases, not by hand.

A case proves a feature when its play enters a node that needs it, and an element when its file holds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType

from engine.play import play
from engine.play.library import load
from engine.process.rules.features import features_of
from tests.conformance import (
    activities,
    borders,
    compensations,
    corners,
    events,
    flows,
    largebodies,
    listeners,
    plays,
    surroundings,
)
from tests.conformance.judging import Case

CHAPTERS = (flows, events, activities, compensations, corners, borders, plays, largebodies, surroundings, listeners)


def cases() -> Iterator[tuple[ModuleType, Case]]:
    """Every case with its chapter."""
    return ((chapter, case) for chapter in CHAPTERS for case in chapter.CASES)


def name_of(chapter: ModuleType, case: Case) -> str:
    """The case as pytest knows it."""
    return f"{chapter.__name__.rpartition('.')[2]}: {case.name}"


def proven() -> dict[str, list[str]]:
    """Feature, or `<element>`, -> the cases that prove it: those first that end well and prove little else."""
    by_case = [
        (name_of(chapter, case), bool(case.incidents or case.unmet), _proven_by(case)) for chapter, case in cases()
    ]
    found: dict[str, list[str]] = {}
    for name, _, what in sorted(by_case, key=lambda entry: (entry[1], len(entry[2]))):
        for one in what:
            found.setdefault(one, []).append(name)
    return found


def _proven_by(case: Case) -> set[str]:
    files = [case.files] if isinstance(case.files, str) else case.files
    report = play(files, {**case.head, "steps": case.steps})
    passed = {(entry["instance"], entry["element"]) for entry in report["trace"] if entry["event"] == "enter"}
    process = {one["instance"]: one["process"] for one in report["instances"]}
    needed = {definition.key: features_of(definition) for definition in load(files).definitions.values()}
    found = {feature for instance, id in passed for feature in needed[process[instance]].get(id, ())}
    return found | {f"<{tag}>" for text in files for tag in re.findall(r"<([a-z]\w+)", str(text))}
