"""Votes: of lenders by commitment, of committee members by head.

A share that must be reached is reached at exactly it: 三分之二以上 includes two thirds (Civil Code of China, Art. 1259;
quorum and majority of `committee_vote`, four of six passes). Fractions, so ⅔ is ⅔.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from handlers.finance.exact import refused


@dataclass(frozen=True, slots=True)
class LenderVote:
    """`reached`: the part of all commitments that voted yes."""

    passes: bool
    reached: Fraction


def lenders(commitments: Mapping[str, Fraction], yes: Iterable[str], share: Fraction) -> LenderVote:
    """Whether the lenders who said yes hold at least `share` of all commitments (T23).

    A lender counts once; one who did not answer did not say yes. InvalidInput: unknown lender, negative commitment,
    none at all, share outside 0…1.
    """
    _share(share, "share")
    agreed = set(yes)
    strangers = sorted(agreed - commitments.keys())
    if strangers:
        listed = ", ".join(strangers)
        raise refused("yes", f"no lender of this syndicate: {listed}", f"非本银团成员：{listed}")
    if any(one < 0 for one in commitments.values()) or not sum(commitments.values()):
        raise refused("commitments", "must be above nought in all, none negative", "承诺额合计须大于零且不得为负")
    reached = Fraction(sum(commitments[name] for name in agreed)) / sum(commitments.values())
    return LenderVote(reached >= share, reached)


ALL_LENDERS = frozenset(
    {
        "amount_or_currency",
        "commitment_increase",
        "final_maturity",
        "margin_reduction",
        "payment_postponed",
        "release_of_security",
        "sharing_among_lenders",
        "voting_shares",
    }
)
"""Matters that every lender must agree to (reserved matters of the usual facility agreements); a default."""

Vote = Literal["agree", "conditional", "disagree", "recuse"]
VOTES: tuple[Vote, ...] = ("agree", "conditional", "disagree", "recuse")
AGREE, _, AGAINST, AWAY = VOTES


@dataclass(frozen=True, slots=True)
class Tally:
    """`cast` counts votes for and against; who recuses is neither eligible nor cast, who is silent is not cast."""

    decision: Literal["approved", "approved_with_conditions", "rejected"]
    eligible: int
    cast: int
    agreed: int


class NoQuorum(Exception):
    """Too few votes were cast: `cast` of `needed`."""

    def __init__(self, cast: int, needed: int) -> None:
        super().__init__(f"{cast} votes cast, {needed} needed")
        self.cast, self.needed = cast, needed


TWO_THIRDS = Fraction(2, 3)


def committee(
    votes: Sequence[Vote], eligible: int, quorum: Fraction = TWO_THIRDS, share: Fraction = TWO_THIRDS
) -> Tally:
    """Quorum of those eligible (conflicted members are already left out), majority of votes cast.

    A conditional yes is a yes; any makes the approval conditional. NoQuorum; InvalidInput for unknown votes, for more
    votes than members, for shares outside 0…1.
    """
    _share(quorum, "quorum")
    _share(share, "share")
    for one in votes:
        if one not in VOTES:
            raise refused("votes", f"unknown vote: {one}", f"未知表决意见：{one}")
    if len(votes) > eligible:
        told = f"{len(votes)} > {eligible}"
        raise refused("votes", f"more votes than members: {told}", f"票数多于有表决权的委员：{told}")
    members = eligible - votes.count("recuse")
    cast = len(votes) - votes.count("recuse")
    needed = max(-(-quorum.numerator * members // quorum.denominator), 1)
    if cast < needed:
        raise NoQuorum(cast, needed)
    agreed = votes.count("agree") + votes.count("conditional")
    if Fraction(agreed, cast) < share:
        return Tally("rejected", members, cast, agreed)
    decision: Literal["approved", "approved_with_conditions"] = (
        "approved_with_conditions" if "conditional" in votes else "approved"
    )
    return Tally(decision, members, cast, agreed)


def settled(votes: Sequence[Vote], eligible: int, quorum: Fraction = TWO_THIRDS, share: Fraction = TWO_THIRDS) -> bool:
    """Whether it no longer matters how the others vote, or that they do not: passed, or not, or no quorum.

    Every way is looked at in which those who have not voted may agree, disagree, recuse or stay silent. InvalidInput
    as `committee`.
    """
    left = eligible - len(votes)
    outcomes = set()
    for agree in range(left + 1):
        for against in range(left - agree + 1):
            for away in range(left - agree - against + 1):
                rest = [AGREE] * agree + [AGAINST] * against + [AWAY] * away
                outcomes.add(_passes([*votes, *rest], eligible, quorum, share))
                if len(outcomes) > 1:
                    return False
    return True


def _passes(votes: Sequence[Vote], eligible: int, quorum: Fraction, share: Fraction) -> bool | None:
    """None: no quorum."""
    try:
        return committee(votes, eligible, quorum, share).decision != "rejected"
    except NoQuorum:
        return None


def _share(value: Fraction, place: str) -> None:
    if not 0 < value <= 1:
        raise refused(place, f"must lie above 0 and up to 1: {value}", f"须大于 0 且不超过 1：{value}")
