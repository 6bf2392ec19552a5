"""The columns of the list. Law: everybody chooses their own; the task itself is always there."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from web.scope import person

COLUMNS: dict[str, Any] = {
    "case": _("Client and project"),
    "amount": _("Amount"),
    "due": _("Due"),
    "who": _("Who"),
    "process": _("Process"),
    "number": _("Number"),
    "phase": _("Stage"),
    "owner": _("Owner"),
    "team": _("Team"),
    "priority": _("Priority"),
    "created": _("Came in"),
    "fact_facility_name": _("Facility"),
    "fact_tier": _("Tier"),
    "fact_kyc_rating": _("Risk rating"),
    "fact_severity": _("Severity"),
    "fact_contact_name": _("Contact"),
    "fact_test_date": _("Test date"),
}
"""What may stand beside the task; `fact_<name>` is a business fact of the case, as its process names it."""
USUAL = ("case", "amount", "due", "who")
FROM_BOOK = frozenset({"phase", "owner"})
"""Columns that are read from the book of clients and projects."""
DENSITIES: dict[str, Any] = {"comfortable": _("Comfortable"), "dense": _("Dense")}


def chosen() -> list[str]:
    """The columns of whoever is signed in, in the order of the table above."""
    kept = person().settings.get("inbox_columns")
    wanted = kept if isinstance(kept, list) else USUAL
    return [name for name in COLUMNS if name in wanted]


def density() -> str:
    """How high a row is."""
    kept = person().settings.get("density")
    return kept if kept in DENSITIES else "comfortable"
