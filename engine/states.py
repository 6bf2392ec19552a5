"""States of instances as rows: the main part in the instance's row, iterations of large bodies in rows of their own.

Law: what is loaded for a step is loaded under the instance's lock, and what has not changed is not written. Who reads
without a lock takes main part and parts from one statement, so that they belong together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.process import codec
from engine.process.parts import Range
from engine.process.state import State
from engine.store import tables as t

_ID: sa.BindParameter[int] = sa.bindparam("b_id")
_THAT_PART = sa.and_(t.instance_part.c.instance_id == _ID, t.instance_part.c.part == sa.bindparam("b_part"))
_ADD = sa.insert(t.instance_part).values(instance_id=_ID, part=sa.bindparam("b_part"), body=sa.bindparam("b_body"))
_CHANGE = sa.update(t.instance_part).where(_THAT_PART).values(body=sa.bindparam("b_body"))
_DROP = sa.delete(t.instance_part).where(_THAT_PART)
_PIECES = sa.union_all(
    sa.select(sa.literal(0).label("part"), t.instance.c.body).where(t.instance.c.id == _ID),
    sa.select(t.instance_part.c.part, t.instance_part.c.body).where(t.instance_part.c.instance_id == _ID),
)


def parts(session: Session, instance_id: int, ranges: Iterable[Range]) -> dict[int, bytes]:
    """The rows of some parts, by their numbers."""
    own = t.instance_part.c
    places = [own.part.between(first, last) for first, last in ranges]
    rows = session.execute(sa.select(own.part, own.body).where(own.instance_id == instance_id, sa.or_(*places)))
    return {row.part: bytes(row.body) for row in rows}


def whole(session: Session, instance_id: int, body: bytes) -> State:
    """The state with all its parts, without a lock; `body` is that of the instance's row, and mostly all there is."""
    state = codec.decode(bytes(body))
    if not state.away:
        return state
    pieces = {row.part: bytes(row.body) for row in session.execute(_PIECES, {"b_id": instance_id})}
    state = codec.decode(pieces.pop(0))
    return codec.with_parts(state, ((1, state.drawn),), pieces)


def write_parts(
    connection: sa.Connection, instance_id: int, before: Mapping[int, bytes], after: Mapping[int, bytes]
) -> None:
    """Bring the rows of an instance's parts from what they were to what they are to be; others stay as they are."""
    own = {"b_id": instance_id}
    over = [{**own, "b_part": part} for part in before if part not in after]
    changed = [{**own, "b_part": p, "b_body": body} for p, body in after.items() if before.get(p, body) != body]
    new = [{**own, "b_part": part, "b_body": body} for part, body in after.items() if part not in before]
    for statement, rows in ((_DROP, over), (_CHANGE, changed), (_ADD, new)):
        if rows:
            connection.execute(statement, rows)
