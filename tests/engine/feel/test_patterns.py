"""Regular expressions of XPath and XQuery."""

import pytest

from engine.feel.patterns import compiled, replacement
from engine.feel.reasons import Null
from tests.engine.feel.tables import moment, run

MATCHES = [
    ("bra", "abracadabra", "", True),
    ("^a.*a$", "abracadabra", "", True),
    ("^bra", "abracadabra", "", False),
    ("a.b", "a\nb", "", False),
    ("a.b", "a\nb", "s", True),
    ("^b$", "a\nb\nc", "", False),
    ("^b$", "a\nb\nc", "m", True),
    ("a$", "a\n", "", False),
    ("ABC", "abc", "i", True),
    ("hello world", "helloworld", "x", True),
    ("hello[ ]world", "hello world", "x", True),
    (r"hello\ sworld", "hello world", "x", True),
    ("a.c", "a.c", "q", True),
    ("a.c", "abc", "q", False),
    (r"\d{2,3}", "a12", "", True),
    (r"^\p{Lu}\p{Ll}+$", "Zürich", "", True),
    (r"^\p{IsCJKUnifiedIdeographs}+$", "客户", "", True),
    (r"^\P{L}+$", "123", "", True),
    (r"^[\i-[:]][\c-[:]]*$", "a-b.c", "", True),
    (r"^[a-z-[aeiou]]+$", "xyz", "", True),
    (r"^[a-z-[aeiou]]+$", "xaz", "", False),
    (r"^[^\s\d]+$", "abc", "", True),
    (r"(a)(b)\2\1", "abba", "", True),
    (r"^(?:ab)+?$", "abab", "", True),
    (r"\w", "_", "", False),
    (r"[-a]", "-", "", True),
    (r"[a-]", "-", "", True),
    (r"\[\]\{\}\^", "[]{}^", "", True),
]
REFUSED = [
    "(", ")", "[", "[]", "[z-a]", "a{2", "a{3,2}", "a**", "a*+", "*a", r"\b", r"\1", r"(a\1)", r"[\1]", r"\p{Foo}",
    r"\p{IsNowhere}", "(?=a)", "(?i)a", "(?<n>a)", r"\k", "a]", "a}", "\\",
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "flags", "found"), MATCHES)
def test_patterns_match(pattern, text, flags, found):
    assert (compiled(pattern, flags).search(text) is not None) is found


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_xpath_has_not_is_refused(pattern):
    with pytest.raises(Null):
        compiled(pattern, "")


def test_unknown_flags_are_refused():
    with pytest.raises(Null):
        compiled("a", "g")


@pytest.mark.parametrize(
    ("pattern", "by", "text", "result"),
    [
        ("bra", "*", "abracadabra", "a*cada*"),
        ("a.*?a", "*", "abracadabra", "*c*bra"),
        ("a(.)", "a$1$1", "abracadabra", "abbraccaddabbra"),
        ("(ab)|(a)", "[1=$1][2=$2]", "abcd", "[1=ab][2=]cd"),
        ("b", r"\$\\", "abc", r"a$\c"),
        ("(b)", "$12", "abc", "ab2c"),
        ("b", "$0$0", "abc", "abbc"),
        ("b", "$3", "abc", "ac"),
    ],
)
def test_replacements(pattern, by, text, result):
    regex = compiled(pattern, "")
    assert regex.sub(replacement(by, regex.groups, literal=False), text) == result


@pytest.mark.parametrize("by", ["$", "$x", "\\", r"\n"])
def test_replacements_that_mean_nothing_are_refused(by):
    with pytest.raises(Null):
        replacement(by, 1, literal=False)


def test_a_pattern_that_backtracks_without_end_ends_the_evaluation(monkeypatch):
    monkeypatch.setattr("engine.feel.builtins_strings.PATIENCE", 0.02)
    at = moment()
    assert run(f'for i in 1..1000 return matches("{"a" * 40}!", "(a|aa)+$")', at=at) is None
    assert at.warnings == ["a pattern took too long over a text"]
