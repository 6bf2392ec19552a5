"""What an evaluation may know besides its variables: the moment, the zone, the host's functions, and where
to say why.

Evaluation never raises for a mistake in the expression's meaning: it yields null and appends a `Notice` to
`Moment.warnings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any


class Notice(str):
    """A warning: the English text, with the Chinese one from `text("zh")`."""

    __slots__ = ("zh",)
    zh: str

    @classmethod
    def of(cls, en: str, zh: str) -> Notice:
        """A notice from both texts."""
        notice = cls(en)
        notice.zh = zh
        return notice

    def text(self, language: str) -> str:
        """The text in "zh", or in English for any other language."""
        return self.zh if language == "zh" else str(self)


@dataclass(frozen=True, slots=True)
class Moment:
    """`now` (aware) and `zone` are what now() and today() answer; `functions` are pure functions of the
    host, called with positional FEEL values when a called name is neither in scope nor built in; `warnings`
    is filled in place."""

    now: datetime
    zone: tzinfo = UTC
    warnings: list[str] = field(default_factory=list)
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def local(self) -> datetime:
        """The moment in the business zone."""
        return self.now.astimezone(self.zone)
