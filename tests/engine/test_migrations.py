"""The schema that migrations make is the one that the tables describe, and making it twice changes nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine import api
from engine.store import tables as t
from tests.engine import diagrams as d
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


def test_migrating_again_changes_nothing_and_keeps_every_row(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    instance = house.start("p", amount=1)
    before = sa.inspect(house.runtime.database).get_table_names()
    for _ in range(2):
        api.migrate(house.runtime)
    assert sa.inspect(house.runtime.database).get_table_names() == before
    assert house.variables(instance) == {"amount": 1}
    assert differences(house) == []
