"""Reports: page, CSV, workbook and paper say the same; each figure is what a pencil makes of the rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from engine.ids import new_id
from engine.process.definition import read_bpmn
from engine.statistics import keeping
from engine.store import tables as t
from handlers import sights
from handlers.records import parties, projects
from handlers.records import tables as book
from handlers.records.changes import Stamp
from handlers.reports.asking import Asked
from handlers.reports.performance import KINDS, TOUCHPOINTS, Touchpoint, performance
from tests.engine import diagrams as d
from tests.house import House
from tests.paths import ROOT
from tests.web.conftest import Visitor
from tests.web.test_operations import MODEL, start, text
from web.reports.pages import calendar_days

WHO = Callable[[str], Visitor]


def rows(house: House, kind: str, section: str, **asked: str) -> list[dict[str, object]]:
    today = house.clock().date()
    with house.looking() as session:
        report = performance(session, kind, Asked(today - timedelta(days=30), today, **asked))
    found = report.section(section)
    assert found is not None
    return [dict(row) for row in found.rows]


@pytest.fixture
def book_house(house: House) -> House:
    """Three inquiries by two channels, one won, an event that cost 9,000; three marks; a true alert and a false one."""
    with house.writing() as session:
        stamp = Stamp(house.clock(), "tests", "tests")
        values = {
            "legal_name": "甘肃风电有限公司",
            "reg_no": "91640300MA90000010",
            "owner": "li",
            "risk_rating": 2,
            "tier": "A",
        }
        party = parties.create(session, values, stamp, 2026)
        contact = parties.add_contact(session, party.id, {"name": "林海", "consent": True}, stamp).id
        event = {"business_key": "EV-2026-0001", "name": "能源展", "kind": "exhibition", "currency": "CNY"}
        event |= {"cost": Decimal(9_000), "state": "closed", "created_at": house.clock(), "created_by": "tests"}
        session.execute(sa.insert(book.marketing_event).values(id=new_id(), **event))
        for number, (source, campaign, outcome) in enumerate(
            [("import", "EV-2026-0001", "approved"), ("import", "EV-2026-0001", "declined"), ("web_form", None, None)]
        ):
            row = {"business_key": f"PJ-2026-000{number}", "party_id": party.id, "client_role": "borrower"}
            row |= {"source": source, "campaign": campaign, "outcome": outcome, "state": "closed"}
            session.execute(sa.insert(book.inquiry).values(id=new_id(), **row, received_at=house.clock(), content={}))
        for mark in (10, 9, 3):
            survey = {"business_key": f"SV-{mark}", "party_id": party.id, "kind": "quarterly"}
            survey |= {"round": "2026Q1", "contact_id": contact, "state": "answered", "nps": mark}
            survey |= {"planned_at": house.clock(), "answered_at": house.clock()}
            session.execute(sa.insert(book.survey).values(id=new_id(), **survey))
        for number, state in enumerate(("action", "false")):
            alert = {"business_key": f"AL-{number}", "subject_key": "PJ-2026-0001", "metric": "dscr", "source": "test"}
            alert |= {"level": "red", "state": state, "text": "低", "text_en": "low", "notes": [], "opened_by": "tests"}
            alert |= {"opened_at": house.clock(), "triaged_at": house.clock()}
            session.execute(sa.insert(book.alert).values(id=new_id(), **alert))
    return house


def test_winning_voice_and_alerts_are_what_the_book_holds(book_house: House) -> None:
    channels = {row["channel"]: row for row in rows(book_house, "winning", "channels")}
    assert (channels["import"]["inquiries"], channels["import"]["won"], channels["import"]["each"]) == (2, 1, 9_000)
    assert channels["web_form"]["cost"] == 0 and channels["web_form"]["each"] is None
    [month] = rows(book_house, "voice", "nps")
    assert (month["answered"], month["promoters"], month["detractors"]) == (3, 2, 1)
    assert month["nps"] == Decimal("33.33")
    assert [row["nps"] for row in rows(book_house, "voice", "nps_teams", team="rm")] == [Decimal("33.33")]
    with book_house.writing() as session:
        moved = book_house.clock() - timedelta(days=5)
        session.execute(sa.update(book.survey).where(book.survey.c.nps == 3).values(answered_at=moved))
    before, after, total = rows(book_house, "voice", "nps")
    assert [one["nps"] for one in (before, after)] == [-100, 100] and total["answered"] == 3
    assert total["nps"] == month["nps"], "of all answers, not the mean of the months"
    red = rows(book_house, "risk", "alerts")[0]
    assert (red["opened"], red["confirmed"], red["share"], red["unsettled"]) == (2, 1, 50, 1)
    with book_house.writing() as session:
        stamp = Stamp(book_house.clock(), "tests", "tests")
        parties.create(session, {"legal_name": "某设备供应商", "lifecycle_stage": "related"}, stamp, 2026)
    mapped = rows(book_house, "risk", "risk")
    assert [row["a"] for row in mapped] == [0, 1, 0, 0, 0]
    assert sum(row["none"] for row in mapped) == 0, "a supplier is no client"


def test_figures_of_the_promoter_score_lead_to_their_answers_as_far_as_the_reader_may_know_the_client(
    book_house: House, visitor: WHO, monkeypatch: pytest.MonkeyPatch
) -> None:
    owen = visitor("owen")
    page = unescape(text(owen.get("/reports/voice?days=30")))
    links = re.findall(r'href="(/reports/voice/answers\?[^"]*)"[^>]*>(\d+)</a>', page)
    assert [int(number) for _link, number in links] == [3, 2, 1] * 2, "all, promoters, detractors; by month and team"
    for link, number in links:
        assert text(owen.get(link)).count("甘肃风电有限公司") == int(number), link
    with book_house.writing() as session:
        stamp = Stamp(book_house.clock(), "tests", "tests")
        project = projects.create(session, {"name": "一期"}, stamp, 2026)
        client = session.execute(sa.select(book.party.c.id)).scalar_one()
        projects.give_role(session, client, project.id, "borrower", stamp)
        team = session.execute(sa.select(t.membership.c.team_id).where(t.membership.c.person_id == "owen")).scalar_one()
    monkeypatch.setitem(sights.SEGMENTS, team, frozenset({"investor"}))
    page = text(owen.get(links[0][0]))
    assert "甘肃风电有限公司" not in page and "另有 3 份答卷" in page


def test_the_page_and_all_its_files_say_the_same(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    for _ in range(3):
        case = start(house, margin=2)
        house.clock.move(hours=2)
        house.complete("sign", house.task("sign", case)["assignee"], case)
    keeping.keep_up(house.runtime)
    owen = visitor("owen")
    page = text(owen.get("/reports/teams?days=30&team=rm"))
    assert re.search(r'data-label="完成" class="df-amount"><a [^>]*>3</a>', page) and "2.00" in page and "李雷" in page
    content = owen.client.get("/reports/teams.csv?days=30&team=rm").data
    table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert ["客户经理", "3", "2.00", "0", "0", "0", "0", "—"] in table
    sheet = load_workbook(io.BytesIO(owen.client.get("/reports/teams.xlsx?days=30").data))["团队绩效"]
    assert [cell.value for cell in sheet[2]][:2] == ["客户经理", 3]
    assert owen.client.get("/reports/teams.pdf?days=30").data.startswith(b"%PDF")
    assert "process=price" in text(owen.get("/reports/funnel?days=30&process=price"))


def test_what_a_team_did_on_time_is_a_part_of_what_was_due_and_leads_to_its_cases(house: House, visitor: WHO) -> None:
    """All due on one day: done the week before; done late, within the period and after it; not done."""
    house.deploy(p_bpmn=d.one_task(due="5BD"))
    early, late, after, left = cases = [house.start("p") for _ in range(4)]
    for days, case in ((0, early), (9, late), (11, after)):
        house.clock.move(days=days)
        house.complete("ask", house.task("ask", case)["assignee"], case)
    keeping.keep_up(house.runtime)
    [due] = {row["due_at"].date() for row in house.rows(t.user_task)}
    asked = Asked(due, due + timedelta(days=4))
    with house.looking() as session:
        [row] = performance(session, "teams", asked).section("teams").rows  # type: ignore[union-attr]
    assert [row[name] for name in ("completed", "due", "on_time", "late", "overdue")] == [1, 4, 1, 2, 1]
    owen = visitor("owen")
    behind = {"did": [late], "on_time": [early], "late": [late, after], "overdue": [left]}
    page = unescape(text(owen.get(f"/reports/teams?since={asked.since}&until={asked.until}")))
    for how, named in behind.items():
        link = re.search(rf'href="(/instances\?[^"]*how={how}[^"]*)"', page)
        assert link, how
        shown = text(owen.get(link[1]))
        assert [case for case in cases if f'"/instances/{case}"' in shown] == named, how


@pytest.mark.parametrize(
    ("today", "period", "first", "last"),
    [
        ("2026-11-22", "month", "2026-11-01", "2026-11-22"),
        ("2026-01-31", "last_month", "2025-12-01", "2025-12-31"),
        ("2026-05-31", "quarter", "2026-04-01", "2026-05-31"),
        ("2026-02-10", "last_quarter", "2025-10-01", "2025-12-31"),
        ("2026-03-01", "year", "2026-01-01", "2026-03-01"),
    ],
)
def test_a_period_of_the_calendar_begins_and_ends_with_it(today: str, period: str, first: str, last: str) -> None:
    days = calendar_days(period, date.fromisoformat(today))
    assert [one.isoformat() for one in days] == [first, last]


def test_the_figures_of_every_report_are_one_on_page_csv_and_sheet_and_each_is_a_paper(
    book_house: House, visitor: WHO
) -> None:
    book_house.deploy("price", price_bpmn=MODEL)
    case = start(book_house, margin=2)
    book_house.complete("sign", book_house.task("sign", case)["assignee"], case)
    keeping.keep_up(book_house.runtime)
    owen, asked = visitor("owen"), "days=30&process=price"
    for kind in ("overview", *KINDS):
        page = unescape(text(owen.get(f"/reports/{kind}?{asked}")))
        files = {form: owen.client.get(f"/reports/{kind}.{form}?{asked}") for form in ("csv", "xlsx", "pdf")}
        assert {form: one.status_code for form, one in files.items()} == dict.fromkeys(files, 200), kind
        content = files["csv"].data.decode("utf-8-sig")
        [first, *lines] = csv.reader(io.StringIO(content))
        assert first[1] in page, kind
        book = load_workbook(io.BytesIO(files["xlsx"].data))
        heads = {tuple(str(cell.value) for cell in row if cell.value) for one in book for row in one.iter_rows()}
        for title, head, *found in sections(lines):
            assert title[0] in page and title[0][:31] in book.sheetnames, (kind, title)
            assert tuple(head) in heads, (kind, head)
            for line in (head, *found) if found else ():
                assert not [cell for cell in line if cell.removeprefix("'") not in page], (kind, line)
        assert files["pdf"].data.startswith(b"%PDF"), kind


def sections(lines: list[list[str]]) -> list[list[list[str]]]:
    """The tables of a file: each with its title, its head and its rows."""
    found: list[list[list[str]]] = []
    for line in lines:
        if line:
            found[-1].append(line)
        else:
            found.append([])
    return found


def test_a_row_of_a_report_leads_to_its_cases(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    ended, waiting = start(house, margin=0), start(house, margin=2)
    done = start(house, margin=2)
    house.complete("sign", house.task("sign", done)["assignee"], done)
    keeping.keep_up(house.runtime)
    owen = visitor("owen")

    def behind(kind: str, row: str, days: int = 30) -> list[set[int]]:
        page = unescape(text(owen.get(f"/reports/{kind}?days={days}&process=price")))
        links = re.findall(rf'<a href="(/instances[^"]+)">{row}</a>', page)
        return [{int(one) for one in re.findall(r'id="instance-(\d+)"', text(owen.get(link)))} for link in links]

    assert behind("funnel", "签字") == [{waiting, done}], "who came there, not who waits there now"
    assert behind("times", "定价") == [{ended, done}]
    assert behind("times", "3") == [{ended, waiting, done}], "begun in the month"
    assert behind("times", "2") == [{ended, done}], "ended in the month"
    house.clock.move(hours=24 * 9)
    keeping.keep_up(house.runtime)
    late = start(house, margin=2)
    keeping.keep_up(house.runtime)
    assert behind("funnel", "签字", days=5) == [{late}], "of the days asked for"


def test_a_funnel_without_its_usual_process_is_of_another_and_says_which(house: House, visitor: WHO) -> None:
    owen = visitor("owen")
    page = text(owen.get("/reports/funnel?language=zh"))
    assert "尚无业务" in page, "a house without any process"
    board = text(owen.get("/pipeline"))
    assert "尚无项目" in board and "board.js" not in board, "an empty board says what brings a project onto it"
    house.deploy("price", price_bpmn=MODEL)
    page = text(owen.get("/reports/funnel"))
    assert '<option value="price" selected>定价' in page and "全部流程" not in page
    [first, *_rest] = csv.reader(io.StringIO(owen.client.get("/reports/funnel.csv").data.decode("utf-8-sig")))
    assert first[1].endswith(" · 定价") and first[2].startswith("数据时点 "), "a file says what it is of, and of when"


def test_every_report_opens_for_those_who_lead_and_for_nobody_else(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    owen, li = visitor("owen"), visitor("li")
    for kind in ("overview", *KINDS):
        path = f"/reports/{kind}?process=price"
        assert owen.get(path).status_code == 200, kind
        assert li.get(path).status_code == 403
    assert owen.get("/reports/gossip").status_code == 404
    assert owen.get("/reports/overview?since=0001-01-01&until=9999-12-31").status_code == 200
    assert li.get("/reports/teams.csv").status_code == 403


def test_a_touchpoint_tells_its_tasks_and_their_cases_which_its_list_holds(
    house: House, visitor: WHO, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (
        '<startEvent id="s"/>' + d.user_task("ask") + '<exclusiveGateway id="g" default="f_g_e"/><endEvent id="e"/>'
        '<sequenceFlow id="back" sourceRef="g" targetRef="ask">'
        "<conditionExpression>= again</conditionExpression></sequenceFlow>" + d.flows("s>ask", "ask>g", "g>e")
    )
    house.deploy(p_bpmn=d.process(body))
    monkeypatch.setattr("handlers.reports.performance.TOUCHPOINTS", (Touchpoint("问", "Ask", "p", "ask"),))
    for rounds in ((True, False), (False,)):
        case = house.start("p")
        for again in rounds:
            house.complete("ask", house.task("ask", case)["assignee"], case, again=again)
    keeping.keep_up(house.runtime)
    [row] = rows(house, "touchpoints", "touchpoints")
    assert (row["done"], row["cases"]) == (3, 2)
    owen = visitor("owen")
    page = unescape(text(owen.get("/reports/touchpoints?days=30")))
    link = re.search(r'href="(/instances\?[^"]*how=did[^"]*)"', page)
    assert link and text(owen.get(link[1])).count('id="instance-') == 2


def test_every_touchpoint_is_a_task_of_a_shipped_process() -> None:
    for one in TOUCHPOINTS:
        xml = (ROOT / "bpmn" / one.process / f"{one.process}.bpmn").read_bytes()
        node = read_bpmn(xml, schema_check=False, checked=True).definition(one.process).nodes[one.element]
        assert node.type == "userTask", one
