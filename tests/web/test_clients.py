"""A client's page: where each value is from, what waits for a second person, what was changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers.records import parties, requests
from handlers.records.changes import Stamp
from tests.house import House
from tests.web import intake


def test_a_value_stands_with_its_origin_its_changes_and_what_waits(house: House, visitor: Callable[..., Any]) -> None:
    intake.deploy(house)
    house.message("inquiry_received", "PJ-2026-0001", variables={**intake.INQUIRY, "source": "website"})
    now = house.clock()
    with house.writing() as session:
        client = parties.by_reg_no(session, intake.INQUIRY["reg_no"])
        assert client is not None
        told = {"industry": "D4415", "address": "旧址"}
        parties.change(session, client.id, told, Stamp(now, "li", "client_profile"))
        parties.change(session, client.id, {"address": "新址"}, Stamp(now, "li", "client_profile", why="搬迁"))
        parties.verify(session, client.id, Stamp(now, "sun", "verification"), "营业执照")
        requests.propose(session, client.id, {"legal_name": "盐池新能源"}, Stamp(now, "li", "client_profile"))
    text = visitor("li").get("/clients/PJ-2026-0001").get_data(as_text=True)
    assert "D4415 电力、热力生产和供应业" in text
    assert "客户资料" in text and "孙莉已核实" in text and "营业执照" in text
    assert "旧址 → 新址" in text and "搬迁" in text
    assert "待第二人复核的变更" in text and f"{intake.INQUIRY['client_name']} → 盐池新能源" in text
