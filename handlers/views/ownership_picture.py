"""Who owns a client, drawn: boxes in layers with the client at the foot, a line for every share. Pure.

A company is drawn once, one layer above the highest company that it owns; rings are cut where they close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.errors import InvalidInput
from handlers import ownership
from handlers.records.kyc import Edge

WIDE, HIGH, GAP, RISE = 176, 52, 24, 44
"""A box, the gap beside it and the room between two layers, in pixels."""
LINE = 11
"""Chinese characters on one line of a box; two lines at most."""


@dataclass(frozen=True, slots=True)
class Box:
    """A company or person at its place (upper left corner); `kind` person, company, state or fund; `is_client`."""

    name: str
    kind: str
    is_client: bool
    x: int
    y: int
    lines: tuple[str, ...]
    holds: str
    """What share of the client it has in the end, in per cent, for who has any."""


@dataclass(frozen=True, slots=True)
class Share:
    """A line from owner to owned with its share, and where its words stand."""

    owner: str
    owned: str
    words: str
    points: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is drawn; nothing when nobody is known."""

    boxes: tuple[Box, ...]
    shares: tuple[Share, ...]
    width: int
    height: int


def picture(edges: Sequence[Edge], client: str) -> Picture:
    """The picture of a client's known ownership."""
    if not edges:
        return Picture((), (), 0, 0)
    names, kinds = _names(edges, client)
    start = ownership.node(client)
    layer = _layers(edges, start)
    rows: dict[int, list[str]] = {}
    for key, level in layer.items():
        rows.setdefault(level, []).append(key)
    width = max(len(row) for row in rows.values()) * (WIDE + GAP) + GAP
    top = max(rows)
    held = _held(edges, start)
    boxes: dict[str, Box] = {}
    for level, row in rows.items():
        left = (width - len(row) * (WIDE + GAP) + GAP) // 2
        for place, key in enumerate(row):
            at = (left + place * (WIDE + GAP), GAP // 2 + (top - level) * (HIGH + RISE))
            boxes[key] = Box(names[key], kinds[key], key == start, *at, wrapped(names[key]), held.get(key, ""))
    shares = [_share(boxes, edge) for edge in edges]
    height = (top + 1) * HIGH + top * RISE + GAP
    return Picture(tuple(boxes.values()), tuple(one for one in shares if one), width, height)


def _names(edges: Sequence[Edge], client: str) -> tuple[dict[str, str], dict[str, str]]:
    names, kinds = {ownership.node(client): client}, {ownership.node(client): "company"}
    for edge in edges:
        owner, owned = ownership.node(edge.owner_name), ownership.node(edge.owned_name)
        names.setdefault(owner, edge.owner_name)
        names.setdefault(owned, edge.owned_name)
        kinds.setdefault(owned, "company")
        kinds[owner] = edge.owner_kind
    return names, kinds


def _layers(edges: Sequence[Edge], start: str) -> dict[str, int]:
    """Company -> its layer; those that no chain ties to the client stand right above it."""
    above: dict[str, list[str]] = {}
    for edge in edges:
        above.setdefault(ownership.node(edge.owned_name), []).append(ownership.node(edge.owner_name))
    found = {start: 0}

    def climb(key: str, path: tuple[str, ...]) -> None:
        for owner in above.get(key, []):
            if owner not in path and found.get(owner, 0) <= found[key]:
                found[owner] = found[key] + 1
                climb(owner, (*path, owner))

    climb(start, (start,))
    for edge in edges:
        found.setdefault(ownership.node(edge.owned_name), 1)
        found.setdefault(ownership.node(edge.owner_name), found[ownership.node(edge.owned_name)] + 1)
    return found


def _held(edges: Sequence[Edge], start: str) -> dict[str, str]:
    """Owner at the end of a chain -> its share of the client, where the shares can be read."""
    graph: dict[str, dict[str, Fraction]] = {}
    try:
        for edge in edges:
            of = graph.setdefault(ownership.node(edge.owned_name), {})
            key = ownership.node(edge.owner_name)
            of[key] = of.get(key, Fraction(0)) + ownership.held(edge.share, "share")
        owners = ownership.structure(graph, start, Fraction(0)).owners
    except (InvalidInput, ownership.CycleFound):
        return {}
    return {one.name: f"{ownership.percent(one.shares).normalize():f} %" for one in owners}


def _share(boxes: dict[str, Box], edge: Edge) -> Share | None:
    owner, owned = boxes[ownership.node(edge.owner_name)], boxes[ownership.node(edge.owned_name)]
    try:
        words = f"{ownership.percent(ownership.held(edge.share, 'share')).normalize():f} %"
    except InvalidInput:
        words = edge.share
    points = (owner.x + WIDE // 2, owner.y + HIGH, owned.x + WIDE // 2, owned.y)
    return Share(owner.name, owned.name, words, points)


def wrapped(name: str) -> tuple[str, ...]:
    """In two lines at most, by the width of its letters."""
    lines, line, width = [], "", 0.0
    for letter in name:
        width += 1 if ord(letter) > 0x2E80 else 0.55
        if width > LINE:
            lines.append(line)
            line, width = "", 1.0
        line += letter
    lines.append(line)
    return tuple(lines) if len(lines) < 3 else (lines[0], f"{lines[1][:-1]}…")
