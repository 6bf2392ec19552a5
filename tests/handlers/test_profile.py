"""A profile enters the book field by field; its faults are told in words, by section and field."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from handlers import records
from handlers.data_quality import check
from handlers.records import kyc
from tests.handlers.conftest import Desk
from tests.handlers.people import inquiry, profile


@pytest.fixture
def client(desk: Desk) -> dict[str, Any]:
    return dict(desk.run("intake.register", inquiry()))


def findings(**changes: Any) -> set[tuple[str, str, str]]:
    found = check(profile(**changes), date(2026, 3, 2))
    return {(one.field, one.rule, one.level) for one in found}


def test_a_good_profile_has_no_fault() -> None:
    assert findings() == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"legal_rep": " "}, ("legal_rep", "required", "error")),
        ({"reg_no": "91310000607337822K"}, ("reg_no", "check_character", "error")),
        ({"founded": "2031-01-01"}, ("founded", "future", "error")),
        ({"founded": "去年"}, ("founded", "unreadable", "error")),
        ({"registered_capital": Decimal(0)}, ("registered_capital", "positive", "error")),
        ({"profile_complete": False}, ("profile_complete", "declared", "error")),
        ({"credit_authorised": False}, ("credit_authorised", "authorisation", "warn")),
        ({"people": []}, ("people", "required", "error")),
        ({"people": [{"name": "王敏", "role": "finance", "mobile": "123"}]}, ("people[1].mobile", "phone", "error")),
        ({"people": [{"name": "王敏", "birthday": "2020-01-01"}]}, ("people[1].birthday", "plausible", "error")),
        ({"ownership": []}, ("ownership", "required", "warn")),
        ({"ownership": [{"owner": "甲", "owned": "乙", "pct": 70}]}, ("ownership.乙", "sum", "warn")),
        ({"ownership": [{"owner": "甲", "owned": "乙", "pct": 170}]}, ("ownership[1].pct", "range", "error")),
        ({"amount": Decimal(2_000_000_000)}, ("amount", "above_capex", "error")),
        ({"equity_pct": Decimal(120)}, ("equity_pct", "range", "error")),
        ({"equity_pct": Decimal(5), "amount": Decimal(860_000_000)}, ("equity_pct", "funding_gap", "warn")),
        ({"cod_planned": "2025-01-01"}, ("cod_planned", "past", "warn")),
        ({"offtake_expiry": "2026-12-01"}, ("offtake_expiry", "order", "error")),
        ({"statements": []}, ("statements", "years", "warn")),
    ],
)  # fmt: skip
def test_a_fault_is_told_by_field_and_rule(changes: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert expected in findings(**changes)


def test_a_foreign_client_needs_no_chinese_number(desk: Desk) -> None:
    made = desk.run("intake.register", inquiry(country="DE", reg_no=None, client_name="Nordwind GmbH"))
    found = desk.run("dq.validate", profile(reg_no=None) | {"party_id": made["party_id"]})
    assert found["issues"] == []


def test_the_profile_enters_the_book(desk: Desk, client: dict[str, Any]) -> None:
    inputs = profile() | {"party_id": client["party_id"], "project_key": client["project_key"]}
    assert desk.run("book.save_profile", inputs) == {"stage": "profile", "waiting_changes": []}
    with desk.runtime.reading() as session:
        card = records.client_card(session, client["client_key"])
        project = records.project_card(session, client["project_key"])
        edges = kyc.ownership(session, card.party.id)
    assert (card.party.legal_rep, card.party.capital) == ("钱进", Decimal("300000000.00"))
    assert card.origins["legal_rep"].source == "client_profile"
    assert card.origins["reg_no"].source == "website"
    assert {one.name: one.public_official for one in card.contacts} == {"王敏": False, "钱进": True}
    assert [(one.owner_name, one.share) for one in edges] == [("华丰集团", "70%"), ("李明", "30%")]
    assert {(one.party_name, one.role, one.share) for one in project.roles} == {
        ("华丰风电(上海)有限公司", "borrower", None),
        ("华丰集团", "sponsor", Decimal("0.7")),
    }
    assert project.main_party is not None and project.main_party.id == card.party.id
    assert (project.project.capex, project.project.cod_planned) == (Decimal("1150000000.00"), date(2027, 6, 30))


def test_saving_twice_leaves_one_of_everything(desk: Desk, client: dict[str, Any]) -> None:
    inputs = profile() | {"party_id": client["party_id"], "project_key": client["project_key"]}
    desk.run("book.save_profile", inputs)
    desk.run("book.save_profile", inputs)
    with desk.runtime.reading() as session:
        card = records.client_card(session, client["client_key"])
        project = records.project_card(session, client["project_key"])
    assert (len(card.contacts), len(project.roles)) == (2, 2)
    assert len([one for one in card.changes if one.field == "legal_rep"]) == 1


def test_open_issues_are_exactly_what_the_last_check_found(desk: Desk, client: dict[str, Any]) -> None:
    beside = {"party_id": client["party_id"], "project_key": client["project_key"]}
    first = desk.run("dq.validate", profile(legal_rep=None, ownership=[]) | beside)
    assert [one["level"] for one in first["issues"]] == ["error", "warn"]
    assert first["has_errors"] is True
    second = desk.run("dq.validate", profile(ownership=[]) | beside)
    assert (len(second["issues"]), second["has_errors"]) == (1, False)
    with desk.runtime.reading() as session:
        left = records.client_card(session, client["client_key"]).issues
    assert [(one.field, one.rule, one.level) for one in left] == [("ownership", "required", "warn")]


def test_failed_statement_checks_become_issues(desk: Desk, client: dict[str, Any]) -> None:
    checks = [
        {"period": "2024", "rule": "balance", "ok": False, "text": "不平"},
        {"period": "2023", "rule": "balance", "ok": True},
    ]
    found = desk.run("dq.validate", profile() | {"party_id": client["party_id"], "statement_checks": checks})
    assert [(one["field"], one["text"]) for one in found["issues"]] == [("statements[2024]", "不平")]


def test_another_clients_number_is_refused_and_offered_for_merging(desk: Desk, client: dict[str, Any]) -> None:
    other = desk.run("intake.register", inquiry(reg_no=None, client_name="华丰新能源"), business_key="PJ-2026-0002")
    beside = {"party_id": other["party_id"], "project_key": other["project_key"]}
    desk.run("book.save_profile", profile(client_name="华丰新能源") | beside)
    found = desk.run("dq.validate", profile() | beside)
    assert [(one["rule"], client["client_key"] in one["text_en"]) for one in found["issues"]] == [("taken", True)]
    with desk.runtime.reading() as session:
        assert records.client_card(session, other["client_key"]).party.reg_no is None


def test_verification_is_by_name_and_with_evidence(desk: Desk, client: dict[str, Any]) -> None:
    found = desk.run("book.verify_profile", {"party_id": client["party_id"], "by": "sun.hao", "evidence": "营业执照"})
    with desk.runtime.reading() as session:
        card = records.client_card(session, client["client_key"])
    assert found["verified"] > 5
    assert (card.origins["reg_no"].verifier, card.origins["reg_no"].evidence) == ("sun.hao", "营业执照")
    assert card.party.last_verified_at is not None
