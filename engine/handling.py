"""One job from its start to its outcome. Law: an outcome counts once, and only while its claim stands.

`inside` does a job in the caller's transaction: its writes and the step commit together. `outside` runs a claimed
job's handler with no transaction open, under a lease that a heartbeat keeps up; the outcome is a transaction of its
own and counts only while the fence is the job's own.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engine import advance, answers, instances, jobs, leases, metrics, scripts
from engine.crashpoints import reached
from engine.errors import Contended, DatabaseUnavailable, InternalError, OperatorError, StorageFull, WaitClosed
from engine.execution import Runtime
from engine.instances import Live
from engine.jobs import Job, Outcome
from engine.log import logger
from engine.process.triggers import JobDone, JobFailed, Trigger
from engine.process.waits import CallWait, JobWait
from engine.registry import BpmnError

log = logger("handling")


def actor() -> str:
    """Who a worker is in the history."""
    return f"worker:{socket.gethostname()}"


# ── inside the transaction ─────────────────────────────────────────────────────────────────────────────────────


def inside(session: Session, job: Job) -> int:
    """Work that needs nothing but the database. Returns 1, or 0 when its instance cannot be had just now.

    What the handler raises is raised: the caller's savepoint undoes it.
    """
    live = instances.load(session, job.instance_id, skip_locked=True)
    if live is None or live.status != "active":
        return 0
    held = instances.held(session, live, job.wait)
    if held is None or not isinstance(held.wait, JobWait | CallWait):
        jobs.close(session, job.instance_id, [job.wait])
        return 1
    wait = jobs.asked(job, held.wait)
    if isinstance(wait, CallWait):
        jobs.close(session, job.instance_id, [job.wait])
        advance.call(session, actor(), live, wait)
    elif wait.kind == "async":
        advance.advance(session, actor(), live, JobDone(wait.id))
    else:
        advance.advance(session, actor(), live, _answer(session, live, wait, job))
    return 1


def _answer(session: Session, live: Live, wait: JobWait, job: Job) -> Trigger:
    outcome = answers.answer(session, live, wait, job.attempt)
    if isinstance(outcome, answers.Failed):
        raise outcome.error
    if outcome is None:
        raise InternalError(reason=f"job {job.id} has no answer")
    return outcome


# ── outside any transaction ────────────────────────────────────────────────────────────────────────────────────


def outside(runtime: Runtime, job: Job) -> Outcome:
    """A claimed job from start to outcome; returns what became of it."""
    reached("job.claimed")
    with metrics.HANDS.track_inprogress():
        outcome = _from_start_to_outcome(runtime, job)
    metrics.JOBS.labels(job.topic, outcome).inc()
    return outcome


def _from_start_to_outcome(runtime: Runtime, job: Job) -> Outcome:
    at_work = False
    try:
        if not _claim_stands(runtime, job):
            return Outcome.LATE
        later = answers.Later()
        at_work = True
        outcome = _handle(runtime, job, later)
        at_work = False
        if not runtime.unit(lambda session: _finish(session, job, outcome, later)):
            return Outcome.LATE
        return Outcome.BPMN_ERROR if isinstance(outcome, JobFailed) else Outcome.DONE
    except Exception as fault:
        database = isinstance(fault, DatabaseUnavailable | StorageFull) and not at_work
        if database or isinstance(fault, Contended):
            # Not the handler's fault, and no attempt of its: the lease runs out, and the job comes again.
            log.warning("job_given_back", job=job.id, topic=job.topic, error=str(fault))
            return Outcome.RETURNED
        log.warning("job_failed", job=job.id, topic=job.topic, attempt=job.attempt, error=str(fault))
        return runtime.unit(partial(_fail, job=job, error=fault))


def _claim_stands(runtime: Runtime, job: Job) -> bool:
    """A job that waited behind others for a good part of its lease asks whether it still is ours."""
    fresh = timedelta(seconds=runtime.settings.lease_seconds / 2)
    if job.until is not None and runtime.now() < job.until - fresh:
        return True
    return runtime.unit(lambda session: leases.extend(session, job.id, job.fence))


def _fail(session: Session, job: Job, error: Exception) -> Outcome:
    instances.load(session, job.instance_id)
    return jobs.fail(session, job.id, job.fence, error)


def _handle(runtime: Runtime, job: Job, later: answers.Later) -> JobDone | JobFailed:
    inputs: Mapping[str, Any] = job.payload["inputs"]
    if job.kind == "script":
        return JobDone(job.wait, scripts.run(job.payload["script"], inputs))
    registered = runtime.registry.find(job.topic)
    found: JobDone | JobFailed | None = None
    try:
        with runtime.reading() as session, _heartbeat(runtime, job):
            live = instances.peek(session, job.instance_id)
            ctx = answers.context(session, live, job.wait, job.element, job.payload["properties"], job.attempt, later)
            try:
                found = JobDone(job.wait, dict(registered(ctx, inputs)))
            except BpmnError as outcome:
                found = JobFailed(job.wait, outcome.code, outcome.message, dict(outcome.variables))
    except DatabaseUnavailable:
        if found is None:
            raise
    return found  # a connection that broke behind the handler takes nothing back


def _finish(session: Session, job: Job, outcome: Trigger, later: answers.Later) -> bool:
    live = _held(session, job)
    if live is None:
        return False
    later.write(session, live.id, job.element)
    try:
        advance.advance(session, actor(), live, outcome)
    except WaitClosed:
        log.info("late_outcome_dropped", instance=live.id)
        return False
    return True


def _held(session: Session, job: Job) -> Live | None:
    """The job's instance under lock, if the claim stands and the instance goes on; else the job is put back."""
    live = instances.load(session, job.instance_id)
    if live is None or not leases.holds(session, job.id, job.fence):
        log.info("late_outcome_dropped", job=job.id, topic=job.topic)
        return None
    if live.status != "active":
        leases.put_back(session, job.id, job.fence)
        return None
    return live


@contextmanager
def _heartbeat(runtime: Runtime, job: Job) -> Iterator[None]:
    """Keep the lease up while the handler works."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(runtime.settings.lease_seconds / 3):
            try:
                if not runtime.unit(lambda session: leases.extend(session, job.id, job.fence)):
                    return
            except OperatorError as error:  # the next beat may come through
                log.warning("heartbeat_missed", job=job.id, error=str(error))

    thread = threading.Thread(target=beat, daemon=True, name=f"heartbeat-{job.id}")
    thread.start()
    try:
        yield
    finally:
        over.set()
