"""Rows. Law: rows are the truth; `transaction()` is the only place that commits; nobody else opens a connection."""

from pathlib import Path

from engine.store import dates, feeds, figures, inboxes  # their tables belong to the schema, whoever reads them
from engine.store.database import (
    after_commit,
    dialect_insert,
    open_database,
    reading,
    require_whole,
    transaction,
    upsert,
)
from engine.store.faults import fault_of, overtaken
from engine.store.line import gathering, is_unproved, savepoint, take_for_granted
from engine.store.prepared import Prepared, listed
from engine.store.turns import take_turn

MIGRATIONS = Path(__file__).parent / "migrations"

__all__ = [
    "MIGRATIONS",
    "Prepared",
    "after_commit",
    "dates",
    "dialect_insert",
    "fault_of",
    "feeds",
    "figures",
    "gathering",
    "inboxes",
    "is_unproved",
    "listed",
    "open_database",
    "overtaken",
    "reading",
    "require_whole",
    "savepoint",
    "take_for_granted",
    "take_turn",
    "transaction",
    "upsert",
]
