"""The queries that run all the time find their rows by an index, on both databases, however many rows there are.

A database is filled with what does not concern the query; the statements that the function really sends are explained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import batches, firing, jobs, leases, notices, outbox, queries, reminders, subscriptions, timers
from engine.api.external import Topic, fetch_and_lock
from engine.identity import SYSTEM, Actor
from engine.queries.batches import batch, batch_items
from engine.queries.deadletters import dead_letter_groups, dead_letters
from engine.queries.decisions import decisions
from engine.queries.selection import Failures
from engine.store import tables as t
from engine.subscriptions import Mail
from tests.engine import diagrams as d
from tests.house import MONDAY, House

MANY = 4_000
BIG = {
    "instance", "user_task", "candidate", "timer", "subscription", "job", "history", "decision_log", "incident",
    "message", "reminder", "outbox", "batch_item", "audit_entry",
}  # fmt: skip
PEOPLE = 100
Work = Callable[[House], Any]


def filled(house: House) -> int:
    """Many cases of one process, with a row of everything for each; returns the first one's id."""
    house.deploy(p_bpmn=d.one_task())
    with house.writing() as session:
        first = _instances(session)
        _waits(session, first)
        _past(session, first)
    with house.runtime.database.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    return first


def _instances(session: Session) -> int:
    definition = session.scalar(sa.select(t.definition.c.id))
    own = {"definition_id": definition, "key": "p", "version": 1, "started_at": MONDAY}
    body = b'[1,1,1,[],[[1,0,0,"p","process",{}]],[],[]]'
    rows = [
        {"id": n, "root_id": n, "business_key": f"PJ-{n}", "state": "active", "body": body, **own}
        for n in range(1, MANY + 1)
    ]
    session.execute(sa.insert(t.instance), rows)
    tasks = [
        {
            "id": n, "instance_id": n, "wait": 1, "definition_id": definition, "process_key": "p", "element": "ask",
            "name": "ask", "state": "open" if n % 2 else "completed", "assignee": f"x{n % PEOPLE}" if n % 3 else None,
            "completed_by": None if n % 2 else f"x{n % PEOPLE}", "team": f"t{n % 50}", "created_at": MONDAY,
            "completed_at": None if n % 2 else MONDAY, "due_at": MONDAY + timedelta(days=n % 300 + 1), "search": "",
        }
        for n in range(1, MANY + 1)
    ]  # fmt: skip
    session.execute(sa.insert(t.user_task), tasks)
    teams = [{"task_id": n, "kind": "team", "name": f"t{n % 50}"} for n in range(1, MANY + 1)]
    session.execute(sa.insert(t.candidate), teams)
    return 1


def _waits(session: Session, first: int) -> None:
    later = MONDAY + timedelta(days=30)
    ids = range(first, MANY + 1)
    session.execute(
        sa.insert(t.timer),
        [{"id": n, "instance_id": n, "wait": 2, "element": "b", "due_at": later, "shard": n % 64} for n in ids],
    )
    work = {"element": "w", "kind": "external", "due_at": later, "max_attempts": 3, "payload": {"inputs": {}}}
    session.execute(
        sa.insert(t.job),
        [
            {"id": n, "instance_id": n, "wait": 3, "topic": f"a{n % 9}", "state": "ready", "shard": n % 64, **work}
            for n in ids
        ],
    )
    session.execute(
        sa.insert(t.subscription),
        [
            {"id": n, "kind": "message", "name": "m", "instance_id": n, "wait": 4, "element": "c",
             "business_key": f"PJ-{n}"}
            for n in ids
        ],
    )  # fmt: skip
    session.execute(
        sa.insert(t.reminder),
        [{"id": n, "task_id": n, "step": "half", "occurrence": 0, "due_at": later, "state": "planned"} for n in ids],
    )


def _past(session: Session, first: int) -> None:
    ids, at = range(first, MANY + 1), MONDAY
    session.execute(
        sa.insert(t.history),
        [{"instance_id": n, "seq": s, "at": at, "trigger": [], "events": []} for n in ids for s in (1, 2)],
    )
    session.execute(
        sa.insert(t.decision_log),
        [
            {"id": n, "instance_id": n, "seq": 1, "decision": f"d{n % 40}", "model_hash": "", "at": at, "inputs": {},
             "fired": []}
            for n in ids
        ],
    )  # fmt: skip
    session.execute(
        sa.insert(t.incident),
        [
            {"id": n, "instance_id": n, "element": "w", "kind": "job", "code": "E", "text": "", "at": at,
             "resolved_at": at}
            for n in ids
        ],
    )  # fmt: skip
    session.execute(
        sa.insert(t.message),
        [{"id": n, "name": "m", "business_key": f"PJ-{n}", "received_at": at, "state": "delivered"} for n in ids],
    )
    letter = {"channel": "email", "recipient": "x", "template": "t", "data": {}, "created_at": at, "due_at": at}
    session.execute(
        sa.insert(t.outbox), [{"id": n, "dedupe_key": str(n), "state": "sent", "sent_at": at, **letter} for n in ids]
    )
    head = {"kind": "cancel", "criteria": {}, "parameters": {}, "started_by": "system", "why": "", "created_at": at}
    session.execute(
        sa.insert(t.batch), [{"id": n, "state": "finished", "total": MANY // 40, **head} for n in range(1, 41)]
    )
    session.execute(
        sa.insert(t.batch_item),
        [{"batch_id": n % 40 + 1, "subject_id": n, "instance_id": n, "state": "done"} for n in ids],
    )


@contextmanager
def heard(house: House) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent, with their parameters."""
    found: list[tuple[str, Any]] = []

    def hear(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if not many and re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)", statement):
            found.append((statement, parameters))

    sa.event.listen(house.runtime.database, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        sa.event.remove(house.runtime.database, "before_cursor_execute", hear)


def scans(house: House, statement: str, parameters: Any) -> list[str]:
    """Lines of the plan that read the whole of a large table."""
    sqlite = house.runtime.database.dialect.name == "sqlite"
    prefix = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    with house.runtime.database.connect() as connection:
        rows = connection.exec_driver_sql(prefix + statement, parameters).all()
    lines = [str(row[-1]) for row in rows]
    names = aliases(statement)
    if sqlite:
        found = [(line, m[1]) for line in lines if (m := re.match(r"SCAN (\w+)", line))]
        return [line for line, name in found if names.get(name, name) in BIG]
    return [line.strip() for line in lines if (m := re.search(r"Seq Scan on (\w+)", line)) and m[1] in BIG]


def aliases(statement: str) -> dict[str, str]:
    return {alias: table for table, alias in re.findall(r"(\w+) AS \"?(\w+)\"?", statement)}


def reads(work: Callable[[Session], Any]) -> Work:
    def run(house: House) -> None:
        with house.looking() as session:
            work(session)

    return run


def writes(work: Callable[[Session], Any]) -> Work:
    def run(house: House) -> None:
        with house.writing() as session:
            work(session)

    return run


LI = Actor("li", frozenset({"rm"}))
HOT: dict[str, Work] = {
    **{
        f"inbox {view}": lambda house, view=view: house.inbox("li", view)  # type: ignore[misc]
        for view in ("mine", "teams", "overdue", "done")
    },
    "inbox poll": reads(lambda session: queries.mark(session, LI, queries.Ask("mine"))),
    "inbox calendar": reads(
        lambda session: queries.due_between(session, LI, queries.Ask("mine"), MONDAY, MONDAY + timedelta(days=42))
    ),
    "a filter's count": reads(lambda session: queries.count(session, LI, queries.Ask("mine", search="x", due="week"))),
    "due timers": reads(lambda session: timers.due(session, 50)),
    "due timers of a shard": reads(lambda session: timers.due(session, 50, shard=5)),
    "firing": lambda house: firing.sweep(house.runtime),
    "shards with due work": lambda house: firing.due_shards(house.runtime),
    "due work": reads(lambda session: jobs.due(session, 50)),
    "due work of a shard": reads(lambda session: jobs.due(session, 50, shard=5)),
    "claiming work": writes(lambda session: leases.claim(session, "w", 10)),
    "fetch and lock": writes(lambda session: fetch_and_lock(session, SYSTEM, "w", [Topic("a1", timedelta(hours=1))])),
    "reminders": lambda house: reminders.sweep(house.runtime),
    "digests": lambda house: notices.send_digests(house.runtime),
    "outbox": lambda house: outbox.sweep(house.runtime, {"email": object()}),  # type: ignore[dict-item]
    "history": reads(lambda session: queries.history(session, 77)),
    "one case": reads(lambda session: queries.instance(session, 77)),
    "open incidents": reads(lambda session: queries.incidents(session)),
    "kept messages": reads(lambda session: queries.kept_messages(session)),
    "who awaits a message": reads(lambda session: subscriptions.matches(session, Mail("m", "PJ-77"))),
    "decisions of a case": reads(lambda session: decisions(session, instance_id=77)),
    "decisions by name": reads(lambda session: decisions(session, decision="d7", size=20)),
    "dead letters": reads(lambda session: dead_letters(session, Failures(topic="a1"))),
    "dead letters by cause": reads(lambda session: dead_letter_groups(session)),
    "running batches": lambda house: batches.run_batches(house.runtime),
    "a batch": reads(lambda session: (batch(session, 7), batch_items(session, 7, state="failed"))),
}


def test_what_runs_all_the_time_reads_no_large_table_from_end_to_end(house: House) -> None:
    filled(house)
    found: dict[str, list[str]] = {}
    for name, work in HOT.items():
        with heard(house) as statements:
            work(house)
        assert statements, name
        for statement, parameters in statements:
            for line in scans(house, statement, parameters):
                found.setdefault(name, []).append(f"{line}: {statement}")
    assert found == {}, "\n".join(f"{name}\n    {line}" for name, lines in found.items() for line in lines)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_test_itself_sees_a_scan(house: House) -> None:
    filled(house)
    with heard(house) as statements, house.looking() as session:
        session.execute(sa.select(t.history).where(t.history.c.actor == "x")).all()
    assert [scans(house, *one) for one in statements] == [["SCAN history"]]


def test_a_persons_inbox_does_not_go_through_all_that_is_overdue_in_the_house(house: House) -> None:
    if house.runtime.database.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by how many are overdue; SQLite by the shape of the query")
    filled(house)
    with heard(house) as statements:
        house.inbox("li", "overdue")
    with house.runtime.database.connect() as connection:
        for statement, parameters in statements:
            rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
            plan = [str(row[-1]) for row in rows]
            assert not [line for line in plan if "ix_user_task_state_due_at" in line], "\n".join([statement, *plan])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_whole_house_s_list_is_not_sorted_for_one_page(house: House) -> None:
    filled(house)
    with heard(house) as statements, house.looking() as session:
        found = queries.inbox(session, SYSTEM, queries.Ask("all"), size=10)
    assert found.tasks and [task.due_at for task in found.tasks] == sorted(task.due_at for task in found.tasks)  # type: ignore[type-var]
    with house.runtime.database.connect() as connection:
        for statement, parameters in statements:
            plan = [str(row[-1]) for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)]
            assert "USE TEMP B-TREE FOR ORDER BY" not in plan, "\n".join([statement, *plan])
