"""Facilities, conditions, monitoring and exposures: what the pages say of two loans of one group."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from io import BytesIO
from typing import get_args

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook

from handlers.finance.early_warning import Trend
from handlers.records import green, monitoring, portfolio, projects, tables
from handlers.records.changes import Stamp
from tests.browser import gallery
from tests.browser.rooms.portfolio import PLANNED
from web.portfolio.words import TREND

Enter = Callable[[str], FlaskClient]


class Undone(Exception):
    """Leaves the house as it was."""


def words(client: FlaskClient, path: str) -> str:
    """What a page says, in English, without its markup."""
    page = client.get(f"{path}{'&' if '?' in path else '?'}language=en").get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_facility_shows_what_is_owed_paid_and_late(enter: Enter, shown: gallery.Gallery) -> None:
    page = words(enter("dong"), shown.rooms["facility"])
    assert "Overdue 54,600,000 since 2026-02-14" in page
    assert "paid days late: 1" in page and "days late: 16" in page
    assert "Counts for 294,000,000 against 200,000,000 owed by the project" in page
    assert "at least 1.05" in page and "headroom 6.67%" in page
    assert "Upfront fee 0.50% · 2,000,000 CNY" in page and "LG-2025-0001" in page
    assert "Total 24,150,000 300,000,000 324,150,000 112,650,000" in page, "interest, principal, both, what was paid"


def test_the_list_finds_a_facility_by_client_and_says_what_is_overdue(enter: Enter) -> None:
    page = words(enter("dong"), "/facilities?q=江南水务")
    assert "54,600,000" in page and "江北支线" not in page
    assert "Overdue 0 CNY" in words(enter("dong"), "/facilities?q=江北支线")


def test_the_lists_of_deals_sum_up_put_the_worst_first_and_come_in_pages(
    enter: Enter, shown: gallery.Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = words(enter("dong"), "/facilities")
    assert re.search(r"Overdue 54.6 m CNY 1 facility", page)
    assert 0 < page.index("54,600,000") < page.index("江北支线")
    monkeypatch.setattr("web.portfolio.facilities.PAGE", 1)
    assert "江北支线" not in words(enter("dong"), "/facilities") and "1–1 of" in words(enter("dong"), "/facilities")
    assert PLANNED in words(enter("dong"), f"/plans?q={PLANNED.lower()}")
    assert PLANNED not in words(enter("dong"), "/plans?state=lapsed")
    assert "Nothing found" in words(enter("dong"), "/plans?q=nowhere")


def test_a_loan_that_is_older_than_a_thousand_others_is_still_among_them(shown: gallery.Gallery) -> None:
    f = tables.facility
    with suppress(Undone), shown.house.writing() as session:
        one = dict(session.execute(sa.select(f).order_by(f.c.id)).mappings().first() or {})
        more = [one | {"id": one["id"] + 1 + n, "business_key": f"FA-9999-{n}"} for n in range(1000)]
        session.execute(sa.insert(f), more)
        found = portfolio.deals(session)
        assert len(found) > 1000 and found[-1].id == one["id"], "what is overdue and the sums are of all"
        raise Undone


def test_conditions_are_found_by_deal_owner_and_lateness(enter: Enter) -> None:
    everything = words(enter("pan"), "/conditions")
    assert "Not met 5" in everything, "three of each deal, but nothing of each draw where the draws are over"
    assert "Late 2" in everything and "Waived 2" in everything and "All 10" in everything
    late = words(enter("pan"), "/conditions?state=late&team=loan_ops&phase=initial")
    assert late.count("Proof of paid-in capital") == 2 and "Invoices of each draw" not in late
    assert "Late 2" in late and "All 2" in late, "the numbers are those of the filters"
    book = load_workbook(BytesIO(enter("pan").get("/conditions?state=all&phase=initial&export=xlsx&language=en").data))
    assert book.worksheets[0]["B2"].value == "All · before the first draw"
    book = load_workbook(BytesIO(enter("pan").get("/conditions?state=all&export=xlsx&language=en").data))
    rows = list(book["Conditions precedent"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == 10 and {row[5] for row in rows} == {"accepted", "waived", "not handed in"}


def test_monitoring_puts_the_worst_first_and_leads_to_the_task(enter: Enter, shown: gallery.Gallery) -> None:
    page = words(enter("xia"), "/monitoring")
    assert "Red alerts 1" in page and "DSCR of 1.04 is below the red line of 1.05" in page
    assert "Look into the alert" in page and "certificate until" in page
    assert "On the watch list 1" in page and "Headroom" in page
    assert " · 项目贷款 · Wang Fang" in page, "a facility is called by its project first"
    covenants = page[page.index("Project Covenant Default level") :]
    assert covenants.index("distributions locked") < covenants.index("compliant")
    assert "6.67% ↓ 7.62 since 2025-10-22" in covenants, "how its headroom went since the test before"
    with shown.house.writing() as session:
        stamp = Stamp(shown.house.clock(), "tang", "test")
        row = {"subject_key": "PJ-2026-0801", "metric": "offtaker", "source": "manual", "level": "amber",
               "text": "购电方评级下调", "text_en": "The offtaker was downgraded"}  # fmt: skip
        done = monitoring.open_alert(session, row, stamp, 2026)
        monitoring.note_alert(session, done, {"event": "settled", "outcome": "done"}, stamp)
        monitoring.change_alert(session, done.id, {"state": "closed", "closed_at": stamp.at}, stamp)
    page = words(enter("xia"), "/monitoring")
    settled = page[page.index("1 alert that was settled in the last 30 days") : page.index("Covenants by state")]
    assert re.search(r"The offtaker was downgraded .*盐城渔光互补项目 .*closed measures carried out", settled)
    assert "Amber alerts 0" in page, "what came of it stands there; it is no alert any more"
    only = words(enter("xia"), "/monitoring?status=COMPLIANT")
    assert "at most 0.80" in only and "at least 1.05" not in only


def test_every_trend_of_an_alert_has_words() -> None:
    assert set(TREND) == set(get_args(Trend))


def test_clients_of_one_group_share_one_limit(enter: Enter) -> None:
    page = words(enter("tang"), "/exposures")
    assert re.search(r"2 clients 820,000,000 CNY 900,000,000 CNY 80,000,000 CNY .{0,20}91\.11%", page)
    assert "transport 420,000,000 315,000,000 51.22%" in page and "Exposure 820,000,000 CNY" in page
    book = load_workbook(BytesIO(enter("tang").get("/exposures?export=xlsx&language=en").data))
    assert [row[6] for row in book["Exposures"].iter_rows(min_row=2, values_only=True)] == [400_000_000, 420_000_000]


def test_what_is_drawn_in_another_currency_counts_at_the_rate_of_its_line(shown: gallery.Gallery) -> None:
    def at(rate: str) -> tuple[portfolio.Exposure, ...]:
        with shown.house.writing() as session:
            session.execute(sa.update(tables.credit_limit).values(line_rate=Decimal(rate)))
            return portfolio.exposures(session, shown.house.clock().date())

    found = at("7.1")
    at("1")
    assert {(one.used, one.drawn) for one in found} == {(300_000_000, 2_130_000_000), (315_000_000, 2_236_500_000)}


def test_a_green_tag_needs_its_evidence_as_a_file(enter: Enter, shown: gallery.Gallery) -> None:
    with shown.house.looking() as session:
        key = projects.get(session, "PJ-2026-0801").business_key
    refused = enter("yan").post(f"/exposures/green/{key}", data={})
    assert refused.status_code == 422
    assert enter("dong").post(f"/exposures/green/{key}", data={}).status_code == 403
    file = {"evidence": (BytesIO(b"%PDF-1.4 certificate"), "绿色债券认证.pdf")}
    assert enter("yan").post(f"/exposures/green/{key}", data=file).status_code == 302
    with shown.house.looking() as session:
        tagged = [one.project.project_key for one in green.overview(session) if one.tagged]
    assert tagged == [key]
    assert "绿色债券认证.pdf" in words(enter("tang"), "/exposures")


@pytest.mark.parametrize("path", ["/plans", "/facilities", "/conditions", "/monitoring", "/exposures"])
def test_deals_are_for_the_teams_that_work_on_them(enter: Enter, path: str) -> None:
    assert enter("ma").get(path).status_code == 403
    assert enter("li").get(path).status_code == 200
    assert enter("").get(path).status_code == 302
