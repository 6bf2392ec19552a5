"""Covenants on their test dates: what is tested, what came of it, breaches and what follows from them.

Law: the decision tables say what a result means; here it is written down. Testing again is another round, and what is
missing is never compliant. Sources: process S4 `covenant_monitoring` of the process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from engine.registry import Context, handles
from handlers import inputs
from handlers.finance.exact import HUNDRED, INSIDE, refused
from handlers.records import covenants as book
from handlers.records import monitoring, parties, statements
from handlers.records.changes import once
from handlers.records.covenants import Facility

CURE_DAYS = 30
"""Where a covenant says nothing of its cure."""
WORDS = {
    "WATCH": ("关注", "on watch"), "LOCK_UP": ("锁定", "lock-up"), "DEFAULT": ("违约", "default"),
    "DATA_MISSING": ("数据缺失", "no data"),
}  # fmt: skip
"""Status -> its words for people."""
DEFAULT = "DEFAULT"
STATED: Mapping[str, Any] = {
    "name": "合规证明自报违约", "metric": "declaration", "direction": "min", "value": None, "default": None,
    "lock_up": None, "headroom_pct": None, "status": DEFAULT, "status_text": "违约", "status_text_en": "default",
}  # fmt: skip
"""The finding of a certificate that states a default."""
LOCK_UP = 2
"""The rank at which distributions stay stopped."""


def _needed(value: object, place: str) -> str:
    found = inputs.text(value)
    if found is None:
        raise refused(place, "is missing", "缺失")
    return found


@handles("covenant.load", transactional=True)
def covenant_load(ctx: Context, facility_key: object, test_date: object, metrics: object = None) -> Mapping[str, Any]:
    """What is tested on a test date, and whom to ask for it.

    In: facility_key, test_date, metrics (null: every financial covenant in force).
    Out: covenants [{code, name, metric, look, direction, default, lock_up, watch_pct (a fraction), cure_days, waived}]
    where a forward-looking one asks for the metric `…_forward`; cure_days (the shortest of them); statement_ids: the
    book's statement of that day, if any; facility_name, currency, project_key, owner, and of the borrower party_id,
    client_key, client_name, contact_name, email, language. Errors: NotFound for an unknown facility. Only reads.
    """
    facility = book.facility(ctx.session, _needed(facility_key, "facility_key"))
    day = inputs.day(test_date, "test_date")
    if day is None:
        raise refused("test_date", "is missing", "缺失")
    free = book.waived(ctx.session, facility.business_key, day)
    listed = [_covenant(row, free) for row in book.due(ctx.session, facility.id, inputs.texts(metrics) or None)]
    kept = statements.latest(ctx.session, facility.party_id, day)
    return {
        "covenants": listed,
        "cure_days": min((one["cure_days"] for one in listed), default=CURE_DAYS),
        "statement_ids": [str(kept.id)] if kept else [],
        "breach_open": False,
        **_concerned(ctx, facility),
    }


def _covenant(row: Mapping[str, Any], free: frozenset[str]) -> dict[str, Any]:
    look = row["look"] or "back"
    return {
        "code": row["code"],
        "name": row["name"],
        "metric": f"{row['metric']}_forward" if look == "forward" else row["metric"],
        "look": look,
        "direction": row["direction"] or "min",
        "default": row["default_level"],
        "lock_up": row["lockup_level"] if row["lockup_level"] is not None else row["default_level"],
        "watch_pct": INSIDE.divide(row["watch_pct"] or Decimal(0), HUNDRED),
        "cure_days": row["cure_days"] if row["cure_days"] is not None else CURE_DAYS,
        "waived": row["code"] in free,
    }


def _concerned(ctx: Context, facility: Facility) -> dict[str, Any]:
    party = parties.get(ctx.session, facility.party_id)
    contact = next((one for one in parties.contacts_of(ctx.session, party.id) if one.email), None)
    return {
        "facility_name": facility.name,
        "currency": facility.currency,
        "project_key": facility.project_key,
        "owner": facility.owner or party.owner,
        "party_id": str(party.id),
        "client_key": party.business_key,
        "client_name": party.legal_name,
        "contact_name": contact.name if contact else None,
        "email": contact.email if contact else party.email,
        "language": contact.language if contact else "zh",
    }


@handles("covenant.record", transactional=True)
def covenant_record(
    ctx: Context,
    facility_key: object,
    test_date: object,
    results: object,
    party_id: object = None,
    no_default: object = None,
) -> Mapping[str, Any]:
    """Keep the results of a testing, and hand the values on to early warning.

    In: facility_key, test_date, party_id, results [{covenant: as of covenant.load, value, headroom_pct, status, rank}]
    by the decision table; no_default: what the certificate says of defaults: yes (there is none), no (a default by the
    borrower's own word, whatever the ratios are), cured (it was, and is no more). Out: round, worst_rank (4 data
    missing, 3 default, 2 lock-up, 1 watch, 0 compliant; waived covenants do not count, none tested is 4), worst_status,
    findings: the results that are not compliant. Errors: InvalidInput for a result without status or rank. Idempotent
    by job key.
    """
    said = inputs.text(no_default)

    def record() -> Mapping[str, Any]:
        key, day = _needed(facility_key, "facility_key"), inputs.day(test_date, "test_date")
        if day is None:
            raise refused("test_date", "is missing", "缺失")
        stamp = inputs.stamp(ctx, "covenant_test")
        told = [_result(one, at) for at, one in enumerate(inputs.rows(results), start=1)]
        test = {
            "business_key": ctx.business_key or f"TD-{key}-{day}",
            "facility_key": key,
            "party_id": inputs.ident(party_id, "party_id"),
            "test_date": day,
            "instance": ctx.instance or None,
        }
        number = book.add_tests(ctx.session, [{**test, **row} for row, _rank, _waived in told], stamp)
        for row, _rank, _waived in told:
            if row["value"] is not None:
                monitoring.add_reading(ctx.session, key, row["metric"], day, row["value"], "certificate", stamp)
        counted = [(rank, row["status"]) for row, rank, waived in told if not waived]
        if said == "no":
            counted.append((3, DEFAULT))
        elif not told and said != "cured":
            counted = [(4, book.MISSING)]
        rank, status = max(counted, default=(0, book.COMPLIANT))
        ctx.audit("covenants_tested", {"facility": key, "test_date": day, "round": number, "status": status})
        found = [*_findings(results), *([STATED] if said == "no" else [])]
        return {"round": number, "worst_rank": rank, "worst_status": status, "findings": found}

    return once(ctx.session, ctx.job_key, "covenant.record", ctx.now, record)


def _result(one: Mapping[str, Any], at: int) -> tuple[dict[str, Any], int, bool]:
    given = one.get("covenant")
    covenant: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    rank = inputs.whole(one.get("rank"), f"results[{at}].rank")
    if rank is None:
        raise refused(f"results[{at}].rank", "is missing", "缺少判定结果")
    watch = inputs.number(covenant.get("watch_pct"), "watch_pct")
    row = {
        "covenant": _needed(covenant.get("code"), f"results[{at}].code"),
        "metric": _needed(covenant.get("metric"), f"results[{at}].metric"),
        "direction": inputs.text(covenant.get("direction")) or "min",
        "value": inputs.number(one.get("value"), f"results[{at}].value"),
        "default_level": inputs.number(covenant.get("default"), "default"),
        "lockup_level": inputs.number(covenant.get("lock_up"), "lock_up"),
        "watch_pct": None if watch is None else watch * HUNDRED,
        "status": _needed(one.get("status"), f"results[{at}].status"),
        "headroom_pct": inputs.number(one.get("headroom_pct"), "headroom_pct"),
    }
    return row, rank, inputs.yes(covenant.get("waived"))


def _findings(results: object) -> list[dict[str, Any]]:
    return [
        {
            "name": one["covenant"]["name"],
            "metric": one["covenant"]["metric"],
            "direction": one["covenant"].get("direction") or "min",
            "value": one.get("value"),
            "default": one["covenant"].get("default"),
            "lock_up": one["covenant"].get("lock_up"),
            "headroom_pct": one.get("headroom_pct"),
            "status": one["status"],
            "status_text": WORDS.get(one["status"], (one["status"],) * 2)[0],
            "status_text_en": WORDS.get(one["status"], (one["status"],) * 2)[1],
        }
        for one in inputs.rows(results)
        if one["status"] != book.COMPLIANT
    ]


@handles("covenant.comment", transactional=True)
def covenant_comment(ctx: Context, comment: object) -> Mapping[str, Any]:
    """Keep the monitor's words about a test within the watch range. In: comment. Idempotent."""
    book.comment_tests(
        ctx.session, ctx.business_key or "", inputs.prose(comment) or "", inputs.stamp(ctx, "covenant_watch")
    )
    return {}


@handles("covenant.open_breach", transactional=True)
def covenant_open_breach(
    ctx: Context,
    kind: str,
    facility_key: object,
    party_id: object = None,
    findings: object = None,
    cause: object = None,
    cure_method: object = None,
    cure_until: object = None,
    cure_days: object = None,
    notice_date: object = None,
    confirmed_by: object = None,
) -> Mapping[str, Any]:
    """Enter a breach: of the duty to report (information), or of a level (financial).

    In: kind, facility_key, party_id, findings (of covenant.record), cause, cure_method, cure_until or cure_days from
    today, notice_date, confirmed_by. Out: breach_id, breach_open true, cure_until. Idempotent by test date and kind.
    """
    until = inputs.day(cure_until, "cure_until")
    if until is None and kind == "financial":
        days = inputs.whole(cure_days, "cure_days")
        until = inputs.today(ctx) + timedelta(days=CURE_DAYS if days is None else days)
    values = {
        "business_key": ctx.business_key or "",
        "facility_key": _needed(facility_key, "facility_key"),
        "party_id": inputs.ident(party_id, "party_id"),
        "kind": kind,
        "covenants": [str(one.get("name")) for one in inputs.rows(findings)],
        "cause": inputs.prose(cause),
        "cure_method": inputs.text(cure_method),
        "cure_until": until,
        "notice_date": inputs.day(notice_date, "notice_date"),
        "confirmed_by": inputs.text(confirmed_by),
    }
    found = book.open_breach(ctx.session, values, inputs.stamp(ctx, "covenant_breach"))
    ctx.audit("covenant_breach", {"facility": found.facility_key, "kind": kind, "cure_until": found.cure_until})
    return {"breach_id": str(found.id), "breach_open": kind == "financial", "cure_until": found.cure_until}


@handles("covenant.settle", transactional=True)
def covenant_settle(ctx: Context, facility_key: object, worst_rank: object = 0) -> Mapping[str, Any]:
    """The test shows no default: what was breached on this date is cured; distributions are free again unless the
    result is a lock-up.

    In: facility_key, worst_rank (of covenant.record). Out: cured (breaches closed), released (locks ended), breach_open
    false. Errors: InvalidInput for a rank of default or of missing data. Idempotent.
    """
    rank = inputs.whole(worst_rank, "worst_rank") or 0
    if rank > LOCK_UP:
        raise refused("worst_rank", f"{rank} is no rank to settle at", f"结果等级 {rank} 不能结清")
    stamp = inputs.stamp(ctx, "covenant_test")
    free = rank < LOCK_UP
    return {
        "cured": book.close_breaches(ctx.session, ctx.business_key or "", "cured", stamp),
        "released": book.release(ctx.session, _needed(facility_key, "facility_key"), stamp) if free else 0,
        "breach_open": False,
    }


@handles("distribution.lock", transactional=True)
def distribution_lock(ctx: Context, facility_key: object, reason: object = None) -> Mapping[str, Any]:
    """Stop distributions of a facility's borrower. In: facility_key, reason (null: this test date).

    Out: locked: whether it is new. Idempotent by facility and reason.
    """
    key = _needed(facility_key, "facility_key")
    why = inputs.prose(reason) or ctx.business_key or "covenant"
    locked = book.lock(ctx.session, key, why, inputs.stamp(ctx, "covenant_test", why=why))
    if locked:
        ctx.audit("distributions_locked", {"facility": key, "reason": why})
    return {"locked": locked}


@handles("default.declare", transactional=True)
def default_declare(
    ctx: Context, facility_key: object, party_id: object = None, text: object = None, text_en: object = None
) -> Mapping[str, Any]:
    """An uncured breach is an event of default: of this facility, and across its group.

    In: facility_key, party_id, text and text_en: what happened. Every other live facility of the client's group gets
    the message `event_of_default` under its own business key, once for this origin: whoever waits there hears it,
    otherwise early warning opens a case. Out: affected [keys], declared: whether it is new. Errors: NotFound for an
    unknown facility. Idempotent.
    """
    origin = book.facility(ctx.session, _needed(facility_key, "facility_key"))
    stamp = inputs.stamp(ctx, "event_of_default")
    book.close_breaches(ctx.session, ctx.business_key or "", "event_of_default", stamp)
    declared = book.declare_default(ctx.session, origin.id, inputs.today(ctx), stamp)
    affected = [
        one for one in book.group_facilities(ctx.session, origin.party_id) if one.business_key != origin.business_key
    ]
    for one in affected:
        told = {
            "facility_key": one.business_key,
            "project_key": one.project_key,
            "party_id": str(one.party_id),
            "origin_facility": origin.business_key,
            "metric": "cross_default",
            "level": "red",
            "source": "covenant",
            "text": inputs.prose(text) or f"{origin.name}发生违约事件，触发交叉违约",
            "text_en": inputs.prose(text_en) or f"Event of default of {origin.name}: cross default",
        }
        ctx.schedule.add(
            "event_of_default",
            due=ctx.now,
            business_key=one.business_key,
            dedupe_key=f"event_of_default:{ctx.business_key or origin.business_key}:{one.business_key}"[:255],
            variables=told,
        )
    ctx.audit("event_of_default", {"facility": origin.business_key, "affected": [one.business_key for one in affected]})
    return {"affected": [one.business_key for one in affected], "declared": declared}
