"""Disclosure to investors: entitled, collected, released by three, sent, read, asked about.

Law: nothing goes out unless finance, risk and compliance each agreed, three people; an investor gets the sections that
the table gives them, of projects they take part in. Source: the process S7 `investor_reporting` of the process
catalogue; the schedule of reports is a row a project, frequency and period.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from engine.errors import InvalidInput, NotFound
from engine.execution import runtime_of
from engine.registry import BpmnError, Context, handles
from handlers import inputs, packs
from handlers.contacting import completed_by
from handlers.records import disclosure, interactions, parties, projects
from handlers.records.changes import Stamp, once
from handlers.records.disclosure import Pack
from handlers.records.interactions import Interaction
from handlers.records.projects import Project

PATH = "/report/"
"""Where an investor reads a report; the token follows."""
DUE_DAYS = 15
"""Working days after the end of the period, where an entitlement does not say."""
WRITE_DAYS, REVIEW_DAYS = 5, 2
"""Working days before a periodic report is due: the text is written, the review is done."""
EVENT_DAYS = 1
TYPES = {
    "lender": ("贷款人", "Lender"),
    "equity": ("股权投资人", "Equity investor"),
    "fund": ("基金", "Fund"),
    "authority": ("监管或政府方", "Authority"),
}
"""Types of investors, with their names in both languages."""


@handles("disclosure.entitle", transactional=True)
def disclosure_entitle(
    ctx: Context,
    project_key: str,
    frequency: str,
    investor_type: str,
    party_id: object = None,
    client_key: str | None = None,
    due_days: object = None,
    language: str | None = None,
    recipients: object = None,
    until: object = None,
) -> Mapping[str, Any]:
    """Entitle an investor to a project's reports, and plan the first.

    In: project_key, frequency monthly|quarterly|semiannual|annual, investor_type lender|equity|fund|authority, party_id
    or client_key, due_days (working days after a period's end; 15), language, recipients [{name, email}], until.
    Out: entitlement_id, first_report (the day after the running period's end). Errors: BpmnError NOT_ENTITLED
    (variables entitlement_problem, entitlement_problem_en) when the party takes no part in the project, or there is no
    such party or project. Idempotent: one entitlement an investor and project.
    """
    values = {
        "investor_type": investor_type,
        "frequency": frequency,
        "due_days": inputs.whole(due_days, "due_days") or DUE_DAYS,
        "language": inputs.text(language) or "zh",
        "recipients": [dict(one) for one in inputs.rows(recipients)],
        "since": inputs.today(ctx),
        "until": inputs.day(until, "until"),
    }
    try:
        party = parties.get(ctx.session, inputs.text(party_id) or inputs.text(client_key) or 0)
        project = projects.get(ctx.session, project_key)
        made = disclosure.entitle(ctx.session, party.id, project.id, values, inputs.stamp(ctx, "entitlement"))
    except (InvalidInput, NotFound) as fault:
        told = {"entitlement_problem": fault.text("zh"), "entitlement_problem_en": fault.text("en")}
        raise BpmnError("NOT_ENTITLED", str(fault), told) from fault
    start, end = packs.period_with(frequency, inputs.today(ctx))
    _plan(ctx, project, frequency, start, end)
    ctx.audit("investor_entitled", {"client": party.business_key, "project": project_key, "frequency": frequency})
    return {"entitlement_id": str(made.id), "first_report": end + timedelta(days=1)}


def _plan(ctx: Context, project: Project, frequency: str, start: date, end: date) -> bool:
    """The row that starts the report of a period on the day after its end."""
    key = packs.key_of(project.business_key, frequency, end)
    told = {
        "project_key": project.business_key,
        "kind": "periodic",
        "frequency": frequency,
        "period_start": start,
        "period_end": end,
    }
    return ctx.schedule.add(
        "report_due", due=end + timedelta(days=1), business_key=key, dedupe_key=f"report:{key}", variables=told
    )


@handles("report.investor_pack", transactional=True)
def report_investor_pack(
    ctx: Context,
    project_key: str,
    kind: str | None = None,
    frequency: str | None = None,
    period_start: object = None,
    period_end: object = None,
    event_text: str | None = None,
    event_text_en: str | None = None,
    commentary: str | None = None,
    commentary_en: str | None = None,
    pack_key: str | None = None,
) -> Mapping[str, Any]:
    """Collect a report's figures as of now, and who is entitled to it; plan the following period's.

    In: project_key, kind periodic|event, frequency, period_start, period_end (an event: the running month), event_text,
    event_text_en, commentary, commentary_en (the market and the project in words), pack_key (collected again). Out:
    pack_key, project_name, project_stage, period_start, period_end, due_at, write_due, review_due, recipients
    [{party_id, investor_name, investor_type, type_name, type_name_en, frequency, language}], pack_lines [{section,
    text, …_en}] for the reviewers.
    Errors: BpmnError NOBODY_ENTITLED; NotFound. Idempotent: a period has one pack; collected again, the newest counts
    until it is released.
    """
    project = projects.get(ctx.session, project_key)
    event = kind == "event"
    rhythm = "event" if event else (inputs.text(frequency) or "quarterly")
    running = (inputs.today(ctx).replace(day=1), inputs.today(ctx))
    start = inputs.day(period_start, "period_start") or running[0]
    end = inputs.day(period_end, "period_end") or running[1]
    whom = disclosure.entitled(ctx.session, project.id, inputs.today(ctx), None if event else rhythm)
    if not whom:
        raise BpmnError("NOBODY_ENTITLED", f"nobody is entitled to reports on {project_key}")
    if not event:
        _plan(ctx, project, rhythm, *packs.period_with(rhythm, end + timedelta(days=1)))
    due = ctx.calendar.due(ctx.now, EVENT_DAYS) if event else _due(ctx, end, min(one.due_days for one in whom))
    stamp = inputs.stamp(ctx, "report")
    words = {
        "event": inputs.prose(event_text),
        "event_en": inputs.text(event_text_en),
        "zh": inputs.text(commentary),
        "en": inputs.text(commentary_en),
    }
    sections = packs.sections(ctx.session, project, start, end, ctx.now, ctx.zone, words)
    values = {
        "project_id": project.id,
        "kind": "event" if event else "periodic",
        "frequency": rhythm,
        "period_start": start,
        "period_end": end,
        "event_text": words["event"],
        "due_at": due,
        "content": sections,
        "instance": ctx.instance or None,
    }
    key = inputs.text(pack_key) or (None if event else packs.key_of(project.business_key, rhythm, end))
    made = disclosure.begin_pack(ctx.session, values, stamp, inputs.year(ctx), key)
    made = disclosure.change_pack(ctx.session, made.id, {"content": sections}, stamp)
    return _collected(ctx, made, project, whom)


def _due(ctx: Context, end: date, days: int) -> datetime:
    day = ctx.calendar.add_working_days(end, days)
    return datetime.combine(day, ctx.calendar.day_end, ctx.zone)


def _collected(ctx: Context, made: Pack, project: Project, whom: tuple[disclosure.Entitlement, ...]) -> dict[str, Any]:
    recipients = [
        {
            "party_id": str(one.party_id),
            "investor_name": parties.get(ctx.session, one.party_id).legal_name,
            "investor_type": one.investor_type,
            "type_name": TYPES.get(one.investor_type, (one.investor_type,) * 2)[0],
            "type_name_en": TYPES.get(one.investor_type, (one.investor_type,) * 2)[1],
            "frequency": made.frequency,
            "language": one.language,
        }
        for one in whom
    ]
    event = made.kind == "event"
    return {
        "pack_key": made.business_key,
        "project_name": project.name,
        "project_stage": project.stage,
        "period_start": made.period_start,
        "period_end": made.period_end,
        "due_at": made.due_at,
        "write_due": made.due_at if event else ctx.calendar.shift(made.due_at, -WRITE_DAYS),
        "review_due": made.due_at if event else ctx.calendar.shift(made.due_at, -REVIEW_DAYS),
        "recipients": recipients,
        "pack_lines": packs.lines(made.content, ctx.zone),
    }


@handles("disclosure.prepare", transactional=True)
def disclosure_prepare(ctx: Context, pack_key: str, party_id: object, sections: object) -> Mapping[str, Any]:
    """What one investor gets of a pack: the sections that the table gives them, and no other.

    In: pack_key, party_id, sections (ids). Out: report_data {title, title_en, subject, as_of, sections} for
    `report.render`. Errors: InvalidInput for who is not entitled to the project; NotFound. Idempotent.
    """
    made = disclosure.pack(ctx.session, pack_key)
    client = inputs.ident(party_id, "party_id")
    entitled = disclosure.entitled(ctx.session, made.project_id, inputs.today(ctx))
    whose = next((one for one in entitled if one.party_id == client), None)
    if whose is None:
        raise InvalidInput(place="party_id", reason="is not entitled to it", reason_zh="无权获取该项目的报告")
    stamp = inputs.stamp(ctx, "report")
    told = disclosure.prepare(ctx.session, made, whose, inputs.texts(sections), stamp)
    project = projects.get(ctx.session, made.project_id)
    data = {
        "title": "投资者报告",
        "title_en": "Investor report",
        "subject": project.name,
        "as_of": ctx.now,
        "sections": told.content,
    }
    return {"report_data": data}


@handles("disclosure.attach", transactional=True)
def disclosure_attach(
    ctx: Context, pack_key: str, party_id: object, file_id: object, file_hash: str
) -> Mapping[str, Any]:
    """Keep the file that was rendered for an investor, with its SHA-256. Errors: NotFound. Idempotent."""
    told = _told(ctx, disclosure.pack(ctx.session, pack_key), party_id)
    disclosure.attach(ctx.session, told.id, str(file_id), file_hash, inputs.stamp(ctx, "report"))
    return {}


def _told(ctx: Context, made: Pack, party_id: object) -> disclosure.Disclosure:
    return disclosure.given(ctx.session, made.id, inputs.ident(party_id, "party_id") or 0)


@handles("disclosure.correct", transactional=True)
def disclosure_correct(ctx: Context, pack_key: str) -> Mapping[str, Any]:
    """A reviewer sent it back: one correction more. Out: corrections. Idempotent by job key."""

    def correct() -> Mapping[str, Any]:
        made = disclosure.pack(ctx.session, pack_key)
        values = {"corrections": made.corrections + 1}
        made = disclosure.change_pack(ctx.session, made.id, values, inputs.stamp(ctx, "review"))
        return {"corrections": made.corrections}

    return once(ctx.session, ctx.job_key, "disclosure.correct", ctx.now, correct)


@handles("disclosure.late", transactional=True)
def disclosure_late(ctx: Context, pack_key: str, teams: object = None) -> Mapping[str, Any]:
    """It was due and is not released: mark it, and tell the teams. Out: late. Errors: NotFound. Idempotent."""
    made = disclosure.pack(ctx.session, pack_key)
    if made.state != "draft":
        return {"late": made.late}
    disclosure.change_pack(ctx.session, made.id, {"late": True}, inputs.stamp(ctx, "process"))
    project = projects.get(ctx.session, made.project_id)
    data = {"pack_key": pack_key, "project_name": project.name, "due": made.due_at}
    people = [person for team in inputs.texts(teams) for person in ctx.people.members(team)]
    for person in dict.fromkeys(people):
        for channel in ("in_app", "email"):
            ctx.outbox.add(channel, person, "disclosure_late", data, dedupe_key=f"{pack_key}:late:{channel}:{person}")
    return {"late": True}


@handles("disclosure.release", transactional=True)
def disclosure_release(ctx: Context, pack_key: str) -> Mapping[str, Any]:
    """Release it in the names of those who agreed.

    Who completed ut_finance, ut_risk and ut_release last must be three people; otherwise InvalidInput, and nothing is
    released. Out: released_at, on_time. Errors: NotFound. Idempotent: the first release counts.
    """
    made = disclosure.pack(ctx.session, pack_key)
    if made.state == "draft":
        agreed = [completed_by(ctx, element) for element in ("ut_finance", "ut_risk", "ut_release")]
        if None in agreed or len(set(agreed)) < len(agreed):
            reason = "needs finance, risk and compliance, three people"
            raise InvalidInput(place=pack_key, reason=reason, reason_zh="须经财务、风险、合规三人同意")
        values = dict(zip(("finance_by", "risk_by", "released_by"), agreed, strict=True))
        stamp = inputs.stamp(ctx, "release", agreed[-1])
        made = disclosure.change_pack(
            ctx.session, made.id, {**values, "state": "released", "released_at": ctx.now}, stamp
        )
        ctx.audit("report_released", {"pack": pack_key, **values})
    return {"released_at": made.released_at, "on_time": (made.released_at or ctx.now) <= made.due_at}


@handles("disclosure.send", transactional=True)
def disclosure_send(ctx: Context, pack_key: str, party_id: object) -> Mapping[str, Any]:
    """Send an investor their report: a letter with a link of their own to every recipient.

    In: pack_key, party_id. Out: sent (letters). Errors: InvalidInput before it is released; NotFound. Idempotent: what
    was sent is not sent again.
    """
    made = disclosure.pack(ctx.session, pack_key)
    if made.state == "draft":
        raise InvalidInput(place=pack_key, reason="is not released", reason_zh="尚未放行，不能发送")
    told = _told(ctx, made, party_id)
    if told.sent_at is not None:
        return {"sent": 0}
    stamp = inputs.stamp(ctx, "report")
    token = disclosure.send(ctx.session, told.id, stamp)
    if made.state == "released":
        disclosure.change_pack(ctx.session, made.id, {"state": "sent", "sent_at": ctx.now}, stamp)
    return {"sent": _letters(ctx, made, told, token, stamp)}


def _letters(ctx: Context, made: Pack, told: disclosure.Disclosure, token: str, stamp: Stamp) -> int:
    project = projects.get(ctx.session, made.project_id)
    base = runtime_of(ctx.session).settings.base_url.rstrip("/")
    addresses = [address for one in told.recipients if (address := inputs.text(one.get("email")))]
    for address in dict.fromkeys(addresses):
        data = {
            "investor_name": parties.get(ctx.session, told.party_id).legal_name,
            "project_name": project.name,
            "period": str(made.period_end) if made.kind == "event" else f"{made.period_start} – {made.period_end}",
            "event": made.kind == "event",
            "report_url": f"{base}{PATH}{token}",
            "sha256": told.file_sha256 or "",
            "link_days": disclosure.LINK_DAYS,
        }
        key = f"{made.business_key}:{told.party_id}:{address}"
        ctx.outbox.add("email", address, "investor_report", data, dedupe_key=key[:255], language=told.language)
    entry = Interaction(
        party_id=told.party_id,
        project_id=project.id,
        at=ctx.now,
        channel="email",
        direction="out",
        subject=f"披露报告 {made.business_key}：{project.name}"[:255],
        by=stamp.by,
        instance=ctx.instance,
        element=ctx.element,
    )
    interactions.add(ctx.session, entry)
    return len(set(addresses))


@handles("disclosure.receipts", transactional=True)
def disclosure_receipts(ctx: Context, pack_key: str) -> Mapping[str, Any]:
    """Who has not opened what they were sent. Out: unread [{party_id, investor_name, sent_at}], opened (how many).

    Errors: NotFound. Reads only.
    """
    made = disclosure.pack(ctx.session, pack_key)
    told = [one for one in disclosure.of_pack(ctx.session, made.id) if one.sent_at is not None]
    unread = [
        {
            "party_id": str(one.party_id),
            "investor_name": parties.get(ctx.session, one.party_id).legal_name,
            "sent_at": one.sent_at,
        }
        for one in told
        if one.opened_at is None
    ]
    return {"unread": unread, "opened": len(told) - len(unread)}


@handles("disclosure.close", transactional=True)
def disclosure_close(ctx: Context, pack_key: str) -> Mapping[str, Any]:
    """Its circulation is over. Out: closed. Errors: NotFound. Idempotent."""
    made = disclosure.pack(ctx.session, pack_key)
    if made.state == "sent":
        disclosure.change_pack(ctx.session, made.id, {"state": "closed"}, inputs.stamp(ctx, "report"))
    return {"closed": True}
