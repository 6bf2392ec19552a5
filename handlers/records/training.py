"""Lessons that people were given, did, and were confirmed in. Law: a lesson is a person's once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import training as lessons


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson of a person; `state` assigned, done or confirmed; `correct_pct` from 0 to 100."""

    id: int
    person: str
    lesson: str
    title: str
    title_en: str
    state: str
    assigned_at: datetime
    due_on: date | None
    done_at: datetime | None
    correct_pct: Decimal | None
    confirmed_at: datetime | None
    confirmed_by: str | None


_LESSON = [lessons.c[field.name] for field in fields(Lesson)]


def of_person(session: Session, person: str) -> tuple[Lesson, ...]:
    """A person's lessons, in the order in which they were given."""
    return of_people(session, (person,))[person]


def of_people(session: Session, people: tuple[str, ...]) -> dict[str, tuple[Lesson, ...]]:
    """Lessons of several people, for whoever leads them; none for who was given none."""
    found: dict[str, list[Lesson]] = {person: [] for person in people}
    query = sa.select(*_LESSON).where(lessons.c.person.in_(people)).order_by(lessons.c.id)
    for row in session.execute(query).mappings():
        found[row["person"]].append(Lesson(**row))
    return {person: tuple(given) for person, given in found.items()}


def assign(
    session: Session, person: str, lesson: str, title: str, title_en: str, due_on: date | None, stamp: Stamp
) -> Lesson:
    """Give a lesson; one that was given stays as it stands."""
    known = _find(session, person, lesson)
    if known is None:
        values = {
            "person": person,
            "lesson": lesson,
            "title": title,
            "title_en": title_en,
            "state": "assigned",
            "assigned_at": stamp.at,
            "due_on": due_on,
        }
        insert(session, lessons, values, stamp)
    return get(session, person, lesson)


def _find(session: Session, person: str, lesson: str) -> Lesson | None:
    chosen = sa.select(*_LESSON).where(lessons.c.person == person, lessons.c.lesson == lesson)
    row = session.execute(chosen).mappings().one_or_none()
    return None if row is None else Lesson(**row)


def get(session: Session, person: str, lesson: str) -> Lesson:
    """One lesson of a person. NotFound."""
    found = _find(session, person, lesson)
    if found is None:
        raise NotFound(what="lesson", what_zh="课程", id=f"{person} {lesson}")
    return found


def done(session: Session, person: str, lesson: str, correct_pct: Decimal | None, stamp: Stamp) -> Lesson:
    """The person has done it; a confirmed lesson stays confirmed."""
    known = get(session, person, lesson)
    if known.state != "confirmed":
        update(session, lessons, known.id, {"state": "done", "done_at": stamp.at, "correct_pct": correct_pct}, stamp)
    return get(session, person, lesson)


def confirm(session: Session, person: str, stamp: Stamp) -> int:
    """Somebody else confirms what the person has done; returns how many lessons."""
    rows = [one for one in of_person(session, person) if one.state == "done"]
    for one in rows:
        update(
            session,
            lessons,
            one.id,
            {"state": "confirmed", "confirmed_at": stamp.at, "confirmed_by": stamp.by},
            stamp,
        )
    return len(rows)
