"""Camunda's REST over a real engine: one house a module, and programs that speak to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import api
from engine.settings import load
from tests.house import PASSWORD, House, MovableClock
from web import create_app
from web.extensions import limiter

PRINTING = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  id="d" targetNamespace="t">
  <process id="printing" name="印刷" isExecutable="true" camunda:versionTag="1.0" camunda:historyTimeToLive="P180D">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="print"/>
    <serviceTask id="print" name="打印" camunda:type="external" camunda:topic="print"/>
    <boundaryEvent id="jam" attachedToRef="print"><errorEventDefinition errorRef="jammed"/></boundaryEvent>
    <sequenceFlow id="f2" sourceRef="print" targetRef="read"/>
    <userTask id="read" name="阅读" camunda:candidateGroups="rm"/>
    <sequenceFlow id="f3" sourceRef="read" targetRef="end"/>
    <endEvent id="end"/>
    <sequenceFlow id="f4" sourceRef="jam" targetRef="repair"/>
    <userTask id="repair" name="修理" camunda:candidateGroups="rm"/>
    <sequenceFlow id="f5" sourceRef="repair" targetRef="end"/>
  </process>
  <error id="jammed" errorCode="JAM"/>
</definitions>
"""


class Program:
    """Speaks to /engine-rest by HTTP, as one who is signed in with every request."""

    def __init__(self, client: FlaskClient, **how: Any) -> None:
        self.client, self.how = client, how

    def ask(self, method: str, path: str, json: Any = None, **more: Any) -> TestResponse:
        """One request."""
        said = {} if json is None else {"json": json}
        return self.client.open(f"/engine-rest{path}", method=method, **said, **self.how, **more)

    def get(self, path: str, **more: Any) -> Any:
        """The JSON of a list or a thing that is there."""
        answer = self.ask("GET", path, **more)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def post(self, path: str, json: Any = None, status: int = 200, **more: Any) -> Any:
        """What comes back from a POST that does well."""
        answer = self.ask("POST", path, {} if json is None else json, **more)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.json if answer.data else None

    def put(self, path: str, json: Any = None, status: int = 204) -> Any:
        """The same with PUT."""
        answer = self.ask("PUT", path, {} if json is None else json)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.json if answer.data else None

    def refused(self, method: str, path: str, json: Any = None, **more: Any) -> tuple[int, str, str]:
        """(status, type, message) of a fault."""
        answer = self.ask(method, path, json, **more)
        assert answer.json is not None, answer.get_data(as_text=True)
        return answer.status_code, answer.json["type"], answer.json["message"]


@pytest.fixture(scope="module")
def shop(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A furnished house with the process `printing`, shared by a module's tests."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(furnished, folder / "web.db")
    settings = load(
        database_url=f"sqlite:///{folder / 'web.db'}", data_dir=folder, handlers=("handlers",), secret_key="tests alone"
    )
    runtime = api.open_engine(settings, MovableClock())
    house = House(runtime, runtime.clock)  # type: ignore[arg-type]
    house.deploy("printing", printing_bpmn=PRINTING)
    yield house
    runtime.database.dispose()


@pytest.fixture(scope="module")
def app(shop: House) -> Any:
    """Its application."""
    found = create_app(runtime=shop.runtime)
    limiter.reset()
    return found


@pytest.fixture(scope="module")
def worker(shop: House, app: Any) -> Program:
    """A program with a token for external tasks."""
    with shop.writing() as session:
        token = api.make_token(session, "printer", "engine-rest")
    return Program(app.test_client(), headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def person(app: Any) -> Any:
    """A person with name and password, by their name."""
    return lambda name: Program(app.test_client(), auth=(name, PASSWORD))


@pytest.fixture(scope="module")
def root(person: Any) -> Program:
    """An administrator."""
    found: Program = person("root")
    return found
