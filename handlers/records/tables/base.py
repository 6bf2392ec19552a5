"""What every table of the book is made of: one metadata, one naming of constraints, a few kinds of columns."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import MetaData

from engine.store.tables import metadata as engine_metadata

metadata = MetaData(naming_convention=engine_metadata.naming_convention)

Currency = sa.String(3)
Kind = sa.String(30)
