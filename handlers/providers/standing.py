"""How the outside sources stand: where each one's answers are from, and whether it answers now. Law: a trial asks about
nobody; a bureau's report is pulled with a client's authorisation alone (`handlers.screening`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.settings import Settings
from handlers.providers import Answer, Provider, ProviderDown, provider
from handlers.providers.files import SHIPPED

NOBODY = "00000000-0"
"""A registration number that nobody has."""
QUESTIONS: Mapping[str, Callable[[Provider, datetime], Answer]] = {
    "registry": lambda asked, now: asked.company(NOBODY, now),
    "sanctions": lambda asked, now: asked.listed(now),
    "bureau": lambda asked, now: asked.credit(NOBODY, "trial", now),
}
"""Source -> the question that shows whether it answers."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source. `own`: the house's, else the invented ones that ship; `changed_at`: when its files changed last, in
    UTC (None: there are none, so it counts as down)."""

    name: str
    own: bool
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a source said when it was asked: `told` is the provider's name and version, or why it is down; `entries` the
    number of entries of lists."""

    name: str
    up: bool
    told: str
    entries: int | None = None


def sources(settings: Settings) -> tuple[Source, ...]:
    """The three sources of an installation."""
    own = settings.data_dir / "providers"
    folder = own if own.is_dir() else SHIPPED
    return tuple(Source(name, folder is own, _changed(folder, name)) for name in QUESTIONS)


def _changed(folder: Path, name: str) -> datetime | None:
    lists = folder / name
    files = [one for one in lists.iterdir() if one.is_file()] if lists.is_dir() else [folder / f"{name}.json"]
    times = [one.stat().st_mtime for one in files if one.exists()]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def ask(settings: Settings, name: str, now: datetime) -> Trial:
    """Ask a source now. KeyError for a name that is none of `QUESTIONS`."""
    question = QUESTIONS[name]
    try:
        answer = question(provider(settings), now)
    except ProviderDown as down:
        return Trial(name, False, str(down))
    return Trial(name, True, answer.provider, len(answer.content) if isinstance(answer.content, list) else None)
