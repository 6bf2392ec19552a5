"""The bytes of documents. Law: stored under their own SHA-256, so that what comes out is what went in, or an error.

They lie in `<data_dir>/files`, or where the setting `files_url` says: any address that fsspec knows (`s3://bucket/deals`
with s3fs installed, `file:///srv/files`). The same bytes are stored once. They are written before their row is
committed: a unit of work that is undone leaves bytes nobody names, never a row without bytes. Whoever stores bytes or
takes them away has their turn: what one is about to name, no other removes.
"""

from __future__ import annotations

import hashlib
import mimetypes
from datetime import date
from typing import Any

import fsspec
from sqlalchemy.orm import Session

from engine.errors import DocumentDamaged, DocumentTooLarge, NotFound
from engine.execution import runtime_of
from engine.settings import Settings
from engine.store import after_commit, take_turn
from handlers.records import documents
from handlers.records.changes import Stamp
from handlers.records.documents import Document, Filing

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "eml": "message/rfc822",
}


def keep(session: Session, content: bytes, filing: Filing, stamp: Stamp, media_type: str | None = None) -> Document:
    """Store a file and write its row; the same bytes again for the same subject, kind and name are what stands.

    DocumentTooLarge above `max_upload_bytes`; InvalidInput without subject, kind or name.
    """
    settings = runtime_of(session).settings
    if len(content) > settings.max_upload_bytes:
        raise DocumentTooLarge(name=filing.name, size=len(content), most=settings.max_upload_bytes)
    digest = hashlib.sha256(content).hexdigest()
    take_turn(session, f"bytes:{digest}")
    _put(settings, digest, content)
    return documents.add(
        session,
        filing,
        media_type=media_type or type_of(filing.name),
        size=len(content),
        sha256=digest,
        stamp=stamp,
    )


def content(session: Session, document: Document) -> bytes:
    """The bytes of a document. NotFound when they were removed; DocumentDamaged when they are not what was stored."""
    if document.removed_at is not None:
        raise NotFound(what="document", what_zh="文件", id=document.id)
    files, place = _place(runtime_of(session).settings, document.sha256)
    try:
        found: bytes = files.cat_file(place)
    except FileNotFoundError as error:
        raise DocumentDamaged(name=document.name, sha256=document.sha256) from error
    if hashlib.sha256(found).hexdigest() != document.sha256:
        raise DocumentDamaged(name=document.name, sha256=document.sha256)
    return found


def remove(session: Session, document: Document, stamp: Stamp) -> None:
    """Remove the bytes, after the commit, unless another document stands for them; the row stays and says why."""
    runtime = runtime_of(session)
    documents.mark_removed(session, document.id, stamp)
    after_commit(session, lambda: runtime.unit(lambda later: _delete(later, document.sha256)))


def remove_over(session: Session, today: date, stamp: Stamp) -> int:
    """Remove what need not be kept any longer; returns how many documents."""
    found = documents.over(session, today)
    for one in found:
        remove(session, one, stamp)
    return len(found)


def finish_removals(session: Session) -> int:
    """Remove bytes whose removal was written down and not carried out: the process died, or their place was out of
    reach, after the commit. Returns how many."""
    settings = runtime_of(session).settings
    left = [digest for digest in documents.unnamed(session) if _stands(settings, digest)]
    for digest in left:
        _delete(session, digest)
    return len(left)


def type_of(name: str) -> str:
    """The media type that a file name tells."""
    ending = name.rpartition(".")[2].lower()
    return TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _place(settings: Settings, digest: str) -> tuple[Any, str]:
    address = settings.files_url or (settings.data_dir / "files").absolute().as_uri()
    files, root = fsspec.core.url_to_fs(address)
    return files, f"{root}/{digest[:2]}/{digest}"


def _put(settings: Settings, digest: str, content: bytes) -> None:
    files, place = _place(settings, digest)
    if files.exists(place) and files.size(place) == len(content):
        return
    files.makedirs(place.rpartition("/")[0], exist_ok=True)
    files.pipe_file(place, content)


def _stands(settings: Settings, digest: str) -> bool:
    files, place = _place(settings, digest)
    return bool(files.exists(place))


def _delete(session: Session, digest: str) -> None:
    take_turn(session, f"bytes:{digest}")
    files, place = _place(runtime_of(session).settings, digest)
    if not documents.is_named(session, digest) and files.exists(place):
        files.rm_file(place)
