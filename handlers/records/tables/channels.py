"""Where messages go besides mail, when a person may be written to, and what came in from outside."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table

from engine.store.tables import Document, Id, Moment, Name
from handlers.records.tables.base import Kind, metadata

channel_endpoint = Table(
    "channel_endpoint",
    metadata,
    Column("name", Name, primary_key=True),  # what models write as the recipient
    Column("channel", Kind, nullable=False),  # webhook | chat | sms
    Column("url", sa.Text, nullable=False),
    Column("generation", sa.Integer, nullable=False),  # of its signing secret, which is derived and kept nowhere
    Column("active", sa.Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
)

contact_preference = Table(
    "contact_preference",
    metadata,
    Column("contact_id", Id, ForeignKey("contact.id"), primary_key=True, autoincrement=False),
    Column("channels", Document, nullable=False),  # {"email": true, "sms": false}; one not named: the contact's consent
    Column("quiet_from", sa.String(5)),  # "21:00" in the business zone
    Column("quiet_until", sa.String(5)),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("source", Name, nullable=False),
)

inbound_message = Table(
    "inbound_message",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("channel", Kind, nullable=False),  # email | webhook | feedback
    Column("external_id", Name, nullable=False, unique=True),  # Message-ID, or the sender's own id
    Column("thread", Name, nullable=False, index=True),  # what one conversation carries
    Column("sender", Name, nullable=False, index=True),  # address, as handlers.names keys it
    Column("sender_name", Name),
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("contact_id", Id, ForeignKey("contact.id"), index=True),
    Column("route", Kind, nullable=False),  # inquiry | complaint | suggestion | reply | unsorted
    Column("matter_key", Name, index=True),  # business key of the case it started or belongs to
    Column("subject", Name, nullable=False),
    Column("text", sa.Text, nullable=False),
    Column("files", Document, nullable=False),  # ids of its documents
    Column("received_at", Moment, nullable=False),
)
