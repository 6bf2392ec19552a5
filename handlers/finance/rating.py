"""Rating: supervisory slotting, capital and expected loss, score scaling, five-class classification.

Sources: Basel framework CRE33.5 (risk weights 70/90/115/250/0 %; 50/70 % for strong and good under 2.5 years where the
supervisor allows) and CRE35 (expected loss: 8 % × 5/10/35/100/625 %; 0/5 % with the preferential weights); score
scaling: Siddiqi, Credit Risk Scorecards, ch. 6. Weights, points and cut-offs of the scorecard are a product default
that an institution replaces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from handlers.finance.exact import HUNDRED, ONE, ZERO, inside, not_negative, positive, refused, share

CATEGORIES = ("Strong", "Good", "Satisfactory", "Weak", "Default")
RISK_WEIGHTS = dict(zip(CATEGORIES, map(Decimal, (70, 90, 115, 250, 0)), strict=True))
LOSS_WEIGHTS = dict(zip(CATEGORIES, map(Decimal, (5, 10, 35, 100, 625)), strict=True))
PREFERENTIAL_RISK = {**RISK_WEIGHTS, "Strong": Decimal(50), "Good": Decimal(70)}
PREFERENTIAL_LOSS = {**LOSS_WEIGHTS, "Strong": ZERO, "Good": Decimal(5)}
CAPITAL = Decimal("0.08")

WEIGHTS: Mapping[str, Decimal] = {
    "financial": Decimal("0.30"),
    "political_legal": Decimal("0.15"),
    "transaction": Decimal("0.25"),
    "sponsor": Decimal("0.15"),
    "security": Decimal("0.15"),
}
POINTS: Mapping[str, Decimal] = dict(zip(CATEGORIES, map(Decimal, (4, 3, 2, 1)), strict=False))
CUT_OFFS = (Decimal("3.5"), Decimal("2.5"), Decimal("1.5"))
FLAGGED = "Weak"
"""With a red flag no category is better than this."""


@dataclass(frozen=True, slots=True)
class SlottingCapital:
    """Risk-weighted assets, capital at 8 %, expected loss; unrounded."""

    risk_weighted: Decimal
    capital: Decimal
    expected_loss: Decimal


@inside
def slotting_capital(exposure: Decimal, category: str, preferential: bool = False) -> SlottingCapital:
    """What a category costs for an exposure at default (T17). InvalidInput: unknown category, negative exposure."""
    not_negative(exposure, "ead")
    weights = PREFERENTIAL_RISK if preferential else RISK_WEIGHTS
    losses = PREFERENTIAL_LOSS if preferential else LOSS_WEIGHTS
    if category not in weights:
        raise refused("category", f"unknown: {category}", f"未知评级类别：{category}")
    weighted = exposure * weights[category] / HUNDRED
    return SlottingCapital(weighted, weighted * CAPITAL, exposure * losses[category] / HUNDRED * CAPITAL)


@dataclass(frozen=True, slots=True)
class Slotting:
    """Score (unrounded), category, and what held the category down, if anything."""

    score: Decimal
    category: str
    capped_by: str | None
    contributions: Mapping[str, Decimal]


@inside
def slotting_score(
    grades: Mapping[str, str],
    weights: Mapping[str, Decimal] = WEIGHTS,
    points: Mapping[str, Decimal] = POINTS,
    cut_offs: Sequence[Decimal] = CUT_OFFS,
    red_flag: bool = False,
) -> Slotting:
    """Σ weight × points; the category by the unrounded score, at a cut-off the better one (T18).

    A red flag caps the category at Weak. InvalidInput: a factor without grade or the other way round, an unknown
    grade, weights that do not make 1, cut-offs that do not fall.
    """
    _fitting(grades, weights, points)
    if len(cut_offs) != 3 or list(cut_offs) != sorted(set(cut_offs), reverse=True):
        raise refused("cut_offs", "three falling numbers are needed", "须为三个递减的分界值")
    parts = {factor: weight * points[grades[factor]] for factor, weight in weights.items()}
    score = sum(parts.values(), ZERO)
    reached = next((at for at, limit in enumerate(cut_offs) if score >= limit), len(cut_offs))
    category = CATEGORIES[reached]
    capped = red_flag and reached < CATEGORIES.index(FLAGGED)
    return Slotting(score, FLAGGED if capped else category, "red_flag" if capped else None, parts)


def _fitting(grades: Mapping[str, str], weights: Mapping[str, Decimal], points: Mapping[str, Decimal]) -> None:
    odd = sorted(grades.keys() ^ weights.keys())
    if odd:
        listed = ", ".join(odd)
        raise refused("grades", f"factor without grade or weight: {listed}", f"因素缺少评级或权重：{listed}")
    for factor, grade in grades.items():
        if grade not in points:
            raise refused(f"grades.{factor}", f"unknown grade: {grade}", f"未知等级：{grade}")
    total = sum(weights.values(), ZERO)
    if total != ONE or any(weight < 0 for weight in weights.values()):
        raise refused("weights", f"must make 1, none negative: {total}", f"权重合计须为 1 且不得为负：{total}")


def overridden(category: str, to: str, reason: str | None, by: str | None, second: str | None) -> str:
    """The category a person sets in place of the proposed one: at most one notch away, with a reason, signed by two.

    Default is a fact, so it is neither overridden nor reached by one. InvalidInput names what is missing.
    """
    for name in (category, to):
        if name not in POINTS:
            raise refused("category", f"cannot be overridden: {name}", f"该类别不可调整：{name}")
    if abs(CATEGORIES.index(category) - CATEGORIES.index(to)) > 1:
        told = f"{category} → {to}"
        raise refused("to", f"more than one notch: {told}", f"调整超过一级：{told}")
    if not reason:
        raise refused("reason", "is missing", "缺少调整理由")
    if not by or not second or by == second:
        raise refused("second", "a second person must sign", "须由另一人复核签字")
    return to


@dataclass(frozen=True, slots=True)
class Scaling:
    """Score = offset + factor × ln(odds of good to bad); unrounded."""

    factor: Decimal
    offset: Decimal

    @inside
    def default_probability(self, score: Decimal) -> Decimal:
        """1 ÷ (1 + odds) with odds = e^((score − offset) ÷ factor); unrounded."""
        return ONE / (ONE + ((score - self.offset) / self.factor).exp())

    @inside
    def score(self, default_probability: Decimal) -> Decimal:
        """The score of a probability strictly between 0 and 1; unrounded."""
        if not 0 < default_probability < 1:
            raise refused("pd", f"must lie between 0 and 1: {default_probability}", "违约概率须介于 0 与 1 之间")
        return self.offset + self.factor * ((ONE - default_probability) / default_probability).ln()


@inside
def score_scaling(base_score: Decimal, base_odds: Decimal, points_to_double: Decimal) -> Scaling:
    """factor = PDO ÷ ln 2, offset = base score − factor × ln(base odds) (T19)."""
    factor = positive(points_to_double, "pdo") / Decimal(2).ln()
    return Scaling(factor, base_score - factor * positive(base_odds, "base_odds").ln())


@inside
def long_run_default_rate(bad: int, closed: int) -> Decimal:
    """The share of cases that go bad, from what a house saw: (bad + ½) ÷ (closed + 1), unrounded.

    The mean under Jeffreys' prior, which no record without a default makes nought (Tasche, "Bayesian estimation of
    probabilities of default for low default portfolios", J. of Risk Management in Financial Institutions 6(3), 2013).
    InvalidInput: more bad ones than closed.
    """
    if not 0 <= bad <= closed:
        raise refused("bad", f"must lie between 0 and {closed}: {bad}", f"须介于 0 与 {closed} 之间")
    return (Decimal(bad) + Decimal("0.5")) / (Decimal(closed) + ONE)


@inside
def at_default_rate(default_probability: Decimal, sample_rate: Decimal, rate: Decimal) -> Decimal:
    """A probability from a sample with one share of bad cases, where another share is to be expected; unrounded.

    The odds times the quotient of both shares' odds: the correction for a shift of priors alone, which holds as far as
    good and bad cases look alike here and there (Saerens, Latinne & Decaestecker, Neural Computation 14(1), 2002; King
    & Zeng, Political Analysis 9(2), 2001, "prior correction"); what was rounded to 0 or 1 stays that. InvalidInput for
    shares that are not between 0 and 1.
    """
    for name, one in (("pd", default_probability), ("sample_rate", sample_rate), ("rate", rate)):
        if not 0 <= one <= 1 or (name != "pd" and one in (0, 1)):
            raise refused(name, f"must lie between 0 and 1: {one}", "须介于 0 与 1 之间")
    bad = default_probability * rate / sample_rate
    good = (ONE - default_probability) * (ONE - rate) / (ONE - sample_rate)
    return bad / (bad + good)


@inside
def expected_loss(default_probability: Decimal, loss_given_default: Decimal, exposure: Decimal) -> Decimal:
    """PD × LGD × EAD, unrounded (T20)."""
    chance = share(default_probability, "pd") * share(loss_given_default, "lgd")
    return chance * not_negative(exposure, "ead")


FIVE_CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")


def five_class(days_past_due: int, cut_offs: Sequence[int] = (90, 270, 360)) -> str:
    """The class by days past due: none is normal; up to and with each cut-off the next class; beyond all, loss (T29).

    The cut-offs are those of 《商业银行金融资产风险分类办法》 (2023), which the domain model leaves to be confirmed:
    parameters. InvalidInput: negative days, other than three rising cut-offs.
    """
    if days_past_due < 0:
        raise refused("days", f"must not be negative: {days_past_due}", f"不得为负：{days_past_due}")
    if len(cut_offs) != 3 or list(cut_offs) != sorted(set(cut_offs)) or cut_offs[0] <= 0:
        raise refused("cut_offs", "three rising numbers above nought are needed", "须为三个递增的正数")
    reached = sum(days_past_due > limit for limit in (0, *cut_offs))
    return FIVE_CLASSES[reached]
