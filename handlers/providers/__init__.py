"""Outside sources: company registry, sanctions lists, credit bureau. Law: one small interface, whoever answers.

A provider gives an `Answer` or raises ProviderDown; it knows nothing of processes or the book. Which one answers is
decided in `provider()`: the files of the data folder (`<data_dir>/providers/*.json`), else the demonstration files
that ship here. A contract with a real service adds a module of the same shape and a line there.
"""

from engine.settings import Settings
from handlers.providers.contract import Answer, Provider, ProviderDown
from handlers.providers.deadline import InTime
from handlers.providers.files import SHIPPED, Files

SECONDS = 10.0
"""How long a source may take; the largest published list is read in about three."""

__all__ = ["Answer", "Provider", "ProviderDown", "provider"]


def provider(settings: Settings) -> Provider:
    """The provider of this installation; it answers in time or counts as down."""
    own = settings.data_dir / "providers"
    return InTime(Files(own if own.is_dir() else SHIPPED), SECONDS)
