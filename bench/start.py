"""How long people wait for Dealflow to be there: `python bench/start.py`.

First start of `dealflow run` on an empty folder until the first page answers, second start on the same folder, and
from saving a changed diagram of client intake to its new version on the processes page's data (three saves each).
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.stories.served import ROOT, dealflow, free_port

PATIENCE = 20.0


def started(folder: Path, packages: Path) -> float:
    """Seconds from the command to the first page, then stopped."""
    begun = time.perf_counter()
    with dealflow(folder, free_port(), bpmn_dir=str(packages)):
        return time.perf_counter() - begun


def versions(folder: Path) -> int:
    """Versions of client intake in the database."""
    with closing(sqlite3.connect(folder / "dealflow.db")) as database:
        [found] = database.execute("select count(*) from definition where key = 'client_intake'").fetchone()
    return int(found)


def saved(folder: Path, packages: Path, number: int) -> float:
    """Seconds from the save (written beside, renamed over, as editors do) to the new version."""
    diagram = packages / "client_intake" / "client_intake.bpmn"
    before, text = versions(folder), diagram.read_text(encoding="utf-8")
    beside = diagram.with_suffix(".saving")
    beside.write_text(text + f"<!-- {number} -->\n", encoding="utf-8")
    begun = time.perf_counter()
    beside.rename(diagram)
    while versions(folder) == before:
        if time.perf_counter() - begun > PATIENCE:
            raise SystemExit(f"no new version within {PATIENCE:.0f} s: no figure")
        time.sleep(0.02)
    return time.perf_counter() - begun


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, packages = Path(name) / "data", Path(name) / "bpmn"
        folder.mkdir()
        shutil.copytree(ROOT / "bpmn", packages)
        print(f"first start to first page: {started(folder, packages):.1f} s")
        again = [started(folder, packages) for _ in range(3)]
        print(f"second start to first page: {statistics.median(again):.1f} s")
        with dealflow(folder, free_port(), bpmn_dir=str(packages)):
            waits = [saved(folder, packages, number) for number in range(5)]
        print(f"diagram saved to new version: median {statistics.median(waits):.2f} s, longest {max(waits):.2f} s")


if __name__ == "__main__":
    main()
