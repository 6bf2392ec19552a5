"""Put an installation together: settings, handlers, database, schema."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

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


def migrate(runtime: Runtime) -> None:
    """Bring the database's schema to this release: the engine's own and that of every handlers package."""
    from alembic import command  # a process that only asks whether the schema is current does without

    config = _config(runtime)
    with runtime.database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")


def schema_is_current(runtime: Runtime) -> bool:
    """Whether the database's schema is this release's."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    wanted = runtime.cache.get("schema")
    if wanted is None:
        wanted = runtime.cache["schema"] = frozenset(ScriptDirectory.from_config(_config(runtime)).get_heads())
    with runtime.reading() as session:
        return frozenset(MigrationContext.configure(session.connection()).get_current_heads()) == wanted


def _config(runtime: Runtime) -> Config:
    from alembic.config import Config

    places = [str(MIGRATIONS / "versions")]
    for name in runtime.settings.handlers:
        found = getattr(importlib.import_module(name), "MIGRATIONS", None)
        if found is not None:
            places.append(str(Path(found) / "versions" if (Path(found) / "versions").is_dir() else found))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", " ".join(places))
    config.set_main_option("path_separator", "space")
    return config
