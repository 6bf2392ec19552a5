"""What every test may rely on: a browser or a loud notice that there is none."""

import os
import shutil

import pytest


def chromium() -> str | None:
    """The Chromium to drive: DEALFLOW_CHROMIUM, else the one on the path; None when there is none."""
    return os.environ.get("DEALFLOW_CHROMIUM") or shutil.which("chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if chromium() is not None:
        return
    skip = pytest.mark.skip(reason="no Chromium on this machine: the browser tests did not run")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)
