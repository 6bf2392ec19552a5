"""Rows. Law: rows are the truth; `transaction()` is the only place that commits; nobody else opens a connection."""

from engine.store.database import after_commit, open_database, reading, transaction, upsert

__all__ = ["after_commit", "open_database", "reading", "transaction", "upsert"]
