"""Payments out of the house: instructed, recalled, and what the bank answers. Law: an order is written in the step's
own transaction and leaves by the outbox: what is not in the book never leaves, and nothing leaves twice.

The bank's answers are files too (`handlers.channels.bank`): `payment.collect` reads them and tells the case that
waits, by message payment_confirmed or payment_rejected under the payment's business key. Notifications and statements
lie in the same folder: a payment of ours that was debited is confirmed, money that came in is a repayment_received.
What the bank takes back after it was settled, payment or receipt, is an alert on the facility: the book says otherwise.
A program may send the same messages through the interface instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import InvalidInput
from engine.execution import runtime_of
from engine.log import logger
from engine.registry import BpmnError, Context, handles
from handlers import bank, inputs
from handlers.bank import Order, Status
from handlers.bank_entries import HOLDERS, BankEntry, entries
from handlers.channels import bank as letterbox
from handlers.finance.exact import needed, rounded
from handlers.records import draws, facilities, ledger
from handlers.records.changes import once
from handlers.records.ledger import Payment

DEBTOR = "Dealflow"
DEBIT_ACCOUNT = "00000001"
LARGEST_BYTES = 20_000_000
WATCHERS = "loan_ops"
"""The team that is told of an answer that no case awaits any more."""

log = logger("payments")


@handles("payment.instruct", transactional=True)
def payment_instruct(
    ctx: Context,
    payee: object,
    account: object,
    amount: object,
    key: object = None,
    currency: object = None,
    bank: object = None,
    purpose: object = None,
    debit_account: object = None,
) -> Mapping[str, Any]:
    """Send a payment order to the bank.

    In: payee, account (IBAN or a domestic number), amount, currency (CNY), bank, purpose, key (null: this job's),
    debit_account. Out: payment_ref. Errors: BpmnError PAYMENT_REJECTED (variables payment_reason, payment_reason_en)
    for an account or an amount that cannot be paid, or a key that stands for another payment. Idempotent by key.
    """
    named = inputs.text(key) or ctx.job_key
    money = rounded(needed(amount, "amount"))
    to, number = inputs.text(payee), inputs.text(account) or ""
    known = ledger.payment(ctx.session, key=named, lock=True)
    if known is not None:
        if (known.amount, known.account) != (money, number):
            raise _rejected("the key is that of another payment", "幂等键已用于另一笔付款")
        return {"payment_ref": known.ref}
    fault = _fault(to, number, money)
    if fault is not None:
        raise _rejected(*fault)
    made = ledger.instruct(
        ctx.session,
        {
            "key": named,
            "business_key": ctx.business_key or "",
            "payee": to,
            "account": number,
            "bank": inputs.text(bank),
            "amount": money,
            "currency": inputs.text(currency) or "CNY",
            "purpose": (inputs.text(purpose) or "付款")[:255],
        },
        inputs.stamp(ctx, "payment"),
        inputs.year(ctx),
    )
    order = letterbox.data(_order(ctx, made, inputs.text(debit_account)))
    ctx.outbox.add("bank", made.bank or "bank", "pain.001", order, dedupe_key=f"bank:{made.ref}:instruct")
    ctx.audit("payment_instructed", {"ref": made.ref, "amount": str(made.amount), "currency": made.currency})
    return {"payment_ref": made.ref}


def _fault(payee: str | None, account: str, amount: Any) -> tuple[str, str] | None:
    if payee is None:
        return "the payee is missing", "缺少收款人"
    if amount <= 0:
        return f"no amount: {amount}", f"金额无效：{amount}"
    return bank.account_fault(account)


def _rejected(english: str, chinese: str) -> BpmnError:
    return BpmnError("PAYMENT_REJECTED", english, {"payment_reason": chinese, "payment_reason_en": english})


def _order(ctx: Context, one: Payment, debit_account: str | None = None) -> Order:
    return Order(
        ref=one.ref,
        payee=one.payee,
        account=one.account,
        bank=one.bank,
        amount=one.amount,
        currency=one.currency,
        purpose=one.purpose,
        day=inputs.today(ctx),
        at=ctx.now,
        debtor=DEBTOR,
        debit_account=debit_account or DEBIT_ACCOUNT,
    )


@handles("payment.recall", transactional=True)
def payment_recall(ctx: Context, key: object, reason: object = None) -> Mapping[str, Any]:
    """Ask a payment back. One that the bank rejected needs no asking; one that was never instructed, nothing.

    In: key, reason. Out: payment_ref (null when there was none), payment_state rejected|recalled|confirmed: a payment
    that the bank confirmed meanwhile stays confirmed, and people have to look. Errors: InvalidInput without a key.
    Idempotent by key.
    """
    named = inputs.text(key)
    if named is None:
        raise InvalidInput(place="key", reason="is missing", reason_zh="缺少幂等键")
    one = ledger.payment(ctx.session, key=named, lock=True)
    if one is None:
        return {"payment_ref": None, "payment_state": None}
    if one.state == "instructed":
        why = inputs.prose(reason) or "撤回"
        order = letterbox.data(_order(ctx, one)) | {"reason": why}
        ctx.outbox.add("bank", one.bank or "bank", "camt.055", order, dedupe_key=f"bank:{one.ref}:recall")
        one = ledger.answer(ctx.session, one, "recalled", inputs.stamp(ctx, "payment"), reason=why)
        ctx.audit("payment_recalled", {"ref": one.ref})
    return {"payment_ref": one.ref, "payment_state": one.state}


@handles("payment.collect", transactional=True)
def payment_collect(ctx: Context) -> Mapping[str, Any]:
    """Read the bank's answers (pain.002) and what it booked (camt.054, camt.053), and tell those who wait.

    Out: payments_answered: how many were news. A file of which nothing is news is put away, so that an answer read in a
    transaction that failed is read again; one that cannot be read stays, and the log says so. Sends
    payment_confirmed | payment_rejected with payment_ref, bank_reference, payment_reason, and repayment_received with
    repayment_amount, paid_on, bank_reference under the facility's key that the payer wrote (money that names none comes
    under a key of its own, so that people find out what it is), each once. A payment that comes back after it was
    confirmed, and a receipt that the bank reverses, is an `alert` (red; payment_returned, repayment_reversed) and a
    notice to the payments team.
    """
    settings = runtime_of(ctx.session).settings
    told = 0
    for path in sorted(letterbox.folder(settings, letterbox.IN).glob("*.xml")):
        said = _read(path)
        if said is None:
            continue
        fresh = [one for one in said if _news(ctx, one)]
        told += len(fresh)
        if not fresh:
            path.replace(letterbox.folder(settings, letterbox.DONE) / path.name)
    return {"payments_answered": told}


def _read(path: Path) -> list[Status] | list[BankEntry] | None:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ValueError(f"larger than {LARGEST_BYTES} bytes")
        content = path.read_bytes()
        if any(f"<{name}".encode() in content or f":{name}".encode() in content for name in HOLDERS):
            return list(entries(content))
        return list(bank.statuses(content))
    except (OSError, ValueError) as error:
        log.warning("bank_answer_unreadable", file=path.name, error=str(error))
        return None


def _news(ctx: Context, one: Status | BankEntry) -> bool:
    return _told(ctx, one) if isinstance(one, Status) else _entered(ctx, one)


def _entered(ctx: Context, entry: BankEntry) -> bool:
    """Whether a booking is news: a payment of ours, or money that came in; other debits are the house's own affair."""
    if entry.ref is not None and ledger.payment(ctx.session, ref=entry.ref) is not None:
        back = entry.credit or entry.reversal
        said = entry.text or None
        code = "RVSL" if back else "BOOK"
        return _told(ctx, Status(entry.ref, "rejected" if back else "confirmed", code, said, entry.bank_reference))
    if entry.credit == entry.reversal:
        return False
    enter = _reversed if entry.reversal else _received
    news: list[str] = []
    once(ctx.session, f"bank-entry:{entry.mark}", "payment.collect", ctx.now, lambda: enter(ctx, entry, news))
    return bool(news)


def _received(ctx: Context, entry: BankEntry, news: list[str]) -> dict[str, str]:
    facility = facilities.find(ctx.session, entry.facility_key) if entry.facility_key else None
    fits = facility is not None and facility.currency == entry.currency
    key = facility.business_key if facility is not None and fits else f"BK-{entry.mark[:12]}"
    said = {
        "facility_key": key,
        "repayment_amount": entry.amount,
        "currency": entry.currency,
        "paid_on": entry.day,
        "bank_reference": entry.bank_reference or entry.mark,
        "payer": entry.payer,
        "remittance": entry.text,
    }
    mark = f"bank-entry:{entry.mark}"
    ctx.schedule.add("repayment_received", due=ctx.now, business_key=key, dedupe_key=mark, variables=said)
    ctx.audit("bank_entry_received", {"key": key, "mark": entry.mark, "reference": entry.bank_reference})
    news.append(key)
    return {"key": key}


def _reversed(ctx: Context, entry: BankEntry, news: list[str]) -> dict[str, str | None]:
    """A receipt that the bank took back: the facility that it named, or that it was booked to, owes it again."""
    booked = ledger.by_key(ctx.session, f"bank/{entry.bank_reference}") if entry.bank_reference else None
    key = entry.facility_key or (None if booked is None else booked.business_key)
    said = {"payment_ref": entry.bank_reference or entry.mark, "amount": entry.amount, "currency": entry.currency}
    said |= {"reason": entry.text or None, "business_key": key}
    _alarm(ctx, "repayment_reversed", key, said, f"bank-entry:{entry.mark}")
    ctx.audit("bank_entry_reversed", {"key": key, "mark": entry.mark, "reference": entry.bank_reference})
    news.append(entry.mark)
    return {"key": key}


ALARMS = {
    "payment_returned": (
        "付款 {payment_ref}（{business_key}）银行确认后又退回 {amount} {currency}{why}：请冲正账务，核实后重新付款",
        "Payment {payment_ref} ({business_key}) was confirmed and came back, {amount} {currency}{why}: correct the "
        "ledger, and pay again once it is clear why",
    ),
    "repayment_reversed": (
        "到账 {payment_ref} 被银行撤销 {amount} {currency}{why}：还款并未收到，请冲正账务并催收",
        "The receipt {payment_ref} was reversed by the bank, {amount} {currency}{why}: it was not paid; correct the "
        "ledger and ask for it",
    ),
}
"""What the alert says, in Chinese and in English."""


def _alarm(ctx: Context, metric: str, about: str | None, said: Mapping[str, Any], mark: str) -> None:
    """Tell the payments team, and raise a red alert on the facility, where one is known."""
    for person in ctx.people.members(WATCHERS):
        ctx.outbox.add("in_app", person, metric, dict(said), dedupe_key=f"{mark}:{metric}:{person}")
    facility = facilities.find(ctx.session, about) if about else None
    if facility is None:
        return
    shown = dict(said) | {"amount": f"{said['amount']:,.2f}"}
    reason = (f"（{said['reason']}）", f" ({said['reason']})") if said["reason"] else ("", "")
    chinese, english = (text.format(**shown, why=why) for text, why in zip(ALARMS[metric], reason, strict=True))
    alert = {"metric": metric, "level": "red", "source": "bank", "facility_key": facility.business_key}
    alert |= {"value": said["amount"], "text": chinese, "text_en": english}
    key = f"alert:{mark}:{metric}"
    ctx.schedule.add("alert", due=ctx.now, business_key=facility.business_key, dedupe_key=key, variables=alert)


def _facility_of(ctx: Context, one: Payment) -> str | None:
    """The facility that a payment draws on; None for a payment that is no drawdown."""
    draw = draws.find(ctx.session, one.business_key)
    facility = None if draw is None else facilities.find(ctx.session, draw.facility_id)
    return None if facility is None else facility.business_key


def _returned(ctx: Context, one: Payment, status: Status) -> bool:
    """The bank took back what it had confirmed: no case waits any more, and the book shows money that is not there."""
    ledger.answer(ctx.session, one, "returned", inputs.stamp(ctx, "bank"), reason=status.reason)
    said = {"payment_ref": one.ref, "amount": one.amount, "currency": one.currency}
    said |= {"reason": status.reason, "business_key": one.business_key}
    _alarm(ctx, "payment_returned", _facility_of(ctx, one), said, f"payment:{one.ref}")
    ctx.audit("payment_returned", {"ref": one.ref, "code": status.code})
    return True


def _told(ctx: Context, status: Status) -> bool:
    """Whether the answer is news: then it is written down and goes to the case; what comes after a recall, or against
    what was confirmed, goes to people, for the case went on without it."""
    one = ledger.payment(ctx.session, ref=status.ref, lock=True)
    if one is None or one.state in (status.outcome, "rejected", "returned"):
        return False
    if one.state == "confirmed":
        return _returned(ctx, one, status)
    late = one.state == "recalled"
    ledger.answer(
        ctx.session,
        one,
        status.outcome,
        inputs.stamp(ctx, "bank"),
        bank_reference=status.bank_reference,
        reason=status.reason,
    )
    said = {
        "payment_ref": one.ref,
        "bank_reference": status.bank_reference,
        "payment_reason": status.reason,
        "business_key": one.business_key,
        "payment_state": status.outcome,
    }
    key = f"payment:{one.ref}:{status.outcome}"
    if late:
        for person in ctx.people.members(WATCHERS):
            ctx.outbox.add("in_app", person, "payment_late", said, dedupe_key=f"{key}:{person}")
    else:
        message = f"payment_{status.outcome}"
        ctx.schedule.add(message, due=ctx.now, business_key=one.business_key, dedupe_key=key, variables=said)
    ctx.audit("payment_answered", {"ref": one.ref, "outcome": status.outcome, "code": status.code})
    return True
