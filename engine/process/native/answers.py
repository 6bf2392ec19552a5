"""What each trigger does: the table from trigger to function. Law: a trigger whose wait is gone changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import InvalidInput, WaitClosed
from engine.process import triggers as t
from engine.process.contract import Ended
from engine.process.model import WorkSpec
from engine.process.native import arming, around, events, listening, subprocesses, tasks, throwing, watching
from engine.process.native.activities import finish
from engine.process.native.cancelling import cancel_scope
from engine.process.native.plan import PNode
from engine.process.native.run import Run
from engine.process.native.starting import move_token, start
from engine.process.native.table import going_on, resume
from engine.process.state import Held, Stage, Token
from engine.process.waits import CallWait, IncidentWait, JobWait, MessageWait, ThrowWait, TimerWait, UserWait, Wait


def _held(run: Run, wait: int, *kinds: type[Wait]) -> Held:
    held = run.held(wait)
    if not isinstance(held.wait, kinds):
        raise WaitClosed(wait=wait)
    return held


def _job_done(run: Run, trigger: t.JobDone) -> None:
    held = _held(run, trigger.wait, JobWait)
    assert isinstance(held.wait, JobWait)
    token = run.token(held.token)
    run.close(trigger.wait, "done")
    p = run.plan.nodes[token.node]
    if held.role == "throw":
        run.attempt(throwing.throw_next, token)
        return
    if held.role == "async":
        run.attempt(going_on(p, held.data), token)
        return
    if held.role == around.ROLE:
        run.attempt(around.answered, token, trigger.variables)
        return
    if held.role == "listener":
        run.attempt(listening.answered, token, trigger.variables)
        return
    results = dict(trigger.variables)
    work = p.node.work or WorkSpec()
    if held.wait.kind == "decision" and set(results) == {"result"}:
        results = dict(tasks.decided(work, held.wait.name, results.get("result"), held.wait.name))
    elif work.result_variable and held.wait.kind != "decision":
        found = results["result"] if set(results) == {"result"} else results
        results = {work.result_variable: found}
    run.attempt(finish, token, results)


def _job_failed(run: Run, trigger: t.JobFailed) -> None:
    held = _held(run, trigger.wait, JobWait, UserWait)
    token = run.token(held.token)
    run.close(trigger.wait, "done")
    throwing.raise_error(run, token, trigger.code, trigger.message, trigger.variables, token.node)


def _task_completed(run: Run, trigger: t.TaskCompleted) -> None:
    held = _held(run, trigger.wait, UserWait)
    token = run.token(held.token)
    run.close(trigger.wait, "done")
    run.attempt(finish, token, trigger.variables)


def _timer_fired(run: Run, trigger: t.TimerFired) -> None:
    events.happened(run, _held(run, trigger.wait, TimerWait), {})


def _message_arrived(run: Run, trigger: t.MessageArrived) -> None:
    events.happened(run, _held(run, trigger.wait, MessageWait), trigger.variables)


def _signal_raised(run: Run, trigger: t.SignalRaised) -> None:
    throwing.broadcast(run, trigger.name, trigger.variables)


def _delivered(run: Run, trigger: t.Delivered) -> None:
    held = _held(run, trigger.wait, ThrowWait)
    token = run.token(held.token)
    run.close(trigger.wait, "done")
    run.attempt(throwing.throw_next, token)


def _due_moved(run: Run, trigger: t.DueMoved) -> None:
    held = _held(run, trigger.wait, UserWait)
    wait = held.wait
    assert isinstance(wait, UserWait)
    moved = UserWait(
        wait.id, wait.element, wait.name, wait.lane, wait.assignee, wait.candidate_users, wait.candidate_groups,
        trigger.due, wait.follow_up, wait.priority, wait.form, wait.properties, wait.variables,
    )  # fmt: skip
    run.keep(held, moved, held.data)
    token = run.token(held.token)
    if run.plan.nodes[token.node].hangs and token.index < 0:
        run.attempt(arming.rearm, token, trigger.due)


def _condition_changed(run: Run, trigger: t.ConditionChanged) -> None:
    run.write(run.root(), trigger.variables)
    if not trigger.variables:
        watching.ask_all(run)


def _call_ended(run: Run, trigger: t.CallEnded) -> None:
    held = _held(run, trigger.wait, CallWait)
    token = run.token(held.token)
    run.close(trigger.wait, "done")
    run.attempt(tasks.called_ended if trigger.error is None else _called_failed, token, trigger)


def _called_failed(run: Run, token: Token, p: PNode, trigger: t.CallEnded) -> None:
    """An error brings along what the call maps out, as a good end would."""
    results = tasks.called_results(run, token, p, trigger.variables)
    throwing.raise_error(run, token, trigger.error or "", trigger.message, results, p.id)


def _call_escalated(run: Run, trigger: t.CallEscalated) -> None:
    held = _held(run, trigger.wait, CallWait)
    token = run.token(held.token)
    run.attempt(_called_escalated, token, trigger)


def _called_escalated(run: Run, token: Token, p: PNode, trigger: t.CallEscalated) -> None:
    """An escalation brings along what the call maps out so far, as an error does, beside what it carries itself."""
    results = tasks.called_results(run, token, p, trigger.called) if trigger.called else {}
    throwing.raise_escalation(run, token, trigger.code, {**results, **trigger.variables}, p.id)


def _retried(run: Run, trigger: t.Retried) -> None:
    held = _held(run, trigger.wait, IncidentWait)
    token = run.token(held.token)
    run.close(trigger.wait, "done")
    run.write(run.place(token), trigger.variables)
    assert isinstance(held.wait, IncidentWait)
    if held.wait.code == "LOOP_LIMIT":
        # All that were stopped go on together, also those that an earlier or later step stopped.
        run.before.require_all()
        for id, other in list(run.waits.items()):
            if isinstance(other.wait, IncidentWait) and other.wait.code == "LOOP_LIMIT":
                run.close(id, "done")
        run.queue += [(None, one.id) for one in run.tokens.values() if one.stage == Stage.ARRIVING]
    elif around.hears(token):
        run.push(around.go_on, token)
    else:
        run.queue.append((resume(run.plan.nodes[token.node], held.data), token.id))


def _modified(run: Run, trigger: t.Modified) -> None:
    move_token(run, trigger.source, trigger.target)


def _cancelled(run: Run, trigger: t.Cancelled) -> None:
    run.before.require_all()
    cancel_scope(run, run.root())
    subprocesses.end(run, Ended("cancelled", message=trigger.reason))


_ANSWERS: dict[type[Any], Callable[[Run, Any], None]] = {
    t.Started: start,
    t.JobDone: _job_done,
    t.JobFailed: _job_failed,
    t.TaskCompleted: _task_completed,
    t.TimerFired: _timer_fired,
    t.DueMoved: _due_moved,
    t.MessageArrived: _message_arrived,
    t.SignalRaised: _signal_raised,
    t.Delivered: _delivered,
    t.ConditionChanged: _condition_changed,
    t.CallEnded: _call_ended,
    t.CallEscalated: _call_escalated,
    t.Retried: _retried,
    t.Modified: _modified,
    t.Cancelled: _cancelled,
}


def answer(run: Run, trigger: t.Trigger) -> None:
    """Let the trigger do what it does. Raises WaitClosed, or InvalidInput for one that cannot be in this state."""
    if run.over:
        raise WaitClosed(wait=getattr(trigger, "wait", "-"))
    if run.started == isinstance(trigger, t.Started):
        raise InvalidInput(
            place="trigger", reason="an instance starts exactly once, before all else", reason_zh="实例只能启动一次"
        )
    _ANSWERS[type(trigger)](run, trigger)
