"""Text into tokens (DMN 1.5 §10.3.1.2). Names stay in parts: which parts make one name is the parser's to
say, since `monthly payment` and `a-b` can only be read by who knows the names in scope."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.errors import FeelSyntaxError

MAX_TEXT: Final = 200_000
"""Longest expression accepted, in characters."""

MAX_SHOWN: Final = 500
"""So much of a text stands in its error."""

# DMN 1.5 §10.3.1.2, grammar rules 28 and 29.
_START: Final = (
    "?A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_PART: Final = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_SPACE: Final = " \t\n\r\x0b\x0c\u0085\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"

_TOKEN: Final = re.compile(
    rf"""
    (?P<space>(?:[{_SPACE}]|//[^\n]*|/\*.*?\*/)+)
  | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<name>[{_START}][{_PART}]*|`[^`\n]+`)
  | (?P<at>@[{_SPACE}]*"(?:\\.|[^"\\])*")
  | (?P<string>"(?:\\.|[^"\\])*")
  | (?P<op>\*\*|\.\.|->|<=|>=|!=|[-+*/<>=()\[\]{{}},:.'’])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"(?:\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{6})+|\\.", re.DOTALL)
_FULL_WIDTH: Final = re.compile("[、。《》【】\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff5e]|^[\uff10-\uff19]")
_UNIT: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{6})")
_SIMPLE: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, string, at, name, op or end; `text` as written; `spaced` when blank space stands
    before."""

    kind: str
    text: str
    position: int
    spaced: bool
    quoted: bool = False  # a name in back quotes: never a keyword


def tokens(text: str) -> list[Token]:
    """All tokens of `text`, the last one of kind `end`. Raises FeelSyntaxError for what is no token."""
    if len(text) > MAX_TEXT:
        raise syntax_error(text, MAX_TEXT, f"longer than {MAX_TEXT} characters", f"超过 {MAX_TEXT} 个字符")
    found: list[Token] = []
    position, spaced = 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _no_token(text, position)
        kind, written = str(match.lastgroup), match.group()
        if kind != "space":
            quoted = written[0] == "`"
            found.append(Token(kind, written.strip("`") if quoted else written, position, spaced, quoted))
        spaced = kind == "space"
        position = match.end()
    found.append(Token("end", "", len(text), spaced))
    return found


def _no_token(text: str, position: int) -> FeelSyntaxError:
    if text[position] == '"':
        return syntax_error(text, position, "the string is not closed", "字符串没有结束引号")
    if text[position] in "“”":
        return syntax_error(text, position, 'strings stand in straight quotes: "', '字符串要用英文直引号 "')
    character = text[position]
    return syntax_error(text, position, f"unexpected character {character!r}", f"不认识的字符 {character!r}")


def syntax_error(text: str, position: int, reason: str, reason_zh: str) -> FeelSyntaxError:
    """The error for `position` (0-based) of `text`, with the reason in English and Chinese."""
    shown = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
    return FeelSyntaxError(text=shown, position=position, reason=reason, reason_zh=reason_zh)


def full_width(word: str) -> str | None:
    """The first full-width sign or digit in a word (the grammar lets them stand in names); None when it has none."""
    found = _FULL_WIDTH.search(word)
    return found.group() if found else None


def half_width(sign: str) -> str:
    """What FEEL writes for a full-width sign."""
    return {"、": ",", "。": ".", "【": "[", "】": "]", "《": "<", "》": ">"}.get(
        sign, unicodedata.normalize("NFKC", sign)
    )


def number(written: str) -> Decimal:
    """The value of a numeric literal, unrounded."""
    return Decimal(written)


def string(written: str) -> str:
    """The value of a string literal in its quotes. Surrogate pairs become one character; an escape that
    FEEL does not know keeps its backslash (so that patterns like "\\d" can be written)."""
    body = written[1:-1]
    return _ESCAPE.sub(_unescape, body) if "\\" in body else body


def _unescape(match: re.Match[str]) -> str:
    written = match.group()
    if written[1] not in "uU" or len(written) == 2:
        return _SIMPLE.get(written[1], written)
    points = [int(short or long, 16) for short, long in _UNIT.findall(written)]
    if any(point > 0x10FFFF for point in points):
        return written
    joined = "".join(map(chr, points))
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
