"""How lines run: at right angles through the gaps between nodes, by A* over a grid. Pure.

Law: no line runs through a node or along another line that goes elsewhere; bends, crossings and long ways cost. Lines
that begin or end at one node may run together there.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from engine.process.layout.body import Body, Edge, Node
from engine.process.layout.shapes import CELL_HEIGHT, CELL_WIDTH, Box, Picture, Point

TRACKS = (-16, -8, 0, 8, 16)
BEND, CROSSING, TOUCHING, USED, MIXED = 60, 110, 400, 45, 160
DIRECTIONS = ((1, 0), (0, 1), (-1, 0), (0, -1))
OUT = {"gateway": (0, 8, 120, 10), "task": (0, 45, 150, 60), "event": (0, 45, 150, 60)}
"""What leaving costs to the right, downwards, to the left, upwards."""
IN = {"gateway": (160, 25, 0, 20), "task": (200, 40, 0, 35), "event": (160, 25, 0, 20)}
"""What arriving costs at the right, the lower, the left, the upper border."""

Index = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Port:
    """Where a line may leave or enter a node: on the border, and the next point of the grid outside."""

    at: Point
    grid: Index
    side: int
    cost: int


@dataclass(slots=True)
class Grid:
    """The lines that may be run along, what blocks them, and who runs where already."""

    xs: list[int]
    ys: list[int]
    blocked: set[Index]
    parts: dict[tuple[Index, Index], list[Edge]] = field(default_factory=dict)
    """Neighbouring points -> the lines that run from one to the other."""
    passed: dict[Index, list[tuple[Edge, int]]] = field(default_factory=dict)
    """Point -> the lines there, with 0 (along), 1 (up or down) or 2 (a bend or an end)."""
    used: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    """(node, side) -> `out` and `in` of the lines that have it."""


def route(body: Body, picture: Picture) -> None:
    """Find a way for every line of the body."""
    grid = _grid(body, picture)
    nodes = {node.id: node for node in body.nodes}
    edges = [edge for edge in body.edges if edge.source in picture.boxes and edge.target in picture.boxes]
    for edge in sorted(edges, key=lambda edge: _urgency(edge, picture, nodes)):
        picture.lines[edge.id] = _line(edge, nodes, picture, grid)


def _urgency(edge: Edge, picture: Picture, nodes: dict[str, Node]) -> tuple[bool, int]:
    """Straight lines first, then short ones; what goes back comes last."""
    (ax, ay), (bx, by) = picture.boxes[edge.source].middle, picture.boxes[edge.target].middle
    return bx <= ax, abs(ay - by) * 3 + abs(bx - ax)


def _grid(body: Body, picture: Picture) -> Grid:
    boxes = {node.id: picture.boxes[node.id] for node in body.nodes if node.id in picture.boxes}
    origin_x = picture.width % CELL_WIDTH - 20 if boxes else 0
    origin_y = (picture.height % CELL_HEIGHT) // 2
    xs = {box.middle[0] for box in boxes.values()}
    ys = {box.middle[1] for box in boxes.values()}
    for x in range(origin_x, picture.width + CELL_WIDTH, CELL_WIDTH):
        xs |= {x + track for track in TRACKS if 4 <= x + track <= picture.width - 4}
    for y in range(origin_y, picture.height + CELL_HEIGHT, CELL_HEIGHT):
        ys |= {y + track for track in TRACKS if 4 <= y + track <= picture.height - 4 and y + track not in picture.edges}
        ys.add(min(y + CELL_HEIGHT // 2, picture.height - 4))
    grid = Grid(sorted(xs), sorted(ys), set())
    for node in body.nodes:
        if node.id in boxes:
            _block(grid, boxes[node.id], 3 if node.host else 6)
    return grid


def _block(grid: Grid, box: Box, margin: int) -> None:
    columns = range(bisect_right(grid.xs, box.x - margin), bisect_left(grid.xs, box.right + margin))
    rows = range(bisect_right(grid.ys, box.y - margin), bisect_left(grid.ys, box.bottom + margin))
    grid.blocked.update((x, y) for x in columns for y in rows)


# ── one line ───────────────────────────────────────────────────────────────────────────────────────────────────


def _line(edge: Edge, nodes: dict[str, Node], picture: Picture, grid: Grid) -> list[Point]:
    source, target = nodes[edge.source], nodes[edge.target]
    starts = list(_ports(source, picture.boxes[source.id], grid, "out", OUT))
    ends = list(_ports(target, picture.boxes[target.id], grid, "in", IN))
    found = _search(edge, starts, ends, grid) or _search(edge, starts, ends, grid, anyhow=True)
    if found is None:  # hemmed in on all sides
        return [picture.boxes[source.id].middle, picture.boxes[target.id].middle]
    start, path, end = found
    _remember(edge, start, path, end, grid)
    points = [start.at, *((grid.xs[x], grid.ys[y]) for x, y in path), end.at]
    return _straightened(points)


def _ports(node: Node, box: Box, grid: Grid, way: str, costs: Mapping[str, tuple[int, ...]]) -> Iterator[Port]:
    base = costs.get(node.kind, costs["task"])
    for side in range(4) if node.host is None else (1,):
        cost = base[side] if node.host is None else 0
        for other in grid.used.get((node.id, side), []):
            cost += MIXED if other != way else (USED if way == "out" else 0)
        yield from _side(node, box, grid, side, cost)


def _side(node: Node, box: Box, grid: Grid, side: int, cost: int) -> Iterator[Port]:
    """The middle of a side; a large node has more of them, for the rows and columns beside it."""
    x, y = box.middle
    if side in (0, 2):
        heights = [h for h in grid.ys if box.y + 25 < h < box.bottom - 25] if box.height > CELL_HEIGHT else [y]
        column = bisect_left(grid.xs, box.right + 6) if side == 0 else bisect_right(grid.xs, box.x - 6) - 1
        for height in heights:
            if 0 <= column < len(grid.xs) and height in grid.ys:
                at = (box.right if side == 0 else box.x, height)
                yield Port(at, (column, grid.ys.index(height)), side, cost + abs(height - y) // 4)
    else:
        widths = [w for w in grid.xs if box.x + 40 < w < box.right - 40] if box.width > CELL_WIDTH else [x]
        row = bisect_left(grid.ys, box.bottom + 3) if side == 1 else bisect_right(grid.ys, box.y - 6) - 1
        for width in widths:
            if 0 <= row < len(grid.ys):
                at = (width, box.bottom if side == 1 else box.y)
                yield Port(at, (grid.xs.index(width), row), side, cost + abs(width - x) // 4)


def _search(
    edge: Edge, starts: list[Port], ends: list[Port], grid: Grid, anyhow: bool = False
) -> tuple[Port, list[Index], Port] | None:
    """The cheapest way from one of the starts to one of the ends. `anyhow`: along other lines if it must be."""
    goals: dict[Index, list[Port]] = {}
    for port in ends:
        goals.setdefault(port.grid, []).append(port)
    aim = ends[0].at if ends else (0, 0)
    queue: list[tuple[int, int, Index, int, int]] = []
    came: dict[tuple[Index, int], tuple[tuple[Index, int] | None, int]] = {}
    cost: dict[tuple[Index, int], int] = {}
    for number, port in enumerate(starts):
        state = (port.grid, port.side)
        price = port.cost + _far(port.at, _point(grid, port.grid)) + _touch(edge, port.grid, grid, port.side, port.side)
        if price < cost.get(state, 1 << 30):
            cost[state], came[state] = price, (None, number)
            heapq.heappush(queue, (price + _far(_point(grid, port.grid), aim), price, port.grid, port.side, number))
    best: tuple[int, tuple[Index, int], Port] | None = None
    while queue:
        guess, price, here, going, number = heapq.heappop(queue)
        if best is not None and guess - 400 > best[0]:
            break
        if price > cost[here, going]:
            continue
        for port in goals.get(here, ()):
            arriving = (port.side + 2) % 4
            turn = 0 if arriving == going else BEND if arriving % 2 != going % 2 else 4 * BEND
            whole = price + port.cost + turn + _far(_point(grid, here), port.at)
            if best is None or whole < best[0]:
                best = whole, (here, going), port
        for side, (dx, dy) in enumerate(DIRECTIONS):
            if (side + 2) % 4 == going:
                continue
            there = here[0] + dx, here[1] + dy
            more = _step(edge, here, there, going, side, grid, anyhow)
            if more is None or price + more >= cost.get((there, side), 1 << 30):
                continue
            cost[there, side], came[there, side] = price + more, ((here, going), number)
            estimate = price + more + _far(_point(grid, there), aim)
            heapq.heappush(queue, (estimate, price + more, there, side, number))
    return None if best is None else _trace(best[1], best[2], came, starts)


def _trace(
    last: tuple[Index, int],
    end: Port,
    came: dict[tuple[Index, int], tuple[tuple[Index, int] | None, int]],
    starts: list[Port],
) -> tuple[Port, list[Index], Port]:
    path, state = [last[0]], last
    while True:
        before, number = came[state]
        if before is None:
            return starts[number], path[::-1], end
        path.append(before[0])
        state = before


def _step(edge: Edge, here: Index, there: Index, going: int, side: int, grid: Grid, anyhow: bool) -> int | None:
    """What going on from one point to the next costs; None where nobody can go."""
    x, y = there
    if not (0 <= x < len(grid.xs) and 0 <= y < len(grid.ys)) or there in grid.blocked:
        return None
    along = grid.parts.get((min(here, there), max(here, there)), ())
    if not all(_kin(edge, other) for other in along):
        if not anyhow:
            return None
        return 2000 + _far(_point(grid, here), _point(grid, there))
    price = _far(_point(grid, here), _point(grid, there)) + (BEND if going != side else 0)
    return price + _touch(edge, here, grid, going, side) * (going != side) + _touch(edge, there, grid, side, side)


def _kin(edge: Edge, other: Edge) -> bool:
    """Lines that begin or end at one node may run together there."""
    return other.target == edge.target or other.source == edge.source


def _touch(edge: Edge, at: Index, grid: Grid, going: int, side: int) -> int:
    """Crossing a line costs; bending upon one looks like joining it, and costs more."""
    price = 0
    for other, how in grid.passed.get(at, ()):
        if _kin(edge, other):
            continue
        across = how != 2 and going == side and how != going % 2
        price += CROSSING if across else TOUCHING
    return price


def _remember(edge: Edge, start: Port, path: list[Index], end: Port, grid: Grid) -> None:
    grid.used.setdefault((edge.source, start.side), []).append("out")
    grid.used.setdefault((edge.target, end.side), []).append("in")
    for one, next_one in pairwise(path):
        grid.parts.setdefault((min(one, next_one), max(one, next_one)), []).append(edge)
    for number, one in enumerate(path):
        before = path[number - 1] if number else None
        after = path[number + 1] if number + 1 < len(path) else None
        if before is None or after is None:
            how = 2
        elif before[1] == after[1]:
            how = 0
        elif before[0] == after[0]:
            how = 1
        else:
            how = 2
        grid.passed.setdefault(one, []).append((edge, how))


def _point(grid: Grid, at: Index) -> Point:
    return grid.xs[at[0]], grid.ys[at[1]]


def _far(one: Point, other: Point) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _straightened(points: list[Point]) -> list[Point]:
    """Without points that lie on the way from their neighbours to each other."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept[-1] = point
        else:
            kept.append(point)
    return kept
