"""What waits and what happened, in words a person reads. Law: no model names a person would have to look up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask_babel import gettext as _

from engine.queries import HistoryRow, InstanceRow, WaitRow
from handlers.channels.rendering import topic
from web.formats import moment
from web.scope import called, is_chinese, language, said


def name_of(item: Any) -> str:
    """An element's name in the page's language, its id when it has none."""
    return said(item.name, item.name_en) or str(item.element)


_ID = re.compile(rb'\bid="([^"]+)"')


def labels(xml: bytes, names_en: Mapping[str, Any]) -> dict[str, str]:
    """What an English reader sees written in a diagram: pools, lanes, elements and flows by id."""
    drawn = {found.decode() for found in _ID.findall(xml)}
    return {id: text for id, text in names_en.items() if id in drawn and isinstance(text, str)}


def listed(words: Iterable[str]) -> str:
    """Several things in a row, as the language writes them."""
    return ("、" if is_chinese() else ", ").join(words)


def wait_words(wait: WaitRow) -> str:
    """What an instance waits for, in a few words."""
    kind, what = wait.kind, wait.what or ""
    who = called(wait.who)
    if wait.stands_by:
        return _listening(wait)
    match kind:
        case "user":
            return _("waits for %(who)s", who=who) if who else _("waits for somebody to take it")
        case "timer":
            return _("waits until %(time)s", time=moment(wait.due)) if wait.due else _("waits for its time")
        case "message":
            return _("waits for a message") if is_named(wait) else _("waits for the message “%(name)s”", name=what)
        case "signal":
            return _("waits for a signal") if is_named(wait) else _("waits for the signal “%(name)s”", name=what)
        case "job":
            return _("the system is working on it")
        case "call":
            return _("waits for a called process")
        case "incident":
            return _("stopped: somebody has to look into it")
        case "condition":
            return _("waits for a condition")
    return str(what or kind)


def _listening(wait: WaitRow) -> str:
    """What an event beside the work reacts to."""
    match wait.kind:
        case "timer" if wait.due:
            return _("acts at %(time)s", time=moment(wait.due))
        case "message":
            return _("acts when its message arrives")
        case "signal":
            return _("acts when its signal is raised")
        case "condition":
            return _("acts when its condition holds")
    return _("stands by")


def is_named(item: Any) -> bool:
    """Whether the model gives an element a name for people."""
    return bool(item.name) and item.name != item.element


WORK = ("incident", "user", "job", "call")
"""Kinds of waits that are work, beside which timers and messages only stand by."""


def main_waits(waits: Sequence[WaitRow]) -> list[WaitRow]:
    """What a case really waits for: its work, else the events it cannot go on without."""
    work = [wait for kind in WORK for wait in waits if wait.kind == kind]
    return work or [wait for wait in waits if not wait.stands_by]


def coming(cases: Sequence[InstanceRow], since: datetime | None) -> list[str]:
    """What comes next in a case and in what it called, `since` a task was completed: new tasks and who has them; where
    there is none, what the case now waits for."""
    running = {case.id for case in cases if case.state == "active"}
    waits = [
        wait for case in cases if case.id in running for wait in case.waits
        if not wait.stands_by and wait.child_id not in running
    ]  # fmt: skip
    new = [wait for wait in waits if wait.kind == "user" and since and wait.since and wait.since >= since]
    return list(dict.fromkeys(_next(wait) for wait in new or main_waits(waits)))


def _next(wait: WaitRow) -> str:
    if wait.kind == "user":
        who = called(wait.who)
        return _("“%(task)s” (%(person)s)", task=name_of(wait), person=who) if who else f"“{name_of(wait)}”"
    return _("“%(name)s” (%(words)s)", name=name_of(wait), words=wait_words(wait))


def letter_words(template: str) -> str:
    """What a kind of letter is about."""
    return topic(template, language())


def channel_words(channel: str) -> str:
    """The way by which somebody is told; an endpoint of the house by its own name."""
    return {"email": _("by mail"), "in_app": _("in the app")}.get(channel, channel)


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
    passed = [row for row in rows if is_named(row) and not row.type.endswith("Gateway")]
    gone = dict.fromkeys(name_of(row) for row in passed if row.kind == "cancelled")
    told = [words for row in rows if (words := _passage(row))]
    cause = next((row for row in rows if row.kind == "left"), None)
    text = _cause(first.trigger, called(first.actor), cause)
    if first.trigger in SET_OFF and cause is not None and told[:1] == [_passage(cause)]:
        told = told[1:]
    after = [*told, *(_("“%(name)s” withdrawn", name=name) for name in gone)]
    if not text and not after:
        return None
    return Happening(first.at, text or _("Automatically"), listed(dict.fromkeys(after)))


def _passage(row: HistoryRow) -> str:
    """What was done, or which way was decided on; what passes unnamed is not told."""
    if row.kind == "took":
        way = said(row.detail["name"], row.detail["name_en"])
        if not way:
            return ""
        return _("%(question)s → %(answer)s", question=name_of(row), answer=way) if is_named(row) else f"→ {way}"
    return name_of(row) if row.kind == "left" and is_named(row) and not row.type.endswith("Gateway") else ""


SET_OFF = ("TaskCompleted", "TimerFired", "MessageArrived", "CallEnded")
"""Triggers that are for one element, which is named with them."""


def _cause(trigger: str, who: str, of: HistoryRow | None) -> str:
    """What set a step off; `of` is the first element that was left."""
    what = _passage(of) if of is not None else ""
    match trigger:
        case "Started":
            return _("The case began")
        case "TaskCompleted":
            task = name_of(of) if of is not None else "—"
            return _("%(person)s completed “%(task)s”", person=who, task=task)
        case "TimerFired":
            return _("The time came: “%(name)s”", name=what) if what else _("The time came")
        case "MessageArrived":
            return _("A message arrived: “%(name)s”", name=what) if what else _("A message arrived")
        case "SignalRaised":
            return _("A signal was raised")
        case "CallEnded":
            return _("“%(name)s” finished", name=what) if what else _("A called process ended")
        case "Cancelled":
            return _("%(person)s ended the case", person=who)
        case "Modified" | "Retried":
            return _("%(person)s stepped in", person=who)
    return ""
