"""An empty SQLite database gets its schema as a copy of one that the same migrations made before in this process.

Law: the first is made by the migrations themselves; whatever is not empty, and every PostgreSQL, is migrated for real.
A hundred tests make a database of their own, half a second each.
"""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from engine import api
from engine.api import wiring
from engine.execution import Runtime


def share() -> None:
    """From now on, in this process."""
    really = wiring.migrate
    known: dict[tuple[Path, ...], sqlite3.Connection] = {}
    one_at_a_time = threading.RLock()

    def migrate(runtime: Runtime) -> None:
        url, places = runtime.database.url, tuple(wiring._places(runtime))
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            return really(runtime)
        with one_at_a_time, closing(sqlite3.connect(url.database)) as file:
            empty = file.execute("SELECT 1 FROM sqlite_master").fetchone() is None
            if empty and places in known:
                return known[places].backup(file)
            really(runtime)
            if empty:
                known[places] = sqlite3.connect(":memory:", check_same_thread=False)
                file.backup(known[places])

    wiring.migrate = api.migrate = migrate
