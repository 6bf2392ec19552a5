"""What each room of pages puts into the furnished house. Law: a room knows its own pages only.

A module here has `furnish(shown) -> dict[str, str]`: it brings about what its pages need to have something true to show
(through the functions that the product itself uses) and returns the name and the address of each page.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.gallery import Gallery


def all_rooms() -> list[Callable[[Gallery], dict[str, str]]]:
    """The `furnish` of every module beside this one, by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}").furnish for name in names]
