"""Who looks and then writes what they found missing: on PostgreSQL another may have written it in between.

SQLite writes one unit of work at a time. Here the first holds what it wrote until the second waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from engine import audit, verification
from engine.api import critical
from engine.store import tables as t
from tests.engine.together import POSTGRES, at_once, behind, errors
from tests.house import House

pytestmark = POSTGRES


def one_then_the_other(house: House, first: Callable[[Session], Any], second: Callable[[Session], Any]) -> Any:
    """What the second unit says, that came while the first had written and not yet committed; an error is raised."""
    with house.writing() as session:
        first(session)
        with behind(house, lambda: house.runtime.unit(second)) as other:
            session.keep()  # type: ignore[attr-defined]  # what transaction() does at its end
            return other.result()


def test_deeds_on_one_subject_at_once_are_one_chain(house: House) -> None:
    root = house.actor("root")

    def setting(value: int) -> Callable[[Session], None]:
        return lambda session: critical.write_setting(session, root, "house", {"name": str(value)})

    one_then_the_other(house, lambda s: audit.append(s, "outbox", "li", "a", {}),
                       lambda s: audit.append(s, "outbox", "wang", "b", {}))  # fmt: skip
    assert errors(at_once(*[lambda n=n: house.runtime.unit(setting(n)) for n in range(4)])) == []
    chains = [(row["subject"], row["seq"]) for row in house.rows(t.audit_entry)]
    assert sorted(chains) == [("house:house", n) for n in (1, 2, 3, 4)] + [("outbox", 1), ("outbox", 2)]
    with house.looking() as session:
        assert verification.verify(session).broken == []
