"""The page of formulas names what is computed, and nothing else."""

import pkgutil
import re

from engine.registry import load
from handlers import finance
from handlers.vectors import KINDS
from tests.paths import ROOT

PAGE = (ROOT / "docs/domain.md").read_text(encoding="utf-8")
HELD = {"exact"}
"""How numbers are held, which the page's first part tells."""


def kinds() -> set[str]:
    rows = [
        line.rstrip("| ").rsplit("|", 1)[-1]
        for line in PAGE.split("## Topics")[0].splitlines()
        if line.startswith("| ")
    ]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_every_kind_of_worked_example_has_its_formula() -> None:
    assert kinds() == set(KINDS)


def test_every_subject_of_the_room_is_told() -> None:
    modules = {one.name for one in pkgutil.iter_modules(finance.__path__)} - HELD
    assert [name for name in sorted(modules) if f"`{name}`" not in PAGE] == []


def test_every_topic_that_is_told_has_its_handler() -> None:
    topics = set(re.findall(r"`(\w+\.\w+)`", PAGE.split("## Topics")[1])) - set(re.findall(r"`(\w+/\w+\.py)`", PAGE))
    assert topics and topics <= load(["handlers"]).topics
