"""The schema that migrations make is the one that the tables describe, and making it twice changes nothing."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine import api
from engine.api import wiring
from engine.settings import load
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import at_once, errors
from tests.house import House

FALLING = "ix_job_state_priority_due_at_id"
"""Alembic cannot compare an index of which one column falls: it is looked for by its name."""


def differences(house: House) -> list[object]:
    """What Alembic would still change in the engine's own tables."""
    own = set(t.metadata.tables)

    def included(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        return (kind != "table" or name in own) and name != FALLING

    with house.runtime.database.connect() as connection:
        options = {"include_object": included, "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), t.metadata))


def test_a_migrated_database_has_exactly_the_tables_of_the_engine(house: House) -> None:
    assert differences(house) == []
    assert FALLING in {index["name"] for index in sa.inspect(house.runtime.database).get_indexes("job")}


def test_the_files_of_the_migrations_say_what_alembic_makes_of_them(house: House) -> None:
    scripts = ScriptDirectory.from_config(wiring._config(house.runtime))
    assert wiring._heads(tuple(wiring._places(house.runtime))) == frozenset(scripts.get_heads())
    assert api.schema_is_current(house.runtime)
    with house.runtime.transaction() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = 'engine_0001'"))
    assert not api.schema_is_current(house.runtime)


def test_migrating_again_changes_nothing_and_keeps_every_row(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    instance = house.start("p", amount=1)
    before = sa.inspect(house.runtime.database).get_table_names()
    for _ in range(2):
        api.migrate(house.runtime)
    assert sa.inspect(house.runtime.database).get_table_names() == before
    assert house.variables(instance) == {"amount": 1}
    assert differences(house) == []


def test_a_filled_database_of_an_earlier_release_is_brought_up_with_its_rows(database_url: str, tmp_path: Path) -> None:
    runtime = api.open_engine(load(database_url=database_url, data_dir=tmp_path, handlers=()))
    config = wiring._config(runtime)
    with runtime.database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "engine_0016")
    with runtime.transaction() as session:
        for table, values in FILLED:
            names = ", ".join(values)
            placed = ", ".join(f":{name}" for name in values)
            session.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({placed})"), values)
    api.migrate(runtime)
    with runtime.reading() as session:
        kept = {table: session.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table, _ in FILLED}
        assert kept == {table: 1 for table, _ in FILLED}
        assert api.actor(session, "li").teams == {"rm"}
    assert api.schema_is_current(runtime)
    runtime.database.dispose()


NOW = datetime(2026, 3, 2, tzinfo=UTC)
FILLED: tuple[tuple[str, dict[str, object]], ...] = (
    ("team", {"id": "rm", "name": "客户经理", "name_en": "", "strategy": "least_busy"}),
    (
        "person",
        {
            "id": "li",
            "name": "李雷",
            "name_en": "",
            "language": "zh",
            "active": True,
            "capacity": 100,
            "failed_sign_ins": 0,
        },
    ),
    ("membership", {"team_id": "rm", "person_id": "li"}),
    ("absence", {"id": 1, "person_id": "li", "starts": NOW, "ends": NOW}),
    ("api_token", {"id": 1, "name": "crm", "sha256": "0" * 64, "scopes": "messages", "created_at": NOW}),
)
"""Rows that point to each other, as they stood in the release before."""


def test_of_processes_that_bring_one_database_up_at_once_one_does_it(database_url: str, tmp_path: Path) -> None:
    runtimes = [api.open_engine(load(database_url=database_url, data_dir=tmp_path, handlers=())) for _ in range(3)]
    assert errors(at_once(*(functools.partial(api.migrate, runtime) for runtime in runtimes))) == []
    for runtime in runtimes:
        api.require_schema(runtime)
        runtime.database.dispose()
