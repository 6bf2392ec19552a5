"""The columns of the list. Law: everybody chooses their own; the task itself is always there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from handlers import sights
from handlers.records import custom
from web.scope import actor, person, said

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


ABOUT = ("client_name", "project_name", "subject_name", "event_name", "investor_name", "stream_name", "facility_name")
"""Facts that say what a task is about, the plainest first: what stands in “client and project”."""


def about(facts: Mapping[str, Any]) -> tuple[str, str]:
    """Whom or what a task is about, and below it what tells it from its like; empty where its case says neither."""
    first, *more = [*dict.fromkeys(str(facts[name]) for name in ABOUT if facts.get(name)), ""]
    return first, " · ".join(one for one in more[:2] if one)


def amount(facts: Mapping[str, Any]) -> tuple[Any, str]:
    """How much it is about, and in what: of the case, else of this draw, payment or security; None where nothing is."""
    for name in ("amount", "draw_amount", "repayment_amount", "exposure"):
        if facts.get(name) is not None:
            return facts[name], str(facts.get("draw_currency" if name == "draw_amount" else "currency") or "")
    return None, ""


def own(db: Any) -> dict[str, custom.Field]:
    """The house's own fields of clients and projects, each as the column `own_<record>_<key>`."""
    return {f"own_{of}_{one.key}": one for of in ("project", "party") for one in custom.fields_of(db, of)}


def offered(fields: Mapping[str, custom.Field]) -> dict[str, Any]:
    """Every column with its name: those of the table above, then the house's own."""
    gone = {f"fact_{name}" for name in sights.fields_hidden(actor())}
    shown = {name: words for name, words in COLUMNS.items() if name not in gone}
    return shown | {name: said(one.label, one.label_en) for name, one in fields.items()}


def chosen(names: Iterable[str]) -> list[str]:
    """The columns of whoever is signed in, in their order; of `names` alone."""
    kept, offered = person().settings.get("inbox_columns"), set(names)
    wanted = kept if isinstance(kept, list) else USUAL
    return [name for name in dict.fromkeys(wanted) if name in offered]


def own_words(field: custom.Field, value: Any) -> Any:
    """A value of an own field in words: a choice by its label."""
    found = next((one for one in field.choices or () if field.type == "choice" and one["value"] == value), None)
    return value if found is None else said(found["label"], found.get("label_en"))


def density() -> str:
    """How high a row is."""
    kept = person().settings.get("density")
    return kept if kept in DENSITIES else "comfortable"
