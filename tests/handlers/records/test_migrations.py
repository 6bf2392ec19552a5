"""The migrated schema is the one that the code declares."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine.execution import Runtime
from engine.store import tables
from handlers.records import MIGRATIONS, metadata


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


def test_first_revision_is_a_branch_of_its_own_and_can_be_undone(book: Runtime) -> None:
    scope: dict[str, object] = {}
    source = (MIGRATIONS / "0001_book.py").read_text(encoding="utf-8")
    exec(compile(source, "0001_book.py", "exec"), scope)
    assert scope["branch_labels"] == ("records",)
    assert scope["down_revision"] is None
    assert scope["depends_on"] is None
    from alembic.operations import Operations

    with book.database.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        scope["downgrade"]()  # type: ignore[operator]
    left = set(sa.inspect(book.database).get_table_names()) & set(metadata.tables)
    assert left == set()
