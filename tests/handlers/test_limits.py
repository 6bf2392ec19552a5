"""Credit limits: promised once, never beyond the group's line, given back when a draw fails."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from engine.errors import InvalidInput
from handlers.records import facilities, groups, limits, parties, portfolio, projects, tables
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
        assert {one.head for one in portfolio.exposures(session, NOW.date())} == {top.id}
        with pytest.raises(InvalidInput, match="back to themselves") as told:
            parties.change(session, top.id, {"group_id": _borrower(desk)}, STAMP)
        assert "成环" in told.value.text("zh")


TODAY, BEFORE, LATER = NOW.date(), NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=700)


def test_a_limit_whose_approval_is_over_is_neither_drawn_nor_added_to_and_only_what_is_drawn_counts(desk: Desk) -> None:
    clients(desk, line=100)
    made = desk.run("limit.reserve", {"amount": "90", "key": "P2", "valid_until": TODAY})
    desk.run("limit.use", {"amount": "30", "key": "DR-1"})
    assert desk.refused("limit.reserve", {"amount": "11", "facility": "FA-2", "party_id": _borrower(desk)})
    _dated(desk, BEFORE)
    told = desk.refused("limit.use", {"amount": "1", "key": "DR-2"})
    assert (told.variables["limit_available"], told.variables["limit_reason"]) == (0, "额度已到期")
    with desk.runtime.reading() as session:
        (bound,) = portfolio.exposures(session, TODAY)
        assert (bound.weight, bound.expired_on) == (30, BEFORE)
    anew = desk.run("limit.reserve", {"amount": "70", "key": "P3", "valid_until": LATER})
    assert anew["limit_id"] != made["limit_id"] and anew["limit_available"] == 70
    assert desk.refused("limit.reserve", {"amount": "1", "key": "P4"}).variables["limit_available"] == 0


def test_a_limit_is_good_until_availability_ends_once_its_contract_is_signed(desk: Desk) -> None:
    clients(desk, line=100)
    made = desk.run("limit.reserve", {"amount": "90", "valid_until": TODAY})
    terms = {"name": "一期", "type": "term", "amount": Decimal(90), "months": 60, "rate_pct": Decimal(5)}
    with desk.runtime.transaction() as session:
        project = projects.get(session, "PJ-2026-0001")
        row = {**terms, "currency": "CNY", "limit_id": int(made["limit_id"])}
        lent = facilities.open_(session, project.id, _borrower(desk), row, STAMP, 2026)
        facilities.change(session, lent.id, {"signed_on": BEFORE, "availability_end": TODAY}, STAMP)
    _dated(desk, BEFORE)
    assert desk.run("limit.use", {"amount": "30", "key": "DR-1"})["limit_available"] == 60
    with desk.runtime.transaction() as session:
        facilities.change(session, lent.id, {"availability_end": BEFORE}, STAMP)
    assert desk.refused("limit.use", {"amount": "1", "key": "DR-2"}).variables["limit_available"] == 0
    with desk.runtime.reading() as session:
        (bound,) = portfolio.exposures(session, TODAY)
    assert (bound.weight, bound.expired_on) == (90, BEFORE), "the house owes the rest until it is given up"


def test_a_group_whose_own_line_is_over_gets_nothing_also_where_the_house_has_a_default(desk: Desk) -> None:
    clients(desk)
    with desk.runtime.transaction() as session:
        head = groups.head_of(session, _borrower(desk))
        limits.set_line(session, None, Decimal(1000), "CNY", date(2025, 1, 1), STAMP)
        limits.set_line(session, head, Decimal(100), "CNY", date(2025, 1, 1), STAMP, BEFORE)
    told = desk.refused("limit.reserve", {"amount": "1"})
    assert "已到期" in str(told.variables["limit_reason"])
    with desk.runtime.transaction() as session:
        assert limits.line_of(session, head, TODAY) is None and limits.lines_on(session, TODAY)[head].over(TODAY)
        limits.set_line(session, head, Decimal(50), "CNY", TODAY, STAMP)
    assert desk.run("limit.reserve", {"amount": "50"})["limit_available"] == 50


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_an_amount_that_is_none_is_refused(desk: Desk, amount: str) -> None:
    clients(desk)
    with pytest.raises(Exception, match="above nought"):
        desk.run("limit.reserve", {"amount": amount})


def _dated(desk: Desk, day: date) -> None:
    """The approval behind every limit ends that day."""
    with desk.runtime.transaction() as session:
        session.execute(sa.update(tables.credit_limit).values(valid_until=day))


def _borrower(desk: Desk) -> int:
    with desk.runtime.reading() as session:
        project = projects.get(session, "PJ-2026-0001")
        return projects.roles_of(session, project_id=project.id)[0].party_id
