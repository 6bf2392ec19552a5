"""Files out of the house's keeping. Law: handed out as files, never shown; each to the teams that its kind is for, and
only of clients, projects and cases that are their business."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, send_file

from engine.errors import Forbidden
from handlers import case_files, documents, segments
from handlers.records import documents as rows
from handlers.records.documents import Document
from web.rights import LENDING, allows, guarded
from web.scope import actor, runtime

pages = Blueprint("documents", __name__, url_prefix="/documents")

FOR_ALL = frozenset({"attachment", "minutes", "certificate", "evidence", "green_evidence"})
"""Kinds for everybody whose business the client, the project or the case is. Every other kind tells of credit, KYC or
terms, or is not known here."""
READERS = LENDING | {"compliance", "service_desk", "crm_specialist", "investor_relations", "data_steward", "auditor"}
"""Who reads the others: whoever works on deals or checks them; marketing does not."""
UNKNOWN = "application/octet-stream"


@pages.get("/<int:document_id>")
@guarded("documents")
def download(document_id: int) -> Any:
    """The bytes of one document, to be saved. Forbidden when its kind or what it belongs to is for other teams."""
    with runtime().reading() as db:
        found = rows.get(db, document_id)
        if not (may_open(found) and segments.may_open_document(db, actor(), found)):
            raise Forbidden(
                reason="this document is confidential to the teams that work on deals",
                reason_zh="该文件仅限办理业务的团队查阅",
            )
        content = documents.content(db, found)
    return handed_out(found, content)


def handed_out(document: Document, content: bytes) -> Any:
    """The answer that gives a file away: to be saved under its name, of a type that its ending tells and uploads may
    have. The browser neither guesses what it is nor runs it."""
    taken = document.name.rpartition(".")[2].lower() in case_files.TAKEN
    kind = documents.type_of(document.name) if taken else UNKNOWN
    answer = send_file(BytesIO(content), mimetype=kind, as_attachment=True, download_name=document.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@pages.app_template_global()
def file_kinds() -> str:
    """The endings of the files that are taken, as a browser's file control is told them."""
    return ",".join(f".{one}" for one in case_files.TAKEN)


def may_open(document: Document) -> bool:
    """Whether a kind of document is for whoever is signed in; what they filed themselves is."""
    who = actor()
    return document.kind in FOR_ALL or document.created_by == who.id or allows(READERS, who)
