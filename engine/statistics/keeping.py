"""The figures kept up with the history. Law: read and folded beside the work, written in a short unit of its own.

A pass looks through history from where the last one stood (and ten minutes before: a unit of work that began earlier
may have been committed since), finds cases with rows beyond their cursor and folds those, a few thousand rows at a
time. What was folded is written only if nobody else wrote figures meanwhile (`mark.number`); else it is thrown away
and folded again. So any number of processes may do it, as often as they like, and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import Runtime, runtime_of
from engine.log import logger
from engine.statistics import facts
from engine.statistics.fold import Case, Figures, Step, Tally, fold, merged
from engine.statistics.spread import packed, unpacked
from engine.store import figures as f
from engine.store import tables as t
from engine.store import upsert

log = logger("statistics")
OVERLAP = timedelta(minutes=10)
"""How far a pass looks back behind the one before it, for rows that were committed late."""
FOUND, ROWS = 500, 5000
"""Rows by which cases are found, and rows folded at most, in one batch."""
MOST = 200_000
"""Rows in one pass: after a long stop, the next pass goes on."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """How often the figures were written, and up to when history was looked through."""

    number: int = 0
    until: datetime | None = None


@dataclass(slots=True)
class Batch:
    """What one reading gave: figures, how far each case is now, and from where to look on."""

    figures: Figures = field(default_factory=dict)
    cursors: dict[int, tuple[int, dict[str, Any] | None]] = field(default_factory=dict)
    position: datetime | None = None
    """None: nothing further was found."""
    rows: int = 0


def mark(session: Session) -> Mark:
    """Where the figures stand."""
    row = session.execute(sa.select(f.mark.c.number, f.mark.c.until).where(f.mark.c.id == _MARK)).first()
    return Mark(row.number, row.until) if row is not None else Mark()


# ── the pass ───────────────────────────────────────────────────────────────────────────────────────────────────


def keep_up(runtime: Runtime, most: int = MOST) -> int:
    """Fold all that is in the history and not in the figures; at most about `most` rows. Returns how many."""
    began, done = runtime.now(), 0
    position = _since(runtime, began)
    while done < most:
        with runtime.reading() as session:
            known = mark(session)
            batch = _read(session, position)
        until = began if batch.position is None else None
        if not runtime.unit(partial(_write, batch=batch, known=known, until=until)):
            continue
        done += batch.rows
        if batch.position is None:
            break
        position = batch.position
    return done


def _since(runtime: Runtime, now: datetime) -> datetime:
    """Where a pass begins. A clock set back begins before its own time too."""
    with runtime.reading() as session:
        until = mark(session).until
    return _BEGINNING if until is None else min(until, now) - OVERLAP


def _read(session: Session, position: datetime) -> Batch:
    h, c = t.history.c, f.cursor.c
    beyond = h.seq > sa.func.coalesce(c.seq, 0)
    joined = sa.select(h.instance_id, h.at).outerjoin(f.cursor, c.instance_id == h.instance_id)
    found = session.execute(joined.where(h.at >= position, beyond).order_by(h.at).limit(FOUND)).all()
    batch = Batch()
    if not found:
        return batch
    ids = list(dict.fromkeys(row.instance_id for row in found))
    cases = facts.rows(session, ids)
    columns = sa.select(t.history).outerjoin(f.cursor, c.instance_id == h.instance_id)
    query = columns.where(h.instance_id.in_(ids), beyond).order_by(h.instance_id, h.seq).limit(ROWS + 1)
    steps: dict[int, list[Step]] = {}
    rows = list(session.execute(query))
    cut = rows.pop().instance_id if len(rows) > ROWS else None
    for row in rows:
        case = cases.get(row.instance_id)
        if case is None or row.seq <= case.version:
            steps.setdefault(row.instance_id, []).append(facts.step(row))
    batch.rows = sum(map(len, steps.values()))
    batch.position = found[-1].at if cut is None else found[0].at
    _fold(session, batch, cases, steps, cut)
    return batch


def _fold(
    session: Session, batch: Batch, cases: dict[int, facts.Row], steps: dict[int, list[Step]], cut: int | None
) -> None:
    """Fold the steps of some cases. `cut`: the case that has more."""
    cursors = facts.cursors(session, steps)
    begun: dict[int, Case] = {}
    for id in steps.keys() & cases.keys():
        _, document = cursors.get(id, (0, None))
        if document is not None:
            begun[id] = Case.of(document)
        else:
            begun[id] = facts.first_case(session, cases[id], steps[id], id != cut)
    waits = {(id, wait) for id, case in begun.items() for wait in facts.waits_of(steps[id]) | case.pauses.keys()}
    over, models = facts.tasks(session, waits), facts.Models(session)
    known_versions = facts.versions(session, {row.key for row in cases.values()})
    for id, rows in steps.items():
        case, row = begun.get(id), cases.get(id)
        if case is None or row is None:  # history whose case is gone tells nothing of its definition
            batch.cursors[id] = rows[-1].seq, None
            continue
        end = row.end if id != cut else None
        fold(case, rows, facts.world(session, models, row.key, known_versions, over.get(id, {})), batch.figures, end)
        batch.cursors[id] = rows[-1].seq, case.document() if end is None else None


def _write(session: Session, batch: Batch, known: Mark, until: datetime | None) -> bool:
    """Write a batch, unless somebody else has written since it was read. `until`: history was looked through so far."""
    if not _take(session, known):
        return False
    add(session, batch.figures, settled=False)
    rows = [{"instance_id": id, "seq": seq, "body": case} for id, (seq, case) in batch.cursors.items()]
    if rows:
        insert = upsert(session, f.cursor)
        changed = {name: insert.excluded[name] for name in ("seq", "body")}
        session.execute(insert.on_conflict_do_update(index_elements=["instance_id"], set_=changed), rows)
    reached = until or (
        batch.position if known.until is None or (batch.position or known.until) > known.until else None
    )
    if reached is not None:
        session.execute(sa.update(f.mark).where(f.mark.c.id == _MARK).values(until=reached))
    return True


def _take(session: Session, known: Mark) -> bool:
    """Hold the mark until the unit ends, if it still stands where it was read."""
    first = upsert(session, f.mark).values(id=_MARK, number=0).on_conflict_do_nothing(index_elements=["id"])
    session.execute(first)
    mine = sa.update(f.mark).where(f.mark.c.id == _MARK, f.mark.c.number == known.number)
    done: Any = session.execute(mine.values(number=f.mark.c.number + 1))
    return bool(done.rowcount == 1)


def _hold(session: Session) -> None:
    """Hold the mark, wherever it stands: what is being folded elsewhere is thrown away."""
    one = {"id": _MARK, "number": 1}
    insert = upsert(session, f.mark).values(one)
    session.execute(insert.on_conflict_do_update(index_elements=["id"], set_={"number": f.mark.c.number + 1}))


# ── rows of figures ────────────────────────────────────────────────────────────────────────────────────────────


def add(session: Session, figures: Figures, *, settled: bool, sign: int = 1) -> None:
    """Add figures to their rows or take them away; the mark is held. Rows that come to nothing go."""
    for name, gained in figures.items():
        table = f.FIGURES[name]
        for part in facts.chunks(gained):
            stored = _stored(session, table, part, settled)
            for key in part:
                stored.setdefault(key, Tally()).merge(gained[key], sign)
            _put(session, table, stored, settled)


def _stored(session: Session, table: sa.Table, keys: Sequence[Any], settled: bool) -> dict[Any, Tally]:
    names, wanted = f.keys(table), set(keys)
    near = (table.c[name].in_({key[n] for key in keys}) for n, name in enumerate(names))  # SQLite has no index for rows
    found: dict[Any, Tally] = {}
    for row in session.execute(sa.select(table).where(*near, table.c.settled == settled)).mappings():
        key = tuple(row[name] for name in names)
        if key not in wanted:
            continue
        own = Tally({name: row[name] for name in f.sums(table)})
        if "spread" in table.c:
            own.shortest, own.longest, own.spread = row["shortest"], row["longest"], unpacked(row["spread"])
        found[key] = own
    return found


def _put(session: Session, table: sa.Table, tallies: dict[Any, Tally], settled: bool) -> None:
    names, sums = f.keys(table), f.sums(table)
    rows, over = [], []
    for key, one in tallies.items():
        place = {**dict(zip(names, key, strict=True)), "settled": settled}
        if one.is_nothing():
            over.append({f"b_{name}": value for name, value in place.items()})
            continue
        row = {**place, **{name: one.sums.get(name, 0) for name in sums}}
        if "spread" in table.c:
            row |= {"shortest": one.shortest, "longest": one.longest, "spread": packed(one.spread) or None}
        rows.append(row)
    if rows:
        insert = upsert(session, table)
        changed = {name: insert.excluded[name] for name in rows[0] if name not in names and name != "settled"}
        session.execute(insert.on_conflict_do_update(index_elements=[*names, "settled"], set_=changed), rows)
    if over:
        exactly = (table.c[name] == sa.bindparam(f"b_{name}") for name in (*names, "settled"))
        session.connection().execute(sa.delete(table).where(*exactly), over)


# ── clean-up and rebuild ───────────────────────────────────────────────────────────────────────────────────────


def settle(session: Session, ids: Collection[int]) -> None:
    """The clean-up is about to take these ended cases: what they gave to the figures stays, whatever is rebuilt.

    Their whole history is folded once more; what the cursors had counted of it is taken from the live rows, all of it
    goes to the settled ones. Incidents and reminders, which are counted from their own rows, are put down here.
    """
    if not ids:
        return
    _hold(session)
    whole: Figures = {}
    counted: Figures = {}
    cases, cursors, models = facts.rows(session, ids), facts.cursors(session, ids), facts.Models(session)
    known = facts.versions(session, {row.key for row in cases.values()})
    for row in cases.values():
        h = t.history.c
        steps = [
            facts.step(one)
            for one in session.execute(sa.select(t.history).where(h.instance_id == row.id).order_by(h.seq))
        ]
        over = facts.tasks(session, {(row.id, wait) for wait in facts.waits_of(steps)})
        world = facts.world(session, models, row.key, known, over.get(row.id, {}))
        own: Figures = {}
        fold(facts.first_case(session, row, steps, True), steps, world, own, row.end)
        merged(whole, own)
        seq, document = cursors.get(row.id, (0, None))
        if seq and document is None:
            merged(counted, own)
        elif seq:
            seen = [one for one in steps if one.seq <= seq]
            fold(facts.first_case(session, row, steps, True), seen, world, counted)
    add(session, counted, settled=False, sign=-1)
    merged(whole, _incidents(session, cases.values()))
    merged(whole, _reminders(session, cases.values()))
    add(session, whole, settled=True)
    for chunk in facts.chunks(ids):
        session.execute(sa.delete(f.cursor).where(f.cursor.c.instance_id.in_(chunk)))


def _incidents(session: Session, cases: Iterable[facts.Row]) -> Figures:
    found: Figures = {}
    zone, of = runtime_of(session).zone, {row.id: row.definition_id for row in cases}
    i = t.incident.c
    for part in facts.chunks(of):
        for row in session.execute(sa.select(i.instance_id, i.element, i.at).where(i.instance_id.in_(part))):
            key = of[row.instance_id], row.element, row.at.astimezone(zone).date()
            found.setdefault("element", {}).setdefault(key, Tally()).add(incidents=1)
    return found


PUNCTUAL = timedelta(minutes=5)
"""A reminder is in time when it is sent within this of its plan."""


def _reminders(session: Session, cases: Iterable[facts.Row]) -> Figures:
    """Reminders whose moment came before their task was over, and those of them that were sent in time."""
    found: Figures = {}
    zone = runtime_of(session).zone
    r, u = t.reminder.c, t.user_task.c
    for part in facts.chunks(row.id for row in cases):
        query = sa.select(u.definition_id, r.due_at, r.sent_at).join(t.user_task, u.id == r.task_id)
        came = u.instance_id.in_(part), r.due_at <= u.completed_at
        for row in session.execute(query.where(*came)):
            key = row.definition_id, row.due_at.astimezone(zone).date()
            sent = row.sent_at is not None and row.sent_at - row.due_at <= PUNCTUAL
            found.setdefault("reminder", {}).setdefault(key, Tally()).add(planned=1, punctual=int(sent))
    return found


def look_back(session: Session, ids: Iterable[int], moment: datetime | None) -> None:
    """Cases came in that began elsewhere, long ago: the next pass begins before their first row of history."""
    for part in facts.chunks(ids):
        session.execute(sa.delete(f.cursor).where(f.cursor.c.instance_id.in_(part)))
    if moment is not None:
        _hold(session)
        later = sa.update(f.mark).where(f.mark.c.id == _MARK, f.mark.c.until > moment)
        session.execute(later.values(until=moment))


def rebuild(runtime: Runtime) -> int:
    """Throw away what is not settled and fold the whole history again. Returns the number of rows."""
    runtime.unit(_clear)
    log.info("statistics_cleared")
    return keep_up(runtime, most=2**62)


def _clear(session: Session) -> None:
    _hold(session)
    for table in f.FIGURES.values():
        session.execute(sa.delete(table).where(table.c.settled.is_(False)))
    session.execute(sa.delete(f.cursor))
    session.execute(sa.update(f.mark).where(f.mark.c.id == _MARK).values(until=None))
