"""Seals over what happened. Law: a seal covers the last hash of every chain that grew, and the seal before it.

One chain for the whole house would make every step wait for every other one. So each instance has a chain of its own
(`engine.history`), each subject of the audit too (`engine.audit`), and a seal is made over the ends of those that grew
since the last one. Whoever rewrites a case together with all its hashes still meets the seal; whoever rewrites the
seals too meets the digests that were written down elsewhere (each seal is logged; `dealflow seal` prints the last).

`heads` of a seal: for each chain its kind (1 byte: h history, a audit), its name (length and UTF-8: an instance's id
or a subject), the number of its last row (4 bytes) and that row's hash (32 bytes), sorted, so that equal contents are
equal bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.crashpoints import reached
from engine.execution import runtime_of
from engine.history import ORIGIN
from engine.log import logger
from engine.store import tables as t

log = logger("seals")
GRACE = timedelta(seconds=60)
"""Rows younger than this wait for the next seal: a transaction that began before may still commit."""
OVERLAP = timedelta(minutes=10)
"""How far a seal looks back behind the one before it, for rows that were committed late."""
_ROW = struct.Struct(">I32s")


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """The end of one chain. `kind` is h (history of an instance) or a (audit of a subject)."""

    kind: str
    name: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """One seal, as it is stored."""

    number: int
    at: datetime
    until: datetime
    heads: bytes
    previous: bytes
    hash: bytes


def packed(heads: Iterable[Head]) -> bytes:
    """Heads as a seal keeps them."""
    out = bytearray()
    for head in sorted(heads):
        name = head.name.encode()
        out += head.kind.encode() + len(name).to_bytes(2, "big") + name + _ROW.pack(head.seq, head.hash)
    return bytes(out)


def unpacked(data: bytes) -> Iterator[Head]:
    """What `packed` wrote. ValueError when it is cut short."""
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at + 1 : at + 3], "big")
        name = data[at + 3 : at + 3 + length]
        try:
            seq, digest = _ROW.unpack_from(data, at + 3 + length)
        except struct.error as error:
            raise ValueError("a seal's heads are cut short") from error
        yield Head(chr(data[at]), name.decode(), seq, digest)
        at += 3 + length + _ROW.size


def digest(number: int, at: datetime, until: datetime, heads: bytes, previous: bytes) -> bytes:
    """A seal's hash: SHA-256 over the seal before, its number, its times and its heads."""
    said = f"{number} {at.astimezone(UTC).isoformat()} {until.astimezone(UTC).isoformat()} {len(heads)} "
    return hashlib.sha256(previous + said.encode() + heads).digest()


def make(session: Session) -> Sealed | None:
    """Seal what grew since the last seal and is older than a minute. None when nothing did."""
    now = runtime_of(session).now()
    last = newest(session)
    until = now - GRACE
    since = last.until - OVERLAP if last else datetime.min.replace(tzinfo=UTC)
    known = _known(session, since)
    heads = [head for head in _grown(session, since, until) if known.get((head.kind, head.name)) != head.hash]
    if not heads:
        return None
    number, previous = (last.number + 1, last.hash) if last else (1, ORIGIN)
    data = packed(heads)
    sealed = Sealed(number, now, until, data, previous, digest(number, now, until, data, previous))
    values: dict[str, Any] = {name: getattr(sealed, name) for name in Sealed.__slots__}
    session.execute(sa.insert(t.seal).values(values))
    reached("seal.written")
    log.info("sealed", number=number, chains=len(heads), hash=sealed.hash.hex())
    return sealed


def newest(session: Session) -> Sealed | None:
    """The last seal."""
    row = session.execute(sa.select(t.seal).order_by(t.seal.c.number.desc()).limit(1)).first()
    return from_row(row) if row is not None else None


def from_row(row: Any) -> Sealed:
    """A row of the table as a value."""
    return Sealed(row.number, row.at, row.until, bytes(row.heads), bytes(row.previous), bytes(row.hash))


def _known(session: Session, since: datetime) -> dict[tuple[str, str], bytes]:
    """What the seals that overlap the window hold already."""
    rows = session.scalars(sa.select(t.seal.c.heads).where(t.seal.c.until > since).order_by(t.seal.c.number))
    return {(head.kind, head.name): head.hash for data in rows for head in unpacked(bytes(data))}


def _grown(session: Session, since: datetime, until: datetime) -> Iterator[Head]:
    for kind, table, name in (("h", t.history, "instance_id"), ("a", t.audit_entry, "subject")):
        chain = table.c[name]
        last = (
            sa.select(chain.label("name"), sa.func.max(table.c.seq).label("seq"))
            .where(table.c.at > since, table.c.at <= until)
            .group_by(chain)
            .subquery()
        )
        rows = session.execute(
            sa.select(chain, table.c.seq, table.c.hash).join(last, (last.c.name == chain) & (last.c.seq == table.c.seq))
        )
        for row in rows:
            if row.hash is not None:
                raw = row.hash if isinstance(row.hash, bytes | memoryview) else bytes.fromhex(row.hash)
                yield Head(kind, str(row[0]), row.seq, bytes(raw))
