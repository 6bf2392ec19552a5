"""Parts: the iterations of a large parallel body, which are stored and loaded apart. Law: an id tells its part.

A state is a main part (number 0) and, while a parallel multi-instance body of more than `LARGE` iterations is open, one
part for every `CHUNK` of them: their tokens, all that stands in them, what that waits for, and (in a scope of the kind
`part`) the results that the body will need at its end. Everything inside an iteration, bodies in bodies too, draws its
ids near its owner: the part's number above the age, which is the one counter of the instance. So a trigger's wait
names the part it needs, without an index; the trace, which names ages, is the same with parts and without; and the
order of ages is the order in which things began, wherever they are kept.

A state from the store holds the main part alone. A step that needs more raises `PartsNeeded` and has changed nothing:
whoever drives the kernel adds the parts and takes the step again (see `stepping`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from engine.process.state import State

LARGE = 50
"""Parallel bodies of more iterations than this are kept in parts."""
CHUNK = 16
"""Iterations a part: few enough that one completion decodes little, enough that a whole body is not too many rows."""
SHIFT = 32
AGES = (1 << SHIFT) - 1
"""The bits of an id that are its age; those above are its part."""

Range = tuple[int, int]
"""First and last number of consecutive parts."""


class PartsNeeded(Exception):
    """The step cannot go on without parts that are not in hand. Nothing has changed; add them and step again."""

    def __init__(self, ranges: tuple[Range, ...]) -> None:
        super().__init__(f"parts {ranges}")
        self.ranges = ranges


def part_of(id: int) -> int:
    """The part in which something is kept."""
    return id >> SHIFT


def age(id: int) -> int:
    """The number of an id among all of its instance; the older is the smaller."""
    return id & AGES


def first_id(part: int) -> int:
    """The id under which a part keeps its body's results; everything else in the part is larger."""
    return part << SHIFT


Member = TypeVar("Member")


class Members(dict[int, Member], Generic[Member]):
    """Tokens, scopes or waits of a state of which parts are away. Asking for one that is away raises PartsNeeded."""

    __slots__ = ("state",)

    def __init__(self, found: Mapping[int, Member], state: State) -> None:
        super().__init__(found)
        self.state = state

    def __missing__(self, id: int) -> Member:
        self.state.require(part_of(id), part_of(id))
        raise KeyError(id)
