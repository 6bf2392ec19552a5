"""What needs a person. Law: an incident is a row until somebody resolves it; nothing fails silently."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.ids import new_id
from engine.log import logger
from engine.store import tables as t

log = logger("incidents")


def raise_incident(
    session: Session,
    kind: str,
    element: str,
    code: str,
    texts: tuple[str, str],
    *,
    instance_id: int | None = None,
    wait: int | None = None,
    job_id: int | None = None,
    stack: str | None = None,
) -> int:
    """Write an incident; `kind` is model, job, message, timer, reminder or mail. Returns its id.

    texts: what happened, in English and in Chinese (`errors.both` gives them for an error).
    """
    id = new_id()
    session.execute(
        sa.insert(t.incident).values(
            id=id,
            instance_id=instance_id,
            wait=wait,
            job_id=job_id,
            element=element,
            kind=kind,
            code=code,
            text=texts[0],
            text_zh=texts[1],
            stack=stack,
            at=runtime_of(session).now(),
        )
    )
    log.warning("incident_raised", incident=id, kind=kind, element=element, code=code, text=texts[0])
    return id


def resolve(session: Session, by: str, *, instance_id: int, waits: Sequence[int]) -> None:
    """What stood at the waits is gone (retried, done or cancelled): its incidents are resolved."""
    session.execute(
        _RESOLVE, {"case": instance_id, "places": list(waits), "moment": runtime_of(session).now(), "who": by}
    )


_RESOLVE = (
    sa.update(t.incident)
    .where(
        t.incident.c.instance_id == sa.bindparam("case"),
        t.incident.c.wait.in_(sa.bindparam("places", expanding=True)),
        t.incident.c.resolved_at.is_(None),
    )
    .values(resolved_at=sa.bindparam("moment"), resolved_by=sa.bindparam("who"))
)
