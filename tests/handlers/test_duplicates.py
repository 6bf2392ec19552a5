"""Known clients are found by number, telephone and name; strangers are left alone."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.handlers.conftest import Desk
from tests.handlers.people import inquiry


@pytest.fixture
def huafeng(desk: Desk) -> Mapping[str, Any]:
    desk.people.teams = {"rm": ("li.wei",)}
    made = desk.run("intake.register", inquiry())
    desk.run("lead.assign", {"group": "rm", "party_id": made["party_id"], "project_key": made["project_key"]})
    return made


def look(desk: Desk, **inputs: Any) -> Mapping[str, Any]:
    return desk.run("party.dedupe", {"name": "某某水务有限公司", **inputs})


def test_the_same_number_and_open_project_is_the_same_inquiry(desk: Desk, huafeng: Mapping[str, Any]) -> None:
    found = look(desk, name="華豐", reg_no="91310000607337822j", project_name="如东海上风电二期 ")
    assert (found["match"], found["party_id"], found["existing_owner"]) == ("exact", huafeng["party_id"], "li.wei")


def test_the_same_number_with_another_project_is_offered_to_a_person(desk: Desk, huafeng: Mapping[str, Any]) -> None:
    found = look(desk, reg_no="91310000607337822J", project_name="启东光伏")
    assert found["match"] == "possible"
    assert found["party_id"] is None
    assert [(one["client_key"], one["score"]) for one in found["candidates"]] == [(huafeng["client_key"], 100)]


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"name": "華豐風電股份有限公司"}, "same name"),
        ({"phones": [None, "０１３８１２３４５６７８"]}, "same telephone number"),
        ({"name": "华丰风电源有限公司"}, "like name (89%)"),
    ],
)
def test_name_and_telephone_make_it_possible(
    desk: Desk, huafeng: Mapping[str, Any], inputs: dict[str, Any], reason: str
) -> None:
    found = look(desk, **inputs)
    assert found["match"] == "possible"
    assert [one["reason_en"] for one in found["candidates"]] == [reason]


def test_another_number_with_a_like_name_is_another_company(desk: Desk, huafeng: Mapping[str, Any]) -> None:
    found = look(desk, name="华丰风电源有限公司", reg_no="91320600MA1XK3P05X")
    assert found["match"] == "none"


def test_a_stranger_is_nobody(desk: Desk, huafeng: Mapping[str, Any]) -> None:
    found = look(desk, reg_no="91320600MA1XK3P05X", phones=["13900001111"], project_name="污水处理厂")
    assert found == {"match": "none", "party_id": None, "candidates": [], "existing_owner": None}


def test_a_closed_matter_is_no_exact_match(desk: Desk, huafeng: Mapping[str, Any]) -> None:
    desk.run("intake.withdraw", {"withdraw_reason": "自行筹资", "party_id": huafeng["party_id"],
                                 "project_key": huafeng["project_key"]})  # fmt: skip
    found = look(desk, reg_no="91310000607337822J", project_name="如东海上风电二期")
    assert found["match"] == "possible"


def test_a_sender_who_knows_the_client_is_believed(desk: Desk, huafeng: Mapping[str, Any]) -> None:
    found = look(desk, party_id=huafeng["party_id"])
    assert (found["match"], found["party_id"], found["existing_owner"]) == ("none", huafeng["party_id"], "li.wei")


def test_a_number_is_judged_in_words(desk: Desk) -> None:
    found = desk.run("party.validate_reg_no", {"reg_no": "9131 0000 6073 3782 2K"})
    assert (found["ok"], found["position"]) == (False, 18)
    assert "第 18 位为“K”" in found["reason"]
