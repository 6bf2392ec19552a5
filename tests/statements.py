"""Databases of one kind share what SQLAlchemy has compiled for them. Law: only what any long-lived process shares.

Every test opens a database of its own, and SQLAlchemy keeps compiled statements per database: without this, each test
would have its hundreds of statements written anew.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.util import LRUCache

MOST = 1500
"""Statements kept for a kind of database."""


def share() -> None:
    """From now on, in this process."""
    known: dict[tuple[Any, ...], tuple[Any, Any]] = {}

    @event.listens_for(sa.Engine, "engine_connect")
    def join(connection: Any) -> None:
        opened, dialect = connection.engine, connection.dialect
        if dialect._on_connect_isolation_level is not None:
            return
        kind = (type(dialect), dialect._json_serializer, dialect._json_deserializer)
        if kind not in known:
            known[kind] = dialect, LRUCache(MOST)
        if opened._compiled_cache is not known[kind][1]:
            opened.dialect, opened._compiled_cache = known[kind]
            connection.dialect = opened.dialect
