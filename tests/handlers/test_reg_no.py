"""The registration number: sound ones pass, wrong ones are told by the character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reg_no import ALPHABET, LENGTH, check, complete, organisation_check

SOUND = "91110000600037341L"


def test_a_sound_number_passes_in_any_writing() -> None:
    for typed in (SOUND, "9111 0000 6000 3734 1l", "９１１１００００６０００３７３４１Ｌ", "91110000-60003734-1L"):
        verdict = check(typed)
        assert (verdict.ok, verdict.code) == (True, SOUND)


@pytest.mark.parametrize(
    ("typed", "rule", "position"),
    [
        ("91110000600037341M", "check_character", 18),
        ("9111000060003734IL", "character", 17),
        ("9111000O600037341L", "character", 8),
        ("91A10000600037341L", "division", 3),
        ("91110000600073341L", "check_character", 13),
        ("9111000060003734", "length", None),
        ("", "length", None),
    ],
)
def test_a_wrong_number_is_told_by_rule_and_place(typed: str, rule: str, position: int | None) -> None:
    verdict = check(typed)
    assert (verdict.ok, verdict.rule, verdict.position) == (False, rule, position)
    assert verdict.zh and verdict.en


def test_a_letter_that_looks_like_a_digit_is_named() -> None:
    assert "可能应为“1”" in check("9111000060003734IL").zh
    assert "perhaps “0” was meant" in check("9111000O600037341L").en


def numbers() -> st.SearchStrategy[str]:
    head = st.sampled_from(["91", "92", "51", "12", "N2"])
    division = st.text("0123456789", min_size=6, max_size=6)
    body = st.text(ALPHABET, min_size=8, max_size=8)
    return st.builds(lambda h, d, b: complete(h + d + b + organisation_check(b)), head, division, body)


@given(numbers(), st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_every_single_slip_is_caught_and_lies_among_the_suspects(code: str, at: int, char: str) -> None:
    assert check(code).ok
    slipped = code[:at] + char + code[at + 1 :]
    verdict = check(slipped)
    assert verdict.ok == (slipped == code)
    if verdict.rule == "check_character" and "swapped" not in verdict.en:
        assert at + 1 in verdict.suspects
