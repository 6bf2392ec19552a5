"""The semantic rules: what a drawn process must be before it may run. Law: each rule is a small function in the table.

Rules look at a `Draft` and yield findings; the words are in `wording`, by rule id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from engine.errors import Fault
from engine.process.rules import activities, constants, events, features, flows, gateways, references, transactions
from engine.process.rules.catalogue import RULES, fault
from engine.process.rules.draft import Draft, Finding

Check = Callable[[Draft], Iterable[Finding]]

CHECKS: Final[tuple[Check, ...]] = (
    *flows.CHECKS,
    *gateways.CHECKS,
    *events.CHECKS,
    *transactions.CHECKS,
    *activities.CHECKS,
    *constants.CHECKS,
    *references.CHECKS,
    *features.CHECKS,
)


def check(draft: Draft, file: str) -> list[Fault]:
    """All findings of all rules on one process."""
    return [
        fault(finding.rule, finding.element, finding.line, file=file, **finding.fields)
        for rule in CHECKS
        for finding in rule(draft)
    ]


__all__ = ["CHECKS", "RULES", "check"]
