"""How long the server takes for every kind of page, and for reads of the API, on a book that `dealflow demo` filled.

    DEALFLOW_DATA_DIR=DIR DEALFLOW_DATABASE_URL=sqlite:///DIR/dealflow.db dealflow demo
    python -m bench.book DIR [--looks 5] [--over 0]

Beginning with the menu of an administrator it follows links, one of each kind (the views of the application), and asks
for each page some times. What is timed is the whole answer of the application, from the request to the last byte, in
this process: the span, and beside it the processor time, which the load of others hardly disturbs. Reads of the API are
asked by a program with a token. The folder is copied first; what is looked at stays as it was.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from engine import api
from engine.settings import load
from web import auth, create_app

READS = (
    "/api/v1/instances?limit=50", "/api/v1/tasks?limit=50", "/api/v1/processes", "/api/v1/incidents",
    "/api/v1/events?limit=50", "/api/v1/tasks?limit=20&process=client_intake",
)  # fmt: skip
PASSED = re.compile(r"/logout|/login|/export|\.(?:csv|xlsx|pdf|ics|svg|bpmn)\b|/files?/|/download|/static/|/live")


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it was answered: milliseconds, bytes."""

    path: str
    status: int
    span: float
    busy: float
    size: int


def opened(folder: Path) -> tuple[FlaskClient, str]:
    """A browser in which the administrator is signed in, and a token that may read."""
    runtime = api.open_engine(load(database_url=f"sqlite:///{folder / 'dealflow.db'}", data_dir=folder))
    app = create_app(runtime=runtime)
    client: FlaskClient = app.test_client()
    with runtime.transaction() as session:
        secret = api.begin_session(session, "admin", "password", "bench")
        token = api.create_token(session, api.SYSTEM, "bench", ("read",))
    with client.session_transaction() as kept:
        kept["_user_id"], kept["_fresh"], kept[auth.SECRET] = "admin", True, secret
    return client, str(token)


def look(client: FlaskClient, path: str, times: int, **headers: str) -> tuple[Seen, str]:
    """Ask so often, behind a first time that compiles templates; medians, and the text of the last answer."""
    spans, busy, text, status = [], [], "", 0
    for turn in range(times + 1):
        begun, worked = time.perf_counter(), time.process_time()
        answer = client.get(path, headers={"Accept-Language": "zh", **headers})
        text, status = answer.get_data().decode("utf-8", "replace"), answer.status_code
        if turn:
            spans.append((time.perf_counter() - begun) * 1000)
            busy.append((time.process_time() - worked) * 1000)
        if status >= 400:
            break
    middle = [statistics.median(found) if found else 0.0 for found in (spans, busy)]
    return Seen(path, status, middle[0], middle[1], len(text)), text


def pages(client: FlaskClient, times: int) -> Iterator[Seen]:
    """One page of each kind that links lead to: a kind is what one view answers."""
    routes, waiting, kinds = client.application.url_map.bind("localhost"), deque(["/inbox"]), {"inbox.index"}
    while waiting:
        seen, text = look(client, waiting.popleft(), times)
        yield seen
        for link in re.findall(r'(?:href|hx-get)="(/[^"#]*)"', text):
            path = unescape(link)
            try:
                kind = routes.match(path.partition("?")[0], "GET")[0]
            except HTTPException:
                continue
            if kind not in kinds and not PASSED.search(path):
                kinds.add(kind)
                waiting.append(path)


def said(one: Seen) -> str:
    """A line of the table."""
    return f"{one.busy:8.1f} {one.span:8.1f} {one.size:9,} {one.status} {one.path}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--looks", type=int, default=5)
    parser.add_argument("--over", type=float, default=0)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "book"
        shutil.copytree(told.folder, folder)
        client, token = opened(folder)
        print("   busy     span     bytes, medians in ms", flush=True)
        for seen in pages(client, told.looks):
            if seen.busy >= told.over or seen.status >= 400:
                print(said(seen), flush=True)
        program = client.application.test_client()
        for path in READS:
            print(said(look(program, path, told.looks, Authorization=f"Bearer {token}")[0]), flush=True)


if __name__ == "__main__":
    main()
