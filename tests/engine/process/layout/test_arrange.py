"""Drawings made from nothing: readable, the same each time, and the model stays what it was."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from lxml import etree

from engine.errors import InvalidInput, ModelRefused
from engine.process.definition import read_bpmn
from engine.process.layout import arrange
from tests.bpmn.packages import BPMN, DI, FOLDER, Drawing, drawn
from tests.engine import diagrams as d

SHIPPED = ["client_intake", "kyc_onboarding"]


def bare(package: str) -> bytes:
    """A shipped diagram without its drawing."""
    root = etree.parse(FOLDER / package / f"{package}.bpmn").getroot()
    for diagram in root.findall(f"{DI}BPMNDiagram"):
        root.remove(diagram)
    return bytes(etree.tostring(root))


@pytest.fixture(scope="module", params=SHIPPED)
def package(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def once(package: str) -> bytes:
    """The shipped model drawn anew: the largest takes seconds."""
    return arrange(bare(package))


@pytest.fixture(scope="module")
def arranged(once: bytes) -> Drawing:
    return drawn(etree.fromstring(once))


def test_everything_is_drawn_and_lines_run_at_right_angles_from_node_to_node(arranged: Drawing) -> None:
    assert [node.get("id") for node in arranged.nodes() if node.get("id") not in arranged.shapes] == []
    for flow in arranged.flows():
        line = arranged.edges[flow.get("id")]
        assert arranged.shapes[flow.get("sourceRef")].touches(*line[0]), flow.get("id")
        assert arranged.shapes[flow.get("targetRef")].touches(*line[-1]), flow.get("id")
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(line)), flow.get("id")


def test_no_line_runs_through_a_task_or_gateway(arranged: Drawing) -> None:
    tasks = {e.get("id") for e in arranged.nodes() if e.tag.removeprefix(BPMN).lower().endswith(("task", "gateway"))}
    through = []
    for id, line in arranged.edges.items():
        for (ax, ay), (bx, by) in pairwise(line):
            left, right, top, bottom = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
            for task in tasks:
                box = arranged.shapes[task]
                inside = left < box.x + box.width - 2 and right > box.x + 2
                if inside and top < box.y + box.height - 2 and bottom > box.y + 2:
                    through.append((id, task))
    assert through == []


def test_nodes_lie_in_their_lanes_and_on_nobody(arranged: Drawing) -> None:
    by_parent: dict[str, list[str]] = {}
    for node in arranged.nodes():
        if node.get("attachedToRef") is None:
            by_parent.setdefault(node.getparent().get("id"), []).append(node.get("id"))
    for parent, ids in by_parent.items():
        assert [(a, b) for a, b in combinations(ids, 2) if arranged.shapes[a].overlaps(arranged.shapes[b])] == []
        if parent in arranged.shapes:
            assert [one for one in ids if not arranged.shapes[parent].holds(arranged.shapes[one])] == []
    for lane in arranged.root.iter(f"{BPMN}lane"):
        held = [ref.text for ref in lane.iter(f"{BPMN}flowNodeRef")]
        assert [one for one in held if not arranged.shapes[lane.get("id")].holds(arranged.shapes[one])] == []


def test_names_lie_on_no_node_and_on_no_other_name(arranged: Drawing) -> None:
    large = {e.get("id") for e in arranged.root.iter(f"{BPMN}subProcess", f"{BPMN}lane", f"{BPMN}participant")}
    nodes = {key: box for key, box in arranged.shapes.items() if key not in large}
    over = [
        (label, node)
        for label, box in arranged.labels.items()
        for node, other in nodes.items()
        if box.overlaps(other) and not (label == node and node.startswith("gw_"))
    ]
    assert over == []
    assert [(a, b) for (a, x), (b, y) in combinations(arranged.labels.items(), 2) if x.overlaps(y)] == []


def test_the_same_model_is_drawn_the_same_and_means_the_same(package: str, once: bytes) -> None:
    assert arrange(once) == once
    before, after = (
        read_bpmn(bare(package), file="a").definition(package),
        read_bpmn(once, file="a").definition(package),
    )
    assert before.nodes.keys() == after.nodes.keys()
    assert before.flows.keys() == after.flows.keys()


def test_a_process_without_lanes_and_pools_is_drawn_too() -> None:
    xml = d.process(
        '<startEvent id="start"/>' + d.user_task("ask") + '<endEvent id="end"/>' + d.flows("start>ask", "ask>end")
    )
    found = drawn(etree.fromstring(arrange(xml.encode())))
    assert set(found.shapes) == {"start", "ask", "end"}
    heights = {box.y + box.height / 2 for box in found.shapes.values()}
    assert len(heights) == 1, "a straight flow is one straight line"


def test_a_circle_leads_back_around_what_it_repeats() -> None:
    xml = d.process(
        '<startEvent id="start"/>'
        + d.user_task("ask")
        + '<exclusiveGateway id="again" default="on"/><endEvent id="end"/>'
        + d.flows("start>ask", "ask>again")
        + '<sequenceFlow id="on" sourceRef="again" targetRef="end"/>'
        + '<sequenceFlow id="back" sourceRef="again" targetRef="ask"><conditionExpression>= x</conditionExpression>'
        "</sequenceFlow>"
    )
    found = drawn(etree.fromstring(arrange(xml.encode())))
    assert found.shapes["ask"].x < found.shapes["again"].x < found.shapes["end"].x
    assert len(found.edges["back"]) == 4


def test_a_drawing_is_not_thrown_away_unasked() -> None:
    drawn_already = arrange(bare("kyc_onboarding"))
    with pytest.raises(InvalidInput, match="--again"):
        arrange(drawn_already, "kyc.bpmn", again=False)


def test_what_is_no_bpmn_is_refused_by_name_and_line() -> None:
    with pytest.raises(ModelRefused, match="well-formed"):
        arrange(b"<definitions>", "broken.bpmn")
