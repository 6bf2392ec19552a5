"""How the command speaks: the installation's language where settings can be read, else the terminal's."""

from __future__ import annotations

import os
from collections.abc import Sequence

from engine.errors import DealflowError, Fault
from engine.settings import Settings, load


def language() -> str:
    """`zh` or `en`."""
    try:
        return load().language
    except DealflowError:
        return "zh" if os.environ.get("LANG", "").startswith("zh") else "en"


def faults(folder: str, found: Sequence[Fault], tongue: str | None = None) -> str:
    """Faults as lines: file, line, element, rule, and the way out."""
    tongue = tongue or language()
    lines = []
    for fault in found:
        place = "/".join(part for part in (folder, fault.file) if part) or "?"
        where = f"{place}:{fault.line}" if fault.line else place
        lines.append(f"  {where}  {fault.element or '-'}  [{fault.rule}]\n      {fault.text(tongue)}")
    return "\n".join(lines)


def words(settings: Settings, zh: str, en: str) -> str:
    """One of the two, in the installation's language."""
    return zh if settings.language == "zh" else en
