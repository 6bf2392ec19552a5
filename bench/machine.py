"""The machine: what it is, how busy it is, what processor time processes took. Linux's /proc; elsewhere None."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PROC = Path("/proc")


def facts(folder: Path) -> dict[str, str]:
    """What a reader needs to judge the figures by; `folder` is where the databases stand."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": f"{sqlite3.sqlite_version}, WAL, synchronous=FULL",
        "sync": f"{sync_ms(folder):.2f} ms, median of 100 appends of 4 KB with fdatasync",
    }


def _processor() -> str:
    try:
        lines = (PROC / "cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def sync_ms(folder: Path) -> float:
    """Milliseconds that a durable append of 4 KB takes there."""
    spans = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(100):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            spans.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spans)


def sqlite_size(file: Path) -> int:
    """Bytes of a SQLite database with all that its log holds."""
    with closing(sqlite3.connect(file, timeout=15)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return sum(path.stat().st_size for path in file.parent.glob(f"{file.name}*") if not path.name.endswith("-shm"))


def load() -> float:
    """How many processes wanted a core in the last minute."""
    return os.getloadavg()[0]


def busy_elsewhere(seconds: float = 0.5) -> float:
    """Share of all cores (0 to 1) that is at work while this process sleeps."""
    before = _machine_ticks()
    time.sleep(seconds)
    after = _machine_ticks()
    if before is None or after is None:
        return 0.0
    whole = after[0] - before[0]
    return 1 - (after[1] - before[1]) / whole if whole else 0.0


def _machine_ticks() -> tuple[int, int] | None:
    """(all, idle) ticks since the machine started."""
    try:
        first = (PROC / "stat").read_text(encoding="ascii").splitlines()[0]
    except OSError:
        return None
    ticks = [int(part) for part in first.split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def processor_seconds(pids: Iterable[int], server: int | None) -> float | None:
    """Processor seconds so far of these processes and of a database server with all that it forked."""
    try:
        total = sum(_seconds(pid) for pid in pids)
        if server is not None:
            total += _seconds(server, ended_too=True) + sum(_seconds(pid) for pid in _children(server))
    except OSError:
        return None
    return total


def _seconds(pid: int, ended_too: bool = False) -> float:
    try:
        fields = (PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except FileNotFoundError:
        if PROC.exists():
            return 0.0  # it has ended, and its parent's count has it
        raise
    return sum(int(part) for part in fields[11 : 15 if ended_too else 13]) / TICK


def _children(pid: int) -> list[int]:
    found = (PROC / str(pid) / "task" / str(pid) / "children").read_text(encoding="ascii")
    return [int(part) for part in found.split()]
