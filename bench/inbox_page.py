"""How long the server takes for a person's inbox page among a million open tasks.

    python -m bench.inbox_page [--tasks 1000000] [--only sqlite|postgres]

The database is that of `bench.inbox`. What is timed is the whole answer of the application to a browser that is signed
in, from the request to the last byte: session, rights, rows, counts, filters, template. Asked each time as another
person, so that nothing is warm by chance, and after a look at each that compiles its templates. `poll` is what an open
page asks every five seconds: answered with nothing while nothing has changed. Beside the span of a look stands the
processor time of this process in it, which the load of others hardly disturbs; SQLite's is in it, PostgreSQL's is not.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from bench import postgres
from bench.contenders import dealflow
from bench.inbox import LOOKS, TEAMS, fill
from engine import api
from engine.store import tables as t
from web import auth, create_app

ADMIN = "keeper"
PAGES = {
    "first screen": "/inbox",
    "by priority": "/inbox?sort=priority",
    "one word searched": "/inbox?q=px-2026-77",
    "my team's queue": "/inbox?view=teams",
    "overdue": "/inbox?view=overdue",
    "calendar, a month": "/inbox/calendar",
}
EVERYTHING = {"all the house, as admin": "/inbox?view=all", "overdue, as admin": "/inbox?view=overdue"}


def move_in(runtime: Any, people: int) -> None:
    """Everybody is in a team; one person keeps the house."""
    with runtime.transaction() as session:
        members = [{"team_id": f"team{n % TEAMS}", "person_id": f"p{n}"} for n in range(people)]
        session.execute(sa.insert(t.membership), members)
        session.execute(sa.insert(t.person), [{"id": ADMIN, "name": "Keeper"}])
        session.execute(sa.insert(t.team), [{"id": "admin", "name": "Administrators"}])
        session.execute(sa.insert(t.membership), [{"team_id": "admin", "person_id": ADMIN}])


def signed_in(app: Any, person: str) -> FlaskClient:
    """A browser in which somebody is signed in."""
    client: FlaskClient = app.test_client()
    with app.extensions["dealflow"].transaction() as session:
        secret = api.begin_session(session, person, "password", "bench")
    with client.session_transaction() as kept:
        kept["_user_id"], kept["_fresh"], kept[auth.SECRET] = person, True, secret
    return client


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it was answered; milliseconds."""

    span: float
    busy: float
    text: str


def timed(client: FlaskClient, path: str) -> Seen:
    """Ask for a page. RuntimeError when it is not the page."""
    begun, busy = time.perf_counter(), time.process_time()
    answer = client.get(path)
    text = answer.get_data(as_text=True)
    seen = Seen((time.perf_counter() - begun) * 1000, (time.process_time() - busy) * 1000, text)
    if answer.status_code not in (200, 204):
        raise RuntimeError(f"{path} answered {answer.status_code}: {answer.headers.get('Location')}")
    return seen


def look(app: Any, people: int) -> Iterator[str]:
    """Every page as one person after another, the poll of one's page, and the house's lists."""
    for path in PAGES.values():
        timed(signed_in(app, "p1"), path)
    for name, path in PAGES.items():
        yield said(name, [timed(signed_in(app, f"p{n * 97 % people}"), path) for n in range(2, LOOKS + 2)])
    client = signed_in(app, "p1")
    [poll] = re.findall(r'hx-get="(/inbox/counts[^"]+)"', timed(client, "/inbox").text)
    yield said("poll", [timed(client, unescape(poll)) for _ in range(LOOKS)])
    keeper = signed_in(app, ADMIN)
    for name, path in EVERYTHING.items():
        yield said(name, [timed(keeper, path) for _ in range(5)])


def said(name: str, looks: list[Seen]) -> str:
    """Median and longest look, and the median of processor time."""
    spans, busy = [one.span for one in looks], statistics.median(one.busy for one in looks)
    return f"{name:24} {statistics.median(spans):7.1f} ms, longest {max(spans):.1f}; processor {busy:.1f} ms"


def measure(url: str, folder: Path, tasks: int) -> list[str]:
    """Fill a database and look at its pages."""
    runtime = dealflow.opened(url, folder, ("handlers",))
    people = fill(runtime, tasks)
    move_in(runtime, people)
    looked = list(look(create_app(runtime=runtime), people))
    runtime.database.dispose()
    return looked


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where its wheel is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    postgres.ask_which(parser)
    arguments = parser.parse_args()
    with postgres.stores(arguments.only) as found:
        for store, url, folder in found:
            for seen in measure(url, folder, arguments.tasks):
                print(f"{store:10} {seen}")


if __name__ == "__main__":
    main()
