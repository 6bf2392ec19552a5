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
