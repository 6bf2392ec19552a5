"""The unified social credit code (统一社会信用代码): is it one, and if not, which character is wrong.

Source: GB 32100-2015 «法人和其他组织统一社会信用代码编码规则»: 18 characters of 0–9, A–Z without I O S V Z:
1 registering authority, 2 kind of entity, 3–8 administrative division (digits), 9–17 organisation code of
GB 11714, 18 check character: C18 = 31 − (Σ Ci·3^(i−1) mod 31), 31 counting as 0. The organisation code has a
check character of its own (position 17): C9 = 11 − (Σ Ci·Wi mod 11) with weights 3 7 9 10 5 8 4 2, 10 written
as X and 11 as 0. The check character of position 18 is computed by python-stdnum.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from stdnum.cn import uscc

LENGTH = 18
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LOOKALIKES = {"I": "1", "O": "0", "S": "5", "Z": "2", "V": "U"}
"""Letters that the code never has, with what was probably meant."""

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class RegNo:
    """The verdict. `code` is the compact form; `position` is the (likely) first wrong character, from 1."""

    ok: bool
    code: str
    rule: str = ""
    position: int | None = None
    zh: str = ""
    en: str = ""
    suspects: tuple[int, ...] = ()
    """When the check character disagrees: the places where one slip can explain it, likeliest first."""


def compact(text: str) -> str:
    """Upper case, half width, without blanks and hyphens."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in plain if not char.isspace() and char not in "-‐‑–—_.·")


def check(text: str) -> RegNo:
    """Judge one code as typed; never raises."""
    code = compact(text)
    if len(code) != LENGTH:
        return RegNo(
            False,
            code,
            "length",
            None,
            f"统一社会信用代码应为 18 位，现为 {len(code)} 位",
            f"the unified social credit code has 18 characters, this has {len(code)}",
        )
    return _alphabet_fault(code) or _check_character_fault(code) or RegNo(True, code)


def _alphabet_fault(code: str) -> RegNo | None:
    for position, char in enumerate(code, start=1):
        if char not in ALPHABET:
            meant = LOOKALIKES.get(char)
            zh = f"第 {position} 位“{char}”不是代码用字" + (f"，可能应为“{meant}”" if meant else "")
            en = f"character {position} “{char}” is not used in the code" + (
                f", perhaps “{meant}” was meant" if meant else ""
            )
            return RegNo(False, code, "character", position, zh, en)
        if 3 <= position <= 8 and not char.isdigit():
            return RegNo(
                False,
                code,
                "division",
                position,
                f"第 {position} 位“{char}”应为数字（第 3–8 位为行政区划码）",
                f"character {position} “{char}” must be a digit (3–8 are the administrative division)",
            )
    return None


def _check_character_fault(code: str) -> RegNo | None:
    expected = uscc.calc_check_digit(code[:-1])
    if code[-1] == expected:
        return None
    suspects, zh_where, en_where = _suspects(code)
    return RegNo(
        False,
        code,
        "check_character",
        suspects[0] if suspects else LENGTH,
        f"校验码不符：第 18 位为“{code[-1]}”，按前 17 位应为“{expected}”；{zh_where}",
        f"the check character disagrees: 18 is “{code[-1]}”, the first 17 ask for “{expected}”; {en_where}",
        suspects,
    )


def _suspects(code: str) -> tuple[tuple[int, ...], str, str]:
    """Where one slip must be: what a swap of neighbours or another character would heal, by both checks."""
    swaps = [at for at in range(LENGTH - 1) if _sound(_swapped(code, at))]
    if len(swaps) == 1:
        first = swaps[0] + 1
        return (
            (first, first + 1),
            f"第 {first} 位与第 {first + 1} 位可能颠倒",
            f"characters {first} and {first + 1} are probably swapped",
        )
    places = [at + 1 for at in range(LENGTH) if any(_sound(_replaced(code, at, char)) for char in ALPHABET)]
    places.sort(key=lambda place: place != LENGTH)
    if not places:
        return (), "不止一处录错", "more than one character is wrong"
    listed = ", ".join(str(place) for place in places)
    if len(places) == 1:
        return tuple(places), f"应是第 {listed} 位录错", f"character {listed} must be the wrong one"
    return (
        tuple(places),
        f"若只错一处，可能是第 {listed.replace(', ', '、')} 位",
        f"if there is one slip, it is at one of {listed}",
    )


def _replaced(code: str, at: int, char: str) -> str:
    return code[:at] + char + code[at + 1 :]


def _swapped(code: str, at: int) -> str:
    return code[:at] + code[at + 1] + code[at] + code[at + 2 :]


def _sound(code: str) -> bool:
    return (
        code[2:8].isdigit()
        and uscc.calc_check_digit(code[:-1]) == code[-1]
        and organisation_check(code[8:16]) == code[16]
    )


def organisation_check(body: str) -> str:
    """The check character of an 8-character organisation code (GB 11714-1997)."""
    total = sum(int(char, 36) * weight for char, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[(11 - total % 11) % 11]


def complete(first_17: str) -> str:
    """The code whose first 17 characters are given (fixtures and samples)."""
    return first_17 + uscc.calc_check_digit(first_17)
