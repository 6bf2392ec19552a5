"""A client's page: where each value is from, what waits for a second person, what was changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine import identity
from engine.store import tables as t
from handlers.records import merging, parties, requests
from handlers.records.changes import Stamp
from tests.house import PASSWORD, House
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
    text = visitor("li").get("/clients/PJ-2026-0001/data").get_data(as_text=True)
    assert "D4415 电力、热力生产和供应业" in text
    assert "客户资料" in text and "孙莉已核实" in text and "营业执照" in text
    assert "旧址 → 新址" in text and "搬迁" in text
    assert "待第二人复核的变更" in text and f"{intake.INQUIRY['client_name']} → 盐池新能源" in text


def test_a_data_steward_merges_two_entries_and_parts_them_again(house: House, visitor: Callable[..., Any]) -> None:
    with house.writing() as session:
        identity.set_password(session, "sun", PASSWORD)
        stamp = Stamp(house.clock(), "li", "interview")
        parties.create(session, {"legal_name": "盐池光伏"}, stamp, 2026)
        parties.create(session, {"legal_name": "盐池光伏发电", "address": "盐池县"}, stamp, 2026)
    given = {"merged": "cl-2026-0002", "why": "同一企业"}
    assert visitor("li").post("/clients/CL-2026-0001/merge", data=given).status_code == 403
    sun = visitor("sun")
    assert sun.post("/clients/CL-2026-0001/merge", data=given).status_code == 302
    page = sun.get("/clients/CL-2026-0002/data").get_data(as_text=True)
    assert "<dd>盐池县" in page and "CL-2026-0002 盐池光伏发电" in page and "同一企业" in page
    others = visitor("li").get("/clients/CL-2026-0001/data").get_data(as_text=True)
    assert "撤销合并" in page and "撤销合并" not in others
    with house.looking() as session:
        [merge] = merging.merges_of(session, parties.get(session, "CL-2026-0001").id)
    assert visitor("li").post(f"/clients/CL-2026-0001/merges/{merge.id}/undo").status_code == 403
    assert sun.post(f"/clients/CL-2026-0001/merges/{merge.id}/undo").status_code == 302
    parted = sun.get("/clients/CL-2026-0001/data").get_data(as_text=True)
    assert "<dd>盐池县" not in parted and "地址：盐池县 → —" in parted
    assert "盐池光伏发电" in sun.get("/clients/CL-2026-0002").get_data(as_text=True)
    audited = [row["action"] for row in house.rows(t.audit_entry, t.audit_entry.c.subject == "client:CL-2026-0001")]
    assert audited == ["clients_merged", "merge_undone"]
