"""What monitoring keeps in the book: readings, sweeps, alerts, locks, versions; on both databases."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from handlers.kyc_refresh import percent
from handlers.records import amendments, covenants, facilities, limits, monitoring, parties, projects
from handlers.records.changes import Stamp
from tests.handlers.conftest import NOW, Desk

STAMP = Stamp(NOW, "test", "manual")
LIMIT = {"metric": "dscr", "name": "偿债备付率", "name_en": "DSCR", "direction": "min", "amber": "1.20", "red": "1.10"}
FA = "FA-2026-0001"


def furnish(session: Session) -> None:
    """A client with a project and a live facility."""
    client = parties.create(session, {"legal_name": "江南绿源"}, STAMP, 2026)
    project = projects.create(session, {"name": "盐城项目", "stage": "operation"}, STAMP, 2026)
    terms = {"name": "一期", "type": "term", "currency": "CNY", "amount": Decimal(100), "months": 60,
             "rate_pct": Decimal(5)}  # fmt: skip
    made = facilities.open_(session, project.id, client.id, terms, STAMP, 2026)
    facilities.enter(session, made.id, "operational", STAMP)
    row = {"code": "DSCR", "name": "DSCR", "kind": "financial", "metric": "dscr", "direction": "min",
           "default_level": Decimal("1.05"), "lockup_level": Decimal("1.15"), "watch_pct": Decimal(10)}  # fmt: skip
    facilities.add_covenant(session, made.id, row, STAMP)


def read(desk: Desk, value: str, day: date) -> None:
    given = {"metric": "dscr", "value": value, "day": day, "source": "account"}
    assert desk.run("metric.record", given, business_key=FA)["kept"] == 1


def test_the_book_of_monitoring_says_the_same_on_both_databases(desk: Desk) -> None:
    with desk.runtime.transaction() as session:
        furnish(session)
    read(desk, "1.30", date(2026, 3, 1))
    read(desk, "1.31", date(2026, 3, 1))
    with pytest.raises(InvalidInput, match="a day to come"):
        read(desk, "1.40", date(2027, 3, 1))
    swept = desk.run("ewi.sweep", {"thresholds": [LIMIT]}, job_key="sweep-1")
    assert (swept["alerts"], swept["stale"]) == ([], [])
    read(desk, "1.15", date(2026, 3, 2))
    swept = desk.run("ewi.sweep", {"thresholds": [LIMIT]}, job_key="sweep-2")
    assert [(one["event"], one["level"]) for one in swept["alerts"]] == [("opened", 1)]
    assert desk.run("ewi.sweep", {"thresholds": [LIMIT]}, job_key="sweep-2") == swept
    assert desk.run("ewi.sweep", {"thresholds": [LIMIT]}, job_key="sweep-3")["alerts"] == []
    assert [desk.run("metric.gather", {})["gathered"] for _ in range(2)] == [2, 0]
    loaded = desk.run("covenant.load", {"facility_key": FA, "test_date": "2026-03-31"})
    (covenant,) = loaded["covenants"]
    assert (covenant["watch_pct"], covenant["cure_days"], covenant["waived"]) == (Decimal("0.1"), 30, False)
    result = {"covenant": covenant, "value": None, "status": "DATA_MISSING", "rank": 4}
    kept = {"facility_key": FA, "test_date": "2026-03-31", "results": [result]}
    found = desk.run("covenant.record", kept, business_key="TD-1")
    assert (found["round"], found["worst_rank"], found["worst_status"]) == (1, 4, "DATA_MISSING")
    assert desk.run("covenant.record", kept, business_key="TD-1")["round"] == 2
    for _ in range(2):
        desk.run("distribution.lock", {"facility_key": FA}, business_key="TD-1")
    assert desk.run("covenant.settle", {"facility_key": FA, "worst_rank": 2}, business_key="TD-1")["released"] == 0
    assert desk.run("covenant.settle", {"facility_key": FA, "worst_rank": 1}, business_key="TD-1")["released"] == 1
    with desk.runtime.transaction() as session:
        assert covenants.clean_dates(session, FA) == 0
        assert monitoring.series(session, FA, "dscr")[0] == (date(2026, 3, 2), Decimal("1.15"), "account")
        first = amendments.activate(session, FA, {"rate": Decimal("0.05")}, STAMP)
        opened = amendments.open_amendment(session, {"subject_key": FA, "facility_key": FA}, STAMP, 2026)
        second = amendments.activate(session, FA, {"rate": Decimal("0.04")}, STAMP, opened.id)
        back = amendments.withdraw(session, opened.id, STAMP)
    assert (first.version, second.version, back.version if back else None) == (1, 2, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_waived_covenant_is_tested_but_does_not_count(desk: Desk) -> None:
    with desk.runtime.transaction() as session:
        furnish(session)
        made = amendments.open_amendment(session, {"subject_key": FA, "facility_key": FA}, STAMP, 2026)
        amendments.grant_waiver(session, FA, None, made.id, ["DSCR"], date(2026, 6, 30), None, STAMP)
    (covenant,) = desk.run("covenant.load", {"facility_key": FA, "test_date": "2026-06-30"})["covenants"]
    assert covenant["waived"]
    result = {"covenant": covenant, "value": "1.0", "status": "DEFAULT", "rank": 3}
    kept = {"facility_key": FA, "test_date": "2026-06-30", "results": [result]}
    found = desk.run("covenant.record", kept, business_key="TD-2")
    assert (found["worst_rank"], [one["status"] for one in found["findings"]]) == (0, ["DEFAULT"])
    (later,) = desk.run("covenant.load", {"facility_key": FA, "test_date": "2026-09-30"})["covenants"]
    assert not later["waived"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_nobody_approved_cannot_be_activated_and_nothing_tested_is_no_compliance(desk: Desk) -> None:
    with desk.runtime.transaction() as session:
        furnish(session)
        made = amendments.open_amendment(session, {"subject_key": FA, "facility_key": FA}, STAMP, 2026)
    with pytest.raises(InvalidInput, match="not approved"):
        desk.run("amendment.activate", {"amendment_key": made.business_key})
    nothing = {"facility_key": FA, "test_date": "2026-03-31", "results": []}
    assert desk.run("covenant.record", nothing, business_key="TD-3")["worst_rank"] == 4
    stated = desk.run("covenant.record", nothing | {"no_default": "no"}, business_key="TD-4")
    assert (stated["worst_status"], [one["metric"] for one in stated["findings"]]) == ("DEFAULT", ["declaration"])
    assert desk.run("covenant.record", nothing | {"no_default": "cured"}, business_key="TD-4")["worst_rank"] == 0
    with pytest.raises(InvalidInput):
        desk.run("covenant.settle", {"facility_key": FA, "worst_rank": 4}, business_key="TD-3")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_restricted_client_gets_no_new_limit_and_nobody_is_told_why(desk: Desk) -> None:
    with desk.runtime.transaction() as session:
        furnish(session)
        client = parties.get(session, "CL-2026-0001")
        limits.set_line(session, None, Decimal(1000), "CNY", date(2026, 1, 1), STAMP)
    desk.run("kyc.restrict", {"party_id": str(client.id), "why": "复审逾期"})
    asked = {"amount": "100", "facility": "PJ-2026-0001", "party_id": str(client.id)}
    error = desk.refused("limit.reserve", asked)
    assert (error.code, error.variables["limit_restricted"]) == ("LIMIT_EXCEEDED", True)
    assert "kyc" not in str(error.variables) + str(error)
    assert desk.run("kyc.lift", {"party_id": str(client.id)})["lifted"] == 1
    assert desk.run("limit.reserve", asked)["limit_amount"] == Decimal("100.00")


def test_shares_are_shown_in_per_cent_however_they_were_written() -> None:
    assert [percent(one) for one in ("3/5", "0.6", "60%", "1/3")] == [
        Decimal("60.0000"), Decimal("60.0000"), Decimal("60.0000"), Decimal("33.3333"),
    ]  # fmt: skip
