"""What the columns of the tables are made of. Law: what is put in comes out the same, on both databases.

Times are aware and stored in UTC (`Moment`). Documents (variables, facts, events) are `Document`: compact JSON bytes
in which the values of the process core survive exactly.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from engine.feel import codec

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware moment; naive values are refused. PostgreSQL keeps timestamptz, SQLite UTC text that sorts."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Document(TypeDecorator[Any]):
    """A value of the process core (lists, contexts, decimals, dates…) as bytes of the core's own codec."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else codec.encode_value(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else codec.decode_value(bytes(value))


Id = sa.BigInteger
Wait = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A wait's id in its instance: beyond 32 bits in the parts of a large body. SQLite's INTEGER holds that already."""
Name = sa.String(255)
Hash = sa.LargeBinary(32)
"""SHA-256."""
