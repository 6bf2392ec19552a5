"""Put an installation together: settings, handlers, database, schema."""

from __future__ import annotations

import functools
import gc
import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine import registry
from engine.clock import Clock
from engine.execution import Runtime, make_runtime
from engine.settings import Settings
from engine.store import MIGRATIONS

if TYPE_CHECKING:
    from alembic.config import Config


def open_engine(settings: Settings, clock: Clock | None = None) -> Runtime:
    """Load the handlers that the settings name and open the database."""
    return make_runtime(settings, registry.load(settings.handlers), clock)


def steady() -> None:
    """For a process that goes on, once it has what it needs: all of that is no longer searched for garbage, and what
    comes later is seldom (a tenth of a step's processor time)."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def migrate(runtime: Runtime) -> None:
    """Bring the database's schema to this release: the engine's own and that of every handlers package."""
    if schema_is_current(runtime):
        return
    from alembic import command  # most starts find nothing to do, and do without

    config = _config(runtime)
    with runtime.database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")


def schema_is_current(runtime: Runtime) -> bool:
    """Whether the database's schema is this release's."""
    wanted = _heads(tuple(_places(runtime)))
    with runtime.reading() as session:
        if not sa.inspect(session.connection()).has_table(_VERSIONS.name):
            return False
        return frozenset(session.scalars(sa.select(_VERSIONS.c.version_num))) == wanted


_VERSIONS = sa.table("alembic_version", sa.column("version_num", sa.String))
_REVISION = re.compile(r"^(down_revision|revision)\b[^=\n]*=(.*)$", re.MULTILINE)
_QUOTED = re.compile(r"""["']([^"']+)["']""")


@functools.cache
def _heads(places: tuple[Path, ...]) -> frozenset[str]:
    """The revisions that no other follows, as their files say: Alembic would import them all, and itself. Read once a
    process: a release does not change under it."""
    known, followed = set[str](), set[str]()
    for place in places:
        for file in place.glob("*.py"):
            for name, value in _REVISION.findall(file.read_text(encoding="utf-8")):
                (known if name == "revision" else followed).update(_QUOTED.findall(value))
    return frozenset(known - followed)


def _places(runtime: Runtime) -> list[Path]:
    """Folders with migrations: the engine's own, and that of every handlers package that has one."""
    places = [MIGRATIONS / "versions"]
    for name in runtime.settings.handlers:
        found = getattr(importlib.import_module(name), "MIGRATIONS", None)
        if found is not None:
            places.append(Path(found) / "versions" if (Path(found) / "versions").is_dir() else Path(found))
    return places


def _config(runtime: Runtime) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", " ".join(map(str, _places(runtime))))
    config.set_main_option("path_separator", "space")
    return config
