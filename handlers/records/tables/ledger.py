"""Money that moved: balanced postings, and payments on their way through the bank."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table

from engine.store.tables import Id, Moment, Name
from handlers.records.tables.base import Currency, Kind, metadata
from handlers.records.types import Money

ledger_posting = Table(
    "ledger_posting",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("ref", Name, nullable=False, unique=True),
    Column("key", Name, nullable=False, unique=True),  # whoever posts under it again posts nothing
    Column("day", sa.Date, nullable=False),
    Column("text", Name, nullable=False),
    Column("business_key", Name, index=True),  # of the matter: facility, drawdown
    Column("reverses", Id, ForeignKey("ledger_posting.id"), unique=True),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("instance", Name),
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("posting_id", Id, ForeignKey("ledger_posting.id"), nullable=False, index=True),
    Column("account", Name, nullable=False, index=True),
    Column("side", sa.String(6), nullable=False),  # debit | credit
    Column("amount", Money, nullable=False),
    Column("currency", Currency, nullable=False),
)

payment = Table(
    "payment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("ref", Name, nullable=False, unique=True),
    Column("key", Name, nullable=False, unique=True),
    Column("business_key", Name, nullable=False, index=True),  # of the instance that is told what the bank says
    Column("payee", Name, nullable=False),
    Column("account", Name, nullable=False),
    Column("bank", Name),
    Column("amount", Money, nullable=False),
    Column("currency", Currency, nullable=False),
    Column("purpose", Name, nullable=False),
    Column("state", Kind, nullable=False),  # instructed | confirmed | rejected | recalled | returned
    Column("instructed_at", Moment, nullable=False),
    Column("instructed_by", Name, nullable=False),
    Column("answered_at", Moment),
    Column("bank_reference", Name),
    Column("reason", sa.Text),
)
