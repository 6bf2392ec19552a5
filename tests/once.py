"""What is dear to make is made once a run, whichever test process asks first, and copied by all. Law: the original is
never opened again.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], dict[str, Any]]
) -> tuple[Path, dict[str, Any]]:
    """A copy of the folder that `make` filled, for the caller alone, and what it returned (as JSON carries it).

    `make` must leave nothing open: its files are copied as they lie there.
    """
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    original, told = shared / f"once-{name}", shared / f"once-{name}.json"
    with (shared / f"once-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            shutil.rmtree(original, ignore_errors=True)
            original.mkdir()
            told.write_text(json.dumps(make(original)), encoding="utf-8")
    copy = factory.mktemp(name) / "copy"
    shutil.copytree(original, copy)
    return copy, json.loads(told.read_text(encoding="utf-8"))
