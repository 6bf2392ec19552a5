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
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engine import (
    advance,
    answers,
    batches,
    cleanup,
    firing,
    instances,
    jobs,
    leadership,
    notices,
    outbox,
    reminders,
    scripts,
    seals,
)
from engine.api.messages import awaited_names, deliver_one, expire_kept
from engine.crashpoints import reached
from engine.errors import Contended, DatabaseUnavailable, InternalError, OperatorError, StorageFull, WaitClosed
from engine.execution import Runtime
from engine.idempotency import forget_old
from engine.identity import SYSTEM
from engine.instances import Live
from engine.jobs import Job
from engine.log import logger
from engine.outbox import Channel
from engine.process.triggers import JobDone, JobFailed, Trigger
from engine.process.waits import CallWait, JobWait
from engine.registry import BpmnError
from engine.subscriptions import Mail, kept_for

log = logger("worker")
BATCH = 50
KEEPING_SECONDS = 120.0
"""How long the one who seals may be silent."""


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
        + notices.send_digests(runtime)
        + outbox.sweep(runtime, channels(runtime))
        + run_kept(runtime)
        + batches.run_batches(runtime)
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


def run_timers(runtime: Runtime, limit: int = firing.BATCH) -> int:
    """Fire one batch of due timers; returns how many fired."""
    return firing.sweep(runtime, limit)


# ── jobs ───────────────────────────────────────────────────────────────────────────────────────────────────────


def run_jobs(runtime: Runtime, limit: int = BATCH) -> int:
    """Claim due jobs and work on them one after the other; returns how many were worked on."""
    claimed = runtime.unit(lambda session: jobs.claim(session, worker_name(), limit))
    for job in claimed:
        work(runtime, job)
    return len(claimed)


def work(runtime: Runtime, job: Job) -> None:
    """One claimed job from start to outcome: done, BPMN error, or failed (retry or incident)."""
    reached("job.claimed")
    try:
        inside = job.kind in ("decision", "call", "async") or (
            job.kind == "topic" and runtime.registry.find(job.topic).transactional
        )
        if inside:
            runtime.unit(lambda session: _work_inside(session, job))
        elif runtime.unit(lambda session: jobs.extend(session, job.id, job.fence)):
            later = answers.Later()
            outcome = _work_outside(runtime, job, later)
            runtime.unit(lambda session: _finish(session, job, outcome, later))
    except Contended:  # its lease runs out, and it comes again
        log.warning("job_contended", job=job.id, topic=job.topic)
    except Exception as fault:
        log.warning("job_failed", job=job.id, topic=job.topic, attempt=job.attempt, error=str(fault))
        runtime.unit(partial(_fail, job=job, error=fault))


def _fail(session: Session, job: Job, error: Exception) -> None:
    instances.load(session, job.instance_id)
    jobs.fail(session, job.id, job.fence, error)


def _held(session: Session, job: Job) -> Live | None:
    """The job's instance under lock, if the claim stands and the instance goes on; else the job is put back."""
    live = instances.load(session, job.instance_id)
    if live is None or not jobs.holds(session, job.id, job.fence):
        log.info("late_outcome_dropped", job=job.id, topic=job.topic)
        return None
    if live.status != "active":
        jobs.put_back(session, job.id, job.fence)
        return None
    return live


def _work_inside(session: Session, job: Job) -> None:
    """A transactional handler's later attempt: its writes and the step commit together."""
    live = _held(session, job)
    if live is None:
        return
    held = instances.held(session, live, job.wait)
    if held is None or not isinstance(held.wait, JobWait | CallWait):
        jobs.close(session, job.instance_id, [job.wait])
        return
    wait = jobs.asked(job, held.wait)
    if isinstance(wait, CallWait):
        jobs.close(session, job.instance_id, [job.wait])
        advance.call(session, _actor(), live, wait)
        return
    if wait.kind == "async":
        _advance(session, live, JobDone(wait.id))
        return
    outcome = answers.answer(session, live, wait, job.attempt)
    if isinstance(outcome, answers.Failed):
        raise outcome.error
    if outcome is None:
        raise InternalError(reason=f"job {job.id} has no answer")
    _advance(session, live, outcome)


def _work_outside(runtime: Runtime, job: Job, later: answers.Later) -> Trigger:
    inputs: Mapping[str, Any] = job.payload["inputs"]
    if job.kind == "script":
        return JobDone(job.wait, scripts.run(job.payload["script"], inputs))
    registered = runtime.registry.find(job.topic)
    with runtime.reading() as session, _heartbeat(runtime, job):
        live = instances.peek(session, job.instance_id)
        ctx = answers.context(session, live, job.wait, job.element, job.payload["properties"], job.attempt, later)
        try:
            return JobDone(job.wait, dict(registered(ctx, inputs)))
        except BpmnError as outcome:
            return JobFailed(job.wait, outcome.code, outcome.message, dict(outcome.variables))


def _finish(session: Session, job: Job, outcome: Trigger, later: answers.Later) -> None:
    live = _held(session, job)
    if live is not None:
        later.write(session, live.id, job.element)
        _advance(session, live, outcome)


def _actor() -> str:
    return f"worker:{socket.gethostname()}"


def _advance(session: Session, live: Live, outcome: Trigger) -> None:
    try:
        advance.advance(session, _actor(), live, outcome)
    except WaitClosed:
        log.info("late_outcome_dropped", instance=live.id)


@contextmanager
def _heartbeat(runtime: Runtime, job: Job) -> Iterator[None]:
    """Keep the lease up while the handler works."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(runtime.settings.lease_seconds / 3):
            try:
                if not runtime.unit(lambda session: jobs.extend(session, job.id, job.fence)):
                    return
            except OperatorError as error:  # the next beat may come through
                log.warning("heartbeat_missed", job=job.id, error=str(error))

    thread = threading.Thread(target=beat, daemon=True, name=f"heartbeat-{job.id}")
    thread.start()
    try:
        yield
    finally:
        over.set()


# ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────


def run_kept(runtime: Runtime) -> int:
    """Deliver kept messages that somebody awaits by now, one transaction each; late ones become incidents."""
    with runtime.reading() as session:
        waiting = [kept for name in awaited_names(session) for kept in kept_for(session, name)]
    done = sum(_deliver(runtime, id, mail) for id, mail in waiting)
    runtime.unit(forget_old)
    return done + runtime.unit(expire_kept)


def _deliver(runtime: Runtime, id: int, mail: Mail) -> bool:
    try:
        return runtime.unit(lambda session: deliver_one(session, SYSTEM, id, mail))
    except (StorageFull, DatabaseUnavailable):
        raise
    except Exception as error:  # one message that its receiver cannot take does not hold up the others
        log.error("kept_message_failed", message=id, name=mail.name, exc_info=error)
        return False


# ── keeping ────────────────────────────────────────────────────────────────────────────────────────────────────


def run_keeping(runtime: Runtime) -> int:
    """Seal what happened and, at night, let go of what is over. Only one worker of a house does."""
    leading = partial(
        leadership.lead, duty="keeping", holder=f"{socket.gethostname()}:{os.getpid()}", seconds=KEEPING_SECONDS
    )
    if not runtime.unit(leading):
        return 0
    done = 1 if runtime.unit(seals.make) else 0
    while batch := cleanup.sweep(runtime):
        done += batch
        if not runtime.unit(leading):
            break
    return done
