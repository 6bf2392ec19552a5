"""The ledger and payments. Law: a posting balances in every currency, is never changed, and is undone by its mirror.

A posting's key is its idempotency: the same key again gives the posting that is there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.ids import new_id
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import ledger_entry as entries
from handlers.records.tables import ledger_posting as postings
from handlers.records.tables import payment as payments

POSTING = "LG"
PAYMENT = "PM"
SIDES = ("debit", "credit")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a posting; amounts are positive, to the cent."""

    account: str
    side: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting with its lines; `reverses` names the one that it undoes."""

    id: int
    ref: str
    key: str
    day: date
    text: str
    business_key: str | None
    reverses: int | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment and what the bank said of it."""

    id: int
    ref: str
    key: str
    business_key: str
    payee: str
    account: str
    bank: str | None
    amount: Decimal
    currency: str
    purpose: str
    state: str
    instructed_at: datetime
    answered_at: datetime | None
    bank_reference: str | None
    reason: str | None


_POSTING = [postings.c[field.name] for field in fields(Posting) if field.name != "entries"]
_ENTRY = [entries.c[field.name] for field in fields(Entry)]
_PAYMENT = [payments.c[field.name] for field in fields(Payment)]


def faults(lines: Sequence[Entry]) -> list[tuple[str, str]]:
    """Why these lines are no posting: (English, Chinese), none when they are one."""
    found = []
    if len(lines) < 2:
        found.append(("fewer than two lines", "分录少于两行"))
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for at, line in enumerate(lines, start=1):
        if not line.account or line.side not in SIDES or len(line.currency) != 3:
            found.append((f"line {at} lacks account, side or currency", f"第 {at} 行缺少科目、方向或币种"))
        if line.amount <= 0 or line.amount != line.amount.quantize(Decimal("0.01")):
            found.append((f"line {at} is no amount: {line.amount}", f"第 {at} 行金额无效：{line.amount}"))
        sums[line.currency] += line.amount if line.side == "debit" else -line.amount
    found += [
        (f"debits and credits differ by {left} {currency}", f"{currency} 借贷不平，差额 {left}")
        for currency, left in sums.items()
        if left
    ]
    return found


def by_key(session: Session, key: str) -> Posting | None:
    """The posting under a key."""
    row = session.execute(sa.select(*_POSTING).where(postings.c.key == key)).mappings().one_or_none()
    return None if row is None else _posting(session, row)


def of_matter(session: Session, business_key: str) -> tuple[Posting, ...]:
    """The postings of a facility or a draw, oldest first."""
    rows = session.execute(
        sa.select(*_POSTING).where(postings.c.business_key == business_key).order_by(postings.c.id)
    ).mappings()
    return tuple(_posting(session, row) for row in rows)


def _posting(session: Session, row: sa.RowMapping) -> Posting:
    lines = session.execute(sa.select(*_ENTRY).where(entries.c.posting_id == row["id"]).order_by(entries.c.id))
    return Posting(**row, entries=tuple(Entry(**line) for line in lines.mappings()))


def balance(session: Session, account: str, currency: str) -> Decimal:
    """Debits less credits of an account."""
    rows = session.execute(
        sa.select(entries.c.side, entries.c.amount).where(entries.c.account == account, entries.c.currency == currency)
    )
    return sum((amount if side == "debit" else -amount for side, amount in rows), Decimal(0))


def post(
    session: Session,
    key: str,
    lines: Iterable[Entry],
    *,
    day: date,
    text: str,
    stamp: Stamp,
    business_key: str | None = None,
    reverses: int | None = None,
    instance: str | None = None,
) -> Posting:
    """Post lines that balance (`faults` says); the caller has looked that nothing stands under the key."""
    posting_id = new_id()
    session.execute(
        postings.insert().values(
            id=posting_id, ref=keys.next_key(session, POSTING, day.year), key=key, day=day, text=text,
            business_key=business_key, reverses=reverses, at=stamp.at, by=stamp.by, instance=instance,
        )
    )  # fmt: skip
    session.execute(
        entries.insert(),
        [
            {
                "id": new_id(), "posting_id": posting_id, "account": one.account, "side": one.side,
                "amount": one.amount, "currency": one.currency,
            }
            for one in lines
        ],
    )  # fmt: skip
    made = by_key(session, key)
    assert made is not None
    return made


def reverse(session: Session, done: Posting, *, day: date, stamp: Stamp, instance: str | None = None) -> Posting:
    """The mirror of a posting: every line on the other side. The same again gives the mirror that is there."""
    key = f"{done.key}/reverse"
    known = by_key(session, key)
    if known is not None:
        return known
    mirrored = [
        Entry(one.account, "credit" if one.side == "debit" else "debit", one.amount, one.currency)
        for one in done.entries
    ]
    return post(
        session, key, mirrored, day=day, text=f"冲销 {done.ref}：{done.text}"[:255], stamp=stamp,
        business_key=done.business_key, reverses=done.id, instance=instance,
    )  # fmt: skip


# ── payments ───────────────────────────────────────────────────────────────────────────────────────────────────────


def payment(session: Session, *, key: str | None = None, ref: str | None = None, lock: bool = False) -> Payment | None:
    """The payment under a key or a reference."""
    query = sa.select(*_PAYMENT).where(payments.c.key == key if key is not None else payments.c.ref == ref)
    row = session.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return None if row is None else Payment(**row)


def instruct(session: Session, values: Mapping[str, Any], stamp: Stamp, year: int) -> Payment:
    """A payment that goes to the bank, under the next `PM-` reference."""
    row = {"ref": keys.next_key(session, PAYMENT, year), "state": "instructed"} | dict(values)
    row |= {"instructed_at": stamp.at, "instructed_by": stamp.by}
    insert(session, payments, row, stamp)
    made = payment(session, key=row["key"])
    assert made is not None
    return made


def answer(session: Session, one: Payment, state: str, stamp: Stamp, **said: str | None) -> Payment:
    """What became of a payment: confirmed, rejected, returned after it was confirmed (by the bank) or
    recalled (by us)."""
    update(session, payments, one.id, {"state": state, "answered_at": stamp.at} | said, stamp)
    found = payment(session, key=one.key)
    if found is None:
        raise NotFound(what="payment", what_zh="付款", id=one.ref)
    return found
