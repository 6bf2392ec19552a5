"""Financial statements with their lines, one row a code; amounts in units of the currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from handlers.records.changes import Stamp, insert
from handlers.records.changes import verify as mark_verified
from handlers.records.tables import financial_statement as statements
from handlers.records.tables import statement_line as lines


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: sheet BS, PL or CF; `code` of handlers.statements."""

    sheet: str
    code: str
    amount: Decimal
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A set of statements of one period. `unit`: what the source's figures were multiplied by."""

    id: int
    party_id: int
    period_end: date
    audited: bool
    opinion: str | None
    currency: str
    unit: int
    source: str
    restated_of: int | None
    checks: Sequence[Mapping[str, Any]]
    lines: tuple[Line, ...] = ()

    def amounts(self) -> Mapping[str, Decimal]:
        """Code -> amount."""
        return {line.code: line.amount for line in self.lines}


_HEAD = [statements.c[field.name] for field in fields(Statement) if field.name != "lines"]


def add(
    session: Session,
    party_id: int,
    period_end: date,
    rows: Iterable[Line],
    stamp: Stamp,
    *,
    currency: str,
    unit: int = 1,
    audited: bool = False,
    opinion: str | None = None,
    checks: Sequence[Mapping[str, Any]] = (),
) -> Statement:
    """Keep a statement. One of the same client and period that stands already becomes the restated one."""
    earlier = latest(session, party_id, period_end)
    values = {
        "party_id": party_id,
        "period_end": period_end,
        "audited": audited,
        "opinion": opinion,
        "currency": currency,
        "unit": unit,
        "source": stamp.source,
        "checks": list(checks),
        "restated_of": earlier.id if earlier else None,
        "created_at": stamp.at,
        "created_by": stamp.by,
    }
    statement_id = insert(session, statements, values, stamp)
    given = [
        {"statement_id": statement_id, "sheet": x.sheet, "code": x.code, "amount": x.amount, "label": x.label}
        for x in rows
    ]
    if given:
        session.execute(lines.insert(), given)
    return get(session, statement_id)


def verify(session: Session, party_id: int, stamp: Stamp, evidence: str | None = None) -> int:
    """Mark the client's standing statements as verified by `stamp.by`; returns how many values of their heads."""
    standing = of_party(session, party_id)
    return sum(mark_verified(session, "financial_statement", one.id, stamp, evidence) for one in standing)


def get(session: Session, statement_id: int) -> Statement:
    """By id, with lines. NotFound."""
    found = _load(session, statements.c.id == statement_id)
    if not found:
        raise NotFound(what="statement", what_zh="财务报表", id=statement_id)
    return found[0]


def latest(session: Session, party_id: int, period_end: date) -> Statement | None:
    """The statement of a period that stands: the last one written for it."""
    found = _load(session, (statements.c.party_id == party_id) & (statements.c.period_end == period_end))
    return found[-1] if found else None


def of_party(session: Session, party_id: int) -> tuple[Statement, ...]:
    """The client's statements that stand (restated ones left out), oldest period first."""
    found = _load(session, statements.c.party_id == party_id)
    restated = {one.restated_of for one in found}
    return tuple(sorted((one for one in found if one.id not in restated), key=lambda one: one.period_end))


def _load(session: Session, where: sa.ColumnElement[bool]) -> list[Statement]:
    heads = session.execute(sa.select(*_HEAD).where(where).order_by(statements.c.id)).mappings().all()
    by_statement: dict[int, list[Line]] = {head["id"]: [] for head in heads}
    rows = session.execute(
        sa.select(lines).where(lines.c.statement_id.in_(list(by_statement))).order_by(lines.c.sheet, lines.c.code)
    )
    for row in rows:
        by_statement[row.statement_id].append(Line(row.sheet, row.code, row.amount, row.label))
    return [Statement(**head, lines=tuple(by_statement[head["id"]])) for head in heads]
