"""PostgreSQL databases for tests: made empty, or as copies of one that stands ready, and dropped."""

import itertools
import os

import psycopg
import sqlalchemy as sa

_numbers = itertools.count(1)


def create(server: str, template: str = "template1") -> str:
    """The address of a new database of the server, a copy of the one named; to that one nobody may be connected."""
    name = f"house_{os.getpid()}_{next(_numbers)}"
    _say(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def drop(server: str, url: str) -> None:
    """Let go of a database, whoever is connected to it: hundreds of them would fill the disk."""
    _say(server, f"DROP DATABASE IF EXISTS {sa.make_url(url).database} WITH (FORCE)")


def _say(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(statement.encode())
