"""Documents as rows: what there is of a client, a project or a case, in which version, until when it is kept.

Law: a row never changes what it stands for; a new version is a new row; of a removed one the row stays.
The bytes are `handlers.documents`' own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.ids import new_id
from engine.store import take_turn
from handlers.records import keys
from handlers.records.changes import Stamp
from handlers.records.tables import document as documents


@dataclass(frozen=True, slots=True)
class Document:
    """One version of one file. `size` in bytes; `sha256` of its bytes, in hex."""

    id: int
    subject_key: str
    party_id: int | None
    contact_id: int | None
    kind: str
    name: str
    version: int
    media_type: str
    size: int
    sha256: str
    language: str | None
    source: str
    figures_sha256: str | None
    created_at: datetime
    created_by: str
    instance: str | None
    job_key: str | None
    retain_until: date | None
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Filing:
    """Where a document belongs and what it is called. `retain_until`: kept at least until then (None: for good)."""

    subject_key: str
    kind: str
    name: str
    party_id: int | None = None
    contact_id: int | None = None
    language: str | None = None
    instance: str | None = None
    job_key: str | None = None
    figures_sha256: str | None = None
    retain_until: date | None = None


_DOCUMENT = [documents.c[field.name] for field in fields(Document)]


def add(session: Session, filing: Filing, *, media_type: str, size: int, sha256: str, stamp: Stamp) -> Document:
    """A new row, in the next version of its subject, kind and name. The same bytes again are the version that stands;
    the same job's document again is the one it made. InvalidInput without subject, kind or name."""
    for field in ("subject_key", "kind", "name"):
        if not getattr(filing, field):
            raise InvalidInput(place=field, reason="is missing", reason_zh="未填写")
    take_turn(session, f"document:{filing.subject_key}:{filing.kind}:{filing.name}")
    made = None if filing.job_key is None else _one(session, documents.c.job_key == filing.job_key)
    latest = made or _latest(session, filing)
    if made is not None or (latest is not None and latest.sha256 == sha256 and latest.removed_at is None):
        assert latest is not None
        return latest
    row_id = new_id()
    session.execute(
        documents.insert().values(
            id=row_id,
            version=latest.version + 1 if latest else 1,
            media_type=media_type,
            size=size,
            sha256=sha256,
            source=stamp.source,
            created_at=stamp.at,
            created_by=stamp.by,
            **{field.name: getattr(filing, field.name) for field in fields(Filing)},
        )
    )
    return get(session, row_id)


def _latest(session: Session, filing: Filing) -> Document | None:
    same = [documents.c[name] == getattr(filing, name) for name in ("subject_key", "kind", "name")]
    row = session.execute(sa.select(*_DOCUMENT).where(*same).order_by(documents.c.version.desc()).limit(1))
    found = row.mappings().first()
    return None if found is None else Document(**found)


def _one(session: Session, condition: sa.ColumnElement[bool]) -> Document | None:
    row = session.execute(sa.select(*_DOCUMENT).where(condition)).mappings().one_or_none()
    return None if row is None else Document(**row)


def get(session: Session, document_id: int | str) -> Document:
    """By id, as a number or as the text that processes carry. NotFound."""
    plain = str(document_id)
    found = _one(session, documents.c.id == int(plain)) if keys.is_id(plain) else None
    if found is None:
        raise NotFound(what="document", what_zh="文件", id=document_id)
    return found


def of_subjects(session: Session, keys: Iterable[str]) -> tuple[Document, ...]:
    """The documents of some business keys, newest first; earlier versions and removed ones among them."""
    rows = session.execute(
        sa.select(*_DOCUMENT)
        .where(documents.c.subject_key.in_(list(keys)))
        .order_by(documents.c.created_at.desc(), documents.c.id.desc())
    )
    return tuple(Document(**row) for row in rows.mappings())


def of_party(session: Session, party_id: int) -> tuple[Document, ...]:
    """The documents of a client, newest first."""
    rows = session.execute(
        sa.select(*_DOCUMENT)
        .where(documents.c.party_id == party_id)
        .order_by(documents.c.created_at.desc(), documents.c.id.desc())
    )
    return tuple(Document(**row) for row in rows.mappings())


def of_contact(session: Session, contact_id: int) -> tuple[Document, ...]:
    """What a person sent in, newest first."""
    rows = session.execute(
        sa.select(*_DOCUMENT).where(documents.c.contact_id == contact_id).order_by(documents.c.id.desc())
    )
    return tuple(Document(**row) for row in rows.mappings())


def with_hash(session: Session, sha256: str) -> tuple[Document, ...]:
    """The documents that stand for these bytes, oldest first; removed ones too."""
    rows = session.execute(sa.select(*_DOCUMENT).where(documents.c.sha256 == sha256).order_by(documents.c.id))
    return tuple(Document(**row) for row in rows.mappings())


def over(session: Session, today: date) -> tuple[Document, ...]:
    """Documents whose time to be kept has passed."""
    rows = session.execute(
        sa.select(*_DOCUMENT)
        .where(documents.c.retain_until < today, documents.c.removed_at.is_(None))
        .order_by(documents.c.id)
    )
    return tuple(Document(**row) for row in rows.mappings())


def mark_removed(session: Session, document_id: int, stamp: Stamp) -> None:
    """Write down that the bytes go."""
    session.execute(
        documents.update()
        .where(documents.c.id == document_id, documents.c.removed_at.is_(None))
        .values(removed_at=stamp.at, removed_by=stamp.by, removed_why=stamp.why)
    )


def unnamed(session: Session) -> tuple[str, ...]:
    """The SHA-256 of bytes that documents were removed of and none stands for."""
    standing = sa.select(documents.c.sha256).where(documents.c.removed_at.is_(None))
    gone = sa.select(documents.c.sha256).where(documents.c.removed_at.is_not(None), documents.c.sha256.not_in(standing))
    return tuple(session.scalars(gone.distinct().order_by(documents.c.sha256)))


def is_named(session: Session, sha256: str) -> bool:
    """Whether a document stands for these bytes."""
    standing = sa.select(documents.c.id).where(documents.c.sha256 == sha256, documents.c.removed_at.is_(None))
    return session.execute(standing.limit(1)).first() is not None
