"""Due dates for a calendar program (iCalendar, RFC 5545). Law: a feed leaves the house, so no client's name is in it.

Its address holds a secret and nothing else; whoever has it sees the names of tasks and the numbers of cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, url_for

from engine import api, queries
from web.extensions import limiter
from web.inbox.room import pages
from web.scope import runtime

BEFORE, AFTER = timedelta(days=90), timedelta(days=365)
REFRESH = "PT1H"
WORDS = {"zh": "Dealflow 待办", "en": "Dealflow tasks"}


@pages.get("/calendar/<secret>.ics")
@limiter.limit("60 per minute")
def feed(secret: str) -> Any:
    """The person's open tasks by due date. 404 when the address has ended."""
    with runtime().reading() as db:
        who = api.feed_holder(db, secret)
        now = runtime().now()
        tasks = queries.due_between(db, who, queries.Ask("mine"), now - BEFORE, now + AFTER)
        tongue = queries.person(db, who.id).language
    lines = written(tasks, tongue, now)
    answer = Response("".join(f"{folded(line)}\r\n" for line in lines), content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.headers["Content-Disposition"] = 'inline; filename="dealflow.ics"'
    return answer


def written(tasks: Any, tongue: str, now: datetime) -> Iterator[str]:
    """The lines of the calendar, not yet folded. An event at the moment that a task is due, which takes no time."""
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Dealflow//Inbox//EN", "CALSCALE:GREGORIAN")
    name = WORDS.get(tongue, WORDS["en"])
    yield from (f"NAME:{name}", f"X-WR-CALNAME:{name}", f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}")
    for task in tasks:
        called = task.name if tongue == "zh" else task.name_en
        title = f"{called} · {task.business_key}" if task.business_key else called
        yield from (
            "BEGIN:VEVENT",
            f"UID:task-{task.id}@dealflow",
            f"DTSTAMP:{utc(now)}",
            f"DTSTART:{utc(task.due_at)}",
        )
        yield f"SUMMARY:{escaped(title)}"
        yield f"DESCRIPTION:{escaped(task.process_name if tongue == 'zh' else task.process_name_en)}"
        yield f"URL:{url_for('tasks.show', task_id=task.id, _external=True)}"
        yield from ("TRANSP:TRANSPARENT", "CLASS:PRIVATE", "END:VEVENT")
    yield "END:VCALENDAR"


def utc(moment: datetime) -> str:
    """RFC 5545 §3.3.5, form 2."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """RFC 5545 §3.3.11."""
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    return "\\n".join(text.splitlines())


def folded(line: str) -> str:
    """Lines of 75 octets at most, never cut within a character (RFC 5545 §3.1)."""
    rows: list[str] = []
    row = ""
    for sign in line:
        if len((row + sign).encode()) > (75 if not rows else 74):
            rows.append(row)
            row = ""
        row += sign
    return "\r\n ".join([*rows, row])
