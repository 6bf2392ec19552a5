"""The clock of a process: APScheduler calls the worker's duties. Law: it holds no business state.

Each duty is coalesced and never runs twice at once in one process; what it missed is a row and found the next time.
What is due in shards and what handlers do is the crew's: the sweep tells it, and so do hints after commits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from engine import batches, crew, forwarding, leadership, metrics, notices, outbox, reminders, wakeups, worker
from engine.crew import Crew
from engine.errors import OperatorError
from engine.execution import Runtime
from engine.log import logger
from engine.wakeups import Wakeups

log = logger("scheduler")
SLOW = 5.0
"""Seconds between looks at kept messages: met by a place that opened at the same moment, or past their time."""

RARE = 60.0
"""Seconds between seals, and between two looks of the figures at history; the clean-up of the night looks as often."""


@dataclass(frozen=True, slots=True)
class Duties:
    """What runs in the threads of this process."""

    runtime: Runtime
    clock: BackgroundScheduler
    crew: Crew
    wakeups: Wakeups | None

    def shutdown(self, seconds: float | None = None) -> int:
        """Stop: nothing more is begun, running handlers end within `seconds` (None: as the settings say), leases are
        given back. Returns how many jobs were given back to others."""
        self.clock.shutdown(wait=False)
        back = crew.stop(self.crew, self.runtime.settings.stop_seconds if seconds is None else seconds)
        try:
            self.runtime.unit(lambda session: leadership.resign(session, worker.process_name()))
        except OperatorError as error:  # what it led is free when its lease is over
            log.error("not_resigned", error=str(error))
        finally:
            if self.wakeups is not None:
                wakeups.close(self.wakeups)
        return back


def start(runtime: Runtime) -> Duties:
    """Start all duties in threads of this process; call `shutdown()` on what comes back."""
    mine = crew.start(runtime, worker.process_name())
    told = wakeups.connect(runtime, lambda due: crew.tell(mine, due))
    clock = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(6)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    often = runtime.settings.sweep_seconds
    duties: dict[str, tuple[Callable[[], object], float]] = {
        "sweep": (lambda: crew.sweep(mine), often),
        "reminders": (lambda: _until_idle(lambda: reminders.sweep(runtime)), often),
        "digests": (lambda: notices.send_digests(runtime), SLOW),
        "forwarding": (lambda: _until_idle(lambda: forwarding.run(runtime)), often),
        "outbox": (lambda: _until_idle(lambda: outbox.sweep(runtime, worker.channels(runtime))), often),
        "batches": (lambda: _until_idle(lambda: batches.run_batches(runtime)), often),
        "schedule": (lambda: _until_idle(lambda: worker.run_scheduled(runtime)), often),
        "messages": (lambda: worker.run_kept(runtime), SLOW),
        "statistics": (lambda: worker.run_statistics(runtime), RARE),
        "keeping": (lambda: worker.run_keeping(runtime), RARE),
    }
    for name, (duty, seconds) in duties.items():
        clock.add_job(_guarded(name, duty), "interval", seconds=seconds, id=name)
    clock.start()
    metrics.SWEPT.set_function(lambda: time.monotonic() - mine.swept)
    return Duties(runtime, clock, mine, told)


def _until_idle(duty: Callable[[], int], most: int = 200) -> None:
    for _ in range(most):
        if duty() == 0:
            return


def _guarded(name: str, duty: Callable[[], object]) -> Callable[[], None]:
    """A duty that fails is logged and comes again. What the operators must mend (the database is away) is said in one
    line when it begins and when it is over, not at each try; our own faults are told each time, with their stack."""
    said, tries = "", 0

    def run() -> None:
        nonlocal said, tries
        try:
            duty()
        except OperatorError as error:
            tries += 1
            if said != error.code:
                said = error.code
                log.error("duty_failed", duty=name, error=str(error))
        except Exception as error:
            log.error("duty_failed", duty=name, exc_info=error)
        else:
            if said:
                log.info("duty_goes_on", duty=name, failures=tries)
            said, tries = "", 0

    return run
