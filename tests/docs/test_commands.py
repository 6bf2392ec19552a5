"""Every `dealflow …` that a document shows is a command that exists, with the options it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from web.cli import commands

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    str(path.relative_to(ROOT))
    for folder in (ROOT, ROOT / "docs", ROOT / "docs/decisions", ROOT / "bpmn")
    for path in folder.glob("*.md")
)


def shown(page: str) -> Iterator[str]:
    """The command lines of a page, from its blocks and from within its sentences; comments are left out."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S):
        yield from re.findall(r"^(?:\.venv/bin/)?dealflow (.*?)(?: +#.*)?$", block, re.M)
    yield from re.findall(
        r"`(?:DEALFLOW_\w+=\S+ )*(?:\.venv/bin/)?dealflow ([^`]+)`", re.sub(r"(?ms)^```.*?^```", "", text)
    )


def unknown(line: str) -> list[str]:
    """Commands and options of a line that do not exist; `a | b` stands for either."""
    command: click.Command = commands
    said: list[str] = []
    words = line.replace("[", " ").replace("]", " ").replace("(", " ").replace(")", " ").split()
    options = {word.split("=")[0] for word in words if word.startswith("--")}
    words = [word for word in re.sub(r" *\| *(?:dealflow )?", "|", " ".join(words)).split() if not word.startswith("-")]
    while isinstance(command, click.Group) and words:
        names = words.pop(0).rstrip("….,;:").split("|")
        said += [name for name in names if name and name not in command.commands]
        known = [command.commands[name] for name in names if name in command.commands]
        if not known or known[0].context_settings.get(
            "ignore_unknown_options"
        ):  # `play` and `decide` read their options themselves
            return said
        if len(known) > 1 or not isinstance(known[0], click.Group):
            return said + [option for option in options if option not in options_of(known)]
        command = known[0]
    return said


def options_of(found: list[click.Command]) -> list[str]:
    return ["--help", *(name for one in found for param in one.params for name in [*param.opts, *param.secondary_opts])]


@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_can_be_typed(page: str) -> None:
    assert {line: wrong for line in shown(page) if (wrong := unknown(line))} == {}


def test_a_wrong_line_would_be_found() -> None:
    assert unknown("deploi bpmn/") == ["deploi"]
    assert unknown("deploy bpmn/ --dry-rum") == ["--dry-rum"]
    assert unknown("jobs retri --topic x") == ["retri"]
