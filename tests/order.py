"""What takes long comes first in a run by several processes: whoever waits for a last test has nothing left to take.

Each process begins with a stretch of its own of the list, and takes from the end of another's when it is through. The
browser leads one stretch, stories and what starts many processes the second, pages and commands the third.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import pytest

LEADS = (("browser",), ("stories", "bench", "chaos", "engine"), ("web",))


def long_first(items: list[pytest.Item], processes: int) -> None:
    """Order the tests for that many processes; the tests of a file stay together."""
    leads: list[list[pytest.Item]] = [[] for _ in range(processes)]
    others: list[pytest.Item] = []
    for path, group in groupby(items, lambda item: item.path):
        tests = list(group)
        rooms = [i for i, names in enumerate(LEADS[:processes]) if _room(path) in names and _is_long(tests)]
        (leads[rooms[0]] if rooms else others).extend(tests)
    rest, ordered = iter(others), list[pytest.Item]()
    for still, lead in zip(range(processes, 0, -1), leads, strict=True):
        stretch = (len(items) - len(ordered)) // still
        ordered += lead
        ordered += [item for _, item in zip(range(stretch - len(lead)), rest, strict=False)]
    items[:] = [*ordered, *rest]


def _room(path: Path) -> str:
    return path.relative_to(Path(__file__).parent).parts[0] if path.is_relative_to(Path(__file__).parent) else ""


def _is_long(tests: Iterable[pytest.Item]) -> bool:
    return any(test.get_closest_marker("slow") or _room(test.path) == "stories" for test in tests)
