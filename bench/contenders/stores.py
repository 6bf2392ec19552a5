"""A database by its driver alone, durable as the engine has it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

Parameters = Sequence[Any] | Mapping[str, Any]


class Store:
    """One connection: statements, whole transactions."""

    def __init__(self, url: str) -> None:
        self.sqlite = url.startswith("sqlite:///")
        self.connection: Any
        if self.sqlite:
            self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            for line in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "cache_size=-65536"):
                self.connection.execute(f"PRAGMA {line}")
        else:
            self.connection = psycopg.connect(url)
        self.cursor = self.connection.cursor()
        self.what = f"SQLite {sqlite3.sqlite_version}" if self.sqlite else f"psycopg {psycopg.__version__}"

    def begin(self) -> None:
        """A transaction that may write."""
        if self.sqlite:
            self.cursor.execute("BEGIN IMMEDIATE")

    def run(self, statement: str, parameters: Parameters = ()) -> None:
        """One statement; its rows are fetched and let go of."""
        self.cursor.execute(statement, parameters)
        if self.cursor.description is not None:
            self.cursor.fetchall()

    def run_many(self, statement: str, parameters: Sequence[Parameters]) -> None:
        """One statement with many sets of parameters."""
        self.cursor.executemany(statement, parameters)

    def number(self, statement: str) -> int:
        """The one number that a query gives."""
        found = int(self.connection.execute(statement).fetchone()[0])
        self.connection.commit()
        return found

    def commit(self) -> None:
        """Durable when it returns."""
        if self.sqlite:
            self.cursor.execute("COMMIT")
        else:
            self.connection.commit()
