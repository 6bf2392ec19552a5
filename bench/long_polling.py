"""How pages and work fare while two hundred programs wait for work at one server process (`fetchAndLock`).

    python -m bench.long_polling [--workers 200] [--looks 60]

A house on SQLite with `dealflow serve` as it is started (one gunicorn process), a person with a hundred tasks, and a
process whose work programs fetch. Timed, first with nobody waiting, then with all of them: the inbox page of that
person, and the time from a commit that brings work until a program has it in hand. Between two pieces all wait again.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import api, identity
from engine.execution import Runtime
from engine.settings import load

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
 id="d" targetNamespace="bench">
 <process id="ask" name="询问" isExecutable="true"><startEvent id="s"/>
 <sequenceFlow id="f1" sourceRef="s" targetRef="t"/><userTask id="t" name="答复" camunda:assignee="li"/>
 <sequenceFlow id="f2" sourceRef="t" targetRef="e"/><endEvent id="e"/></process>
 <process id="work" name="外部" isExecutable="true"><startEvent id="s2"/>
 <sequenceFlow id="g1" sourceRef="s2" targetRef="w"/><serviceTask id="w" camunda:type="external" camunda:topic="bench"/>
 <sequenceFlow id="g2" sourceRef="w" targetRef="e2"/><endEvent id="e2"/></process></definitions>"""
TASKS, PASSWORD, WAIT = 100, "bench bench", 20_000


@dataclass
class Server:
    """The served house: its address, a token, and who got work when (by perf_counter)."""

    address: str
    token: str
    got: list[tuple[str, float]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def post(self, path: str, body: dict[str, Any], seconds: float = 60) -> Any:
        """A program's request."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        asked = urllib.request.Request(f"{self.address}/engine-rest{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(asked, timeout=seconds) as answer:
            raw = answer.read()
        return json.loads(raw) if raw else None

    def work_on(self, name: str) -> None:
        """One program: waits for work, does it, waits again."""
        topics = [{"topicName": "bench", "lockDuration": 60_000}]
        while not self.over.is_set():
            body = {"workerId": name, "maxTasks": 1, "asyncResponseTimeout": WAIT, "topics": topics}
            for task in self.post("/external-task/fetchAndLock", body):
                self.got.append((task["id"], time.perf_counter()))
                self.post(f"/external-task/{task['id']}/complete", {"workerId": name})


def furnish(folder: Path) -> tuple[Runtime, str]:
    """A house with a person, their tasks, and a token."""
    runtime = api.open_engine(load(database_url=f"sqlite:///{folder / 'dealflow.db'}", data_dir=folder))
    api.migrate(runtime)
    with runtime.transaction() as session:
        identity.add_team(session, "rm", "客户经理")
        identity.add_person(session, "li", "李雷", password=PASSWORD)
        identity.add_member(session, "rm", "li")
        token = api.make_token(session, "bench", "engine-rest")
        api.deploy(session, api.SYSTEM, "bench", {"bench.bpmn": MODEL.encode()})
        for number in range(TASKS):
            api.start(session, api.SYSTEM, "ask", {}, business_key=f"PJ-{number}")
    return runtime, token


def sign_in(address: str) -> urllib.request.OpenerDirector:
    """A browser without a screen in which li has signed in."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = browser.open(f"{address}/login").read().decode()
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    sent = urllib.parse.urlencode({"csrf_token": found[1] if found else "", "name": "li", "password": PASSWORD})
    browser.open(f"{address}/login", sent.encode()).read()
    return browser


def pages(browser: urllib.request.OpenerDirector, address: str, looks: int) -> list[float]:
    """Milliseconds of the inbox page, one look after the other."""
    spans = []
    for _ in range(looks):
        begun = time.perf_counter()
        browser.open(f"{address}/inbox").read()
        spans.append((time.perf_counter() - begun) * 1000)
    return spans


def pieces(runtime: Runtime, server: Server, number: int) -> list[float]:
    """Milliseconds from the start that brings work until a program has it in hand, one piece after the other.

    The start goes through the server, as the hint of a commit stays in its process.
    """
    spans = []
    for _ in range(number):
        known, begun = len(server.got), time.perf_counter()
        server.post("/process-definition/key/work/start", {})
        while len(server.got) == known:
            time.sleep(0.0005)
        spans.append((server.got[known][1] - begun) * 1000)
        time.sleep(0.05)
    return spans


def told(name: str, spans: list[float]) -> str:
    """A row of the table."""
    spans = sorted(spans)
    middle, late = statistics.median(spans), spans[min(len(spans) - 1, int(len(spans) * 0.95))]
    return f"| {name} | {middle:.1f} | {late:.1f} | {spans[-1]:.1f} |"


def measure(workers: int, looks: int) -> list[str]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory() as place, socket.create_server(("127.0.0.1", 0)) as probe:
        folder, port = Path(place), probe.getsockname()[1]
        probe.close()
        runtime, token = furnish(folder)
        server = Server(f"http://127.0.0.1:{port}", token)
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("dealflow")), "serve"],
            env=os.environ | {
                "DEALFLOW_DATABASE_URL": f"sqlite:///{folder / 'dealflow.db'}", "DEALFLOW_DATA_DIR": place,
                "DEALFLOW_PORT": str(port), "DEALFLOW_LOG_LEVEL": "ERROR",
            },
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await_ready(server.address)
            return run(runtime, server, workers, looks)
        finally:
            server.over.set()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            runtime.database.dispose()


def run(runtime: Runtime, server: Server, workers: int, looks: int) -> list[str]:
    """Both turns: one program, then all of them."""
    browser = sign_in(server.address)
    pages(browser, server.address, 5)
    rows = [told("inbox page, nobody waits", pages(browser, server.address, looks))]
    start(server, 1)
    rows.append(told("work handed out, 1 program waits", pieces(runtime, server, looks)))
    start(server, workers - 1)
    time.sleep(3)
    rows.append(told(f"inbox page, {workers} programs wait", pages(browser, server.address, looks)))
    rows.append(told(f"work handed out, {workers} programs wait", pieces(runtime, server, looks)))
    return rows


def start(server: Server, number: int) -> None:
    """So many programs more."""
    for _ in range(number):
        name = f"w{threading.active_count()}"
        threading.Thread(target=carry_on, args=(server, name), daemon=True).start()


def carry_on(server: Server, name: str) -> None:
    """A program ends quietly when the server stops."""
    try:
        server.work_on(name)
    except (OSError, ValueError):
        if not server.over.is_set():
            raise


def await_ready(address: str) -> None:
    """Wait until the server answers."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=200)
    parser.add_argument("--looks", type=int, default=60)
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    rows = measure(asked.workers, asked.looks)
    print(f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after\n")
    print("| ms | median | 95 % | longest |\n|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
