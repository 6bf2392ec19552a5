"""Is this inquiry's client, or the inquiry itself, known already?

| match | when | what the process does |
|---|---|---|
| exact | the same registration number, and the same project's case is still open | the inquiry is attached
to it |
| possible | the same number alone, a like name, the same telephone | a data steward decides |
| none | otherwise | a new client |

Two different valid registration numbers are two legal persons (GB 32100-2015: one number for life); then
only an equal name or telephone is worth a look, likeness is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rapidfuzz import fuzz, process
from sqlalchemy.orm import Session

from engine.registry import Context, handles
from handlers import inputs, names, reg_no
from handlers.records import inquiries, parties
from handlers.records.parties import Party

LIKE = 85
"""From this likeness of names (0–100) on a pair is shown to the steward: one character in seven may
differ.
"""

SHOWN = 5
"""Candidates shown at most, best first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A client that may be the one; `score` 0–100."""

    party: Party
    score: int
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found; `party` is the client of an exact match, or the single best candidate otherwise."""

    match: Literal["none", "possible", "exact"]
    candidates: tuple[Candidate, ...]

    @property
    def party(self) -> Party | None:
        return self.candidates[0].party if self.candidates else None


def find(session: Session, name: str, code: str | None, phones: Iterable[str], project_name: str | None) -> Verdict:
    """Search the book. `code` in any writing; `phones` in any writing; unreadable ones are left out."""
    compact = reg_no.compact(code) if code else None
    found: dict[int, Candidate] = {}
    same_number = parties.by_reg_no(session, compact) if compact else None
    if same_number is not None:
        found[same_number.id] = Candidate(same_number, 100, "统一社会信用代码相同", "same registration number")
    keyed = [key for phone in phones if (key := names.phone_key(phone)) is not None]
    for party_id in parties.with_phone(session, keyed):
        found.setdefault(party_id, _phone_candidate(session, party_id, name))
    for party_id, score in _alike(session, name):
        candidate = found.get(party_id) or _name_candidate(session, party_id, score, name, compact)
        if candidate is not None:
            found[party_id] = candidate
    ranked = tuple(sorted(found.values(), key=lambda one: (-one.score, one.party.id)))[:SHOWN]
    if same_number is not None and inquiries.open_matter(session, same_number.id, project_name) is not None:
        return Verdict("exact", ranked)
    return Verdict("possible" if ranked else "none", ranked)


def _alike(session: Session, name: str) -> list[tuple[int, int]]:
    """(party id, likeness) of clients with a like name, best first."""
    hits = process.extract(
        names.name_key(name),
        parties.name_index(session),
        scorer=fuzz.ratio,
        score_cutoff=LIKE,
        limit=SHOWN * 2,
    )
    return [(party_id, round(score)) for _, score, party_id in hits]


def _phone_candidate(session: Session, party_id: int, name: str) -> Candidate:
    party = parties.get(session, party_id)
    likeness = names.similarity(names.name_key(name), names.name_key(party.legal_name))
    return Candidate(party, max(80, min(99, likeness)), "联系电话相同", "same telephone number")


def _name_candidate(session: Session, party_id: int, score: int, name: str, code: str | None) -> Candidate | None:
    party = parties.get(session, party_id)
    two_numbers = code is not None and party.reg_no is not None and code != party.reg_no
    if two_numbers and score < 100:
        return None
    here, there = names.bracketed(name), names.bracketed(party.legal_name)
    if here and there and here != there:
        score = min(score, 90)
    if score == 100 and not two_numbers:
        return Candidate(party, 95, "名称相同", "same name")
    if two_numbers:
        return Candidate(party, 70, "名称相同但信用代码不同", "same name, other registration number")
    return Candidate(party, min(score, 94), f"名称相似（{score}%）", f"like name ({score}%)")


@handles("party.dedupe", transactional=True)
def party_dedupe(
    ctx: Context,
    name: str,
    reg_no: str | None = None,
    phones: object = None,
    project_name: str | None = None,
    party_id: object = None,
) -> Mapping[str, Any]:
    """Search the book for this client.

    In: name, reg_no, phones (a list that may hold null, or one), project_name; party_id when the sender
    knows the client already (an opportunity of an existing one): then that client is the match and nothing
    is searched. Out: match none|possible|exact, party_id (of the exact or known match, else null), candidates
    [{party_id, client_key, name, reg_no, phone, owner, score, reason, reason_en}] best first, existing_owner.
    Errors: none. Only reads, so that running it again is harmless.
    """
    known = inputs.ident(party_id, "party_id")
    if known is not None:
        party = parties.get(ctx.session, known)
        return {"match": "none", "party_id": str(party.id), "candidates": [], "existing_owner": party.owner}
    verdict = find(ctx.session, name, inputs.text(reg_no), inputs.texts(phones), inputs.text(project_name))
    best = verdict.candidates[0] if verdict.candidates else None
    certain = best is not None and best.score == 100
    return {
        "match": verdict.match,
        "party_id": str(best.party.id) if best is not None and verdict.match == "exact" else None,
        "candidates": [_shown(one) for one in verdict.candidates],
        "existing_owner": best.party.owner if best is not None and certain else None,
    }


def _shown(one: Candidate) -> dict[str, Any]:
    return {
        "party_id": str(one.party.id),
        "client_key": one.party.business_key,
        "name": one.party.legal_name,
        "reg_no": one.party.reg_no,
        "phone": one.party.phone,
        "owner": one.party.owner,
        "score": one.score,
        "reason": one.reason_zh,
        "reason_en": one.reason_en,
    }


@handles("party.validate_reg_no", transactional=True)
def party_validate_reg_no(ctx: Context, reg_no: str | None = None) -> Mapping[str, Any]:
    """Judge a unified social credit code (GB 32100-2015) by its form and check characters.

    In: reg_no as typed. Out: ok, reg_no (compact), position (first wrong character from 1, or null), reason
    (zh), reason_en. Errors: none. Pure.
    """
    return validated(reg_no or "")


def validated(typed: str) -> Mapping[str, Any]:
    """The verdict on a registration number as variables."""
    verdict = reg_no.check(typed)
    return {
        "ok": verdict.ok,
        "reg_no": verdict.code,
        "position": verdict.position,
        "reason": verdict.zh or None,
        "reason_en": verdict.en or None,
    }
