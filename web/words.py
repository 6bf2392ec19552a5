"""What waits and what happened, in words a person reads. Law: no model names a person would have to look up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask_babel import gettext as _

from engine.queries import HistoryRow, WaitRow
from web.formats import moment
from web.scope import called, is_chinese, said


def name_of(item: Any) -> str:
    """An element's name in the page's language, its id when it has none."""
    return said(item.name, item.name_en) or str(item.element)


def listed(words: Iterable[str]) -> str:
    """Several things in a row, as the language writes them."""
    return ("、" if is_chinese() else ", ").join(words)


def wait_words(wait: WaitRow) -> str:
    """What an instance waits for, in a few words."""
    kind, what = wait.kind, wait.what or ""
    who = called(wait.who)
    match kind:
        case "user":
            return _("waits for %(who)s", who=who) if who else _("waits for somebody to take it")
        case "timer":
            return _("waits until %(time)s", time=moment(wait.due)) if wait.due else _("waits for its time")
        case "message":
            return _("waits for the message “%(name)s”", name=what)
        case "signal":
            return _("waits for the signal “%(name)s”", name=what)
        case "job":
            return _("“%(name)s” is being worked on", name=what)
        case "call":
            return _("waits for a called process")
        case "condition":
            return _("waits for a condition")
    return str(what or kind)


WORK = ("incident", "user", "job", "call")
"""Kinds of waits that are work, beside which timers and messages only stand by."""


def main_waits(waits: Sequence[WaitRow]) -> list[WaitRow]:
    """What a case really waits for: its work, else whatever there is."""
    return [wait for kind in WORK for wait in waits if wait.kind == kind] or list(waits)


STATES = {
    "active": "circle-dot",
    "completed": "circle-check",
    "terminated": "circle-x",
    "cancelled": "ban",
    "failed": "alert-triangle",
    "suspended": "player-pause",
}


def state_words(state: str) -> str:
    """A case's state."""
    return {
        "active": _("running"),
        "completed": _("finished"),
        "terminated": _("terminated"),
        "cancelled": _("ended by hand"),
        "failed": _("ended with an error"),
        "suspended": _("suspended"),
    }.get(state, state)


def kyc_words(state: str) -> str:
    """The state of a check of a client."""
    return {
        "open": _("under way"),
        "approved": _("approved"),
        "rejected": _("rejected"),
        "expired": _("expired"),
        "closed": _("closed"),
    }.get(state, state)


def rating_words(rating: object) -> str:
    """A risk rating, 1 to 4, with what it means."""
    words = {"1": _("low"), "2": _("medium"), "3": _("high"), "4": _("very high")}.get(str(rating))
    return f"{rating} · {words}" if words else str(rating)


def state_icon(state: str) -> str:
    """Its picture."""
    return STATES.get(state, "circle-dot")


# ── what happened ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Happening:
    """One step of a case: what set it off, and what followed by itself."""

    at: datetime
    text: str
    after: str = ""


def story(rows: Sequence[HistoryRow]) -> list[Happening]:
    """A case's history in words, the latest first: one line a step."""
    steps = [_step(list(step)) for _key, step in groupby(rows, key=lambda row: (row.at, row.actor, row.trigger))]
    return [step for step in reversed(steps) if step is not None]


def _step(rows: list[HistoryRow]) -> Happening | None:
    first = rows[0]
    who = called(first.actor)
    named = [row for row in rows if row.name and row.name != row.element and not row.name.endswith(("?", "？"))]
    left = [name_of(row) for row in named if row.kind == "left"]
    gone = [name_of(row) for row in named if row.kind == "cancelled"]
    text, rest = _cause(first.trigger, who, left)
    after = [*rest, *(_("“%(name)s” withdrawn", name=name) for name in dict.fromkeys(gone))]
    if not text and not after:
        return None
    return Happening(first.at, text or _("By itself"), listed(dict.fromkeys(after)))


def _cause(trigger: str, who: str, left: list[str]) -> tuple[str, list[str]]:
    """What set a step off, and what is left to tell of it."""
    what = left[0] if left else ""
    match trigger:
        case "Started":
            return _("The case began"), left
        case "TaskCompleted":
            return _("%(person)s completed “%(task)s”", person=who, task=what), left[1:]
        case "TimerFired":
            return _("The time came: “%(name)s”", name=what) if what else _("The time came"), left[1:]
        case "MessageArrived":
            return _("A message arrived: “%(name)s”", name=what) if what else _("A message arrived"), left[1:]
        case "SignalRaised":
            return _("A signal was raised"), left
        case "CallEnded":
            return _("“%(name)s” came back", name=what) if what else _("A called process ended"), left[1:]
        case "Cancelled":
            return _("%(person)s ended the case", person=who), left
        case "Modified" | "Retried":
            return _("%(person)s stepped in", person=who), left
    return "", left
