"""Financial covenants: status against three thresholds, headroom, and what cures a breach.

A minimum is breached below its threshold and kept at it; a maximum is breached above and kept at it. Thresholds in
the order default, lock-up, watch; watch begins within `watch_pct` of the lock-up (decision table `covenant_status`,
T13). A missing value is DATA_MISSING, never anything better. Comparison is of exact decimals: 1.05 keeps 1.05.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from handlers.finance.exact import HUNDRED, ONE, ZERO, inside, not_negative, positive, refused

Status = Literal["DEFAULT", "LOCK_UP", "WATCH", "COMPLIANT", "DATA_MISSING"]
Direction = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Levels of one covenant; `direction` says whether the metric must not fall below or not rise above them."""

    default: Decimal
    lock_up: Decimal
    watch_pct: Decimal
    direction: Direction = "min"

    def __post_init__(self) -> None:
        if self.direction not in ("min", "max"):
            raise refused("direction", f"min or max, not {self.direction}", f"须为 min 或 max：{self.direction}")
        positive(self.default, "default")
        not_negative(self.watch_pct, "watch_pct")
        stricter = self.lock_up >= self.default if self.direction == "min" else self.lock_up <= self.default
        if not stricter:
            raise refused(
                "lock_up",
                f"{self.lock_up} must not be laxer than the default level {self.default}",
                f"锁定线 {self.lock_up} 不得宽于违约线 {self.default}",
            )

    @property
    @inside
    def watch(self) -> Decimal:
        """Where the watch begins: lock-up × (1 ± watch_pct)."""
        return self.lock_up * (ONE + (self.watch_pct if self.direction == "min" else -self.watch_pct))


@inside
def status(actual: Decimal | None, levels: Thresholds) -> Status:
    """The first level that the value fails, from the worst on."""
    if actual is None or not actual.is_finite():
        return "DATA_MISSING"
    names: tuple[tuple[Decimal, Status], ...] = (
        (levels.default, "DEFAULT"),
        (levels.lock_up, "LOCK_UP"),
        (levels.watch, "WATCH"),
    )
    failed = operator.lt if levels.direction == "min" else operator.gt
    return next((name for level, name in names if failed(actual, level)), "COMPLIANT")


@inside
def headroom(actual: Decimal, threshold: Decimal, direction: Direction = "min") -> Decimal:
    """Distance to the threshold in per cent of it: (actual − min) ÷ min, (max − actual) ÷ max. Negative in breach.

    Unrounded; pages show two places (T14). InvalidInput for a threshold that is not above nought.
    """
    positive(threshold, "threshold")
    distance = actual - threshold if direction == "min" else threshold - actual
    return distance / threshold * HUNDRED


@inside
def tolerated_fall(actual: Decimal, threshold: Decimal = ONE) -> Decimal:
    """By how many per cent CFADS may fall until the DSCR is at `threshold`: 1 − threshold ÷ actual (T14). Unrounded."""
    return (ONE - threshold / positive(actual, "actual")) * HUNDRED


@dataclass(frozen=True, slots=True)
class Cure:
    """Either of the two brings the ratio back to its threshold; 0 when nothing is needed. Unrounded."""

    cash: Decimal
    debt_service_reduction: Decimal


@inside
def cure(cfads: Decimal, debt_service: Decimal, threshold: Decimal) -> Cure:
    """Equity cure counted as cash flow: threshold × service − CFADS; or less service: service − CFADS ÷ threshold
    (T15). InvalidInput for a threshold or a service that is not above nought."""
    positive(threshold, "threshold")
    positive(debt_service, "debt_service")
    return Cure(
        max(threshold * debt_service - cfads, ZERO),
        max(debt_service - max(cfads, ZERO) / threshold, ZERO),
    )
