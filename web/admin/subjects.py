"""What an entry of the audit is about, in words. Law: a subject is `kind:key`; people, teams and processes stand by
name, everything else by its kind and key. What has no words stands as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import lazy_gettext as N_

from web.scope import called, is_chinese

KINDS: Mapping[str, object] = {
    "person": N_("Person"), "team": N_("Team"), "process": N_("Process"), "folder": N_("Package"),
    "instance": N_("Case"), "task": N_("Task"), "batch": N_("Batch"), "client": N_("Client"),
    "contact": N_("Contact"), "calendar": N_("Calendar"), "reminder_policy": N_("Reminder policy"),
    "tip": N_("Tip"), "change": N_("Change"), "field": N_("Field"), "endpoint": N_("Channel"),
    "webhook": N_("Webhook"), "token": N_("Token"), "source": N_("Data source"), "house": N_("House"),
}  # fmt: skip
"""Kind of a subject -> what it is called."""


def about(subject: str, process_name: Callable[[str], str]) -> str:
    """`person:li` as 人员：李明; `process_name`: key of a process -> what it is called."""
    kind, given, key = subject.partition(":")
    if not given or kind not in KINDS:
        return subject
    shown = {"person": called, "team": called, "process": process_name, "folder": process_name}.get(kind, str)(key)
    if kind == "house" and key == "house":
        return str(KINDS[kind])
    return f"{KINDS[kind]}{'：' if is_chinese() else ': '}{shown}"
