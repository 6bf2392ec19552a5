"""The book: clients, projects, statements, checks. Law: `session` first, frozen values out, every change
logged.

Handlers write it through the modules here; pages read it through `client_card`, `project_card` and `search`.
Nothing in it knows processes: an instance is named by its business key at most.
"""

from importlib.resources import files
from pathlib import Path

from handlers.records.cards import (
    ClientCard,
    Found,
    ProjectCard,
    client_card,
    main_party,
    project_card,
    search,
)
from handlers.records.changes import Stamp
from handlers.records.tables import metadata

MIGRATIONS = Path(str(files("handlers.records"))) / "migrations" / "versions"
"""Alembic's version folder of the book: a branch of its own, labelled `records`."""

__all__ = [
    "MIGRATIONS",
    "ClientCard",
    "Found",
    "ProjectCard",
    "Stamp",
    "client_card",
    "main_party",
    "metadata",
    "project_card",
    "search",
]
