"""Asking clients how it is to work with us: who is asked, the link, what was answered, what follows.

Law: somebody is asked with consent only, not within 90 days of the last time (a person is one address, at how many
clients ever), and not while a complaint is open; this
is looked at when a round is planned and again when the letter would go out. Source: process S2 `satisfaction_survey`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import client_facts, inputs
from handlers.contacting import completed_by
from handlers.finance.exact import refused
from handlers.links import client_open_link
from handlers.maintaining import client
from handlers.records import interactions, keys, parties, preferences, service, surveys
from handlers.records.changes import once
from handlers.records.interactions import Interaction
from handlers.records.parties import Contact, Party
from handlers.records.surveys import Pair, Survey
from handlers.records.tables import party as party_table

TOUCHPOINTS = ("proposal", "approval", "drawdown", "aftercare", "communication")
KINDS = ("quarterly", "milestone", "exit")
COMPLAINT = "CO"
"""Prefix of what the complaints process answers, suggestions too."""


@handles("survey.plan", transactional=True)
def survey_plan(
    ctx: Context,
    kind: str = "quarterly",
    party_id: object = None,
    milestone: str | None = None,
    project_key: str | None = None,
) -> Mapping[str, Any]:
    """Choose whom to ask, and plan a short case for each.

    In: kind quarterly|milestone|exit; party_id for one client (else every client), milestone, project_key. Out: round
    (2026Q4, or <project>:<milestone>), invited. Each survey is a row of the schedule, message `survey_due` under its
    own key. Errors: InvalidInput for an unknown kind, NotFound. Idempotent by job key; a round invites once.
    """
    if kind not in KINDS:
        raise InvalidInput(place="kind", reason=f"unknown: {kind}", reason_zh=f"未知类型 {kind}")

    def plan() -> Mapping[str, Any]:
        stamp = inputs.stamp(ctx, "survey")
        today = inputs.today(ctx)
        quarter = f"{today.year}Q{(today.month + 2) // 3}"
        matter = inputs.text(project_key) or ctx.business_key or quarter
        name = quarter if kind == "quarterly" else f"{matter}:{inputs.text(milestone) or kind}"
        if surveys.of_round(ctx.session, name):
            return {"round": name, "invited": len(surveys.of_round(ctx.session, name))}
        invited = 0
        for party in _asked(ctx, party_id):
            for person in parties.contacts_of(ctx.session, party.id):
                if _why_not(ctx, party, person) is None:
                    made = surveys.plan(ctx.session, party.id, person.id, kind, name, stamp, inputs.year(ctx))
                    _due(ctx, made)
                    invited += 1
        surveys.open_round(ctx.session, name, invited, stamp)
        return {"round": name, "invited": invited}

    return once(ctx.session, ctx.job_key, "survey.plan", ctx.now, plan)


def _asked(ctx: Context, party_id: object) -> list[Party]:
    if inputs.ident(party_id, "party_id") is not None:
        return [client(ctx, party_id)]
    rows = sa.select(party_table.c.id).where(
        party_table.c.lifecycle_stage == "client", party_table.c.merged_into.is_(None)
    )
    return [parties.get(ctx.session, one) for one in ctx.session.execute(rows.order_by(party_table.c.id)).scalars()]


def _due(ctx: Context, made: Survey) -> None:
    ctx.schedule.add(
        "survey_due",
        due=ctx.now,
        business_key=made.business_key,
        dedupe_key=f"survey:{made.business_key}",
        variables={"round": made.round},
    )


def _why_not(ctx: Context, party: Party, person: Contact, besides: str | None = None) -> str | None:
    """Why somebody is not asked; None when they may be."""
    if not person.email:
        return "no_address"
    if not client_facts.may_be_contacted(party, person):
        return "no_consent"
    same = {person.id, *(one.contact_id for one in preferences.reached_by(ctx.session, person.email))}
    if surveys.asked_lately(ctx.session, same, ctx.now, besides):
        return "asked_lately"
    return "complaint" if service.open_complaints(ctx.session, party.id) else None


@handles("survey.issue", transactional=True)
def survey_issue(
    ctx: Context, form: str = "satisfaction_survey", message: str = "survey_answered", valid_days: object = 21
) -> Mapping[str, Any]:
    """Make the one-time link of a planned survey, if the person may still be asked.

    In: form, message, valid_days; the survey is that of the business key. Out: issued, why (no_address|no_consent|
    asked_lately|complaint, or null), link_url, party_id, client_key, client_name, contact_name, email, language, owner,
    tier, round. Errors: NotFound. Idempotent by job key.
    """

    def issue() -> Mapping[str, Any]:
        survey = surveys.get(ctx.session, ctx.business_key or "")
        party = parties.get(ctx.session, survey.party_id)
        person = next(one for one in parties.contacts_of(ctx.session, party.id) if one.id == survey.contact_id)
        why = _why_not(ctx, party, person, survey.business_key)
        stamp = inputs.stamp(ctx, "survey")
        told: dict[str, Any] = {
            "issued": why is None,
            "why": why,
            "link_url": None,
            "party_id": str(party.id),
            "client_key": party.business_key,
            "client_name": party.legal_name,
            "contact_name": person.name,
            "email": person.email,
            "language": person.language,
            "owner": party.owner,
            "tier": party.tier,
            "round": survey.round,
        }
        if why is not None:
            surveys.change(ctx.session, survey.business_key, {"state": "skipped", "why": why}, stamp)
            return told
        link = client_open_link(ctx, form, message, party.id, valid_days, None, {}) or {}
        values = {"state": "sent", "sent_at": ctx.now, "instance": ctx.instance}
        surveys.change(ctx.session, survey.business_key, values, stamp)
        return told | {"link_url": link["link_url"]}

    return once(ctx.session, f"{ctx.job_key}:issue" if ctx.job_key else "", "survey.issue", ctx.now, issue)


@handles("survey.record", transactional=True)
def survey_record(
    ctx: Context, nps: object = None, csat: object = None, suggestion: str | None = None, **marks: Any
) -> Mapping[str, Any]:
    """Keep one person's answers.

    In: nps 0–10, csat 1–5, suggestion, and for each touchpoint expect_<name> and experience_<name> 1–5 (proposal,
    approval, drawdown, aftercare, communication). Out: answers for survey.score, worst_gap (null without a pair).
    Errors: InvalidInput for marks off the scale, NotFound. Idempotent: the first answer stays.
    """
    whole = {"nps": _mark(nps, "nps", 0, 10), "csat": _mark(csat, "csat", 1, 5)}
    pairs = [pair for name in TOUCHPOINTS if (pair := _pair(name, marks)) is not None]
    survey = surveys.get(ctx.session, ctx.business_key or "")
    if survey.state != "answered":
        by_phone = completed_by(ctx, "ut_phone")
        stamp = inputs.stamp(ctx, "survey", by_phone)
        values = whole | {"state": "answered", "answered_at": ctx.now, "suggestion": inputs.prose(suggestion)}
        values["channel"] = "link" if by_phone is None else "phone"
        surveys.change(ctx.session, survey.business_key, values, stamp)
        surveys.keep_answers(ctx.session, survey.id, pairs)
        said = f"推荐意愿 {whole['nps']}，满意度 {whole['csat']}"
        _on_timeline(ctx, survey, "in", "满意度答卷", "\n".join(one for one in (said, inputs.prose(suggestion)) if one))
    gaps = [pair.experience - pair.expectation for pair in pairs]
    return {"answers": [whole, *(_row(pair) for pair in pairs)], "worst_gap": min(gaps, default=None)}


def _mark(value: object, place: str, least: int, most: int) -> int | None:
    found = inputs.whole(value, place)
    if found is not None and not least <= found <= most:
        told = f"{least}–{most}: {found}"
        raise refused(place, f"must lie between {told}", f"须介于 {told}")
    return found


def _pair(name: str, marks: Mapping[str, Any]) -> Pair | None:
    expected = _mark(marks.get(f"expect_{name}"), f"expect_{name}", 1, 5)
    lived = _mark(marks.get(f"experience_{name}"), f"experience_{name}", 1, 5)
    return None if expected is None or lived is None else Pair(name, expected, lived)


def _row(pair: Pair) -> dict[str, Any]:
    return {"touchpoint": pair.touchpoint, "expectation": pair.expectation, "experience": pair.experience}


def _on_timeline(ctx: Context, survey: Survey, direction: str, subject: str, text: str, by: str | None = None) -> None:
    entry = Interaction(
        party_id=survey.party_id,
        contact_id=survey.contact_id,
        at=ctx.now,
        channel="web" if direction == "in" else "phone",
        direction=direction,
        subject=subject,
        text=text,
        by=by or inputs.stamp(ctx, "survey").by,
        instance=ctx.instance,
        element=ctx.element,
    )
    interactions.add(ctx.session, entry)


@handles("survey.expire", transactional=True)
def survey_expire(ctx: Context) -> Mapping[str, Any]:
    """The person did not answer in time. Out: state. Errors: NotFound. Idempotent: what was answered stays so."""
    survey = surveys.get(ctx.session, ctx.business_key or "")
    if survey.state != "answered":
        survey = surveys.change(ctx.session, survey.business_key, {"state": "expired"}, inputs.stamp(ctx, "survey"))
    return {"state": survey.state}


@handles("survey.results", transactional=True)
def survey_results(ctx: Context, round: str) -> Mapping[str, Any]:
    """A round's answers for survey.score. In: round. Out: answers: marks of each person, then the pairs; respondents:
    how many answered. Reads only."""
    done = [one for one in surveys.of_round(ctx.session, round) if one.state == "answered"]
    people = [{"nps": one.nps, "csat": one.csat} for one in done]
    pairs = [_row(pair) for one in done for pair in surveys.answers_of(ctx.session, one.id)]
    return {"answers": people + pairs, "respondents": len(done)}


@handles("survey.close_round", transactional=True)
def survey_close_round(
    ctx: Context,
    round: str,
    answered: object = None,
    nps: object = None,
    csat: object = None,
    gaps: object = None,
    summary: str | None = None,
) -> Mapping[str, Any]:
    """Keep a round's figures and conclusions. In: round, answered, nps, csat, gaps {touchpoint: gap}, summary.
    Out: nothing. Errors: InvalidInput for unreadable figures. Idempotent."""
    values = {
        "answered": inputs.whole(answered, "answered"),
        "nps": inputs.number(nps, "nps"),
        "csat": inputs.number(csat, "csat"),
        "gaps": dict(gaps) if isinstance(gaps, Mapping) else {},
        "summary": inputs.prose(summary),
    }
    stamp = inputs.stamp(ctx, "survey", completed_by(ctx, "ut_summary"))
    surveys.close_round(ctx.session, round, values, stamp)
    return {}


@handles("survey.pass_suggestion", transactional=True)
def survey_pass_suggestion(ctx: Context, suggestion: str) -> Mapping[str, Any]:
    """Hand a suggestion to the process that answers complaints and suggestions.

    In: suggestion. Out: complaint_key (CO-…), under which it is answered. A row of the schedule, message
    `complaint_received`. Errors: NotFound. Idempotent by job key.
    """

    def hand_over() -> Mapping[str, Any]:
        survey = surveys.get(ctx.session, ctx.business_key or "")
        party = parties.get(ctx.session, survey.party_id)
        person = next(one for one in parties.contacts_of(ctx.session, party.id) if one.id == survey.contact_id)
        key = keys.next_key(ctx.session, COMPLAINT, inputs.year(ctx))
        ctx.schedule.add(
            "complaint_received",
            due=ctx.now,
            business_key=key,
            dedupe_key=f"suggestion:{survey.business_key}",
            variables={
                "kind": "suggestion", "subject": "满意度答卷中的建议", "text": suggestion, "channel": "web",
                "thread": survey.business_key, "client_key": party.business_key, "party_id": str(party.id),
                "contact_name": person.name, "email": person.email, "phone": person.mobile, "language": person.language,
            },
        )  # fmt: skip
        return {"complaint_key": key}

    return once(ctx.session, ctx.job_key, "survey.pass_suggestion", ctx.now, hand_over)


@handles("survey.record_callback", transactional=True)
def survey_record_callback(
    ctx: Context,
    callback_contact: str | None = None,
    callback_date: object = None,
    score_reason: str | None = None,
    promise: str | None = None,
    promise_due: object = None,
) -> Mapping[str, Any]:
    """Keep the call that a low score led to. In: the fields of form `survey_callback`. Out: nothing. Errors:
    InvalidInput for unreadable dates. Idempotent by job key."""

    def record() -> Mapping[str, Any]:
        survey = surveys.get(ctx.session, ctx.business_key or "")
        by = completed_by(ctx, "ut_callback")
        day, due = inputs.day(callback_date, "callback_date"), inputs.day(promise_due, "promise_due")
        told = [f"评分原因：{score_reason}", f"承诺：{promise}", f"期限：{due}"]
        at = ctx.now if day is None else min(ctx.now, datetime.combine(day, time(12), ctx.zone))
        entry = Interaction(
            party_id=survey.party_id,
            contact_id=survey.contact_id,
            at=at,
            channel="phone",
            direction="out",
            person=inputs.text(callback_contact),
            subject="满意度回访",
            text="\n".join(told),
            by=by or inputs.stamp(ctx, "survey").by,
            instance=ctx.instance,
            element=ctx.element,
        )
        interactions.add(ctx.session, entry)
        surveys.change(ctx.session, survey.business_key, {"followup": "callback"}, inputs.stamp(ctx, "survey", by))
        return {}

    return once(ctx.session, ctx.job_key, "survey.record_callback", ctx.now, record)


@handles("survey.record_reference", transactional=True)
def survey_record_reference(
    ctx: Context, reference_result: str | None = None, reference_text: str | None = None
) -> Mapping[str, Any]:
    """Keep whether a satisfied client will be a reference. In: reference_result agreed|declined|later, reference_text.
    Out: nothing. Errors: NotFound. Idempotent by job key."""

    def record() -> Mapping[str, Any]:
        survey = surveys.get(ctx.session, ctx.business_key or "")
        by = completed_by(ctx, "ut_reference")
        values = {"followup": f"reference_{inputs.text(reference_result) or 'later'}"}
        surveys.change(ctx.session, survey.business_key, values, inputs.stamp(ctx, "survey", by))
        _on_timeline(ctx, survey, "out", "请求推荐", inputs.prose(reference_text) or "", by)
        return {}

    return once(ctx.session, ctx.job_key, "survey.record_reference", ctx.now, record)
