"""Waits that are answered inside the transaction. Law: each in a savepoint; what fails becomes a job, never a fault.

A sandboxed script, a transactional handler and a decision bound at run time need nothing but the database and the
processor: the step goes on with their answer at once. A handler that raises leaves no trace but a job to retry, so
that what the person completed stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engine import assignment, audit, calendars, definitions, outbox, scripts
from engine.errors import NotFound, ScriptFailed
from engine.execution import runtime_of
from engine.feel import Moment
from engine.instances import Live
from engine.log import logger
from engine.process.triggers import JobDone, JobFailed
from engine.process.waits import JobWait
from engine.registry import BpmnError, Context, Registered

log = logger("answers")


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer could not be given: a job with this fault behind it is to be opened."""

    error: BaseException


def answer(session: Session, live: Live, wait: JobWait) -> JobDone | JobFailed | Failed | None:
    """The answer to a JobWait, or None when it is work for a worker."""
    match wait.kind:
        case "script":
            return _script(wait)
        case "decision":
            return _decision(session, live, wait)
    registry = runtime_of(session).registry
    if wait.name not in registry or not registry.find(wait.name).transactional:
        return None
    return handle(session, live, registry.find(wait.name), wait.id, wait.element, wait.inputs, wait.properties)


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
                return JobDone(wait, dict(registered(ctx, inputs)))
            except BpmnError as outcome:
                return JobFailed(wait, outcome.code, outcome.message, dict(outcome.variables))
    except Exception as error:
        log.warning("handler_failed", topic=registered.topic, element=element, instance=live.id, exc_info=error)
        return Failed(error)


def context(
    session: Session, live: Live, wait: int, element: str, properties: Mapping[str, str], attempt: int
) -> Context:
    """What a handler is given beside its inputs."""
    runtime = runtime_of(session)
    return Context(
        session=session,
        now=runtime.now(),
        zone=runtime.zone,
        calendar=calendars.calendar(session),
        people=assignment.Directory(session),
        outbox=outbox.Outbox(session, live.id),
        audit=partial(_audit, session, live.id, element),
        instance=str(live.id),
        process=live.package.key,
        element=element,
        business_key=live.business_key,
        job_key=f"{live.id}:{wait}",
        attempt=attempt,
        properties=properties,
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
        model = live.package.decisions.get(wait.name) or definitions.latest_decision(session, wait.name)
    except NotFound as error:
        return Failed(error)
    at = Moment(now=runtime.now(), zone=runtime.zone)
    return JobDone(wait.id, {"result": model.evaluate(wait.name, wait.inputs, at).value})
