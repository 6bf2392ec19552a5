"""Statements are kept when they balance; ratios equal the published vectors."""

import json
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import InvalidInput
from handlers import live_checks, ratios
from handlers.records import statements
from handlers.statements import check
from tests.handlers.conftest import Desk
from tests.handlers.people import inquiry
from tests.paths import shared


def vector(name: str) -> dict[str, Any]:
    folder = shared()
    if folder is None:
        pytest.skip("the published vectors are not on this machine")
    vectors = json.loads((folder / "domain/test_vectors.json").read_text(encoding="utf-8"))
    return next(one for one in vectors if one["id"] == name)


def year(period: str, **changes: Any) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "period": period, "audited": True, "currency": "CNY", "total_assets": Decimal("1000000000.00"),
        "current_assets": Decimal(180_000_000), "total_liabilities": Decimal(650_000_000),
        "current_liabilities": Decimal(120_000_000), "equity": Decimal(350_000_000), "revenue": Decimal(400_000_000),
        "ebitda": Decimal(125_000_000), "interest_expense": Decimal(30_000_000), "cash_opening": Decimal(50_000_000),
        "cash_change": Decimal(10_000_000), "cash_closing": Decimal(60_000_000),
    }  # fmt: skip
    return figures | changes


@pytest.fixture
def client(desk: Desk) -> str:
    return str(desk.run("intake.register", inquiry())["party_id"])


def test_vector_t12_to_the_last_place() -> None:
    t12 = vector("T12")
    made = ratios.compute({name: Decimal(str(value)) for name, value in t12["input"].items()})
    assert {name: str(made.values[name]) for name in t12["expected"]} == t12["expected"]


def test_a_ratio_without_its_figures_is_missing_and_never_nought() -> None:
    made = ratios.compute({"current_assets": Decimal(180)}, ["current", "dscr"])
    assert made.values == {}
    assert made.missing["current"] == ("current_liabilities",)


def test_nothing_is_divided_by_nought() -> None:
    for above in (Decimal(0), Decimal(5)):
        made = ratios.compute({"current_assets": above, "current_liabilities": Decimal(0)}, ["current"])
        assert made.missing == {"current": ("current_liabilities",)}


def test_a_loss_or_equity_that_is_used_up_makes_no_ratio_that_would_pass_a_maximum() -> None:
    given = {"debt": 500, "cash": 60, "ebitda": -20, "equity": -100}
    figures = {name: Decimal(value) for name, value in given.items()}
    made = ratios.compute(figures, ["net_debt_ebitda", "debt_equity", "gearing"])
    assert made.values == {"gearing": Decimal("1.2500")}
    assert made.missing == {"net_debt_ebitda": ("ebitda",), "debt_equity": ("equity",)}


def test_balanced_statements_are_kept_line_by_line(desk: Desk, client: str) -> None:
    second = year("2025", cash_opening=Decimal(60_000_000), cash_closing=Decimal(70_000_000))
    made = desk.run("fin.spread_statement", {"statements": [year("2024"), second], "party_id": client})
    assert [one["ok"] for one in made["checks"]] == [True] * 5
    with desk.runtime.reading() as session:
        kept = statements.of_party(session, int(client))
    assert [one.period_end.isoformat() for one in kept] == ["2024-12-31", "2025-12-31"]
    assert kept[0].amounts()["total_assets"] == Decimal("1000000000.00")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"equity": Decimal(349_999_998)}, "balance"),
        ({"cash_closing": Decimal(61_000_000)}, "cash_roll_forward"),
        ({"equity": None}, "balance"),
    ],
)
def test_what_does_not_balance_is_not_kept(desk: Desk, client: str, changes: dict[str, Any], rule: str) -> None:
    refused = desk.refused("fin.spread_statement", {"statements": [year("2024", **changes)], "party_id": client})
    assert refused.code == "UNBALANCED"
    wrong = [one for one in refused.variables["statement_checks"] if not one["ok"]]  # type: ignore[attr-defined]
    assert [one["rule"] for one in wrong] == [rule]
    with desk.runtime.reading() as session:
        assert statements.of_party(session, int(client)) == ()


def test_a_gap_between_years_is_told_and_does_not_block(desk: Desk, client: str) -> None:
    rows = [year("2025"), year("2024")]
    made = desk.run("fin.spread_statement", {"statements": rows, "party_id": client})
    broken = [one for one in made["checks"] if not one["ok"]]
    assert [(one["period"], one["rule"]) for one in broken] == [("2025", "cash_continuity")]


def test_cash_of_the_two_statements_that_differs_is_told_while_typing_and_kept_with_the_statement(
    desk: Desk, client: str
) -> None:
    rows = [year("2024", cash=Decimal(72_000_000))]
    made = desk.run("fin.spread_statement", {"statements": rows, "party_id": client})
    [told] = [one for one in made["checks"] if not one["ok"]]
    assert "货币资金 72,000,000 与现金流量表期末现金 60,000,000 相差 12,000,000" in told["text"]
    with desk.runtime.reading() as session:
        found = live_checks.check(session, "annual_review", {"statements": rows})
    assert found is not None
    assert [(note.level, note.places) for note in found.notes] == [("warn", ("statements.0.cash",))]


def test_rounding_of_one_unit_passes() -> None:
    assert all(one.ok for one in check([year("2024", equity=Decimal("350000001"))]))


def test_a_period_given_again_is_a_restatement(desk: Desk, client: str) -> None:
    desk.run("fin.spread_statement", {"statements": [year("2024")], "party_id": client})
    restated = year("2024", revenue=Decimal(410_000_000))
    desk.run("fin.spread_statement", {"statements": [restated], "party_id": client})
    with desk.runtime.reading() as session:
        (kept,) = statements.of_party(session, int(client))
    assert kept.amounts()["revenue"] == Decimal(410_000_000)
    assert kept.restated_of is not None


def test_unreadable_figures_name_their_place(desk: Desk, client: str) -> None:
    with pytest.raises(InvalidInput, match=r"statements\[2024\].equity"):
        desk.run("fin.spread_statement", {"statements": [year("2024", equity="若干")], "party_id": client})


def test_ratios_come_from_the_latest_statement(desk: Desk, client: str) -> None:
    kept = desk.run("fin.spread_statement", {"statements": [year("2023"), year("2024")], "party_id": client})
    made = desk.run("fin.compute_ratios", {"statement_ids": kept["statement_ids"], "figures": {"debt": "500000000"}})
    assert made["ratios"]["current"] == Decimal("1.5000")
    assert made["ratios"]["net_debt_ebitda"] == Decimal("3.5200")
    assert made["period"].isoformat() == "2024-12-31"
    refused = desk.refused("fin.compute_ratios", {"statement_ids": kept["statement_ids"], "definitions": ["dscr"]})
    assert (refused.code, refused.variables["missing"]) == ("DATA_MISSING", {"dscr": ["cfads", "debt_service"]})


def test_the_yearly_review_sees_the_ratios_of_the_newest_statement(desk: Desk, client: str) -> None:
    assert desk.run("crm.overview", {"party_id": client})["overview"]["ratios"] == {}
    desk.run("fin.spread_statement", {"statements": [year("2023"), year("2024")], "party_id": client})
    seen = desk.run("crm.overview", {"party_id": client})["overview"]["ratios"]
    assert (seen["period"], seen["current"]) == ("2024-12-31", Decimal("1.5000"))
