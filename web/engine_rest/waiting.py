"""Programs that wait for work (long polling). Law: who waits holds a thread that sleeps, and nothing else.

No database connection, no lock, no turn at the desk. One look a second, or after a commit that brought work, finds what
is free for all who wait; only those who may get some of it are woken, in the order in which they came. How many may
wait is bounded, so that threads remain for pages: who comes beyond that is answered at once.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from engine.api import Runtime
from engine.queries import programs
from engine.queries.programs import Offer, Topic

log = structlog.get_logger("engine_rest")
WAITING = 256
"""So many requests may wait for work at once, each with a thread of its own beside those for pages."""
SWEEP, BREATH = 1.0, 0.02
"""Seconds between looks, and the least between two: what several commits bring is found by one."""


@dataclass(slots=True, eq=False)
class Waiter:
    """One request that waits."""

    topics: Sequence[Topic]
    most: int
    gone: Callable[[], bool]
    told: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True, eq=False)
class WaitingRoom:
    """Who waits at one process, in the order in which they came."""

    runtime: Runtime
    places: int = WAITING
    stepping_out: Callable[[], Any] | None = None
    """A context in which the request gives up its turn at the desk."""
    goes_on: Callable[[], bool] = lambda: True
    """Whether the process goes on; when it stops, all who wait are answered."""
    waiters: dict[int, Waiter] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    news: threading.Event = field(default_factory=threading.Event)
    looking: bool = False

    def wait(
        self,
        topics: Sequence[Topic],
        most: int,
        seconds: float,
        fetch: Callable[[], list[Any]],
        gone: Callable[[], bool],
    ) -> list[Any]:
        """What `fetch` finds, at the latest after so many seconds; it is asked again whenever there may be something.

        fetch: takes work, or returns nothing. gone: whether whoever asked has hung up: nothing is taken for them.
        """
        waiter, until = Waiter(topics, most, gone), time.monotonic() + seconds
        if not self._enter(waiter):
            return fetch()
        try:
            while True:
                waiter.told.clear()
                found = [] if gone() else fetch()
                left = until - time.monotonic()
                if found or left <= 0 or gone() or not self.goes_on():
                    return found
                self._stand_behind(waiter)
                with self._asleep():
                    waiter.told.wait(left)
        finally:
            with self.lock:
                self.waiters.pop(id(waiter), None)

    @contextmanager
    def _asleep(self) -> Iterator[None]:
        if self.stepping_out is None:
            yield
            return
        with self.stepping_out():
            yield

    def _enter(self, waiter: Waiter) -> bool:
        with self.lock:
            if len(self.waiters) >= self.places:
                return False
            self.waiters[id(waiter)] = waiter
            if not self.looking:
                self.looking = True
                threading.Thread(target=self._look_out, daemon=True, name="work-for-programs").start()
        return True

    def _stand_behind(self, waiter: Waiter) -> None:
        """Who was woken and got nothing stands behind the others."""
        with self.lock:
            self.waiters[id(waiter)] = self.waiters.pop(id(waiter))

    def _look_out(self) -> None:
        """One thread, while anybody waits."""
        while True:
            self.news.wait(SWEEP)
            self.news.clear()
            with self.lock:
                waiting = list(self.waiters.values())
                if not waiting:
                    self.looking = False
                    return
            if not self.goes_on():
                wake(waiting)
            else:
                try:
                    self._share_out(waiting)
                except Exception as error:  # the database is away: the next look finds what there is
                    log.warning("work_not_looked_for", error=str(error))
            time.sleep(BREATH)

    def _share_out(self, waiting: Sequence[Waiter]) -> None:
        with self.runtime.reading() as db:
            found = programs.offers(db, {topic.name for waiter in waiting for topic in waiter.topics})
        wake(chosen(waiting, found) + [waiter for waiter in waiting if waiter.gone()])


def wake(waiting: Sequence[Waiter]) -> None:
    """Let them look."""
    for waiter in waiting:
        waiter.told.set()


def chosen(waiting: Sequence[Waiter], offers: Sequence[Offer]) -> list[Waiter]:
    """Who is to look, in the order in which they stand: each piece is offered to one who may take it."""
    left, found = list(offers), []
    for waiter in waiting:
        taken, rest = list[Offer](), list[Offer]()
        for offer in left:
            fits = len(taken) < waiter.most and any(topic.may_fit(offer) for topic in waiter.topics)
            (taken if fits else rest).append(offer)
        if taken:
            found.append(waiter)
        left = rest
        if not left:
            break
    return found


def hung_up(environ: Any) -> Callable[[], bool]:
    """Whether the client of this request has closed its connection; where the server does not say, never."""
    connection: socket.socket | None = environ.get("gunicorn.socket")
    if connection is None:
        return lambda: False

    def gone() -> bool:
        try:
            readable = select.select([connection], [], [], 0)[0]
            return bool(readable) and not connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True

    return gone


class Desk:
    """So many requests are worked on at once; a request that only waits is not. Wraps the application (WSGI)."""

    def __init__(self, application: Callable[..., Any], places: int) -> None:
        self.application = application
        self.turns = threading.BoundedSemaphore(places)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """One request, when it is its turn."""
        with self.turns:
            return self.application(environ, start_response)

    @contextmanager
    def stepping_out(self) -> Iterator[None]:
        """Meanwhile it is somebody else's turn."""
        self.turns.release()
        try:
            yield
        finally:
            self.turns.acquire()


def room_of(extensions: dict[str, Any]) -> WaitingRoom:
    """The waiting room of an application."""
    room: WaitingRoom = extensions["engine_rest"]
    return room


def open_room(extensions: dict[str, Any], runtime: Runtime) -> None:
    """Give an application its waiting room, which hears of new work from this runtime."""
    room = extensions["engine_rest"] = WaitingRoom(runtime)
    runtime.offered = room.news.set
