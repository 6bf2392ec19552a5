"""What every contender does: it reads one order a line from its standard input and answers with one line of JSON.

    {"do": "run", "model": "B1", "seconds": 1.5}  ->  {"lanes": [{"instances": 80, "seconds": 1.52,
                                                       "start_ms": [3.1, …], "complete_ms": [2.4, …]}]}
    {"do": "check"}                               ->  {"left": 0}     how many instances have not ended

Before the first order it says {"ready": "name and version"}. A lane is one client; who has several in one process
(threads of a JVM) answers with several lanes. A run starts a chunk of instances, finds their tasks, completes them, and
so on until the time is over; every call that is timed is durable when it returns. Standard library alone: peers run
this file in environments of their own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, Protocol

VARIABLES = {"amount": 150, "customer": "c"}
CHUNK = 10
"""Instances between two looks at the clock, or one batch."""


class Contender(Protocol):
    """One client of one engine."""

    what: str
    """Name and version."""
    batch: int
    """How many instances share a commit; 1: each has its own."""

    def start(self, model: str, count: int) -> Sequence[Any]:
        """Start so many instances in one unit of work; handles by which their tasks are found."""

    def tasks(self, instances: Sequence[Any]) -> Sequence[Any]:
        """The open tasks of these instances."""

    def complete(self, tasks: Sequence[Any]) -> None:
        """Complete these tasks in one unit of work."""

    def left(self) -> int:
        """How many instances have not ended."""


def run(contender: Contender, model: str, seconds: float) -> dict[str, Any]:
    """Start and complete until the time is over; milliseconds an instance of every unit of work."""
    starts: list[float] = []
    completions: list[float] = []
    begun, instances = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        started: list[Any] = []
        for _ in range(max(1, CHUNK // contender.batch)):
            at = time.perf_counter()
            started += contender.start(model, contender.batch)
            starts.append((time.perf_counter() - at) * 1000 / contender.batch)
        if model == "B1":
            found = contender.tasks(started)
            if len(found) != len(started):
                raise RuntimeError(f"{len(started)} were started, {len(found)} tasks are open")
            for first in range(0, len(found), contender.batch):
                at = time.perf_counter()
                contender.complete(found[first : first + contender.batch])
                completions.append((time.perf_counter() - at) * 1000 / contender.batch)
        instances += len(started)
    span = time.perf_counter() - begun
    return {"instances": instances, "seconds": span, "start_ms": starts, "complete_ms": completions}


def serve(contender: Contender, answers: int) -> None:
    """Answer orders until there are no more. `answers` is the file descriptor from `own_output`."""
    _say(answers, {"ready": contender.what})
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "run":
            _say(answers, {"lanes": [run(contender, order["model"], order["seconds"])]})
        else:
            _say(answers, {"left": contender.left()})


def own_output() -> int:
    """Keep standard output for the answers alone: whatever an engine prints goes to standard error from here on."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return kept


def _say(descriptor: int, answer: dict[str, Any]) -> None:
    left = json.dumps(answer).encode() + b"\n"
    while left:  # a pipe takes as much as it has room for
        left = left[os.write(descriptor, left) :]
