"""Grades and votes as processes ask for them: slotting, the committee's tally.

Computed in finance/; nothing is written. A grade is proposed here and confirmed by a person; a vote is counted here
and signed by the chair.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.finance import rating, voting
from handlers.finance.exact import count, needed, refused, rounded
from handlers.ownership import fraction, percent


@handles("risk.slotting", transactional=True)
def risk_slotting(
    ctx: Context, grades: object, weights: object = None, red_flag: object = False, ead: object = None
) -> Mapping[str, Any]:
    """The slotting category that the factor grades propose.

    In: grades {financial, political_legal, transaction, sponsor, security: Strong|Good|Satisfactory|Weak, or 4…1 as
    the decision tables give them}; weights {factor: share}, making 1; red_flag; ead for what the category costs.
    Out: score (two places), category, capped_by (red_flag or null), contributions {factor: points}; with ead also rwa,
    capital, el (cents). Errors: InvalidInput for missing factors, unknown grades, weights that do not make 1. Pure.
    """
    if not isinstance(grades, Mapping):
        raise refused("grades", "are missing", "缺少因素评级")
    chosen = (
        {str(factor): needed(value, f"weights.{factor}") for factor, value in weights.items()}
        if isinstance(weights, Mapping) and weights
        else rating.WEIGHTS
    )
    named = {str(factor): _grade(grade) for factor, grade in grades.items()}
    made = rating.slotting_score(named, chosen, red_flag=inputs.yes(red_flag))
    shown: dict[str, Any] = {
        "score": rounded(made.score),
        "category": made.category,
        "capped_by": made.capped_by,
        "contributions": {factor: rounded(points) for factor, points in made.contributions.items()},
    }
    exposure = inputs.number(ead, "ead")
    if exposure is None:
        return shown
    cost = rating.slotting_capital(exposure, made.category)
    money = {"rwa": cost.risk_weighted, "capital": cost.capital, "el": cost.expected_loss}
    return shown | {name: rounded(value) for name, value in money.items()}


def _grade(value: object) -> str:
    """A grade's name, from its name or its points."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return next((name for name, points in rating.POINTS.items() if points == value), str(value))
    return str(value)


@handles("risk.override", transactional=True)
def risk_override(
    ctx: Context, category: str, to: str, reason: object = None, by: object = None, second: object = None
) -> Mapping[str, Any]:
    """A person's category in place of the proposed one.

    In: category proposed, to, reason, by and second: sign-in names of two people. Out: category, overridden, reason.
    Errors: InvalidInput: more than one notch, no reason, one signature, Default. Pure.
    """
    why, first, other = (inputs.text(one) for one in (reason, by, second))
    if to == category:
        return {"category": category, "overridden": False, "reason": None}
    return {"category": rating.overridden(category, to, why, first, other), "overridden": True, "reason": why}


@handles("vote.lenders", transactional=True)
def vote_lenders(
    ctx: Context, commitments: object, yes: object, share: object = "2/3", matter: object = None
) -> Mapping[str, Any]:
    """The syndicate's decision on a waiver or amendment.

    In: commitments {lender: amount}; yes: names of lenders who agreed; share as a fraction ("2/3"); matter: one of
    finance.voting.ALL_LENDERS needs every lender. Out: passes, reached_pct of commitments (two places), needed_pct,
    all_lenders. Errors: InvalidInput for an unknown lender, negative or no commitments. Pure.
    """
    if not isinstance(commitments, Mapping):
        raise refused("commitments", "are missing", "缺少承诺额")
    held = {str(name): Fraction(needed(value, f"commitments.{name}")) for name, value in commitments.items()}
    everyone = inputs.text(matter) in voting.ALL_LENDERS
    limit = Fraction(1) if everyone else fraction(share, "share")
    made = voting.lenders(held, inputs.texts(yes), limit)
    return {
        "passes": made.passes,
        "reached_pct": percent(made.reached),
        "needed_pct": percent(limit),
        "all_lenders": everyone,
    }


@handles("vote.tally", transactional=True)
def vote_tally(
    ctx: Context,
    votes: object,
    eligible: object,
    quorum: object = "2/3",
    share: object = "2/3",
    closes_at: object = None,
) -> Mapping[str, Any]:
    """The committee's decision.

    In: votes [{member, vote agree|conditional|disagree|recuse, conditions [], at}]; eligible: the members without
    those in conflict (list of names, or their number); quorum and share as fractions ("2/3"); closes_at: the moment
    after which no vote counts.
    Out: decision approved|approved_with_conditions|rejected, counts {eligible, cast, agree, conditional, disagree,
    recuse}, conditions: all that were set, each once, in order.
    Errors: BpmnError NO_QUORUM (variables cast, needed); InvalidInput for a member who votes twice or after closing,
    who is not eligible, or whose vote is none of those. Pure.
    """
    rows = inputs.rows(votes)
    members = inputs.texts(eligible) if isinstance(eligible, list | tuple) else None
    number = len(set(members)) if members is not None else count(eligible, "eligible", 0, 1000)
    _once_each([inputs.text(row.get("member")) for row in rows], members)
    _in_time(ctx, rows, closes_at)
    cast: list[Any] = [inputs.text(row.get("vote")) for row in rows]
    try:
        found = voting.committee(cast, number, fraction(quorum, "quorum"), fraction(share, "share"))
    except voting.NoQuorum as lacking:
        facts = {"cast": lacking.cast, "needed": lacking.needed}
        raise BpmnError("NO_QUORUM", str(lacking), facts) from None
    conditions = [
        one for row in rows if row.get("vote") == "conditional" for one in inputs.texts(row.get("conditions"))
    ]
    counts = {name: cast.count(name) for name in voting.VOTES}
    return {
        "decision": found.decision,
        "counts": {"eligible": found.eligible, "cast": found.cast, **counts},
        "conditions": list(dict.fromkeys(conditions)),
    }


def _in_time(ctx: Context, rows: list[Mapping[str, Any]], closes_at: object) -> None:
    closing = _moment(ctx, closes_at, "closes_at")
    if closing is None:
        return
    for row in rows:
        at = _moment(ctx, row.get("at"), "votes.at")
        if at is None or at > closing:
            member = row.get("member")
            raise refused("votes.at", f"{member} voted after closing", f"{member} 在表决截止后投票，无效")


def _moment(ctx: Context, value: object, place: str) -> datetime | None:
    """An aware moment; without an offset, by the clock of the house."""
    if value is None or isinstance(value, datetime):
        found = value
    else:
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            raise refused(place, f"not a moment: {value}", f"不是时间：{value}") from None
    return found.replace(tzinfo=ctx.zone) if found is not None and found.tzinfo is None else found


def _once_each(voted: list[str | None], members: list[str] | None) -> None:
    for at, name in enumerate(voted):
        if name is None:
            raise refused("votes.member", "is missing", "缺少委员姓名")
        if name in voted[:at]:
            raise refused("votes.member", f"{name} voted twice", f"{name} 重复表决")
        if members is not None and name not in members:
            raise refused("votes.member", f"{name} may not vote", f"{name} 无表决权")
