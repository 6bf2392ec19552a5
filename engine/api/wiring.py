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
from engine.errors import SettingsInvalid
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
    """Bring the database's schema to this release: the engine's own and that of every handlers package.

    Whoever comes while another process does it waits for that one. SettingsInvalid when a newer release was here.
    """
    if schema_is_current(runtime):
        return
    from alembic import command  # most starts find nothing to do, and do without

    config = _config(runtime)
    with runtime.database.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))
        if _stored(connection) == _wanted(runtime):
            return
        _refuse_newer(runtime, connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")


def schema_is_current(runtime: Runtime) -> bool:
    """Whether the database's schema is this release's."""
    with runtime.reading() as session:
        return _stored(session.connection()) == _wanted(runtime)


def require_schema(runtime: Runtime) -> None:
    """SettingsInvalid, with the way out, unless the database's schema is this release's."""
    with runtime.reading() as session:
        stored = _stored(session.connection())
        if stored == _wanted(runtime):
            return
        _refuse_newer(runtime, session.connection())
    raise SettingsInvalid(
        place="DEALFLOW_DATABASE_URL",
        reason=("the database has the tables of an older release" if stored else "the database has no tables yet")
        + ": run `dealflow deploy` (or `dealflow run`), which brings them up to date",
        reason_zh=("数据库中的表属于较早的版本" if stored else "数据库中尚无数据表")
        + "：请先运行 dealflow deploy（或 dealflow run）更新数据表",
    )


def _refuse_newer(runtime: Runtime, connection: sa.Connection) -> None:
    """SettingsInvalid when the database names revisions that this release does not have."""
    known, _ = _revisions(tuple(_places(runtime)))
    if unknown := _stored(connection) - known:
        names = ", ".join(sorted(unknown))
        raise SettingsInvalid(
            place="DEALFLOW_DATABASE_URL",
            reason=f"the database was brought up by a newer release ({names}): run that one, or restore the backup",
            reason_zh=f"数据库已由更新的版本升级（{names}）：请使用该版本，或恢复备份",
        )


def _stored(connection: sa.Connection) -> frozenset[str]:
    """The revisions that the database says it has; none when it is empty."""
    if not sa.inspect(connection).has_table(_VERSIONS.name):
        return frozenset()
    return frozenset(connection.scalars(sa.select(_VERSIONS.c.version_num)))


def _wanted(runtime: Runtime) -> frozenset[str]:
    return _heads(tuple(_places(runtime)))


_MIGRATING = 0x6465616C
"""The advisory lock of whoever changes the schema on PostgreSQL; SQLite has one writer anyway."""
_VERSIONS = sa.table("alembic_version", sa.column("version_num", sa.String))
_REVISION = re.compile(r"^(down_revision|revision)\b[^=\n]*=(.*)$", re.MULTILINE)
_QUOTED = re.compile(r"""["']([^"']+)["']""")


@functools.cache
def _revisions(places: tuple[Path, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """All revisions, and those that another follows, as their files say: Alembic would import them all, and itself.
    Read once a process: a release does not change under it."""
    known, followed = set[str](), set[str]()
    for place in places:
        for file in place.glob("*.py"):
            for name, value in _REVISION.findall(file.read_text(encoding="utf-8")):
                (known if name == "revision" else followed).update(_QUOTED.findall(value))
    return frozenset(known), frozenset(followed)


def _heads(places: tuple[Path, ...]) -> frozenset[str]:
    """The revisions that no other follows."""
    known, followed = _revisions(places)
    return known - followed


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
