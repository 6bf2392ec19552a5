"""How quickly pages and REST answer on the demonstration's book: `python bench/answers.py [--seconds 10] [--rate 100]`.

Starts `dealflow run` on an empty folder, signs an administrator in and asks for every page of the menu, some times
each; then asks `/api/v1` for a mix of reads at a fixed rate, as a program outside would, whatever the answers take
(open loop: a late answer delays nobody else's question, and counts from the moment at which it was due).
"""

from __future__ import annotations

import argparse
import http.client
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from handlers import demo
from tests.stories.served import dealflow, environment, free_port

TIMES = 10
CALLERS = 16
"""Connections that programs keep open."""
READS = (
    "/api/v1/instances?limit=50", "/api/v1/tasks?limit=50", "/api/v1/processes", "/api/v1/incidents",
    "/api/v1/events?limit=50", "/api/v1/tasks?limit=20&process=client_intake",
)  # fmt: skip


class Guest:
    """A connection that is kept, with its cookies."""

    def __init__(self, port: int, **headers: str) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Accept-Language": "zh", **headers}

    def ask(self, path: str, body: str | None = None) -> tuple[int, str]:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        self.line.request("POST" if body is not None else "GET", path, body, {**self.headers, **kind})
        answer = self.line.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            kept = dict(one.split("=", 1) for one in self.headers.get("Cookie", "").split("; ") if one)
            name, _, value = cookie.split(";")[0].partition("=")
            self.headers["Cookie"] = "; ".join(f"{key}={one}" for key, one in {**kept, name: value}.items())
        return answer.status, answer.read().decode("utf-8", "replace")

    def sign_in(self, name: str) -> None:
        """Through the page, as everybody does."""
        [token] = re.findall(r'name="csrf_token" value="([^"]+)"', self.ask("/login")[1])[:1]
        self.ask("/login", urllib.parse.urlencode({"csrf_token": token, "name": name, "password": demo.PASSWORD}))


def spans(work: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append((time.perf_counter() - begun) * 1000)
    return found


def said(found: Sequence[float]) -> str:
    """Median, 95th of a hundred, longest."""
    ordered = sorted(found)
    return f"{statistics.median(ordered):7.1f} {ordered[int(len(ordered) * 0.95) - 1]:7.1f} {ordered[-1]:7.1f}"


def pages(guest: Guest) -> Iterator[str]:
    """What the menu leads to."""
    menu = re.search(r'<nav[^>]*id="menu".*?</nav>', guest.ask("/inbox")[1], re.DOTALL)
    yield from dict.fromkeys(re.findall(r'href="(/[^"#]*)"', menu[0])) if menu else ()


def asked(port: int, token: str, rate: int, seconds: float) -> list[float]:
    """Milliseconds from when each read was due to its answer."""
    found: list[float] = []
    begun = time.perf_counter() + 0.2
    due = [begun + number / rate for number in range(int(rate * seconds))]
    lock = threading.Lock()

    def call() -> None:
        guest = Guest(port, Authorization=f"Bearer {token}")
        while True:
            with lock:
                if not due:
                    return
                moment, path = due.pop(0), READS[len(due) % len(READS)]
            time.sleep(max(0.0, moment - time.perf_counter()))
            status, body = guest.ask(path)
            if status != 200:
                raise SystemExit(f"{path}: {status} {body[:200]}")
            found.append((time.perf_counter() - moment) * 1000)

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=int, default=100)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        with dealflow(folder, port):
            command = [str(Path(sys.executable).with_name("dealflow")), "token", "create", "bench", "--scope", "read"]
            made = subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=True)
            guest = Guest(port)
            guest.sign_in("admin")
            print(f"{'page':44} median    95 %  longest, ms")
            for path in pages(guest):
                status = guest.ask(path)[0]
                print(f"{path:44} {said(spans(lambda path=path: guest.ask(path), TIMES))}  {status}")  # type: ignore[misc]
            found = asked(port, made.stdout.split()[-1], told.rate, told.seconds)
            print(f"{f'reads of /api/v1, {told.rate} a second':44} {said(found)}  {len(found)} answers")


if __name__ == "__main__":
    main()
