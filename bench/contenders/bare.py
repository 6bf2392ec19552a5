"""What the store alone does: one step = one row of 4 KB updated and five rows inserted. B1 is two steps, B2 one."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Sequence

from bench import contract
from bench.contenders.stores import Store

BODIES = [os.urandom(4096) for _ in range(64)]
ROWS = 5
ROW = os.urandom(200)


class Bare:
    """One client. An instance is its number; its row stands ready, because a step updates one that is there."""

    def __init__(self, url: str, batch: int) -> None:
        self.store, self.batch = Store(url), batch
        self.what = self.store.what
        mark = "?" if self.store.sqlite else "%s"
        kind = "BLOB" if self.store.sqlite else "BYTEA"
        self.store.begin()
        self.store.run(f"CREATE TABLE IF NOT EXISTS body (id BIGINT PRIMARY KEY, version INTEGER, body {kind})")
        self.store.run(f"CREATE TABLE IF NOT EXISTS line (id BIGINT PRIMARY KEY, owner BIGINT, body {kind})")
        self.store.run("CREATE INDEX IF NOT EXISTS line_owner ON line (owner)")
        self.first = int.from_bytes(os.urandom(3), "big") << 32
        self.numbers = itertools.count(self.first)
        self.rows = [self.first + n for n in range(1000)]
        self.store.run_many(f"INSERT INTO body VALUES ({mark}, 0, {mark})", [(id, BODIES[0]) for id in self.rows])
        self.store.commit()
        self.change = f"UPDATE body SET body = {mark}, version = version + 1 WHERE id = {mark}"
        values = ", ".join([f"({mark}, {mark}, {mark})"] * ROWS)
        self.append = f"INSERT INTO line VALUES {values}"

    def _steps(self, ids: Sequence[int]) -> None:
        self.store.begin()
        for id in ids:
            self.store.run(self.change, (BODIES[id % 64], id))
            self.store.run(self.append, [part for _ in range(ROWS) for part in (next(self.numbers), id, ROW)])
        self.store.commit()

    def start(self, model: str, count: int) -> Sequence[int]:
        begun = [self.rows[next(self.numbers) % 1000] for _ in range(count)]
        self._steps(begun)
        return begun

    def tasks(self, instances: Sequence[int]) -> Sequence[int]:
        return instances

    def complete(self, tasks: Sequence[int]) -> None:
        self._steps(tasks)

    def left(self) -> int:
        return 0


if __name__ == "__main__":
    answers = contract.own_output()
    contract.serve(Bare(sys.argv[1], int(sys.argv[3])), answers)
