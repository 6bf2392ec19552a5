"""JSON from outside: exact, and nothing that fills the memory or that no database keeps."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.exact import DEEPEST, read_json


def test_numbers_are_exact_and_texts_come_as_they_are() -> None:
    assert read_json('{"a": 12.30, "b": 1e999, "c": [7, "\\ud83d\\ude00\\n"]}') == {
        "a": Decimal("12.30"),
        "b": Decimal("1e999"),
        "c": [7, "\U0001f600\n"],
    }
    assert read_json(b"\xff\xfe" + '{"名": 1}'.encode("utf-16-le")) == {"名": 1}
    assert read_json("[" * DEEPEST + "]" * DEEPEST)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1e9999999}', '{"a": -1E-9999999}', '{"a": 1e99999999999999999999}', f"1.{'1' * 5000}", "9" * 5000,
        '{"a": NaN}', "[Infinity]", "[" * 101 + "]" * 101, '{"a":' * 900 + "1" + "}" * 900, "[" * 100_000,
        r'{"a": "\u0000"}', r'{"\ud800": 1}', r'[{"a": ["\uDC00"]}]',
    ],
)  # fmt: skip
def test_what_could_not_be_kept_or_written_out_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_json(text)
