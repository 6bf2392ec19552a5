"""Everything that is imported is declared: a neighbour's dependency may go with the neighbour's next release."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.sources import ROOMS
from tests.paths import ROOT

OWN = {*ROOMS, "tests", "bench"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*locks: str) -> set[str]:
    lines = [line for lock in locks for line in (ROOT / "requirements" / f"{lock}.in").read_text().splitlines()]
    return {normal(re.split(r"[\[=<>~ ]", line)[0]) for line in lines if line and line[0] not in "#-"}


IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)[\w.]*[ \t]+import\b|import[ \t]+(\w[\w., \t]*))", re.MULTILINE)
"""One statement a line, as the linter holds: syntax trees of the whole house would take seconds."""


def imported(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        if "node_modules" in path.parts or path.name == "bundle.py":  # the bundle is made with build.in
            continue
        for one, several in IMPORT.findall(path.read_text(encoding="utf-8")):
            yield from [one] if one else (name.strip().split(" ")[0].split(".")[0] for name in several.split(","))


@pytest.mark.parametrize(("folders", "locks"), [(ROOMS, ("base",)), (("tests",), ("base", "build", "dev"))])
def test_every_import_is_declared(folders: tuple[str, ...], locks: tuple[str, ...]) -> None:
    known = declared(*locks)
    distributions = packages_distributions()
    strays = {
        name
        for folder in folders
        for name in imported(ROOT / folder)
        if name not in sys.stdlib_module_names | OWN
        and not known & {normal(name), *map(normal, distributions.get(name, []))}
    }
    assert not strays, f"imported but not in requirements/*.in: {sorted(strays)}"
