"""Serve an application on loopback, inside the test's own process. Law: a client that goes away leaves nothing open.

The house's clock and people are changed by tests while its pages are open, so the server shares their process; the
product's own server (gunicorn) is what `tests/stories` and `bench` start as a process of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cheroot.wsgi import Server
from flask import Flask

THREADS = 16


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address under which the application answers, until the block is left."""
    server = Server(("127.0.0.1", 0), app, numthreads=THREADS, request_queue_size=128, shutdown_timeout=2)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.bind_addr[1]}"
    finally:
        server.stop()
        thread.join()
