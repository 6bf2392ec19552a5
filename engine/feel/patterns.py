"""XQuery and XPath regular expressions (XPath functions §5.6, XML Schema part 2 appendix G) for Python's
`regex`.

All of the syntax is translated: groups, `(?:…)`, greedy and reluctant quantifiers, back references,
categories and blocks, `\\i \\c`, class subtraction, flags s m i x q. What XPath has not (look-around, named
groups, possessive quantifiers, inline flags, `\\b`) is refused, as are blocks missing in `charsets`.
Patterns longer than MAX_PATTERN are refused, and one that backtracks for longer than PATIENCE over a text is given up:
`regex` can stop, which Python's `re` cannot.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import regex

from engine.feel import charsets as c
from engine.feel.reasons import Null

MAX_PATTERN: Final = 5_000
MAX_REPEAT: Final = 1_000
PATIENCE: Final = 1.0
"""Seconds that one search may take; a TimeoutError then ends the whole evaluation."""
_SINGLE: Final = {"n": "\n", "r": "\r", "t": "\t"}
_ESCAPED: Final = frozenset("\\|.?*+(){}-[]^$")
_QUANTITY: Final = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_NARROW: Final = 512
_DOT: Final = "[^\\n\\r]"


@lru_cache(maxsize=512)
def compiled(pattern: str, flags: str) -> regex.Pattern[str]:
    """The compiled pattern; raises Null for one that XPath does not allow."""
    if len(pattern) > MAX_PATTERN or set(flags) - set("smixq"):
        raise Null("pattern", pattern=pattern[:80], reason=f"flags {flags!r}" if flags else "too long")
    options = regex.IGNORECASE if "i" in flags else 0
    if "q" in flags:
        return regex.compile(re.escape(pattern), options)
    options |= regex.MULTILINE if "m" in flags else 0
    try:
        return regex.compile(_Translator(pattern, flags).all(), options)
    except (regex.error, RecursionError, OverflowError) as error:
        raise Null("pattern", pattern=pattern[:80], reason=error) from None


def _other_cases(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The letters of the other case. Wide ranges (scripts, categories) are left as they are."""
    narrow = (chr(code) for low, high in ranges if high - low < _NARROW for code in range(low, high + 1))
    variants = {other for letter in narrow for other in (letter.lower(), letter.upper()) if len(other) == 1}
    return [(ord(letter), ord(letter)) for letter in sorted(variants)]


class _Translator:
    """One pass over the pattern, writing Python's form of each piece."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = _without_blanks(pattern) if "x" in flags else pattern
        self.at = 0
        self.dot_all = "s" in flags
        self.caseless = "i" in flags
        self.multiline = "m" in flags
        self.opened: list[int] = []  # open groups: their numbers, 0 for (?:
        self.groups = 0
        self.repeatable = False  # whether a quantifier may follow

    def refuse(self, reason: str) -> Null:
        return Null("pattern", pattern=self.pattern[:80], reason=f"{reason} at {self.at}")

    def take(self) -> str:
        if self.at >= len(self.pattern):
            raise self.refuse("unexpected end")
        character = self.pattern[self.at]
        self.at += 1
        return character

    def all(self) -> str:
        written: list[str] = []
        while self.at < len(self.pattern):
            character = self.take()
            written.append(self.piece(character))
        if self.opened:
            raise self.refuse("group not closed")
        return "".join(written)

    def piece(self, character: str) -> str:
        if character in "*+?{":
            return self.quantifier(character)
        if character in "(|":
            self.repeatable = False
            return "|" if character == "|" else self.group()
        if character in "^$":
            self.repeatable = False
            return character if character == "^" or self.multiline else "\\Z"
        self.repeatable = True
        if character == ")":
            if not self.opened:
                raise self.refuse("unexpected )")
            self.opened.pop()
            return ")"
        if character == ".":
            return "(?s:.)" if self.dot_all else _DOT
        if character == "[":
            return _written(self.char_class())
        if character == "\\":
            return self.escape()
        if character in "]}":
            raise self.refuse(f"unexpected {character}")
        return re.escape(character)

    def group(self) -> str:
        if self.pattern.startswith("?:", self.at):
            self.at += 2
            self.opened.append(0)
            return "(?:"
        if self.pattern.startswith("?", self.at):
            raise self.refuse("only (?:…) may follow (?")
        self.groups += 1
        self.opened.append(self.groups)
        return "("

    def quantifier(self, character: str) -> str:
        if not self.repeatable:
            raise self.refuse("nothing to repeat")
        self.repeatable = False
        written = character
        if character == "{":
            match = _QUANTITY.match(self.pattern, self.at - 1)
            if match is None or max(int(bound or 0) for bound in match.groups()) > MAX_REPEAT:
                raise self.refuse("not a quantifier")
            written = match.group()
            self.at = match.end()
        if self.pattern.startswith("?", self.at):
            self.at += 1
            written += "?"
        return written

    def escape(self) -> str:
        character = self.take()
        if character.isdigit() and character != "0":
            return self.reference(character)
        if character in "dD":
            return "\\" + character  # the same set in Python
        single = self.single(character)
        return re.escape(single) if single is not None else _written(self.set_escape(character))

    def reference(self, digits: str) -> str:
        """A back reference takes further digits as long as such a group was opened before."""
        while self.pattern[self.at : self.at + 1].isdigit() and int(digits + self.pattern[self.at]) <= self.groups:
            digits += self.take()
        if int(digits) > self.groups or int(digits) in self.opened:
            raise self.refuse("reference to no finished group")
        return f"(?:\\{int(digits)})"

    def single(self, character: str) -> str | None:
        """The character that an escape means; None for an escape that means a set."""
        return character if character in _ESCAPED else _SINGLE.get(character)

    def set_escape(self, character: str) -> c.CharSet:
        if character in "pP":
            return self.property(character == "P")
        found = c.escape_class(character) if character.isascii() and character.isalpha() else None
        if found is None:
            raise self.refuse(f"unknown escape \\{character}")
        return found

    def property(self, negative: bool) -> c.CharSet:
        end = self.pattern.find("}", self.at)
        if not self.pattern.startswith("{", self.at) or end < 0:
            raise self.refuse("\\p without {…}")
        name = self.pattern[self.at + 1 : end]
        self.at = end + 1
        found = c.block(name[2:]) if name.startswith("Is") else c.category(name)
        if found is None:
            raise self.refuse(f"unknown property {name}")
        return c.complement(found) if negative else found

    def char_class(self) -> c.CharSet:
        """The set in brackets, its opening bracket read already."""
        negative = self.pattern.startswith("^", self.at)
        self.at += negative
        ranges: list[tuple[int, int]] = []
        removed: c.CharSet = ()
        first = True
        while first or not self.pattern.startswith("]", self.at):
            if not first and self.pattern.startswith("-[", self.at):
                self.at += 2
                removed = self.char_class()
                break
            ranges += self.class_part(first)
            first = False
        if self.take() != "]":
            raise self.refuse("expected ]")
        if negative and self.caseless:  # F&O 3.1 §5.6.2: [^Q] leaves out q as well
            ranges += _other_cases(ranges)
        found = c.joined(ranges)
        return c.without(c.complement(found) if negative else found, removed)

    def class_part(self, first: bool) -> c.CharSet:
        low = self.class_character(first)
        if not isinstance(low, str):
            return low
        follows = self.pattern[self.at + 1 : self.at + 2]
        if not self.pattern.startswith("-", self.at) or follows in ("]", "["):
            return ((ord(low), ord(low)),)
        self.at += 1
        high = self.class_character(False)
        if not isinstance(high, str) or ord(high) < ord(low):
            raise self.refuse("bad range")
        return ((ord(low), ord(high)),)

    def class_character(self, first: bool) -> str | c.CharSet:
        character = self.take()
        if character == "\\":
            escaped = self.take()
            single = self.single(escaped)
            return single if single is not None else self.set_escape(escaped)
        if character == "[" or (character == "]" and first):
            raise self.refuse(f"unexpected {character} in a class")
        return character


def _without_blanks(pattern: str) -> str:
    """Flag x: blanks outside of classes are taken away before anything else is read, even behind a
    backslash."""
    kept: list[str] = []
    depth, escaped = 0, False
    for character in pattern:
        if depth == 0 and character in " \t\n\r":
            continue
        kept.append(character)
        depth += (character == "[") - (character == "]") if not escaped else 0
        escaped = character == "\\" and not escaped
    return "".join(kept)


def _written(ranges: c.CharSet) -> str:
    """A set as a character class of `regex`."""
    if not ranges:
        return "(?!)"
    return "[" + "".join(_point(low) + ("-" + _point(high) if high > low else "") for low, high in ranges) + "]"


def _point(code: int) -> str:
    character = chr(code)
    return character if character.isascii() and character.isalnum() else f"\\U{code:08x}"


def replacement(by: str, groups: int, literal: bool) -> Callable[[regex.Match[str]], str]:
    """The writer of one replacement: `$n` is a group (empty when there is none such), `\\\\` and `\\$`
    stand for themselves. Raises Null for any other use of `$` and `\\`."""
    if literal:
        return lambda match: by
    parts = _parts(by, groups)
    return lambda match: "".join(
        part if isinstance(part, str) else ((match[part] or "") if part <= groups else "") for part in parts
    )


def _parts(by: str, groups: int) -> list[str | int]:
    parts: list[str | int] = []
    at = 0
    while at < len(by):
        character, follows = by[at], by[at + 1 : at + 2]
        if character == "\\":
            if follows not in ("\\", "$"):
                raise Null("pattern", pattern=by[:80], reason="\\ must be followed by \\ or $")
            parts.append(follows)
            at += 2
        elif character == "$":
            if not (follows.isascii() and follows.isdigit()):
                raise Null("pattern", pattern=by[:80], reason="$ must be followed by a digit")
            number, at = _group_number(by, at + 1, groups)
            parts.append(number)
        else:
            parts.append(character)
            at += 1
    return parts


def _group_number(by: str, at: int, groups: int) -> tuple[int, int]:
    """The number that begins at `at`, as many digits as make a group that exists, and where it ends."""
    end = at + 1
    while by[end : end + 1].isascii() and by[end : end + 1].isdigit() and int(by[at : end + 1]) <= groups:
        end += 1
    return int(by[at:end]), end
