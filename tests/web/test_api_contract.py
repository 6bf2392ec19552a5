"""What the description of `/api/v1` promises is what it does: asked with everything that fits and much that does not,
and through a client that was generated from it.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from engine import api
from tests.house import House, build
from tests.serving import served
from web import create_app
from web.extensions import limiter

SCOPES = "messages read cases tasks deploy clients decisions team:admin team:process_owner team:rm"
EXAMPLES = int(os.environ.get("EXAMPLES", "3"))
"""Of each call, of what fits and of what does not; forty take a minute."""
NOT_PROMISED = [positive_data_acceptance, unsupported_method]
"""That whatever fits the schema is accepted (a key may fit and name nothing), and what 405 says."""


@pytest.fixture
def served_house(house: House) -> Iterator[tuple[str, str]]:
    """(address, token) of a house whose pages answer on loopback."""
    with house.writing() as session:
        token = api.make_token(session, "integrator", SCOPES)
        api.start(session, api.SYSTEM, "offer", {}, "K-1")
    app = create_app(runtime=house.runtime)
    limiter.reset()
    with served(app) as url:
        yield url, token


def test_every_call_answers_as_described_to_whatever_is_sent(served_house: tuple[str, str]) -> None:
    url, token = served_house
    described = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
    answers: dict[str, set[int]] = {}

    @settings(
        max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        derandomize=True, database=None,
    )  # fmt: skip
    def ask(case: Any) -> None:
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=NOT_PROMISED)
        answers.setdefault(case.operation.label, set()).add(answer.status_code)
        limiter.reset()  # each case is also asked without a token; so many in a minute are refused otherwise

    for found in described.get_all_operations():
        for mode in GenerationMode:
            given(case=found.ok().as_strategy(generation_mode=mode))(ask)()
    assert len(answers) >= 25
    assert {200, 404, 422} <= set().union(*answers.values()), answers


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The typed client that openapi-python-client makes of the description."""
    folder = tmp_path_factory.mktemp("client")
    app = create_app_for_description(folder)
    (folder / "openapi.json").write_text(json.dumps(app.test_client().get("/api/v1/openapi.json").json), "utf-8")
    (folder / "config.yaml").write_text("package_name_override: dealflow_client\npost_hooks: []\n", "utf-8")
    command = ["-m", "openapi_python_client", "generate", "--path", "openapi.json", "--config", "config.yaml"]
    made = subprocess.run(
        [sys.executable, *command, "--meta", "none", "--output-path", "dealflow_client", "--fail-on-warning"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("dealflow_client")
    finally:
        sys.path.remove(str(folder))


def create_app_for_description(folder: Path) -> Any:
    """An application over an empty house: the description does not depend on what is in it."""
    house = build(f"sqlite:///{folder / 'empty.db'}", folder, handlers=("handlers",))
    return create_app(runtime=house.runtime)


def test_a_typed_client_is_made_of_the_description_and_starts_and_reads(
    served_house: tuple[str, str], generated: ModuleType
) -> None:
    url, token = served_house
    calls = {name: importlib.import_module(f"dealflow_client.api.{name}") for name in
             ("processes.start_process", "instances.get_instance", "tasks.list_tasks")}  # fmt: skip
    models = importlib.import_module("dealflow_client.models")
    with generated.AuthenticatedClient(base_url=url, token=token) as client:
        body = next(getattr(models, name) for name in dir(models) if name.endswith("Start"))(business_key="K-9")
        made = calls["processes.start_process"].sync(key="offer", client=client, body=body)
        seen = calls["instances.get_instance"].sync(instance_id=int(made.instance), client=client)
        assert (seen.key, seen.business_key, seen.state) == ("offer", "K-9", "active")
        tasks = calls["tasks.list_tasks"].sync(client=client, instance=int(made.instance))
    assert [task.name for task in tasks.items] == ["测算报价"]
