"""What several tests of process packages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bpmn import service_house
from tests.bpmn.service_house import ServiceHouse


@pytest.fixture(scope="session")
def furnished_service(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database of a house with the service packages, made once."""
    return service_house.furnish(tmp_path_factory.mktemp("service"))


@pytest.fixture
def house(furnished_service: str, tmp_path: Path) -> Iterator[ServiceHouse]:
    """A service house of one's own; other modules have their own `house`."""
    entered = service_house.enter(furnished_service, tmp_path)
    yield entered
    entered.runtime.database.dispose()
