"""A tiny real site for the front end's tests: the bundle under our policy; it keeps what it is sent."""

import json
import mimetypes
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.paths import ROOT

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "report-uri /violations"
)


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Site:
    """Pages by path; `answers` overrides the status of a (method, path)."""

    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    answers: dict[tuple[str, str], int] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    url: str = ""

    def sent(self, method: str, path: str) -> list[Received]:
        return [one for one in self.received if (one.method, one.path) == (method, path)]

    def awaited(self, method: str, path: str) -> list[Received]:
        """What was sent there, once there is something."""
        until = time.monotonic() + 60
        while not (found := self.sent(method, path)):
            assert time.monotonic() < until, f"nothing came to {path}"
            time.sleep(0.05)
        return found

    @property
    def violations(self) -> list[str]:
        """What the security policy stopped, in the browser's words."""
        return [one.body for one in self.sent("POST", "/violations")]

    def html(self, path: str, body: str, *, lang: str = "zh", scripts: tuple[str, ...] = ()) -> str:
        tags = "".join(f'<script defer src="/static/vendor/{name}"></script>' for name in scripts)
        self.pages[path] = (
            "text/html; charset=utf-8",
            f'<!doctype html><html lang="{lang}"><head><title>t</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="csrf-token" content="token-1"><link rel="stylesheet" href="/static/vendor/app.css">'
            f'<script src="/static/vendor/app.js"></script></head>'
            f'<body data-user="li" data-login-url="/login">{body}{tags}</body></html>',
        )
        return self.url + path

    def json(self, path: str, value: Any) -> None:
        self.pages[path] = ("application/json", json.dumps(value))


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        status = self.site.answers.get(("GET", self.path), 200)
        file = ROOT / "web" / self.path.lstrip("/")
        if self.path in self.site.pages:
            kind, text = self.site.pages[self.path]
            self._answer(status, kind, text.encode())
        elif self.path.startswith("/static/vendor/") and file.is_file():
            self._answer(200, mimetypes.guess_type(file.name)[0] or "text/plain", file.read_bytes())
        else:
            self._answer(404 if status == 200 else status, "text/plain", b"")

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.site.received.append(Received(self.command, self.path, dict(self.headers), body))
        self._answer(self.site.answers.get((self.command, self.path), 200), "text/html", b"<p>taken</p>")

    do_POST = do_PUT = _take


def serve() -> tuple[Site, ThreadingHTTPServer]:
    """Start a site on a free port; shut the returned server down when done."""
    site = Site()
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return site, server
