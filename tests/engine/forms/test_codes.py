"""Full-width letters and digits, as a Chinese keyboard writes them: read as codes, left alone in names."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import forms

NOW = forms.Moment(datetime(2026, 3, 2, 1, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
CODE = {"pattern": "^[0-9A-HJ-NPQRTUWXY]{18}$"}


def kept(kind: str, sent: object, validate: dict[str, Any] | None = None) -> tuple[object, list[str]]:
    field = {"type": kind, "key": "one", "id": "one", "validate": validate or {}}
    clean, errors = forms.validate({"type": "default", "components": [field]}, {"one": sent}, NOW)
    return clean.get("one"), [code for code, _ in errors.get("one", [])]


@pytest.mark.parametrize(
    ("sent", "rules", "meant"),
    [
        ("＋８６１３８００１３８０９９", {"validationType": "phone"}, "+8613800138099"),
        (" ｇａｏ＠ｅｘａｍｐｌｅ．ｃｏｍ　", {"validationType": "email"}, "gao@example.com"),
        ("９１６４０３００ＭＡ９０００００５Ｘ", CODE, "91640300MA9000005X"),
        ("91640300ma9000005x ", CODE, "91640300MA9000005X"),
        ("２０２５", {"pattern": "^(19|20)[0-9]{2}$"}, "2025"),
    ],
)
def test_codes_are_read_as_they_were_meant(sent: str, rules: dict[str, Any], meant: str) -> None:
    assert kept("textfield", sent, rules) == (meant, [])


def test_numbers_may_be_full_width() -> None:
    assert kept("number", "１２，５".replace("，", "．")) == (Decimal("12.5"), [])


@pytest.mark.parametrize("rules", [{}, {"required": True}, {"maxLength": 40}, {"pattern": "^.+$"}])
def test_names_stay_as_they_were_typed(rules: dict[str, Any]) -> None:
    assert kept("textfield", "Ａ１光伏（宁夏）", rules) == ("Ａ１光伏（宁夏）", [])
    assert kept("textarea", "备注：Ａ１ ", rules) == ("备注：Ａ１ ", [])


def test_what_fits_no_pattern_is_refused_as_it_was_sent() -> None:
    assert kept("textfield", "Ａ１", CODE) == ("Ａ１", ["pattern"])
