"""Which tokens make one name: the longest known name that begins here wins (DMN 1.5 §10.3.1.3).

A name known as `a-b` is read where it is written without blanks around the sign; `a - b` is a subtraction
as soon as `a` alone is known too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from engine.errors import FeelSyntaxError
from engine.feel.lexer import Token, tokens

KEYWORDS: Final = frozenset(
    {"and", "or", "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "between"}
    | {"instance", "of", "function", "external", "true", "false", "null"}
)
_NAME_SIGNS: Final = frozenset("./-'+*")


def joined(parts: Sequence[Token]) -> str:
    """The name that these tokens spell."""
    return "".join((" " if part.spaced and at else "") + part.text for at, part in enumerate(parts))


@dataclass(slots=True)
class _Entry:
    name: str
    parts: tuple[Token, ...]


@dataclass(slots=True)
class NameTable:
    """The known names of one scope, looked up by their first token."""

    entries: dict[str, list[_Entry]] = field(default_factory=dict)
    single: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, names: Iterable[str]) -> NameTable:
        """A table of `names`; what can never be written as a name is left out."""
        table = cls()
        for name in names:
            table.add(name)
        return table

    def add(self, name: str) -> None:
        """Make `name` known."""
        if name.isidentifier():
            self.single.add(name)
            return
        try:
            parts = tokens(name)[:-1]
        except FeelSyntaxError:
            return
        if not parts or parts[0].kind != "name":
            return
        if len(parts) == 1:
            self.single.add(parts[0].text)
            return
        if not all(part.kind in ("name", "number") or part.text in _NAME_SIGNS for part in parts):
            return
        entries = self.entries.setdefault(parts[0].text, [])
        if all(entry.name != name for entry in entries):
            entries.append(_Entry(name, tuple(parts)))
            entries.sort(key=lambda entry: -len(entry.parts))

    def __contains__(self, name: str) -> bool:
        return name in self.single

    def match(self, stream: Sequence[Token], at: int, alone: bool) -> tuple[str, int] | None:
        """The longest compound name that begins at token `at` and how many tokens it takes. `alone`:
        whether the first token is a known name by itself."""
        for entry in self.entries.get(stream[at].text, ()):
            length = len(entry.parts)
            written = stream[at : at + length]
            if len(written) == length and all(a.text == b.text for a, b in zip(written, entry.parts, strict=True)):
                if alone and not _spaced_alike(written, entry.parts):
                    continue
                return entry.name, length
        return None


def _spaced_alike(written: Sequence[Token], parts: Sequence[Token]) -> bool:
    return all(a.spaced == b.spaced for a, b in zip(written[1:], parts[1:], strict=True))


@lru_cache(maxsize=512)
def known(names: frozenset[str] | tuple[str, ...]) -> NameTable:
    """The table of names that many texts share (a model's, the built-ins'). It must not be added to."""
    return NameTable.of(names)
