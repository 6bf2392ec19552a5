"""Booking as processes ask for it. Law: what does not balance is rejected by name; the same key books once.

Accounts are named `<kind>:<whose>`: `loan:FA-…` what is owed, `deposit:CL-…` a client's account with us,
`clearing:payments` what is on its way out, `nostro:<bank>` what left, `cash:repayments` what came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.finance.exact import needed
from handlers.records import ledger
from handlers.records.ledger import Entry, Posting


@handles("ledger.book", transactional=True)
def ledger_book(
    ctx: Context,
    entries: object,
    key: object = None,
    text: object = None,
    matter: object = None,
    day: object = None,
) -> Mapping[str, Any]:
    """Post lines in double entry.

    In: entries [{account, side debit|credit, amount, currency}], key (null: this job's), text, matter (business key
    that the posting is of; null: the process's own), day (today). Out: ledger_ref. Errors: BpmnError LEDGER_REJECTED
    (variables ledger_reason, ledger_reason_en) when the lines do not balance or are none. Idempotent by key.
    """
    lines = [
        Entry(
            inputs.text(row.get("account")) or "",
            inputs.text(row.get("side")) or "",
            needed(row.get("amount"), "amount"),
            inputs.text(row.get("currency")) or "CNY",
        )
        for row in inputs.rows(entries)
    ]
    of = inputs.text(matter) or ctx.business_key
    named = inputs.text(key) or ctx.job_key
    done = booked(ctx, named, lines, inputs.prose(text) or "记账", of, inputs.day(day, "day"))
    return {"ledger_ref": done.ref}


def booked(
    ctx: Context, key: str, lines: Sequence[Entry], text: str, matter: str | None, day: date | None = None
) -> Posting:
    """The posting under a key: the one that is there, or these lines. BpmnError LEDGER_REJECTED; InvalidInput."""
    if not key:
        raise InvalidInput(place="key", reason="is missing", reason_zh="缺少幂等键")
    known = ledger.by_key(ctx.session, key)
    if known is not None:
        return known
    if faults := ledger.faults(lines):
        english, chinese = "; ".join(en for en, _ in faults), "；".join(zh for _, zh in faults)
        raise BpmnError("LEDGER_REJECTED", english, {"ledger_reason": chinese, "ledger_reason_en": english})
    made = ledger.post(
        ctx.session,
        key,
        lines,
        day=day or inputs.today(ctx),
        text=text,
        stamp=inputs.stamp(ctx, "ledger"),
        business_key=matter,
        instance=ctx.instance or None,
    )
    ctx.audit("booked", {"ref": made.ref, "key": key})
    return made


@handles("ledger.reverse", transactional=True)
def ledger_reverse(ctx: Context, key: object) -> Mapping[str, Any]:
    """Undo what was booked under a key by its mirror; nothing when nothing was.

    In: key. Out: ledger_ref of the mirror (null when there is nothing to undo). Errors: InvalidInput without a key.
    Idempotent: a posting has one mirror.
    """
    named = inputs.text(key)
    if named is None:
        raise InvalidInput(place="key", reason="is missing", reason_zh="缺少幂等键")
    done = ledger.by_key(ctx.session, named)
    if done is None:
        return {"ledger_ref": None}
    stamp = inputs.stamp(ctx, "ledger")
    made = ledger.reverse(ctx.session, done, day=inputs.today(ctx), stamp=stamp, instance=ctx.instance or None)
    ctx.audit("reversed", {"ref": made.ref, "of": done.ref})
    return {"ledger_ref": made.ref}
