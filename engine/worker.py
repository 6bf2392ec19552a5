"""The worker: jobs, timers, reminders, mail. Law: every duty is one function that returns how much it did.

Nothing here holds state: what is due is a row, and a worker that dies is missed by nobody. A job's handler runs
outside any transaction under a lease that a heartbeat keeps up; its outcome counts only while the fence is its own.
"""

from __future__ import annotations

import importlib
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine import advance, answers, instances, jobs, outbox, reminders, scripts, timers
from engine.api.messages import awaited_names, deliver_kept, expire_kept
from engine.errors import InternalError, WaitClosed
from engine.execution import Runtime
from engine.identity import SYSTEM
from engine.instances import Live
from engine.jobs import Job
from engine.log import logger
from engine.outbox import Channel
from engine.process.triggers import JobDone, JobFailed, TimerFired, Trigger
from engine.registry import BpmnError

log = logger("worker")
BATCH = 50


def worker_name() -> str:
    """Host and process: who holds a lease."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"


def channels(runtime: Runtime) -> Mapping[str, Channel]:
    """The channels that the handlers packages bring (`<package>.channels.CHANNELS`)."""
    found: dict[str, Channel] = runtime.cache.setdefault("channels", {})
    if not found:
        for name in runtime.settings.handlers:
            try:
                module = importlib.import_module(f"{name}.channels")
            except ModuleNotFoundError:
                continue
            found.update(module.CHANNELS)
    return found


def run_once(runtime: Runtime) -> int:
    """Every duty once; returns how much was done, 0 when there was nothing."""
    return (
        run_timers(runtime)
        + run_jobs(runtime)
        + reminders.sweep(runtime)
        + outbox.sweep(runtime, channels(runtime))
        + run_kept(runtime)
    )


def drain(runtime: Runtime, most: int = 10_000) -> int:
    """Work until nothing is due (or `most` was done): tests and the end of commands."""
    total = 0
    while total < most:
        done = run_once(runtime)
        if done == 0:
            break
        total += done
    return total


# ── timers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def run_timers(runtime: Runtime, limit: int = BATCH) -> int:
    """Fire due timers, one transaction each; returns how many fired."""
    with runtime.reading() as session:
        due = timers.due(session, limit)
    return sum(_fire(runtime, timer_id, instance_id) for timer_id, instance_id in due)


def _fire(runtime: Runtime, timer_id: int, instance_id: int) -> int:
    try:
        with runtime.transaction() as session:
            live = instances.load(session, instance_id, skip_locked=True)
            if live is None or live.status != "active":
                return 0
            wait = timers.still_open(session, timer_id)
            if wait is None:
                return 0
            advance.advance(session, "timer", live, TimerFired(wait))
    except Exception as error:
        log.error("timer_failed", timer=timer_id, instance=instance_id, exc_info=error)
        with runtime.transaction() as session:
            timers.postpone(session, timer_id, error)
        return 0
    return 1


# ── jobs ───────────────────────────────────────────────────────────────────────────────────────────────────────


def run_jobs(runtime: Runtime, limit: int = BATCH) -> int:
    """Claim due jobs and work on them one after the other; returns how many were worked on."""
    with runtime.transaction() as session:
        claimed = jobs.claim(session, worker_name(), limit)
    for job in claimed:
        work(runtime, job)
    return len(claimed)


def work(runtime: Runtime, job: Job) -> None:
    """One claimed job from start to outcome: done, BPMN error, or failed (retry or incident)."""
    try:
        if (job.kind == "topic" and runtime.registry.find(job.topic).transactional) or job.kind == "decision":
            _work_inside(runtime, job)
        else:
            _finish(runtime, job, _work_outside(runtime, job))
    except Exception as error:
        log.warning("job_failed", job=job.id, topic=job.topic, attempt=job.attempt, error=str(error))
        with runtime.transaction() as session:
            instances.load(session, job.instance_id)
            jobs.fail(session, job.id, job.fence, error)


def _work_inside(runtime: Runtime, job: Job) -> None:
    """A transactional handler's later attempt: its writes and the step commit together."""
    with runtime.transaction() as session:
        live = instances.load(session, job.instance_id)
        if live is None or live.status != "active" or not jobs.holds(session, job.id, job.fence):
            return
        wait = live.state.waits.get(job.wait)
        if wait is None:
            jobs.delete(session, job.id)
            return
        outcome = answers.answer(session, live, wait.wait)  # type: ignore[arg-type]
        if isinstance(outcome, answers.Failed):
            raise outcome.error
        if outcome is None:
            raise InternalError(reason=f"job {job.id} has no answer")
        _advance(runtime, session, live, outcome)


def _work_outside(runtime: Runtime, job: Job) -> Trigger:
    inputs: Mapping[str, Any] = job.payload["inputs"]
    if job.kind == "script":
        return JobDone(job.wait, scripts.run(job.payload["script"], inputs))
    registered = runtime.registry.find(job.topic)
    with runtime.reading() as session, _heartbeat(runtime, job):
        live = instances.peek(session, job.instance_id)
        ctx = answers.context(session, live, job.wait, job.element, job.payload["properties"], job.attempt)
        try:
            return JobDone(job.wait, dict(registered(ctx, inputs)))
        except BpmnError as outcome:
            return JobFailed(job.wait, outcome.code, outcome.message, dict(outcome.variables))


def _finish(runtime: Runtime, job: Job, outcome: Trigger) -> None:
    with runtime.transaction() as session:
        live = instances.load(session, job.instance_id)
        if live is None or not jobs.holds(session, job.id, job.fence):
            log.info("late_outcome_dropped", job=job.id, topic=job.topic)
            return
        _advance(runtime, session, live, outcome)


def _advance(runtime: Runtime, session: Any, live: Live, outcome: Trigger) -> None:
    try:
        advance.advance(session, f"worker:{socket.gethostname()}", live, outcome)
    except WaitClosed:
        log.info("late_outcome_dropped", instance=live.id)


@contextmanager
def _heartbeat(runtime: Runtime, job: Job) -> Iterator[None]:
    """Keep the lease up while the handler works."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(runtime.settings.lease_seconds / 3):
            with runtime.transaction() as session:
                if not jobs.extend(session, job.id, job.fence):
                    return

    thread = threading.Thread(target=beat, daemon=True, name=f"heartbeat-{job.id}")
    thread.start()
    try:
        yield
    finally:
        over.set()


# ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────


def run_kept(runtime: Runtime) -> int:
    """Deliver kept messages that somebody awaits by now; those past their time become incidents."""
    with runtime.reading() as session:
        names = awaited_names(session)
    done = 0
    for name in names:
        with runtime.transaction() as session:
            done += deliver_kept(session, SYSTEM, [name])
    with runtime.transaction() as session:
        return done + expire_kept(session)
