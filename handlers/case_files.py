"""Files that people hang on a case. Law: what a file is called must be what it is; nothing that a browser would run.

Kept by `handlers.documents` under the case's business key (`case:<id>` where it has none), and told in the case's
comments by the engine. Which first bytes belong to which ending: the formats' own specifications.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePath

from sqlalchemy.orm import Session

from engine import api, queries
from engine.errors import InvalidInput
from handlers import documents
from handlers.records import documents as rows
from handlers.records.changes import Stamp
from handlers.records.documents import Document, Filing

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BEGINS: Mapping[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "docx": (_ZIP,),
    "xlsx": (_ZIP,),
    "pptx": (_ZIP,),
    "ofd": (_ZIP,),
    "zip": (_ZIP,),
    "doc": (_OLE,),
    "xls": (_OLE,),
    "ppt": (_OLE,),
    "wps": (_OLE,),
    "et": (_OLE,),
    "msg": (_OLE,),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "tif": (b"II*\x00", b"MM\x00*"),
    "tiff": (b"II*\x00", b"MM\x00*"),
}
"""Ending -> how such a file begins."""
OFFICE: Mapping[str, str] = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
"""Ending of an Office Open XML file (ECMA-376) -> the folder that its parts lie in."""
TEXTS = ("txt", "csv", "eml", "md")
"""Endings of plain text: no control characters but line ends and tabs."""
TAKEN = (*BEGINS, *TEXTS)
LONGEST_NAME = 150
_LOOKED_AT = 4096


def take(
    session: Session,
    actor: api.Actor,
    instance_id: int,
    name: str,
    content: bytes,
    now: datetime,
    *,
    text: str = "",
    task_id: int | None = None,
) -> Document:
    """Keep a file with a case and tell it in its comments, with what was said about it.

    InvalidInput for a kind that is not taken, a name that does not fit what is inside, and an empty file;
    DocumentTooLarge; NotFound and Forbidden as `engine.api.attach`.
    """
    called = checked(name, content)
    key = key_of(queries.instance(session, instance_id).row)
    filing = Filing(subject_key=key, kind="attachment", name=called, instance=str(instance_id))
    kept = documents.keep(session, content, filing, Stamp(now, actor.id, "upload"))
    told = {"document": str(kept.id), "name": kept.name, "size": kept.size, "sha256": kept.sha256}
    api.attach(session, actor, instance_id, told, text, task_id)
    return kept


def checked(name: str, content: bytes) -> str:
    """The name without folders and control characters. InvalidInput when the file cannot be taken."""
    called = PurePath(re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", name).replace("\\", "/")).name.strip()
    stem, _dot, ending = called.rpartition(".")
    kind = ending.lower()
    if not stem or kind not in TAKEN:
        taken = ", ".join(TAKEN)
        raise InvalidInput(
            place="file",
            reason=f"this kind of file is not taken; taken are {taken}",
            reason_zh=f"不支持此类文件；可上传：{taken}",
        )
    if not content:
        raise InvalidInput(place="file", reason="the file is empty", reason_zh="文件为空")
    if not _is(kind, content):
        raise InvalidInput(
            place="file",
            reason=f"what is inside is no .{kind} file; please give it its right name",
            reason_zh=f"文件内容与扩展名 .{kind} 不符，请使用正确的文件名",
        )
    return f"{stem[: LONGEST_NAME - len(kind) - 1]}.{kind}"


def _is(kind: str, content: bytes) -> bool:
    if kind in TEXTS:
        return not any(byte < 32 and byte not in b"\t\n\r\f" for byte in content[:_LOOKED_AT])
    if not content.startswith(BEGINS[kind]):
        return False
    return kind not in OFFICE or _is_office(content, OFFICE[kind])


def _is_office(content: bytes, folder: str) -> bool:
    """Whether a ZIP file is an office document of its kind, and carries no macros: those have endings of their own."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = archive.namelist()
    except zipfile.BadZipFile:
        return False
    macros = any(one.lower().endswith("vbaproject.bin") for one in inside)
    return "[Content_Types].xml" in inside and any(one.startswith(folder) for one in inside) and not macros


def key_of(case: queries.InstanceRow) -> str:
    """Under which key the files of a case are kept."""
    return case.business_key or f"case:{case.id}"


def of_cases(session: Session, cases: Iterable[queries.InstanceRow]) -> tuple[Document, ...]:
    """What there is of some cases, newest first: of each name and kind the newest version; nothing that was removed."""
    newest: dict[tuple[str, str, str], Document] = {}
    for one in rows.of_subjects(session, {key_of(case) for case in cases}):
        newest.setdefault((one.subject_key, one.kind, one.name), one)
    return tuple(one for one in newest.values() if one.removed_at is None)
