"""A test of the browser that fails in the suite is tried once more, and named if it holds then.

Law: only in the suite (`.ci/suite` says by `SECOND_TRY` in which file the names go), only tests that are marked
`browser`, once, and with everything made anew but what the run shares: what the first try left in its house cannot
help the second, nor hinder it. docs/decisions/0024 says why.
"""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any, cast

import pytest
from _pytest.runner import runtestprotocol

NAMES = "SECOND_TRY"


def run(item: pytest.Item, following: pytest.Item | None) -> bool | None:
    """Run a test of the browser, twice if it must be; None leaves any other to pytest."""
    names = os.environ.get(NAMES)
    if not names or item.get_closest_marker("browser") is None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=following)
    if any(report.failed for report in reports):
        first = reports
        leave_all(item)
        reports = runtestprotocol(item, log=False, nextitem=following)
        if not any(report.failed for report in reports):
            note(names, item, first)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def leave_all(item: pytest.Item) -> None:
    """End what the test's module and folder have made; only what the whole run shares stays."""
    outside = SimpleNamespace(listchain=lambda: [item.session])
    item.session._setupstate.teardown_exact(cast(Any, outside))


def note(names: str, item: pytest.Item, first: list[pytest.TestReport]) -> None:
    """One line: which test, and what its first try failed by."""
    why = next(report.longreprtext for report in first if report.failed).strip().splitlines()
    said = next((line for line in why if line.startswith("E  ")), why[-1] if why else "")
    with open(names, "a", encoding="utf-8") as file:
        file.write(f"{item.nodeid}: {said.removeprefix('E').strip()[:200]}\n")
