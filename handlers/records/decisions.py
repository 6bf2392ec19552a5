"""Credit decisions and the ballots behind them. Law: until a vote is closed nobody is told how anybody voted; after
that no vote is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.ids import new_id
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import committee_ballot as ballots
from handlers.records.tables import credit_decision as decisions

OUTCOMES = ("approved", "approved_with_conditions", "deferred", "rejected")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided by whom under which rules; `decision` is empty until it was signed."""

    id: int
    project_id: int
    plan_id: int | None
    body: str
    state: str
    decision: str | None
    quorum: str | None
    share: str | None
    veto: bool
    members: Sequence[str]
    eligible: Sequence[str]
    conflicts: Sequence[Mapping[str, Any]]
    counts: Mapping[str, Any] | None
    conditions: Sequence[str]
    questions: Sequence[str]
    minutes: str | None
    signed_by: Sequence[str]
    opened_at: datetime
    closed_at: datetime | None
    decided_at: datetime | None
    valid_until: date | None
    instance: str | None


@dataclass(frozen=True, slots=True)
class Ballot:
    """One member's vote."""

    member: str
    vote: str
    conditions: Sequence[str]
    opinion: str | None
    at: datetime


_DECISION = [decisions.c[field.name] for field in fields(Decision)]
_BALLOT = [ballots.c[field.name] for field in fields(Ballot)]


def get(session: Session, decision_id: int) -> Decision:
    """By id. NotFound."""
    row = session.execute(sa.select(*_DECISION).where(decisions.c.id == decision_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="credit decision", what_zh="授信决议", id=decision_id)
    return Decision(**row)


def of_project(session: Session, project_id: int) -> tuple[Decision, ...]:
    """The project's decisions, newest first."""
    rows = session.execute(
        sa.select(*_DECISION).where(decisions.c.project_id == project_id).order_by(decisions.c.id.desc())
    )
    return tuple(Decision(**row) for row in rows.mappings())


def open_decision(session: Session, project_id: int, values: Mapping[str, Any], stamp: Stamp) -> Decision:
    """A decision to come; what is not said of it is empty."""
    empty: dict[str, Any] = {
        name: [] for name in ("members", "eligible", "conflicts", "conditions", "questions", "signed_by")
    }
    row = {"veto": False, "state": "voting", **empty, **values, "project_id": project_id, "opened_at": stamp.at}
    return get(session, insert(session, decisions, row, stamp))


def cast(session: Session, decision_id: int, ballot: Ballot) -> None:
    """Take a member's vote, once. InvalidInput: closed, not eligible, voted already."""
    held = session.execute(
        sa.select(decisions.c.state, decisions.c.eligible).where(decisions.c.id == decision_id).with_for_update()
    ).one_or_none()
    if held is None:
        raise NotFound(what="credit decision", what_zh="授信决议", id=decision_id)
    if held.state != "voting":
        raise InvalidInput(place="vote", reason="the vote is closed", reason_zh="表决已截止")
    if ballot.member not in held.eligible:
        told = ballot.member
        raise InvalidInput(place="vote", reason=f"{told} may not vote", reason_zh=f"{told} 无表决权")
    known = sa.select(ballots.c.id).where(ballots.c.decision_id == decision_id, ballots.c.member == ballot.member)
    if session.execute(known).first() is not None:
        told = ballot.member
        raise InvalidInput(place="vote", reason=f"{told} voted already", reason_zh=f"{told} 已表决")
    content = {name: getattr(ballot, name) for name in Ballot.__dataclass_fields__}
    session.execute(ballots.insert().values(id=new_id(), decision_id=decision_id, **content))


def close(session: Session, decision_id: int, stamp: Stamp) -> Decision:
    """No further vote is taken, and the votes may be read."""
    if get(session, decision_id).state == "voting":
        update(session, decisions, decision_id, {"state": "closed", "closed_at": stamp.at}, stamp)
    return get(session, decision_id)


def ballots_of(session: Session, decision_id: int) -> tuple[Ballot, ...]:
    """The votes, in the order in which they were cast. InvalidInput while the vote is open: nobody sees them then."""
    if get(session, decision_id).state == "voting":
        raise InvalidInput(place="votes", reason="the vote is still open", reason_zh="表决尚未截止")
    return _ballots(session, decision_id)


def standing(session: Session, decision_id: int) -> tuple[str, ...]:
    """How was voted so far, without who: what says whether the result can still change. Not for people."""
    return tuple(one.vote for one in _ballots(session, decision_id))


def _ballots(session: Session, decision_id: int) -> tuple[Ballot, ...]:
    rows = session.execute(sa.select(*_BALLOT).where(ballots.c.decision_id == decision_id).order_by(ballots.c.id))
    return tuple(Ballot(**row) for row in rows.mappings())


def decide(session: Session, decision_id: int, values: Mapping[str, Any], stamp: Stamp) -> Decision:
    """Sign the decision with its conditions, questions, minutes, counts, signatures, and until when it is valid.

    InvalidInput for an outcome that is none.
    """
    if values.get("decision") not in OUTCOMES:
        told = values.get("decision")
        raise InvalidInput(place="decision", reason=f"unknown: {told}", reason_zh=f"未知结论 {told}")
    update(session, decisions, decision_id, {**values, "state": "decided", "decided_at": stamp.at}, stamp)
    return get(session, decision_id)
