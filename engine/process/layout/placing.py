"""Where nodes stand: columns by longest paths, rows by what makes lines short and straight. Pure.

Law: a node keeps to its lane; two nodes never share a place; what could stand either way stands in the file's order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.process.layout.body import Body, Node
from engine.process.layout.shapes import CELL_HEIGHT, CELL_WIDTH, SIZES, Box, Picture

MARGIN, HEADING = 20, 30
ROUNDS = 6
Place = tuple[int, int]


@dataclass(slots=True)
class Plan:
    """Places while they are being chosen. Rows count within the lane of a node."""

    nodes: dict[str, Node]
    lane: dict[str, int]
    lanes: int
    span: dict[str, Place]
    """How many columns and rows a node takes."""
    edges: list[tuple[str, str, bool]]
    """From, to, and whether it leaves by the lower border; boundary events stand for their activities."""
    column: dict[str, int] = field(default_factory=dict)
    row: dict[str, int] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)


def place(body: Body, inner: Mapping[str, tuple[int, int]]) -> Picture:
    """Boxes for every node of a body and bands for its lanes. `inner`: how large the sub-processes are."""
    plan = _plan(body, inner)
    _columns(plan)
    _rows(plan)
    _improve(plan)
    _drop_empty_rows(plan)
    _stand_apart(plan, body, inner)
    return _picture(plan, body, inner)


def _plan(body: Body, inner: Mapping[str, tuple[int, int]]) -> Plan:
    host = {node.id: node.host for node in body.nodes if node.host is not None}
    flowing = {n.id: n for n in body.nodes if n.host is None and not n.apart and n.kind not in ("data", "note")}
    lane_of = {id: number for number, (_, held) in enumerate(body.lanes) for id in held}
    span = {id: _span(inner[id]) if id in inner else (1, 1) for id in flowing}
    edges = []
    for edge in body.edges:
        source, target = host.get(edge.source) or edge.source, edge.target
        if source in flowing and target in flowing and source != target:
            edges.append((source, target, edge.source in host))
    last = max(len(body.lanes) - 1, 0)
    return Plan(flowing, {id: lane_of.get(id, last) for id in flowing}, max(len(body.lanes), 1), span, edges)


def _span(size: tuple[int, int]) -> Place:
    return -(-(size[0] + 60) // CELL_WIDTH), -(-(size[1] + 60) // CELL_HEIGHT)


# ── columns ────────────────────────────────────────────────────────────────────────────────────────────────────


def _columns(plan: Plan) -> None:
    """Longest paths; what closes a circle counts backwards; a start stands right before what it leads to."""
    after: dict[str, list[str]] = {id: [] for id in plan.nodes}
    for source, target, _ in plan.edges:
        after[source].append(target)
    order, back = _depth_first(after, {target for _, target, _ in plan.edges})
    column = dict.fromkeys(plan.nodes, 0)
    for id in order:
        for target in after[id]:
            if (id, target) not in back:
                column[target] = max(column[target], column[id] + plan.span[id][0])
    fed = {target for source, target, _ in plan.edges if (source, target) not in back}
    for id in plan.nodes:
        if id not in fed and after[id]:
            column[id] = max(0, min(column[target] for target in after[id]) - plan.span[id][0])
    plan.column = column


def _depth_first(after: Mapping[str, list[str]], fed: set[str]) -> tuple[list[str], set[tuple[str, str]]]:
    """(topological order without the backward edges, the backward edges); no recursion: models are large."""
    back: set[tuple[str, str]] = set()
    done: list[str] = []
    state: dict[str, int] = {}
    for first in [*(id for id in after if id not in fed), *after]:
        if first in state:
            continue
        state[first] = 1
        path: list[tuple[str, Iterator[str]]] = [(first, iter(after[first]))]
        while path:
            id, rest = path[-1]
            target = next(rest, None)
            if target is None:
                path.pop()
                state[id] = 2
                done.append(id)
            elif state.get(target) == 1:
                back.add((id, target))
            elif target not in state:
                state[target] = 1
                path.append((target, iter(after[target])))
    return done[::-1], back


# ── rows ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows(plan: Plan) -> None:
    """A first choice, column by column: the first way out of a node goes straight on, others go below."""
    before: dict[str, list[tuple[str, int]]] = {id: [] for id in plan.nodes}
    branches: dict[str, int] = {}
    for source, target, below in plan.edges:
        number = branches[source] = branches.get(source, -1) + 1
        before[target].append((source, number + below))
    names = {id: number for number, id in enumerate(plan.nodes)}
    taken: set[tuple[int, int, int]] = set()
    for id in sorted(plan.nodes, key=lambda id: (plan.column[id], names[id])):
        wish, lane = 0, plan.lane[id]
        for source, branch in before[id]:
            if source in plan.row and plan.lane[source] == lane:
                wish = plan.row[source] + branch
                break
        row = next(row for row in _outwards(wish) if not any(cell in taken for cell in _cells(plan, id, row)))
        plan.row[id] = row
        taken.update(_cells(plan, id, row))


def _outwards(wish: int) -> Iterator[int]:
    yield wish
    for distance in range(1, 1000):
        yield wish + distance
        if wish - distance >= 0:
            yield wish - distance


def _cells(plan: Plan, id: str, row: int) -> list[tuple[int, int, int]]:
    wide, high = plan.span[id]
    first = plan.column[id]
    return [(plan.lane[id], first + x, row + y) for x in range(wide) for y in range(high)]


def _improve(plan: Plan) -> None:
    """Move nodes to rows of their lane where the lines cost less, until none wants to move."""
    plan.rows = [rows + 1 for rows in _depth(plan)]
    best = _cost(plan)
    for _ in range(ROUNDS):
        before = best
        for lane in range(plan.lanes):
            best = _lift(plan, lane, best)
        for id in plan.nodes:
            best = _settle(plan, id, best)
        for id in plan.nodes:
            best = _move_run(plan, id, best)
        if best == before:
            return


def _lift(plan: Plan, lane: int, best: float) -> float:
    """Move all that stands right of a column up or down together: what follows a branch need not stay as low as it."""
    mine = [id for id in plan.nodes if plan.lane[id] == lane]
    for column in sorted({plan.column[id] for id in mine}):
        tail = [id for id in mine if plan.column[id] >= column]
        for rows in (-4, -3, -2, -1, 1, 2):
            best = _try(plan, tail, rows, best)
    return best


def _move_run(plan: Plan, id: str, best: float) -> float:
    """Move a node with those that stand in its row and are joined to it."""
    joined: dict[str, set[str]] = {}
    for source, target, below in plan.edges:
        same = plan.lane[source] == plan.lane[target] and plan.row[source] == plan.row[target]
        if same and not below:
            joined.setdefault(source, set()).add(target)
            joined.setdefault(target, set()).add(source)
    run, open_ = {id}, [id]
    while open_:
        more = joined.get(open_.pop(), set()) - run
        run |= more
        open_.extend(more)
    if len(run) > 1:
        for rows in (-3, -2, -1, 1, 2):
            best = _try(plan, [one for one in plan.nodes if one in run], rows, best)
    return best


def _try(plan: Plan, moved: list[str], rows: int, best: float) -> float:
    """Move nodes of one lane by so many rows if there is room and the lines cost less; returns the cost."""
    lane, inside = plan.lane[moved[0]], set(moved)
    last = plan.rows[lane]
    if any(plan.row[id] + rows < 0 or plan.row[id] + rows + plan.span[id][1] > last for id in moved):
        return best
    taken = {
        cell
        for id in plan.nodes
        if plan.lane[id] == lane and id not in inside
        for cell in _cells(plan, id, plan.row[id])
    }
    if any(cell in taken for id in moved for cell in _cells(plan, id, plan.row[id] + rows)):
        return best
    for id in moved:
        plan.row[id] += rows
    cost = _cost(plan)
    if cost < best:
        return cost
    for id in moved:
        plan.row[id] -= rows
    return best


def _settle(plan: Plan, id: str, best: float) -> float:
    """The best row for one node; whoever stood there takes its place if both are small."""
    lane = plan.lane[id]
    for row in range(plan.rows[lane] - plan.span[id][1] + 1):
        old = plan.row[id]
        if row == old:
            continue
        cells = set(_cells(plan, id, row))
        there = [other for other in plan.nodes if other != id and cells & set(_cells(plan, other, plan.row[other]))]
        if len(there) > 1 or (there and plan.span[there[0]] != plan.span[id]):
            continue
        if there and plan.column[there[0]] != plan.column[id]:
            continue
        plan.row[id] = row
        if there:
            plan.row[there[0]] = old
        cost = _cost(plan)
        if cost < best:
            best = cost
        else:
            plan.row[id] = old
            if there:
                plan.row[there[0]] = row
    return best


def _cost(plan: Plan) -> float:
    """What the lines would cost: each row up or down, and each node in the way."""
    first = [sum(plan.rows[:lane]) for lane in range(plan.lanes)]
    height = {id: first[plan.lane[id]] + row for id, row in plan.row.items()}
    occupied = {
        (plan.column[id] + x, height[id] + y)
        for id in plan.nodes
        for x in range(plan.span[id][0])
        for y in range(plan.span[id][1])
    }
    total = 0.0
    for source, target, below in plan.edges:
        a, b = plan.column[source] + plan.span[source][0] - 1, plan.column[target]
        if b < a:
            total += 0.3 * abs(height[source] - height[target])
            continue
        up = height[source] + plan.span[source][1] // 2 * (not below)
        down = height[target] + plan.span[target][1] // 2
        if below:
            total += 1.5 if height[target] <= height[source] else 0
        if up == down:
            total += 3 * sum((x, up) in occupied for x in range(a + 1, b))
            continue
        here = sum((x, up) in occupied for x in range(a + 1, b))
        there = sum((x, down) in occupied for x in range(a + 1, b))
        total += abs(up - down) + 0.4 + 2 * min(here, there)
    return total + 0.1 * sum(plan.row.values()) + 1.2 * sum(_depth(plan))


def _depth(plan: Plan) -> list[int]:
    """How many rows each lane reaches down."""
    found = [0] * plan.lanes
    for id, row in plan.row.items():
        found[plan.lane[id]] = max(found[plan.lane[id]], row + plan.span[id][1])
    return found


def _drop_empty_rows(plan: Plan) -> None:
    for lane in range(plan.lanes):
        used = {row + y for id, row in plan.row.items() if plan.lane[id] == lane for y in range(plan.span[id][1])} or {
            0
        }
        compact = {row: number for number, row in enumerate(sorted(used))}
        for id in plan.nodes:
            if plan.lane[id] == lane:
                plan.row[id] = compact[plan.row[id]]
        plan.rows[lane] = len(used)


def _stand_apart(plan: Plan, body: Body, inner: Mapping[str, tuple[int, int]]) -> None:
    """Notes and data above the flow of the lane of what they belong to, event sub-processes below it, side by side."""
    lane_of = {id: number for number, (_, held) in enumerate(body.lanes) for id in held}
    wide = max((plan.column[id] + plan.span[id][0] for id in plan.column), default=1)
    _stand_above(plan, body)
    at: dict[int, Place] = {}
    for node in body.nodes:
        if not node.apart:
            continue
        lane, span = lane_of.get(node.id, plan.lanes - 1), _span(inner[node.id])
        column, row = at.get(lane, (0, plan.rows[lane]))
        if column and column + span[0] > max(wide, span[0]):
            column, row = 0, plan.rows[lane]
        plan.nodes[node.id], plan.lane[node.id], plan.span[node.id] = node, lane, span
        plan.column[node.id], plan.row[node.id] = column, row
        plan.rows[lane] = max(plan.rows[lane], row + span[1])
        at[lane] = column + span[0], row


def _stand_above(plan: Plan, body: Body) -> None:
    beside = {a: b for edge in body.edges for a, b in ((edge.source, edge.target), (edge.target, edge.source))}
    taken: dict[int, set[int]] = {}
    for node in body.nodes:
        if node.kind not in ("data", "note"):
            continue
        fellow = beside.get(node.id, "")
        lane, column = plan.lane.get(fellow, 0), plan.column.get(fellow, 0)
        if lane not in taken:
            taken[lane] = set()
            plan.rows[lane] += 1
            for id in plan.row:
                plan.row[id] += plan.lane[id] == lane
        while column in taken[lane]:
            column += 1
        taken[lane].add(column)
        plan.nodes[node.id], plan.lane[node.id], plan.span[node.id] = node, lane, (1, 1)
        plan.column[node.id], plan.row[node.id] = column, 0


# ── pixels ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _picture(plan: Plan, body: Body, inner: Mapping[str, tuple[int, int]]) -> Picture:
    left, top = (HEADING if body.lanes else 0) + MARGIN, 0 if body.lanes else MARGIN
    columns = max((plan.column[id] + plan.span[id][0] for id in plan.nodes), default=1)
    first = [sum(plan.rows[:lane]) for lane in range(plan.lanes)]
    picture = Picture(width=left + columns * CELL_WIDTH + MARGIN, height=top * 2 + sum(plan.rows) * CELL_HEIGHT)
    for id, node in plan.nodes.items():
        wide, high = plan.span[id]
        area = Box(
            left + plan.column[id] * CELL_WIDTH,
            top + (first[plan.lane[id]] + plan.row[id]) * CELL_HEIGHT,
            wide * CELL_WIDTH,
            high * CELL_HEIGHT,
        )
        x, y = area.middle
        width, height = inner.get(id) or SIZES[node.kind]
        picture.boxes[id] = Box(x - width // 2, y - height // 2, width, height)
    for number, (lane, _) in enumerate(body.lanes):
        picture.bands[lane] = top + first[number] * CELL_HEIGHT, plan.rows[number] * CELL_HEIGHT
    picture.edges = frozenset(y for y, _ in picture.bands.values())
    _on_the_border(body, picture)
    return picture


def _on_the_border(body: Body, picture: Picture) -> None:
    """Boundary events along the lower border of their activity, in the file's order."""
    attached: dict[str, list[str]] = {}
    for node in body.nodes:
        if node.host is not None and node.host in picture.boxes:
            attached.setdefault(node.host, []).append(node.id)
    for host, events in attached.items():
        box, size = picture.boxes[host], SIZES["event"][0]
        gap = min(60, (box.width + 8) // max(len(events), 2)) if len(events) > 1 else 0
        start = box.middle[0] - gap * (len(events) - 1) // 2
        for number, event in enumerate(events):
            picture.boxes[event] = Box(start + number * gap - size // 2, box.bottom - size // 2, size, size)
