"""What a drawing is made of: boxes, lines, labels, in pixels. Pure values, and how large each kind of node is."""

from __future__ import annotations

from dataclasses import dataclass, field

Point = tuple[int, int]

CELL_WIDTH, CELL_HEIGHT = 150, 130
"""One place of the grid: a task of 100 × 80 and the gaps around it, in which lines run."""
SIZES = {"task": (100, 80), "event": (36, 36), "gateway": (50, 50), "data": (36, 50), "note": (100, 40)}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Its right border."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Its lower border."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width // 2, self.y + self.height // 2

    def moved(self, dx: int, dy: int) -> Box:
        """The same box elsewhere."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def overlaps(self, other: Box) -> bool:
        """Whether the two share an area."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom


@dataclass(slots=True)
class Picture:
    """A body drawn, from its own corner."""

    width: int = 0
    height: int = 0
    boxes: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)
    bands: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Lane -> (top, height)."""
    edges: frozenset[int] = frozenset()
    """Heights at which one lane ends and the next begins: no line runs along them."""

    def take_in(self, other: Picture, at: Box) -> None:
        """Add what is drawn inside one of the boxes."""
        self.boxes |= {id: box.moved(at.x, at.y) for id, box in other.boxes.items()}
        self.labels |= {id: box.moved(at.x, at.y) for id, box in other.labels.items()}
        self.lines |= {id: [(x + at.x, y + at.y) for x, y in line] for id, line in other.lines.items()}
