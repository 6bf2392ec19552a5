"""Contenders in rounds. Law: whoever is not at work is stopped (SIGSTOP), and every round takes each one's turn.

A contender is one process or several (clients of an engine whose process has one thread at work), each with the
contract of `bench.contract`. The database is one of its own; the server is shared.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from bench import machine

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120.0
"""Seconds after which a contender that does not answer is given up."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Who is measured, and how it is started."""

    kind: str
    """dealflow | replay | bare | peer."""
    label: str
    store: str
    """SQLite | PostgreSQL."""
    command: Callable[[str, Path], Sequence[str]]
    """The command, from the database's address and a folder of its own."""
    clients: int = 1
    threads: bool = False
    """One process has all clients as threads; else each client is a process."""
    batch: int = 1
    warm_up: float = 1.0
    """Seconds of work before the first figure counts; a JVM needs more."""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Unique in a run; also the database's name."""
        words = [self.kind, self.label, self.store, str(self.clients), str(self.batch)]
        return "_".join("".join(c for c in word.lower() if c.isalnum()) for word in words)


@dataclass(slots=True)
class Slot:
    """What one contender did in one turn."""

    model: str
    rate: float
    instances: int
    starts: list[float]
    completions: list[float]
    processor: float | None
    load: float


class Trouble(Exception):
    """A contender that cannot be had, or that stopped answering; the text is for the table."""


class Running:
    """A contender at work: its processes, stopped between its turns."""

    def __init__(self, contender: Contender, url: str, folder: Path, server: int | None) -> None:
        self.contender, self.url, self.server = contender, url, server
        self.slots: list[Slot] = []
        self.said = ""
        self.processes: list[subprocess.Popen[str]] = []
        self.complaints = (folder / "stderr.txt").open("w+", encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DEALFLOW_")}
        environment = kept | {"PYTHONPATH": str(ROOT)} | dict(contender.environment)
        self._start(1, folder, environment)  # alone: the first prepares the database
        if not contender.threads:
            self._start(contender.clients - 1, folder, environment)
        self._signal(signal.SIGSTOP)

    def _start(self, count: int, folder: Path, environment: Mapping[str, str]) -> None:
        begun = [
            subprocess.Popen(
                list(self.contender.command(self.url, folder)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.complaints,
                text=True,
                cwd=folder,
                env=environment,
            )
            for _ in range(count)
        ]
        self.processes += begun
        for process in begun:
            self.said = self._answer(process)["ready"]

    def turn(self, model: str, seconds: float) -> Slot:
        """One turn of the model."""
        self._signal(signal.SIGCONT)
        pids = [process.pid for process in self.processes]
        before, load = machine.processor_seconds(pids, self.server), machine.load()
        order = {"do": "run", "model": model, "seconds": seconds}
        lanes = [lane for answer in self._ask(order) for lane in answer["lanes"]]
        after = machine.processor_seconds(pids, self.server)
        self._signal(signal.SIGSTOP)
        return Slot(
            model,
            sum(lane["instances"] / lane["seconds"] for lane in lanes),
            sum(lane["instances"] for lane in lanes),
            [value for lane in lanes for value in lane["start_ms"]],
            [value for lane in lanes for value in lane["complete_ms"]],
            None if before is None or after is None else after - before,
            load,
        )

    def check(self) -> None:
        """Trouble when an instance has not ended."""
        self._signal(signal.SIGCONT)
        left = self._ask({"do": "check"})[0]["left"]
        self._signal(signal.SIGSTOP)
        if left:
            raise Trouble(f"{left} instances did not end")

    def stop(self) -> None:
        """Let the processes end; whoever does not is killed."""
        self._signal(signal.SIGCONT)
        for process in self.processes:
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.close()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()
        self.complaints.close()

    def _signal(self, number: int) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(number)

    def _ask(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        for process in self.processes:
            assert process.stdin is not None
            try:
                process.stdin.write(json.dumps(order) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                raise Trouble(self._last_words()) from None
        return [self._answer(process) for process in self.processes]

    def _answer(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        assert process.stdout is not None
        line = _line_within(process.stdout, process, PATIENCE)
        if not line:
            raise Trouble(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self.complaints.flush()
        self.complaints.seek(0)
        lines = [line.strip() for line in self.complaints.read().splitlines() if line.strip()]
        return lines[-1][:160] if lines else "it stopped without a word"


def _line_within(stream: IO[str], process: subprocess.Popen[str], seconds: float) -> str:
    """The next line; a process that says nothing for so long is killed, which ends the wait."""
    killer = threading.Timer(seconds, process.kill)
    killer.start()
    try:
        return stream.readline()
    finally:
        killer.cancel()


@dataclass(slots=True)
class Result:
    """One contender's figures of a run, or the trouble that kept it from having any."""

    contender: Contender
    said: str = ""
    trouble: str = ""
    slots: list[Slot] = field(default_factory=list)
    bytes_each: float | None = None

    def of(self, model: str) -> list[Slot]:
        """The turns of a model."""
        return [slot for slot in self.slots if slot.model == model]

    def rate(self, model: str) -> float | None:
        """Instances a second: the median of the rounds."""
        found = [slot.rate for slot in self.of(model)]
        return statistics.median(found) if found else None

    def processor_ms(self, model: str) -> float | None:
        """Milliseconds of processor an instance, the database server's included."""
        found = [slot for slot in self.of(model) if slot.processor is not None]
        spent = sum(slot.processor or 0.0 for slot in found)
        instances = sum(slot.instances for slot in found)
        return spent * 1000 / instances if instances else None

    def completion_ms(self, share: float) -> float | None:
        """The quantile of a completion of B1 over all rounds."""
        found = sorted(value for slot in self.of("B1") for value in slot.completions)
        return found[min(len(found) - 1, int(share * len(found)))] if found else None


def ratio(one: Result, other: Result, model: str) -> float | None:
    """How many times as fast one is: the median over the rounds of the two rates of the same round."""
    pairs = [mine.rate / theirs.rate for mine, theirs in zip(one.of(model), other.of(model), strict=False)]
    return statistics.median(pairs) if pairs else None


def rounds(
    running: Mapping[str, Running],
    results: Mapping[str, Result],
    *,
    seconds: float,
    times: int,
    size: Callable[[Contender], int],
    tell: Callable[[str], None],
) -> None:
    """Every contender's turns. Whoever fails is noted and left out from there on."""
    there = dict(running)

    def each(what: str, work: Callable[[str, Running], None]) -> None:
        tell(what)
        for name in list(there):
            try:
                work(name, there[name])
            except Trouble as trouble:
                results[name].trouble = str(trouble)
                results[name].slots.clear()
                there.pop(name)

    def turn(name: str, one: Running, model: str) -> None:
        results[name].slots.append(one.turn(model, seconds))

    each("warming up", lambda _name, one: _discard(one, seconds))
    before = {name: size(there[name].contender) for name in there}
    for number in range(times):
        each(f"B1, round {number + 1} of {times}", lambda name, one: turn(name, one, "B1"))
    for name in there:
        count = sum(slot.instances for slot in results[name].of("B1"))
        results[name].bytes_each = (size(there[name].contender) - before[name]) / count
    for number in range(times):
        each(f"B2, round {number + 1} of {times}", lambda name, one: turn(name, one, "B2"))
    each("checking", lambda _name, one: one.check())


def _discard(one: Running, seconds: float) -> None:
    for model, share in (("B2", 0.3), ("B1", 0.7)):
        one.turn(model, min(1.0, seconds) * one.contender.warm_up * share)


def stop_all(running: Iterable[Running]) -> None:
    """End every process."""
    for one in running:
        one.stop()
