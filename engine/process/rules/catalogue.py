"""Every rule by its stable id, in the words of a process owner, English and Chinese. Law: ids never change meaning.

Texts are format strings over the fields of the finding. `hint` says the way out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from engine.errors import Fault
from engine.process.rules.wording import TEXTS

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's texts and weight."""

    id: str
    severity: Severity
    en: str
    zh: str
    hint_en: str = ""
    hint_zh: str = ""


RULES: Final[dict[str, Rule]] = {key: Rule(key, *entry) for key, entry in TEXTS.items()}


class _Fields(dict[str, object]):
    def __missing__(self, key: str) -> object:
        """A Chinese fact that nobody gave is told in English."""
        return self.get(key.removesuffix("_zh"), "?")


def fault(rule: str, element: str | None, line: int | None, *, file: str = "", **fields: object) -> Fault:
    """The fault of that rule at that place, in both languages."""
    known = RULES[rule]
    facts = _Fields(fields)
    return Fault(
        rule=rule, element=element, line=line or None, file=file, severity=known.severity,
        en=known.en.format_map(facts), zh=known.zh.format_map(facts),
        hint_en=known.hint_en.format_map(facts), hint_zh=known.hint_zh.format_map(facts),
    )  # fmt: skip
