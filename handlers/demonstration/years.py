"""From working day to working day. Law: the clock only moves forward, and ends where the present begins."""

from __future__ import annotations

import gc
import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api, calendars, identity, outbox, reminders, worker
from engine.clock import system_clock
from engine.execution import Runtime
from engine.settings import Settings, parse_offset
from engine.store import Prepared
from engine.store import tables as t
from engine.store.filling import filling
from handlers.demonstration.cast import Deal, deals, known_client
from handlers.demonstration.clients import Clients
from handlers.demonstration.investors import Investors
from handlers.demonstration.outside import SHOWN, World
from handlers.demonstration.staff import Facts, Staff
from handlers.demonstration.works import Works
from handlers.records import keys
from handlers.records.tables import facility, project

HOURS = (time(9, 30), time(15, 0))
"""When in a day people look at their lists."""


@dataclass(frozen=True, slots=True)
class Told:
    """What happened in these years."""

    days: int
    inquiries: int
    tasks: int
    answers: int
    draws: int
    stuck: Mapping[str, str]


@dataclass
class Present:
    """The clock of a house that is moved."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


def beginning(settings: Settings, years: int) -> tuple[Present, datetime]:
    """The clock of a house that began so many years ago, and the moment at which it arrives in the present."""
    now = system_clock(parse_offset(settings.clock_offset))()
    return Present(now - timedelta(days=365 * years)), now


def live(
    runtime: Runtime,
    clock: Present,
    until: datetime,
    count: int,
    seed: int,
    tell: Callable[[date], None] = lambda day: None,
) -> Told:
    """Live from the clock's moment to `until` with so many inquiries. The same seed gives the same years."""
    chance = random.Random(seed)
    with runtime.reading() as session:
        calendar = calendars.calendar(session)
    days = _days(clock.at.date(), until.date())
    working = [day for day in days if calendar.is_working(day)]
    coming = list(deals(chance, working[:-60] or working, count))
    stories: dict[str, Deal] = {}
    facts = _facts(runtime, stories, chance)
    world = World(runtime, chance, facts, twice_at=until - SHOWN)
    house = House(
        Staff(runtime, chance, facts), world, Works(runtime, chance), Clients(runtime, chance), Investors(runtime)
    )
    with filling(runtime.database), _quick(), _mail_arrives(runtime):
        for day in days:
            tell(day)
            at_work = calendar.is_working(day)
            for hour in HOURS if at_work else HOURS[:1]:
                now = datetime.combine(day, hour, runtime.zone)
                if now <= clock.at or now > until:
                    continue
                changed = _remind(runtime, clock, now)
                clock.at = now
                changed = worker.drain(runtime) > 0 or changed
                while at_work and coming and coming[0].day <= day:
                    _inquire(runtime, coming.pop(0), stories)
                    changed = True
                house.go_on(now, at_work and hour == HOURS[0], at_work, changed)
            if day.day == 28:
                _look_up(runtime, house.staff)
        clock.at = until
        worker.drain(runtime)
        while worker.run_statistics(runtime):
            pass
        worker.run_keeping(runtime)
    staff, clients = house.staff, house.clients
    return Told(
        len(working), count - len(coming), staff.done, world.answered + clients.told, house.draws, dict(staff.stuck)
    )


@dataclass
class House:
    """Everybody in and around it."""

    staff: Staff
    world: World
    works: Works
    clients: Clients
    investors: Investors
    draws: int = 0

    def go_on(self, now: datetime, morning: bool, at_work: bool, changed: bool) -> None:
        """One look at what there is. `changed`: something happened since the last one."""
        if morning:
            draws = self.works.go_on(now.date())
            acts = self.clients.act(now.date()) + (self.investors.act(now.date()) if at_work else 0)
            changed = bool(draws + acts) or changed
            self.draws += draws
        changed = self.world.answer(now, changed) > 0 or changed
        if at_work:
            self.staff.work(now, changed)


def _remind(runtime: Runtime, clock: Present, until: datetime) -> bool:
    """Go from reminder to reminder: each is sent at its moment, and not when people look next."""
    sent = False
    while True:
        with runtime.reading() as session:
            due = _NEXT.one(session, {})
        if due is None or due["due_at"] >= until:
            return sent
        clock.at = max(clock.at, due["due_at"])
        if not reminders.sweep(runtime):
            return sent
        sent = True


_NEXT = Prepared(
    sa.select(t.reminder.c.due_at).where(t.reminder.c.state == "planned").order_by(t.reminder.c.due_at).limit(1)
)


@contextmanager
def _quick() -> Iterator[None]:
    """What is compiled once stays: the collector of garbage need not look at it again and again."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


@contextmanager
def _mail_arrives(runtime: Runtime) -> Iterator[None]:
    """The mail of these years was delivered, to nobody: what is stored says so, and none of it goes out later."""
    known, settings = worker.channels(runtime), runtime.settings
    usual = dict(known)
    runtime.cache["channels"] = {**usual, "email": _delivered}
    runtime.settings = settings.model_copy(update={"smtp_url": "smtp://mail.invalid"})
    try:
        yield
    finally:
        runtime.cache["channels"], runtime.settings = usual, settings


def _delivered(settings: Settings, session: Session, message: outbox.Message) -> None:
    """Takes a letter as a mail server does."""


_delivered.transactional = True  # type: ignore[attr-defined]


def _look_up(runtime: Runtime, staff: Staff) -> None:
    """Once a month people have read what the bell says."""
    with runtime.transaction() as session:
        for person in sorted({one for team in staff.teams.values() for one in team}):
            api.read_all_notifications(session, identity.actor(session, person))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _inquire(runtime: Runtime, deal: Deal, stories: dict[str, Deal]) -> None:
    with runtime.transaction() as session:
        key = keys.next_key(session, "PJ", deal.day.year)
        stories[key] = deal
        api.send_message(session, api.SYSTEM, "inquiry_received", business_key=key, variables=deal.inquiry)


_FACILITY = re.compile(r"FA-\d{4}-\d{4,}")
_PROJECT = (
    sa.select(project.c.business_key)
    .join(facility, facility.c.project_id == project.c.id)
    .where(facility.c.business_key == sa.bindparam("key"))
)


def _facts(runtime: Runtime, stories: dict[str, Deal], chance: random.Random) -> Facts:
    """What the story knows of a case, as `deal`: what came with its inquiry; for one that people raised themselves,
    what its client would say."""

    projects: dict[str, str] = {}

    def project_of(key: str) -> str:
        """The project of a facility, of its test dates and its draws; any other key as it is."""
        named = _FACILITY.search(key)
        if named is None or key.startswith("PJ-"):
            return key
        if named[0] not in projects:
            with runtime.reading() as session:
                projects[named[0]] = session.scalar(_PROJECT, {"key": named[0]}) or key
        return projects[named[0]]

    def of(key: str, seen: Mapping[str, Any]) -> Mapping[str, Any]:
        key = project_of(key)
        deal = stories.get(key)
        if deal is None and key.startswith("PJ-"):
            deal = stories[key] = known_client(chance, runtime.now().date(), seen)
        if deal is None:
            return {"deal": None}
        about = {"company": deal.company, "contact": deal.contact, "amount": deal.amount, "capex": deal.capex}
        age = (runtime.now().date() - deal.day).days
        return {"deal": {**about, "age": age, "profile": dict(deal.profile)}}

    return of
