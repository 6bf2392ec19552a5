"""Long lists in pages. Law: no page shows more than its size; a page past the end is the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a reader is in a list of `total` entries. `rows`: the entries of this page, when the list was at hand."""

    asked: int
    size: int
    total: int
    rows: Sequence[Any] = ()

    @classmethod
    def of(cls, entries: Sequence[Any], asked: int, size: int) -> Pages:
        """One page of a list that was read as a whole."""
        here = cls(asked, size, len(entries))
        return cls(asked, size, len(entries), entries[here.first - 1 : here.last])

    @property
    def count(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def number(self) -> int:
        """The page shown, from 1."""
        return min(max(1, self.asked), self.count)

    @property
    def first(self) -> int:
        """The place of the page's first entry, from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        """The place of its last one."""
        return min(self.number * self.size, self.total)


def asked_page(name: str = "page") -> int:
    """The page that the address asks for."""
    return max(1, request.args.get(name, 1, type=int) or 1)
