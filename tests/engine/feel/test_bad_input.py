"""Texts that are wrong, deep, long or hostile: an error that names the place, quickly, and never another one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FeelSyntaxError
from engine.feel import compile_expression, compile_unary_tests
from tests.engine.feel.tables import moment, run

WRONG = [
    ("", 0, "the expression ends"),
    ("1 +", 3, "the expression ends"),
    ("(1", 2, "expected ')'"),
    ("[1, 2", 5, "expected ']'"),
    ("{a: }", 4, "unexpected '}'"),
    ("{a 1}", 4, "expected ':'"),
    ("1 2", 2, "unexpected '2'"),
    ('"open', 0, "the string is not closed"),
    ("“curly”", 0, "straight quotes"),
    ("a # b", 2, "unexpected character '#'"),
    ("if a then b", 11, "expected 'else'"),
    ("for x return x", 14, "expected 'in'"),
    ("some x in y", 11, "expected 'satisfies'"),
    ("f(a: 1, 2)", 8, "mixed"),
    ("{a: 1, a: 2}", 7, "stands twice"),
    ("1 instance of", 13, "expected a type"),
    ("a.", 2, "expected a name"),
    ("x between 1 or 2", 12, "expected 'and'"),
    ("]1..2", 5, "end of the interval"),
    ("金额 ＞ 100", 3, "write '>'"),
    ("金额＞100", 2, "write '>'"),
    ("金额 > １00", 5, "write '1'"),
    ("sum(1，2)", 5, "write ','"),
    ("x in (1、2)", 7, "write ','"),
]


@pytest.mark.parametrize(("text", "position", "reason"), WRONG, ids=[row[0] or "empty" for row in WRONG])
def test_the_error_names_the_place_and_the_reason(text, position, reason):
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    assert caught.value.fields["position"] == position
    assert reason in str(caught.value.fields["reason"])
    assert caught.value.text("zh") != str(caught.value)


BOMBS = [
    "(" * 10_000 + "1" + ")" * 10_000,
    "[" * 10_000,
    "{a:" * 10_000,
    "-" * 10_000 + "1",
    "not(" * 10_000,
    "a" + ".b" * 10_000,
    "a" + "[1]" * 10_000,
    "1" + "=1" * 10_000,
    "x in (" * 5_000,
    "[1.." * 5_000,
    "[a..b[" * 5_000,
    "if a then " * 5_000,
    "for x in " * 5_000,
    "function(a) " * 5_000,
    "a instance of " + "list<" * 5_000,
    "1" * 300_000,
]


@pytest.mark.parametrize("text", BOMBS, ids=[text[:12] for text in BOMBS])
def test_deep_and_long_texts_are_refused_quickly(text):
    start = time.thread_time()
    with pytest.raises(FeelSyntaxError):
        compile_expression(text)
    with pytest.raises(FeelSyntaxError):
        compile_unary_tests(text)
    assert time.thread_time() - start < 5


def test_long_flat_texts_are_read():
    assert run("1" + " + 1" * 5_000) == 5_001
    assert run("true" + " and true" * 5_000) is True
    assert run("if false then 1 else " * 2_000 + "2") == 2
    assert run("[" + ", ".join(["1"] * 5_000) + "]") == [1] * 5_000


def test_huge_powers_are_null_at_once():
    start = time.thread_time()
    at = moment()
    assert run("10 ** 1000000000", at=at) is None
    assert at.warnings == ["the number is too large, too small or undefined"]
    assert time.thread_time() - start < 1


def test_warnings_are_bounded():
    at = moment()
    run("for i in 1..100000 return nobody", at=at)
    assert len(at.warnings) == 200


PIECES = st.sampled_from(
    [*'()[]{}<>=+-*/.,:"@?', "..", "**", "->", " and ", " or ", " in ", "if ", " then ", " else ", "for ", " return ",
     "some ", " satisfies ", "x", "1", "2.5", '"a"', "null", "true", " instance of ", "list", "not(", "function(",
     "date(", " between ", "item", '@"P1D"', "[1..3]", "{a:1}", "sum(", "//", "/*", "`", "'"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_text_is_read_or_refused_and_evaluation_never_raises(text):
    for compile_text in (compile_expression, compile_unary_tests):
        try:
            compiled = compile_text(text, {"x"})
        except FeelSyntaxError:
            continue
        scope = {"x": [1, "a", None]}
        if compile_text is compile_expression:
            compiled(scope, moment())
        else:
            assert compiled(1, scope, moment()) in (True, False, None)
