"""Leads worth a call as a page shows them: ranked now, by the closed cases and the weights of the deployed table.

Law: reads only; the same reckoning as the process `high_potential`, so that page and task agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers import prospecting
from handlers.prospecting import Learned

DECISION = "high_potential_weights"
"""The table of weights, by feature; its input is `sample`."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Leads best first, `considered`: how many there were before the list was cut or narrowed."""

    rows: tuple[Mapping[str, Any], ...]
    considered: int
    owners: tuple[str, ...]


def learned(session: Session) -> Learned:
    """What closed cases tell now."""
    return prospecting.learned(session)


def ranking(
    session: Session,
    known: Learned,
    weights: Sequence[Mapping[str, Any]],
    now: datetime,
    owner: str = "",
    most: int = 50,
) -> Ranking:
    """The leads in the order in which a call is worth most, of one owner when named; their rank is that among all.
    Nothing while too few cases are closed."""
    if not known.features:
        return Ranking((), 0, ())
    rows = prospecting.in_order(known.features, weights, list(prospecting.leads_of(session, now)))
    owners = sorted({str(row["owner"]) for row in rows if row["owner"]})
    chosen = [row for row in rows if not owner or row["owner"] == owner]
    return Ranking(tuple(chosen[:most]), len(rows), tuple(owners))
