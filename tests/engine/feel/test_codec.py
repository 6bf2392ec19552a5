"""FEEL values that only FEEL knows survive storage."""

import pytest

from engine.feel.codec import decode_value, encode_value
from tests.engine.feel.tables import run

TEXTS = [
    "[1..3)",
    "(< 10)",
    '(>= @"2026-03-31")',
    '[@"P1D"..@"P2D"]',
    '@"99999-12-31"',
    '@"-0044-03-15T10:30:00@Asia/Shanghai"',
    '@"10:30:00.123456789+08:00"',
    '@"PT0.000000001S"',
    '@"P1Y2M"',
    '[1.50, "a", null, true, {a: @"2026-03-31", b: [@"10:30:00Z"]}]',
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_read_back_is_the_same(text):
    value = run(text)
    assert decode_value(encode_value(value)) == value
