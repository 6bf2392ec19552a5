"""Who takes part in a project, drawn: the project in the middle, each party once with its roles, and in how many other
projects it takes part. Pure, but for `others`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.records import tables as book
from handlers.records.projects import Role
from handlers.views.ownership_picture import HIGH, RISE, WIDE, wrapped

STEP = HIGH + 16
"""From one box to the next below it."""
WIDTH = 3 * WIDE + 2 * RISE


@dataclass(frozen=True, slots=True)
class Stakeholder:
    """A party at its place (upper left corner), with the codes of its roles and the number of its other projects."""

    key: str
    name: str
    roles: tuple[str, ...]
    others: int
    x: int
    y: int
    lines: tuple[str, ...]
    line: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Map:
    """Everything that is drawn; `centre` is the project's corner."""

    parties: tuple[Stakeholder, ...]
    centre: tuple[int, int]
    lines: tuple[str, ...]
    width: int
    height: int


def drawn(name: str, roles: Sequence[Role], others: Mapping[int, int]) -> Map:
    """The map of a project: parties left and right of it in turn, in the order in which they came."""
    held: dict[int, list[Role]] = {}
    for one in roles:
        held.setdefault(one.party_id, []).append(one)
    rows = -(-len(held) // 2)
    height = max(rows, 1) * STEP + 8
    centre = (WIDE + RISE, (height - HIGH) // 2)
    found = []
    for place, (party_id, ones) in enumerate(held.items()):
        right = place % 2 == 1
        x, y = (2 * (WIDE + RISE) if right else 0), 4 + (place // 2) * STEP
        start = (centre[0] + (WIDE if right else 0), centre[1] + HIGH // 2)
        end = (x + (0 if right else WIDE), y + HIGH // 2)
        told = tuple(dict.fromkeys(one.role for one in ones))
        first, *rest = wrapped(ones[0].party_name)
        lines = (f"{first[:-1]}…" if rest else first,)
        more = others.get(party_id, 0)
        found.append(Stakeholder(ones[0].party_key, ones[0].party_name, told, more, x, y, lines, (*start, *end)))
    return Map(tuple(found), centre, wrapped(name), WIDTH, height)


def others(session: Session, project_id: int, party_ids: Collection[int]) -> dict[int, int]:
    """Party -> in how many other projects it has a role."""
    role = book.metadata.tables["party_role"]
    rows = session.execute(
        sa.select(role.c.party_id, sa.func.count(sa.distinct(role.c.project_id)))
        .where(role.c.party_id.in_(party_ids), role.c.project_id != project_id)
        .group_by(role.c.party_id)
    )
    return {row[0]: row[1] for row in rows}
