"""`dealflow run` as its own process, as `make run` starts it: on a free port, in a folder of its own, clock moved."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    """A running Dealflow: its address, and what it said on the terminal."""

    address: str
    said: Path


def free_port() -> int:
    """A port that nobody listens on, below those that the system gives away: nobody takes it before it is used."""
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The settings of an installation in the folder, and of nobody else's."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("DEALFLOW_")},
        "DEALFLOW_DATA_DIR": str(folder),
        "DEALFLOW_DATABASE_URL": f"sqlite:///{folder / 'dealflow.db'}",
        **{f"DEALFLOW_{name.upper()}": value for name, value in settings.items()},
    }


@contextmanager
def dealflow(folder: Path, port: int, command: str = "run", **settings: str) -> Iterator[Served]:
    """Start it (`run`, or another that serves), wait until it answers, stop it as an operator does (SIGTERM)."""
    address, said = f"http://127.0.0.1:{port}", folder / "terminal.txt"
    told = environment(folder, **{"port": str(port), "base_url": address, "sweep_seconds": "0.2", **settings})
    words = [str(Path(sys.executable).with_name("dealflow")), command]
    with said.open("a", encoding="utf-8") as terminal:
        process = subprocess.Popen(words, cwd=ROOT, env=told, stdout=terminal, stderr=terminal)
        try:
            _await(address, process, said)
            yield Served(address, said)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=PATIENCE)


def _await(address: str, process: subprocess.Popen[bytes], said: Path) -> None:
    until = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, said.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no answer within two minutes: {said.read_text(encoding='utf-8')}")
