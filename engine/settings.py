"""Settings: read once, typed, refused when unusable. Environment `DEALFLOW_<NAME>` or a `dealflow.toml` beside it.

Law: at most thirty-two names; each is documented here and in docs/operations.md. What is refused is said in our own
words (`engine.refused_settings`): the setting, its value unless secret, where it came from, what is allowed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from holidays.registry import EntityLoader
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from engine import refused_settings
from engine.errors import SettingsInvalid

FILE = "dealflow.toml"


class Settings(BaseSettings):
    """What an installation may choose."""

    model_config = SettingsConfigDict(env_prefix="DEALFLOW_", toml_file=FILE, extra="forbid", frozen=True)

    database_url: str = Field("sqlite:///var/dealflow.db", description="SQLite file or postgresql:// address.")
    secret_key: str = Field("", description="Signs sessions and links; empty: made and kept in var/secret.")
    data_dir: Path = Field(Path("var"), description="Where the database, secret and uploads stand by default.")
    files_url: str = Field("", description="Where documents lie (an address for fsspec); empty: data_dir/files.")
    bpmn_dir: Path = Field(Path("bpmn"), description="Folder of process packages.")
    handlers: Annotated[tuple[str, ...], NoDecode] = Field(
        ("handlers",), description="Packages loaded for their @handles functions; several with commas between."
    )
    zone: str = Field("Asia/Shanghai", description="Business time zone (IANA name).")
    country: str = Field("CN", description="National holidays (ISO 3166).")
    language: str = Field("zh", pattern="^(zh|en)$", description="Default language of texts: zh or en.")
    host: str = Field("127.0.0.1", description="Address to serve on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to serve on.")
    base_url: str = Field("", description="Address in links that leave by mail; empty: http://host:port.")
    smtp_url: str = Field("", description="smtp://user:password@host:port; empty: mail waits in the outbox.")
    mail_per_minute: int = Field(0, ge=0, description="Most mails a minute, over all processes; 0: no limit.")
    mail_hold_hours: int = Field(
        24, ge=1, description="Mail that waited longer before its channel was switched on is held for your word."
    )
    mail_from: str = Field("Dealflow <dealflow@example.com>", description="Sender of mails.")
    watch: bool = Field(False, description="Deploy a saved file of bpmn_dir by itself.")
    embedded_worker: bool = Field(True, description="Run timers, jobs and mail inside `dealflow serve`.")
    sweep_seconds: float = Field(1.0, gt=0, description="How often due timers, jobs and mail are looked for.")
    health_port: int = Field(0, ge=0, le=65535, description="Port for health and metrics beside the pages; 0: none.")
    concurrency: int = Field(8, ge=1, le=200, description="How many handlers a process runs at once.")
    stop_seconds: float = Field(10.0, ge=0, description="How long running handlers may take to end at a stop.")
    lease_seconds: float = Field(30.0, gt=0, description="How long a worker may be silent before its job is taken.")
    message_ttl_days: int = Field(30, ge=1, description="How long a message nobody awaits is kept.")
    clock_offset: str = Field("PT0S", description="Demonstration: moves the clock, e.g. P3D or PT2H.")
    log_format: str = Field("console", pattern="^(console|json)$", description="console or json.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level logged.")
    max_model_bytes: int = Field(10_000_000, ge=1000, description="Largest model file accepted.")
    max_upload_bytes: int = Field(20_000_000, ge=1000, description="Largest upload accepted.")
    session_minutes: int = Field(600, ge=1, description="How long a sign-in lasts without a page opened or sent.")
    secure_cookies: bool = Field(False, description="Set behind HTTPS: cookies travel encrypted only.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("handlers", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """From the environment: names with commas between, or a JSON list."""
        if not isinstance(value, str):
            return value
        return json.loads(value) if value.lstrip().startswith("[") else [one.strip() for one in value.split(",")]

    @field_validator("handlers")
    @classmethod
    def _there(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            try:
                found = importlib.util.find_spec(name)
            except (ImportError, ValueError) as error:
                raise ValueError(name) from error
            if found is None:
                raise ValueError(name)
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(value) from error
        return value

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        if value not in EntityLoader.get_country_codes():  # the same list from `holidays` imports every country
            raise ValueError(value)
        return value

    @field_validator("clock_offset")
    @classmethod
    def _readable_offset(cls, value: str) -> str:
        parse_offset(value)
        return value

    @field_validator("database_url", "smtp_url", "base_url")
    @classmethod
    def _address(cls, value: str, info: Any) -> str:
        """An address whose scheme we speak, with a port that is a number."""
        if not value and info.field_name != "database_url":
            return value
        found = urlsplit(value)
        if found.scheme not in _SCHEMES[info.field_name] or (found.port is not None and not found.hostname):
            raise ValueError(value)
        if info.field_name != "database_url" and not found.hostname:
            raise ValueError(value)
        return value

    @property
    def tzinfo(self) -> ZoneInfo:
        """The business zone."""
        return ZoneInfo(self.zone)


_SCHEMES: Mapping[str, tuple[str, ...]] = {
    "database_url": ("sqlite", "postgresql", "postgresql+psycopg", "postgres"),
    "smtp_url": ("smtp", "smtps"),
    "base_url": ("http", "https"),
}
_OFFSET = re.compile(r"^(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")


def parse_offset(text: str) -> timedelta:
    """`P3DT2H`-like text (optionally with a leading minus) as a timedelta. ValueError when it cannot be read."""
    found = _OFFSET.match(text)
    if found is None or text in ("P", "-P"):
        raise ValueError(f"not a duration such as P3D or PT2H: {text}")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if found[1] else span


def secret(settings: Settings) -> str:
    """The key that signs sessions and links: as set, else the one kept in data_dir/secret, made when missing."""
    if settings.secret_key:
        return settings.secret_key
    kept = settings.data_dir / "secret"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with open(kept, "x", encoding="ascii", opener=_private) as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return kept.read_text(encoding="ascii").strip()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


OTHER_NAMES = frozenset({"DEALFLOW_CHROMIUM", "DEALFLOW_CRASH_AT"})
"""Environment names that are ours but no setting."""


def load(**overrides: object) -> Settings:
    """Settings of this installation. SettingsInvalid names the first unusable or unknown one.

    Without a `base_url` of its own the installation is reached where it is served.
    """
    refused_settings.unknown_names(os.environ, Settings.model_fields, OTHER_NAMES)
    written = _written()
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise refused_settings.said(error, Settings.model_fields, overrides, os.environ, written, FILE) from error
    if settings.base_url:
        return settings
    return settings.model_copy(update={"base_url": f"http://{settings.host}:{settings.port}"})


def _written() -> Mapping[str, Any]:
    """What stands in the settings' file, if there is one. SettingsInvalid when it cannot be read."""
    try:
        return tomllib.loads(Path(FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise refused_settings.unreadable_file(FILE, error) from error


def chosen_language() -> str | None:
    """`zh` or `en` where the environment or the file says so in as many words, whatever else is wrong with them."""
    try:
        told = os.environ.get("DEALFLOW_LANGUAGE") or _written().get("language")
    except SettingsInvalid:
        return None
    return told if told in ("zh", "en") else None
