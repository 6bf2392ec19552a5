"""Every writing of the book goes through here. Law: a changed field leaves its line in the log and its
provenance.

`Stamp` says who writes, when, and where the values are from. A value equal to what stands is no change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.ids import new_id
from engine.store import upsert
from handlers.records.tables import change_log, metadata, provenance, work_done

FIELD_BY_FIELD = frozenset({"party", "contact", "project", "ownership_edge", "financial_statement"})
"""Of these every value given has its origin from the start; other rows are logged from their first change on: what
they began as stands in themselves, with who wrote them."""

_UNTRACKED = frozenset({"id", "created_at", "created_by", "name_key", "merged_into"})


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes, when (aware), and the source of the values (`web_form`, `import`, `provider:registry`…)."""

    at: datetime
    by: str
    source: str
    raw_sha256: str | None = None
    """Of the provider's answer, when one is the source."""
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the present value of a field is from, and who verified it."""

    field: str
    source: str
    at: datetime
    by: str
    raw_sha256: str | None
    verifier: str | None
    verified_at: datetime | None
    evidence: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log."""

    subject: str
    subject_id: int
    field: str
    before: Any
    after: Any
    at: datetime
    by: str
    why: str | None


def insert(session: Session, table: sa.Table, values: Mapping[str, Any], stamp: Stamp) -> int:
    """A new row with an id of its own, logged field by field where origins are kept. Returns the id."""
    row_id = new_id()
    session.execute(table.insert().values(id=row_id, **values))
    if table.name in FIELD_BY_FIELD:
        given = {field: (None, value) for field, value in values.items() if value is not None}
        _log(session, table.name, row_id, given, stamp)
    return row_id


def update(
    session: Session, table: sa.Table, row_id: int, values: Mapping[str, Any], stamp: Stamp, *, learned: bool = True
) -> Mapping[str, tuple[Any, Any]]:
    """Write the fields that differ; returns field -> (before, after) of those.

    `learned=False`: the values were in the book already and only change their place; their origins are left to the
    caller (`copy_origins`, `put_origins`).
    """
    if not values:
        return {}
    columns = [table.c[field] for field in values]
    present = session.execute(sa.select(*columns).where(table.c.id == row_id)).mappings().one()
    changed = {field: (present[field], value) for field, value in values.items() if present[field] != value}
    if changed:
        session.execute(
            table.update().where(table.c.id == row_id).values({field: after for field, (_, after) in changed.items()})
        )
        _log(session, table.name, row_id, changed, stamp, learned=learned)
    return changed


def remove(session: Session, table: sa.Table, row_id: int, stamp: Stamp) -> None:
    """Take a row out of the book; what stood in it stays in the log."""
    row = session.execute(sa.select(table).where(table.c.id == row_id)).mappings().one()
    stood = {str(field): (value, None) for field, value in row.items() if value is not None}
    session.execute(table.delete().where(table.c.id == row_id))
    _log(session, table.name, row_id, stood, stamp, learned=False)
    put_origins(session, table.name, row_id, stood, ())


def note(session: Session, subject: str, subject_id: int, changed: Mapping[str, tuple[Any, Any]], stamp: Stamp) -> None:
    """Log changes of what stands outside the row's own columns (custom fields), with their source."""
    _log(session, subject, subject_id, changed, stamp)


def _log(
    session: Session,
    subject: str,
    subject_id: int,
    changed: Mapping[str, tuple[Any, Any]],
    stamp: Stamp,
    *,
    learned: bool = True,
) -> None:
    tracked = {field: change for field, change in changed.items() if field not in _UNTRACKED}
    if not tracked:
        return
    session.execute(
        change_log.insert(),
        [
            {
                "id": new_id(),
                "subject": subject,
                "subject_id": subject_id,
                "field": field,
                "before": before,
                "after": after,
                "at": stamp.at,
                "by": stamp.by,
                "why": stamp.why,
            }
            for field, (before, after) in tracked.items()
        ],
    )
    if not learned:
        return
    rows = [
        {
            "subject": subject,
            "subject_id": subject_id,
            "field": field,
            "source": stamp.source,
            "at": stamp.at,
            "by": stamp.by,
            "raw_sha256": stamp.raw_sha256,
            "verifier": None,
            "verified_at": None,
            "evidence": None,
        }
        for field in tracked
    ]
    _write_origins(session, rows)


def _write_origins(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    statement = upsert(session, provenance)
    replaced = ("source", "at", "by", "raw_sha256", "verifier", "verified_at", "evidence")
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[provenance.c.subject, provenance.c.subject_id, provenance.c.field],
            set_={name: statement.excluded[name] for name in replaced},
        ),
        rows,
    )


def copy_origins(session: Session, subject: str, giver: int, taker: int, fields: Iterable[str]) -> None:
    """The taker's fields are from where the giver's are, and as verified as those."""
    known = origins(session, subject, giver)
    put_origins(session, subject, taker, fields, [known[field] for field in fields if field in known])


def put_origins(session: Session, subject: str, subject_id: int, fields: Iterable[str], kept: Iterable[Origin]) -> None:
    """Make the origins of the fields named exactly those kept; a field without one has none then."""
    session.execute(
        provenance.delete().where(
            provenance.c.subject == subject,
            provenance.c.subject_id == subject_id,
            provenance.c.field.in_(list(fields)),
        )
    )
    rows = [{"subject": subject, "subject_id": subject_id} | asdict(one) for one in kept]
    _write_origins(session, rows)


def verify(
    session: Session,
    subject: str,
    subject_id: int,
    stamp: Stamp,
    evidence: str | None = None,
    fields: Iterable[str] | None = None,
) -> int:
    """Mark present values (all, when no fields are named) as verified by `stamp.by`; returns how many there were."""
    chosen = [provenance.c.subject == subject, provenance.c.subject_id == subject_id]
    if fields is not None:
        chosen.append(provenance.c.field.in_(list(fields)))
    done = session.execute(
        provenance.update()
        .where(*chosen)
        .values(verifier=stamp.by, verified_at=stamp.at, evidence=evidence)
        .returning(provenance.c.field)
    )
    return len(done.all())


def origins(session: Session, subject: str, subject_id: int) -> Mapping[str, Origin]:
    """Field -> where its present value is from."""
    rows = session.execute(
        sa.select(*(provenance.c[name] for name in Origin.__dataclass_fields__)).where(
            provenance.c.subject == subject, provenance.c.subject_id == subject_id
        )
    ).mappings()
    return {row["field"]: Origin(**row) for row in rows}


def log_of(session: Session, subject: str, subject_id: int, limit: int = 200) -> tuple[Change, ...]:
    """The latest changes of one row, newest first."""
    rows = session.execute(
        sa.select(*(change_log.c[name] for name in Change.__dataclass_fields__))
        .where(change_log.c.subject == subject, change_log.c.subject_id == subject_id)
        .order_by(change_log.c.at.desc(), change_log.c.id.desc())
        .limit(limit)
    ).mappings()
    return tuple(Change(**row) for row in rows)


def once(
    session: Session, job_key: str, topic: str, now: datetime, work: Callable[[], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Do `work` once for a job key: the second call gives the first's result and writes nothing.

    The key's row and the work's rows belong to one unit of work, so that a rollback forgets both. An empty
    key (a trial run outside any process) is not remembered.
    """
    if not job_key:
        return work()
    found = session.execute(sa.select(work_done.c.result).where(work_done.c.job_key == job_key)).scalar()
    if found is not None:
        result: Mapping[str, Any] = found
        return result
    fresh = work()
    session.execute(work_done.insert().values(job_key=job_key, topic=topic, at=now, result=dict(fresh)))
    return fresh


def table(name: str) -> sa.Table:
    """A table of the book by name."""
    return metadata.tables[name]
