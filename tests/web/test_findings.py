"""Findings of a check stand at the fields they concern, in the form as it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from web.findings import at_fields, places

SCHEMA = {"components": [{"type": "group", "components": [{"type": "table", "dataSource": "=dq_issues"}]}]}
VALUES: dict[str, Any] = {
    "amount": "680000000",
    "people": [{"name": "林海", "mobile": "1"}, {"name": "何青", "mobile": "2"}],
    "statements": [{"period": "2023", "revenue": 1}, {"period": "2024", "revenue": 2}],
    "ownership": [{"holder": "林海", "owned": "甲公司"}, {"holder": "何青", "owned": "甲公司"}],
}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("amount", ["amount"]),
        ("people[2].mobile", ["people.1.mobile"]),
        ("people", []),
        ("statements[2024].revenue", ["statements.1.revenue"]),
        ("statements[2023]", ["statements.0.period"]),
        ("statements.2024", ["statements.1.period"]),
        ("ownership.甲公司", ["ownership.0.owned", "ownership.1.owned"]),
        ("people[9].mobile", []),
        ("nobody[1].x", []),
        ("", []),
    ],
)
def test_a_place_of_a_check_is_a_field_of_the_form(field: str, expected: list[str]) -> None:
    assert places(field, VALUES) == expected


def finding(field: str) -> dict[str, str]:
    return {"field": field, "text": "不对", "text_en": "not right", "level": "error"}


def test_findings_come_in_the_language_of_the_page() -> None:
    checked = VALUES | {"dq_issues": [finding("amount"), finding("people[1].mobile")]}
    assert at_fields(SCHEMA, checked, checked, "zh") == {"amount": ["不对"], "people.0.mobile": ["不对"]}
    assert at_fields(SCHEMA, checked, checked, "en")["amount"] == ["not right"]


def test_what_was_corrected_in_the_draft_bears_no_finding() -> None:
    checked = VALUES | {"dq_issues": [finding("amount"), finding("people[1].mobile")]}
    assert at_fields(SCHEMA, checked, checked | {"amount": "1"}, "zh") == {"people.0.mobile": ["不对"]}


def test_forms_without_a_table_of_findings_have_none() -> None:
    checked = VALUES | {"dq_issues": [finding("amount")]}
    assert at_fields({"components": []}, checked, checked, "zh") == {}
    assert at_fields(None, checked, checked, "zh") == {}
    assert at_fields(SCHEMA, VALUES, VALUES, "zh") == {}
