"""The public page for complaints: what is refused, what comes of it, what its link tells and what it never tells."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest

from engine import api, watcher
from engine.store import tables as t
from handlers.records import tables as book
from tests.house import House
from tests.paths import ROOT
from tests.web.conftest import Visitor

WHO = Callable[[str], Visitor]
SAID = {
    "kind": "complaint", "name": "王女士", "subject": "放款迟迟不到账", "text": "提交三周仍未到账，多次联系无人答复。",
    "email": "office@client.example.com", "company": "", "phone": "", "reference": "PJ-2026-0001",
}  # fmt: skip


@pytest.fixture
def desk(house: House) -> House:
    outcome = watcher.deploy_folder(house.runtime, ROOT / "bpmn/complaint_response", api.SYSTEM)
    assert outcome.deployed, outcome
    return house


def send(visitor: Visitor, ticket: str = "t1", **changes: object) -> tuple[int, str]:
    """(status, where it leads or what the page says)."""
    visitor.get("/complaint")
    answer = visitor.post("/complaint", {**SAID, "ticket": ticket, **changes}, content_type="multipart/form-data")
    return answer.status_code, answer.headers.get("Location") or answer.get_data(as_text=True)


def test_a_complaint_gets_its_number_and_a_page_that_shows_how_it_stands(desk: House, visitor: WHO) -> None:
    client = visitor("")
    file = (io.BytesIO(b"%PDF-1.7\n"), "申请.pdf")
    status, there = send(client, file=file)
    assert status == 302 and re.fullmatch(r"/complaint/[\w-]{30,}\?sent=1", there)
    desk.work()
    [row] = desk.rows(book.complaint)
    page = client.get(there).get_data(as_text=True)
    assert row["business_key"] in page and "已收到" in page and "放款" not in page
    assert "书面答复" in page and "已答复" not in page  # what is to come is not told as done
    assert row["person"] == "王女士" and row["text"].startswith(SAID["text"]) and "[PJ-2026-0001]" in row["text"]
    assert [one["name"] for one in desk.rows(book.document)] == ["申请.pdf"]
    [letter] = desk.rows(t.outbox, t.outbox.c.template == "complaint_receipt")
    by_letter = letter["data"]["status_url"].partition("/complaint/")[2]
    assert "已确认受理" in client.get(f"/complaint/{by_letter}").get_data(as_text=True)


def test_the_same_sheet_twice_is_one_complaint_and_the_same_matter_again_joins_it(desk: House, visitor: WHO) -> None:
    client = visitor("")
    first, again = send(client)[1], send(client)[1]
    desk.work()
    assert first == again and len(desk.rows(book.complaint)) == 1
    other = send(client, ticket="t2", text="提交三周还没有到账，一直没有人答复。")[1]
    desk.work()
    assert len(desk.rows(book.complaint)) == 1
    assert "并入正在办理" in client.get(other).get_data(as_text=True)


def test_what_is_added_by_the_page_of_a_matter_joins_it_and_by_somebody_else_does_not(
    desk: House, visitor: WHO
) -> None:
    client = visitor("")
    there = send(client)[1]
    desk.work()
    [row] = desk.rows(book.complaint)
    page = client.get(there).get_data(as_text=True)
    [way] = re.findall(r'href="(/complaint\?about=[^"]+)"', page)
    [subject] = re.findall(r'name="subject"[^>]* value="([^"]+)"', client.get(way).get_data(as_text=True))
    assert row["business_key"] in subject
    more = send(client, ticket="t2", subject=subject, text="今天仍然没有任何消息，请给出日期。")[1]
    send(client, ticket="t3", subject=subject, text="另有一事相询。", email="stranger@example.org")
    desk.work()
    assert "并入正在办理" in client.get(more).get_data(as_text=True)
    assert len(desk.rows(book.complaint)) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"email": "", "phone": ""}, "以便答复您"),
        ({"email": "not an address"}, "电子邮箱格式有误"),
        ({"text": "  "}, "请写明情况"),
        ({"text": "长" * 4001}, "最多 4,000 个字符"),
        ({"file": (io.BytesIO(b"MZ"), "run.exe")}, "不支持此类文件"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(
    desk: House, visitor: WHO, changes: dict[str, object], reason: str
) -> None:
    status, page = send(visitor(""), **changes)
    assert status == 422 and reason in page and "is-invalid" in page and "王女士" in page
    assert desk.rows(book.inbound_message) == []


def test_a_link_that_was_made_up_shows_nothing(desk: House, visitor: WHO) -> None:
    assert visitor("").get("/complaint/cm93OjE").status_code == 404
