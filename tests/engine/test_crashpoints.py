"""Named places where a process dies when a test asks: each is in the code once, and nobody dies unasked."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from engine import crashpoints
from tests.architecture.sources import modules
from tests.paths import ROOT


def passing(name: str, times: int, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process that comes to a place so many times, and says each time that it went on."""
    code = f"from engine.crashpoints import reached\nfor n in range({times}): reached({name!r}); print(n, flush=True)"
    clean = {key: value for key, value in os.environ.items() if key != crashpoints.VARIABLE}
    return subprocess.run(
        [sys.executable, "-c", code], env=clean | environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_every_place_is_in_the_code_once_and_has_a_row_in_the_table() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in modules())
    named = sorted(re.findall(r'reached\("([\w.]+)"\)', source))
    assert named == sorted(crashpoints.POINTS)
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+\.\w+)` \|", page, re.M)) == set(crashpoints.POINTS)


def test_a_process_dies_at_the_passing_that_was_asked_for() -> None:
    died = passing("job.claimed", 5, DEALFLOW_CRASH_AT="job.claimed:3")
    assert (died.returncode, died.stdout) == (-signal.SIGKILL, "0\n1\n")


def test_nobody_dies_elsewhere_or_unasked() -> None:
    for asked in ({}, {"DEALFLOW_CRASH_AT": ""}, {"DEALFLOW_CRASH_AT": "mail.before"}):
        lived = passing("job.claimed", 2, **asked)
        assert (lived.returncode, lived.stdout) == (0, "0\n1\n"), lived.stderr


@pytest.mark.parametrize("text", ["nowhere", "job.claimed:0", "job.claimed:soon"])
def test_a_place_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        crashpoints.arm(text)
