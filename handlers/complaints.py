"""Complaints: registered and joined, planned by the table's hours and days, escalated, answered, disputed, closed.

Law: whom a complaint is about neither handles nor approves it; what the times are is the decision table's. Source: the
process S1 `complaint_response` of the process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.errors import InvalidInput
from engine.process.timing import read_period
from engine.registry import Context, handles
from handlers import inputs, names
from handlers.contacting import completed_by
from handlers.records import interactions, parties, projects, relationship, service
from handlers.records.changes import once
from handlers.records.interactions import Interaction
from handlers.records.parties import Party
from handlers.records.projects import Project
from handlers.records.service import Complaint, Message
from handlers.records.tables import contact as contacts
from handlers.records.tables import party as party_table

SAME_MATTER_DAYS = 14
"""So long after a complaint came, alike words of the same sender still join it; a channel's thread joins always."""

SHARES = (50, 80, 100)
"""Per cent of the working time to the solution at which somebody further up is told."""


@handles("complaint.register", transactional=True)
def complaint_register(ctx: Context, subject: str, text: str, **said: Any) -> Mapping[str, Any]:
    """Enter a complaint or suggestion, or join it to the unsettled one that it is about.

    In: subject, text, channel email|web|phone|wechat|visit|letter|webhook, thread (the channel's own),
    matter_key (of the complaint whose letter it answers, where the channel knows it), email, phone,
    contact_name, client_key or party_id, project_key, kind complaint|suggestion, about_person (sign-in name), language.
    Out: joined, complaint_key (of the case it belongs to), party_id, client_key, client_name, tier, project_key,
    project_name, owner (of the client), email, case_handler and case_state (of the case), excluded_people
    [about_person, and of a matter opened again who handled it], earlier_complaints (of 365 days), level (2 of a matter
    opened again: closed less than `service.REOPEN` ago, and not by a final answer), reopened, and of such a matter
    dispute_reason (the words) and answer_text (what was answered before).
    Errors: InvalidInput without words. Idempotent by job key.
    """
    values = {"subject": subject, "text": text} | said
    return once(ctx.session, ctx.job_key, "complaint.register", ctx.now, lambda: _register(ctx, values))


def _register(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, Any]:
    words = inputs.prose(values.get("text"))
    if words is None:
        raise InvalidInput(place="text", reason="is missing", reason_zh="缺少投诉内容")
    subject = (inputs.prose(values.get("subject")) or words)[:255]
    senders = _senders(values)
    party = _client(ctx, values, senders)
    since = ctx.now - timedelta(days=SAME_MATTER_DAYS)
    thread = inputs.text(values.get("thread"))
    known = service.same_matter(
        ctx.session,
        key=inputs.text(values.get("matter_key")),
        thread=thread,
        senders=senders,
        party_id=party.id if party else None,
        said=f"{subject} {words}",
        since=since,
    )
    channel = inputs.text(values.get("channel")) or "web"
    former = None if known else service.closed_matter(ctx.session, ctx.business_key, ctx.now - service.REOPEN)
    again = _reopen(ctx, former, words) if former else None
    case = known or again or _enter(ctx, values, subject, words, party)
    service.add_message(
        ctx.session,
        Message(
            complaint_id=case.id,
            channel=channel,
            subject=subject,
            text=words,
            at=ctx.now,
            thread=thread,
            sender=senders[0] if senders else None,
            business_key=ctx.business_key,
        ),
    )
    _on_timeline(ctx, case, channel, subject, words, inputs.text(values.get("contact_name")))
    told: dict[str, Any] = {"joined": known is not None, "reopened": former is not None}
    ctx.audit("complaint_registered", {"complaint": case.business_key} | told)
    before = {"dispute_reason": words, "answer_text": former.answer} if former else {}
    return _told(ctx, case, values, former) | told | before


def _senders(values: Mapping[str, Any]) -> list[str]:
    email, phone = inputs.text(values.get("email")), inputs.text(values.get("phone"))
    keyed = [names.email_key(email) or email if email else None, names.phone_key(phone) or phone if phone else None]
    return [one for one in keyed if one]


def _client(ctx: Context, values: Mapping[str, Any], senders: list[str]) -> Party | None:
    """The client named; else the only one whose own or whose person's address or number it came from."""
    named = inputs.text(values.get("party_id")) or inputs.text(values.get("client_key"))
    if named is not None:
        return parties.find(ctx.session, named)
    if not senders:
        return None
    person = sa.select(contacts.c.party_id).where(sa.or_(contacts.c.email.in_(senders), contacts.c.mobile.in_(senders)))
    own = sa.select(party_table.c.id).where(sa.or_(party_table.c.email.in_(senders), party_table.c.phone.in_(senders)))
    found = {parties.get(ctx.session, one).id for one in ctx.session.execute(person.union(own)).scalars()}
    return parties.get(ctx.session, found.pop()) if len(found) == 1 else None


def _project(ctx: Context, values: Mapping[str, Any]) -> Project | None:
    key = inputs.text(values.get("project_key"))
    return projects.find(ctx.session, key) if key else None


def _reopen(ctx: Context, former: Complaint, words: str) -> Complaint:
    """A closed complaint that its client does not leave at that: the second level begins, with times of its own."""
    values = {"state": "disputed", "level": 2, "disputes": former.disputes + 1, "escalated": 0}
    values |= dict.fromkeys(("closed_at", "outcome", "acknowledged_at", "answered_at"))
    return service.change(ctx.session, former.id, values, inputs.stamp(ctx, "client", why=words[:200]))


def _enter(ctx: Context, values: Mapping[str, Any], subject: str, words: str, party: Party | None) -> Complaint:
    project = _project(ctx, values)
    senders = _senders(values)
    row = {
        "party_id": party.id if party else None,
        "project_id": project.id if project else None,
        "kind": inputs.text(values.get("kind")) or "complaint",
        "subject": subject,
        "text": words,
        "sender": senders[0] if senders else None,
        "person": inputs.text(values.get("contact_name")),
        "language": inputs.text(values.get("language")) or "zh",
        "tier": party.tier if party else None,
        "about_person": inputs.text(values.get("about_person")),
        "instance": ctx.instance or None,
    }
    own_key = ctx.business_key if (ctx.business_key or "").startswith(service.COMPLAINT) else None
    stamp = inputs.stamp(ctx, inputs.text(values.get("channel")) or "web")
    return service.create(ctx.session, row, stamp, inputs.year(ctx), own_key)


def _on_timeline(
    ctx: Context, case: Complaint, channel: str, subject: str, words: str, person: str | None, direction: str = "in"
) -> None:
    if case.party_id is None:
        return
    entry = Interaction(
        party_id=case.party_id,
        project_id=case.project_id,
        at=ctx.now,
        channel=channel,
        direction=direction,
        person=person,
        subject=f"{'投诉' if case.kind == 'complaint' else '建议'} {case.business_key}：{subject}"[:255],
        text=words,
        by=f"process:{ctx.process or 'direct'}",
        instance=ctx.instance,
        element=ctx.element,
    )
    interactions.add(ctx.session, entry)


def _told(ctx: Context, case: Complaint, values: Mapping[str, Any], former: Complaint | None) -> dict[str, Any]:
    party = parties.get(ctx.session, case.party_id) if case.party_id is not None else None
    project = projects.get(ctx.session, case.project_id) if case.project_id is not None else None
    earlier = service.of_party(ctx.session, party.id, ctx.now - timedelta(days=365)) if party else ()
    return {
        "complaint_key": case.business_key,
        "level": case.level,
        "party_id": str(party.id) if party else None,
        "client_key": party.business_key if party else None,
        "client_name": party.legal_name if party else inputs.text(values.get("contact_name")),
        "tier": case.tier,
        "owner": party.owner if party else None,
        "project_key": project.business_key if project else None,
        "project_name": project.name if project else None,
        "email": inputs.text(values.get("email")) or (party.email if party else None),
        "case_handler": case.owner,
        "case_state": case.state,
        "excluded_people": inputs.texts([case.about_person, former.owner if former else None]),
        "earlier_complaints": len([one for one in earlier if one.id != case.id]),
    }


@handles("complaint.plan", transactional=True)
def complaint_plan(
    ctx: Context, complaint_key: str, category: str, severity: str, acknowledge: str, solve_days: object
) -> Mapping[str, Any]:
    """Plan a complaint by the row of `complaint_sla` that fits it, and by the client's service plan (`service_level`):
    the earlier of the two first answers holds.

    In: complaint_key, category, severity, acknowledge (working hours `2BH` or days `1BD`), solve_days (working days).
    Out: acknowledge_due, solve_due (ends of working days for days), escalate_50, escalate_80: shares of the working
    time from its receipt, or from its opening again. Errors: NotFound; InvalidInput for an unreadable length.
    Idempotent.
    """
    case = service.get(ctx.session, complaint_key)
    came = max([case.received_at, *(one.at for one in service.messages_of(ctx.session, case.id))])
    promised = relationship.response_hours(ctx.session, case.party_id)
    lengths = [acknowledge] if promised is None else [acknowledge, f"{promised}BH"]
    first = min(_by(ctx, came, one) for one in lengths)
    times = _times(ctx, came, inputs.whole(solve_days, "solve_days") or 0)
    values = {
        "category": category,
        "severity": severity,
        "acknowledge_due": first,
        "solve_due": times["solve_due"],
    }
    service.change(ctx.session, case.id, values, inputs.stamp(ctx, "complaint_sla"))
    return {"acknowledge_due": first} | times


def _by(ctx: Context, since: datetime, length: str) -> datetime:
    try:
        period = read_period(length)
    except ValueError:
        raise InvalidInput(place="acknowledge", reason=f"“{length}”", reason_zh=f"“{length}”不是时长") from None
    if period.working_days:
        moment: datetime = ctx.calendar.due(since, period.working_days)
        return moment
    within: datetime = ctx.calendar.add_working_time(since, timedelta(seconds=period.working_seconds or period.seconds))
    return within


def _times(ctx: Context, since: datetime, days: int) -> dict[str, datetime]:
    """When it is to be solved, and the moments at the shares of the working time until then."""
    due = ctx.calendar.due(since, days)
    whole = ctx.calendar.working_time_between(since, due)
    told = {f"escalate_{share}": ctx.calendar.add_working_time(since, whole * share / 100) for share in SHARES[:-1]}
    return {"solve_due": due} | told


@handles("complaint.acknowledge", transactional=True)
def complaint_acknowledge(ctx: Context, complaint_key: str) -> Mapping[str, Any]:
    """The client knows that it arrived. Out: acknowledged_at, acknowledged_on_time. Idempotent: the first counts."""
    case = service.get(ctx.session, complaint_key)
    if case.acknowledged_at is None:
        case = service.change(ctx.session, case.id, {"acknowledged_at": ctx.now}, inputs.stamp(ctx, "process"))
    on_time = case.acknowledge_due is None or (case.acknowledged_at or ctx.now) <= case.acknowledge_due
    return {"acknowledged_at": case.acknowledged_at, "acknowledged_on_time": on_time}


@handles("complaint.assign", transactional=True)
def complaint_assign(
    ctx: Context, complaint_key: str, group: str, backup: str | None = None, exclude: object = None
) -> Mapping[str, Any]:
    """Choose who handles it: the least busy of the group, else of the backup group; never one of `exclude`.

    Out: handler (null: nobody may, so it stands in the group's queue), handler_why, handler_group (where the handler
    was found). Errors: NotFound. Idempotent by job key.
    """

    def choose() -> Mapping[str, Any]:
        case = service.get(ctx.session, complaint_key)
        barred = [*inputs.texts(exclude), *inputs.texts(case.about_person)]
        why: Mapping[str, object] = {}
        for team in dict.fromkeys(inputs.texts([group, backup])):
            person, why = ctx.people.choose(team, strategy="least_busy", keep=None, exclude=barred)
            if person is not None:
                service.change(ctx.session, case.id, {"owner": person}, inputs.stamp(ctx, "assignment"))
                return {"handler": person, "handler_why": dict(why), "handler_group": team}
        return {"handler": None, "handler_why": dict(why), "handler_group": group}

    return once(ctx.session, ctx.job_key, "complaint.assign", ctx.now, choose)


@handles("complaint.escalate", transactional=True)
def complaint_escalate(
    ctx: Context, complaint_key: str, share: object, handler: str | None = None, group: str | None = None
) -> Mapping[str, Any]:
    """So much of the time has passed without an answer: note it, tell the handler, and the group from 80 % on.

    In: complaint_key, share 50|80|100, handler, group (a team). Out: escalated. Errors: NotFound, InvalidInput.
    Idempotent: a share is told once a level.
    """
    case = service.get(ctx.session, complaint_key)
    reached = inputs.whole(share, "share") or 0
    if reached <= case.escalated:
        return {"escalated": case.escalated}
    service.change(ctx.session, case.id, {"escalated": reached}, inputs.stamp(ctx, "process"))
    heads = ctx.people.members(group) if group and reached >= SHARES[1] else ()
    data = {"complaint_key": case.business_key, "subject": case.subject, "share": reached, "due": case.solve_due}
    for person in dict.fromkeys([*inputs.texts(handler or case.owner), *heads]):
        if person == case.about_person:
            continue
        key = f"{case.business_key}:escalated:{case.level}:{reached}:{person}"
        for channel in ("in_app",) if reached < SHARES[-1] else ("in_app", "email"):
            ctx.outbox.add(channel, person, "complaint_escalated", data, dedupe_key=f"{key}:{channel}")
    ctx.audit("complaint_escalated", {"complaint": case.business_key, "share": reached})
    return {"escalated": reached}


@handles("complaint.answer", transactional=True)
def complaint_answer(
    ctx: Context,
    complaint_key: str,
    answer_text: str,
    cause: str | None = None,
    finding: str | None = None,
    remedy: str | None = None,
    amount: object = None,
    currency: str | None = None,
    category: str | None = None,
    severity: str | None = None,
) -> Mapping[str, Any]:
    """Keep what was found and answered: form `complaint_investigation`. Out: answered_at, solved_on_time.

    Errors: NotFound; InvalidInput for an unreadable amount. Idempotent by job key.
    """

    def answer() -> Mapping[str, Any]:
        case = service.get(ctx.session, complaint_key)
        person = completed_by(ctx, "ut_investigate")
        values = inputs.given(
            {
                "cause": inputs.prose(cause),
                "finding": inputs.prose(finding),
                "remedy": inputs.prose(remedy),
                "amount": inputs.number(amount, "amount"),
                "currency": inputs.text(currency),
                "category": inputs.text(category),
                "severity": inputs.text(severity),
            }
        )
        values |= {"answer": answer_text, "answered_at": ctx.now, "state": "answered"}
        values |= {"owner": person} if person else {}
        case = service.change(ctx.session, case.id, values, inputs.stamp(ctx, "investigation", person))
        _on_timeline(ctx, case, "email", case.subject, answer_text, case.person, "out")
        return {"answered_at": ctx.now, "solved_on_time": case.solve_due is None or ctx.now <= case.solve_due}

    return once(ctx.session, ctx.job_key, "complaint.answer", ctx.now, answer)


@handles("complaint.dispute", transactional=True)
def complaint_dispute(
    ctx: Context,
    complaint_key: str,
    solve_days: object,
    dispute_reason: str | None = None,
    handler: str | None = None,
    exclude: object = None,
) -> Mapping[str, Any]:
    """The client does not accept the answer: the second level takes it, somebody else, with a time of its own.

    In: complaint_key, solve_days (working days from now), dispute_reason, handler (of the first level), exclude.
    Out: level 2, disputes, solve_due, escalate_50, escalate_80, excluded_people (with the first handlers). Errors:
    NotFound, InvalidInput. Idempotent by job key.
    """

    def dispute() -> Mapping[str, Any]:
        case = service.get(ctx.session, complaint_key)
        times = _times(ctx, ctx.now, inputs.whole(solve_days, "solve_days") or 0)
        values = {"state": "disputed", "level": 2, "disputes": case.disputes + 1, "escalated": 0}
        stamp = inputs.stamp(ctx, "client", why=inputs.prose(dispute_reason))
        values |= {"solve_due": times["solve_due"]}
        service.change(ctx.session, case.id, values, stamp)
        _on_timeline(ctx, case, "email", case.subject, inputs.prose(dispute_reason) or "", case.person)
        before = [*inputs.texts(exclude), *inputs.texts(handler), *inputs.texts(case.owner)]
        barred = list(dict.fromkeys(before))
        return {"level": 2, "disputes": case.disputes + 1, "excluded_people": barred} | times

    return once(ctx.session, ctx.job_key, "complaint.dispute", ctx.now, dispute)


@handles("complaint.close", transactional=True)
def complaint_close(ctx: Context, complaint_key: str, outcome: str, csat: object = None) -> Mapping[str, Any]:
    """Settle it. In: complaint_key, outcome accepted|silent|final, csat 1–5. Out: closed_at, csat.

    A mark off the scale is no mark (it comes from outside), and the audit says so. Errors: NotFound. Idempotent: the
    first closing counts.
    """
    case = service.get(ctx.session, complaint_key)
    if case.closed_at is None:
        mark = _mark(csat)
        values = {"state": "closed", "closed_at": ctx.now, "outcome": outcome, "csat": mark}
        case = service.change(ctx.session, case.id, values, inputs.stamp(ctx, "client"))
        told = {"complaint": case.business_key, "outcome": outcome, "csat": mark, "said": str(csat)[:50]}
        ctx.audit("complaint_closed", told)
    return {"closed_at": case.closed_at, "csat": case.csat}


def _mark(csat: object) -> int | None:
    try:
        mark = inputs.whole(csat, "csat")
    except InvalidInput:
        return None
    return mark if mark is not None and 1 <= mark <= 5 else None


@handles("complaint.count_causes", transactional=True)
def complaint_count_causes(ctx: Context, complaint_key: str, count: object = 3, days: object = 90) -> Mapping[str, Any]:
    """Whether the complaint's root cause has come so often that an improvement begins.

    In: complaint_key, count, days (the row of `root_cause_repeat`). Counted are complaints of this cause closed within
    the days which no improvement has taken up; while one is under way the complaint joins it. Out: repeat (begin one
    now), repeat_count, improvement_key (the one begun or joined, else null), cause. Errors: NotFound. Idempotent by job
    key.
    """

    def counted() -> Mapping[str, Any]:
        case = service.get(ctx.session, complaint_key)
        told = {"repeat": False, "repeat_count": 0, "improvement_key": None, "cause": case.cause}
        if case.cause is None or case.kind != "complaint":
            return told
        under_way = service.open_improvements(ctx.session, case.cause)
        if under_way:
            service.take_up(ctx.session, [case.id], under_way[0].id)
            return told | {"improvement_key": under_way[0].business_key}
        since = ctx.now - timedelta(days=inputs.whole(days, "days") or 0)
        found = service.uncounted(ctx.session, case.cause, since)
        if len(found) < (inputs.whole(count, "count") or 0):
            return told | {"repeat_count": len(found)}
        stamp = inputs.stamp(ctx, "complaints")
        begun = service.begin_improvement(ctx.session, case.cause, "complaints", stamp, inputs.year(ctx))
        service.take_up(ctx.session, found, begun.id)
        return told | {"repeat": True, "repeat_count": len(found), "improvement_key": begun.business_key}

    return once(ctx.session, ctx.job_key, "complaint.count_causes", ctx.now, counted)
