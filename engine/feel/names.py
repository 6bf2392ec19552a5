"""Which tokens make one name: the longest known name that begins here wins, blanks between its tokens or not
(DMN 1.5 §10.3.1.4 and §10.3.1.6). Where `a-b` is known, `a - b` is that name too; a subtraction is `(a)-(b)`.
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
NAME_SIGNS: Final = frozenset("./-'’+*")


def joined(parts: Sequence[Token]) -> str:
    """The name that these tokens spell."""
    return "".join((" " if part.spaced and at else "") + part.text for at, part in enumerate(parts))


@dataclass(slots=True)
class _Entry:
    name: str
    parts: tuple[str, ...]


@dataclass(slots=True)
class NameTable:
    """The names of one scope that are more than a plain word, looked up by their first token. Plain words need
    no table: an unknown one is read as a name too."""

    entries: dict[str, list[_Entry]] = field(default_factory=dict)

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
            return
        try:
            parts = tokens(name)[:-1]
        except FeelSyntaxError:
            return
        if not parts or parts[0].kind != "name":
            return
        if not all(part.kind in ("name", "number") or part.text in NAME_SIGNS for part in parts):
            return
        entries = self.entries.setdefault(parts[0].text, [])
        if all(entry.name != name for entry in entries):
            entries.append(_Entry(name, tuple(part.text for part in parts)))
            entries.sort(key=lambda entry: -len(entry.parts))

    def match(self, stream: Sequence[Token], at: int) -> tuple[str, int] | None:
        """The longest such name that begins at token `at`, and how many tokens it takes."""
        for entry in self.entries.get(stream[at].text, ()):
            length = len(entry.parts)
            if tuple(token.text for token in stream[at : at + length]) == entry.parts:
                return entry.name, length
        return None


@lru_cache(maxsize=512)
def known(names: frozenset[str] | tuple[str, ...]) -> NameTable:
    """The table of names that many texts share (a model's, the built-ins'). It must not be added to."""
    return NameTable.of(names)
