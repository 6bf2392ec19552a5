"""Who searches for a telephone number or a person leaves neither in an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.conftest import Visitor
from web.searching import is_personal

PHONE = "138 0013 9003"


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("13800139003", True), (PHONE, True), ("+86-10-66551234", True), ("li@client.example.com", True),
        ("CL-2026-0001", False), ("2026-0001", False), ("PJ-2026-0012", False), ("2026-03-02", False),
        ("风电 300MW", False), ("陈晓", False), ("", False), ("~q7Z13800139003Zq-q7ZkWxYv_Zq", False),
    ],
)  # fmt: skip
def test_a_long_number_or_an_address_is_personal_and_a_business_key_is_not(text: str, personal: bool) -> None:
    assert is_personal(text) is personal


@pytest.mark.parametrize("at", ["/clients", "/inbox", "/instances", "/pipeline", "/facilities"])
def test_what_is_searched_for_comes_back_into_its_field_and_stands_in_no_address(
    visitor: Callable[[str], Visitor], at: str
) -> None:
    li = visitor("li")
    told = li.post("/searching", {"at": at, "q": PHONE, "sort": "name"})
    assert told.status_code == 303 and told.location.startswith(f"{at}?q=~") and "sort=name" in told.location
    page = li.get(told.location).get_data(as_text=True)
    assert f'value="{PHONE}"' in page and "9003" not in page.replace(PHONE, "")
    typed = li.get(f"{at}?q={PHONE}&sort=name")
    assert typed.status_code == 302 and typed.location == told.location


def test_an_answer_of_the_same_moment_takes_no_mark_away(visitor: Callable[[str], Visitor]) -> None:
    li = visitor("li")
    li.get("/inbox")
    before = li.client.get_cookie("dealflow")
    assert before is not None
    where = li.post("/searching", {"at": "/clients", "q": PHONE}).location
    li.client.set_cookie("dealflow", before.value)  # what a slower answer, asked for before, writes over it
    assert f'value="{PHONE}"' in li.get(where).get_data(as_text=True)


def test_a_mark_says_nothing_to_another_session_and_names_stay_in_addresses(
    visitor: Callable[[str], Visitor],
) -> None:
    where = visitor("li").post("/searching", {"at": "/clients", "q": PHONE}).location
    other = visitor("wang").get(where).get_data(as_text=True)
    assert "请重新输入" in other and "9003" not in other
    plain: Any = visitor("li").post("/searching", {"at": "https://elsewhere.example/clients", "q": "CL-2026-0001"})
    assert plain.location == "/inbox?q=CL-2026-0001"


def test_a_kept_segment_keeps_the_text_and_its_address_the_mark(visitor: Callable[[str], Visitor]) -> None:
    li = visitor("li")
    where = li.post("/searching", {"at": "/clients", "q": PHONE}).location
    kept = li.post("/clients/segments", {"name": "来电", "query": where.partition("?")[2]})
    assert kept.location == where
    page = li.get("/clients").get_data(as_text=True)
    assert "来电" in page and "9003" not in page
