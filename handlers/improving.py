"""Service improvement: a cause that keeps coming back is analysed, acted upon, and judged by what happened since.

Law: an improvement closes only after its effect was looked at by somebody who did not carry it out. Source: the process
S12 `service_improvement` of the process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import inputs
from handlers.contacting import completed_by
from handlers.records import service
from handlers.records.changes import once


@handles("improvement.open", transactional=True)
def improvement_open(
    ctx: Context, cause: str, improvement_key: str | None = None, source: str | None = None
) -> Mapping[str, Any]:
    """Take up an improvement: the one that was begun for its complaints, else one that is under way for the cause, else
    a new one.

    In: cause, improvement_key (null: none yet), source complaints|meeting. Out: improvement_key, complaints
    [{complaint_key, subject, finding, remedy, closed_at}], taken (false: it is under way already, in another case).
    Errors: NotFound. Idempotent by job key.
    """

    def open_it() -> Mapping[str, Any]:
        stamp = inputs.stamp(ctx, inputs.text(source) or "meeting")
        key = inputs.text(improvement_key)
        under_way = service.open_improvements(ctx.session, cause)
        if key is not None:
            found = service.improvement(ctx.session, key)
        elif under_way:
            found = under_way[0]
        else:
            found = service.begin_improvement(ctx.session, cause, stamp.source, stamp, inputs.year(ctx))
        taken = found.instance is None and found.state == "open"
        if taken:
            service.change_improvement(ctx.session, found.id, {"instance": ctx.instance or "direct"}, stamp)
        about = [
            {
                "complaint_key": one.business_key,
                "subject": one.subject,
                "finding": one.finding,
                "remedy": one.remedy,
                "closed_at": one.closed_at,
            }
            for one in service.taken_up(ctx.session, found.id)
        ]
        return {"improvement_key": found.business_key, "complaints": about, "taken": taken}

    return once(ctx.session, ctx.job_key, "improvement.open", ctx.now, open_it)


@handles("improvement.act", transactional=True)
def improvement_act(
    ctx: Context,
    improvement_key: str,
    analysis: str | None = None,
    action: str | None = None,
    measure: str | None = None,
    action_owner: str | None = None,
    check_days: object = 60,
) -> Mapping[str, Any]:
    """The action is carried out: from now on its effect counts.

    In: improvement_key, analysis, action, measure (by what the effect is judged), action_owner, check_days.
    Out: acted_at, check_due, rounds. Errors: NotFound, InvalidInput. Idempotent by job key.
    """

    def act() -> Mapping[str, Any]:
        found = service.improvement(ctx.session, improvement_key)
        person = completed_by(ctx, "ut_act") or inputs.text(action_owner)
        due = ctx.now + timedelta(days=inputs.whole(check_days, "check_days") or 0)
        values = inputs.given(
            {
                "analysis": inputs.text(analysis),
                "action": inputs.text(action),
                "measure": inputs.prose(measure),
                "owner": person,
            }
        )
        values |= {"check_due": due, "rounds": found.rounds + 1}
        service.change_improvement(ctx.session, found.id, values, inputs.stamp(ctx, "improvement", person))
        return {"acted_at": ctx.now, "check_due": due, "rounds": found.rounds + 1}

    return once(ctx.session, ctx.job_key, "improvement.act", ctx.now, act)


@handles("improvement.measure", transactional=True)
def improvement_measure(ctx: Context, improvement_key: str, since: object) -> Mapping[str, Any]:
    """How often the cause came since the action. In: improvement_key, since (a moment). Out: recurrences.

    Errors: NotFound, InvalidInput without a moment. Reads only.
    """
    found = service.improvement(ctx.session, improvement_key)
    if not isinstance(since, datetime):
        raise InvalidInput(place="since", reason="is no moment", reason_zh="不是时刻")
    return {"recurrences": service.count_since(ctx.session, found.cause, since)}


@handles("improvement.close", transactional=True)
def improvement_close(ctx: Context, improvement_key: str) -> Mapping[str, Any]:
    """It had an effect: close it. Errors: NotFound; InvalidInput before its effect could be checked. Idempotent."""
    found = service.improvement(ctx.session, improvement_key)
    if found.check_due is None or ctx.now < found.check_due:
        raise InvalidInput(place=improvement_key, reason="its effect is not due yet", reason_zh="尚未到成效检查时间")
    if found.state == "open":
        person = completed_by(ctx, "ut_check")
        stamp = inputs.stamp(ctx, "improvement", person)
        values = {"state": "closed", "effective": True, "closed_at": ctx.now, "closed_by": stamp.by}
        found = service.change_improvement(ctx.session, found.id, values, stamp)
        ctx.audit("improvement_closed", {"improvement": found.business_key, "cause": found.cause})
    return {"closed_at": found.closed_at}
