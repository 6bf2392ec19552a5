"""Drawings into the file: one diagram, in the order of the pictures. Pure; the rest of the tree is not touched."""

from __future__ import annotations

from typing import Any

from lxml import etree

from engine.process.layout.body import BPMN, DI, Edge, Model, Pool
from engine.process.layout.shapes import Box, Picture, Point

DC = "{http://www.omg.org/spec/DD/20100524/DC}"
LINES = "{http://www.omg.org/spec/DD/20100524/DI}"
PREFIXES = {"bpmndi": DI[1:-1], "dc": DC[1:-1], "di": LINES[1:-1]}
LEFT, TOP, TITLE, BETWEEN = 160, 80, 30, 40


def write(model: Model, pictures: list[tuple[Pool, Picture]]) -> bytes:
    """The file with its drawing replaced."""
    for old in model.root.findall(f"{DI}BPMNDiagram"):
        model.root.remove(old)
    root = _with_prefixes(model.root)
    diagram = etree.SubElement(root, f"{DI}BPMNDiagram", id="diagram")
    plane = etree.SubElement(diagram, f"{DI}BPMNPlane", id="plane", bpmnElement=model.plane)
    expanded = {
        e.get("id") for name in ("subProcess", "adHocSubProcess", "transaction") for e in root.iter(BPMN + name)
    }
    top = TOP
    everything: dict[str, Box] = {}
    for pool, picture in pictures:
        everything |= _pool(plane, pool, picture, top, expanded)
        top += picture.height + BETWEEN
    widest = max((picture.width for _, picture in pictures), default=600)
    for closed in model.closed:
        everything[closed] = Box(LEFT, top, TITLE + widest, 60)
        _shape(plane, closed, everything[closed]).set("isHorizontal", "true")
        top += 60 + BETWEEN
    for message in model.messages:
        if message.source in everything and message.target in everything:
            _line(plane, message, _message(everything[message.source], everything[message.target]), None)
    etree.indent(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8")) + b"\n"


def _with_prefixes(root: etree._Element) -> etree._Element:
    """The root with the usual prefixes of drawings: lxml cannot add them to an element that is there."""
    if all(prefix in root.nsmap for prefix in PREFIXES):
        return root
    prefixes: dict[Any, str] = {**root.nsmap, **PREFIXES}
    made = etree.Element(root.tag, {str(name): str(value) for name, value in root.attrib.items()}, nsmap=prefixes)
    made.text, made[:] = root.text, list(root)
    return made


def _pool(plane: etree._Element, pool: Pool, picture: Picture, top: int, expanded: set[str | None]) -> dict[str, Box]:
    title = TITLE if pool.id is not None else 0
    dx, dy = LEFT + title, top
    if pool.id is not None:
        area = Box(LEFT, top, title + picture.width, picture.height)
        _shape(plane, pool.id, area).set("isHorizontal", "true")
    for lane, (y, height) in picture.bands.items():
        _shape(plane, lane, Box(dx, dy + y, picture.width, height)).set("isHorizontal", "true")
    placed = {id: box.moved(dx, dy) for id, box in picture.boxes.items()}
    for id, box in placed.items():
        shape = _shape(plane, id, box)
        if id in expanded:
            shape.set("isExpanded", "true")
        if id in picture.labels:
            _label(shape, picture.labels[id].moved(dx, dy))
    for id, line in picture.lines.items():
        label = picture.labels[id].moved(dx, dy) if id in picture.labels else None
        _line(plane, Edge(id, "", ""), [(x + dx, y + dy) for x, y in line], label)
    if pool.id is not None:
        placed[pool.id] = area
    return placed


def _shape(plane: etree._Element, id: str, box: Box) -> etree._Element:
    shape = etree.SubElement(plane, f"{DI}BPMNShape", id=f"{id}_di", bpmnElement=id)
    _bounds(shape, box)
    return shape


def _bounds(parent: etree._Element, box: Box) -> None:
    etree.SubElement(parent, f"{DC}Bounds", x=str(box.x), y=str(box.y), width=str(box.width), height=str(box.height))


def _label(parent: etree._Element, box: Box) -> None:
    _bounds(etree.SubElement(parent, f"{DI}BPMNLabel"), box)


def _line(plane: etree._Element, edge: Edge, points: list[Point], label: Box | None) -> None:
    drawn = etree.SubElement(plane, f"{DI}BPMNEdge", id=f"{edge.id}_di", bpmnElement=edge.id)
    for x, y in points:
        etree.SubElement(drawn, f"{LINES}waypoint", x=str(x), y=str(y))
    if label is not None:
        _label(drawn, label)


def _message(source: Box, target: Box) -> list[Point]:
    down = source.y < target.y
    start = (source.middle[0], source.bottom if down else source.y)
    end = (target.middle[0], target.y if down else target.bottom)
    if start[0] == end[0]:
        return [start, end]
    half = (start[1] + end[1]) // 2
    return [start, (start[0], half), (end[0], half), end]
