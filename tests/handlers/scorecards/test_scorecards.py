"""Scorecards: trained exactly, judged on what they never saw, scored with reasons, refused on too few cases."""

from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from handlers.default_risk import drifted
from handlers.scorecards import measures
from handlers.scorecards.binning import bands, information_value
from handlers.scorecards.card import Card, read, written
from handlers.scorecards.fitting import fit
from handlers.scorecards.training import Specification, specification, table, train

FOLDER = Path(str(files("handlers.scorecards"))) / "demonstration"
RAW = (FOLDER / "credit_data.csv").read_bytes()


def asked(purpose: str) -> Specification:
    return specification((FOLDER / f"{purpose}.toml").read_text("utf-8"))


def shipped(purpose: str) -> Card:
    return read((FOLDER / f"{purpose}.json").read_bytes())


@pytest.mark.parametrize("purpose", ["ability", "willingness"])
def test_training_again_gives_the_card_that_ships_byte_for_byte(purpose: str) -> None:
    made = train(asked(purpose), RAW, "demonstration-1")
    assert written(made) == (FOLDER / f"{purpose}.json").read_bytes()


def test_coefficients_and_auc_are_those_of_scikit_learn() -> None:
    """Reference: scikit-learn's LogisticRegression without penalty on the same weights of evidence, same held out."""
    reference = {
        "ability": ({"cover": "1.054244", "net_assets": "0.942977", "leverage": "0.130240"}, "0.7378"),
        "willingness": ({"past_trouble": "1.107845", "years": "1.065013", "own_share": "0.976395"}, "0.7767"),
    }
    for purpose, (coefficients, auc) in reference.items():
        card = shipped(purpose)
        assert {one.id: str(one.coefficient) for one in card.features} == coefficients
        assert abs(Decimal(card.told["held_out"]["auc"]) - Decimal(auc)) <= Decimal("0.0001")


def test_a_card_says_what_it_rests_on_and_what_was_left_out() -> None:
    for purpose in ("ability", "willingness"):
        told = shipped(purpose).told
        assert told["sample"]["rows"] == told["trained_on"]["rows"] + told["held_out"]["rows"] == 4454
        assert {"auc", "ks", "gini", "brier", "calibration"} <= told["held_out"].keys()
        assert "Age" in told["left_out"][0]["column"]
        assert told["source"]["licence"] and told["limits"]["zh"] and told["limits"]["en"]
        worst = max(abs(Decimal(one["expected"]) - Decimal(one["observed"])) for one in told["held_out"]["calibration"])
        assert worst < Decimal("0.07")


def test_points_add_up_to_the_score_and_reasons_are_what_cost_most() -> None:
    card = shipped("willingness")
    found = card.score({"past_trouble": "yes", "years": 2, "own_share": "60"})
    assert card.base_points + sum(one.points for one in found.contributions) == found.score
    assert [one.feature.id for one in found.reasons] == ["years", "past_trouble"]
    better = card.score({"past_trouble": "no", "years": 20, "own_share": "60"})
    assert better.score > found.score and better.default_probability < found.default_probability
    assert better.reasons == ()


def test_what_is_missing_or_unknown_never_helps() -> None:
    card = shipped("ability")
    for feature in card.features:
        known = {one.id: "3" for one in card.features if one is not feature}
        least = min(one.points for one in feature.bands)
        points = {one.feature.id: one.points for one in card.score(known).contributions}
        assert points[feature.id] == least
    with pytest.raises(InvalidInput, match="none is known"):
        card.score({})


def test_too_small_a_sample_is_refused_not_modelled() -> None:
    head, *rows = RAW.decode().splitlines()
    few = "\n".join([head, *rows[:199]]).encode()
    with pytest.raises(InvalidInput, match="too small a sample") as caught:
        train(asked("ability"), few)
    assert "样本过小" in caught.value.text("zh")
    one_sided = "\n".join([head, *(row for row in rows if row.startswith("good"))][:1001]).encode()
    with pytest.raises(InvalidInput, match="too small a sample"):
        train(asked("ability"), one_sided)


def test_bands_go_one_way_and_keep_missing_apart() -> None:
    values = [Decimal(at % 40) for at in range(400)] + [None] * 20
    bad = [at % 40 < (at // 40) + 8 for at in range(400)] + [at % 3 == 0 for at in range(20)]
    found = bands(values, bad)
    ranges = [one for one in found if one.kind == "range"]
    shares = [Decimal(one.bads) / (one.goods + one.bads) for one in ranges]
    assert shares == sorted(shares, reverse=True) and len(ranges) <= 6
    assert found[-1].kind == "missing" and found[-1].goods + found[-1].bads == 20
    assert information_value(found) > Decimal("0.5")


def test_one_feature_fits_the_odds_themselves() -> None:
    """Two groups: the maximum likelihood is the observed log odds (80/20 and 40/60)."""
    rows = [(Decimal(0),)] * 100 + [(Decimal(1),)] * 100
    bad = [at >= 80 for at in range(100)] + [at >= 40 for at in range(100)]
    made = fit(rows, bad)
    assert abs(made.intercept - Decimal(4).ln()) < Decimal("1e-12")
    assert abs(made.intercept + made.coefficients[0] - (Decimal(40) / 60).ln()) < Decimal("1e-12")
    with pytest.raises(InvalidInput, match="no estimate"):
        fit(rows, [row == (Decimal(1),) for row in rows])


def test_separation_counts_ties_half() -> None:
    found = measures.separation([Decimal(x) for x in (1, 2, 2, 3)], [True, True, False, False])
    assert (found.auc, found.ks) == (Decimal("0.875"), Decimal("0.5"))


def test_drift_is_told_by_the_stability_index() -> None:
    card = shipped("ability")
    lows = [low if low is not None else Decimal(400) for low, _ in card.score_bands]
    as_made = tuple(
        score for score, (_, share) in zip(lows, card.score_bands, strict=True) for _ in range(int(share * 1000))
    )
    assert drifted(card, as_made).level == "stable"
    assert drifted(card, (Decimal(400),) * 100).level == "moved"
    expected = {"a": Decimal("0.5"), "b": Decimal("0.5")}
    assert measures.shift(expected, {"a": 60, "b": 40}).psi.quantize(Decimal("1e-6")) == Decimal("0.040547")
    with pytest.raises(InvalidInput, match="none to compare"):
        drifted(card, ())


def test_an_unreadable_table_or_feature_is_named() -> None:
    with pytest.raises(InvalidInput, match="UTF-8"):
        table("好".encode("gb18030"))
    with pytest.raises(InvalidInput, match="specification"):
        specification("purpose = 'ability'")
