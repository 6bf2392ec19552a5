"""What each kind of task does (BPMN 2.0 §13.3.3): at once where it can, else as a wait for the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from engine.process.contract import Decided
from engine.process.model import UserSpec, WorkSpec
from engine.process.native.activities import finish
from engine.process.native.arming import open_event
from engine.process.native.pausing import priority_of, retries_of, whole
from engine.process.native.plan import PNode
from engine.process.native.run import Run, Stuck
from engine.process.native.throwing import throw_message
from engine.process.state import Token
from engine.process.timing import add, read_moment, read_period
from engine.process.triggers import CallEnded
from engine.process.waits import CallWait, JobWait, UserWait


def pass_through(run: Run, token: Token, p: PNode) -> None:
    """A none task does nothing."""
    finish(run, token, p)


def manual(run: Run, token: Token, p: PNode) -> None:
    """A manual task passes, unless a form asks somebody to confirm it."""
    if p.node.user is not None and (p.node.user.form or p.node.user.form_fields):
        user(run, token, p)
    else:
        finish(run, token, p)


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────


def user(run: Run, token: Token, p: PNode) -> None:
    """A user task: all that its expressions say of who, when and with what form, evaluated once."""
    spec = p.node.user or UserSpec()
    place = run.place(token)
    wait = UserWait(
        id=run.new_id(token.id),
        element=p.id,
        name=p.node.name,
        lane=p.node.lane,
        assignee=_text(run.value(spec.assignee, place)) if spec.assignee else None,
        candidate_users=_names(run.value(spec.candidate_users, place)) if spec.candidate_users else (),
        candidate_groups=_names(run.value(spec.candidate_groups, place)) if spec.candidate_groups else (),
        due=_due(run, p, p.due, place) if p.due else None,
        follow_up=_due(run, p, spec.follow_up, place) if spec.follow_up else None,
        priority=whole(run.value(spec.priority, place)) if spec.priority else 50,
        form=spec.form,
        properties=p.node.properties,
        variables=run.own(place),
    )
    run.open(wait, "own", token)


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    parts = value if isinstance(value, list) else str(value).split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _due(run: Run, p: PNode, expr: Any, place: int) -> datetime | None:
    """A due date: a moment, a day (until its working hours end), a length of time from now, or working days.

    The property `calendar` of the task names another calendar than the process's.
    """
    value = run.value(expr, place)
    if value is None or value == "":
        return None
    env, named = run.env, p.node.properties.get("calendar")
    try:
        calendar = env.calendars.find(named) if named else env.calendar
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime.combine(value, calendar.day_end, calendar.zone)
        if isinstance(value, str) and len(value) == 10 and value[4:5] == "-":
            return datetime.combine(date.fromisoformat(value), calendar.day_end, calendar.zone)
        if isinstance(value, datetime) or (isinstance(value, str) and "-" in value and value[0].isdigit()):
            return read_moment(value, env.zone)
        period = read_period(value)
        if period.working_days:
            return calendar.due(env.now, period.working_days)
        return add(env.now, period, env.zone, calendar)
    except ValueError as error:
        raise Stuck("DUE_INVALID", f"“{expr.text}”: {error}", f"“{expr.text}”不是有效的期限：{error}") from error


# ── machines ───────────────────────────────────────────────────────────────────────────────────────────────────


def service(run: Run, token: Token, p: PNode) -> None:
    """A service task: an expression at once, a topic as a job."""
    work = p.node.work or WorkSpec()
    if work.expression is not None:
        value = run.value(work.expression, run.place(token))
        finish(run, token, p, {work.result_variable: value} if work.result_variable else None)
    elif work.topic is not None:
        job = JobWait(run.new_id(token.id), p.id, "topic", work.topic, inputs(run, token, p), work.retries)
        _job(run, token, p, job)
    else:
        finish(run, token, p)


def _job(run: Run, token: Token, p: PNode, wait: JobWait) -> None:
    retries = retries_of(run, token, wait.retries or p.node.retries)
    wait = replace(wait, retries=retries, priority=priority_of(run, token, p), properties=p.node.properties)
    run.open(wait, "own", token, kept=replace(wait, inputs={}))


def inputs(run: Run, token: Token, p: PNode) -> Mapping[str, Any]:
    """What the work sees: the mapped inputs, or all visible variables where the model maps none."""
    if p.node.inputs and token.inner:
        own = run.scopes[token.inner].vars
        return {param.name: own[param.name] for param in p.node.inputs if param.name in own}
    return dict(run.view(run.place(token)))


def send(run: Run, token: Token, p: PNode) -> None:
    """A send task throws its message at once; one with a topic or an expression is a service task."""
    work = p.node.work
    if work is not None and work.message is not None and not work.message.topic:
        throw_message(run, token, p, work.message)
        finish(run, token, p)
    elif work is not None and work.message is not None:
        topic = str(work.message.topic)
        _job(run, token, p, JobWait(run.new_id(token.id), p.id, "topic", topic, inputs(run, token, p)))
    else:
        service(run, token, p)


def receive(run: Run, token: Token, p: PNode) -> None:
    """A receive task waits for its message."""
    if p.node.message is None:
        raise Stuck("MESSAGE_MISSING", f"{p.id} names no message", f"{p.id} 未指定消息")
    open_event(run, p, p.node.message, 0, "own", token)


def script(run: Run, token: Token, p: PNode) -> None:
    """A script of plain assignments runs here; any other goes to the sandbox."""
    work = p.node.work or WorkSpec()
    if work.compiled_script is not None:
        finish(run, token, p, run.params(work.compiled_script, run.place(token)))
    elif work.script is not None:
        job = JobWait(
            run.new_id(token.id), p.id, "script", work.script, inputs(run, token, p), work.retries, work.script_format
        )
        _job(run, token, p, job)
    else:
        service(run, token, p)


# ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────


def decide(run: Run, token: Token, p: PNode) -> None:
    """A business rule task: a decision that the env holds is evaluated here, any other where it is bound."""
    work = p.node.work or WorkSpec()
    if work.decision is None and work.decision_expr is None:
        service(run, token, p)
        return
    name = work.decision or _text(run.value(work.decision_expr, run.place(token)) if work.decision_expr else None)
    if name is None:
        raise Stuck("DECISION_UNKNOWN", "the expression names no decision", "表达式未得出决策名称")
    given = inputs(run, token, p)
    named = work.binding.startswith(("version:", "tag:")) and not run.env.one_version
    decisions = None if named else run.env.decisions.get(name)
    if decisions is None:
        job = JobWait(run.new_id(token.id), p.id, "decision", name, given, work.retries, binding=work.binding)
        _job(run, token, p, job)
        return
    result = decisions.evaluate(name, decisions.read(name, run.view(run.place(token))), run.moment)
    run.events.append(Decided(p.id, name, result))
    names = [column for fired in result.fired for column in fired.outputs if column]
    finish(run, token, p, decided(work, name, result.value, names[0] if names else name))


def decided(work: WorkSpec, name: str, value: Any, column: str) -> Mapping[str, Any]:
    """A decision's value as variables: in the result variable; without one a context's entries, or by its name."""
    mapped = _MAP_RESULT[work.map_result](value, column)
    if work.result_variable:
        return {work.result_variable: mapped}
    return dict(mapped) if isinstance(mapped, dict) else {name: mapped}


def _rows(value: Any, column: str) -> list[dict[str, Any]]:
    """A decision's value as Camunda 7 sees it: a list of rows, each a context."""
    if value is None:
        return []
    found = value if isinstance(value, list) else [value]
    return [item if isinstance(item, dict) else {column: item} for item in found]


def _single_result(value: Any, column: str) -> Any:
    rows = _rows(value, column)
    if len(rows) > 1:
        raise Stuck("DECISION_RESULT", f"one row is expected, {len(rows)} came", f"应得一行结果，实得 {len(rows)} 行")
    return rows[0] if rows else None


def _single_entry(value: Any, column: str) -> Any:
    row = _single_result(value, column)
    if row is not None and len(row) > 1:
        en, zh = f"one value is expected, a row of {len(row)} came", f"应得一个值，实得一行 {len(row)} 个值"
        raise Stuck("DECISION_RESULT", en, zh)
    return next(iter(row.values()), None) if row else None


def _collect_entries(value: Any, column: str) -> Any:
    return [next(iter(row.values()), None) for row in _rows(value, column)]


def _as_it_is(value: Any, column: str) -> Any:
    return value


_MAP_RESULT = {
    "feel": _as_it_is,
    "singleEntry": _single_entry,
    "singleResult": _single_result,
    "collectEntries": _collect_entries,
    "resultList": _rows,
}


# ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────


def call(run: Run, token: Token, p: PNode) -> None:
    """A call activity to a process: its inputs go with the wait, the instance above starts the child."""
    spec = p.node.call
    assert spec is not None
    place = run.place(token)
    called = spec.called or (_text(run.value(spec.called_expr, place)) if spec.called_expr else None)
    if called is None:
        raise Stuck("CALL_UNKNOWN", "the call activity names no process", "调用活动未指定流程")
    given: dict[str, Any] = dict(run.view(place)) if spec.all_in else {}
    if token.inner and p.node.inputs:
        own = run.scopes[token.inner].vars
        given |= {param.name: own[param.name] for param in p.node.inputs if param.name in own}
    given |= run.params(spec.inputs, place)
    key = _text(run.value(spec.business_key, place)) if spec.business_key else None
    wait = CallWait(run.new_id(token.id), p.id, called, spec.binding, given, key)
    run.open(wait, "own", token, kept=replace(wait, inputs={}))


def called_ended(run: Run, token: Token, p: PNode, trigger: CallEnded) -> None:
    """The called instance has ended: map its variables out."""
    finish(run, token, p, called_results(run, token, p, trigger.variables))


def called_results(run: Run, token: Token, p: PNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    """What a call takes over of the called instance's variables."""
    spec = p.node.call
    assert spec is not None
    results = dict(variables) if spec.all_out or (p.node.outputs and not spec.outputs) else {}
    return results | run.params(spec.outputs, run.place(token), variables)
