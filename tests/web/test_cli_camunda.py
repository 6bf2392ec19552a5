"""`dealflow import camunda7`: a folder of models is judged, and the code it needs is listed by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from web.cli import run

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  id="d" targetNamespace="t">
"""


def model(key: str, work: str) -> str:
    return (
        f'{HEAD}<process id="{key}" isExecutable="true"><startEvent id="s"/>'
        f'<sequenceFlow id="f1" sourceRef="s" targetRef="w"/>{work}'
        '<sequenceFlow id="f2" sourceRef="w" targetRef="e"/><endEvent id="e"/></process></definitions>'
    )


CODE = """<serviceTask id="w" name="Score" camunda:class="com.acme.ScoreClientDelegate"><extensionElements>
<camunda:executionListener event="start" delegateExpression="${audit}"/></extensionElements></serviceTask>"""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    (folder / "sub").mkdir(parents=True)
    (folder / "plain.bpmn").write_text(
        model("plain", '<serviceTask id="w" camunda:type="external" camunda:topic="print"/>')
    )
    (folder / "sub" / "coded.bpmn20.xml").write_text(model("coded", CODE))
    return folder


def report(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = run(["import", "camunda7", str(folder), "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


def test_what_runs_what_needs_code_and_what_must_be_changed(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = report(models, capsys)
    assert code == 1
    assert {one["file"]: one["verdict"] for one in found["files"]} == {
        "plain.bpmn": "runs",
        "sub/coded.bpmn20.xml": "handlers",
    }
    assert [(one["kind"], one["what"], one["topic"]) for one in found["code"]] == [
        ("class", "com.acme.ScoreClientDelegate", "score.client"),
        ("listener", "${audit}", "audit"),
    ]
    assert found["topics"] == [{"topic": "print", "places": ["plain.bpmn:4 w"]}]
    (models / "case.cmmn").write_text("<x/>")
    code, found = report(models, capsys)
    assert code == 2 and found["files"][0]["verdict"] == "change"


def test_people_read_where_each_class_stands(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "camunda7", str(models)]) == 1
    said = capsys.readouterr().out
    assert "com.acme.ScoreClientDelegate" in said and '@handles("score.client")' in said and "sub/coded.bpmn20" in said


def test_a_folder_without_models_is_told(tmp_path: Path) -> None:
    assert run(["import", "camunda7", str(tmp_path)]) == 3
