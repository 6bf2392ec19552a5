"""Covenants and security by topic; a draw's conditions; grades and votes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import InvalidInput
from handlers import drawing, grading, monitoring
from tests.handlers.pure import Counter

DESK = Counter(
    monitoring.covenant_generate_calendar,
    monitoring.covenant_test,
    monitoring.collateral_cover,
    drawing.progress_test,
    drawing.drawdown_check,
    grading.risk_slotting,
    grading.vote_tally,
    grading.vote_lenders,
    grading.risk_override,
)
DSCR: dict[str, Any] = {"metric": "dscr", "default": "1.05", "lock_up": "1.15", "watch_pct": "0.10"}


def test_covenants_that_are_tested_together_share_a_date_and_a_key() -> None:
    rows = [{"metric": "dscr"}, {"metric": "llcr"}, {"metric": "audit", "frequency": "yearly"}]
    found = DESK.run("covenant.generate_calendar", {"covenants": rows, "start": "2026-07-01", "end": "2026-12-31"})
    assert [(one["key"], one["metrics"], one["due"]) for one in found["test_dates"]] == [
        ("TD-FA-2026-0001-2026Q3", ["dscr", "llcr"], date(2026, 11, 16)),
        ("TD-FA-2026-0001-2026", ["audit"], date(2027, 4, 30)),
        ("TD-FA-2026-0001-2026Q4", ["dscr", "llcr"], date(2027, 2, 15)),
    ]


@pytest.mark.parametrize(
    ("value", "status", "headroom"),
    [("1.0499", "DEFAULT", "-0.01"), ("1.05", "LOCK_UP", "0.00"), ("1.40", "COMPLIANT", "33.33")],
)
def test_a_covenant_is_tested_with_its_headroom(value: str, status: str, headroom: str) -> None:
    found = DESK.run("covenant.test", {"covenant": DSCR, "ratios": {"dscr": value}})
    assert (found["status"], found["headroom_pct"]) == (status, Decimal(headroom))


@pytest.mark.parametrize("ratios", [None, {}, {"dscr": None}, {"dscr": ""}, {"llcr": 2}])
def test_a_missing_ratio_never_complies(ratios: object) -> None:
    error = DESK.refused("covenant.test", {"covenant": DSCR, "ratios": ratios})
    assert (error.code, error.variables["status"]) == ("DATA_MISSING", "DATA_MISSING")


def test_a_covenant_without_its_levels_is_refused() -> None:
    with pytest.raises(InvalidInput, match="lock_up"):
        DESK.run("covenant.test", {"covenant": {**DSCR, "lock_up": None}, "ratios": {"dscr": 2}})


ITEMS: list[dict[str, Any]] = [
    {"name": "plant", "type": "equipment", "value": 400, "valued_at": "2025-03-02"},
    {"name": "deposit", "type": "cash", "value": 50, "haircut": 0},
]


def test_security_is_counted_with_its_haircuts() -> None:
    given = {"items": ITEMS, "haircuts": {"equipment": "0.40"}, "exposure": 300, "required_cover": "1.10"}
    found = DESK.run("collateral.cover", {**given, "top_up_haircut": "0.40"})
    assert (found["adjusted"], found["shortfall"], found["top_up"]) == (290, 40, Decimal("66.67"))
    assert (found["cover"], found["sufficient"]) == (Decimal("0.9667"), False)
    with pytest.raises(InvalidInput, match="haircut"):
        DESK.run("collateral.cover", {**given, "haircuts": {}})


def test_a_facility_from_which_nothing_is_drawn_lacks_no_security() -> None:
    given = {"items": ITEMS, "haircuts": {"equipment": "0.40"}, "exposure": 0, "required_cover": "1.10"}
    found = DESK.run("collateral.cover", given)
    assert (found["cover"], found["shortfall"], found["sufficient"]) == (None, 0, True)


@pytest.mark.parametrize("valued_at", ["2025-03-01", None, ""])
def test_a_valuation_that_is_old_or_absent_does_not_count(valued_at: object) -> None:
    items = [{**ITEMS[0], "valued_at": valued_at, "haircut": "0.4"}, ITEMS[1]]
    error = DESK.refused("collateral.cover", {"items": items, "exposure": 300, "required_cover": "1.1"})
    assert (error.code, error.variables) == ("VALUATION_EXPIRED", {"expired": ["plant"]})


REQUEST: dict[str, Any] = {"amount": 70, "purpose": "EPC"}
REGISTER: dict[str, Any] = {
    "default": False, "open_cps": [], "availability_end": "2026-12-31", "purposes": ["EPC"],
    "equity_committed": 300, "equity_paid": 150, "debt_committed": 700, "drawn": 280,
    "physical_pct": 45, "spent": 430, "cost_to_complete": 570, "equity_to_come": 150,
}  # fmt: skip


def failures(request: dict[str, Any], register: dict[str, Any]) -> list[str]:
    error = DESK.refused("drawdown.check", {"request": request, "register": register})
    assert error.code == "CHECK_FAILED"
    listed: Any = error.variables["failures"]
    assert all(one["text"] and one["text_en"] for one in listed)
    return [one["rule"] for one in listed]


def test_a_draw_in_step_passes_and_one_beyond_is_refused() -> None:
    found = DESK.run("drawdown.check", {"request": REQUEST, "register": REGISTER})
    assert (found["passed"], found["drawable"]) == (True, Decimal("70.00"))
    assert failures({**REQUEST, "amount": 90}, REGISTER) == ["pro_rata_equity"]
    assert failures({**REQUEST, "amount": 421}, REGISTER) == ["limit"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"default": "yes"}, "default"),
        ({"default": None}, "default"),
        ({"default": ""}, "default"),
        ({"open_cps": ["insurance"]}, "conditions"),
        ({"open_cps": None}, "conditions"),
        ({"availability_end": "2026-03-01"}, "availability"),
        ({"availability_end": None}, "availability"),
        ({"purposes": ["land"]}, "purpose"),
        ({"equity_paid": None}, "pro_rata_equity"),
        ({"cost_to_complete": 571}, "cost_to_complete"),
        ({"physical_pct": 37}, "progress"),
        ({"physical_pct": None}, "progress"),
        ({"cost_to_complete": None}, "cost_to_complete"),
        ({"equity_to_come": None}, "cost_to_complete"),
    ],
)
def test_each_condition_fails_alone_and_by_name_also_for_want_of_data(changes: dict[str, Any], rule: str) -> None:
    assert failures(REQUEST, {**REGISTER, **changes}) == [rule]


def test_nothing_known_passes_nothing() -> None:
    assert set(failures({"amount": 1}, {})) == {
        "default", "conditions", "availability", "purpose", "pro_rata_equity", "cost_to_complete",
    }  # fmt: skip


def test_a_project_that_operates_has_nothing_to_finish() -> None:
    running = {**REGISTER, "building": False, "cost_to_complete": None, "physical_pct": None}
    assert DESK.run("drawdown.check", {"request": REQUEST, "register": running})["passed"]


def test_the_construction_test_tells_the_gap() -> None:
    given = {"physical_pct": 50, "spent": 110, "cost_to_complete": 91, "undrawn_debt": 60, "equity_to_come": 30}
    assert DESK.run("progress.test", given) == {"passed": False, "gap": 1, "lag_pct": Decimal("4.73")}


GRADES = {"financial": 3, "political_legal": 4, "transaction": Decimal(2), "sponsor": "Good", "security": "Good"}


def test_grades_propose_a_category_with_its_reasons_and_cost() -> None:
    found = DESK.run("risk.slotting", {"grades": GRADES, "ead": 100})
    assert (found["score"], found["category"], found["capped_by"]) == (Decimal("2.90"), "Good", None)
    assert sum(found["contributions"].values()) == found["score"]
    assert (found["rwa"], found["el"]) == (90, Decimal("0.80"))
    assert DESK.run("risk.slotting", {"grades": GRADES, "red_flag": True})["capped_by"] == "red_flag"
    with pytest.raises(InvalidInput, match="sponsor"):
        DESK.run("risk.slotting", {"grades": {**GRADES, "sponsor": 5}})


MEMBERS = [f"m{at}" for at in range(1, 9)]


def ballots(agree: int, disagree: int) -> list[dict[str, Any]]:
    votes = ["agree"] * agree + ["disagree"] * disagree
    return [{"member": member, "vote": vote} for member, vote in zip(MEMBERS, votes, strict=False)]


def test_nine_members_one_in_conflict_six_votes_four_pass_and_three_do_not() -> None:
    assert DESK.run("vote.tally", {"votes": ballots(4, 2), "eligible": MEMBERS})["decision"] == "approved"
    assert DESK.run("vote.tally", {"votes": ballots(3, 3), "eligible": MEMBERS})["decision"] == "rejected"
    error = DESK.refused("vote.tally", {"votes": ballots(5, 0), "eligible": 8})
    assert (error.code, error.variables) == ("NO_QUORUM", {"cast": 5, "needed": 6})


def test_conditions_are_gathered_once_each() -> None:
    votes = [
        {"member": "m1", "vote": "conditional", "conditions": ["insurance", "hedge"]},
        {"member": "m2", "vote": "conditional", "conditions": ["hedge"]},
        {"member": "m3", "vote": "recuse"},
    ]
    found = DESK.run("vote.tally", {"votes": votes, "eligible": MEMBERS[:3]})
    assert (found["decision"], found["conditions"]) == ("approved_with_conditions", ["insurance", "hedge"])
    assert found["counts"] == {"eligible": 2, "cast": 2, "agree": 0, "conditional": 2, "disagree": 0, "recuse": 1}


@pytest.mark.parametrize(
    "votes",
    [
        [{"member": "m1", "vote": "agree"}, {"member": "m1", "vote": "agree"}],
        [{"member": "stranger", "vote": "agree"}],
        [{"member": "m1", "vote": "perhaps"}],
        [{"vote": "agree"}],
    ],
)
def test_votes_that_cannot_count_are_refused(votes: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidInput, match="votes"):
        DESK.run("vote.tally", {"votes": votes, "eligible": MEMBERS[:2]})


def test_a_vote_after_closing_is_refused_by_name() -> None:
    votes = [{"member": name, "vote": "agree", "at": "2026-03-02T18:00:00+08:00"} for name in MEMBERS[:2]]
    given = {"votes": votes, "eligible": MEMBERS[:2], "closes_at": "2026-03-02T10:00:00+00:00"}
    assert DESK.run("vote.tally", given)["decision"] == "approved"
    for late in ("2026-03-02T18:00:01", None):
        with pytest.raises(InvalidInput, match="m2 voted after closing"):
            DESK.run("vote.tally", {**given, "votes": [votes[0], {**votes[1], "at": late}]})


def test_reserved_matters_need_every_lender() -> None:
    held = {"a": 40, "b": "35", "c": 25}
    found = DESK.run("vote.lenders", {"commitments": held, "yes": ["a", "b"]})
    assert (found["passes"], found["reached_pct"], found["needed_pct"]) == (True, Decimal("75.00"), Decimal("66.67"))
    assert not DESK.run("vote.lenders", {"commitments": held, "yes": ["a", "c"]})["passes"]
    reserved = {"commitments": held, "yes": ["a", "b"], "matter": "release_of_security"}
    assert DESK.run("vote.lenders", reserved) == {**found, "passes": False, "needed_pct": 100, "all_lenders": True}
    with pytest.raises(InvalidInput, match="x"):
        DESK.run("vote.lenders", {"commitments": held, "yes": ["x"]})


OVERRIDE = {"category": "Good", "to": "Strong", "reason": "offtaker upgraded", "by": "wei", "second": "lin"}


def test_an_override_goes_one_notch_with_a_reason_and_two_people() -> None:
    assert DESK.run("risk.override", OVERRIDE)["category"] == "Strong"
    assert not DESK.run("risk.override", {"category": "Good", "to": "Good"})["overridden"]


@pytest.mark.parametrize(
    "changes", [{"to": "Weak"}, {"to": "Default"}, {"reason": " "}, {"second": None}, {"second": "wei"}]
)
def test_an_override_that_lacks_something_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        DESK.run("risk.override", {**OVERRIDE, **changes})
    assert caught.value.text("zh") != caught.value.text("en")
