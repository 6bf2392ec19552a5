"""Where names stand: beside events and gateways, above the first stretch of a flow. Pure.

Law: a name lies on no node and on no other name; of the places that are left, the one on the fewest lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from engine.process.layout.body import Body, Edge, Node
from engine.process.layout.shapes import Box, Picture, Point

LINE = 14
WIDE, NARROW = 12, 7
"""How wide a Chinese and a Latin letter are at 11 px."""
WIDTHS = (90, 66, 130, 50)


def place_labels(body: Body, picture: Picture) -> None:
    """Add the labels of a body's events, gateways, data and flows."""
    small = [box for node in body.nodes if node.body is None and (box := picture.boxes.get(node.id))]
    inner = [picture.boxes[id] for id in picture.boxes if id not in {node.id for node in body.nodes}]
    headings = [
        Box(box.x, box.y, max(100, box.width), 26)
        for node in body.nodes
        if node.body is not None and (box := picture.boxes.get(node.id))
    ]
    solid = small + inner + headings
    bounds = Box(2, 2, picture.width - 4, picture.height - 4)
    lines = [part for line in picture.lines.values() for part in pairwise(line)]
    edges = [edge for edge in body.edges if edge.name and edge.id in picture.lines]
    for node in body.nodes:
        if node.name and node.kind in ("event", "gateway", "data") and node.id in picture.boxes:
            mine = [box for box in solid if not (node.kind == "gateway" and box == picture.boxes[node.id])]
            _put(node.id, _around(node, picture.boxes[node.id]), picture, mine, bounds, lines)
    for edge in edges:
        _put(edge.id, _along(edge, picture.lines[edge.id]), picture, solid, bounds, lines)


def _put(
    id: str,
    wishes: Iterable[tuple[int, Box]],
    picture: Picture,
    solid: list[Box],
    bounds: Box,
    lines: list[tuple[Point, Point]],
) -> None:
    others = list(picture.labels.values())
    best: tuple[int, Box] | None = None
    for price, box in wishes:
        if box.x < bounds.x or box.y < bounds.y or box.right > bounds.right or box.bottom > bounds.bottom:
            price += 300
        price += 1000 * sum(box.overlaps(other) for other in solid)
        price += 1000 * sum(box.overlaps(other) for other in others)
        if best is not None and price >= best[0]:
            continue
        price += 40 * sum(_crosses(box, part) for part in lines)
        if best is None or price < best[0]:
            best = price, box
    if best is not None:
        picture.labels[id] = best[1]


def _crosses(box: Box, part: tuple[Point, Point]) -> bool:
    (ax, ay), (bx, by) = part
    return (
        min(ax, bx) < box.right - 1
        and box.x + 1 < max(ax, bx) + 1
        and min(ay, by) < box.bottom - 1
        and box.y + 1 < max(ay, by) + 1
    )


def measured(text: str, width: int) -> tuple[int, int]:
    """Width and height of a text that is broken at `width`."""
    lengths, used = [0], 0
    for letter in text:
        wide = WIDE if ord(letter) > 0x2E7F else NARROW
        if lengths[-1] + wide > width:
            lengths.append(0)
        lengths[-1] += wide
        used = max(used, lengths[-1])
    return used + 2, LINE * len(lengths)


def _sizes(text: str) -> Iterator[tuple[int, int, int]]:
    """(price, width, height) of the ways to break a text."""
    seen = set()
    for price, width in enumerate(WIDTHS):
        size = measured(text, width)
        if size not in seen:
            seen.add(size)
            yield price * 4, *size


def _around(node: Node, box: Box) -> Iterator[tuple[int, Box]]:
    x, y = box.middle
    for price, width, height in _sizes(node.name):
        below = Box(x - width // 2, box.bottom + 4, width, height)
        above = Box(x - width // 2, box.y - 4 - height, width, height)
        first, second = (above, below) if node.kind == "gateway" else (below, above)
        if node.host is None:
            yield price, first
            yield price + 6, second
        for distance in (0, 6, 12, 20):
            for right in (True, False):
                across = box.right - 6 + distance // 2 if right else box.x + 6 - distance // 2 - width
                cost = price + 10 + distance // 2 + (not right) * 3
                yield cost, Box(across, box.bottom + distance - 2, width, height)
                yield cost + 4, Box(across, box.y - height - distance + 2, width, height)
                if node.host is None:
                    yield cost + 12, Box(across + (10 if right else -10), y - height // 2, width, height)
        for lift in (30, 44, 58):
            yield price + lift, first.moved(0, lift if first is below else -lift)


def _along(edge: Edge, line: list[Point]) -> Iterator[tuple[int, Box]]:
    """Above or below a level stretch, beside an upright one, near the beginning first."""
    for number, ((ax, ay), (bx, by)) in enumerate(pairwise(line)):
        for price, width, height in _sizes(edge.name):
            base = price + 12 * number
            if ay == by:
                length, right = abs(bx - ax), bx > ax
                for shift in range(4, max(5, length), 10):
                    x = ax + shift if right else ax - shift - width
                    over = max(0, shift + width - length)
                    yield base + shift // 6 + over, Box(x, ay - height - 2, width, height)
                    yield base + shift // 6 + over + 3, Box(x, ay + 3, width, height)
            else:
                length, down = abs(by - ay), by > ay
                for shift in range(4, max(5, length), 8):
                    y = ay + shift if down else ay - shift - height
                    over = max(0, shift + height - length)
                    yield base + shift // 6 + over + 2, Box(ax + 4, y, width, height)
                    yield base + shift // 6 + over + 5, Box(ax - 4 - width, y, width, height)
