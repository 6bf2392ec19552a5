"""Looking after a client: the picture, churn and stage, the yearly review, tier and service plan.

Law: the tier changes in the annual review alone; each client has one review a year, whose date is a row of the
schedule. Source: the process P4 `client_maintenance` of the process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import client_facts, inputs, ratios
from handlers.contacting import completed_by
from handlers.finance.plan import months_later
from handlers.grading import risk_override
from handlers.records import interactions, parties, projects, relationship, statements
from handlers.records.changes import Stamp, once
from handlers.records.interactions import Interaction
from handlers.records.parties import Party
from handlers.records.statements import Statement
from handlers.statements import ratio_figures

STAGE_TEXTS = {
    "acquisition": ("获取", "acquisition"), "development": ("发展", "development"), "maturity": ("成熟", "maturity"),
    "decline": ("衰退", "decline"),
}  # fmt: skip


def client(ctx: Context, party_id: object) -> Party:
    """The client that a process names. InvalidInput without one, NotFound for an unknown one."""
    known = inputs.ident(party_id, "party_id")
    if known is None:
        raise InvalidInput(place="party_id", reason="is missing", reason_zh="未指定客户")
    return parties.get(ctx.session, known)


@handles("crm.enter_maintenance", transactional=True)
def crm_enter_maintenance(
    ctx: Context, party_id: object, project_key: str | None = None, completion_date: object = None
) -> Mapping[str, Any]:
    """The project operates: it enters maintenance, and its borrower is a client.

    In: party_id, project_key, completion_date. Out: party_id, client_key, client_name, owner. Errors: NotFound;
    InvalidInput for an unreadable date. Idempotent: who is there already stays there.
    """
    party = client(ctx, party_id)
    stamp = inputs.stamp(ctx, "maintenance")
    project = projects.find(ctx.session, inputs.text(project_key) or ctx.business_key or "")
    if project is not None:
        done = inputs.given({"cod_actual": inputs.day(completion_date, "completion_date")})
        projects.change(ctx.session, project.id, done if project.cod_actual is None else {}, stamp)
        projects.enter(ctx.session, project.id, "maintenance", stamp)
    if party.lifecycle_stage in ("lead", "prospect"):
        party = parties.change(ctx.session, party.id, {"lifecycle_stage": "client"}, stamp)
    owner = party.owner or (project.owner if project else None)
    named = {"client_key": party.business_key, "client_name": party.legal_name, "owner": owner}
    return {"party_id": str(party.id)} | named


@handles("crm.overview", transactional=True)
def crm_overview(ctx: Context, party_id: object) -> Mapping[str, Any]:
    """The client's whole picture.

    In: party_id. Out: overview {client_key, client_name, owner, tier, email, contact_name, language, consent,
    live_facilities, ever_financed, exposure, margin, tenure_months, kyc_until, needs, goals, rating, open_complaints,
    in_default, ratios: those of the newest statement by name, with its period; empty without one; statements: those on
    file, the newest first, [{period, audited, audited_en, total_assets, revenue, currency}]}. Errors: NotFound. Reads
    only.
    """
    party = client(ctx, party_id)
    seen = client_facts.overview(ctx.session, party, ctx.now, inputs.today(ctx))
    kept = statements.of_party(ctx.session, party.id)
    return {"overview": seen | {"ratios": _newest_ratios(kept), "statements": [_on_file(one) for one in kept[::-1]]}}


def _on_file(kept: Statement) -> dict[str, Any]:
    amounts = kept.amounts()
    written = {code: f"{amounts[code]:,f}" for code in ("total_assets", "revenue") if code in amounts}
    audited = {"audited": "是" if kept.audited else "否", "audited_en": "yes" if kept.audited else "no"}
    return {"period": kept.period_end.isoformat(), "currency": kept.currency, **audited, **written}


def _newest_ratios(kept: Sequence[Statement]) -> dict[str, Any]:
    if not kept:
        return {}
    made = ratios.compute(ratio_figures(kept[-1].amounts()))
    return {"period": kept[-1].period_end.isoformat(), **made.values}


@handles("crm.churn", transactional=True)
def crm_churn(ctx: Context, party_id: object) -> Mapping[str, Any]:
    """Signs that the client may leave, gathered from the book for decision `churn_signal`.

    In: party_id. Out: signals {contact_gap_days, nps, limit_cancelled, complaints, offers_declined, runoff_pct,
    refinance_notice, key_contact_left, income_moved, tender_lost}. Errors: NotFound. Reads only.
    """
    return {"signals": client_facts.signals(ctx.session, client(ctx, party_id).id, ctx.now, inputs.today(ctx))}


@handles("crm.lifecycle", transactional=True)
def crm_lifecycle(ctx: Context, party_id: object, rank: object, overview: object, churn: object) -> Mapping[str, Any]:
    """Keep the stage and the churn points that the decisions gave.

    In: party_id, rank 1–4 of `lifecycle_stage`, overview (see crm.overview), churn {points, reasons}. Out: stage
    acquisition|development|maturity|decline, reasons [{text, text_en}]. Errors: InvalidInput for a rank that is none.
    Idempotent by job key.
    """
    number = inputs.whole(rank, "rank")
    if number is None or not 1 <= number <= len(relationship.STAGES):
        raise InvalidInput(place="rank", reason=f"not a stage: {rank}", reason_zh=f"无此阶段：{rank}")
    stage = relationship.STAGES[number - 1]
    seen: Mapping[str, Any] = overview if isinstance(overview, Mapping) else {}
    scored: Mapping[str, Any] = churn if isinstance(churn, Mapping) else {}
    points = inputs.whole(scored.get("points"), "churn.points") or 0

    def record() -> Mapping[str, Any]:
        party, stamp = client(ctx, party_id), inputs.stamp(ctx, "lifecycle")
        reasons = _why(seen, points)
        relationship.enter_stage(ctx.session, party.id, stage, reasons, stamp, ctx.instance)
        relationship.score_churn(ctx.session, party.id, points, inputs.rows(scored.get("reasons")), stamp, ctx.instance)
        return {"stage": stage, "reasons": reasons}

    return once(ctx.session, ctx.job_key, "crm.lifecycle", ctx.now, record)


def _why(seen: Mapping[str, Any], points: int) -> list[dict[str, str]]:
    live, months = seen.get("live_facilities"), seen.get("tenure_months")
    return [
        {"text": f"存量授信 {live} 笔", "text_en": f"{live} live facilities"},
        {"text": f"合作 {months} 个月", "text_en": f"a client for {months} months"},
        {"text": f"流失分 {points}", "text_en": f"churn points {points}"},
    ]


@handles("crm.record_review", transactional=True)
def crm_record_review(
    ctx: Context,
    party_id: object,
    review_year: object = None,
    profile_confirmed: object = None,
    sector_fit: object = None,
    reference_value: object = None,
    cross_group: object = None,
    satisfaction: object = None,
    needs: object = None,
    signals_seen: object = None,
    review_summary: str | None = None,
) -> Mapping[str, Any]:
    """Keep the annual review: marks, needs, signs of leaving, and that the profile was confirmed.

    In: the fields of form `annual_review`; party_id, review_year (null: this year). Out: need_codes; ratios as in
    crm.overview, with the statements that came with this review.
    Errors: InvalidInput for unreadable marks or an unknown sign. Idempotent by job key; one review for each year.
    """

    def record() -> Mapping[str, Any]:
        party = client(ctx, party_id)
        stamp = inputs.stamp(ctx, "review", completed_by(ctx, "ut_review"))
        marks = {"sector_fit": sector_fit, "reference_value": reference_value, "cross_group": cross_group}
        marks |= {"satisfaction": satisfaction}
        values: dict[str, Any] = {name: inputs.whole(value, name) for name, value in marks.items()}
        values |= {"profile_confirmed": inputs.yes(profile_confirmed), "summary": inputs.prose(review_summary)}
        relationship.record_review(ctx.session, party.id, _year(ctx, review_year), values, stamp, ctx.instance)
        if inputs.yes(profile_confirmed):
            parties.verify(ctx.session, party.id, stamp, "annual review")
        for sign in inputs.texts(signals_seen):
            relationship.note_signal(ctx.session, party.id, sign, stamp, instance=ctx.instance)
        found = relationship.replace_needs(ctx.session, party.id, inputs.rows(needs), "review", stamp, ctx.instance)
        _on_timeline(ctx, party, "年度回顾", review_summary, stamp)
        return {"need_codes": list(found), "ratios": _newest_ratios(statements.of_party(ctx.session, party.id))}

    return once(ctx.session, ctx.job_key, "crm.record_review", ctx.now, record)


def _year(ctx: Context, review_year: object) -> int:
    return inputs.whole(review_year, "review_year") or inputs.year(ctx)


def _on_timeline(ctx: Context, party: Party, subject: str, text: str | None, stamp: Stamp) -> None:
    talk = Interaction(
        party_id=party.id,
        at=ctx.now,
        channel="meeting",
        direction="out",
        subject=subject,
        text=inputs.prose(text) or "",
        by=stamp.by,
        instance=ctx.instance,
        element=ctx.element,
    )
    interactions.add(ctx.session, talk)


@handles("crm.record_tier", transactional=True)
def crm_record_tier(
    ctx: Context, party_id: object, tier: str, score: object = None, review_year: object = None
) -> Mapping[str, Any]:
    """The review gives the client its tier; nothing else changes it.

    In: party_id, tier A|B|C of `client_value_tier`, score, review_year. Out: tier, tier_before. Errors: InvalidInput
    for another tier. Idempotent: the same tier again changes nothing.
    """
    if tier not in ("A", "B", "C"):
        raise InvalidInput(place="tier", reason=f"unknown: {tier}", reason_zh=f"未知等级 {tier}")
    party, stamp = client(ctx, party_id), inputs.stamp(ctx, "review")

    def record() -> Mapping[str, Any]:
        value = inputs.number(score, "score")
        before, after = relationship.set_tier(ctx.session, party.id, _year(ctx, review_year), tier, value, stamp)
        ctx.audit("tier_reviewed", {"client": party.business_key, "before": before, "after": after})
        return {"tier": after, "tier_before": before}

    return once(ctx.session, ctx.job_key, "crm.record_tier", ctx.now, record)


@handles("crm.service_plan", transactional=True)
def crm_service_plan(
    ctx: Context, party_id: object, tier: str, service: object, goals: str | None = None, owner: str | None = None
) -> Mapping[str, Any]:
    """Promise the client what its tier asks for, and plan the next review.

    In: party_id, tier, service: the row of `service_level` {response_hours, contact_days, review_months, meetings,
    channel}, goals, owner. Out: service_plan (id), next_review (a day). The review is a row of the schedule under
    `review:<client>:<year>`: one a year, moved to a working day when it is none; an earlier plan's row is taken back.
    Errors: InvalidInput for a row without its figures. Idempotent by job key.
    """
    row: Mapping[str, Any] = service if isinstance(service, Mapping) else {}

    def record() -> Mapping[str, Any]:
        party, stamp = client(ctx, party_id), inputs.stamp(ctx, "service_level")
        values: dict[str, Any] = {"tier": tier, "channel": inputs.text(row.get("channel")) or "email"}
        for name in ("response_hours", "contact_days", "review_months", "meetings"):
            values[name] = _figure(row, name)
        due = _next_review(ctx, party.id, values["review_months"])
        values |= {"goals": inputs.prose(goals), "owner": inputs.text(owner) or party.owner, "next_review": due}
        plan = relationship.set_plan(ctx.session, party.id, values, stamp, ctx.instance)
        ctx.schedule.cancel(f"review:{party.business_key}:")  # of the plan before this one
        plan_review(ctx, party, due, plan.owner, plan.review_months)
        return {"service_plan": str(plan.id), "next_review": due}

    return once(ctx.session, ctx.job_key, "crm.service_plan", ctx.now, record)


def _figure(row: Mapping[str, Any], name: str) -> int:
    found = inputs.whole(row.get(name), f"service.{name}")
    if found is None:
        raise InvalidInput(place=f"service.{name}", reason="is missing", reason_zh="缺失")
    return found


def _next_review(ctx: Context, party_id: int, months: int) -> date:
    """The planned review while it is still to come and this year's has not been; else `months` from today."""
    today, plan = inputs.today(ctx), relationship.plan_of(ctx.session, party_id)
    standing = plan.next_review if plan else None
    if (
        standing is not None
        and standing > today
        and standing.year not in relationship.reviewed_years(ctx.session, party_id)
    ):
        return min(standing, months_later(today, months))
    return months_later(today, months)


def plan_review(ctx: Context, party: Party, due: date, owner: str | None, months: int = 12) -> bool:
    """The one review of a year (of a month, where the plan asks for several) as a row of the schedule; False when that
    one is planned already or was held."""
    which = f"{due.year}" if months >= 12 else f"{due:%Y-%m}"
    return ctx.schedule.add(
        "review_due",
        due=due,
        business_key=party.business_key,
        dedupe_key=f"review:{party.business_key}:{which}",
        variables={
            "party_id": str(party.id), "client_key": party.business_key, "client_name": party.legal_name,
            "owner": owner or party.owner, "review_year": due.year,
        },
    )  # fmt: skip


@handles("crm.record_rating", transactional=True)
def crm_record_rating(
    ctx: Context,
    party_id: object,
    grades: object,
    score: object,
    proposed: str,
    category: str | None = None,
    reason: str | None = None,
) -> Mapping[str, Any]:
    """Keep the category of the yearly re-rating: one person graded, another confirmed.

    In: party_id, grades {factor: 1–4}, score, proposed, category (null: the proposed one), reason. Out: category,
    overridden. Errors: InvalidInput for an override of more than one notch, without a reason, or by one person alone.
    Idempotent by job key.
    """

    def record() -> Mapping[str, Any]:
        party = client(ctx, party_id)
        first, second = completed_by(ctx, "ut_rerate"), completed_by(ctx, "ut_rerate_confirm")
        chosen = risk_override(ctx, proposed, category or proposed, reason, first, second) or {}
        stamp = inputs.stamp(ctx, "rerating", first)
        values = {
            "grades": dict(grades) if isinstance(grades, Mapping) else {},
            "score": inputs.number(score, "score"),
            "proposed": proposed,
            "category": chosen["category"],
            "reason": chosen["reason"],
            "by": stamp.by,
            "confirmed_by": second or stamp.by,
            "instance": ctx.instance,
        }
        relationship.record_rating(ctx.session, party.id, values, stamp)
        return {"category": chosen["category"], "overridden": chosen["overridden"]}

    return once(ctx.session, ctx.job_key, "crm.record_rating", ctx.now, record)
