"""SpiffWorkflow with its state as a JSON blob in a row: no task list, no history. One row written a step, one commit.

The models' expressions are Python script tasks here: SpiffWorkflow knows no service task with an expression. Data of
parallel branches is lost at its join; the figures do not depend on it.
"""

from __future__ import annotations

import io
import sqlite3
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from bench import contract

MODELS = Path(contract.__file__).parent / "models"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def translated(content: bytes) -> bytes:
    """Service tasks with an expression become script tasks; `${…}` becomes Python."""
    tree = etree.fromstring(content)
    for task in tree.iter(f"{BPMN}serviceTask"):
        expression, name = task.attrib.pop(f"{CAMUNDA}expression"), task.attrib.pop(f"{CAMUNDA}resultVariable")
        task.tag = f"{BPMN}scriptTask"
        etree.SubElement(task, f"{BPMN}script").text = f"{name} = {expression[2:-1]}"
    for condition in tree.iter(f"{BPMN}conditionExpression"):
        condition.text = condition.text[2:-1]
    return etree.tostring(tree)


class Spiff:
    """One client."""

    batch = 1

    def __init__(self, url: str) -> None:
        self.what = f"SpiffWorkflow {version('SpiffWorkflow')}"
        self.specs = {}
        for name in ("B1", "B2"):
            parser = BpmnParser()
            parser.add_bpmn_xml(etree.parse(io.BytesIO(translated((MODELS / f"{name}.bpmn").read_bytes()))))
            self.specs[name] = parser.get_spec(name)
        self.serializer = BpmnWorkflowSerializer()
        self.connection: Any
        if url.startswith("sqlite:///"):
            self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=15, isolation_level="IMMEDIATE")
            self.connection.execute("PRAGMA journal_mode=WAL")
            self.connection.execute("PRAGMA synchronous=FULL")
            self.mark, key = "?", "INTEGER PRIMARY KEY"
        else:
            self.connection = psycopg.connect(url)
            self.mark, key = "%s", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        self.connection.execute(f"CREATE TABLE IF NOT EXISTS instance (id {key}, ended BOOLEAN, body TEXT)")
        self.connection.commit()

    def start(self, model: str, count: int) -> Sequence[int]:
        workflow = BpmnWorkflow(self.specs[model])
        for task in workflow.get_tasks(state=TaskState.READY):
            task.data.update(contract.VARIABLES)
        workflow.do_engine_steps()
        new = f"INSERT INTO instance (ended, body) VALUES ({self.mark}, {self.mark}) RETURNING id"
        values = (workflow.is_completed(), self.serializer.serialize_json(workflow))
        [id] = self.connection.execute(new, values).fetchone()
        self.connection.commit()
        return [id]

    def tasks(self, instances: Sequence[int]) -> Sequence[int]:
        return instances

    def complete(self, tasks: Sequence[int]) -> None:
        [id] = tasks
        lock = "" if self.mark == "?" else " FOR UPDATE"
        found = self.connection.execute(f"SELECT body FROM instance WHERE id = {self.mark}{lock}", (id,)).fetchone()
        workflow = self.serializer.deserialize_json(found[0])
        [task] = workflow.get_tasks(state=TaskState.READY, manual=True)
        task.data["approved"] = True
        task.run()
        workflow.do_engine_steps()
        self.connection.execute(
            f"UPDATE instance SET ended = {self.mark}, body = {self.mark} WHERE id = {self.mark}",
            (workflow.is_completed(), self.serializer.serialize_json(workflow), id),
        )
        self.connection.commit()

    def left(self) -> int:
        [count] = self.connection.execute("SELECT count(*) FROM instance WHERE NOT ended").fetchone()
        self.connection.commit()
        return int(count)


if __name__ == "__main__":
    answers = contract.own_output()
    contract.serve(Spiff(sys.argv[1]), answers)
