"""Entries of the audit in words a person reads."""

from __future__ import annotations

from flask_babel import gettext as _


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
    }.get(name, name)
