"""Packages on their way to a deployment: drafts of a person, and requests that a second person decides.

Named by `engine.store.tables`, too. A draft holds what differs from the deployment it began with, file by file.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.store.columns import Document, Id, Moment, Name, metadata

package_draft = Table(
    "package_draft",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("folder", Name, nullable=False),
    Column("by", Name, nullable=False),
    Column("base_id", Id),  # the deployment it began with; none: a new package
    Column("version", sa.Integer, nullable=False),  # one more with every save
    Column("updated_at", Moment, nullable=False),
    Column("files", Document, nullable=False),  # name -> text; null: deleted
    UniqueConstraint("folder", "by"),
)

draft_step = Table(
    "draft_step",
    metadata,
    Column("draft_id", Id, ForeignKey("package_draft.id"), primary_key=True),
    Column("version", sa.Integer, primary_key=True),  # that this save made
    Column("before", Document, nullable=False),  # name -> text before it, null: deleted; absent: as deployed
    Column("unchanged", Document, nullable=False),  # names that were as deployed before it
)

deployment_request = Table(
    "deployment_request",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("folder", Name, nullable=False),
    Column("base_id", Id),
    Column("files", Document, nullable=False),
    Column("note", sa.Text, nullable=False),
    Column("stage", Document, nullable=False),  # what happens to running cases
    Column("asked_by", Name, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", sa.String(10), nullable=False),  # waiting | deployed | refused | withdrawn
    Column("decided_by", Name),
    Column("decided_at", Moment),
    Column("comment", sa.Text, nullable=False, server_default=""),
    Column("deployment_id", Id),
    Index(None, "state", "asked_at"),
)
