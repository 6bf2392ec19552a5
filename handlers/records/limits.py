"""Credit limits: reserved on approval, used by draws, restored when a draw fails, released when a matter lapses.

Law: every movement is an entry under a key of its own; the same kind and key again moves nothing. Whoever moves a limit
holds its row, whoever reserves holds the group's head, so that two cannot promise the same room twice. What is asked
for beyond the room is told (`Excess`), never cut down.

Clients of one group share one line, groups in groups included (《商业银行大额风险暴露管理办法》: exposures to connected
clients add up). A group without a line of its own falls under the house's default line; without that either, and
without a borrower, nothing may be promised. A group whose own line is over falls under nothing: somebody has to set a
new one.

A promise is good until its approval ends, once the contract is signed until availability ends. After that nothing is
drawn under it nor added to it. What is drawn stays exposure; what is undrawn is free again, but under a signed contract
only when it is given up (`release`): until then the house still owes it if availability is prolonged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.ids import new_id
from handlers.records import groups, keys
from handlers.records.changes import Stamp
from handlers.records.tables import credit_limit as limits
from handlers.records.tables import credit_line as lines
from handlers.records.tables import facility as facilities
from handlers.records.tables import limit_entry as entries
from handlers.records.tables import party as parties


@dataclass(frozen=True, slots=True)
class Line:
    """A ceiling for one group, or for every group without its own (`party_id` None)."""

    id: int
    party_id: int | None
    amount: Decimal
    currency: str
    valid_from: date
    valid_until: date | None

    def over(self, day: date) -> bool:
        """Whether it is past its last day."""
        return self.valid_until is not None and self.valid_until < day


@dataclass(frozen=True, slots=True)
class Limit:
    """What is promised under a project's or a facility's key, and what is drawn of it."""

    id: int
    facility: str
    party_id: int | None
    currency: str
    amount: Decimal
    used: Decimal
    line_rate: Decimal
    state: str
    valid_until: date | None
    available_until: date | None = None
    """The end of availability of what was signed under it; None before the contract."""

    @property
    def ends(self) -> date | None:
        """Its last day: of availability, before the contract of the approval."""
        return self.available_until or self.valid_until

    def good(self, day: date) -> bool:
        """Whether it may be drawn and added to: neither released nor past its last day."""
        return self.state == "open" and (self.ends is None or self.ends >= day)

    def expired(self, day: date) -> bool:
        """Whether something of it was never drawn by its last day, and nobody has given that up yet."""
        return self.state == "open" and not self.good(day) and self.amount > self.used

    def available(self, day: date) -> Decimal:
        """What may still be drawn."""
        return self.amount - self.used if self.good(day) else Decimal(0)

    def weight(self, day: date) -> Decimal:
        """What counts as exposure, in its own currency."""
        lapsed = self.available_until is None and self.expired(day)
        return self.amount if self.state == "open" and not lapsed else self.used


@dataclass(frozen=True, slots=True)
class Excess:
    """More was asked for than there is room, both in the currency named; `why` in Chinese and English."""

    asked: Decimal
    available: Decimal
    currency: str
    why: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Movement:
    """What a movement is of: its key, who moves, in which instance."""

    key: str
    stamp: Stamp
    instance: str | None = None


BEYOND = ("超出集团授信额度", "beyond the line of the client's group")
CEILING = ("超出本笔额度上限", "beyond what this facility may have")
UNUSED = ("超出额度可用余额", "beyond what is left of the limit")
EXPIRED = ("额度已到期", "the limit has expired")
LINE_OVER = ("集团授信额度已到期：须先设定新的额度", "the group's line has expired: a new one has to be set first")
NO_LINE = (
    "集团没有授信额度，本机构也没有默认额度：须先设定额度才能占用",
    "neither the group nor the house has a line: one has to be set before anything is promised",
)
NO_BORROWER = ("项目没有借款人，无法归入任何授信额度", "the project has no borrower whose line could count")

_LINE = [lines.c[field.name] for field in fields(Line)]
_STORED = [field.name for field in fields(Limit) if field.name != "available_until"]
_LIMIT = [
    *(limits.c[name] for name in _STORED),
    sa.select(sa.func.max(facilities.c.availability_end))
    .where(facilities.c.limit_id == limits.c.id, facilities.c.signed_on.is_not(None))
    .scalar_subquery()
    .label("available_until"),
]


# ── lines ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def set_line(
    session: Session,
    party_id: int | None,
    amount: Decimal,
    currency: str,
    since: date,
    stamp: Stamp,
    until: date | None = None,
    note: str | None = None,
) -> int:
    """A ceiling for the party's group (None: the house's default) from a day on; of several the latest holds."""
    if amount < 0:
        raise InvalidInput(place="amount", reason="must not be negative", reason_zh="不得为负")
    line_id = new_id()
    head = None if party_id is None else head_of(session, party_id)
    session.execute(
        lines.insert().values(
            id=line_id, party_id=head, amount=amount, currency=currency, valid_from=since, valid_until=until,
            created_at=stamp.at, created_by=stamp.by, note=note,
        )
    )  # fmt: skip
    return line_id


def head_of(session: Session, party_id: int) -> int:
    """The party whose line counts: the head of all its groups, else itself. NotFound; InvalidInput for a ring."""
    return groups.head_of(session, party_id)


def line_of(session: Session, head: int | None, day: date) -> Line | None:
    """The line in force for a group on a day: its own, else the house's default; None without any, and for a group
    whose own line is over."""
    found = ruling_line(session, head, day)
    return None if found is None or found.over(day) else found


def ruling_line(session: Session, head: int | None, day: date) -> Line | None:
    """As `line_of`, but a line that is over is told with its last day."""
    over = sa.and_(lines.c.valid_until.is_not(None), lines.c.valid_until < day)
    for owner in (lines.c.party_id == head, lines.c.party_id.is_(None)):
        order = (sa.case((over, 1), else_=0), lines.c.valid_from.desc(), lines.c.id.desc())
        query = sa.select(*_LINE).where(owner, lines.c.valid_from <= day).order_by(*order).limit(1)
        if found := session.execute(query).mappings().one_or_none():
            return Line(**found)
    return None


def lines_on(session: Session, day: date) -> Mapping[int | None, Line]:
    """The ruling line of every group by its head, the house's default under None; those that are over too."""
    over = sa.and_(lines.c.valid_until.is_not(None), lines.c.valid_until < day)
    order = (sa.case((over, 0), else_=1), lines.c.valid_from, lines.c.id)
    rows = session.execute(sa.select(*_LINE).where(lines.c.valid_from <= day).order_by(*order)).mappings()
    return {row["party_id"]: Line(**row) for row in rows}


def exposure(session: Session, head: int, day: date) -> Decimal:
    """What is promised to a group and drawn by it on a day, in its line's currency."""
    return sum((one.weight(day) * one.line_rate for one in of_group(session, head)), Decimal(0))


def of_group(session: Session, head: int) -> tuple[Limit, ...]:
    """Every limit of a group's clients that is open, or drawn on, oldest first."""
    members = groups.members_of(session, head)
    rows = session.execute(sa.select(*_LIMIT).where(limits.c.party_id.in_(members)).order_by(limits.c.id))
    bound = (Limit(**row) for row in rows.mappings())
    return tuple(one for one in bound if one.used or (one.state == "open" and one.amount))


def every(session: Session) -> tuple[Limit, ...]:
    """All of the house, oldest first."""
    return tuple(Limit(**row) for row in session.execute(sa.select(*_LIMIT).order_by(limits.c.id)).mappings())


# ── movements ──────────────────────────────────────────────────────────────────────────────────────────────────────


def find(session: Session, limit: int | str, *, lock: bool = False) -> Limit | None:
    """By id, or the open (else the latest) limit under a business key; None when there is none."""
    where = limits.c.id == int(limit) if keys.is_id(limit) else limits.c.facility == limit
    query = sa.select(*_LIMIT).where(where).order_by(limits.c.state, limits.c.id.desc()).limit(1)
    row = session.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return None if row is None else Limit(**row)


def get(session: Session, limit: int | str, *, lock: bool = False) -> Limit:
    """As `find`. NotFound."""
    found = find(session, limit, lock=lock)
    if found is None:
        raise NotFound(what="credit limit", what_zh="授信额度", id=limit)
    return found


def reserve(
    session: Session,
    facility: str,
    party_id: int | None,
    amount: Decimal,
    currency: str,
    movement: Movement,
    *,
    day: date,
    line_rate: Decimal | None = None,
    ceiling: Decimal | None = None,
    valid_until: date | None = None,
) -> Limit | Excess:
    """Promise an amount under a key; a second promise under the same facility adds to the first.

    `line_rate` turns the amount's currency into the line's (needed when they differ); `ceiling` is one more bound on
    what is promised under this facility. Without a borrower or any line nothing is promised (`Excess`, available 0).
    InvalidInput for an amount not above nought or a missing rate.
    """
    _positive(amount)
    head = _locked_head(session, party_id)
    known = find(session, facility, lock=True)
    if known is not None and _done(session, known.id, "reserve", movement.key):
        return known
    if known is not None and not known.good(day):
        known = None
    if known is not None and known.currency != currency:
        raise InvalidInput(place="currency", reason=f"the limit is in {known.currency}", reason_zh="与额度币种不一致")
    promised = known.amount if known else Decimal(0)
    if ceiling is not None and promised + amount > ceiling:
        return Excess(amount, max(ceiling - promised, Decimal(0)), currency, CEILING)
    line = None if head is None else ruling_line(session, head, day)
    if head is None or line is None or line.over(day):
        why = NO_BORROWER if head is None else NO_LINE if line is None else LINE_OVER
        return Excess(amount, Decimal(0), currency, why)
    rate = _rate(line, currency, line_rate)
    room = line.amount - exposure(session, head, day)
    if amount * rate > room:
        return Excess(amount * rate, max(room, Decimal(0)), line.currency, BEYOND)
    if known is None:
        known = _open(session, facility, party_id, currency, rate, valid_until, movement.stamp)
    return _move(session, known, "reserve", amount, known.amount + amount, known.used, movement)


def use(session: Session, limit: int | str, amount: Decimal, movement: Movement, *, day: date) -> Limit | Excess:
    """Draw on a limit, while it is good. InvalidInput for an amount not above nought; NotFound."""
    _positive(amount)
    held = get(session, limit, lock=True)
    if _done(session, held.id, "use", movement.key):
        return held
    if amount > held.available(day):
        return Excess(amount, held.available(day), held.currency, EXPIRED if held.expired(day) else UNUSED)
    return _move(session, held, "use", amount, held.amount, held.used + amount, movement)


def restore(session: Session, limit: int | str, movement: Movement) -> Limit:
    """Give back what the use under the same key took; nothing when there was none. NotFound."""
    held = get(session, limit, lock=True)
    used = _done(session, held.id, "use", movement.key)
    if used is None or _done(session, held.id, "restore", movement.key):
        return held
    return _move(session, held, "restore", used, held.amount, held.used - used, movement)


def repay(session: Session, limit: int | str, amount: Decimal, movement: Movement) -> Limit:
    """Principal came back: what is drawn falls, and with it what is promised (a term loan does not revolve)."""
    held = get(session, limit, lock=True)
    if _done(session, held.id, "repay", movement.key):
        return held
    back = min(_positive(amount), held.used)
    return _move(session, held, "repay", back, held.amount - back, held.used - back, movement)


def release(session: Session, limit: int | str, movement: Movement) -> Limit:
    """End a limit: what is undrawn is free again, what is drawn still counts as exposure. NotFound."""
    held = get(session, limit, lock=True)
    if held.state == "released":
        return held
    session.execute(limits.update().where(limits.c.id == held.id).values(state="released"))
    return _move(session, held, "release", held.amount - held.used, held.used, held.used, movement)


def entries_of(session: Session, limit_id: int) -> tuple[Mapping[str, Any], ...]:
    """Every movement of a limit, oldest first."""
    rows = session.execute(sa.select(entries).where(entries.c.limit_id == limit_id).order_by(entries.c.id))
    return tuple(dict(row) for row in rows.mappings())


def _locked_head(session: Session, party_id: int | None) -> int | None:
    if party_id is None:
        return None
    head = head_of(session, party_id)
    session.execute(sa.select(parties.c.id).where(parties.c.id == head).with_for_update())
    return head


def _rate(line: Line, currency: str, given: Decimal | None) -> Decimal:
    if given is not None:
        return _positive(given)
    if line.currency != currency:
        reason_zh = f"缺少 {currency} 对 {line.currency} 的汇率"
        raise InvalidInput(place="line_rate", reason=f"{currency} in {line.currency} is missing", reason_zh=reason_zh)
    return Decimal(1)


def _open(
    session: Session,
    facility: str,
    party_id: int | None,
    currency: str,
    rate: Decimal,
    valid_until: date | None,
    stamp: Stamp,
) -> Limit:
    nought = Decimal(0)
    made = Limit(new_id(), facility, party_id, currency, nought, nought, rate, "open", valid_until)
    values = {name: getattr(made, name) for name in _STORED}
    session.execute(limits.insert().values(**values, created_at=stamp.at, created_by=stamp.by))
    return made


def _done(session: Session, limit_id: int, kind: str, key: str) -> Decimal | None:
    """The amount that was moved under this kind and key before; None when nothing was."""
    where = (entries.c.limit_id == limit_id, entries.c.kind == kind, entries.c.key == key)
    return session.execute(sa.select(entries.c.amount).where(*where)).scalar()


def _move(
    session: Session, held: Limit, kind: str, amount: Decimal, promised: Decimal, used: Decimal, movement: Movement
) -> Limit:
    session.execute(limits.update().where(limits.c.id == held.id).values(amount=promised, used=used))
    session.execute(
        entries.insert().values(
            id=new_id(), limit_id=held.id, kind=kind, key=movement.key, amount=amount, promised_after=promised,
            used_after=used, at=movement.stamp.at, by=movement.stamp.by, instance=movement.instance,
        )
    )  # fmt: skip
    return get(session, held.id)


def _positive(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise InvalidInput(place="amount", reason=f"must be above nought: {amount}", reason_zh="须大于零")
    return amount
