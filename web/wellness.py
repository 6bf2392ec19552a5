"""Whether a process is well, and what it counts. Law: what is said of a worker is said of a server in the same words.

`live` says that the process answers; `ready` that it can work: its database answers with this release's tables and,
where it sweeps, the last sweep was not long ago. Both, and the metrics, are served beside the pages by `serve_beside`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine import api
from engine.api import Runtime
from engine.errors import DealflowError, SettingsInvalid
from engine.queries.queue import queue
from web.errors import outward

LATE_SWEEPS, LATE_SECONDS = 10, 30.0
"""A sweep is late after so many of its intervals, and never before so many seconds."""
Swept = Callable[[], float]
"""When (time.monotonic) this process last swept."""


def unwell(runtime: Runtime, swept: Swept | None = None, *, outside: bool = False) -> str | None:
    """Why this process cannot work just now, in English for operators; None when it can. Those outside are not told
    where the database is."""
    try:
        api.require_schema(runtime)
    except SettingsInvalid as error:
        return str(error.fields["reason"])
    except DealflowError as error:
        return outward(error, "en") if outside else str(error)
    late = max(LATE_SWEEPS * runtime.settings.sweep_seconds, LATE_SECONDS)
    if swept is not None and (lag := time.monotonic() - swept()) > late:
        return f"the last sweep was {lag:.0f} s ago"
    return None


class _Rows(Collector):
    """Gauges that are asked of the database at each look."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def collect(self) -> Iterator[Metric]:
        with self.runtime.reading() as session:
            found = queue(session)
        age = GaugeMetricFamily("dealflow_queue_age_seconds", "Age of the oldest due work", labels=["kind"])
        age.add_metric(["timer"], found.oldest_timer)
        age.add_metric(["job"], found.oldest_job)
        yield age
        jobs = GaugeMetricFamily("dealflow_jobs_waiting", "Jobs by state", labels=["state"])
        for state, count in found.jobs.items():
            jobs.add_metric([state], count)
        yield jobs
        yield GaugeMetricFamily("dealflow_incidents_open", "Incidents nobody has resolved", value=found.incidents)
        yield GaugeMetricFamily("dealflow_mails_waiting", "Messages in the outbox", value=found.mails)


def figures(runtime: Runtime) -> bytes:
    """All metrics in Prometheus' text format; those of the database are left out while it is away."""
    counted, rows = generate_latest(REGISTRY), CollectorRegistry()
    rows.register(_Rows(runtime))
    try:
        return counted + generate_latest(rows)
    except DealflowError:
        return counted


def serve_beside(runtime: Runtime, port: int, swept: Swept | None) -> Callable[[], None]:
    """Answer `/health/live`, `/health/ready` and `/metrics` on a port of its own; call what comes back to stop.

    The port is for the operators' network: it asks nobody who they are.
    """

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = _answer(runtime, self.path.partition("?")[0], swept)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Looks every few seconds are no news."""

    server = ThreadingHTTPServer((runtime.settings.host, port), Answer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, name="health").start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop


def _answer(runtime: Runtime, path: str, swept: Swept | None) -> tuple[int, str, bytes]:
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, figures(runtime)
    if path == "/health/live":
        return _said(200, {"status": "ok"})
    if path == "/health/ready":
        reason = unwell(runtime, swept)
        return _said(503, {"status": "unavailable", "reason": reason}) if reason else _said(200, {"status": "ready"})
    return _said(404, {"status": "unknown"})


def _said(status: int, what: dict[str, str]) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(what).encode()
