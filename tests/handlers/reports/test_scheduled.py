"""A report that comes by itself is the one that a person would make: same day, same rows, as an attachment."""

import io
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from engine import api, identity, watcher, worker
from engine.errors import InvalidInput
from engine.store import tables as t
from handlers import documents
from handlers.records import documents as filed
from handlers.records import parties, report_orders
from handlers.records.changes import Stamp
from handlers.reports.choosing import Selection
from handlers.reports.content import Table
from handlers.reports.ordering import Ordered, build
from tests.bpmn.packages import FOLDER
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry
from tests.house import House, MovableClock
from tests.mail import PostOffice

STAMP = Stamp(NOW, "ye", "test")


def test_every_morning_what_is_due_goes_out_once_with_the_rows_of_the_page(quick_desk: Desk) -> None:
    clock = MovableClock(NOW.astimezone(ZoneInfo("Asia/Shanghai")))
    with PostOffice() as office:
        settings = quick_desk.runtime.settings.model_copy(update={"smtp_url": office.address})
        quick_desk.runtime.settings, quick_desk.runtime.clock = settings, clock
        house = House(quick_desk.runtime, clock)
        made = quick_desk.run("intake.register", inquiry())
        with house.writing() as session:
            identity.add_team(session, "process_owner", "po", "po", None)
            identity.add_person(session, "owen", "owen", "owen", "owen@house.example")
            identity.add_member(session, "process_owner", "owen")
            for name, key, to in (("客户月报", made["client_key"], ["owen"]), ("没有的客户", "CL-2026-0999", ["owen"])):
                report_orders.put(session, name, "client_360", key, to, "monthly", STAMP, today=date(2026, 3, 2),
                                  format="xlsx")  # fmt: skip
        outcome = watcher.deploy_folder(house.runtime, FOLDER / "scheduled_reports", api.SYSTEM)
        assert not outcome.faults and outcome.error is None
        house.pass_time(days=27)
        assert office.mails == []
        house.pass_time(days=3)
        house.pass_time(days=1)
        (mail,) = office.mails
        (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "客户月报 2026-03-01 – 2026-03-31.xlsx"
    with house.looking() as session:
        page = build(session, Ordered("client_360", made["client_key"])).section("timeline")
    assert isinstance(page, Table)
    head, *rows = load_workbook(io.BytesIO(attached.get_content()))["联系记录"].iter_rows(values_only=True)
    assert [row[head.index("主题")] for row in rows] == [row["subject"] for row in page.rows] and rows
    told = house.rows(t.outbox, t.outbox.c.template == "report_failed")
    assert {row["recipient"] for row in told} == {"owen"} and "CL-2026-0999" in str(told[0]["data"])
    assert house.rows(t.incident) == []
    worker.drain(house.runtime)


@pytest.mark.parametrize(
    ("frequency", "day", "following", "period"),
    [
        ("daily", "2026-02-28", "2026-03-01", ("2026-02-27", "2026-02-27")),
        ("weekly", "2026-03-02", "2026-03-09", ("2026-02-23", "2026-03-01")),
        ("monthly", "2026-01-31", "2026-02-01", ("2025-12-01", "2025-12-31")),
        ("quarterly", "2026-12-05", "2027-01-01", ("2026-07-01", "2026-09-30")),
        ("quarterly", "2026-01-01", "2026-04-01", ("2025-10-01", "2025-12-31")),
    ],
)
def test_periods_follow_the_calendar(frequency: str, day: str, following: str, period: tuple[str, str]) -> None:
    on = date.fromisoformat(day)
    assert report_orders.following(frequency, on).isoformat() == following
    assert tuple(one.isoformat() for one in report_orders.period(frequency, on)) == period


def test_an_order_without_recipients_or_of_an_unknown_rhythm_is_refused(quick_desk: Desk, tmp_path: Path) -> None:
    with quick_desk.runtime.transaction() as session:
        for to, frequency in (([], "monthly"), (["owen"], "hourly")):
            with pytest.raises(InvalidInput):
                report_orders.put(session, "x", "kpi_pack", "", to, frequency, STAMP, today=date(2026, 3, 2))


@pytest.mark.parametrize("form", ["xlsx", "pdf"])
def test_ordered_figures_go_out_with_the_columns_that_were_chosen(quick_desk: Desk, form: str) -> None:
    chosen = Selection(columns=("risk.rating", "risk.a"))
    with quick_desk.runtime.transaction() as session:
        parties.create(session, {"legal_name": "盐城绿源新能源有限公司", "tier": "A", "risk_rating": 2}, STAMP, 2026)
        order = report_orders.put(session, "风险周报", "risk", "", ["owen"], "weekly", STAMP, today=date(2026, 3, 2),
                                  format=form, selection=chosen.plain())  # fmt: skip
    told = quick_desk.run("report.deliver", {"order_id": str(order.id)})
    assert told["file_name"].startswith("风险周报 ") and told["file_name"].endswith(form)
    with quick_desk.runtime.reading() as session:
        content = documents.content(session, filed.get(session, told["file_id"]))
    if form == "xlsx":
        head, *rows = load_workbook(io.BytesIO(content))["客户风险分布（当前）"].iter_rows(values_only=True)
        assert [one for one in head if one] == ["风险评级", "A 类"] and len(rows) == 5
    else:
        assert content.startswith(b"%PDF")
