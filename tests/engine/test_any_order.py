"""The whole engine in any order: generated starts, completions, messages, signals, timers, crashes and restarts by two
workers, on a clock that goes forwards and backwards. A small model says what must be so; the rows must say the same.
"""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engine import api, handling, instances, leases, verification, worker
from engine.errors import AlreadyHandled, Forbidden
from engine.jobs import Job
from engine.process.waits import CallWait, JobWait, MessageWait, SignalWait, TimerWait, UserWait
from engine.registry import handles
from engine.settings import load
from engine.store import tables as t
from engine.store.database import UnitSession
from tests import databases
from tests.engine import diagrams as d
from tests.examples import cases
from tests.house import House, MovableClock, build

booked = sa.Table(
    "any_order_row",
    sa.MetaData(),
    sa.Column("instance_id", t.Id, nullable=False),
    sa.Column("element", sa.String(40), nullable=False),
)
ATTEMPTS = 3
TIMERS = {"nag": timedelta(hours=1), "patience": timedelta(hours=2), "wait": timedelta(minutes=30)}
PLACES = frozenset({"ask", "pay", "go", "work", "wait"})

FLOWS = """start>split split>ask ask>join nag>nagged nagged>end2 split>pay pay>paid patience>paid paid>join split>go
go>book book>join split>work work>join split>wait wait>join join>call call>end"""


def timed(span: str) -> str:
    return f"<timerEventDefinition><timeDuration>{span}</timeDuration></timerEventDefinition>"


def service(id: str) -> str:
    return f'<serviceTask id="{id}" camunda:type="external" camunda:topic="{id}"/>'


CASE = d.process(
    '<startEvent id="start"/><parallelGateway id="split"/>'
    + d.user_task("ask")
    + f'<boundaryEvent id="nag" attachedToRef="ask" cancelActivity="false">{timed("PT1H")}</boundaryEvent>'
    + d.user_task("nagged")
    + '<endEvent id="end2"/><receiveTask id="pay" messageRef="m"/>'
    f'<boundaryEvent id="patience" attachedToRef="pay">{timed("PT2H")}</boundaryEvent><exclusiveGateway id="paid"/>'
    '<intermediateCatchEvent id="go"><signalEventDefinition signalRef="s"/></intermediateCatchEvent>'
    + service("book")
    + service("work")
    + f'<intermediateCatchEvent id="wait">{timed("PT30M")}</intermediateCatchEvent>'
    '<parallelGateway id="join"/><callActivity id="call" calledElement="called"/><endEvent id="end"/>'
    + d.flows(*FLOWS.split()),
    outside='<message id="m" name="paid"/><signal id="s" name="go"/>',
)
CALLED = d.process(
    '<startEvent id="start"/>' + d.user_task("check") + '<endEvent id="end"/>' + d.flows("start>check", "check>end"),
    "called",
)


class Killed(BaseException):
    """What a SIGKILL is to the code that it meets: nothing catches it."""


@contextmanager
def killed_at_commit(number: int) -> Iterator[None]:
    """The process dies before its so-manieth commit; everything is gone that was not committed. 0: it lives."""
    keep, left = UnitSession.keep, itertools.count(number, -1)

    def dying(session: UnitSession) -> None:
        if next(left) == 1:
            raise Killed
        keep(session)

    UnitSession.keep = dying  # type: ignore[method-assign]
    try:
        yield
    except Killed:
        pass
    finally:
        UnitSession.keep = keep  # type: ignore[method-assign]


@dataclass
class Case:
    """What the model knows of one case. `places`: branches that have not come to the join."""

    id: int
    key: str
    status: str = "active"
    places: set[str] = field(default_factory=lambda: set(PLACES))
    tasks: set[str] = field(default_factory=lambda: {"ask"})
    timers: dict[str, datetime] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=lambda: {"work": 0})
    """Element -> failed attempts."""

    def over(self) -> bool:
        return self.status not in ("active", "suspended")

    def done(self, place: str) -> None:
        """A branch came to the join; behind the last one comes the called process."""
        self.places.discard(place)
        self.jobs.pop(place, None)
        if place == "ask":
            self.timers.pop("nag", None)
        if place == "pay":
            self.timers.pop("patience", None)
        if place == "wait":
            self.timers.pop("wait", None)
        if not self.places:
            self.tasks.add("check")
            self.places.add("check")

    def complete(self, element: str) -> None:
        self.tasks.discard(element)
        if element == "ask":
            self.done("ask")
        elif element == "check":
            self.places.discard("check")
        if not self.places and not self.tasks:
            self.status = "completed"

    def close(self) -> None:
        self.status = "cancelled"
        self.tasks, self.timers, self.jobs, self.places = set(), {}, {}, set()


class AnyOrder(RuleBasedStateMachine):
    """One house, two workers, up to three cases."""

    url_of: Any = None
    """Gives the address of a fresh, prepared database and the folder of its house."""

    @initialize()
    def open(self) -> None:
        self.url, self.folder = type(self).url_of()
        self.clock = MovableClock()
        self.cases: list[Case] = []
        self.kept: Counter[str] = Counter()
        self.failing = False
        self.held: list[Job] = []
        self.next_key = 1
        self.houses = [self.house(), self.house()]
        self.start(0, False)

    def house(self) -> House:
        runtime = api.open_engine(load(database_url=self.url, data_dir=self.folder, handlers=()), self.clock)

        @handles("book", transactional=True, attempts=ATTEMPTS, backoff="PT1M")
        def book(ctx: Any) -> None:
            ctx.session.execute(sa.insert(booked).values(instance_id=int(ctx.instance), element=ctx.element))
            if self.failing:
                raise RuntimeError("not now")

        @handles("work", attempts=ATTEMPTS, backoff="PT1M")
        def work(ctx: Any) -> None:
            if self.failing:
                raise RuntimeError("not now")

        runtime.registry.add_functions(book, work)
        return House(runtime, self.clock)

    def teardown(self) -> None:
        if not hasattr(self, "houses"):
            return
        with self.houses[0].looking() as session:
            assert verification.verify(session).broken == []
        for house in self.houses:
            house.runtime.database.dispose()

    def case(self, number: int, *statuses: str) -> Case | None:
        fitting = [case for case in self.cases if case.status in (statuses or ("active", "suspended"))]
        return fitting[number % len(fitting)] if fitting else None

    # ── what people and programs do ────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: len(self.cases) < 3)
    @rule(who=st.integers(0, 1), dies=st.booleans())
    def start(self, who: int, dies: bool) -> None:
        key = f"K-{self.next_key}"
        with killed_at_commit(dies), self.houses[who].writing() as session:
            id = api.start(session, api.SYSTEM, "p", business_key=key)
        if dies:
            return
        case = Case(id, key, timers={name: self.clock() + span for name, span in TIMERS.items()})
        self.cases.append(case)
        self.next_key += 1
        if self.kept[key]:
            self.kept[key] -= 1
            case.done("pay")

    @precondition(lambda self: self.houses[0].tasks())
    @rule(who=st.integers(0, 1), number=st.integers(0, 20), dies=st.booleans())
    def complete(self, who: int, number: int, dies: bool) -> None:
        house = self.houses[who]
        tasks = house.tasks()
        if not tasks:  # an ordinary day may have nothing left to do
            return
        task = tasks[number % len(tasks)]
        case = next(case for case in self.cases if case.id in (task["instance_id"], self.root(task["instance_id"])))
        actor = house.actor(task["assignee"])
        if case.status == "suspended":
            with pytest.raises(Forbidden), house.writing() as session:
                api.complete(session, actor, task["id"], {})
            return
        with killed_at_commit(dies), house.writing() as session:
            api.complete(session, actor, task["id"], {})
        if dies:
            return
        case.complete(task["element"])
        with pytest.raises(AlreadyHandled), self.houses[1 - who].writing() as session:
            api.complete(session, actor, task["id"], {})

    @precondition(lambda self: self.houses[0].tasks())
    @rule(who=st.integers(0, 1), number=st.integers(0, 20))
    def complete_undisturbed(self, who: int, number: int) -> None:
        self.complete(who, number, False)

    @rule(who=st.integers(0, 1), number=st.integers(0, 9), dies=st.booleans())
    def send(self, who: int, number: int, dies: bool) -> None:
        """To a case that may be waiting, or (one time in five) ahead of the case that is yet to come."""
        waiting = [case.key for case in self.cases if "pay" in case.places] or ["K-1"]
        key = waiting[number % len(waiting)] if number < 8 else f"K-{self.next_key}"
        with killed_at_commit(dies):
            state = self.houses[who].message("paid", key).state
        if dies:
            return
        case = next((case for case in self.cases if case.key == key), None)
        if case is not None and case.status == "active" and "pay" in case.places:
            assert state == "delivered"
            case.done("pay")
        else:
            assert state == "kept"
            self.kept[key] += 1

    @precondition(lambda self: self.case(0))
    @rule(who=st.integers(0, 1), dies=st.booleans())
    def signal(self, who: int, dies: bool) -> None:
        hearing = [case for case in self.cases if case.status == "active" and "go" in case.places]
        with killed_at_commit(dies), self.houses[who].writing() as session:
            assert api.raise_signal(session, api.SYSTEM, "go") == len(hearing)
        for case in () if dies else hearing:
            case.places.discard("go")
            case.places.add("book")
            if self.failing:
                case.jobs["book"] = 1
            else:
                case.done("book")

    @precondition(lambda self: self.case(0))
    @rule(who=st.integers(0, 1), number=st.integers(0, 3), dies=st.booleans())
    def suspend_or_resume(self, who: int, number: int, dies: bool) -> None:
        case = self.case(number)
        if case is None:
            return
        verb = api.suspend if case.status == "active" else api.resume
        with killed_at_commit(dies), self.houses[who].writing() as session:
            verb(session, api.SYSTEM, case.id)
        if dies:
            return
        case.status = "suspended" if case.status == "active" else "active"
        if case.status == "active" and "pay" in case.places and self.kept[case.key]:
            self.kept[case.key] -= 1
            case.done("pay")

    @precondition(lambda self: self.case(0))
    @rule(who=st.integers(0, 1), number=st.integers(0, 3), sure=st.integers(0, 4), dies=st.booleans())
    def cancel(self, who: int, number: int, sure: int, dies: bool) -> None:
        case = self.case(number)
        if case is None or sure:
            return
        with killed_at_commit(dies), self.houses[who].writing() as session:
            api.cancel(session, api.SYSTEM, case.id, "no longer wanted")
        if not dies:
            case.close()

    # ── time, workers, crashes ─────────────────────────────────────────────────────────────────────────────────

    @rule(minutes=st.sampled_from([-60, -5, 1, 5, 31, 61, 121]))
    def time_goes(self, minutes: int) -> None:
        self.clock.move(minutes=minutes)

    @rule(failing=st.sampled_from([False, False, True]))
    def handlers_fail(self, failing: bool) -> None:
        self.failing = failing

    @rule(who=st.integers(0, 1))
    def restart(self, who: int) -> None:
        self.houses[who].runtime.database.dispose()
        self.houses[who] = self.house()

    @precondition(lambda self: self.workable())
    @rule(who=st.integers(0, 1))
    def claim_and_hang(self, who: int) -> None:
        """A worker claims what is due and falls silent; its lease runs out by the clock."""
        self.held += self.houses[who].runtime.unit(lambda session: leases.claim(session, f"hung {who}", 50))

    @precondition(lambda self: self.held)
    @rule(who=st.integers(0, 1), number=st.integers(0, 5))
    def wake_up(self, who: int, number: int) -> None:
        """It comes back with one of its jobs, in time or too late. What meets a suspended case comes again; that the
        handler failed is counted."""
        job = self.held.pop(number % len(self.held))
        row = self.job_rows().get((job.instance_id, job.element))
        mine = row is not None and (row["fence"], row["state"]) == (job.fence, "leased")
        handling.outside(self.houses[who].runtime, job)
        case = next(case for case in self.cases if case.id == job.instance_id)
        if mine and (case.status == "active" or self.failing):
            self.worked(case, job.element)

    @rule(who=st.integers(0, 1), dies=st.integers(0, 6))
    def drain(self, who: int, dies: int) -> None:
        """A worker does what is due, and may die at one of its commits; then the other one goes on."""
        if dies:
            with killed_at_commit(dies):
                self.work_off(who)
            self.catch_up()
            who = 1 - who
        due = self.workable()
        self.work_off(who)
        for case, element in due:
            self.worked(case, element)
        for case in self.cases:
            if case.status == "active":
                self.time_came(case)

    @rule(who=st.integers(0, 1))
    def drain_undisturbed(self, who: int) -> None:
        self.drain(who, 0)

    def work_off(self, who: int) -> None:
        """What is due goes on until nothing is, timers first, as a worker does."""
        worker.drain(self.houses[who].runtime)

    def catch_up(self) -> None:
        """What the dead worker had committed: jobs that are gone were done, others may have failed once more."""
        rows = self.job_rows()
        for case in self.cases:
            for element in list(case.jobs):
                row = rows.get((case.id, element))
                if row is None:
                    assert case.status == "active" and not self.failing
                    case.done(element)
                else:
                    assert row["attempts"] in (case.jobs[element], case.jobs[element] + self.failing)
                    case.jobs[element] = row["attempts"]

    def time_came(self, case: Case) -> None:
        for name in [name for name, due in case.timers.items() if due <= self.clock()]:
            del case.timers[name]
            if name == "nag":
                case.tasks.add("nagged")
            else:
                case.done({"patience": "pay", "wait": "wait"}[name])

    def worked(self, case: Case, element: str) -> None:
        if self.failing:
            case.jobs[element] += 1
        else:
            case.done(element)

    @precondition(lambda self: any(ATTEMPTS in case.jobs.values() for case in self.cases))
    @rule(who=st.integers(0, 1), number=st.integers(0, 5))
    def retry(self, who: int, number: int) -> None:
        """A person retries what an incident stopped."""
        found = self.houses[who].rows(t.incident, t.incident.c.resolved_at.is_(None))
        if not found:
            return
        incident = found[number % len(found)]
        case = next(case for case in self.cases if case.id == incident["instance_id"])
        if case.status == "suspended":
            with pytest.raises(Forbidden), self.houses[who].writing() as session:
                api.retry(session, api.SYSTEM, incident["id"])
            return
        with self.houses[who].writing() as session:
            api.retry(session, api.SYSTEM, incident["id"])
        case.jobs[incident["element"]] = 0

    @precondition(lambda self: self.case(0))
    @rule(who=st.integers(0, 1), most=st.integers(1, 4))
    def an_ordinary_day(self, who: int, most: int) -> None:
        """Much of what a case waits for comes, so that cases come to their ends."""
        self.handlers_fail(False)
        self.signal(who, False)
        self.clock.move(minutes=31)
        self.drain(who, 0)
        self.send(who, 0, False)
        for _ in range(most):
            self.complete(who, 0, False)

    @precondition(lambda self: self.case(0))
    @rule(who=st.integers(0, 1))
    def a_bad_day(self, who: int) -> None:
        """Handlers fail until their attempts are used up."""
        self.handlers_fail(True)
        self.signal(who, False)
        for _ in range(ATTEMPTS):
            self.clock.move(minutes=10)
            self.drain(who, 0)
        self.handlers_fail(False)

    @precondition(lambda self: self.workable())
    @rule(who=st.integers(0, 1))
    def overtaken(self, who: int) -> None:
        """A worker is silent for so long that another one takes its jobs; then it comes back first."""
        self.claim_and_hang(who)
        first = len(self.held)
        self.clock.move(minutes=1)
        self.claim_and_hang(1 - who)
        if first:
            self.wake_up(who, first - 1)

    @precondition(lambda self: self.case(0, "active"))
    @rule(who=st.integers(0, 1))
    def interrupted(self, who: int) -> None:
        """A message comes while its case is held."""
        self.suspend_or_resume(who, 0, False)
        self.send(who, 0, False)
        self.suspend_or_resume(1 - who, 0, False)

    # ── what must be so ────────────────────────────────────────────────────────────────────────────────────────

    def root(self, instance_id: int) -> int:
        [row] = self.houses[0].rows(t.instance, t.instance.c.id == instance_id)
        return int(row["root_id"])

    def job_rows(self) -> dict[tuple[int, str], Any]:
        return {(row["instance_id"], row["element"]): row for row in self.houses[0].rows(t.job)}

    def workable(self) -> list[tuple[Case, str]]:
        """Jobs that a worker takes up now."""
        rows, now = self.job_rows(), self.clock()
        found = []
        for case in self.cases:
            for element in case.jobs if case.status == "active" else ():
                row = rows[case.id, element]
                ready = row["state"] == "ready" and row["due_at"] <= now
                if ready or (row["state"] == "leased" and row["lease_until"] < now):
                    found.append((case, element))
        return found

    @invariant()
    def rows_say_what_the_model_says(self) -> None:
        if not hasattr(self, "houses"):
            return
        house = self.houses[0]
        roots = {row["id"]: row for row in house.rows(t.instance, t.instance.c.parent_id.is_(None))}
        assert set(roots) == {case.id for case in self.cases}
        root_of = {row["id"]: row["root_id"] for row in house.rows(t.instance)}
        tasks: dict[int, set[str]] = {id: set() for id in roots}
        for task in house.tasks():
            assert task["element"] not in tasks[root_of[task["instance_id"]]], "a task is there twice"
            tasks[root_of[task["instance_id"]]].add(task["element"])
        timers = {(row["instance_id"], row["element"]): row["due_at"] for row in house.rows(t.timer)}
        rows = self.job_rows()
        for case in self.cases:
            assert roots[case.id]["state"] == case.status
            assert tasks[case.id] == case.tasks
            assert {name: timers.pop((case.id, name)) for name in case.timers} == case.timers
            assert {name: rows.pop((case.id, name))["attempts"] for name in case.jobs} == case.jobs
        assert not timers and not rows
        kept = Counter(row["business_key"] for row in house.rows(t.message, t.message.c.state == "kept"))
        assert kept == +self.kept

    @invariant()
    def rows_are_the_waits_of_the_states(self) -> None:
        if not hasattr(self, "houses"):
            return
        with self.houses[1].looking() as session:
            for id, state in session.execute(sa.select(t.instance.c.id, t.instance.c.state)).all():
                live = instances.peek(session, id, all_parts=True)
                waits = live.state.open_waits() if state in ("active", "suspended") else []
                for table, kinds in (
                    (t.user_task, (UserWait,)),
                    (t.timer, (TimerWait,)),
                    (t.job, (JobWait,)),
                    (t.subscription, (MessageWait, SignalWait)),
                    (t.call, (CallWait,)),
                ):
                    mine = [table.c.instance_id == id]
                    if table is t.user_task:
                        mine.append(t.user_task.c.state == "open")
                    stored = sorted(session.scalars(sa.select(table.c.wait).where(*mine)))
                    assert stored == sorted(wait.id for wait in waits if isinstance(wait, kinds)), table.name

    @invariant()
    def handlers_rows_are_the_steps(self) -> None:
        """What a transactional handler wrote stands exactly where its step went on."""
        if not hasattr(self, "houses"):
            return
        wrote = Counter(row["instance_id"] for row in self.houses[0].rows(booked))
        left: Counter[int] = Counter()
        for row in self.houses[0].rows(t.history):
            left[row["instance_id"]] += sum(event[:2] == ["l", "book"] for event in row["events"])
        assert wrote == +left

    @invariant()
    def failed_jobs_are_incidents(self) -> None:
        if not hasattr(self, "houses"):
            return
        failed = {row["id"] for row in self.houses[0].rows(t.job, t.job.c.state == "failed")}
        assert all(row["attempts"] == ATTEMPTS for row in self.houses[0].rows(t.job, t.job.c.id.in_(failed)))
        unsolved = self.houses[0].rows(t.incident, t.incident.c.resolved_at.is_(None))
        assert sorted(row["job_id"] for row in unsolved) == sorted(failed)


def prepared(url: str, folder: Path) -> None:
    """A house with the processes, at rest."""
    house = build(url, folder, handlers=())
    booked.create(house.runtime.database)
    house.deploy(p_bpmn=CASE, called_bpmn=CALLED)
    house.runtime.database.dispose()


@pytest.mark.slow
def test_whatever_comes_in_any_order_rows_and_model_agree(tmp_path: Path) -> None:
    prepared(f"sqlite:///{tmp_path / 'ready.db'}", tmp_path)
    numbers = itertools.count()

    def copy() -> tuple[str, Path]:
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copy(tmp_path / "ready.db", path)
        return f"sqlite:///{path}", tmp_path

    machine = type("OnSQLite", (AnyOrder,), {"url_of": staticmethod(copy)})
    run_state_machine_as_test(machine, settings=settings(max_examples=cases(6, 25), stateful_step_count=30))


@pytest.mark.slow
@pytest.mark.postgres
def test_the_same_on_postgresql(tmp_path: Path, postgres_server: str) -> None:
    ready = databases.create(postgres_server)
    prepared(ready, tmp_path)

    def copy() -> tuple[str, Path]:
        return databases.create(postgres_server, sa.make_url(ready).database or ""), tmp_path

    machine = type("OnPostgreSQL", (AnyOrder,), {"url_of": staticmethod(copy)})
    run_state_machine_as_test(machine, settings=settings(max_examples=cases(2, 8), stateful_step_count=25))
