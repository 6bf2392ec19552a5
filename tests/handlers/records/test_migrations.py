"""The migrated schema is the one that the code declares, and data that an earlier release wrote come along."""

from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from engine.execution import Runtime
from engine.store import MIGRATIONS as ENGINE_MIGRATIONS
from engine.store import tables
from handlers.records import MIGRATIONS, changes, metadata, parties
from handlers.records.changes import Stamp
from tests.handlers.conftest import NOW


def revisions() -> list[ModuleType]:
    """The book's revisions, first to last."""
    scripts = ScriptDirectory(str(ENGINE_MIGRATIONS), version_locations=[str(MIGRATIONS)])
    return [one.module for one in scripts.walk_revisions()][::-1]


def take_back(connection: sa.Connection, *undone: ModuleType) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        for one in undone:
            one.downgrade()


def test_migrated_tables_equal_the_declared_ones(book: Runtime) -> None:
    declared = sa.MetaData()
    for table in [*metadata.tables.values(), *tables.metadata.tables.values()]:
        table.to_metadata(declared)
    with book.database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [one for one in compare_metadata(context, declared) if _of_the_book(one)]
    assert differences == []


def _of_the_book(difference: object) -> bool:
    return any(name in str(difference) for name in metadata.tables)


def test_the_revisions_are_a_branch_of_their_own_and_can_be_undone(book: Runtime) -> None:
    first, *later = revisions()
    assert (first.branch_labels, first.down_revision, first.depends_on) == (("records",), None, None)
    assert [one.down_revision for one in later] == [one.revision for one in (first, *later)][:-1]
    with book.database.begin() as connection:
        take_back(connection, *reversed(later), first)
    left = set(sa.inspect(book.database).get_table_names()) & set(metadata.tables)
    assert left == set()


@pytest.mark.parametrize(
    ("stood", "stands"),
    [
        ("电力生产", "D44"),
        ("水的生产和供应业", "D46"),
        ("D4415", "D4415"),
        ("renewable_power", None),
        ("什么都做", None),
    ],
)
def test_what_stood_as_an_industry_becomes_its_code_or_is_asked_again(
    book: Runtime, stood: str, stands: str | None
) -> None:
    with book.transaction() as session:
        client = parties.create(session, {"legal_name": "华丰", "industry": stood}, Stamp(NOW, "li", "website"), 2026)
    coding = next(one for one in revisions() if one.revision == "records_0002")
    with book.database.begin() as connection:
        take_back(connection, coding)
        with Operations.context(MigrationContext.configure(connection)):
            coding.upgrade()
    with book.reading() as session:
        assert parties.get(session, client.id).industry == stands
        log = changes.log_of(session, "party", client.id)
        origin = changes.origins(session, "party", client.id).get("industry")
    told = [(one.before, one.after, one.by) for one in log if one.field == "industry" and one.before is not None]
    assert told == ([] if stands == stood else [(stood, stands, "migration:records_0002")])
    assert (origin is None) == (stands is None)
