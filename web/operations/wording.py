"""Entries of the audit in words a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import queries
from handlers.reports.vocabulary import word
from web.scope import is_chinese, language, said
from web.words import listed


def process_words(session: Session) -> dict[str, str]:
    """Key of a process -> what it is called in the page's language."""
    return {one.key: said(one.name, one.name_en) for one in queries.process_names(session)}


def steps_told(item: Any, names: Mapping[str, str]) -> str:
    """What an intervention did, step by step: `[what, element]` each."""
    words = {
        "moved": _("moved"),
        "kept": _("stays"),
        "cancelled": _("taken away"),
        "entered": _("entered"),
        "opened": _("waits from now on"),
        "reopened": _("waits anew"),
        "closed": _("waits no longer"),
        "ended": _("ended"),
    }
    steps = [(words.get(what, what), names.get(element, element)) for what, element in item]
    return listed(f"{what} “{name}”" if not is_chinese() else f"{what}“{name}”" for what, name in steps)


def in_one_language(item: Any) -> Any:
    """A value without what it says once more in the other language, its codes in words: of `reason` and `reason_en`
    one stands, under the first's name; of `zh` and `en` only the text."""
    if isinstance(item, list | tuple):
        return [in_one_language(part) for part in item]
    if not isinstance(item, Mapping):
        return word(item, language()) if isinstance(item, str) else item
    if {"zh", "en"} <= set(item):
        return in_one_language(said(item["zh"], item["en"]))
    kept = {name: part for name, part in item.items() if not (name.endswith("_en") and name[:-3] in item)}
    if not is_chinese():
        kept |= {name: item[f"{name}_en"] for name in kept if item.get(f"{name}_en")}
    return {name: in_one_language(part) for name, part in kept.items()}


def action_words(action: str) -> str:
    """What an entry of the audit says was done."""
    return {
        "variables_set": _("set variables"),
        "cancelled": _("ended the case"),
        "suspended": _("suspended it"),
        "active": _("let it go on"),
        "retried": _("tried it again"),
        "retries_set": _("gave more attempts"),
        "token_moved": _("moved a token"),
        "timer_moved": _("moved a timer"),
        "migrated": _("carried it to another version"),
        "restarted": _("began it anew"),
        "commented": _("said something"),
    }.get(action, action.replace("_", " "))


def fact_words(name: str) -> str:
    """What a line of an entry of the audit is about; names of the model stay as they are."""
    return {
        "before": _("before"),
        "after": _("after"),
        "element": _("element"),
        "variables": _("variables"),
        "inputs": _("inputs"),
        "reason": _("reason"),
        "why": _("reason"),
        "source": _("from"),
        "target": _("to"),
        "from": _("from"),
        "to": _("to"),
        "changes": _("changes"),
        "left": _("attempts"),
        "retries": _("attempts"),
        "version": _("version"),
        "owner": _("owner"),
        "assignee": _("assignee"),
        "note": _("note"),
        "deployment": _("deployment"),
        "definitions": _("processes in it"),
        "client": _("client"),
        "inquiry": _("inquiry"),
        "known": _("known before"),
        "excluded": _("passed over"),
        "process": _("process"),
        "comment": _("comment"),
        "case": _("case"),
        "status": _("status"),
        "rating": _("rating"),
        "mentions": _("named in it"),
        "task": _("task"),
        "substitute": _("substitute"),
        "kind": _("kind"),
        "decision": _("decision"),
        "remarks": _("remarks"),
        "name": _("name"),
        "name_en": _("Name in English"),
        "email": _("E-mail"),
        "language": _("Language"),
        "region": _("Region"),
        "skills": _("Skills"),
        "capacity": _("Capacity"),
        "steps": _("after"),
        "working": _("working day"),
        "starts": _("First day"),
        "ends": _("Last day"),
        "versions": _("Versions"),
        "members": _("Members"),
        "lead": _("the lead of the team"),
        "complaint": _("complaint"),
        "joined": _("joined to another"),
        "reopened": _("opened again"),
        "amount": _("amount"),
        "currency": _("currency"),
        "drawdown": _("drawdown"),
        "facility": _("facility"),
        "project": _("project"),
        "plan": _("plan"),
        "outcome": _("outcome"),
        "state": _("state"),
        "alert": _("alert"),
        "file": _("file"),
        "day": _("day"),
        "expires": _("expires"),
        "by": _("by"),
        "limit": _("limit"),
        "used": _("used of it"),
    }.get(name, name)
