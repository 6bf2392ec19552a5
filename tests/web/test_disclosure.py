"""The page behind a report's link: reading it is a receipt, looking is none, and a question becomes a case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from engine import api, watcher
from handlers import documents
from handlers.records import disclosure, parties, projects
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from tests.house import House
from tests.paths import ROOT
from tests.web.conftest import Visitor

WHO = Callable[[str], Visitor]
PAPER = b"%PDF-1.7 a report"


@pytest.fixture
def token(house: House) -> str:
    """A report that was sent; its token."""
    stamp = Stamp(house.clock(), "test", "test")
    with house.writing() as session:
        fund = parties.create(session, {"legal_name": "华夏基础设施基金", "kind": "fund"}, stamp, 2026)
        project = projects.create(session, {"name": "盐城渔光互补项目"}, stamp, 2026)
        projects.give_role(session, fund.id, project.id, "investor", stamp)
        values = {"investor_type": "fund", "frequency": "annual", "due_days": 15, "language": "zh"}
        values |= {
            "recipients": [{"name": "周宁", "email": "ir@fund.example"}],
            "since": date(2026, 1, 1),
            "until": None,
        }
        whose = disclosure.entitle(session, fund.id, project.id, values, stamp)
        values = {"project_id": project.id, "kind": "periodic", "frequency": "annual", "due_at": house.clock()}
        values |= {"period_start": date(2025, 1, 1), "period_end": date(2025, 12, 31), "content": []}
        pack = disclosure.begin_pack(session, values, stamp, 2026, "RP-2026-0001-2025Y")
        told = disclosure.prepare(session, pack, whose, [], stamp)
        filing = Filing(subject_key=project.business_key, kind="report", name="report.pdf")
        paper = documents.keep(session, PAPER, filing, stamp)
        disclosure.attach(session, told.id, str(paper.id), paper.sha256, stamp)
        return disclosure.send(session, told.id, stamp)


def receipt(house: House, token: str) -> object:
    with house.looking() as session:
        found = disclosure.by_token(session, token)
    assert found is not None
    return found.opened_at


def test_looking_at_the_page_is_no_reading_and_opening_the_file_is(house: House, token: str, visitor: WHO) -> None:
    guest = visitor("")
    text = guest.get(f"/report/{token}").get_data(as_text=True)
    assert "盐城渔光互补项目" in text and "华夏基础设施基金" in text
    assert receipt(house, token) is None
    answer = guest.post(f"/report/{token}")
    assert (answer.get_data(), answer.mimetype) == (PAPER, "application/pdf")
    assert receipt(house, token) == house.clock.at
    assert guest.get("/report/guessed").status_code == 404
    assert guest.post("/report/guessed/question").status_code == 404


def test_a_question_on_the_page_becomes_a_case_with_a_task_once(house: House, token: str, visitor: WHO) -> None:
    outcome = watcher.deploy_folder(house.runtime, ROOT / "bpmn/investor_reporting", api.SYSTEM)
    assert outcome.faults == () and outcome.error is None
    guest = visitor("")
    guest.get(f"/report/{token}")
    for _ in range(2):
        sent = guest.post(f"/report/{token}/question", {"question": "并网推迟吗？", "ticket": "one"})
        assert "QN-2026-0001" in sent.get_data(as_text=True)
    task = house.task("ut_answer")
    assert task["business_key"] == "QN-2026-0001"
    assert house.variables(task["instance_id"])["pack_key"] == "RP-2026-0001-2025Y"
    assert guest.post(f"/report/{token}/question", {"question": " "}).status_code == 422


def test_the_link_of_a_letter_expires_and_leads_to_the_portal(house: House, token: str, visitor: WHO) -> None:
    guest = visitor("")
    house.clock.move(days=disclosure.LINK_DAYS, seconds=-1)
    assert guest.get(f"/report/{token}").status_code == 200
    house.clock.move(seconds=1)
    over = guest.get(f"/report/{token}")
    assert over.status_code == 410 and 'href="/portal/in"' in over.get_data(as_text=True)
    assert guest.post(f"/report/{token}").status_code == guest.post(f"/report/{token}/question").status_code == 410
    assert receipt(house, token) is None
