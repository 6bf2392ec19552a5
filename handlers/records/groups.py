"""Groups of connected clients (集团客户): who heads one and who belongs to it, through groups in groups.

Law: a group is all whom `group_id` leads to one head, however many steps away; exposures add up over all of them
(《商业银行大额风险暴露管理办法》). An entry that was merged away stands for its survivor. A ring of groups has no head:
it is refused when it is written and when it is met.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from handlers.records.tables import party as parties


def head_of(session: Session, party_id: int) -> int:
    """The party at the top of a client's group, else itself. NotFound; InvalidInput for a ring."""
    at, seen = party_id, set[int]()
    while True:
        row = session.execute(sa.select(parties.c.group_id, parties.c.merged_into).where(parties.c.id == at)).first()
        if row is None:
            raise NotFound(what="client", what_zh="客户", id=at)
        above = row.group_id if row.merged_into is None else row.merged_into
        if above is None or above == at:
            return at
        seen.add(at)
        if above in seen:
            raise ring()
        at = above


def members_of(session: Session, head: int) -> frozenset[int]:
    """A head and everybody whose group leads to it, and the entries merged into any of them."""
    found, fresh = {head}, {head}
    while fresh:
        below = sa.or_(
            sa.and_(parties.c.group_id.in_(fresh), parties.c.merged_into.is_(None)), parties.c.merged_into.in_(fresh)
        )
        fresh = set(session.scalars(sa.select(parties.c.id).where(below))) - found
        found |= fresh
    return frozenset(found)


def heads(session: Session) -> Mapping[int, int]:
    """Of every client that belongs to a group or was merged, the head. InvalidInput for a ring."""
    linked = sa.or_(parties.c.group_id.is_not(None), parties.c.merged_into.is_not(None))
    above = {
        row.id: row.group_id if row.merged_into is None else row.merged_into
        for row in session.execute(sa.select(parties.c.id, parties.c.group_id, parties.c.merged_into).where(linked))
    }
    return {party_id: _top(above, party_id) for party_id in above}


def refuse_ring(session: Session, party_id: int, group_id: int) -> None:
    """InvalidInput when a client's new group leads back to it; NotFound for an unknown group."""
    if group_id == party_id:
        return
    if head_of(session, group_id) in members_of(session, party_id):
        raise ring()


def ring() -> InvalidInput:
    """What is said of groups that lead back to themselves."""
    return InvalidInput(
        place="group_id", reason="the groups lead back to themselves", reason_zh="集团归属成环：上级集团又归属于本客户"
    )


def _top(above: Mapping[int, int], party_id: int) -> int:
    at, seen = party_id, {party_id}
    while (up := above.get(at, at)) != at:
        if up in seen:
            raise ring()
        seen.add(up)
        at = up
    return at
