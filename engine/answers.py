"""Waits that are answered inside the transaction. Law: each in a savepoint; what fails becomes a job, never a fault.

A sandboxed script, a transactional handler and a decision bound at run time need nothing but the database and the
processor: the step goes on with their answer at once. A handler that raises leaves no trace but a job to retry, so
that what the person completed stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine import assignment, audit, calendars, deciding, instances, outbox, schedule, scripts
from engine.errors import DealflowError, ScriptFailed, StorageFull
from engine.execution import runtime_of
from engine.feel import Moment
from engine.instances import Live
from engine.log import logger
from engine.process.contract import Decided
from engine.process.triggers import JobDone, JobFailed
from engine.process.waits import JobWait
from engine.registry import BpmnError, Context, Registered
from engine.store import fault_of, require_whole

log = logger("answers")


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer could not be given: a job with this fault behind it is to be opened."""

    error: BaseException


@dataclass(slots=True)
class PlannedLater:
    """`registry.Schedule` of a handler outside any transaction: what it plans and cancels, in its order."""

    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def add(self, message: str, **planned: Any) -> bool:
        """Plan a message; whether it is planned already shows when it is written."""
        self.asked.append((message, planned))
        return True

    def cancel(self, prefix: str) -> int:
        """Cancel when the outcome is written; how many there are is not known before."""
        self.asked.append((prefix, {}))
        return 0

    def write(self, session: Session, instance_id: int) -> None:
        """Write it all, in the transaction of the outcome."""
        for what, planned in self.asked:
            if planned:
                schedule.add(session, what, **planned, instance_id=instance_id)
            else:
                schedule.cancel(session, what)


@dataclass(slots=True)
class Later:
    """What a handler outside any transaction sends, plans and audits: written with its outcome, or not at all."""

    mails: list[dict[str, Any]] = field(default_factory=list)
    entries: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    dates: PlannedLater = field(default_factory=PlannedLater)

    def add(
        self,
        channel: str,
        recipient: str,
        template: str,
        data: Mapping[str, object],
        *,
        dedupe_key: str,
        language: str | None = None,
        not_before: datetime | None = None,
    ) -> str:
        """Queue one message (`registry.Outbox`); whether it is a duplicate shows when it is written."""
        mail = {"channel": channel, "recipient": recipient, "template": template, "data": dict(data)}
        self.mails.append({**mail, "dedupe_key": dedupe_key, "language": language, "not_before": not_before})
        return "waiting"

    def audit(self, action: str, data: Mapping[str, object]) -> None:
        """Add an entry to the instance's chain."""
        self.entries.append((action, data))

    def write(self, session: Session, instance_id: int, element: str) -> None:
        """Write it all, in the transaction of the outcome."""
        for mail in self.mails:
            outbox.add(session, **mail, instance_id=instance_id)
        for action, data in self.entries:
            _audit(session, instance_id, element, action, data)
        self.dates.write(session, instance_id)


def answer(session: Session, live: Live, wait: JobWait, attempt: int = 1) -> JobDone | JobFailed | Failed | None:
    """The answer to a JobWait, or None when it is work for a worker."""
    match wait.kind:
        case "script":
            return _script(wait)
        case "decision":
            return _decision(session, live, wait)
        case "async":
            return None
    registry = runtime_of(session).registry
    if wait.name not in registry or not registry.find(wait.name).transactional:
        return None
    return handle(session, live, registry.find(wait.name), wait.id, wait.element, wait.inputs, wait.properties, attempt)


def handle(
    session: Session,
    live: Live,
    registered: Registered,
    wait: int,
    element: str,
    inputs: Mapping[str, Any],
    properties: Mapping[str, str],
    attempt: int = 1,
) -> JobDone | JobFailed | Failed:
    """Run a transactional handler in a savepoint. A BPMN error keeps what it wrote; any other fault keeps nothing."""
    ctx = context(session, live, wait, element, properties, attempt)
    try:
        with session.begin_nested():
            try:
                found: JobDone | JobFailed = JobDone(wait, dict(registered(ctx, inputs)))
            except BpmnError as outcome:
                found = JobFailed(wait, outcome.code, outcome.message, dict(outcome.variables))
            require_whole(session)
            instances.put_down(session)
            return found
    except Exception as error:
        if isinstance(error, StorageFull) or (isinstance(error, DBAPIError) and fault_of(error) is not None):
            raise  # the database's own trouble: the unit of work is undone, and perhaps run again
        log.warning("handler_failed", topic=registered.topic, element=element, instance=live.id, exc_info=error)
        return Failed(error)


def context(
    session: Session,
    live: Live,
    wait: int,
    element: str,
    properties: Mapping[str, str],
    attempt: int,
    later: Later | None = None,
) -> Context:
    """What a handler is given beside its inputs. `later`: it runs outside any transaction."""
    runtime = runtime_of(session)
    return Context(
        session=session,
        now=runtime.now(),
        zone=runtime.zone,
        calendar=calendars.calendar(session, live.package.definition.properties.get("calendar")),
        people=assignment.Directory(session),
        outbox=later or outbox.Outbox(session, live.id),
        audit=later.audit if later else partial(_audit, session, live.id, element),
        instance=str(live.id),
        process=live.package.key,
        element=element,
        business_key=live.business_key,
        job_key=f"{live.id}:{wait}",
        attempt=attempt,
        properties=properties,
        schedule=later.dates if later else schedule.Schedule(session, live.id),
    )


def _audit(session: Session, instance_id: int, element: str, action: str, data: Mapping[str, object]) -> None:
    audit.append(session, f"instance:{instance_id}", f"handler:{element}", action, data)


def _script(wait: JobWait) -> JobDone | Failed:
    try:
        return JobDone(wait.id, scripts.run(wait.name, wait.inputs))
    except ScriptFailed as error:
        return Failed(error)


def _decision(session: Session, live: Live, wait: JobWait) -> JobDone | Failed:
    runtime = runtime_of(session)
    try:
        model = deciding.bound_decision(session, live.package, wait.name, wait.binding or "latest")
        moment = Moment(now=runtime.now(), zone=runtime.zone)
        result = model.evaluate(wait.name, model.read(wait.name, wait.inputs), moment)
    except DealflowError as error:
        return Failed(error)
    live.events.append(Decided(wait.element, wait.name, result))
    return JobDone(wait.id, {"result": result.value})
