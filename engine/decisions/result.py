"""What an evaluation gives back, and what it carries while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from engine.feel import Moment, Notice
from engine.feel.reasons import MAX_NOTICES

MAX_CALLS: Final = 200_000
"""Function calls (knowledge models, boxed functions and loops) of one evaluation before it ends as null: a few
seconds of work, so that a mistake does not hold a worker for ever.
"""

Value: TypeAlias = Any
"""A FEEL value (engine.feel.values)."""


@dataclass(frozen=True, slots=True)
class FiredRule:
    """A rule that matched: in which decision (or business knowledge model) and table, as row number from 1
    and id, with the row's annotations and the outputs it gave (column → value).
    """

    decision: str
    table: str
    rule: int
    rule_id: str
    annotations: tuple[str, ...]
    outputs: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """The value of one decision and how it came about.

    `inputs` are the inputs as they were used; `decisions` the values of the required decisions by name;
    `warnings` say why something is null (str in English, `.text("zh")` in Chinese where it is a Notice);
    `model_hash` is the SHA-256 of the model's text, so that a stored result names what produced it.
    """

    decision_id: str
    decision: str
    value: Value
    fired: tuple[FiredRule, ...]
    warnings: tuple[str, ...]
    inputs: Mapping[str, Value]
    decisions: Mapping[str, Value]
    model: str
    model_hash: str


@dataclass(slots=True)
class Run:
    """One evaluation under way: the moment, and the rules that fired so far."""

    at: Moment
    fired: list[FiredRule] = field(default_factory=list)
    calls: int = 0

    def exhausted(self) -> bool:
        """Counts one function call; true, with a reason once, when there have been too many."""
        self.calls += 1
        if self.calls == MAX_CALLS:
            en, zh = f"stopped after {MAX_CALLS:,} function calls", f"函数调用超过 {MAX_CALLS:,} 次，已停止"
            self.at.warnings.append(Notice.of(en, zh))
        return self.calls >= MAX_CALLS

    def warn(self, en: str, zh: str) -> None:
        """Notes why a value is null; past MAX_NOTICES nothing more is kept."""
        if len(self.at.warnings) < MAX_NOTICES:
            self.at.warnings.append(Notice.of(en, zh))


Scope: TypeAlias = Mapping[str, Value]
Logic: TypeAlias = Callable[[Scope, Run], Value]
"""Compiled logic of one boxed expression: names in scope and the run in, value out."""


def nothing(scope: Scope, run: Run) -> Value:
    """The logic of an empty box: null."""
    return None
