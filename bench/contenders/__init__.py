"""The house's own contenders: the engine, its SQL replayed without it, and the bare store."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.frame import Contender

BATCH = 50
KINDS = {
    "dealflow": "Dealflow",
    "replay": "its own SQL, replayed by the driver",
    "bare": "bare store",
}


WAYS = ((1, 1), (4, 1), (1, BATCH))
"""(clients, instances that share a commit)."""
SMALLEST = {"SQLite": ((1, 1),), "PostgreSQL": ((2, BATCH),)}


def house(stores: Sequence[str], smoke: bool = False) -> Iterator[Contender]:
    """Engine, replay and bare store on each store, with one and four clients, and in batches."""
    for store in stores:
        for kind, label in KINDS.items():
            for clients, batch in SMALLEST[store] if smoke else WAYS:
                yield Contender(kind, label, store, _command(kind, batch), clients, batch=batch)


def _command(kind: str, batch: int) -> Callable[[str, Path], list[str]]:
    def command(url: str, folder: Path) -> list[str]:
        return [sys.executable, "-m", f"bench.contenders.{kind}", url, str(folder), str(batch)]

    return command
