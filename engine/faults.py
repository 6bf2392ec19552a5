"""The last refused save of every folder. Law: kept until a good deployment of the folder clears it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import Fault
from engine.execution import runtime_of
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class DeployFault:
    """One fault of the last refused deployment of a folder."""

    folder: str
    at: datetime
    fault: Fault


def keep(session: Session, folder: str, faults: Sequence[Fault]) -> None:
    """Replace what is known of a folder's last refused deployment; nothing given clears it."""
    session.execute(sa.delete(t.refused).where(t.refused.c.folder == folder))
    if faults:
        now = runtime_of(session).now()
        session.execute(sa.insert(t.refused).values(folder=folder, at=now, faults=[asdict(fault) for fault in faults]))


def last(session: Session) -> list[DeployFault]:
    """The faults of every folder whose newest save was refused."""
    rows = session.execute(sa.select(t.refused).order_by(t.refused.c.at.desc()))
    return [DeployFault(row.folder, row.at, Fault(**fault)) for row in rows for fault in row.faults]
