"""The rules of a form, and what is kept of what was sent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import forms
from tests.engine.forms.table import CASES, CHOICES, Case, field

NOW = forms.Moment(datetime(2026, 3, 2, 1, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))


def schema(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": "default", "schemaVersion": 19, "components": list(components)}


def codes(errors: forms.Errors) -> dict[str, list[str]]:
    return {place: [code for code, _ in problems] for place, problems in errors.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_filled_data_breaks_exactly_these_rules(case: Case) -> None:
    _name, components, data, broken = case
    assert codes(forms.validate(schema(*components), {}, NOW, data)[1]) == broken


def test_kept_values_are_exact() -> None:
    form = schema(
        field("number", "amount", serializeToString=True),
        field("datetime", "day", subtype="date"),
        field("datetime", "at", subtype="datetime"),
        field("checklist", "marks", values=CHOICES),
    )
    sent = {"amount": "100000000.10", "day": "2026-03-31", "at": "2026-03-31T09:00", "marks": ["two"], "stray": 1}
    clean, errors = forms.validate(form, sent, NOW)
    assert not errors
    assert clean == {
        "amount": Decimal("100000000.10"),
        "day": date(2026, 3, 31),
        "at": datetime(2026, 3, 31, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")),
        "marks": ["two"],
    }


def test_control_characters_of_a_pasted_text_fall_away() -> None:
    clean, errors = forms.validate(schema(field("textarea")), {"a": "一\x0b二\x1b[2J\n三"}, NOW)
    assert (clean, errors) == ({"a": "一二[2J\n三"}, {})


@pytest.mark.parametrize(
    ("component", "sent", "code"),
    [
        (field("number"), "abc", "not_a_number"),
        (field("number"), "十二", "not_a_number"),
        (field("number"), True, "not_a_number"),
        (field("number"), "1e999999", "not_a_number"),
        (field("number"), "9" * 401, "not_a_number"),
        (field("number", serializeToString=True, validate={"min": 1}), Decimal("1e400"), "not_a_number"),
        (field("textfield"), ["x"], "wrong_type"),
        (field("textfield"), "x" * 100_001, "max_length"),
        (field("checkbox"), "yes", "wrong_type"),
        (field("select", values=CHOICES), "three", "not_an_option"),
        (field("taglist", values=CHOICES), "one", "wrong_type"),
        (field("checklist", values=CHOICES), ["one", "three"], "not_an_option"),
        (field("datetime", subtype="date"), "2026-02-30", "not_a_date"),
        (field("datetime", subtype="time"), "25:00", "not_a_time"),
        (field("datetime", subtype="datetime"), "2026-02-28", "not_a_moment"),
        (field("datetime", subtype="date", disallowPassedDates=True), "2026-03-01", "past_date"),
        (field("datetime", subtype="date", properties={"latest": "today"}), "2026-03-03", "future_date"),
    ],
)
def test_what_no_widget_could_send_is_refused(component: dict[str, Any], sent: object, code: str) -> None:
    assert codes(forms.validate(schema(component), {"a": sent}, NOW)[1]) == {"a": [code]}


def test_disabled_and_read_only_fields_are_never_written() -> None:
    form = schema(
        field("textfield", "a", disabled=True), field("textfield", "b", readonly=True), field("textfield", "c")
    )
    clean, errors = forms.validate(form, {"a": "x", "b": "x", "c": "x"}, NOW, {"b": "before"})
    assert (clean, errors) == ({"c": "x"}, {})


def test_a_read_only_expression_decides() -> None:
    form = schema(field("checkbox", "lock"), field("textfield", "b", readonly="=lock"))
    assert forms.validate(form, {"lock": True, "b": "x"}, NOW)[0] == {"lock": True}
    assert forms.validate(form, {"lock": False, "b": "x"}, NOW)[0] == {"lock": False, "b": "x"}


def test_hidden_fields_are_not_written_and_the_context_decides_what_is_hidden() -> None:
    form = schema(field("textfield", "b", v_required=True, conditional={"hide": '=tier = "A"'}))
    assert forms.validate(form, {"b": "x"}, NOW, {"tier": "A"}) == ({}, {})
    assert codes(forms.validate(form, {}, NOW, {"tier": "B"})[1]) == {"b": ["required"]}


def test_expression_fields_are_worked_out_here_whatever_was_sent() -> None:
    form = schema(
        field("number", "a"),
        {"type": "expression", "key": "twice", "expression": "=a * 2"},
        {"type": "expression", "key": "four", "expression": "=twice * 2"},
    )
    assert forms.validate(form, {"a": 3, "twice": 99}, NOW)[0] == {"a": 3, "twice": 6, "four": 12}


def test_an_untouched_field_keeps_what_it_was_filled_with() -> None:
    form = schema(field("textfield", "name", v_required=True), field("number", "amount"))
    assert forms.validate(form, {"amount": 5}, NOW, {"name": "Li"})[0] == {"name": "Li", "amount": 5}


def test_rows_are_checked_one_by_one_and_strays_in_them_dropped() -> None:
    form = schema(
        {"type": "dynamiclist", "path": "rows", "isRepeating": True, "components": [field("number", "n", v_max=9)]}
    )
    clean, errors = forms.validate(form, {"rows": [{"n": 1, "x": 1}, {"n": 10}]}, NOW)
    assert codes(errors) == {"rows.1.n": ["max"]}
    assert clean["rows"][0] == {"n": 1}
    assert codes(forms.validate(form, {"rows": "none"}, NOW)[1]) != {}


def test_a_date_of_a_row_that_is_sent_again_unchanged_is_kept() -> None:
    day = field("datetime", "day", subtype="date", v_required=True)
    form = schema({"type": "dynamiclist", "path": "rows", "isRepeating": True, "components": [day]})
    rows = {"rows": [{"day": "2026-01-05"}]}
    clean, errors = forms.validate(form, rows, NOW, rows)
    assert (clean, errors) == ({"rows": [{"day": date(2026, 1, 5)}]}, {})


def test_a_pattern_that_cannot_be_read_is_said_not_raised() -> None:
    assert codes(forms.validate(schema(field("textfield", v_pattern="(")), {"a": "x"}, NOW)[1]) == {
        "a": ["pattern_unreadable"]
    }


def test_a_pattern_that_backtracks_without_end_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.forms.patterns.PATIENCE", 0.02)
    endless = schema(field("textfield", v_pattern="^(a|aa)+$"), field("textfield", "b", v_pattern="^{e}$"))
    _, errors = forms.validate(endless, {"a": "a" * 40 + "!", "b": "{e}"}, NOW)
    assert codes(errors) == {"a": ["pattern"]}


@pytest.mark.parametrize("code", forms.MESSAGES)
def test_every_code_has_a_sentence_in_both_languages(code: str) -> None:
    facts = {"value": 1, "text": "说明", "previous": 1, "next": 2, "expected": "text", "expected_zh": "文本"}
    english, chinese = forms.message(code, facts, "en"), forms.message(code, facts, "zh-CN")
    assert "{" not in english + chinese
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_values_for_the_page_are_plain_json_and_money_stays_text() -> None:
    form = schema(field("number", "amount", serializeToString=True), field("number", "share"))
    given = {"amount": Decimal("100000000.10"), "share": Decimal("12.5"), "day": date(2026, 3, 31)}
    assert forms.prefill(form, given) == {"amount": "100000000.10", "share": 12.5, "day": "2026-03-31"}
    kept = {"amount": Decimal("30.0000000000")}, {"amount": Decimal("0.1250000000")}  # as a column of ten places has it
    assert [forms.prefill(form, one)["amount"] for one in kept] == ["30", "0.125"]


@pytest.mark.parametrize("off", [{"disabled": True}, {"readonly": True}, {"readonly": "=locked"}])
@pytest.mark.parametrize("sent", [{"rows": [{"a": "x"}]}, {"rows": None}, {}])
def test_of_a_list_that_is_shown_only_nothing_is_written(off: dict[str, object], sent: dict[str, object]) -> None:
    rows = {"type": "dynamiclist", "id": "r", "path": "rows", "components": [{"type": "textfield", "key": "a"}], **off}
    before = {"rows": [{"a": "1"}, {"a": "2"}], "locked": True}
    assert forms.validate(schema(rows), sent, NOW, before) == ({}, {})


def test_rows_that_stand_keep_what_says_which_they_are() -> None:
    cells = [field("textfield", "key", readonly=True, v_required=True), field("textfield", "state")]
    rows = {"type": "dynamiclist", "id": "r", "path": "rows", "components": cells, "allowAddRemove": False}
    before = {"rows": [{"key": "1", "state": "open"}, {"key": "2", "state": "open"}]}
    sent = {"rows": [{"key": "9", "state": "done"}, {"state": "open"}]}
    kept = {"rows": [{"key": "1", "state": "done"}, {"key": "2", "state": "open"}]}
    assert forms.validate(schema(rows), sent, NOW, before) == (kept, {})
    growing = {**rows, "allowAddRemove": True}
    assert forms.validate(schema(growing), sent, NOW, before)[0]["rows"][0] == {"state": "done"}
