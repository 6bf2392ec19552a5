"""Slotting, scaling, classes, security, conditions of a draw, votes, client value."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from handlers.finance import client_value, rating
from handlers.finance.collateral import Item, collateral_cover
from handlers.finance.draw_conditions import drawable, equity_in_step, progress
from handlers.finance.voting import NoQuorum, Vote, committee, lenders
from tests.handlers.finance.money import many

GRADES = {
    "financial": "Good",
    "political_legal": "Strong",
    "transaction": "Satisfactory",
    "sponsor": "Good",
    "security": "Good",
}


def test_a_score_at_a_cut_off_has_the_better_category() -> None:
    assert rating.slotting_score(dict.fromkeys(GRADES, "Strong")).category == "Strong"
    half = {"a": Decimal("0.5"), "b": Decimal("0.5")}
    assert rating.slotting_score({"a": "Strong", "b": "Good"}, half).category == "Strong"
    assert rating.slotting_score({"a": "Good", "b": "Satisfactory"}, half).category == "Good"
    assert rating.slotting_score({"a": "Weak", "b": "Weak"}, half).category == "Weak"


def test_the_category_is_decided_before_rounding() -> None:
    weights = {"a": Decimal("0.496"), "b": Decimal("0.504")}
    found = rating.slotting_score({"a": "Good", "b": "Satisfactory"}, weights)
    assert (found.score, found.category) == (Decimal("2.496"), "Satisfactory")


def test_a_red_flag_caps_the_category_and_says_so() -> None:
    found = rating.slotting_score(GRADES, red_flag=True)
    assert (found.score, found.category, found.capped_by) == (Decimal("2.90"), "Weak", "red_flag")
    weak = rating.slotting_score(dict.fromkeys(GRADES, "Weak"), red_flag=True)
    assert (weak.category, weak.capped_by) == ("Weak", None)
    assert sum(found.contributions.values()) == found.score


@pytest.mark.parametrize(
    "changes",
    [
        {"grades": {**GRADES, "sponsor": "Fine"}},
        {"grades": {name: grade for name, grade in GRADES.items() if name != "sponsor"}},
        {"grades": GRADES, "weights": {**rating.WEIGHTS, "sponsor": Decimal("0.16")}},
        {"grades": GRADES, "cut_offs": many("1.5", "2.5", "3.5")},
    ],
)
def test_a_scorecard_that_does_not_fit_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        rating.slotting_score(**changes)  # type: ignore[arg-type]


def test_short_tenors_weigh_less_where_the_supervisor_allows() -> None:
    short = rating.slotting_capital(Decimal(100), "Good", preferential=True)
    assert (short.risk_weighted, short.capital, short.expected_loss) == many(70, "5.6", "0.4")
    assert rating.slotting_capital(Decimal(100), "Default").expected_loss == 50


@given(st.decimals("300", "900", places=2))
def test_score_and_probability_lead_to_each_other(score: Decimal) -> None:
    scale = rating.score_scaling(Decimal(600), Decimal(50), Decimal(20))
    chance = scale.default_probability(score)
    assert 0 < chance < 1
    assert abs(scale.score(chance) - score) < Decimal("1e-12")
    assert scale.default_probability(score + 20) < chance


@pytest.mark.parametrize(
    ("pd", "sample", "rate", "expected"),
    [
        ("0.5", "0.5", "0.01", "0.01"),  # as likely as not in an even sample: as likely as the house's cases
        ("0.8", "0.5", "0.1", "0.3077"),  # odds 4 x (1/9)
        ("0.28", "0.28", "0.28", "0.28"),
        ("0", "0.28", "0.05", "0"),  # as a card rounds what hardly ever happens
        ("1", "0.28", "0.05", "1"),
    ],
)
def test_a_probability_moves_with_the_share_of_bad_cases(pd: str, sample: str, rate: str, expected: str) -> None:
    assert round(rating.at_default_rate(Decimal(pd), Decimal(sample), Decimal(rate)), 4) == Decimal(expected)


def test_a_house_without_a_default_has_no_rate_of_nought() -> None:
    assert rating.long_run_default_rate(0, 49) == Decimal("0.01")
    for bad, closed in ((3, 2), (-1, 2)):
        with pytest.raises(InvalidInput):
            rating.long_run_default_rate(bad, closed)
    with pytest.raises(InvalidInput):
        rating.at_default_rate(Decimal("0.2"), Decimal(0), Decimal("0.1"))


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, "normal"), (1, "special_mention"), (90, "special_mention"), (91, "substandard"), (361, "loss")],
)
def test_classes_change_the_day_after_their_limit(days: int, expected: str) -> None:
    assert rating.five_class(days) == expected


def test_security_is_worth_what_its_haircut_leaves() -> None:
    items = [Item("plant", Decimal(400), Decimal("0.4")), Item("cash", Decimal(50), Decimal(0))]
    found = collateral_cover(items, Decimal(300), Decimal("1.1"), Decimal("0.5"))
    assert (found.adjusted, found.shortfall, found.top_up) == many(290, 40, 80)
    bare = collateral_cover([], Decimal(300), Decimal(1))
    assert (bare.cover, bare.loan_to_value, bare.shortfall, bare.top_up) == (0, None, 300, None)
    rich = collateral_cover(items, Decimal(100), Decimal("1.1"), Decimal("0.5"))
    assert (rich.shortfall, rich.top_up) == (0, 0)


@pytest.mark.parametrize(
    ("items", "exposure", "haircut"),
    [
        ([Item("x", Decimal(-1), Decimal(0))], 100, "0.4"),
        ([Item("x", Decimal(1), Decimal("1.4"))], 100, "0.4"),
        ([], -1, "0.4"),
        ([], 100, "1"),
    ],
)
def test_security_that_cannot_be_is_refused(items: list[Item], exposure: int, haircut: str) -> None:
    with pytest.raises(InvalidInput):
        collateral_cover(items, Decimal(exposure), Decimal("1.1"), Decimal(haircut))


@given(
    st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 10**6)
)
def test_what_may_be_drawn_is_exactly_the_largest_allowed_request(
    committed: int, paid: int, debt: int, drawn: int, request: int
) -> None:
    state = {
        "equity_committed": Decimal(committed),
        "equity_paid": Decimal(paid),
        "debt_committed": Decimal(debt),
        "drawn": Decimal(drawn),
    }
    exact = max(Fraction(debt) * min(Fraction(paid, committed), Fraction(1)) - drawn, Fraction(0))
    assert equity_in_step(Decimal(request), **state) == (request <= exact)
    assert abs(Fraction(drawable(**state)) - exact) < Fraction(1, 10**20)


def test_building_goes_on_when_money_and_progress_suffice() -> None:
    funds = {"undrawn_debt": Decimal(60), "equity_to_come": Decimal(30)}
    right = progress(physical=Decimal("0.55"), spent=Decimal(110), cost_to_complete=Decimal(90), **funds)
    assert (right.passed, right.gap) == (True, 0)
    short = progress(physical=Decimal("0.55"), spent=Decimal(110), cost_to_complete=Decimal(91), **funds)
    assert (short.passed, short.gap) == (False, 1)
    late = progress(physical=Decimal("0.49"), spent=Decimal(110), cost_to_complete=Decimal(90), **funds)
    assert (late.passed, late.lag) == (False, Decimal("0.06"))


THIRDS = {"a": Fraction(1), "b": Fraction(1), "c": Fraction(1)}


def test_two_thirds_are_reached_at_exactly_two_thirds() -> None:
    assert lenders(THIRDS, ["a", "b"], Fraction(2, 3)).passes
    assert lenders(THIRDS, ["a", "b", "a"], Fraction(2, 3)).reached == Fraction(2, 3)
    assert not lenders(THIRDS, [], Fraction(1, 2)).passes
    for yes, commitments in ((["x"], THIRDS), ([], {"a": Fraction(0)}), ([], {"a": Fraction(2), "b": Fraction(-1)})):
        with pytest.raises(InvalidInput):
            lenders(commitments, yes, Fraction(2, 3))


@pytest.mark.parametrize(
    ("agree", "disagree", "eligible", "decision"),
    [(4, 2, 8, "approved"), (3, 3, 8, "rejected"), (6, 0, 6, "approved")],
)
def test_the_committee_needs_two_thirds_of_the_votes_cast(
    agree: int, disagree: int, eligible: int, decision: str
) -> None:
    votes: list[Vote] = ["agree"] * agree + ["disagree"] * disagree
    assert committee(votes, eligible).decision == decision


def test_too_few_votes_decide_nothing() -> None:
    with pytest.raises(NoQuorum, match="5 votes cast, 6 needed"):
        committee(["agree"] * 5, 8)
    with pytest.raises(NoQuorum):
        committee([], 0)
    with pytest.raises(InvalidInput, match="more votes"):
        committee(["agree"] * 3, 2)


def test_who_recuses_is_not_counted_and_a_condition_is_kept() -> None:
    found = committee(["agree", "conditional", "recuse", "disagree"], 4)
    assert (found.decision, found.eligible, found.cast, found.agreed) == ("approved_with_conditions", 3, 3, 2)


def test_client_value_tends_to_its_limit() -> None:
    terms = many(3, "0.9", "0.1")
    limit = client_value.perpetual_value(*terms)
    assert limit == 15
    assert 0 < limit - client_value.lifetime_value(*terms, 200) < Decimal("1e-10")
    with pytest.raises(InvalidInput):
        client_value.perpetual_value(*many(3, 1, 0))


def test_scores_of_a_survey_are_counted_by_who_answered() -> None:
    assert client_value.promoter_score(0, 5, 5) == -50
    assert client_value.satisfied_share(0, 20) == 0
    for counts in ((0, 0, 0), (-1, 2, 2)):
        with pytest.raises(InvalidInput):
            client_value.promoter_score(*counts)
    for satisfied, answered in ((4, 3), (0, 0), (-1, 3)):
        with pytest.raises(InvalidInput):
            client_value.satisfied_share(satisfied, answered)
