"""Administration: how a house is set. Law: a page shows and asks; rights, checks and the audit are the engine's.

One module a page; all hang on one blueprint. What a page is called in `web.rights` begins with `admin-`.
"""

from web.admin import (
    absences,
    audits,
    calendars,
    deliveries,
    fields,
    integrations,
    letters,
    overview,
    people,
    reminders,
    roles,
    setting,
    sources,
    switches,
    teams,
    thresholds,
)
from web.admin.room import pages

__all__ = [
    "absences",
    "audits",
    "calendars",
    "deliveries",
    "fields",
    "integrations",
    "letters",
    "overview",
    "pages",
    "people",
    "reminders",
    "roles",
    "setting",
    "sources",
    "switches",
    "teams",
    "thresholds",
]
