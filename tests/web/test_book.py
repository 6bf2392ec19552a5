"""Clients from all sides, projects, the pipeline and the case library: who sees what, and what is written."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine import api, identity
from engine.store import tables as t
from handlers.records import (
    cases,
    credit,
    custom,
    documents,
    interactions,
    kyc,
    parties,
    projects,
    requests,
    statements,
)
from handlers.records.changes import Stamp, insert
from handlers.records.kyc import Edge
from handlers.records.statements import Line
from handlers.records.tables import investor_profile
from handlers.views import board, client_list
from handlers.views.client_list import Wanted
from tests.engine.diagrams import HEAD, flows
from tests.house import PASSWORD, House
from web import create_app, schemas

Visit = Callable[..., Any]
SIDES = ("contacts", "business", "ownership", "service", "files", "data")


def booked(house: House) -> None:
    """A borrower with a project, owners, a due diligence and a bureau's report; a company with two roles."""
    with house.writing() as session:
        for name, team in (("ma", "marketing"), ("sun", "data_steward")):
            if name == "ma":
                identity.add_team(session, "marketing", "市场部", "Marketing")
                identity.add_person(session, "ma", "马明", name_en="Ma Ming")
            identity.add_member(session, team, name)
            identity.set_password(session, name, PASSWORD)
        stamp = Stamp(house.clock(), "li", "interview")
        known = {"legal_name": "盐池光伏", "owner": "li", "region": "northwest", "tier": "A"}
        client = parties.create(session, known, stamp, 2026)
        parties.add_contact(session, client.id, {"name": "陈晓", "email": "chen@example.com"}, stamp)
        other = parties.create(session, {"legal_name": "宁夏电力", "owner": "wang"}, stamp, 2026)
        asked = {"name": "盐池 100MW", "sector": "renewable_power", "amount": Decimal(100), "tenor_months": 180}
        project = projects.create(session, asked, stamp, 2026, "PJ-2026-0001")
        projects.give_role(session, client.id, project.id, "borrower", stamp)
        for role in ("guarantor", "offtaker"):
            projects.give_role(session, other.id, project.id, role, stamp)
        kyc.set_ownership(session, client.id, [Edge("林海", "盐池光伏", "60%", "person")], stamp)
        case = kyc.open_case(session, client.id, stamp)
        kyc.decide(session, case.id, "approved", stamp, rating=3, next_review=date(2026, 5, 1))
        kyc.add_credit_record(session, client.id, "AU-7788", {}, stamp)


def test_a_client_is_shown_from_all_sides_and_marketing_sees_no_bureau_data(house: House, visitor: Visit) -> None:
    booked(house)
    li, ma = visitor("li"), visitor("ma")
    first = li.get("/clients/CL-2026-0001").get_data(as_text=True)
    assert "盐池 100MW" in first and "3 · 高" in first and "高风险客户" in first and "下次复核 2026-05-01" in first
    assert "AU-7788" in li.get("/clients/CL-2026-0001/finance").get_data(as_text=True)
    owners = li.get("/clients/CL-2026-0001/ownership").get_data(as_text=True)
    assert "<svg" in owners and "60 %" in owners and "受益所有人" in owners
    part = li.get("/clients/CL-2026-0001/service", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in part and 'hx-swap-oob="true"' in part
    assert ma.get("/clients/CL-2026-0001/finance").status_code == 404
    seen = "".join(
        ma.get(f"/clients/CL-2026-0001{side}").get_data(as_text=True) for side in ("", "/data", "/ownership")
    )
    assert "盐池光伏" in seen and "60 %" in seen
    assert not any(secret in seen for secret in ("3 · 高", "高风险客户", "AU-7788", "2026-05-01", "受益所有人"))
    for side in SIDES:
        assert li.get(f"/clients/CL-2026-0001/{side}").status_code == 200


def test_what_the_book_keeps_as_codes_a_client_s_page_says_in_words(house: House, visitor: Visit) -> None:
    booked(house)
    with house.writing() as session:
        client, stamp = parties.get(session, "CL-2026-0001"), Stamp(house.clock(), "li", "manual")
        lines = [Line(*one, Decimal(7)) for one in (("CF", "cash_closing"), ("BS", "equity"), ("PL", "revenue"))]
        for year in (2025, 2024):
            statements.add(session, client.id, date(year, 12, 31), lines, stamp, currency="CNY")
        for stage, owner in (("lead", "li"), ("prospect", "wang")):
            parties.change(session, client.id, {"lifecycle_stage": stage, "owner": owner}, stamp)
        kyc.add_credit_record(session, client.id, "AU-1", {}, Stamp(house.clock(), "li", "manual:柜台"))
    finance = visitor("li").get("/clients/CL-2026-0001/finance").get_data(as_text=True)
    table = finance[finance.index("财务报表") :]
    wanted = ["2024-12-31", "2025-12-31", "所有者权益", "营业收入", "期末现金"]
    assert sorted(wanted, key=table.index) == wanted and "人工录入 · 柜台" in finance and "manual:" not in finance
    data = visitor("li").get("/clients/CL-2026-0001/data").get_data(as_text=True)
    assert "潜在线索 → 意向客户" in data and "→ 王芳" in data and "prospect" not in data.split("变更记录")[1]


def test_a_choice_that_its_form_does_not_offer_is_said_in_the_book_s_words(house: House) -> None:
    field = {"values": [{"value": "website", "label": "官网"}]}
    with create_app(runtime=house.runtime).test_request_context(headers={"Accept-Language": "zh-CN"}):
        told = [schemas.said(field, one) for one in ("website", "high_potential", "unheard_of")]
    assert told == ["官网", "潜客挖掘", "unheard_of"]


def test_an_amount_in_a_row_of_a_list_is_a_number_and_a_code_of_digits_is_none() -> None:
    kinds = {"assets": "number", "tax_no": "textfield"}
    rows = {"label": "报表", "components": [{"key": key, "type": kind, "label": key} for key, kind in kinds.items()]}
    lines = schemas.sheet(rows, [{"assets": "320000000.50", "tax_no": "91440600"}, {"assets": "约三亿"}]).lines
    assert lines == (("assets", (Decimal("320000000.50"), "约三亿")), ("tax_no", ("91440600", None)))


def test_a_contact_with_its_minutes_stands_on_the_timeline_and_among_the_files(house: House, visitor: Visit) -> None:
    booked(house)
    li = visitor("li")
    li.get("/clients/CL-2026-0001/contacts")
    minutes = (io.BytesIO(b"%PDF-1.7 minutes"), "纪要.pdf")
    told = {"channel": "visit", "direction": "out", "subject": "走访现场", "person": "陈晓", "file": minutes}
    assert li.post("/clients/CL-2026-0001/talks", data=told).status_code == 302
    wrong = {**told, "file": (io.BytesIO(b"MZ\x90"), "纪要.pdf")}
    assert li.post("/clients/CL-2026-0001/talks", data=wrong).status_code == 422
    with house.looking() as session:
        client = parties.get(session, "CL-2026-0001")
        [talk] = interactions.timeline(session, client.id)
        [paper] = documents.of_party(session, client.id)
    assert (talk.channel, talk.subject, talk.by) == ("visit", "走访现场", "li") and "纪要.pdf" in talk.text
    assert paper.kind == "minutes" and paper.created_by == "li"
    assert "纪要.pdf" in li.get("/clients/CL-2026-0001/files").get_data(as_text=True)
    assert li.get(f"/documents/{paper.id}").data == b"%PDF-1.7 minutes"


def test_contacts_stand_in_pages_and_those_that_people_noted_alone(
    house: House, visitor: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked(house)
    monkeypatch.setattr("web.clients.page.TALKS_SHOWN", 1)
    with house.writing() as session:
        client = parties.get(session, "CL-2026-0001").id
        for day, by, subject in (
            (1, "li", "走访现场"),
            (2, "li", "电话回访"),
            (3, "process:care_occasions", "生日祝福"),
        ):
            at = datetime(2026, 3, day, tzinfo=UTC)
            interactions.add(session, interactions.Interaction(client, at, "phone", "out", subject, by))
    place = "/clients/CL-2026-0001/contacts"
    latest, second, by_hand = (
        visitor("li").get(f"{place}{query}").get_data(as_text=True) for query in ("", "?page=2", "?by=people")
    )
    assert "生日祝福" in latest and "电话回访" not in latest and f'href="{place}?page=2#talks"' in latest
    assert "电话回访" in second and "生日祝福" not in second
    assert "电话回访" in by_hand and "生日祝福" not in by_hand


def test_own_fields_are_written_on_the_page_and_listed_and_filtered_by(house: House, visitor: Visit) -> None:
    booked(house)
    with house.writing() as session:
        stamp = Stamp(house.clock(), "root", "manual")
        choices = [{"value": "a", "label": "一类", "label_en": "First"}]
        custom.define(session, "party", "class", "choice", "客户分类", "Class", stamp, choices=choices)
        custom.define(session, "party", "stake", "number", "持股", "Stake", stamp)
    li = visitor("li")
    assert "客户分类" in li.get("/clients/CL-2026-0001/data").get_data(as_text=True)
    assert li.post("/clients/CL-2026-0001/fields", {"c_class": "a", "c_stake": "12.5"}).status_code == 302
    assert li.post("/clients/CL-2026-0001/fields", {"c_class": "z"}).status_code == 422
    with house.looking() as session:
        kept = custom.values_of(session, "party", parties.get(session, "CL-2026-0001").id)
    assert kept == {"class": "a", "stake": Decimal("12.5")}
    li.get("/clients")
    li.post("/clients/columns", {"column": ["c_class"], "back": "/clients?c_class=a"})
    listed = li.get("/clients?c_class=a").get_data(as_text=True)
    assert "盐池光伏" in listed and "宁夏电力" not in listed and "一类" in listed
    assert visitor("ma").post("/clients/CL-2026-0001/fields", {"c_class": "a"}).status_code == 403


def test_a_verified_name_waits_for_a_second_person_who_decides_on_the_page(house: House, visitor: Visit) -> None:
    booked(house)
    with house.writing() as session:
        client = parties.get(session, "CL-2026-0001")
        parties.verify(session, client.id, Stamp(house.clock(), "sun", "verification"), "营业执照")
    li, wang = visitor("li"), visitor("wang")
    li.get("/clients/CL-2026-0001/data")
    assert li.post("/clients/CL-2026-0001/details", {"field": "legal_name", "value": "盐池新能源"}).status_code == 302
    with house.looking() as session:
        [asked] = requests.open_of(session, client.id)
    where = f"/clients/CL-2026-0001/requests/{asked.id}"
    assert "须由他人复核" in li.get("/clients/CL-2026-0001/data").get_data(as_text=True)
    assert li.post(f"{where}/approve").status_code == 403
    assert f"{where}/approve" in wang.get("/clients/CL-2026-0001").get_data(as_text=True)
    assert wang.post(f"{where}/approve", {"comment": "变更通知书"}).status_code == 302
    with house.looking() as session:
        assert parties.get(session, client.id).legal_name == "盐池新能源"


def test_a_filter_s_number_is_what_it_leaves_and_a_client_with_two_roles_stands_under_both(house: House) -> None:
    booked(house)
    with house.looking() as session:
        for name in client_list.FILTERS:
            for value, number in client_list.numbers(session, Wanted(), name).items():
                wanted = Wanted(chosen={name: value})
                assert number == client_list.count(session, wanted) == len(client_list.clients(session, wanted))
        roles = client_list.numbers(session, Wanted(), "role")
        assert roles == {"borrower": 1, "guarantor": 1, "offtaker": 1}
        [both] = client_list.clients(session, Wanted(chosen={"role": "offtaker"}))
        assert both.roles == ("guarantor", "offtaker")
        investors_only = Wanted(roles=frozenset({"investor"}))
        assert client_list.count(session, investors_only) == 0


def test_the_list_goes_out_as_a_file_to_the_teams_that_may_and_the_audit_knows(house: House, visitor: Visit) -> None:
    booked(house)
    with house.writing() as session:
        parties.create(session, {"legal_name": "=HYPERLINK(1)"}, Stamp(house.clock(), "li", "interview"), 2026)
    assert visitor("ma").get("/clients/export.csv").status_code == 403
    sent = visitor("li").get("/clients/export.csv")
    text = sent.data.decode("utf-8-sig")
    assert sent.headers["Content-Disposition"].startswith("attachment") and "盐池光伏" in text
    assert "'=HYPERLINK(1)" in text and ",=HYPERLINK" not in text
    [entry] = house.rows(t.audit_entry, t.audit_entry.c.subject == "clients")
    assert (entry["action"], entry["actor"]) == ("clients_exported", "li")


PLANNED = (
    HEAD
    + '<process id="designing" name="设计" isExecutable="true"><startEvent id="start"/>'
    + '<userTask id="ut_plan" name="融资方案设计" camunda:candidateGroups="rm"><extensionElements>'
    + '<camunda:properties><camunda:property name="assign" value="queue"/></camunda:properties></extensionElements>'
    + '</userTask><endEvent id="end"/>' + flows("start>ut_plan", "ut_plan>end") + "</process></definitions>"
)  # fmt: skip


def test_a_card_moves_by_its_process_and_a_closed_plan_becomes_the_draft(house: House, visitor: Visit) -> None:
    booked(house)
    with house.writing() as session:
        api.deploy(session, api.SYSTEM, "designing", {"designing.bpmn": PLANNED.encode()})
        api.start(session, api.SYSTEM, "designing", {}, "PJ-2026-0001")
        one = {"name": "甲", "type": "term", "amount": "300", "months": 180}
        closed = {"name": "青海光伏", "sector": "renewable_power", "currency": "CNY", "outcome": "repaid"}
        closed |= {"closed_on": date(2025, 1, 1), "confidential": True, "release_consent": False, "lessons": "并网要早"}
        closed |= {"client_name": "青海新能源", "structure": {"facilities": [one, {**one, "amount": "100"}]}}
        case = cases.archive(session, "CA-2024-0001", closed, Stamp(house.clock(), "li", "case.archive"))
    li = visitor("li")
    assert "融资方案设计" in li.get("/pipeline").get_data(as_text=True)
    for days, age in ((0, "fresh"), (15, "ageing"), (16, "old")):
        house.clock.move(days=days)
        assert f'df-card-{age}"' in visitor("li").get("/pipeline").get_data(as_text=True), age
    onward = li.get("/pipeline/PJ-2026-0001/to/evaluation").get_data(as_text=True)
    assert "融资方案设计" in onward and "/tasks/" in onward
    assert "须先完成中间阶段" in li.get("/pipeline/PJ-2026-0001/to/maintenance").get_data(as_text=True)
    with house.looking() as session:
        assert projects.get(session, "PJ-2026-0001").phase == "intake"
        assert board.onward(session, projects.get(session, "PJ-2026-0001"), "intake").why == "here"
    near = li.get("/library?like=PJ-2026-0001").get_data(as_text=True)
    assert "保密案例" in near and "行业相近" in near and "青海" not in near and "并网要早" not in near
    assert "青海光伏" in visitor("root").get("/library?q=并网").get_data(as_text=True)
    assert li.post(f"/library/{case.id}/draft", {"project": "PJ-2026-0001"}).status_code == 302
    [draft] = house.rows(t.task_draft)
    amounts = [(row["amount"], row["currency"]) for row in draft["data"]["facilities"]]
    assert amounts == [("75.00", "CNY"), ("25.00", "CNY")] and draft["saved_by"] == "li"
    assert visitor("ma").post(f"/library/{case.id}/draft", {"project": "PJ-2026-0001"}).status_code == 403


def test_a_project_is_shown_with_its_way_parties_and_tabs(house: House, visitor: Visit) -> None:
    booked(house)
    li = visitor("li")
    page = li.get("/projects/PJ-2026-0001").get_data(as_text=True)
    assert "参与方关系图" in page and "保证人 · 承购方</text>" in page
    assert "盐池光伏" in page and "宁夏电力" in page and 'aria-current="step"><strong>引入' in page
    for side in ("deal", "building", "judged", "cases", "files", "like"):
        assert li.get(f"/projects/PJ-2026-0001/{side}").status_code == 200
    assert visitor("ma").get("/projects/PJ-2026-0001/judged").status_code == 404


def test_a_steward_hands_out_and_erases_what_is_held_of_a_person(house: House, visitor: Visit) -> None:
    booked(house)
    given = {"address": "chen@example.com", "client": "CL-2026-0001"}
    assert visitor("li").post("/data-quality/people/export", given).status_code == 403
    sun = visitor("sun")
    sun.get("/clients/CL-2026-0001/data")
    with zipfile.ZipFile(io.BytesIO(sun.post("/data-quality/people/export", given).data)) as archive:
        assert json.loads(archive.read("data.json"))["contact"][0]["name"] == "陈晓"
    assert sun.post("/data-quality/people/erase", given).status_code == 422
    assert sun.post("/data-quality/people/erase", {**given, "why": "本人要求"}).status_code == 200
    with house.looking() as session:
        [person] = parties.contacts_of(session, parties.get(session, "CL-2026-0001").id)
    assert person.name != "陈晓" and person.email is None


def test_entries_that_look_like_one_are_shown_side_by_side_and_joined(house: House, visitor: Visit) -> None:
    booked(house)
    with house.writing() as session:
        parties.create(session, {"legal_name": "盐池光伏有限公司"}, Stamp(house.clock(), "li", "interview"), 2026)
    sun = visitor("sun")
    assert "CL-2026-0003" in sun.get("/data-quality").get_data(as_text=True)
    assert sun.post("/clients/CL-2026-0001/merge", {"merged": "CL-2026-0003", "why": "同一企业"}).status_code == 302
    assert "撤销合并" in sun.get("/data-quality").get_data(as_text=True)
    assert visitor("ma").get("/data-quality").status_code == 403


def test_a_portrait_follows_the_data_at_once(house: House, visitor: Visit) -> None:
    booked(house)
    li = visitor("li")
    page = li.get("/clients/CL-2026-0001").get_data(as_text=True)
    assert "A 级客户" in page and "借款人" in page and "国有" not in page
    with house.writing() as session:
        client = parties.get(session, "CL-2026-0001")
        stamp = Stamp(house.clock(), "li", "interview")
        parties.change(session, client.id, {"ownership_type": "state", "tier": "C"}, stamp)
    page = li.get("/clients/CL-2026-0001").get_data(as_text=True)
    assert "C 级客户" in page and "企业性质为国有" in page and "A 级客户" not in page
    worth = li.get("/clients/CL-2026-0001/service").get_data(as_text=True)
    assert "终身价值" in worth and "合作时长" in worth


def test_ratios_over_two_years_stand_in_a_picture_and_a_table(house: House, visitor: Visit) -> None:
    booked(house)
    with house.writing() as session:
        client = parties.get(session, "CL-2026-0001")
        for year, debt in ((2024, 300), (2025, 200)):
            rows = [("total_assets", 1000), ("total_liabilities", 600), ("debt", debt), ("equity", 400)]
            lines = [Line("BS", code, Decimal(amount)) for code, amount in rows]
            stamp = Stamp(house.clock(), "li", "client_profile")
            statements.add(session, client.id, date(year, 12, 31), lines, stamp, currency="CNY")
    page = visitor("li").get("/clients/CL-2026-0001/finance").get_data(as_text=True)
    assert "data-chart" in page and "2024-12-31" in page and "0.43" in page and "0.33" in page


def test_an_investor_sees_what_fits_and_nothing_above_its_class_is_offered(house: House, visitor: Visit) -> None:
    booked(house)
    with house.writing() as session:
        stamp = Stamp(house.clock(), "li", "interview")
        fund = parties.create(session, {"legal_name": "海河基金", "kind": "fund"}, stamp, 2026)
        suited = {"party_id": fund.id, "risk_class": "R3", "result": "suitable", "at": stamp.at, "by": "li"}
        insert(session, investor_profile, {**suited, "horizon_months": 240}, stamp)
        for number, category in ((1, "Good"), (2, "Weak")):
            key = f"PJ-2026-000{number}"
            project = projects.find(session, key) or projects.create(session, {"name": "乙"}, stamp, 2026, key)
            projects.enter(session, project.id, "evaluation", stamp)
            graded = {"proposed": category, "category": category, "grades": {}, "score": Decimal(2), "by": "li"}
            credit.add_rating(session, project.id, graded, stamp)
    page = visitor("li").get(f"/clients/{fund.business_key}/business").get_data(as_text=True)
    assert "匹配项目" in page and "R3 ≤ R3" in page and "项目风险等级高于投资者承受等级：R5 &gt; R3" in page
    assert "海河基金" in visitor("li").get("/projects/PJ-2026-0001/deal").get_data(as_text=True)
    assert "海河基金" not in visitor("li").get("/projects/PJ-2026-0002/deal").get_data(as_text=True)


def test_a_segment_is_kept_by_name_with_its_number_and_forgotten(house: House, visitor: Visit) -> None:
    booked(house)
    li = visitor("li")
    li.get("/clients?role=guarantor")
    assert li.post("/clients/segments", {"name": "我的担保人", "query": "role=guarantor&page=2"}).status_code == 302
    page = li.get("/clients").get_data(as_text=True)
    assert "/clients?role=guarantor" in page and '我的担保人 <span class="df-count">1</span>' in page
    assert "我的担保人" not in visitor("wang").get("/clients").get_data(as_text=True)
    shared = {"name": "我的担保人", "query": "role=guarantor", "team": "rm"}
    li.post("/clients/segments", shared)
    theirs = visitor("wang").get("/clients").get_data(as_text=True)
    assert '我的担保人 <span class="df-count">1</span>' in theirs and "李雷" in theirs
    assert "我的担保人" not in visitor("ma").get("/clients").get_data(as_text=True)
    li.post("/clients/segments", {"name": "我的担保人"})
    assert "我的担保人" not in li.get("/clients").get_data(as_text=True)
