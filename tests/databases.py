"""PostgreSQL databases for tests: made empty, or as copies of one that stands ready."""

import itertools
import os

import sqlalchemy as sa

_numbers = itertools.count(1)


def create(server: str, template: str = "template1") -> str:
    """The address of a new database of the server, a copy of the one named; to that one nobody may be connected."""
    name = f"house_{os.getpid()}_{next(_numbers)}"
    admin = sa.create_engine(sa.make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    admin.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)
