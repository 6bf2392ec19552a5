"""Cases open once, close once, and say when they come again."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import InvalidInput
from handlers import records
from handlers.finance.plan import months_later
from tests.handlers.conftest import Desk
from tests.handlers.people import inquiry


@pytest.fixture
def client(desk: Desk) -> dict[str, Any]:
    return dict(desk.run("intake.register", inquiry()))


def opened(desk: Desk, client: dict[str, Any]) -> str:
    return str(desk.run("kyc.open", {"party_id": client["party_id"], "client_name": "华丰"})["kyc_case_id"])


def test_an_instance_opens_one_case(desk: Desk, client: dict[str, Any]) -> None:
    assert opened(desk, client) == opened(desk, client)


def test_an_approval_carries_rating_and_review_date(desk: Desk, client: dict[str, Any]) -> None:
    case = opened(desk, client)
    closed = desk.run(
        "kyc.record",
        {"status": "approved", "kyc_case_id": case, "rating": Decimal(2), "review_months": Decimal(24),
         "documents": [{"kind": "licence", "expiry": "2027-01-31"}, {"kind": "old", "expiry": "2020-01-01"}],
         "ubos": [{"person": "殷", "pct": Decimal(60)}], "source_of_funds": "经营收入"},
    )  # fmt: skip
    assert closed["next_review"] == date(2027, 1, 31)
    with desk.runtime.reading() as session:
        card = records.client_card(session, client["client_key"])
    assert (card.party.risk_rating, card.cases[0].state, card.cases[0].next_review) == (
        2,
        "approved",
        date(2027, 1, 31),
    )
    assert card.cases[0].ubos == [{"person": "殷", "pct": Decimal(60)}]


def test_a_closed_case_keeps_its_decision(desk: Desk, client: dict[str, Any]) -> None:
    case = opened(desk, client)
    desk.run("kyc.record", {"status": "rejected", "kyc_case_id": case, "rating": 4})
    again = desk.run("kyc.record", {"status": "approved", "kyc_case_id": case, "rating": 1, "review_months": 12})
    assert again["next_review"] is None
    with desk.runtime.reading() as session:
        assert records.client_card(session, client["client_key"]).cases[0].state == "rejected"


def test_a_rejection_leaves_no_reason_where_others_read(desk: Desk, client: dict[str, Any]) -> None:
    case = opened(desk, client)
    desk.run("kyc.record", {"status": "rejected", "kyc_case_id": case, "comment": "疑似洗钱", "hits": [{"name": "x"}]})
    desk.run("intake.close", {"outcome": "kyc_rejected", "project_key": client["project_key"],
                              "eligibility": [{"level": "block", "text": "疑似洗钱"}]})  # fmt: skip
    data = {"client_name": "华丰", "project_key": client["project_key"], "reason": "疑似洗钱"}
    desk.run(
        "notify.send", {"channel": "email", "template": "kyc_neutral_decline", "to": "w@example.com", "data": data}
    )
    with desk.runtime.reading() as session:
        card = records.client_card(session, client["client_key"])
        project = records.project_card(session, client["project_key"])
    assert desk.posted.messages[0]["data"] == {"client_name": "华丰", "project_key": client["project_key"]}
    assert "洗钱" not in str(card.interactions) + str(project.phases) + str(card.changes)
    assert project.project.phase == "declined"


def test_an_unknown_status_is_refused(desk: Desk, client: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="decision"):
        desk.run("kyc.record", {"status": "maybe", "kyc_case_id": opened(desk, client)})


def test_months_end_on_a_day_that_is_there() -> None:
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2027, 12, 31), 2) == date(2028, 2, 29)
    assert months_later(date(2026, 3, 2), 60) == date(2031, 3, 2)


def test_an_investors_suitability_is_kept(desk: Desk) -> None:
    made = desk.run("intake.register", inquiry(client_role="investor", project_name=None), business_key="CL-2026-0007")
    inputs = {"party_id": made["party_id"], "risk_class": "R4", "suitability_result": "suitable", "ticket_min": "1000",
              "ticket_max": Decimal(5000), "horizon_months": 60}  # fmt: skip
    assert desk.run("investor.record_suitability", inputs)["subscription_id"].isdigit()
    with pytest.raises(InvalidInput, match="ticket_min"):
        desk.run("investor.record_suitability", inputs | {"ticket_min": 9000})


def test_compliance_may_want_the_next_review_earlier_but_not_later(desk: Desk, client: dict[str, Any]) -> None:
    given = {"status": "approved", "rating": 2, "review_months": 24}
    for wanted, told in (
        (date(2026, 9, 1), date(2026, 9, 1)),
        (date(2030, 1, 1), date(2028, 3, 2)),
        (None, date(2028, 3, 2)),
    ):
        closed = desk.run("kyc.record", {**given, "kyc_case_id": opened(desk, client), "review_by": wanted})
        assert closed["next_review"] == told
