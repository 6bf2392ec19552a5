"""Files that the house keeps: what each is, of whom, and which bytes it stands for. The bytes lie outside the book."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.store.tables import Id, Moment, Name
from handlers.records.tables.base import Kind, metadata

document = Table(
    "document",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("subject_key", Name, nullable=False),  # business key of what it belongs to: CL-…, PJ-…, FA-…, CO-…
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("contact_id", Id, ForeignKey("contact.id"), index=True),  # the person who sent it in
    Column("kind", Kind, nullable=False),  # memo | contract | report | certificate | evidence | attachment …
    Column("name", Name, nullable=False),  # file name as people see it
    Column("version", sa.Integer, nullable=False),  # of this kind and name for this subject, from 1
    Column("media_type", Name, nullable=False),
    Column("size", sa.BigInteger, nullable=False),
    Column("sha256", sa.String(64), nullable=False, index=True),
    Column("language", sa.String(10)),
    Column("source", Name, nullable=False),  # template:credit_memo, upload, email …
    Column("figures_sha256", sa.String(64)),  # of the data that a rendered one was made from
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("instance", Name),
    Column("job_key", Name, unique=True),  # made once for a job
    Column("retain_until", sa.Date, index=True),
    Column("removed_at", Moment),  # the bytes are gone, the row says what there was
    Column("removed_by", Name),
    Column("removed_why", sa.Text),
    UniqueConstraint("subject_key", "kind", "name", "version"),
    Index(None, "subject_key", "created_at"),
)
