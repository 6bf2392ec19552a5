"""Built-ins on lists (DMN 1.5 §10.3.4.4) and sort() (§10.3.4.8). Arguments are never changed: each answer
is a new list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cmp_to_key, reduce
from typing import Final

from engine.feel.builtin import builtin, whole
from engine.feel.comparison import compare, equal, identity
from engine.feel.reasons import Null
from engine.feel.values import DECIMAL128, FunctionValue, Value, admit, is_number, kind

MAX_ITEMS: Final = 2_000_000
"""Longest list a built-in may build."""
_END: Final = object()


def _same(left: Value, right: Value) -> bool:
    return equal(left, right) is True


def _numbers(items: Iterable[Value], function: str) -> list[Decimal]:
    found = list(items)
    for item in found:
        if not is_number(item):
            raise Null("arguments", function=function, given=kind(item), expected="numbers")
    return [admit(item) for item in found]


def _index(position: Decimal, length: int, function: str) -> int:
    """The 0-based index of a 1-based or negative position; raises Null outside the list."""
    index = whole(position, function)
    if index == 0 or abs(index) > length:
        raise Null("index", index=index, length=length)
    return index - 1 if index > 0 else length + index


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────


@builtin("list contains", "list: list, element: any")
def list_contains(items: list[Value], element: Value) -> bool:
    return any(_same(item, element) for item in items)


@builtin("count", "list: list")
def count(items: list[Value]) -> Decimal:
    return Decimal(len(items))


@builtin("index of", "list: list, match: any")
def index_of(items: list[Value], match: Value) -> list[Value]:
    """All 1-based positions."""
    return [Decimal(at) for at, item in enumerate(items, 1) if _same(item, match)]


def _extreme(items: list[Value], side: int, function: str) -> Value:
    if not items:
        raise Null("arguments", function=function, given="nothing", expected="a list with items")
    best = items[0]
    for item in items:
        order = compare(item, best)
        if order is None:
            raise Null("incomparable", left=kind(item), right=kind(best))
        if order == side:
            best = item
    return admit(best)


@builtin("min", "list: list")
def min_of_list(items: list[Value]) -> Value:
    return _extreme(items, -1, "min")


@builtin("min", "c...: any")
def min_of(*items: Value) -> Value:
    return _extreme(list(items), -1, "min")


@builtin("max", "list: list")
def max_of_list(items: list[Value]) -> Value:
    return _extreme(items, 1, "max")


@builtin("max", "c...: any")
def max_of(*items: Value) -> Value:
    return _extreme(list(items), 1, "max")


def _decide(items: Iterable[Value], decisive: bool) -> bool | None:
    found = list(items)
    if any(item is decisive for item in found):
        return decisive
    return None if any(not isinstance(item, bool) for item in found) else not decisive


@builtin("all", "list: list")
def all_of_list(items: list[Value]) -> bool | None:
    return _decide(items, False)


@builtin("all", "b...: any")
def all_of(*items: Value) -> bool | None:
    return _decide(items, False) if items else None


@builtin("any", "list: list")
def any_of_list(items: list[Value]) -> bool | None:
    return _decide(items, True)


@builtin("any", "b...: any")
def any_of(*items: Value) -> bool | None:
    return _decide(items, True) if items else None


# ── statistics ────────────────────────────────────────────────────────────────────────────────────────────


def _some_numbers(items: Iterable[Value], function: str) -> list[Decimal]:
    found = _numbers(items, function)
    if not found:
        raise Null("arguments", function=function, given="nothing", expected="numbers")
    return found


def _sum(items: Iterable[Value]) -> Decimal:
    return reduce(DECIMAL128.add, _some_numbers(items, "sum"))


def _mean(items: Iterable[Value]) -> Decimal:
    found = _some_numbers(items, "mean")
    return DECIMAL128.divide(reduce(DECIMAL128.add, found), Decimal(len(found)))


def _product(items: Iterable[Value]) -> Decimal:
    return reduce(DECIMAL128.multiply, _some_numbers(items, "product"))


def _median(items: Iterable[Value]) -> Decimal:
    found = sorted(_some_numbers(items, "median"))
    middle = len(found) // 2
    if len(found) % 2:
        return found[middle]
    return DECIMAL128.divide(DECIMAL128.add(found[middle - 1], found[middle]), Decimal(2))


def _stddev(items: Iterable[Value]) -> Decimal:
    """The sample standard deviation; null for less than two numbers."""
    found = _numbers(items, "stddev")
    if len(found) < 2:
        raise Null("arguments", function="stddev", given=len(found), expected="two numbers or more")
    mean = _mean(found)
    squares = [DECIMAL128.power(DECIMAL128.subtract(item, mean), Decimal(2)) for item in found]
    return DECIMAL128.sqrt(DECIMAL128.divide(reduce(DECIMAL128.add, squares), Decimal(len(found) - 1)))


def _mode(items: Iterable[Value]) -> list[Value]:
    """The most frequent numbers, ascending; [] of an empty list."""
    found = _numbers(items, "mode")
    often: dict[Decimal, int] = {}
    for item in found:
        often[item] = often.get(item, 0) + 1
    most = max(often.values(), default=0)
    return sorted(item for item, times in often.items() if times == most)


_STATISTICS: Final[dict[str, Callable[[Iterable[Value]], Value]]] = {
    "sum": _sum,
    "mean": _mean,
    "product": _product,
    "median": _median,
    "stddev": _stddev,
    "mode": _mode,
}
for _name, _function in _STATISTICS.items():
    builtin(_name, "list: list")(_function)
    builtin(_name, "n: any, more...: any")(lambda *items, of=_function: of(items))


# ── building ──────────────────────────────────────────────────────────────────────────────────────────────


def _bounded(items: list[Value]) -> list[Value]:
    if len(items) > MAX_ITEMS:
        raise Null("size", limit=MAX_ITEMS)
    return items


@builtin("sublist", "list: list, start position: number, length?: number|null")
def sublist(items: list[Value], start_position: Decimal, length: Decimal | None = None) -> list[Value]:
    start = _index(start_position, len(items), "sublist")
    if length is None:
        return items[start:]
    count = whole(length, "sublist")
    if count < 1 or start + count > len(items):
        raise Null("index", index=start + count, length=len(items))
    return items[start : start + count]


@builtin("append", "list: list, item...: any")
def append(items: list[Value], *more: Value) -> list[Value]:
    return _bounded([*items, *more])


@builtin("concatenate", "list...: list")
def concatenate(*lists: list[Value]) -> list[Value]:
    return _bounded([item for items in lists for item in items])


@builtin("insert before", "list: list, position: number, newItem: any")
def insert_before(items: list[Value], position: Decimal, new_item: Value) -> list[Value]:
    at = _index(position, len(items), "insert before")
    return [*items[:at], new_item, *items[at:]]


@builtin("remove", "list: list, position: number")
def remove(items: list[Value], position: Decimal) -> list[Value]:
    at = _index(position, len(items), "remove")
    return [*items[:at], *items[at + 1 :]]


@builtin("list replace", "list: list, position: number, newItem: any")
def list_replace_at(items: list[Value], position: Decimal, new_item: Value) -> list[Value]:
    at = _index(position, len(items), "list replace")
    return [*items[:at], new_item, *items[at + 1 :]]


@builtin("list replace", "list: list, match: function, newItem: any")
def list_replace_matching(items: list[Value], match: FunctionValue, new_item: Value) -> list[Value]:
    """Replaces each item for which `match(item, newItem)` is true."""
    replaced: list[Value] = []
    for item in items:
        found = match.call(admit(item), new_item)
        if not isinstance(found, bool):
            raise Null("no-boolean", place="list replace", kind=kind(found))
        replaced.append(new_item if found else item)
    return replaced


@builtin("reverse", "list: list")
def reverse(items: list[Value]) -> list[Value]:
    return items[::-1]


@builtin("union", "list...: list")
def union(*lists: list[Value]) -> list[Value]:
    return _distinct([item for items in lists for item in items])


@builtin("distinct values", "list: list")
def distinct_values(items: list[Value]) -> list[Value]:
    return _distinct(items)


def _distinct(items: list[Value]) -> list[Value]:
    kept: dict[object, Value] = {}
    for item in items:
        kept.setdefault(identity(item), item)
    return list(kept.values())


@builtin("flatten", "list: list")
def flatten(items: list[Value]) -> list[Value]:
    flat: list[Value] = []
    pending = [iter(items)]
    for _ in range(MAX_ITEMS):
        item = next(pending[-1], _END)
        if item is _END:
            pending.pop()
            if not pending:
                return flat
        elif isinstance(item, list | tuple):
            pending.append(iter(item))
        else:
            flat.append(item)
    raise Null("size", limit=MAX_ITEMS)


@builtin("sort", "list: list, precedes: function")
def sort_by(items: list[Value], precedes: FunctionValue) -> list[Value]:
    """Stable; `precedes(a, b)` says whether a comes before b."""

    def order(left: Value, right: Value) -> int:
        for first, second, side in ((left, right, -1), (right, left, 1)):
            found = precedes.call(first, second)
            if found is True:
                return side
            if found is not False:
                raise Null("no-boolean", place="sort", kind=kind(found))
        return 0

    return sorted(map(admit, items), key=cmp_to_key(order))


@builtin("sort", "list: list")
def sort(items: list[Value]) -> list[Value]:
    """Ascending, for numbers, strings, dates, times or durations of one kind."""

    def order(left: Value, right: Value) -> int:
        found = compare(left, right)
        if found is None:
            raise Null("incomparable", left=kind(left), right=kind(right))
        return found

    return sorted(map(admit, items), key=cmp_to_key(order))
