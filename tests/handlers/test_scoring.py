"""A score can be explained to the last point."""

from decimal import Decimal

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from engine.store import tables as t
from handlers.records.tables import score_card
from handlers.scoring import WEIGHTS, own_score, tier_of
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry


def test_the_decisions_points_are_kept_with_tier_and_version(desk: Desk) -> None:
    made = desk.run("intake.register", inquiry())
    reasons = [
        {"points": Decimal(45), "reason": "可再生能源"},
        {"points": Decimal(30), "reason": "长期售电", "reason_en": "PPA"},
    ]
    with desk.runtime.transaction() as session:
        session.execute(
            t.decision_log.insert().values(
                id=1, instance_id=7001, element="brt_score", decision="potential_score", model_hash="ab" * 32, at=NOW,
                inputs={}, output=None, fired=[],
            )
        )  # fmt: skip
    scored = desk.run(
        "lead.score", {"points": Decimal(75), "tier": "A", "reasons": reasons, "party_id": made["party_id"],
                       "project_key": made["project_key"]},
    )  # fmt: skip
    assert (scored["score"], scored["tier"]) == (75, "A")
    assert [one["points"] for one in scored["reasons"]] == [45, 30]
    assert scored["version"] == "potential_score@" + "ab" * 6
    with desk.runtime.reading() as session:
        (row,) = session.execute(sa.select(score_card)).all()
    assert (row.score, row.tier, row.version) == (75, "A", scored["version"])


def test_an_unexplained_rest_is_a_reason_of_its_own(desk: Desk) -> None:
    scored = desk.run("lead.score", {"points": Decimal(50), "tier": "B", "reasons": [{"points": 40, "reason": "x"}]})
    assert [one["points"] for one in scored["reasons"]] == [40, 10]
    assert "not explain" in scored["reasons"][1]["reason_en"]


def test_without_a_decision_our_own_weights_are_used(desk: Desk) -> None:
    made = desk.run("intake.register", inquiry(source="referral"))
    scored = desk.run("lead.score", {"party_id": made["party_id"], "project_key": made["project_key"]})
    assert scored["version"] == WEIGHTS.version
    assert (scored["score"], scored["tier"]) == (20 + 15 + 10 + 10, "B")


@given(
    st.fixed_dictionaries(
        {
            "sector": st.sampled_from(["renewable_power", "transport", "other", None]),
            "project_stage": st.sampled_from(["development", "operation", None]),
            "sponsor_record": st.sampled_from(["none", "three_plus"]),
            "offtake_type": st.sampled_from(["ppa_longterm", "market"]),
            "equity_pct": st.none() | st.decimals(0, 100, places=2),
            "source": st.sampled_from(["referral", "website"]),
        }
    )
)
def test_reasons_always_add_up_to_the_score(profile: dict[str, object]) -> None:
    score, tier, reasons = own_score(profile)
    assert sum(one["points"] for one in reasons) == score
    assert tier == tier_of(score)


def test_tiers_begin_at_their_thresholds() -> None:
    assert [tier_of(score) for score in (100, 70, 69, 45, 44, 0, -5)] == ["A", "A", "B", "B", "C", "C", "C"]
