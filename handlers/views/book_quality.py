"""How clean the book is: open findings by rule, entries that look like one client, what was joined. Reads only, but for
the note that somebody took out what is held of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.orm import Session

from engine import audit
from handlers.privacy.finding import Subject
from handlers.records import tables as book

ALIKE = 88
"""How alike two comparable names are, of 100, for their entries to be shown side by side."""
MOST = 50
"""Pairs shown."""


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One open finding with the client that it is of."""

    business_key: str
    legal_name: str
    owner: str | None
    field: str
    rule: str
    level: str
    text_zh: str
    text_en: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries that may be one client; `why` in both languages."""

    first_key: str
    first_name: str
    second_key: str
    second_name: str
    likeness: int
    why: tuple[str, str]


@dataclass(frozen=True, slots=True)
class MergeLine:
    """Entries joined by hand or by a process, in force still."""

    id: int
    survivor_key: str
    survivor_name: str
    merged_key: str
    merged_name: str
    at: datetime
    by: str
    why: str | None


_issue = book.metadata.tables["issue"]
_party = book.metadata.tables["party"]
_open = _issue.c.resolved_at.is_(None)


def counts(session: Session) -> Mapping[tuple[str, str], int]:
    """(rule, level) -> how many are open, most first."""
    query = sa.select(_issue.c.rule, _issue.c.level, sa.func.count().label("n")).where(_open)
    rows = session.execute(query.group_by(_issue.c.rule, _issue.c.level).order_by(sa.desc("n"), _issue.c.rule))
    return {(row.rule, row.level): row.n for row in rows}


def number(session: Session, rule: str | None) -> int:
    """How many findings are open, of one rule or of all."""
    query = sa.select(sa.func.count()).select_from(_issue).where(_open, *_of(rule))
    return session.scalar(query) or 0


def findings(session: Session, rule: str | None, *, page: int = 1, size: int = 50) -> list[FindingLine]:
    """One page of the open findings, oldest first."""
    columns = [
        _party.c[one.name] if one.name in ("business_key", "legal_name", "owner") else _issue.c[one.name]
        for one in fields(FindingLine)
    ]
    query = sa.select(*columns).join(_party, _party.c.id == _issue.c.party_id).where(_open, *_of(rule))
    rows = session.execute(query.order_by(_issue.c.opened_at, _issue.c.id).limit(size).offset((page - 1) * size))
    return [FindingLine(**row) for row in rows.mappings()]


def _of(rule: str | None) -> list[sa.ColumnElement[bool]]:
    return [_issue.c.rule == rule] if rule else []


def duplicates(session: Session) -> list[Pair]:
    """Entries whose comparable names are alike, most alike first; the older entry stands first.

    Names are compared within blocks that share their first or last two letters, so that the work grows with the
    blocks and not with the square of the book.
    """
    columns = (_party.c.id, _party.c.business_key, _party.c.legal_name, _party.c.name_key, _party.c.reg_no)
    rows = session.execute(sa.select(*columns).where(_party.c.merged_into.is_(None)).order_by(_party.c.id)).all()
    blocks: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        if len(row.name_key) >= 2:
            blocks.setdefault(("begins", row.name_key[:2]), []).append(row)
            blocks.setdefault(("ends", row.name_key[-2:]), []).append(row)
    found: dict[tuple[str, str], Pair] = {}
    for block in blocks.values():
        for pair in _alike(block):
            found.setdefault((pair.first_key, pair.second_key), pair)
    return sorted(found.values(), key=lambda one: (-one.likeness, one.first_key))[:MOST]


def _alike(block: Sequence[Any]) -> list[Pair]:
    pairs = []
    for place, one in enumerate(block):
        for other in block[place + 1 :]:
            if one.reg_no and other.reg_no and one.reg_no != other.reg_no:
                continue  # two registered companies are two
            likeness = round(fuzz.ratio(one.name_key, other.name_key, score_cutoff=ALIKE))
            if likeness >= ALIKE:
                why = ("名称相同", "same name") if likeness == 100 else ("名称相近", "names alike")
                names = (one.business_key, one.legal_name, other.business_key, other.legal_name)
                pairs.append(Pair(*names, likeness, why))
    return pairs


def merges(session: Session, limit: int = 30) -> list[MergeLine]:
    """What is joined, the latest first."""
    done, survivor, merged = book.metadata.tables["party_merge"], _party.alias("survivor"), _party.alias("merged")
    rows = session.execute(
        sa.select(
            done.c.id, survivor.c.business_key.label("survivor_key"), survivor.c.legal_name.label("survivor_name"),
            merged.c.business_key.label("merged_key"), merged.c.legal_name.label("merged_name"),
            done.c.at, done.c.by, done.c.why,
        )
        .join(survivor, survivor.c.id == done.c.survivor_id)
        .join(merged, merged.c.id == done.c.merged_id)
        .where(done.c.undone_at.is_(None))
        .order_by(done.c.at.desc(), done.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [MergeLine(**row) for row in rows.mappings()]


def note_export(session: Session, subject: Subject, by: str) -> None:
    """Write down that somebody took out what is held of a person."""
    audit.append(
        session, f"contact:{min(subject.contact_ids)}", by, "person_exported", {"entries": len(subject.contact_ids)}
    )
