"""What the suite does with a test of the browser that fails: it is tried once more, with everything made anew."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.patience import PATIENCE

CONFTEST = """
import pytest
from tests import again

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    return again.run(item, nextitem)
"""
TESTS = """
import os, pathlib, pytest

@pytest.fixture(scope="module")
def house():
    return []

@pytest.fixture
def guest(house):
    house.append("guest")
    yield house

def tries(name):
    file = pathlib.Path(__file__).with_name(name)
    file.write_text(file.read_text() + "x" if file.exists() else "x")
    return len(file.read_text())

@pytest.mark.browser
def test_sound(guest):
    assert tries("sound") == 1

@pytest.mark.browser
def test_racy(guest):
    n = tries("racy")
    assert guest == ["guest", "guest"] if n == 1 else guest == ["guest"]
    assert n == 2, "the page was not there yet"

@pytest.mark.browser
def test_broken(guest):
    tries("broken")
    assert False, "always"

def test_of_the_engine():
    assert tries("engine") == 2
"""


@pytest.mark.parametrize("processes", ["0", "1"])
def test_a_browser_test_has_a_second_try_with_everything_made_anew_and_is_named(tmp_path: Path, processes: str) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\n")
    names = tmp_path / "names"
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", processes, "."]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "SECOND_TRY": str(names)}
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=5 * PATIENCE)
    assert "2 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
    assert names.read_text() == "test_it.py::test_racy: AssertionError: the page was not there yet\n"
    tried = {name: len((tmp_path / name).read_text()) for name in ("sound", "racy", "broken", "engine")}
    assert tried == {"sound": 1, "racy": 2, "broken": 2, "engine": 1}
