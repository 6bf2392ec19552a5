"""The investors' portal: who is let in, for how long, and what they may see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from flask.testing import FlaskClient

from engine.store import tables as t
from handlers import documents
from handlers.records import disclosure, parties, projects
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from tests.browser import gallery
from web import create_app
from web.extensions import limiter

PAPER = b"%PDF-1.7 a report"
MAIL = "ir@fund.example"
KEYS: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def entitled(shown: gallery.Gallery) -> None:
    """A fund entitled to one project, with a report that was sent, and another fund with another project."""
    house = shown.house
    with house.writing() as session:
        stamp = Stamp(house.clock(), "wu", "test")
        for name, mail in (("华夏基础设施基金", MAIL), ("蓝海养老基金", "other@fund.example")):
            fund = parties.create(session, {"legal_name": name, "kind": "fund"}, stamp, 2026)
            project = projects.create(session, {"name": f"{name}所投项目"}, stamp, 2026)
            projects.give_role(session, fund.id, project.id, "investor", stamp)
            KEYS[mail] = project.business_key
            values = {"investor_type": "fund", "frequency": "annual", "due_days": 15, "language": "zh",
                      "recipients": [{"name": "周宁", "email": mail}], "since": date(2026, 1, 1),
                      "until": date(2026, 12, 31)}  # fmt: skip
            whose = disclosure.entitle(session, fund.id, project.id, values, stamp)
            told = {"project_id": project.id, "kind": "periodic", "frequency": "annual", "due_at": house.clock(),
                    "period_start": date(2025, 1, 1), "period_end": date(2025, 12, 31), "content": []}  # fmt: skip
            pack = disclosure.begin_pack(session, told, stamp, 2026, f"RP-{project.business_key[3:]}-2025Y")
            sent = disclosure.prepare(session, pack, whose, [], stamp)
            paper = documents.keep(session, PAPER, Filing(project.business_key, "report", "r.pdf"), stamp)
            disclosure.attach(session, sent.id, str(paper.id), paper.sha256, stamp)
            disclosure.send(session, sent.id, stamp)
            KEYS[f"{mail} report"] = str(sent.id)


@pytest.fixture
def guest(shown: gallery.Gallery) -> Iterator[FlaskClient]:
    at = shown.house.clock.at
    app = create_app(runtime=shown.house.runtime)
    app.config["WTF_CSRF_ENABLED"] = False
    limiter.reset()
    yield app.test_client()
    shown.house.clock.at = at


def links_to(shown: gallery.Gallery, mail: str) -> list[str]:
    rows = shown.house.rows(t.outbox, (t.outbox.c.recipient == mail) & (t.outbox.c.template == "portal_link"))
    urls = [str(row["data"]["portal_url"]) for row in sorted(rows, key=lambda row: int(row["id"]))]
    return [re.sub(r"^https?://[^/]+", "", url) for url in urls]


def sign_in(shown: gallery.Gallery, guest: FlaskClient, mail: str = MAIL) -> str:
    guest.post("/portal/in", data={"email": mail})
    path = links_to(shown, mail)[-1]
    assert guest.post(path).headers["Location"] == "/portal"
    return path


def test_an_unknown_address_gets_the_same_answer_and_no_letter(shown: gallery.Gallery, guest: FlaskClient) -> None:
    answers = [
        guest.post("/portal/in", data={"email": mail}).get_data() for mail in ("nobody@fund.example", MAIL.upper())
    ]
    same = [re.sub(rb'value="[^"]*"|content="[^"]*"', b"", one) for one in answers]
    assert same[0] == same[1]
    assert links_to(shown, "nobody@fund.example") == [] and len(links_to(shown, MAIL)) == 1


def test_a_link_is_used_up_by_its_button_alone_once_and_for_half_an_hour(
    shown: gallery.Gallery, guest: FlaskClient
) -> None:
    guest.post("/portal/in", data={"email": MAIL})
    path = links_to(shown, MAIL)[-1]
    assert guest.get(path).status_code == guest.get(path).status_code == 200, "looking uses nothing up"
    assert guest.post(path).headers["Location"] == "/portal"
    assert guest.get(path).status_code == 410 and guest.post(path).headers["Location"] == path
    guest.post("/portal/in", data={"email": MAIL})
    late = links_to(shown, MAIL)[-1]
    shown.house.clock.move(minutes=31)
    answer = guest.get(f"{late}?language=en")
    assert answer.status_code == 410 and "expired" in answer.get_data(as_text=True)
    assert guest.get("/portal/in/guessed").status_code == 404
    shown.house.clock.move(hours=8)
    assert guest.get("/portal").headers["Location"] == "/portal/in?over=1", "nobody stays for ever"


def test_an_investor_reads_their_own_reports_and_no_others(shown: gallery.Gallery, guest: FlaskClient) -> None:
    assert guest.get("/portal").status_code == 302
    sign_in(shown, guest)
    page = guest.get("/portal").get_data(as_text=True)
    assert "华夏基础设施基金所投项目" in page and "蓝海" not in page
    own, other = KEYS[f"{MAIL} report"], KEYS["other@fund.example report"]
    answer = guest.post(f"/portal/reports/{own}")
    assert answer.get_data() == PAPER
    with shown.house.looking() as session:
        read = disclosure.of_party(session, parties.get(session, _party(shown)).id)[0]
    assert read.opened_at is not None, "that is the receipt"
    assert guest.post(f"/portal/reports/{other}").status_code == 404
    assert guest.get(f"/portal/projects/{KEYS['other@fund.example']}").status_code == 404
    assert (
        guest.post(f"/portal/projects/{KEYS['other@fund.example']}/question", data={"question": "?"}).status_code == 404
    )


def _party(shown: gallery.Gallery) -> int:
    with shown.house.looking() as session:
        return disclosure.of_address(session, MAIL, shown.house.clock().date())[0].party_id


def test_a_question_becomes_a_case_once_and_stands_on_the_page(shown: gallery.Gallery, guest: FlaskClient) -> None:
    sign_in(shown, guest)
    path = f"/portal/projects/{KEYS[MAIL]}"
    asked = [guest.post(f"{path}/question", data={"question": "何时投产？", "ticket": "t1"}) for _ in range(2)]
    numbers = {re.search(r"QN-\d{4}-\d{4}", one.get_data(as_text=True))[0] for one in asked}  # type: ignore[index]
    assert len(numbers) == 1
    shown.house.work()
    page = guest.get(path).get_data(as_text=True)
    assert "何时投产？" in page and page.count("QN-2026-") == 1
    assert guest.post(f"{path}/question", data={"question": " "}).status_code == 422
    lines = "行\r\n" * 1999 + "完"  # 3,998 characters for the browser, whose field takes 4,000
    assert guest.post(f"{path}/question", data={"question": lines}).status_code == 200
    assert guest.get(f"{path}/question").headers["Location"] == path, "the address of the answer may be opened anew"


def test_an_entitlement_that_ended_closes_the_project_at_once(shown: gallery.Gallery, guest: FlaskClient) -> None:
    sign_in(shown, guest)
    path = f"/portal/projects/{KEYS[MAIL]}"
    assert guest.get(path).status_code == 200
    with shown.house.writing() as session:
        one = disclosure.of_address(session, MAIL, shown.house.clock().date())[0]
        values = {"frequency": "annual", "until": date(2026, 1, 31)}
        disclosure.entitle(session, one.party_id, one.project_id, values, Stamp(shown.house.clock(), "wu", "test"))
    assert guest.get(path).status_code == 404
