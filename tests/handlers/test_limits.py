"""Credit limits: promised once, never beyond the group's line, given back when a draw fails."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from engine.errors import InvalidInput
from handlers.records import groups, limits, parties, portfolio, projects
from handlers.records.changes import Stamp
from tests.handlers.conftest import NOW, Desk

STAMP = Stamp(NOW, "li", "test")


def clients(desk: Desk, line: int | None = None) -> None:
    """Two projects of one group, whose head has a line."""
    with desk.runtime.transaction() as session:
        head = parties.create(session, {"legal_name": "华丰集团"}, STAMP, 2026)
        for number, name in enumerate(("华丰风电", "华丰光伏"), start=1):
            member = parties.create(session, {"legal_name": name, "group_id": head.id}, STAMP, 2026)
            project = projects.create(session, {"name": f"{name}一期"}, STAMP, 2026, f"PJ-2026-000{number}")
            projects.give_role(session, member.id, project.id, "borrower", STAMP)
        if line is not None:
            limits.set_line(session, head.id, Decimal(line), "CNY", date(2026, 1, 1), STAMP)


def test_a_limit_is_reserved_used_restored_and_released_each_once_a_key(desk: Desk) -> None:
    clients(desk, line=1000)
    for _ in range(2):
        made = desk.run("limit.reserve", {"amount": Decimal(100), "key": "P2"})
    assert made["limit_available"] == 100
    for _ in range(2):
        assert desk.run("limit.use", {"amount": "70", "key": "DR-1"})["limit_available"] == 30
    error = desk.refused("limit.use", {"amount": "31", "key": "DR-2"})
    assert (error.code, error.variables["limit_available"]) == ("LIMIT_EXCEEDED", 30)
    for _ in range(2):
        assert desk.run("limit.restore", {"limit_id": made["limit_id"], "key": "DR-1"})["limit_available"] == 100
    assert desk.run("limit.restore", {"key": "never used"})["limit_available"] == 100
    desk.run("limit.use", {"amount": "40", "key": "DR-3"})
    for _ in range(2):
        freed = desk.run("limit.release", {})
    assert (freed["limit_amount"], freed["limit_available"]) == (40, 0)
    with desk.runtime.reading() as session:
        told = [(one["kind"], one["amount"]) for one in limits.entries_of(session, int(made["limit_id"]))]
    assert told == [("reserve", 100), ("use", 70), ("restore", 70), ("use", 40), ("release", 60)]


def test_clients_of_one_group_share_its_line(desk: Desk) -> None:
    clients(desk, line=150)
    desk.run("limit.reserve", {"amount": Decimal(100)})
    error = desk.refused("limit.reserve", {"amount": Decimal(60)}, business_key="PJ-2026-0002")
    told = {name: error.variables[name] for name in ("limit_asked", "limit_available", "limit_currency")}
    assert told == {"limit_asked": 60, "limit_available": 50, "limit_currency": "CNY"}
    desk.run("limit.reserve", {"amount": Decimal(50)}, business_key="PJ-2026-0002")
    desk.run("limit.release", {})
    dollars = {"amount": "14", "currency": "USD", "line_rate": "7.1", "facility": "FA-1", "party_id": _borrower(desk)}
    made = desk.run("limit.reserve", dollars)
    assert made["limit_available"] == 14
    by_yuan = {**dollars, "line_rate": None, "cny_rate": Decimal("7.1"), "facility": "FA-2"}
    assert desk.refused("limit.reserve", by_yuan).variables["limit_asked"] == Decimal("99.40")
    error = desk.refused("limit.reserve", {"amount": Decimal(1)}, business_key="PJ-2026-0002")
    assert error.variables["limit_available"] == Decimal("0.60")


def test_a_reservation_keeps_to_its_ceiling_and_the_houses_default(desk: Desk) -> None:
    clients(desk, line=100)
    assert desk.refused("limit.reserve", {"amount": "11", "ceiling": "10"}).code == "LIMIT_EXCEEDED"
    assert desk.run("limit.release", {})["limit_id"] is None


def test_nothing_is_promised_without_any_line_or_without_a_borrower(desk: Desk) -> None:
    clients(desk)
    without = desk.refused("limit.reserve", {"amount": "6"})
    assert (without.code, without.variables["limit_available"]) == ("LIMIT_EXCEEDED", 0)
    assert "也没有默认额度" in str(without.variables["limit_reason"])
    with desk.runtime.transaction() as session:
        limits.set_line(session, None, Decimal(5), "CNY", date(2026, 1, 1), STAMP)
        projects.create(session, {"name": "无借款人"}, STAMP, 2026, "PJ-2026-0009")
    assert desk.refused("limit.reserve", {"amount": "6"}).variables["limit_available"] == 5
    assert desk.run("limit.reserve", {"amount": "5"})["limit_available"] == 5
    nobody = desk.refused("limit.reserve", {"amount": "1"}, business_key="PJ-2026-0009")
    assert "没有借款人" in str(nobody.variables["limit_reason"])


def test_a_group_in_a_group_adds_up_under_the_topmost_head_and_a_ring_is_refused(desk: Desk) -> None:
    clients(desk, line=150)
    with desk.runtime.transaction() as session:
        head = groups.head_of(session, _borrower(desk))
        top = parties.create(session, {"legal_name": "华丰控股"}, STAMP, 2026)
        other = parties.create(session, {"legal_name": "华丰水务", "group_id": top.id}, STAMP, 2026)
        parties.change(session, head, {"group_id": top.id}, STAMP)
        limits.set_line(session, top.id, Decimal(100), "CNY", date(2026, 1, 1), STAMP)
    desk.run("limit.reserve", {"amount": "60", "facility": "FA-9", "party_id": other.id})
    assert desk.refused("limit.reserve", {"amount": "41"}).variables["limit_available"] == 40
    desk.run("limit.reserve", {"amount": "40"})
    with desk.runtime.transaction() as session:
        assert {one.head for one in portfolio.exposures(session)} == {top.id}
        with pytest.raises(InvalidInput, match="back to themselves") as told:
            parties.change(session, top.id, {"group_id": _borrower(desk)}, STAMP)
        assert "成环" in told.value.text("zh")


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_an_amount_that_is_none_is_refused(desk: Desk, amount: str) -> None:
    clients(desk)
    with pytest.raises(Exception, match="above nought"):
        desk.run("limit.reserve", {"amount": amount})


def _borrower(desk: Desk) -> int:
    with desk.runtime.reading() as session:
        project = projects.get(session, "PJ-2026-0001")
        return projects.roles_of(session, project_id=project.id)[0].party_id
