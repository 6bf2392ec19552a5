"""Changing what was agreed: security added, covenants waived, schedules made new. Law: nothing counts before it is
signed, and taking an amendment back makes what was before it count again.

Sources: process S10 `topup_waiver_restructure` of the process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from engine.registry import Context, handles
from handlers import inputs
from handlers.facility_terms import PERIOD_MONTHS, terms_left
from handlers.finance.exact import HUNDRED, INSIDE, refused
from handlers.finance.plan import build
from handlers.monitoring import AT_FACE
from handlers.planning import terms_of
from handlers.records import amendments as book
from handlers.records import covenants, facilities, parties, projects, repayments, security
from handlers.records.changes import Stamp, once
from handlers.records.facilities import Facility

REQUIRED_COVER = Decimal("1.10")
"""Security over exposure where the proposal says nothing."""
DECIDED = {"approved": "approved", "approved_with_conditions": "approved", "with_conditions": "approved"}


@handles("amendment.open", transactional=True)
def amendment_open(
    ctx: Context,
    facility_key: object = None,
    project_key: object = None,
    party_id: object = None,
    reason: object = None,
) -> Mapping[str, Any]:
    """Enter an amendment with what stands today.

    In: facility_key (null: the business key's, or the project's first facility), project_key, party_id, reason.
    Out: amendment_key, facility_key, facility_name, project_key, project_name, currency, exposure (drawn less repaid),
    secured_exposure: that of all the project's facilities in this currency, which one security stands for,
    old_terms as for plan.build_schedule (the active version; version 1 is made of the facility when there is none),
    old_rows: its instalments that stand,
    items: the security as for collateral.cover, required_cover, and of the borrower party_id, client_name,
    contact_name, email, language, owner. Errors: NotFound without a facility. Idempotent by job key.
    """

    def enter() -> Mapping[str, Any]:
        facility = _facility(ctx, inputs.text(facility_key), inputs.text(project_key))
        project = projects.get(ctx.session, facility.project_id)
        party = parties.get(ctx.session, facility.party_id)
        stamp = inputs.stamp(ctx, "amendment")
        terms = book.active_terms(ctx.session, facility.business_key)
        if terms is None:
            terms = book.activate(ctx.session, facility.business_key, _agreed(facility, project.cod_actual), stamp)
        values = {
            "subject_key": ctx.business_key or facility.business_key,
            "facility_key": facility.business_key,
            "project_key": project.business_key,
            "party_id": party.id,
            "reason": inputs.prose(reason),
            "instance": ctx.instance or None,
        }
        made = book.open_amendment(ctx.session, values, stamp, inputs.year(ctx))
        contact = next((one for one in parties.contacts_of(ctx.session, party.id) if one.email), None)
        return {
            "amendment_key": made.business_key,
            "facility_key": facility.business_key,
            "facility_name": facility.name,
            "project_key": project.business_key,
            "project_name": project.name,
            "currency": facility.currency,
            "exposure": facility.drawn - facility.repaid,
            "secured_exposure": _secured(ctx, facility),
            "old_terms": dict(terms.terms),
            "old_rows": _instalments(ctx, facility),
            "items": [_item(one) for one in security.of_project(ctx.session, project.id) if one.state != "released"],
            "required_cover": REQUIRED_COVER,
            "party_id": str(party.id),
            "client_name": party.legal_name,
            "contact_name": contact.name if contact else None,
            "email": contact.email if contact else party.email,
            "language": contact.language if contact else "zh",
            "owner": project.owner or party.owner,
        }

    return once(ctx.session, ctx.job_key, "amendment.open", ctx.now, enter)


def _facility(ctx: Context, key: str | None, project_key: str | None) -> Facility:
    for one in (key, ctx.business_key):
        found = facilities.find(ctx.session, one) if one else None
        if found is not None:
            return found
    project = projects.find(ctx.session, project_key or ctx.business_key or "")
    of_project = facilities.of_project(ctx.session, project.id) if project else ()
    return of_project[0] if of_project else facilities.get(ctx.session, key or ctx.business_key or "")


def _agreed(facility: Facility, completed_on: date | None) -> dict[str, Any]:
    """The facility's own terms as its instalments follow them: from completion on what was drawn, before from signing
    on what was promised."""
    running = facility.state == "operational" and facility.drawn > 0
    start = (completed_on if running else None) or facility.signed_on or facility.created_at.date()
    amount = facility.drawn if running else facility.amount
    terms = terms_left(facility, amount, start, facility.period_months or PERIOD_MONTHS)
    names = ("amount", "rate", "start", "months", "instalments", "grace_periods", "profile", "day_count")
    return inputs.given(
        {name: getattr(terms, name) for name in (*names, "target_dscr")} | {"balloon": terms.balloon or None}
    )


def _instalments(ctx: Context, facility: Facility) -> list[dict[str, Any]]:
    """Those that stand, as plan.compare takes them."""
    names = ("period", "due", "opening", "interest", "principal", "payment", "balance")
    standing = repayments.of_facility(ctx.session, facility.id)
    return [{name: getattr(one, name) for name in names} for one in standing]


def _secured(ctx: Context, facility: Facility) -> Decimal:
    beside = facilities.of_project(ctx.session, facility.project_id)
    return sum((one.drawn - one.repaid for one in beside if one.currency == facility.currency), Decimal(0))


def _item(one: security.Security) -> dict[str, Any]:
    """As for collateral.cover; what has no haircut in the book counts for nothing, but for cash."""
    unknown = Decimal(0) if one.type in AT_FACE else HUNDRED
    return {
        "name": one.description,
        "type": one.type,
        "value": one.value if one.value is not None else Decimal(0),
        "haircut": INSIDE.divide(unknown if one.haircut_pct is None else one.haircut_pct, HUNDRED),
        "valued_at": one.valued_at,
    }


@handles("amendment.note", transactional=True)
def amendment_note(
    ctx: Context,
    amendment_key: object,
    options: object = None,
    materiality: object = None,
    proposal: object = None,
    comparison: object = None,
    reason: object = None,
) -> Mapping[str, Any]:
    """Keep what is proposed, before anybody decides. In: amendment_key and what of the rest is known. Idempotent."""
    values = inputs.given(
        {
            "options": inputs.texts(options) or None,
            "materiality": inputs.text(materiality),
            "proposal": inputs.given(proposal) if isinstance(proposal, Mapping) else None,
            "comparison": dict(comparison) if isinstance(comparison, Mapping) else None,
            "reason": inputs.prose(reason),
        }
    )
    book.change(ctx.session, inputs.text(amendment_key) or "", values, inputs.stamp(ctx, "amendment"))
    return {}


@handles("amendment.decide", transactional=True)
def amendment_decide(
    ctx: Context, amendment_key: object, decision: object, body: object = None, conditions: object = None
) -> Mapping[str, Any]:
    """Keep the decision, or that it lapsed.

    In: amendment_key, decision approved|with_conditions|approved_with_conditions|rejected|lapsed, body (who decided),
    conditions. Out: amendment_state approved|rejected|lapsed. Errors: InvalidInput for another decision. Idempotent.
    """
    said = inputs.text(decision)
    state = DECIDED.get(said or "", said)
    if state not in ("approved", "rejected", "lapsed"):
        raise refused("decision", f"unknown: {said}", f"未知决定 {said}")
    values: dict[str, Any] = {"state": state}
    if state == "lapsed":
        values["closed_at"] = ctx.now
    else:
        values["decided_at"] = ctx.now
        values["approval"] = {"decision": said, "body": inputs.text(body), "conditions": inputs.texts(conditions)}
        values |= {"closed_at": ctx.now} if state == "rejected" else {}
    changed = book.change(ctx.session, inputs.text(amendment_key) or "", values, inputs.stamp(ctx, "amendment"))
    ctx.audit("amendment_decided", {"amendment": changed.business_key, "state": state})
    return {"amendment_state": changed.state}


@handles("amendment.activate", transactional=True)
def amendment_activate(
    ctx: Context,
    amendment_key: object,
    new_terms: object = None,
    topups: object = None,
    waived_covenants: object = None,
    waiver_until: object = None,
    vote: object = None,
    test_key: object = None,
) -> Mapping[str, Any]:
    """What was signed counts from now on: a new version of the terms, and what goes with it.

    In: amendment_key; new_terms as for plan.build_schedule (null: those of the version before); topups [{name, type,
    value, haircut, valued_at, valuer}]; waived_covenants with waiver_until (and the lenders' vote, and the test_key
    whose breach is waived). Out: version, instalments (of the new schedule; 0 where it stays). Errors: InvalidInput
    for an amendment that nobody approved, or a waiver without an end. Idempotent by job key.
    """

    def activate() -> Mapping[str, Any]:
        found = book.get(ctx.session, inputs.text(amendment_key) or "")
        if found.state not in ("approved", "active"):
            raise refused("amendment", f"is {found.state}, not approved", f"变更未获批准（{found.state}）")
        facility = facilities.get(ctx.session, found.facility_key or "")
        stamp = inputs.stamp(ctx, "amendment")
        before = book.active_terms(ctx.session, facility.business_key)
        fresh = dict(new_terms) if isinstance(new_terms, Mapping) else None
        planned = _replan(ctx, facility, fresh) if fresh else (0, None)
        terms = {**(fresh or (dict(before.terms) if before else {})), **_besides(topups, waived_covenants)}
        terms["instalments_version"] = planned[1]
        made = book.activate(ctx.session, facility.business_key, terms, stamp, found.id)
        codes = inputs.texts(waived_covenants)
        if codes:
            _waive(ctx, found, codes, inputs.day(waiver_until, "waiver_until"), vote, inputs.text(test_key))
        values = {"state": "active", "activated_at": ctx.now, "closed_at": ctx.now}
        book.change(ctx.session, found.business_key, values, stamp)
        ctx.audit("amendment_active", {"amendment": found.business_key, "version": made.version})
        return {"version": made.version, "instalments": planned[0]}

    return once(ctx.session, ctx.job_key, "amendment.activate", ctx.now, activate)


def _besides(topups: object, codes: object) -> dict[str, Any]:
    added = [dict(one) for one in inputs.rows(topups)]
    return inputs.given({"added_security": added or None, "waived": inputs.texts(codes) or None})


def _replan(ctx: Context, facility: Facility, terms: Mapping[str, Any]) -> tuple[int, int]:
    """The new schedule's instalments in place of the unpaid ones; how many, and their version."""
    flows = terms.get("cfads")
    plain = {name: value for name, value in terms.items() if name != "cfads"}
    cash = [inputs.number(one, "cfads") or Decimal(0) for one in flows] if isinstance(flows, list | tuple) else None
    made = build(terms_of(plain), ctx.calendar, cash)
    rows = [
        {
            "period": row.period,
            "due": due,
            "opening": row.opening,
            "interest": row.interest,
            "principal": row.principal,
            "payment": row.payment,
            "balance": row.balance,
        }
        for row, due in zip(made.schedule.rows, made.dates, strict=True)
    ]
    version = book.next_instalments(ctx.session, facility.id)
    return repayments.plan(ctx.session, facility.id, rows, version, inputs.stamp(ctx, "amendment")), version


def _waive(
    ctx: Context, found: book.Amendment, codes: list[str], until: date | None, vote: object, test_key: str | None
) -> None:
    if until is None:
        raise refused("waiver_until", "is missing", "缺少豁免截止日")
    stamp = inputs.stamp(ctx, "amendment")
    counted = dict(vote) if isinstance(vote, Mapping) else None
    key = found.facility_key or ""
    book.grant_waiver(ctx.session, key, found.party_id, found.id, codes, until, counted, stamp)
    if test_key is not None:
        covenants.close_breaches(ctx.session, test_key, "waived", stamp)
    covenants.release(ctx.session, key, stamp)


@handles("amendment.restore", transactional=True)
def amendment_restore(ctx: Context, amendment_key: object) -> Mapping[str, Any]:
    """Undo an activation: the version before counts again, with its instalments.

    In: amendment_key. Out: version: the one that counts now (null when nothing was to be taken back). Idempotent.
    """
    found = book.get(ctx.session, inputs.text(amendment_key) or "")
    stamp = inputs.stamp(ctx, "amendment")
    facility = facilities.get(ctx.session, found.facility_key or "")
    taken = book.version_of(ctx.session, found.id)
    now = book.withdraw(ctx.session, found.id, stamp)
    if now is None:
        return {"version": None}
    number = inputs.whole((taken.terms if taken else {}).get("instalments_version"), "instalments_version")
    if number is not None:
        book.restore_instalments(ctx.session, facility.id, number)
    book.change(ctx.session, found.business_key, {"state": "restored"}, stamp)
    ctx.audit("amendment_restored", {"amendment": found.business_key, "version": now.version})
    return {"version": now.version}


@handles("security.register", transactional=True)
def security_register(
    ctx: Context,
    project_key: object,
    topups: object,
    registration_no: object = None,
    registered_on: object = None,
    currency: object = None,
    items: object = None,
) -> Mapping[str, Any]:
    """Enter added security with its registration, and the newer values of what there was.

    In: project_key, topups [{name, type, value, haircut (share), valued_at, valuer}], registration_no, registered_on,
    currency, items [{name, type, value, haircut, valued_at}]: the security that was there, as it was valued. Out:
    security_ids, revalued: how many items have a newer value. Errors: NotFound for an unknown project. Idempotent by
    job key.
    """

    def register() -> Mapping[str, Any]:
        project = projects.get(ctx.session, inputs.text(project_key) or "")
        stamp = inputs.stamp(ctx, "amendment")
        ids = []
        for row in inputs.rows(topups):
            haircut = inputs.number(row.get("haircut"), "haircut")
            values = {
                "type": inputs.text(row.get("type")) or "other",
                "description": inputs.text(row.get("name")) or "",
                "value": inputs.number(row.get("value"), "value"),
                "currency": inputs.text(currency) or project.currency,
                "valuer": inputs.text(row.get("valuer")),
                "valued_at": inputs.day(row.get("valued_at"), "valued_at"),
                "haircut_pct": None if haircut is None else haircut * HUNDRED,
                "registration_no": inputs.text(registration_no),
                "registered_on": inputs.day(registered_on, "registered_on") or inputs.today(ctx),
                "state": "registered",
            }
            ids.append(str(security.add(ctx.session, project.id, values, stamp)))
        return {"security_ids": ids, "revalued": _revalue(ctx, project.id, items, stamp)}

    return once(ctx.session, ctx.job_key, "security.register", ctx.now, register)


def _revalue(ctx: Context, project_id: int, items: object, stamp: Stamp) -> int:
    """Write values whose day is later than the book's, by kind and name; an older one changes nothing."""
    held = {(one.type, one.description): one for one in security.of_project(ctx.session, project_id)}
    newer = 0
    for row in inputs.rows(items):
        known = held.get((inputs.text(row.get("type")) or "other", inputs.text(row.get("name")) or ""))
        value, day = inputs.number(row.get("value"), "value"), inputs.day(row.get("valued_at"), "valued_at")
        if known is None or value is None or day is None or (known.valued_at is not None and day <= known.valued_at):
            continue
        security.change(ctx.session, known.id, {"value": value, "valued_at": day}, stamp)
        newer += 1
    return newer
