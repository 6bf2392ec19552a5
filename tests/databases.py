"""PostgreSQL databases for tests: made empty, or as copies of one that stands ready, and dropped.

Hundreds are made: their files are copied as they lie, at a third of what writing every page through the log costs, and
one connection per server is kept, for PostgreSQL starts a process for each.
"""

import itertools
import os

import psycopg
import sqlalchemy as sa

_numbers = itertools.count(1)
_admins: dict[str, psycopg.Connection] = {}


def create(server: str, template: str = "template1") -> str:
    """The address of a new database of the server, a copy of the one named; to that one nobody may be connected."""
    name = f"house_{os.getpid()}_{next(_numbers)}"
    _say(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def drop(server: str, url: str) -> None:
    """Let go of a database, whoever is connected to it: hundreds of them would fill the disk."""
    _say(server, f"DROP DATABASE IF EXISTS {sa.make_url(url).database} WITH (FORCE)")


def leave(server: str) -> None:
    """Close the connection to a server that will stop."""
    if server in _admins:
        _admins.pop(server).close()


def _say(server: str, statement: str) -> None:
    if server not in _admins:
        _admins[server] = psycopg.connect(server, autocommit=True)
    _admins[server].execute(statement.encode())
