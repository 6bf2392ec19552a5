"""Outside sources: company registry, sanctions lists, credit bureau. Law: one small interface, whoever answers.

A provider gives an `Answer` or raises ProviderDown; it knows nothing of processes or the book. Which one answers is
decided in `provider()`: the files of the data folder (`<data_dir>/providers/*.json`), else the demonstration files
that ship here. A contract with a real service adds a module of the same shape and a line there.
"""

from engine.settings import Settings
from handlers.providers.contract import Answer, Provider, ProviderDown
from handlers.providers.files import SHIPPED, Files

__all__ = ["Answer", "Provider", "ProviderDown", "provider"]


def provider(settings: Settings) -> Provider:
    """The provider of this installation."""
    own = settings.data_dir / "providers"
    return Files(own if own.is_dir() else SHIPPED)
