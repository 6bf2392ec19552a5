"""A report that somebody built shows, saves and sends the same columns; strangers get none."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

from handlers.records import parties, report_orders
from handlers.records.changes import Stamp
from handlers.reports.choosing import selection_of
from handlers.reports.content import Table
from handlers.reports.ordering import Ordered, build
from tests.house import House
from tests.web.conftest import Visitor

CHOSEN = "kind=risk&columns=risk.rating&columns=risk.a"


def test_what_is_chosen_is_shown_saved_and_sent_alike(house: House, visitor: Callable[[str], Visitor]) -> None:
    today = house.clock().date()
    with house.writing() as session:
        parties.create(
            session, {"legal_name": "甘肃风电有限公司", "risk_rating": 2}, Stamp(house.clock(), "t", "t"), 2026
        )
    hu = visitor("hu")
    page = hu.get(f"/reports/builder?{CHOSEN}").get_data(as_text=True)
    assert page.count('" checked>') == 2 and '<th scope="col">风险评级' in page and "1 低" in page
    saved = hu.get(f"/reports/builder/file.csv?{CHOSEN}").get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(saved)))
    assert ["风险评级", "A 类"] in rows and ["1 低", "0"] in rows and "预警" not in saved
    form = {"kind": "risk", "columns": ["risk.rating", "risk.a"], "name": "风险周报", "frequency": "weekly",
            "format": "xlsx"}  # fmt: skip
    assert hu.post("/reports/builder", {**form, "recipients": ["someone@else.example"]}).status_code == 422
    ordered = hu.post("/reports/builder", {**form, "recipients": ["hu"], "days": "last_month"})
    assert ordered.status_code == 302 and "days=last_month" in ordered.location, "the period that was chosen stays"
    with house.looking() as session:
        [order] = report_orders.every(session)
        wanted = Ordered(order.kind, until=today, since=today - timedelta(days=90),
                         selection=selection_of(order.selection))  # fmt: skip
        [sent] = build(session, wanted).sections
    assert isinstance(sent, Table) and [one.key for one in sent.columns] == ["rating", "a"]
    assert sent.rows[0]["a"] == 0 and len(sent.rows) == 5
    assert order.frequency == "weekly" and order.next_on > today
    assert "风险周报" in hu.get("/reports/builder").get_data(as_text=True)
    assert hu.post(f"/reports/builder/{order.id}/stop").status_code == 302
    with house.looking() as session:
        assert not report_orders.every(session)[0].active
