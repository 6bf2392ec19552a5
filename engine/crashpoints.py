"""Named places at which a process can be made to die. Law: they cost nothing and do nothing unless a test asks.

What a crash leaves behind depends on where it comes: after a claim, between the state and what was thrown, between a
mail and the note that it went. Each such place has a name, and the code says `reached(name)` there. A process that is
started with `DEALFLOW_CRASH_AT=mail.handed_over:2` kills itself with SIGKILL when it passes there for the second time
(`:1` when nothing is said): no handler runs, nothing is flushed, as when the machine takes it away. Nobody sets this
outside of tests. docs/operations.md ("Proof") lists the places with what is found after a crash there.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

VARIABLE = "DEALFLOW_CRASH_AT"

POINTS: Mapping[str, str] = {
    "unit.before_commit": "everything of a unit of work is written, nothing is committed",
    "unit.after_commit": "a unit of work is committed, nobody has been told",
    "step.written": "state, waits and history are written, what was thrown is not yet delivered",
    "job.claimed": "a job is leased, its work has not begun",
    "handler.begins": "a handler is about to run",
    "handler.done": "a handler has run, its outcome is not written",
    "due.between": "between two timers or jobs of one batch, nothing is committed",
    "cases.between": "between two cases of one batch, nothing is committed",
    "message.taken": "a kept message is taken, its receiver has not stepped",
    "reminder.between": "between two reminders of one batch, nothing is committed",
    "mail.claimed": "messages are claimed, none is sent",
    "mail.before": "a message is about to be handed over",
    "mail.handed_over": "a message is handed over, that is not written down",
    "mail.noted": "a message is handed over and written down",
    "seal.written": "a seal is written, not committed",
    "cleanup.between": "some rows of ended cases are gone, others not, nothing is committed",
    "deploy.between": "a package is stored, its starts are not planned, nothing is committed",
    "migration.written": "a case is carried over to another version, not committed",
}
"""Every place by name, with what is so at that moment."""


@dataclass(slots=True)
class _Aim:
    name: str
    left: int
    lock: threading.Lock = field(default_factory=threading.Lock)

    def passed(self, name: str) -> None:
        if name != self.name:
            return
        with self.lock:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


_aim: _Aim | None = None


def reached(name: str) -> None:
    """The process has come to a named place."""
    if _aim is not None:
        _aim.passed(name)


def arm(text: str) -> None:
    """Die at `name` or `name:number`; an empty text: nowhere. ValueError when there is no such place or number."""
    global _aim
    name, _, number = text.partition(":")
    if text and name not in POINTS:
        raise ValueError(f"{VARIABLE}: there is no place {name!r}; there are: {', '.join(POINTS)}")
    if number and int(number) < 1:
        raise ValueError(f"{VARIABLE}: {number} is not a number of passings")
    _aim = _Aim(name, int(number or 1)) if text else None


arm(os.environ.get(VARIABLE, ""))
