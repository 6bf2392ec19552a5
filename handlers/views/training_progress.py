"""How far people are with their lessons, for themselves and for whoever leads them. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from handlers.records import training
from handlers.records.training import Lesson


@dataclass(frozen=True, slots=True)
class Progress:
    """A person's lessons and how many of them are learned (confirmed ones too), confirmed, and late on a day."""

    person: str
    lessons: tuple[Lesson, ...]
    done: int
    confirmed: int
    late: int

    @property
    def state(self) -> str:
        """none, learning, waits (all learned, not all confirmed) or confirmed."""
        if not self.lessons:
            return "none"
        if self.done < len(self.lessons):
            return "learning"
        return "confirmed" if self.confirmed == len(self.lessons) else "waits"


_ORDER = ("learning", "waits", "confirmed", "none")


def progress(session: Session, people: Iterable[str], today: date) -> list[Progress]:
    """Of each of the people: who still learns first, then who waits to be confirmed, at last who has no lessons."""
    of_people = training.of_people(session, tuple(sorted(set(people))))
    made = [_of(person, lessons, today) for person, lessons in of_people.items()]
    return sorted(made, key=lambda one: (_ORDER.index(one.state), -one.late, one.person))


def _of(person: str, lessons: tuple[Lesson, ...], today: date) -> Progress:
    open_ones = [one for one in lessons if one.state == "assigned"]
    late = sum(one.due_on is not None and one.due_on < today for one in open_ones)
    confirmed = sum(one.state == "confirmed" for one in lessons)
    return Progress(person, lessons, len(lessons) - len(open_ones), confirmed, late)
