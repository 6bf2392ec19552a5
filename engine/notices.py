"""One message about a task to one person, as they want it. Law: once per occasion and channel; the app tells at once.

A person's settings say how mail comes: `digest` (`"08:30"`) gathers it into one mail a working day; `quiet`
(`["20:00", "08:00"]`, and on days off) lets it wait until the morning. A setting that cannot be read is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars, definitions, outbox
from engine.execution import Runtime, runtime_of
from engine.ids import new_id
from engine.log import logger
from engine.process.businesstime import BusinessCalendar
from engine.store import Prepared, upsert
from engine.store import tables as t

log = logger("notices")


def announce(
    session: Session,
    task: Mapping[str, Any],
    person_id: str,
    template: str,
    channels: Sequence[str],
    occasion: str,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Put one message about a task to one person into the outbox, once per occasion and channel.

    `more`: what the letter says beside the task. A case without a task (`id` None) is never gathered into a digest.
    """
    found = _PERSON.one(session, {"who": person_id})
    if found is None:
        return
    person, told = SimpleNamespace(**found), dict[str, Any]()
    habits = person.settings or {}
    digest, quiet = _clock(habits.get("digest")), _span(habits.get("quiet"))
    for channel in channels:
        recipient = person_id if channel == "in_app" else person.email
        if not recipient:
            continue
        key = f"task:{task['id']}:{occasion}:{channel}:{person_id}"
        if channel == "email" and digest is not None and task["id"] is not None:
            _gather(session, task["id"], person_id, template, key, digest)
            continue
        told = told or {**_facts(session, task, person), **(more or {})}
        outbox.add(
            session,
            channel,
            recipient,
            template,
            told,
            dedupe_key=key,
            language=person.language,
            instance_id=task["instance_id"],
            not_before=_after_quiet(session, quiet) if channel == "email" and quiet else None,
        )


_WHO = sa.select(t.person).where(t.person.c.id == sa.bindparam("who"), t.person.c.active.is_(True))
_PERSON = Prepared(_WHO)
_NAMES = Prepared(sa.select(t.person.c.name, t.person.c.name_en).where(t.person.c.id == sa.bindparam("who")))


def _facts(session: Session, task: Mapping[str, Any], person: Any) -> dict[str, Any]:
    """What a letter about the task may say: names in Chinese, and beside them in English as `<name>_en`."""
    package = definitions.package(session, task["definition_id"])
    assignee, assignee_en = _called(session, task["assignee"])
    return {
        "task": task["name"],
        "task_en": _english(package, task["element"]),
        "process": package.definition.name or package.key,
        "process_en": _english(package, package.key),
        "business_key": task["business_key"],
        "facts": dict(task["facts"] or {}),
        "due": task["due_at"],
        "person": person.name,
        "person_en": person.name_en,
        "assignee": assignee,
        "assignee_en": assignee_en,
        "link": f"{_base(session)}/tasks/{task['id']}",
        "path": f"/tasks/{task['id']}",
    }


def _english(package: definitions.Package, key: str) -> str:
    text = package.texts.get(key)
    return text if isinstance(text, str) else ""


def _called(session: Session, person_id: str | None) -> tuple[str | None, str | None]:
    """What a person is called in Chinese and in English; the sign-in name of one who is gone."""
    row = _NAMES.one(session, {"who": person_id}) if person_id is not None else None
    return (row["name"], row["name_en"]) if row is not None else (person_id, None)


def _base(session: Session) -> str:
    return runtime_of(session).settings.base_url.rstrip("/")


# ── a person's habits ──────────────────────────────────────────────────────────────────────────────────────────


def _clock(value: Any) -> time | None:
    try:
        return time.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        return None


def _span(value: Any) -> tuple[time, time] | None:
    """(quiet from, quiet until), over midnight when the end comes first."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    start, end = _clock(value[0]), _clock(value[1])
    return (start, end) if start is not None and end is not None and start != end else None


def _after_quiet(session: Session, quiet: tuple[time, time]) -> datetime | None:
    """When a person with these quiet hours may be written to; None: now."""
    calendar, now = calendars.calendar(session), runtime_of(session).now()
    local, (start, end) = now.astimezone(calendar.zone), quiet
    clock = local.time()
    night = start <= clock < end if start < end else clock >= start or clock < end
    if not night and calendar.is_working(local.date()):
        return None
    today = night and clock < end and calendar.is_working(local.date())
    day = local.date() if today else calendar.add_working_days(local.date(), 1)
    return datetime.combine(day, end, calendar.zone)


# ── digests ────────────────────────────────────────────────────────────────────────────────────────────────────


def _gather(session: Session, task_id: int, person_id: str, template: str, key: str, at: time) -> None:
    now = runtime_of(session).now()
    insert = upsert(session, t.digest_line).values(
        id=new_id(),
        person_id=person_id,
        task_id=task_id,
        template=template,
        dedupe_key=key,
        due_at=_next_digest(calendars.calendar(session), now, at),
        created_at=now,
        state="waiting",
    )
    session.execute(insert.on_conflict_do_nothing(index_elements=["dedupe_key"]))


def _next_digest(calendar: BusinessCalendar, now: datetime, at: time) -> datetime:
    """The next working day's digest; today's while its time has not come."""
    day = now.astimezone(calendar.zone).date()
    today = datetime.combine(day, at, calendar.zone)
    if calendar.is_working(day) and now < today:
        return today
    return datetime.combine(calendar.add_working_days(day, 1), at, calendar.zone)


def send_digests(runtime: Runtime, limit: int = 100) -> int:
    """Write the digests that are due, one unit of work a person; returns how many lines were dealt with."""
    with runtime.reading() as session:
        people = session.scalars(
            sa.select(t.digest_line.c.person_id)
            .where(t.digest_line.c.state == "waiting", t.digest_line.c.due_at <= runtime.now())
            .group_by(t.digest_line.c.person_id)
            .limit(limit)
        ).all()
    return sum(runtime.unit(partial(_send_digest, person_id=person)) for person in people)


def _send_digest(session: Session, person_id: str) -> int:
    """One mail with what is still open of all that was gathered; a second one on the same day waits for the next."""
    now, calendar = runtime_of(session).now(), calendars.calendar(session)
    waiting = sa.and_(
        t.digest_line.c.person_id == person_id, t.digest_line.c.state == "waiting", t.digest_line.c.due_at <= now
    )
    query = sa.select(t.digest_line).where(waiting).order_by(t.digest_line.c.created_at, t.digest_line.c.id)
    rows = session.execute(query.with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    latest = {row.task_id: row for row in rows}
    open_tasks = session.execute(
        sa.select(t.user_task)
        .where(t.user_task.c.id.in_(latest), t.user_task.c.state == "open")
        .order_by(t.user_task.c.due_at.is_(None), t.user_task.c.due_at, t.user_task.c.id)
    ).mappings()
    person = session.execute(_WHO, {"who": person_id}).first()
    lines = [_line(session, dict(task), person, latest[task["id"]].template) for task in open_tasks.all() if person]
    day, state = now.astimezone(calendar.zone).date(), "sent" if lines else "dropped"
    if person is not None and person.email and lines:
        data = {
            "person": person.name,
            "person_en": person.name_en,
            "lines": lines,
            "count": len(lines),
            "day": day,
            "link": f"{_base(session)}/",
        }
        key = f"digest:{person_id}:{day.isoformat()}"
        if (
            outbox.add(session, "email", person.email, "digest", data, dedupe_key=key, language=person.language)
            != "waiting"
        ):
            log.warning("digest_twice", person=person_id, day=str(day))
            later = {"due_at": now + timedelta(days=1)}
            session.execute(sa.update(t.digest_line).where(t.digest_line.c.id.in_([r.id for r in rows])).values(later))
            return 0
    session.execute(sa.update(t.digest_line).where(t.digest_line.c.id.in_([r.id for r in rows])).values(state=state))
    return len(rows)


def _line(session: Session, task: Mapping[str, Any], person: Any, kind: str) -> dict[str, Any]:
    facts = _facts(session, task, person)
    english = person.language != "zh"
    return {**facts, "kind": kind, "task": (english and facts["task_en"]) or facts["task"]}
