"""A database that an earlier release filled is brought to this one, and the cases in it go on.

`tests/golden/database-<revision>.sql` is what that release wrote to SQLite, schema and rows: two cases that wait for
everything (tasks with reminders and a draft, a timer, a message, a signal, failed work with its incident, a called
process, a loop), one that was cancelled, and a kept message. On PostgreSQL the schema of that revision is made, and the
same rows are put in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from engine import api, queries, transfer, verification
from engine.queries.selection import Cases
from engine.registry import handles
from engine.settings import load
from engine.store import MIGRATIONS
from engine.store import tables as t
from tests.house import MONDAY, House, MovableClock

GOLDEN = Path(__file__).parents[1] / "golden"
REVISIONS = sorted(path.stem.removeprefix("database-") for path in GOLDEN.glob("database-*.sql"))


@pytest.fixture(params=REVISIONS)
def old(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[House]:
    """The filled database of an earlier release, brought to this one."""
    clock = MovableClock()
    clock.move(days=1, hours=1)
    runtime = api.open_engine(load(database_url=database_url, data_dir=tmp_path, handlers=()), clock)
    text = (GOLDEN / f"database-{request.param}.sql").read_text("utf-8")
    if runtime.database.dialect.name == "sqlite":
        with sqlite3.connect(str(runtime.database.url.database)) as file:
            file.executescript(text)
        file.close()
    else:
        _fill(runtime.database, f"engine_{request.param}", text)
    api.migrate(runtime)
    yield House(runtime, clock)
    runtime.database.dispose()


def _fill(database: sa.Engine, revision: str, text: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / "versions"))
    config.set_main_option("path_separator", "space")
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    schema = sa.MetaData()
    schema.reflect(database)
    source = sqlite3.connect(":memory:")
    source.row_factory = sqlite3.Row
    source.executescript(text)
    with database.begin() as connection:
        for table in schema.sorted_tables:
            rows = [dict(row) for row in source.execute(f'SELECT * FROM "{table.name}"')]
            if rows and table.name != "alembic_version":
                connection.execute(sa.insert(table), [_typed(table, row) for row in rows])
    source.close()


def _typed(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """SQLite's values as PostgreSQL's columns take them."""
    found = {}
    for name, value in row.items():
        kind = table.c[name].type
        if isinstance(kind, sa.DateTime) and value is not None:
            value = datetime.fromisoformat(value).replace(tzinfo=UTC)
        elif isinstance(kind, sa.Date) and value is not None:
            value = date.fromisoformat(value)
        elif isinstance(kind, sa.Boolean) and value is not None:
            value = bool(value)
        found[name] = value
    return found


def case(house: House, key: str) -> int:
    [row] = house.rows(t.instance, t.instance.c.business_key == key, t.instance.c.parent_id.is_(None))
    return int(row["id"])


def done(house: House, element: str, instance: int) -> None:
    """Complete every open task of the element, as whoever has it."""
    for task in house.tasks(instance):
        if task["element"] == element:
            with house.writing() as session:
                api.complete(session, house.actor(str(task["assignee"])), task["id"], {})


def test_running_cases_of_an_earlier_release_go_on_to_their_end(old: House) -> None:
    @handles("remote")
    def remote(ctx: Any, amount: int) -> dict[str, object]:
        return {"checked": amount}

    old.runtime.registry.add_functions(remote)
    running, fresh = case(old, "PJ-1"), case(old, "PJ-3")
    assert old.variables(running) == {"client": "华丰", "amount": 300}
    [task] = [task for task in old.tasks(running) if task["element"] == "assess"]
    with old.looking() as session:
        assert api.draft(session, old.actor(str(task["assignee"])), task["id"]) == {"note": "half"}
        assert {row.id for row in old.inbox(str(task["assignee"]))} >= {task["id"]}
        [incident] = queries.incidents(session)
    with old.writing() as session:
        api.retry(session, old.actor("owen"), incident.id)
    old.work()
    assert old.rows(t.timer) != [] and old.rows(t.job) == []
    old.pass_time(days=1, hours=1)
    assert [task["element"] for task in old.tasks(fresh)].count("hurry") == 1
    for key in ("PJ-1", "PJ-3"):
        assert old.message("answered", key).state == "delivered"
    with old.writing() as session:
        assert api.raise_signal(session, api.SYSTEM, "closed") == 2
    for instance in (running, fresh):
        [below] = old.rows(t.call, t.call.c.instance_id == instance)
        done(old, "ask", below["child_id"])
        for element in ("assess", "each", "hurry"):
            done(old, element, instance)
    assert (old.state(running), old.state(fresh)) == ("completed", "completed")
    assert old.variables(fresh)["checked"] == 7
    with old.looking() as session:
        assert verification.verify(session).broken == []


def test_what_was_over_and_what_was_kept_is_there_still(old: House) -> None:
    ended = case(old, "PJ-2")
    assert old.state(ended) == "cancelled"
    with old.looking() as session:
        assert queries.history(session, ended)
        assert [message.name for message in queries.kept_messages(session)] == ["unexpected"]
        entries = old.rows(t.audit_entry, t.audit_entry.c.subject == f"instance:{ended}")
    assert [entry["action"] for entry in entries] == ["cancelled"]
    assert entries[0]["at"] > MONDAY


def test_new_verbs_work_on_old_cases(old: House, tmp_path: Path) -> None:
    """They restart, move, go to a file and come back as a copy."""
    owner = old.actor("owen")
    with old.writing() as session:
        new = api.restart(session, owner, case(old, "PJ-2"), ["hurry"]).instance_id
        api.move_token(session, owner, case(old, "PJ-1"), "assess", "hurry")
    done(old, "hurry", new)
    assert old.state(new) == "completed"
    before = len(old.rows(t.instance))
    transfer.export_file(old.runtime, owner, tmp_path / "cases.jsonl", Cases(key="deal"))
    copied = transfer.import_file(old.runtime, old.actor("root"), tmp_path / "cases.jsonl", if_there="copy")
    assert copied.instances == 4 and len(old.rows(t.instance)) == before + 4
    with old.looking() as session:
        assert verification.verify(session).broken == []
