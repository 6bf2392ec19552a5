"""Facilities from the approved plan to completion: opened, signed, available, extended, lapsed, operational.

Law: terms come from the plan that was approved and nowhere else; what happens here is written in the book only, in the
step's own transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import charges, inputs, revaluing
from handlers.finance.plan import months_later
from handlers.records import facilities, projects, security
from handlers.records.changes import Stamp, once
from handlers.records.facilities import Facility
from handlers.records.projects import Project

FREQUENCIES: Mapping[str, str] = {"quarterly": "quarterly", "semiannual": "half_yearly", "annual": "yearly"}
"""The plan's words -> the covenant calendar's."""
SOURCE = "plan"
AVAILABILITY_MONTHS = 24
"""For draws where the plan says nothing; a default that an institution replaces."""


def project_of(ctx: Context, project_key: object = None) -> Project:
    """The project by key, else by the process's own business key. NotFound."""
    return projects.get(ctx.session, inputs.text(project_key) or ctx.business_key or "")


def live(ctx: Context, project: Project) -> list[Facility]:
    """The project's facilities that are neither closed nor lapsed."""
    return [one for one in facilities.of_project(ctx.session, project.id) if one.state not in ("closed", "lapsed")]


def _money(row: Mapping[str, Any], *names: str) -> dict[str, Decimal | None]:
    return {name: inputs.number(row.get(name), name) for name in names}


def _whole(row: Mapping[str, Any], *names: str) -> dict[str, int | None]:
    return {name: inputs.whole(row.get(name), name) for name in names}


def _texts(row: Mapping[str, Any], *names: str) -> dict[str, str | None]:
    return {name: inputs.text(row.get(name)) for name in names}


@handles("facility.open", transactional=True)
def facility_open(
    ctx: Context,
    facilities: object,
    party_id: object = None,
    project_key: object = None,
    covenants: object = None,
    plan_id: object = None,
    plan_version: object = None,
    limit_id: object = None,
    currency: object = None,
    ep_category: object = None,
) -> Mapping[str, Any]:
    """Open the facilities of the approved plan, with their covenants; the project enters execution.

    In: facilities [{name, type, amount, currency, months, grace_months, availability_months, profile, rate_pct,
    margin_pct, upfront_fee_pct, commitment_fee_pct, day_count, dsra_months, target_dscr, frequency_months between
    instalments, balloon}], covenants [{facility (its name; null: every one), code, name, kind, metric, direction,
    default_level, lockup_level, watch_pct, frequency, due_days, cure_days, look}], plan_id, plan_version, limit_id,
    party_id (null: the project's borrower), currency, ep_category. Out: facility_keys, facility_list [{facility_key,
    name, type, amount, currency}], covenant_count.
    Errors: InvalidInput for a plan without facilities or with terms missing; NotFound. Idempotent by job key.
    """
    rows = inputs.rows(facilities)
    if not rows:
        raise InvalidInput(place="facilities", reason="the plan has none", reason_zh="方案中没有融资工具")
    of_plan = {
        "plan_id": inputs.text(plan_id),
        "plan_version": inputs.whole(plan_version, "plan_version"),
        "limit_id": inputs.ident(limit_id, "limit_id"),
    }

    def work() -> Mapping[str, Any]:
        project, stamp = project_of(ctx, project_key), inputs.stamp(ctx, SOURCE)
        borrower = inputs.ident(party_id, "party_id") or _borrower(ctx, project)
        money = inputs.text(currency) or project.currency
        opened = [_open(ctx, project, borrower, row, {"currency": money} | of_plan, stamp) for row in rows]
        count = sum(_covenant(ctx, opened, row, stamp) for row in inputs.rows(covenants))
        category = inputs.text(ep_category)
        if category is not None:
            projects.change(ctx.session, project.id, {"equator_category": category}, stamp)
        projects.enter(ctx.session, project.id, "execution", stamp)
        ctx.audit("facilities_opened", {"facilities": [one.business_key for one in opened], **of_plan})
        return {
            "facility_keys": [one.business_key for one in opened],
            "facility_list": [
                {
                    "facility_key": one.business_key, "name": one.name, "type": one.type, "amount": one.amount,
                    "currency": one.currency,
                }
                for one in opened
            ],
            "covenant_count": count,
        }  # fmt: skip

    return once(ctx.session, ctx.job_key, "facility.open", ctx.now, work)


def _borrower(ctx: Context, project: Project) -> int:
    roles = projects.roles_of(ctx.session, project_id=project.id)
    found = next((one.party_id for one in roles if one.role in ("borrower", "spv")), None)
    if found is None:
        raise InvalidInput(place="party_id", reason="the project has no borrower", reason_zh="项目没有借款人")
    return found


def _open(
    ctx: Context, project: Project, party_id: int, row: Mapping[str, Any], given: Mapping[str, Any], stamp: Stamp
) -> Facility:
    terms: dict[str, Any] = _texts(row, "name", "type", "currency", "profile", "day_count")
    terms |= _money(row, "amount", "rate_pct", "margin_pct", "upfront_fee_pct", "commitment_fee_pct", "target_dscr")
    terms |= _money(row, "balloon") | _whole(row, "months", "grace_months", "availability_months", "dsra_months")
    terms |= {"period_months": inputs.whole(row.get("frequency_months"), "frequency_months")}
    if terms["availability_months"] is None and terms["months"] is not None:
        terms["availability_months"] = min(AVAILABILITY_MONTHS, terms["months"])
    merged = dict(given) | inputs.given(terms)
    return facilities.open_(ctx.session, project.id, party_id, inputs.given(merged), stamp, inputs.year(ctx))


def _covenant(ctx: Context, opened: list[Facility], row: Mapping[str, Any], stamp: Stamp) -> int:
    """The covenant in every facility that it is of; how many these are."""
    values: dict[str, Any] = _texts(row, "code", "name", "kind", "metric", "direction", "frequency", "look")
    values |= _money(row, "default_level", "lockup_level", "watch_pct") | _whole(row, "due_days", "cure_days")
    values |= {"code": values["code"] or values["name"], "name": values["name"] or values["code"]}
    values |= {"kind": values["kind"] or "financial"}
    frequency = values["frequency"]
    if values["code"] is None or (frequency is not None and frequency not in FREQUENCIES):
        wrong = "约束性条款缺少名称或频率有误"
        raise InvalidInput(place="covenants", reason=f"unreadable: {dict(row)}", reason_zh=wrong)
    named = inputs.text(row.get("facility"))
    chosen = [one for one in opened if named in (None, one.name)]
    for one in chosen:
        facilities.add_covenant(ctx.session, one.id, inputs.given(values), stamp)
    return len(chosen)


@handles("collateral.register", transactional=True)
def collateral_register(
    ctx: Context, items: object = None, haircuts: object = None, project_key: object = None
) -> Mapping[str, Any]:
    """Enter the agreed security, each item with the larger haircut of the one approved with the plan and the table's.

    In: items [{type, description, owner, value, currency, valuer, valued_at, haircut_pct, rank, registration_no,
    expiry}]; haircuts: the table's haircut for each item, in the same order. Out: collateral_count, collateral_ids.
    Errors: InvalidInput for unreadable values. Idempotent by job key.
    """

    def work() -> Mapping[str, Any]:
        project, stamp = project_of(ctx, project_key), inputs.stamp(ctx, SOURCE)
        cut = list(haircuts) if isinstance(haircuts, list | tuple) else []
        made = []
        for at, row in enumerate(inputs.rows(items)):
            values: dict[str, Any] = _texts(
                row, "type", "description", "owner", "currency", "valuer", "registration_no"
            )
            values |= _money(row, "value", "haircut_pct") | _whole(row, "rank")
            values |= {name: inputs.day(row.get(name), name) for name in ("valued_at", "expiry")}
            decided = inputs.number(cut[at], "haircuts") if at < len(cut) else None
            values["haircut_pct"] = max(
                (one for one in (decided, values["haircut_pct"]) if one is not None), default=None
            )
            filled = {"type": "other", "description": values["type"] or "", "currency": project.currency}
            made.append(security.add(ctx.session, project.id, filled | inputs.given(values), stamp))
        return {"collateral_count": len(made), "collateral_ids": [str(one) for one in made]}

    return once(ctx.session, ctx.job_key, "collateral.register", ctx.now, work)


@handles("facility.sign", transactional=True)
def facility_sign(ctx: Context, signed_on: object, project_key: object = None) -> Mapping[str, Any]:
    """The contracts are signed: the time of availability and the tenor run from that day.

    In: signed_on. Out: signed_on, availability_end (the latest), maturity (the latest). Errors: InvalidInput without a
    day. Idempotent: the same day again changes nothing.
    """
    day = inputs.day(signed_on, "signed_on")
    if day is None:
        raise InvalidInput(place="signed_on", reason="is missing", reason_zh="缺少签署日期")
    project, stamp = project_of(ctx, project_key), inputs.stamp(ctx, "contract")
    ends, last = [day], [day]
    for one in live(ctx, project):
        end, maturity = months_later(day, one.availability_months), months_later(day, one.months)
        facilities.change(ctx.session, one.id, {"signed_on": day, "availability_end": end, "maturity": maturity}, stamp)
        facilities.enter(ctx.session, one.id, "signed", stamp)
        ends.append(end)
        last.append(maturity)
    ctx.audit("contracts_signed", {"project": project.business_key, "day": day.isoformat()})
    return {"signed_on": day, "availability_end": max(ends), "maturity": max(last)}


@handles("facility.make_available", transactional=True)
def facility_make_available(
    ctx: Context,
    equity_paid: object = None,
    capex: object = None,
    equity_pct: object = None,
    project_key: object = None,
) -> Mapping[str, Any]:
    """Financial close: draws may begin; upfront fees are booked, security with a registration number is registered and
    its first valuation planned.

    In: equity_paid: how much capital stood on the project's account at close; capex and equity_pct as they were agreed
    in the end: draws are held against them. Out: availability_end (the latest among the facilities),
    availability_until: the end of work on that day, a moment. Errors: InvalidInput when nothing is signed. Idempotent.
    """
    project, stamp = project_of(ctx, project_key), inputs.stamp(ctx, "financial_close")
    signed = [one for one in live(ctx, project) if one.state in facilities.LIVE and one.availability_end is not None]
    if not signed:
        raise InvalidInput(place="facilities", reason="none is signed", reason_zh="没有已签署的融资工具")
    for one in signed:
        facilities.enter(ctx.session, one.id, "available", stamp)
        charges.at_close(ctx, one, inputs.today(ctx))
    security.register_agreed(ctx.session, project.id, inputs.today(ctx), stamp)
    agreed = _money({"equity_paid": equity_paid, "capex": capex, "equity_pct": equity_pct}, *AGREED)
    projects.change(ctx.session, project.id, inputs.given(agreed), stamp)
    revaluing.plan_first(ctx, project)
    ctx.audit("financial_close", {"project": project.business_key})
    return _available_until(ctx, max(one.availability_end for one in signed if one.availability_end))


AGREED = ("equity_paid", "capex", "equity_pct")


def _available_until(ctx: Context, day: date) -> Mapping[str, Any]:
    return {"availability_end": day, "availability_until": datetime.combine(day, time(18), ctx.zone)}


@handles("facility.extend", transactional=True)
def facility_extend(
    ctx: Context, until: object, cancel_undrawn: object = False, project_key: object = None
) -> Mapping[str, Any]:
    """The time for draws was over: it is prolonged, or what is undrawn is given up.

    In: until: the new day (with cancel_undrawn: when completion is looked at again); cancel_undrawn yes/no. Out:
    availability_end, availability_until, drawn_total. Errors: InvalidInput without a day. Idempotent.
    """
    day = inputs.day(until, "until")
    if day is None:
        raise InvalidInput(place="until", reason="is missing", reason_zh="缺失")
    project, stamp = project_of(ctx, project_key), inputs.stamp(ctx, "availability")
    total = Decimal(0)
    for one in live(ctx, project):
        given_up = inputs.yes(cancel_undrawn)
        if given_up and one.drawn == 0:
            facilities.enter(ctx.session, one.id, "lapsed", stamp)
        elif given_up:
            facilities.change(ctx.session, one.id, {"amount": one.drawn}, stamp)
        else:
            facilities.change(ctx.session, one.id, {"availability_end": day}, stamp)
        total += one.drawn
    return {**_available_until(ctx, day), "drawn_total": total}


@handles("facility.lapse", transactional=True)
def facility_lapse(ctx: Context, reason: object = None, project_key: object = None) -> Mapping[str, Any]:
    """Nothing comes of it: facilities without a draw lapse, the project leaves execution.

    In: reason. Out: lapsed: how many. Idempotent.
    """
    project = project_of(ctx, project_key)
    stamp = inputs.stamp(ctx, "lapse", why=inputs.prose(reason))
    idle = [one for one in live(ctx, project) if one.drawn == 0]
    for one in idle:
        facilities.enter(ctx.session, one.id, "lapsed", stamp)
    if not live(ctx, project):
        projects.enter(ctx.session, project.id, "withdrawn", stamp, inputs.prose(reason))
    ctx.audit("facilities_lapsed", {"project": project.business_key, "reason": inputs.prose(reason)})
    return {"lapsed": len(idle)}


@handles("facility.complete", transactional=True)
def facility_complete(
    ctx: Context, completed_on: object, certificate_no: object = None, project_key: object = None
) -> Mapping[str, Any]:
    """Completion passed: the sponsor's completion guarantees end, what was drawn is what is owed, operation begins;
    interest of construction and commitment fees are booked.

    In: completed_on, certificate_no. Out: completion_date, maturity (the latest), operating [{facility_key, balance,
    start, maturity, covenants [{metric, frequency, due_days}] as the covenant calendar takes them}], facility_keys,
    covenant_count, released: guarantees. Facilities without a draw are closed. Errors: InvalidInput without a day.
    Idempotent by job key.
    """
    day = inputs.day(completed_on, "completed_on")
    if day is None:
        raise InvalidInput(place="completed_on", reason="is missing", reason_zh="缺少完工日期")

    def work() -> Mapping[str, Any]:
        project = project_of(ctx, project_key)
        stamp = inputs.stamp(ctx, "completion", why=inputs.text(certificate_no))
        released = security.release_guarantees(ctx.session, project.id, stamp)
        drawn = []
        for one in live(ctx, project):
            charges.at_completion(ctx, one, day)
            facilities.enter(ctx.session, one.id, "operational" if one.drawn else "closed", stamp)
            drawn += [facilities.get(ctx.session, one.id)] if one.drawn else []
        projects.change(ctx.session, project.id, {"stage": "operation", "cod_actual": day}, stamp)
        projects.enter(ctx.session, project.id, "maintenance", stamp, "完工")
        operating = [_operating(ctx, one, day) for one in drawn]
        ctx.audit("completed", {"project": project.business_key, "certificate": inputs.text(certificate_no)})
        return {
            "completion_date": day,
            "maturity": max((one["maturity"] for one in operating), default=day),
            "operating": operating,
            "facility_keys": [one.business_key for one in drawn],
            "covenant_count": sum(len(one["covenants"]) for one in operating),
            "released": released,
        }

    return once(ctx.session, ctx.job_key, "facility.complete", ctx.now, work)


def _operating(ctx: Context, one: Facility, day: date) -> dict[str, Any]:
    tested = [
        inputs.given(
            {
                "metric": each.metric or each.code,
                "frequency": FREQUENCIES[each.frequency],
                "due_days": each.due_days,
            }
        )
        for each in facilities.covenants_of(ctx.session, one.id)
        if each.frequency is not None
    ]
    maturity = one.maturity or months_later(one.signed_on or day, one.months)
    return {
        "facility_key": one.business_key,
        "balance": one.balance,
        "start": day,
        "maturity": maturity,
        "covenants": tested,
    }
