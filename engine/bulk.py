"""Many small units of work in one transaction. Law: one that fails takes none of the others with it.

A commit is what a small unit costs most, and what is around its statements comes next. `each` does many at once, and
what they write goes in lists (`engine.store.gathering`). That leaves no savepoint to go back to: when one stumbles,
all of it is undone and done again, each in a savepoint of its own. So it pays where hardly any fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine.errors import DatabaseUnavailable, DealflowError, OperatorError, StorageFull
from engine.execution import Runtime, Undone
from engine.store import fault_of, gathering, require_whole, savepoint

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stumbled(Undone):
    """Something failed that was done without a savepoint: nothing of the transaction is to be kept."""


def each(
    runtime: Runtime, items: Sequence[Item], work: Callable[[Session, Item], Result]
) -> list[Result | DealflowError]:
    """Do `work(session, item)` for each, in their order, in one transaction; what came of each, as a value.

    What an item is refused with (a DealflowError) is its own outcome, and nothing that it wrote stays; the others
    stand. The operator's trouble (a database that is gone, Contended after several tries) and what is no error of the
    house is raised, and nothing stands. `work` may be done more than once: it reads what it needs itself.
    """
    try:
        return runtime.unit(partial(_at_once, items=items, work=work))
    except Stumbled:
        return runtime.unit(partial(_one_by_one, items=items, work=work))


@contextmanager
def at_once(session: Session) -> Iterator[None]:
    """Units of work inside have no savepoints, and their writes go in lists, at the latest at the end.

    Stumbled for any fault but the database's own trouble.
    """
    try:
        with gathering(session):
            yield
    except (StorageFull, DatabaseUnavailable):
        raise
    except Exception as fault:
        trouble = fault_of(fault) if isinstance(fault, DBAPIError) else None
        if isinstance(trouble, StorageFull | DatabaseUnavailable):
            raise
        raise Stumbled from fault


def _at_once(
    session: Session, items: Sequence[Item], work: Callable[[Session, Item], Result]
) -> list[Result | DealflowError]:
    with at_once(session):
        return [work(session, item) for item in items]


def _one_by_one(
    session: Session, items: Sequence[Item], work: Callable[[Session, Item], Result]
) -> list[Result | DealflowError]:
    return [_in_savepoint(session, item, work) for item in items]


def _in_savepoint(session: Session, item: Item, work: Callable[[Session, Item], Result]) -> Result | DealflowError:
    try:
        with savepoint(session):
            try:
                found: Result | DealflowError = work(session, item)
            except DealflowError as fault:
                if not fault.commits:
                    raise
                found = fault
            require_whole(session)
            return found
    except OperatorError:
        raise
    except DealflowError as fault:
        return fault
