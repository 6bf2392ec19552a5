"""A database for the business rooms: migrated for real, on SQLite and on PostgreSQL, with a few people in
it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api
from engine.execution import Runtime
from engine.process.businesstime import BusinessCalendar
from engine.registry import BpmnError, Context
from engine.schedule import Schedule
from engine.settings import Settings
from tests import databases
from tests.handlers.stand_ins import Choosing, Posted
from tests.once import made_once

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Shanghai."""


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A runtime over an empty, migrated database."""
    settings = Settings(database_url=database_url, data_dir=tmp_path, base_url="https://deals.example.com")
    runtime = api.open_engine(settings, lambda: NOW)
    assert api.schema_is_current(runtime)
    yield runtime
    runtime.database.dispose()


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
            schedule=Schedule(session),
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


def _migrated(database_url: str, folder: Path) -> None:
    runtime = api.open_engine(Settings(database_url=database_url, data_dir=folder), lambda: NOW)
    api.migrate(runtime)
    runtime.database.dispose()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite file with the tables of the business rooms, to be copied."""

    def make(folder: Path) -> dict[str, Any]:
        _migrated(f"sqlite:///{folder / 'book.db'}", folder)
        return {}

    return made_once(tmp_path_factory, "migrated", make)[0] / "book.db"


@pytest.fixture(scope="session")
def sqlite_with_records(migrated_file: Path) -> Path:
    """That file, for the book."""
    return migrated_file


@pytest.fixture(scope="session")
def postgres_with_records(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of an empty PostgreSQL database with those tables, to be copied."""
    url = databases.create(postgres_server)
    _migrated(url, tmp_path_factory.mktemp("migrated"))
    return str(sa.make_url(url).database)


@pytest.fixture
def quick_desk(migrated_file: Path, tmp_path: Path) -> Iterator[Desk]:
    """A desk over a copy of that file: for what does not depend on the kind of database."""
    copyfile(migrated_file, tmp_path / "book.db")
    url = f"sqlite:///{tmp_path / 'book.db'}"
    runtime = api.open_engine(
        Settings(database_url=url, data_dir=tmp_path, base_url="https://deals.example.com"), lambda: NOW
    )
    yield Desk(runtime)
    runtime.database.dispose()
