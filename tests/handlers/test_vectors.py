"""Worked examples: what agrees is told so, what differs is told by place, what cannot be computed is told by name."""

import copy
import json
from typing import Any

import pytest

from engine.errors import InvalidInput
from handlers import ratios
from handlers.vectors import read, recompute
from tests.paths import shared

RATIOS: dict[str, Any] = {
    "id": "R1",
    "kind": "ratios",
    "input": {"current_assets": 180, "current_liabilities": "120", "ebitda": 12.5, "da": 4},
    "expected": {"current": "1.5000", "ebit": "8.5000"},
}
OWNERS: dict[str, Any] = {
    "id": "U1",
    "kind": "ubo",
    "input": {
        "edges": [["A", "T", "1/3"], ["A", "T", "1/6"], ["B", "T", "50%"]],
        "target": "T", "threshold": "1/4", "control_over": "1/2",
    },
    "expected": {
        "A": {"shares_pct": "50.00", "control_pct": "50.00", "owner": "shares"},
        "B": {"shares_pct": "50.00", "control_pct": "50.00", "owner": "shares"},
    },
}  # fmt: skip
DAYS: dict[str, Any] = {
    "id": "D1",
    "kind": "business_days",
    "input": {
        "holidays": ["2026-10-01"], "make_up_days": ["2026-10-03"],
        "cases": [["2026-09-30", 1], ["2026-09-30", 2]],
    },
    "expected": {"due": ["2026-10-02", "2026-10-03"]},
}  # fmt: skip


def states(*vectors: dict[str, Any]) -> list[str]:
    return [one.state for one in recompute(read(json.dumps(vectors)))]


def test_each_kind_is_recomputed_by_the_products_own_function() -> None:
    assert states(RATIOS, OWNERS, DAYS) == ["passed"] * 3


def test_the_published_vectors_agree() -> None:
    folder = shared()
    if folder is None:
        pytest.skip("the published vectors are not here")
    outcomes = recompute(read((folder / "domain/test_vectors.json").read_bytes()))
    assert [one for one in outcomes if one.state != "passed"] == []


@pytest.mark.parametrize(
    ("vector", "path", "wrong", "told"),
    [
        (RATIOS, ("current",), "1.5001", "current: 1.5001 expected, 1.5000 computed"),
        (RATIOS, ("current",), "1.50", "current: 1.50 expected, 1.5000 computed"),
        (RATIOS, ("dscr",), "1.0000", "dscr: 1.0000 expected, ∅ computed"),
        (RATIOS, ("no_such_ratio",), "1", "no_such_ratio: 1 expected, ∅ computed"),
        (OWNERS, ("A", "owner"), "no", "A.owner: no expected, shares computed"),
        (DAYS, ("due",), ["2026-10-02", "2026-10-09"], "due[2]: 2026-10-09 expected, 2026-10-03 computed"),
        (DAYS, ("due",), [], "due: [] expected, ['2026-10-02', '2026-10-03'] computed"),
    ],
)
def test_a_difference_is_told_by_its_place(
    vector: dict[str, Any], path: tuple[str, ...], wrong: Any, told: str
) -> None:
    spoiled = copy.deepcopy(vector)
    place = spoiled["expected"]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = wrong
    [outcome] = recompute(read(json.dumps([spoiled])))
    assert (outcome.state, outcome.differences) == ("failed", (told,))
    assert "：应为 " in outcome.differences_zh[0]


def test_the_comparison_notices_when_the_product_computes_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    halved = ratios.Ratio(("current_assets", "current_liabilities"), lambda above, below: above / below / 2)
    monkeypatch.setattr(ratios, "DEFINITIONS", {**ratios.DEFINITIONS, "current": halved})
    assert states(RATIOS) == ["failed"]


def test_an_owner_too_many_is_a_difference() -> None:
    fewer = {**OWNERS, "expected": {"A": OWNERS["expected"]["A"]}}
    assert states(fewer) == ["failed"]


@pytest.mark.parametrize(
    "given",
    [
        {**OWNERS, "input": {**OWNERS["input"], "edges": [["A", "T", "2/1"]]}},
        {**OWNERS, "input": {**OWNERS["input"], "edges": [["T", "A", "1"], ["A", "T", "1"]]}},
        {**OWNERS, "input": {}},
        {**DAYS, "input": {"cases": [["2026-13-01", 1]]}},
        {**RATIOS, "input": {"current_assets": "many"}},
        {**RATIOS, "input": {"current_assets": None}},
    ],
)
def test_input_that_cannot_be_used_fails_that_vector_alone(given: dict[str, Any]) -> None:
    assert states(given, RATIOS) == ["failed", "passed"]


def one(kind: str, given: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {"id": kind, "kind": kind, "input": given, "expected": expected}


VARIANTS = [
    one(
        "annuity",
        {"principal": 1200, "rate": 0, "periods": 3},
        {
            "payment": "400.00",
            "rows": [[at, "0.00", "400.00", "400.00", f"{1200 - 400 * at}.00"] for at in (1, 2, 3)],
            "total_interest": "0.00",
            "wal_years": "2.0000",
        },
    ),
    one(
        "level_principal",
        {"principal": "100", "rate": "0.1", "periods": 1},
        {"rows": [[1, "10.00", "100.00", "110.00", "0.00"]], "total_interest": "10.00", "wal_years": "1.0000"},
    ),
    one(
        "day_count",
        {"principal": 3_600_000, "rate": "0.01", "start": "2024-02-29", "end": "2024-08-31"},
        {"days": 184, "act_360": "18400.00", "thirty_360_us": "18000.00", "thirty_e_360": "18100.00"},
    ),
    one(
        "dsra",
        {"debt_service": [40, 30], "periods_covered": "0.5", "balance": 25},
        {"target": "20.00", "shortfall": "0.00"},
    ),
    one(
        "cure",
        {"cfads": 120, "debt_service": 100, "threshold": "1.15"},
        {"cash": "0.0000", "debt_service_reduction": "0.0000"},
    ),
    one("headroom", {"maximum": {"actual": 5, "threshold": 4}}, {"max_pct": "-25.00"}),
    one(  # a period without CFADS: its interest joins the debt
        "sculpt",
        {"cfads": [0, 242], "rate": "0.1", "target_dscr": "1.25"},
        {
            "debt": "160.0000",
            "rows": [
                [1, "16.0000", "-16.0000", "0.0000", "176.0000"],
                [2, "17.6000", "176.0000", "193.6000", "0.0000"],
            ],
            "llcr": "1.2500",
        },
    ),
    one(  # 80 % and 110 % both fit: the one nearest to nought
        "irr_npv", {"cash_flows": [-1000, 3900, -3780], "rate": "0.8"}, {"irr": "0.8000", "npv": "0.00"}
    ),
    one(
        "day_count",
        {"principal": 3_600_000, "rate": "0.01", "start": "2023-02-28", "end": "2024-02-29"},
        {"days": 366, "thirty_360_us": "36000.00", "thirty_360_bond": "36100.00", "thirty_e_360": "36100.00"},
    ),
    one(
        "business_days",
        {"holidays": ["2026-02-16"], "make_up_days": ["2026-02-14"], "cases": [["2026-02-13", 1], ["2026-02-13", 2]]},
        {"due": ["2026-02-14", "2026-02-17"]},
    ),
    one(
        "covenant_status",
        {
            "default": "4.5",
            "lock_up": "4",
            "watch_pct": "0.1",
            "direction": "max",
            "values": [5, "4.5", 4, "3.6", None],
        },
        {"status": ["DEFAULT", "LOCK_UP", "WATCH", "COMPLIANT", "DATA_MISSING"]},
    ),
    one("majority", {"commitments": {"a": 2, "b": 1}, "yes": ["a"], "share": "2/3"}, {"passes": True}),
    one(
        "debt_capacity",
        {"capex": 100, "max_gearing": "0.5", "cfads": [110], "rate": "0.1", "target_dscr": "2.5"},
        {
            "gearing_cap": "50.0000",
            "dscr_cap": "40.0000",
            "debt": "40.0000",
            "binding": "dscr",
            "constant_dscr": "2.5000",
        },
    ),
]


@pytest.mark.parametrize("vector", VARIANTS, ids=lambda vector: vector["kind"])
def test_other_inputs_at_the_edges_are_computed_by_the_same_rule(vector: dict[str, Any]) -> None:
    [outcome] = recompute(read(json.dumps([vector])))
    assert (outcome.state, outcome.differences, outcome.refused) == ("passed", (), None)


@pytest.mark.parametrize(
    ("vector", "zh"),
    [
        (one("annuity", {"principal": 1, "rate": "-0.1", "periods": 2}, {}), "不得为负"),
        (one("annuity", {"principal": 1, "periods": 2}, {}), "缺失"),
        (one("sculpt", {"cfads": [300, None], "rate": 0, "target_dscr": 1}, {}), "cfads[2]：缺失"),
        (one("annuity_cover", {"debt": 1, "rate": 0, "cfads": []}, {}), "不能为空"),
        (one("ubo", {**OWNERS["input"], "edges": [["T", "A", "1"], ["A", "T", "1"]]}, {}), "循环持股"),
        (one("ubo", {**OWNERS["input"], "edges": [["A", "T", "0.7"], ["B", "T", "0.4"]]}, {}), "超过 100%"),
        (one("slotting_score", {"weights": {"a": 1}, "points": {"G": 3}, "grades": {}, "cut_offs": [1]}, {}), "缺少"),
        (one("irr_npv", {"cash_flows": [1, 2], "rate": 0}, {}), "流出"),
        (one("clv", {"margin": 1, "retention": "1.1", "discount": 0, "years": 1}, {}), "介于"),
        (one("covenant_status", {"default": 1, "lock_up": 2, "watch_pct": 0, "values": 3}, {}), "values：须为列表"),
        (one("collateral", {"items": [["land", 3]]}, {}), "items[1]：须为 3 个值"),
        (one("ubo", {**OWNERS["input"], "target": "X"}, {}), "target：持股关系中没有"),
        (one("ubo", {**OWNERS["input"], "threshold": "-1"}, {}), "threshold：须介于"),
        (one("business_days", {"holidays": ["1 May"], "cases": []}, {}), "holidays[1]：不是日期"),
        (one("business_days", {"cases": [["2026-05-04", "soon"]]}, {}), "cases[1]：不是数字"),
        (one("ratios", {"debt": "1e999", "equity": 1}, {"debt_equity": "1"}), "debt：数值过大或过小：1e999"),
        (one("ratios", {"debt": 1, "equity": "1e-999"}, {"debt_equity": "1"}), "数值过大或过小"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)  # fmt: skip
def test_bad_input_is_refused_with_its_reason(vector: dict[str, Any], zh: str) -> None:
    [outcome] = recompute(read(json.dumps([vector])))
    assert outcome.state == "failed" and outcome.refused is not None
    assert zh in outcome.refused[0] and outcome.refused[0] != outcome.refused[1]


def test_an_unknown_kind_is_absent_not_passed() -> None:
    assert states({**RATIOS, "kind": "horoscope"}) == ["absent"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "[1]",
        '[{"id": "T1"}]',
        '[{"id": "T1", "kind": "ubo", "input": [], "expected": {}}]',
        "[" * 99999,
    ],
)
def test_a_file_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="vectors"):
        read(text)
