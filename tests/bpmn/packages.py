"""The process packages as files: what their tests look at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from tests.paths import ROOT

FOLDER = ROOT / "bpmn"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
OMGDI = "{http://www.omg.org/spec/DD/20100524/DI}"
DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"


def names() -> list[str]:
    """Every folder under bpmn/ that holds a diagram."""
    return sorted({path.parent.name for path in FOLDER.glob("*/*.bpmn")})


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the drawing."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, bounds: etree._Element) -> Box:
        return cls(*(float(bounds.get(name, "0")) for name in ("x", "y", "width", "height")))

    def overlaps(self, other: Box) -> bool:
        """Whether the two share an area."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def holds(self, other: Box) -> bool:
        """Whether the other lies wholly inside."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )

    def touches(self, x: float, y: float, slack: float = 2) -> bool:
        """Whether a point lies on the border or within, give or take `slack`."""
        inside_x = self.x - slack <= x <= self.x + self.width + slack
        return inside_x and self.y - slack <= y <= self.y + self.height + slack


@dataclass(frozen=True, slots=True)
class Drawing:
    """One diagram with what is drawn of it."""

    root: etree._Element
    shapes: Mapping[str, Box]
    edges: Mapping[str, list[tuple[float, float]]]
    labels: Mapping[str, Box]

    def nodes(self) -> Iterator[etree._Element]:
        """Every flow node of the process, in sub-processes too."""
        for element in self.root.iter():
            joined = isinstance(element.tag, str) and any(
                element.find(f"{BPMN}{end}") is not None for end in ("incoming", "outgoing")
            )
            if joined or element.get("triggeredByEvent") == "true":
                yield element

    def flows(self) -> list[etree._Element]:
        return list(self.root.iter(f"{BPMN}sequenceFlow"))


def drawing(package: str) -> Drawing:
    """The diagram of a package."""
    return drawn(etree.parse(FOLDER / package / f"{package}.bpmn").getroot())


def drawn(root: etree._Element) -> Drawing:
    """What is drawn in a file."""
    shapes, edges, labels = {}, {}, {}
    for shape in root.iter(f"{DI}BPMNShape", f"{DI}BPMNEdge"):
        element = shape.get("bpmnElement", "")
        if shape.tag == f"{DI}BPMNShape":
            shapes[element] = Box.of(shape.find(f"{DC}Bounds"))
        else:
            edges[element] = [(float(p.get("x")), float(p.get("y"))) for p in shape.iter(f"{OMGDI}waypoint")]
        label = shape.find(f"{DI}BPMNLabel/{DC}Bounds")
        if label is not None:
            labels[element] = Box.of(label)
    return Drawing(root, shapes, edges, labels)


def english(package: str) -> dict[str, Any]:
    """The package's English texts."""
    return dict(json.loads((FOLDER / package / "i18n/en.json").read_text("utf-8")))


def forms(package: str) -> dict[str, dict[str, Any]]:
    """Form key -> schema."""
    found = (json.loads(path.read_text("utf-8")) for path in sorted((FOLDER / package).glob("forms/*.form")))
    return {schema["id"]: schema for schema in found}


def components(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every component of a form, from the top down."""
    for child in schema.get("components") or ():
        yield child
        yield from components(child)
