"""Work for handlers, as rows with a lease. Law: at least once, one worker at a time, outcomes from a closed set.

A worker claims rows (lease and fence go up), works outside any transaction, and reports one outcome: done, BPMN
error, failed. The report counts only while its fence is the row's: a worker that lost its lease changes nothing. A
failed job waits its back-off and comes again; without attempts left it becomes an incident that a person can retry.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import incidents
from engine.errors import DealflowError, ExternalFailure, both
from engine.execution import runtime_of
from engine.ids import new_id
from engine.instances import Live
from engine.process.waits import CallWait, JobWait
from engine.retry import RetryPolicy, parse
from engine.store import tables as t

DEFAULT_RETRY = RetryPolicy()
State = Literal["ready", "leased", "failed"]
"""Of a job's row: due at its moment, in a worker's hands, without attempts left. What is done has no row."""


class Outcome(StrEnum):
    """What became of one attempt at a job; there is nothing else."""

    DONE = "done"
    """The handler returned: the instance goes on."""
    BPMN_ERROR = "bpmn_error"
    """The handler raised a BpmnError: a business outcome, which the diagram handles."""
    RETRY = "retry"
    """It failed and comes again after its back-off."""
    INCIDENT = "incident"
    """It failed and no attempt is left: a person sees it."""
    RETURNED = "returned"
    """It was given back untried (the instance is suspended, the worker stops); the attempt does not count."""
    LATE = "late"
    """The lease was lost or the work is no longer wanted: the report changed nothing."""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. `fence` proves the claim."""

    id: int
    instance_id: int
    wait: int
    element: str
    kind: str
    topic: str
    payload: Mapping[str, Any]
    attempt: int
    fence: int

    @property
    def key(self) -> str:
        """The same for every attempt: what the world outside dedupes by."""
        return f"{self.instance_id}:{self.wait}"


def open_job(session: Session, live: Live, wait: JobWait, *, failed: BaseException | None = None) -> int:
    """Write the row of a JobWait. `failed`: the first attempt was made inside the step and raised."""
    runtime = runtime_of(session)
    handled = wait.kind == "topic" and wait.name in runtime.registry
    default = runtime.registry.find(wait.name).retry if handled else DEFAULT_RETRY
    policy = parse(wait.retries, default)
    kind = wait.kind if wait.kind != "topic" or handled else "external"
    id = new_id()
    session.execute(
        sa.insert(t.job).values(
            id=id,
            instance_id=live.id,
            wait=wait.id,
            element=wait.element,
            kind=kind,
            topic=wait.name if wait.kind != "script" else "script",
            state="ready",
            due_at=runtime.now(),
            priority=wait.priority,
            attempts=0,
            max_attempts=policy.attempts,
            retry=wait.retries,
            payload={
                "inputs": dict(wait.inputs),
                "script": wait.name if wait.kind == "script" else None,
                "language": wait.language,
                "properties": dict(wait.properties),
            },
            fence=0,
        )
    )
    if failed is not None:
        fail(session, id, 0, failed)
    return id


def open_call(session: Session, live: Live, wait: CallWait, error: BaseException) -> None:
    """A called process could not be started: an incident, and a job that starts it when a person retries."""
    id = new_id()
    session.execute(
        sa.insert(t.job).values(
            id=id,
            instance_id=live.id,
            wait=wait.id,
            element=wait.element,
            kind="call",
            topic=wait.called,
            state="ready",
            due_at=runtime_of(session).now(),
            max_attempts=1,
            payload={"inputs": dict(wait.inputs)},
        )
    )
    fail(session, id, 0, error)


def asked(job: Job, wait: JobWait | CallWait) -> JobWait | CallWait:
    """The open wait with its inputs: an instance's state does not keep them, the job's row does."""
    return replace(wait, inputs=job.payload["inputs"])


def claim(
    session: Session, worker: str, limit: int, kinds: Sequence[str] = ("topic", "script", "decision", "call", "async")
) -> list[Job]:
    """Lease due jobs of active instances; those whose worker has been silent past its lease are due again."""
    runtime = runtime_of(session)
    now = runtime.now()
    due = sa.or_(
        sa.and_(t.job.c.state == "ready", t.job.c.due_at <= now),
        sa.and_(t.job.c.state == "leased", t.job.c.lease_until < now),
    )
    rows = session.execute(
        sa.select(t.job)
        .join(t.instance, t.instance.c.id == t.job.c.instance_id)
        .where(due, t.job.c.kind.in_(kinds), t.instance.c.state == "active")
        .order_by(t.job.c.priority.desc(), t.job.c.due_at, t.job.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=t.job)
    ).all()
    if rows:
        session.execute(
            sa.update(t.job)
            .where(t.job.c.id.in_([row.id for row in rows]))
            .values(
                state="leased",
                lease_by=worker,
                lease_until=now + timedelta(seconds=runtime.settings.lease_seconds),
                fence=t.job.c.fence + 1,
            )
        )
    return [
        Job(r.id, r.instance_id, r.wait, r.element, r.kind, r.topic, r.payload, r.attempts + 1, r.fence + 1)
        for r in rows
    ]


def extend(session: Session, job_id: int, fence: int) -> bool:
    """Heartbeat: the worker is alive, its lease runs on. False when the lease was lost."""
    runtime = runtime_of(session)
    until = runtime.now() + timedelta(seconds=runtime.settings.lease_seconds)
    done = session.execute(
        sa.update(t.job)
        .where(t.job.c.id == job_id, t.job.c.fence == fence, t.job.c.state == "leased")
        .values(lease_until=until)
    )
    return bool(getattr(done, "rowcount", 0))


def holds(session: Session, job_id: int, fence: int) -> bool:
    """Whether the claim still stands; asked under the instance's lock, before the outcome is written."""
    found = session.scalar(
        sa.select(t.job.c.id).where(t.job.c.id == job_id, t.job.c.fence == fence, t.job.c.state == "leased")
    )
    return found is not None


def fail(
    session: Session,
    job_id: int,
    fence: int,
    error: BaseException,
    *,
    left: int | None = None,
    after: timedelta | None = None,
) -> Outcome:
    """An attempt failed: wait and come again (RETRY), or raise an incident when none is left; LATE: not its job.

    `left` and `after`: attempts left and the wait, as a program outside says them; unsaid, by the policy.
    """
    runtime = runtime_of(session)
    row = session.execute(sa.select(t.job).where(t.job.c.id == job_id, t.job.c.fence == fence)).first()
    if row is None:
        return Outcome.LATE
    handled = row.kind == "topic" and row.topic in runtime.registry
    default = runtime.registry.find(row.topic).retry if handled else DEFAULT_RETRY
    most = row.max_attempts if left is None else max(row.max_attempts, left)
    attempts = row.attempts + 1 if left is None else most - left
    policy = replace(parse(row.retry, replace(default, attempts=most)), attempts=most)
    wait = policy.wait(attempts)
    if wait is not None and after is not None:
        wait = after
    text = (
        error.text(runtime.settings.language)
        if isinstance(error, DealflowError)
        else f"{type(error).__name__}: {error}"
    )
    session.execute(
        sa.update(t.job)
        .where(t.job.c.id == job_id)
        .values(
            state="ready" if wait is not None else "failed",
            due_at=runtime.now() + (wait or timedelta()),
            attempts=attempts,
            max_attempts=most,
            last_error=text[:4000],
            lease_by=None,
            lease_until=None,
        )
    )
    if wait is None:
        incidents.raise_incident(
            session,
            "job",
            row.element,
            type(error).__name__,
            both(error),
            instance_id=row.instance_id,
            wait=row.wait,
            job_id=job_id,
            stack=_stack(error),
        )
    return Outcome.RETRY if wait is not None else Outcome.INCIDENT


def _stack(error: BaseException) -> str:
    if isinstance(error, ExternalFailure):
        return str(error.fields["details"])[-8000:]
    return "".join(traceback.format_exception(error))[-8000:]


def again(session: Session, job_id: int, inputs: Mapping[str, Any] | None = None, attempts: int | None = None) -> bool:
    """A person retries a failed job: it is due at once, with all its attempts. False when it is gone.

    inputs: what it is asked with from now on; attempts: how many it has. None: as before.
    """
    row = session.execute(sa.select(t.job).where(t.job.c.id == job_id, t.job.c.state == "failed")).first()
    if row is None:
        return False
    values: dict[str, Any] = {"state": "ready", "attempts": 0, "due_at": runtime_of(session).now()}
    if inputs is not None:
        values["payload"] = {**row.payload, "inputs": dict(inputs)}
    if attempts is not None:
        values["max_attempts"] = attempts
    session.execute(sa.update(t.job).where(t.job.c.id == job_id).values(values))
    return True


def grant(session: Session, job_id: int, left: int) -> None:
    """A job that still comes again has this many attempts left from now on."""
    session.execute(sa.update(t.job).where(t.job.c.id == job_id).values(max_attempts=t.job.c.attempts + left))


def put_back(session: Session, job_id: int, fence: int) -> None:
    """Not now (the instance is held): the job is due again, and the attempt does not count."""
    session.execute(
        sa.update(t.job)
        .where(t.job.c.id == job_id, t.job.c.fence == fence, t.job.c.state == "leased")
        .values(state="ready", lease_by=None, lease_until=None)
    )


def close(session: Session, instance_id: int, waits: Sequence[int]) -> None:
    """What the jobs were for is done or no longer wanted."""
    session.execute(sa.delete(t.job).where(t.job.c.instance_id == instance_id, t.job.c.wait.in_(waits)))
