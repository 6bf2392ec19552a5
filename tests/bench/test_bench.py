"""The measurements run: each in its smallest form, once. Their figures mean nothing here and are held by no test."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench import report
from bench.contenders import KINDS, SMALLEST
from bench.frame import Contender, Result, Slot
from tests.paths import shared

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.postgres
def test_every_measurement_runs_and_leaves_a_table_and_a_chart(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "bench", "--smoke", "--out", str(tmp_path)]
    done = subprocess.run(run, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    [file] = tmp_path.glob("*.json")
    document = json.loads(file.read_text(encoding="utf-8"))

    rows = document["rows"]
    assert len(rows) == len(KINDS) * sum(len(ways) for ways in SMALLEST.values())
    assert [row["trouble"] for row in rows if row["trouble"]] == []
    assert all(row["b1"] > 0 and row["b2"] > 0 and row["p50"] > 0 and row["b1_of"] > 0 for row in rows)
    broken = [goal for goal in document["goals"] if "no figure" in goal["measured"]]
    assert broken == []
    told = [goal["what"] for goal in document["goals"]]
    for subject in ("timers due at once", "open tasks", "SIGKILL", "on disk", "SQL replayed"):
        assert any(subject in what for what in told), subject

    page = file.with_suffix(".md").read_text(encoding="utf-8")
    assert "| **Dealflow** | 1 | each | 1.00 | 1.00 |" in page and "| **Dealflow** | 2 | 50 together | 1.00 |" in page
    assert ET.parse(file.with_suffix(".svg")).getroot().tag.endswith("svg")


def slot(rate: float) -> Slot:
    return Slot("B1", rate, 10, [1.0], [2.0], 0.1, 1.0)


def test_a_ratio_is_taken_round_by_round_so_that_a_slow_minute_hits_both() -> None:
    ours = Result(Contender("dealflow", "Dealflow", "SQLite", lambda _url, _folder: ()))
    theirs = Result(Contender("peer", "Other", "SQLite", lambda _url, _folder: ()))
    ours.slots = [slot(100), slot(10), slot(100)]
    theirs.slots = [slot(50), slot(5), slot(25)]
    [_, row] = report.rows([ours, theirs])
    assert row["b1_of"] == 0.5


def test_a_peer_that_cannot_be_had_stands_in_the_report_with_the_reason() -> None:
    missing = Result(Contender("peer", "Other", "", lambda _url, _folder: ()), trouble="javac is not installed")
    rows = report.rows([missing])
    run = {"at": "now", "rounds": 1, "seconds": 1, "load_before": 0, "load_after": 0, "busy": 0, "took": 60}
    page = report.markdown({"run": run, "machine": {}, "goals": [], "rows": rows})
    assert "No figures of Other (any store): javac is not installed." in page


def test_the_models_are_those_that_every_engine_is_measured_on() -> None:
    folder = shared()
    if folder is None:
        pytest.skip("the folder shared is absent: the bench models were not compared")
    for name in ("B1.bpmn", "B2.bpmn"):
        assert (ROOT / "bench" / "models" / name).read_bytes() == (folder / "bench" / name).read_bytes()
