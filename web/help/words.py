"""The words of the field with what they mean, and what the tours say, in both languages (`words.json`). The words are
those of docs/glossary.md; here they are told to people who work with them for the first time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Word:
    """A term of the page's language with its meaning; `other` is the same term in the other language."""

    term: str
    other: str
    meaning: str


@cache
def _said() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))
    return found


def by_name(chinese: bool) -> list[Word]:
    """All words in a language, in the order of a working day."""
    own, other = ("zh", "en") if chinese else ("en", "zh")
    return [Word(one[own], one[other], one[f"means_{own}"]) for one in _said()["words"]]


def tour(name: str, chinese: bool) -> list[dict[str, str]]:
    """The steps of a tour: `on` is what a step points at, as a selector of the page."""
    own = "zh" if chinese else "en"
    return [
        {"on": one["on"], "title": one[f"title_{own}"], "text": one[f"text_{own}"]} for one in _said()["tours"][name]
    ]
