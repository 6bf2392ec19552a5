"""How the command speaks. Law: one language a run: the setting where it is made, else the terminal's, else Chinese.

Commands and texts are written in both languages; what click and argparse say by themselves is in `terminal.po`.
"""

from __future__ import annotations

import atexit
import gettext
import inspect
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from engine.errors import Fault
from engine.settings import chosen_language

CATALOGUE, DOMAIN = Path(__file__).parent / "terminal.po", "terminal"


def language() -> str:
    """`zh` or `en`: DEALFLOW_LANGUAGE or the file's `language`, then LC_ALL, LC_MESSAGES, LANG; Chinese by default."""
    chosen = chosen_language()
    if chosen is not None:
        return chosen
    locale = next((told for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (told := os.environ.get(name))), "")
    return "en" if locale.startswith("en") else "zh"


def words(zh: str, en: str) -> str:
    """One of the two, in the run's language."""
    return zh if language() == "zh" else en


def faults(folder: str, found: Sequence[Fault]) -> str:
    """Faults as lines: file, line, element, rule, and the way out."""
    tongue = language()
    lines = []
    for fault in found:
        place = "/".join(part for part in (folder, fault.file) if part) or "?"
        where = f"{place}:{fault.line}" if fault.line else place
        lines.append(f"  {where}  {fault.element or '-'}  [{fault.rule}]\n      {fault.text(tongue)}")
    return "\n".join(lines)


def teach_the_libraries() -> None:
    """Let click and argparse speak the run's language: both ask gettext for every text of theirs."""
    os.environ["LANGUAGE"] = language()
    if language() == "zh" and DOMAIN not in _folders:
        _folders[DOMAIN] = _compiled()
        gettext.bindtextdomain(DOMAIN, _folders[DOMAIN])
        gettext.textdomain(DOMAIN)


def translate(command: click.Command) -> None:
    """Put the help of a command, its options and its commands into the run's language."""
    english = _english.setdefault(id(command), inspect.cleandoc(command.help or ""))
    command.help = gettext.gettext(english) if english else None
    command.short_help = None
    for option in command.params:
        if isinstance(option, click.Option):
            written = _english.setdefault(id(option), option.help or "")
            option.help = gettext.gettext(written) if written else None
    command._help_option = None  # click keeps the one that it made first, in the language of that moment
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        translate(one)


_english: dict[int, str] = {}
"""Command or option -> its help as written."""
_folders: dict[str, str] = {}


def _compiled() -> str:
    """A folder with the catalogue as gettext reads it, gone when the command ends."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    folder = tempfile.mkdtemp(prefix="dealflow-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = Path(folder) / "zh" / "LC_MESSAGES" / f"{DOMAIN}.mo"
    target.parent.mkdir(parents=True)
    with CATALOGUE.open("rb") as text, target.open("wb") as binary:
        write_mo(binary, read_po(text, locale="zh"))
    return folder
