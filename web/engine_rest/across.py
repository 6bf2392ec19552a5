"""Lists of what is kept by case, over many cases. Law: read case by case, newest first, as far as the page needs.

Elements and variables stand in no table of their own, so a list over cases reads them in turn. What narrows the cases
is said to the database; a page that would still need more than may be read is refused, with what to ask instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from engine.queries import registers
from engine.queries.registers import Condition, Wanted
from web.engine_rest.answers import Refused, invalid
from web.engine_rest.asking import Asked, definition_of, id_of
from web.engine_rest.filters import Filter, ids, text, texts

Row = Mapping[str, Any]
AT_ONCE = 100
"""So many cases are read together."""
CASES: dict[str, Filter] = {
    "processInstanceId": ids("id"),
    "processInstanceIdIn": ids("id"),
    "executionId": ids("id"),
    "executionIdIn": ids("id"),
    "processDefinitionKey": text("key"),
    "processDefinitionKeyIn": texts("key"),
    "processDefinitionId": ("definition_id", "eq", lambda asked, name: _definition(asked.text(name))),
}
"""Filters that say which cases; an execution is its case."""


def _definition(id: str | None) -> int | None:
    return None if id is None else definition_of(id)


def named_cases(asked: Asked) -> bool:
    """Whether cases are asked for by their ids."""
    names = ("processInstanceId", "processInstanceIdIn", "executionId", "executionIdIn")
    return any(asked.get(name) for name in names)


def of_cases(found: Sequence[str]) -> list[int]:
    """The cases behind ids such as `element:case:number`, `name:case` or `case`."""
    named = [id_of(part) for one in found for part in one.split(":") if part.isdigit()]
    return named or [0] * bool(found)


def in_turn(db: Any, where: Sequence[Condition], most: int, *, whole: bool) -> Iterator[list[Row]]:
    """The cases under conditions, newest first, some together. 400 when more than `most` would have to be read, which
    a list that needs all of them (`whole`: a count, a sorted one) is told before one is read."""
    read, last = 0, 2**63 - 1
    if whole and registers.number(db, "instances", Wanted(where)) > most:
        raise _too_many(most)
    while True:
        wanted = Wanted([*where, ("id", "lt", last)], order=(("id", True),), most=AT_ONCE)
        part = registers.rows(db, "instances", wanted)
        if not part:
            return
        read, last = read + len(part), part[-1]["id"]
        if read > most:
            raise _too_many(most)
        yield part
        if len(part) < AT_ONCE:
            return


def _too_many(most: int) -> Refused:
    return invalid(
        f"More than {most} cases would have to be read: narrow the list by processInstanceId, "
        "processDefinitionId or a span of time, or ask the newest with maxResults and without sortBy"
    )


def sliced(asked: Asked, found: Iterable[dict[str, Any]], orders: Mapping[str, str]) -> list[dict[str, Any]]:
    """The slice that is asked for. Unsorted, no more is read than it needs."""
    by = asked.order(orders)
    if by:
        whole = list(found)
        for name, falls in reversed(by):
            field = orders[name]
            whole.sort(key=lambda one: (one[field] is not None, one[field] or 0), reverse=falls)
        found = whole
    return list(islice(found, asked.first, asked.first + asked.most))
