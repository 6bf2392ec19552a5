"""The page of promises names a test or a command for each, and all of them are there."""

import re

from tests.architecture.test_requirements import missing
from tests.paths import ROOT

PAGE = ROOT / "docs/proof.md"
COMMAND = re.compile(
    r"make (?P<target>\w+)|python -m (?P<module>[\w.]+)|(?:sudo |python )(?P<file>[\w/]+\.\w+)(?: FOLDER)?"
)


def promises() -> list[tuple[str, list[str]]]:
    """What is promised, and the tests and commands that show it."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").rsplit(" | ", 1) for line in lines if line.startswith("| ") and "---" not in line]
    return [(what, re.findall(r"`([^`]+)`", shown)) for what, shown in rows if shown != "Shown by"]


def gone(named: str) -> bool:
    """Whether what a row names is neither a test that is there nor a command that can be given."""
    if named.startswith("tests/"):
        return missing(named)
    found = COMMAND.fullmatch(named)
    if found is None:
        return True
    if found["target"]:
        return not re.search(rf"^{found['target']}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    return not (ROOT / (found["file"] or f"{found['module'].replace('.', '/')}.py")).is_file()


def test_every_promise_is_shown_by_something() -> None:
    assert len(promises()) > 80
    assert [what for what, shown in promises() if not shown] == []


def test_every_test_and_command_that_is_named_is_there() -> None:
    assert [(what, one) for what, shown in promises() for one in shown if gone(one)] == []
    assert gone("make nothing") and gone("python -m bench.nothing") and gone("tests/engine/test_jobs.py::test_nothing")
