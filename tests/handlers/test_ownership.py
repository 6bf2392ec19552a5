"""Beneficial owners, exactly: through every path, by control, and never from half of a picture."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from handlers.ownership import fraction, percent, structure
from tests.handlers.conftest import Desk
from tests.paths import shared


def vectors() -> list[dict[str, Any]]:
    folder = shared()
    if folder is None:
        return []
    text = (folder / "domain/test_vectors.json").read_text(encoding="utf-8")
    return [one for one in json.loads(text) if one["kind"] == "ubo"]


@pytest.mark.parametrize("vector", vectors(), ids=lambda one: one["id"])
def test_the_published_vectors(vector: dict[str, Any]) -> None:
    edges: dict[str, dict[str, Fraction]] = {}
    for owner, owned, share in vector["input"]["edges"]:
        edges.setdefault(owned, {})[owner] = Fraction(share)
    given = vector["input"]
    found = structure(edges, given["target"], Fraction(given["threshold"]), Fraction(given["control_over"]))
    shown = {
        one.name: {
            "shares_pct": str(percent(one.shares)),
            "control_pct": str(percent(one.control)),
            "owner": one.basis,
        }
        for one in found.owners
    }
    assert shown == vector["expected"]


def edge(owner: str, owned: str, pct: object, control: str = "shares") -> dict[str, object]:
    return {"owner": owner, "owned": owned, "pct": pct, "control": control}


def test_owners_are_told_with_path_and_basis(desk: Desk) -> None:
    edges = [
        edge("丁", "锦程投资", 51),
        edge("周", "锦程投资", 49),
        edge("錦程 投資", "华丰风电", Decimal("40")),
        edge("殷", "华丰风电", "60"),
    ]
    found = desk.run("party.resolve_ubo", {"edges": edges, "target": "华丰风电", "threshold": Decimal(25)})
    assert [(one["person"], one["pct"], one["basis"]) for one in found["ubos"]] == [
        ("殷", Decimal("60.00"), "shares"),
        ("丁", Decimal("20.40"), "control"),
    ]
    assert found["ubos"][1]["path"] == "丁 → 锦程投资 → 华丰风电"
    assert found["layers"] == 2


def test_a_ring_of_companies_is_named(desk: Desk) -> None:
    edges = [edge("甲", "乙", 100), edge("乙", "丙", 100), edge("丙", "甲", 100)]
    refused = desk.refused("party.resolve_ubo", {"edges": edges, "target": "丙"})
    assert refused.code == "OWNERSHIP_CYCLE"
    assert refused.variables["ring"] == ["丙", "乙", "甲", "丙"]


@pytest.mark.parametrize(
    ("edges", "known"),
    [
        ([], {"丙": Decimal("0.00")}),
        ([edge("甲", "丙", 60)], {"丙": Decimal("60.00")}),
        ([edge("甲", "丙", 100), edge("乙", "甲", "33.3")], {"甲": Decimal("33.30")}),
        ([edge("甲", "丙", 70), edge("乙", "丙", 40)], {"丙": Decimal("110.00")}),
    ],
)
def test_half_a_picture_is_incomplete(desk: Desk, edges: list[object], known: dict[str, Decimal]) -> None:
    refused = desk.refused("party.resolve_ubo", {"edges": edges, "target": "丙"})
    assert (refused.code, refused.variables["incomplete"]) == ("OWNERSHIP_INCOMPLETE", known)


def test_percentages_rounded_by_their_author_make_a_whole(desk: Desk) -> None:
    edges = [edge(name, "丙", "33.33") for name in "甲乙"] + [edge("丁", "丙", "33.3")]
    assert len(desk.run("party.resolve_ubo", {"edges": edges, "target": "丙"})["ubos"]) == 3


def test_nominees_are_told(desk: Desk) -> None:
    edges = [edge("代持人", "丙", 100, "nominee")]
    assert desk.run("party.resolve_ubo", {"edges": edges, "target": "丙"})["hidden"] == ["代持人"]


@pytest.mark.parametrize("control", ["vote", "contract", "board"])
def test_who_steers_without_a_share_is_an_owner_by_control(desk: Desk, control: str) -> None:
    edges = [edge("甲", "丙", 100), edge("丁", "甲", 60), edge("戊", "甲", 40), edge("己", "甲", 0, control)]
    found = desk.run("party.resolve_ubo", {"edges": edges, "target": "丙"})["ubos"]
    by_name = {one["person"]: (one["pct"], one["control_pct"], one["basis"]) for one in found}
    assert by_name["己"] == (Decimal("0.00"), Decimal("100.00"), "control")
    assert by_name["戊"][2] == "shares"


def test_who_holds_nothing_and_steers_nothing_is_no_owner(desk: Desk) -> None:
    edges = [edge("甲", "丙", 100), edge("己", "丙", 0)]
    assert [one["person"] for one in desk.run("party.resolve_ubo", {"edges": edges, "target": "丙"})["ubos"]] == ["甲"]


def test_a_wrong_share_names_its_line(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match=r"ownership\[2\]"):
        desk.run("party.resolve_ubo", {"edges": [edge("甲", "丙", 60), edge("乙", "丙", 140)], "target": "丙"})


def test_shares_are_read_as_written() -> None:
    assert [fraction(text, "x") for text in ("3/5", "0.6", "60%", "６０％")] == [Fraction(3, 5)] * 4


@st.composite
def layered(draw: st.DrawFn) -> dict[str, dict[str, Fraction]]:
    """A structure without rings in which every company's shares make a whole."""
    layers = draw(st.integers(1, 4))
    edges: dict[str, dict[str, Fraction]] = {}
    for layer in range(layers):
        for place in range(1 if layer == 0 else 2):
            parts = draw(st.lists(st.integers(1, 9), min_size=2, max_size=2))
            owners = [f"{layer + 1}-{one}" for one in range(2)]
            edges[f"{layer}-{place}"] = {
                owner: Fraction(part, sum(parts)) for owner, part in zip(owners, parts, strict=True)
            }
    return edges


@given(layered())
def test_the_shares_of_all_ends_make_a_whole(edges: dict[str, dict[str, Fraction]]) -> None:
    found = structure(edges, "0-0", Fraction(1, 4))
    assert sum((one.shares for one in found.owners), Fraction(0)) == 1
    assert all(0 <= one.control <= 1 for one in found.owners)
