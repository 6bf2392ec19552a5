"""What an evaluation gives back, and what it carries while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from engine.feel import Moment, Notice

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

    def warn(self, en: str, zh: str) -> None:
        """Notes why a value is null."""
        self.at.warnings.append(Notice.of(en, zh))


Scope: TypeAlias = Mapping[str, Value]
Logic: TypeAlias = Callable[[Scope, Run], Value]
"""Compiled logic of one boxed expression: names in scope and the run in, value out."""


def nothing(scope: Scope, run: Run) -> Value:
    """The logic of an empty box: null."""
    return None
