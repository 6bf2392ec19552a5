"""Whether what is stored is what happened. Law: reads alone; names rows, in the order in which they were found.

Three looks, each over rows as they are stored, in constant memory:

1. every chain from its first row: each hash is computed again (`engine.history`, `engine.audit`);
2. every instance's own row against the end of its chain;
3. every seal: its hash, the seal before it, and that the rows whose hashes it holds still have them. What the
   clean-up took away is known by its place in `cleaned`, whose last hash must be the one that was sealed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, history, seals
from engine.store import tables as t

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that is not what was written. `table` and `row` (instance or subject, and number) say where."""

    table: str
    row: str
    en: str
    zh: str

    def text(self, language: str) -> str:
        """The finding in Chinese or English."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(slots=True)
class Verdict:
    """What was looked at, and what was found."""

    rows: int = 0
    chains: int = 0
    seals: int = 0
    broken: list[Broken] = field(default_factory=list)


def verify(session: Session, *, anchor: tuple[int, str] | None = None, most: int = 20) -> Verdict:
    """Look at everything; stop after `most` findings. `anchor`: number and hash of a seal as written down elsewhere."""
    verdict = Verdict()
    looks = itertools.chain(
        _history(session, verdict),
        _ends(session),
        _audit(session, verdict),
        _seals(session, verdict, anchor),
    )
    verdict.broken.extend(itertools.islice(looks, most))
    return verdict


# ── chains ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _raw(column: sa.Column[Any]) -> sa.Label[Any]:
    return sa.type_coerce(column, sa.LargeBinary).label(column.name)


def _history(session: Session, verdict: Verdict) -> Iterator[Broken]:
    c = t.history.c
    order = sa.select(c.instance_id, c.seq, c.at, c.actor, _raw(c.trigger), _raw(c.events), c.hash)
    rows = session.execute(order.order_by(c.instance_id, c.seq), execution_options={"yield_per": CHUNK}).mappings()
    decisions = _Decisions(session)
    for instance, chain in itertools.groupby(rows, itemgetter("instance_id")):
        verdict.chains += 1
        yield from _chain(instance, chain, decisions, verdict)


def _chain(instance: int, chain: Iterable[Any], decisions: _Decisions, verdict: Verdict) -> Iterator[Broken]:
    previous, linked = history.ORIGIN, False
    for row in chain:
        verdict.rows += 1
        parts = history.row_parts(row["seq"], row["at"], row["actor"], bytes(row["trigger"]), bytes(row["events"]))
        for decision in decisions.of(instance, row["seq"]):
            parts += history.decision_parts(*decision)
        stored = row["hash"]
        if stored is None and not linked:  # written before chains were
            continue
        if stored is None or bytes(stored) != history.linked(previous, parts):
            yield _row_broken("history", f"{instance}/{row['seq']}")
            return
        previous, linked = bytes(stored), True


def _row_broken(table: str, row: str) -> Broken:
    return Broken(
        table,
        row,
        f"{table} {row}: this row, or the one before it, was changed, removed or added afterwards",
        f"{table} {row}：该记录或其前一条被事后修改、删除或插入",
    )


class _Decisions:
    """The decision log in the order of the history, read along with it."""

    def __init__(self, session: Session) -> None:
        c = t.decision_log.c
        columns = [
            _raw(c[name]) if name in ("inputs", "output", "fired") else c[name] for name in history.DECISION_PARTS
        ]
        query = sa.select(c.instance_id, c.seq, *columns).where(c.seq.is_not(None), c.instance_id.is_not(None))
        rows = session.execute(query.order_by(c.instance_id, c.seq, c.id), execution_options={"yield_per": CHUNK})
        self.rows = iter(rows)
        self.ahead: Any = next(self.rows, None)

    def of(self, instance: int, seq: int) -> Iterator[tuple[Any, ...]]:
        """What was decided in one step. What has no step any more is passed over."""
        while self.ahead is not None and (self.ahead.instance_id, self.ahead.seq) <= (instance, seq):
            row, self.ahead = self.ahead, next(self.rows, None)
            if (row.instance_id, row.seq) == (instance, seq):
                element, decision, model_hash, inputs, output, fired = row[2:]
                yield element, decision, model_hash, bytes(inputs), bytes(output) if output else None, bytes(fired)


def _ends(session: Session) -> Iterator[Broken]:
    """Instances whose own row does not hold the end of their chain: the last rows were taken away."""
    h, i = t.history.c, t.instance.c
    last = sa.select(h.instance_id, sa.func.max(h.seq).label("seq")).group_by(h.instance_id).subquery()
    end = sa.select(h.instance_id, h.seq, h.hash).join(
        last, (last.c.instance_id == h.instance_id) & (last.c.seq == h.seq)
    )
    ends = end.subquery()
    query = (
        sa.select(i.id, i.chain, ends.c.seq, ends.c.hash)
        .outerjoin(ends, ends.c.instance_id == i.id)
        .where(i.chain.is_not(None), i.chain != history.ORIGIN, sa.or_(ends.c.hash.is_(None), ends.c.hash != i.chain))
        .order_by(i.id)
    )
    for row in session.execute(query):
        yield Broken(
            "instance",
            str(row.id),
            f"instance {row.id}: its history ends at row {row.seq or 0}, but that is not its last step",
            f"实例 {row.id}：历史记录止于第 {row.seq or 0} 条，而这不是它的最后一步",
        )


def _audit(session: Session, verdict: Verdict) -> Iterator[Broken]:
    c = t.audit_entry.c
    rows = session.execute(sa.select(t.audit_entry).order_by(c.subject, c.seq), execution_options={"yield_per": CHUNK})
    for subject, chain in itertools.groupby(rows, lambda row: str(row.subject)):
        verdict.chains += 1
        previous = audit.ORIGIN
        for number, row in enumerate(chain, 1):
            verdict.rows += 1
            content = (row.subject, row.seq, row.at, row.actor, row.action, row.data or {})
            if row.seq != number or row.previous != previous or row.hash != audit.entry_hash(previous, *content):
                yield _row_broken("audit", f"{subject}/{row.seq}")
                break
            previous = row.hash


# ── seals ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _seals(session: Session, verdict: Verdict, anchor: tuple[int, str] | None) -> Iterator[Broken]:
    previous, number = history.ORIGIN, 0
    for row in session.execute(sa.select(t.seal).order_by(t.seal.c.number)):
        sealed = seals.from_row(row)
        verdict.seals += 1
        number += 1
        content = (sealed.number, sealed.at, sealed.until, sealed.heads, sealed.previous)
        if sealed.number != number or sealed.previous != previous or sealed.hash != seals.digest(*content):
            yield _row_broken("seal", str(sealed.number))
            return
        if anchor is not None and anchor[0] == sealed.number and sealed.hash.hex() != anchor[1].lower():
            yield _not_the_anchor(sealed.number)
        yield from _heads(session, sealed)
        previous = sealed.hash
    if anchor is not None and anchor[0] > number:
        yield _not_the_anchor(anchor[0])


def _not_the_anchor(number: int) -> Broken:
    return Broken(
        "seal",
        str(number),
        f"seal {number} is not the one that was written down elsewhere: the seals were made anew or removed",
        f"封存 {number} 与在别处留存的不一致：封存记录被重做或删除",
    )


def _heads(session: Session, sealed: seals.Sealed) -> Iterator[Broken]:
    for kind, table, column in (("h", t.history, "instance_id"), ("a", t.audit_entry, "subject")):
        heads = [head for head in seals.unpacked(sealed.heads) if head.kind == kind]
        for chunk in _batched(heads):
            found = _hashes(session, table, column, chunk)
            gone = _cleaned(session, chunk) if kind == "h" else {}
            for head in chunk:
                stored = found.get((head.name, head.seq))
                if stored is None and head.name in gone:
                    last, digest = gone[head.name]
                    if head.seq < last or (head.seq == last and digest == head.hash):
                        continue
                if stored != head.hash:
                    yield Broken(
                        table.name,
                        f"{head.name}/{head.seq}",
                        f"{table.name} {head.name}/{head.seq}: not what seal {sealed.number} holds; "
                        "the chain was made anew or removed",
                        f"{table.name} {head.name}/{head.seq}：与封存 {sealed.number} 不一致，链条被重做或删除",
                    )


def _batched(heads: list[seals.Head]) -> Iterator[tuple[seals.Head, ...]]:
    for at in range(0, len(heads), CHUNK):
        yield tuple(heads[at : at + CHUNK])


def _hashes(
    session: Session, table: sa.Table, column: str, heads: tuple[seals.Head, ...]
) -> dict[tuple[str, int], bytes]:
    name = table.c[column]
    names = {int(head.name) if column == "instance_id" else head.name for head in heads}
    seqs = {head.seq for head in heads}
    rows = session.execute(sa.select(name, table.c.seq, table.c.hash).where(name.in_(names), table.c.seq.in_(seqs)))
    return {
        (str(row[0]), row.seq): bytes.fromhex(row.hash) if isinstance(row.hash, str) else bytes(row.hash)
        for row in rows
        if row.hash is not None
    }


def _cleaned(session: Session, heads: tuple[seals.Head, ...]) -> dict[str, tuple[int, bytes]]:
    rows = session.execute(sa.select(t.cleaned).where(t.cleaned.c.instance_id.in_([int(head.name) for head in heads])))
    return {str(row.instance_id): (row.seq, bytes(row.hash or b"")) for row in rows}
