"""JavaScript's regular expressions, e-mail addresses and phone numbers as form-js reads them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import regex

# What String.prototype.trim removes (ECMA-262 §12.2 WhiteSpace and §12.3 LineTerminator).
JS_SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

PATIENCE: Final = 0.5
"""Seconds that a pattern may take over one text."""
_QUANTITY: Final = re.compile(r"\{\d+(?:,\d*)?\}")
"""Any other brace is a letter (ECMA-262 §B.1.2, ExtendedAtom)."""

# HTML Living Standard, "valid e-mail address".
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*")

# ITU-T E.164 country codes with the prefixes of zone 1's islands, and the zones' code lengths.
_COUNTRIES: Final = """
1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 68
76 77 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230
231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 248 249 250 251 252 253 254 255 256 257
258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359
370 371 372 373 374 375 376 377 378 379 380 381 382 383 385 386 387 389 420 421 423 500 501 502 503 504
505 506 507 508 509 590 591 592 593 594 595 596 597 598 670 672 673 674 675 676 677 678 679 680 681 682
683 685 686 687 688 689 690 691 692 850 852 853 855 856 880 886 960 961 962 963 964 965 966 967 968 970
971 972 973 974 975 976 977 992 993 994 995 996 998 1242 1246 1264 1268 1284 1340 1345 1441 1473 1649
1664 1670 1671 1684 1721 1758 1767 1784 1787 1809 1829 1849 1868 1869 1876 1939 4779 5999 3906698
"""
_THREE_DIGITS: Final = "99 97 96 89 88 87 85 83 80 69 68 67 59 50 42 38 37 35 29 28 26 25 24 23 22 21"
_TWO_DIGITS: Final = """
98 95 94 93 92 91 90 86 84 82 81 66 65 64 63 62 61 60 58 57 56 55 54 53 52 51 49 48 47 46 45 44 43 41 40
39 36 34 33 32 31 30 27 20
"""
_PHONE = re.compile(
    rf"(?:\+|00)(?:{'|'.join(_COUNTRIES.split())})"
    rf"(?:(?:{'|'.join(_THREE_DIGITS.split())})[0-9]|{'|'.join(_TWO_DIGITS.split())}|7|1)[0-9]{{4,20}}\Z"
)


def is_email(text: str) -> bool:
    """Whether the HTML standard calls it a valid e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Whether it ends in an international number: + or 00, country code, five digits or more."""
    return _PHONE.search(text) is not None


def js_length(text: str) -> int:
    """Length after trimming, in UTF-16 units, as JavaScript counts."""
    return len(text.strip(JS_SPACE).encode("utf-16-le", "surrogatepass")) // 2


@lru_cache(maxsize=512)
def js_pattern(source: str) -> regex.Pattern[str] | None:
    """A JavaScript pattern (no flags); None when it cannot be read. `found_in` searches by it."""
    out: list[str] = []
    in_class = False
    at = 0
    while at < len(source):
        step, text = _piece(source, at, in_class)
        out.append(text)
        letter = source[at]
        if letter == "[" and not in_class:
            in_class = True
        elif letter == "]" and in_class:
            in_class = False
        at += step
    try:
        return regex.compile("".join(out), regex.ASCII)
    except (regex.error, RecursionError, OverflowError):
        return None


def found_in(text: str, pattern: regex.Pattern[str]) -> bool:
    """Whether the pattern stands in the text. False when it backtracks for longer than PATIENCE: texts come from
    anybody, and a page must not stand still."""
    try:
        return pattern.search(text, timeout=PATIENCE) is not None
    except TimeoutError:
        return False


def _piece(source: str, at: int, in_class: bool) -> tuple[int, str]:
    """How many letters to take and what Python writes for them."""
    letter = source[at]
    if letter == "\\" and at + 1 < len(source):
        return 2, _escape(source[at + 1], in_class)
    if letter == "$" and not in_class:
        return 1, r"\Z"
    if source.startswith("(?<", at) and not in_class and source[at + 3 : at + 4] not in ("=", "!"):
        return 3, "(?P<"
    if letter == "[" and in_class:
        return 1, r"\["
    if letter == "{" and not in_class and _QUANTITY.match(source, at) is None:
        return 1, r"\{"
    return 1, letter


def _escape(letter: str, in_class: bool) -> str:
    if letter == "s":
        return JS_SPACE if in_class else f"[{JS_SPACE}]"
    if letter == "S" and not in_class:
        return f"[^{JS_SPACE}]"
    if letter == "/" or (letter.isalpha() and letter not in "dDwWbBnrtfvxuS0"):
        return re.escape(letter)
    return "\\" + letter
