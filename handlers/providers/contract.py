"""What every outside source answers like. Law: an answer says where and when it is from, with the hash of what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class ProviderDown(Exception):
    """The source does not answer, or not in a way that can be read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said. `raw_sha256` is of the answer as it came, for the provenance of every value taken from it."""

    provider: str
    fetched_at: datetime
    raw_sha256: str
    content: Any


class Provider(Protocol):
    """The three questions that intake asks."""

    def company(self, reg_no: str, now: datetime) -> Answer:
        """The registry's entry: content {legal_name, legal_rep, …}, or None when there is none."""

    def listed(self, now: datetime) -> Answer:
        """The sanctions lists: content [{list, names, kind}], and version as `provider` tells."""

    def credit(self, reg_no: str, authorisation: str, now: datetime) -> Answer:
        """The bureau's report: content {overdue, guarantees, defaults, litigation}, or None when there is none."""
