"""Files out of the house's keeping. Law: handed out as files, never shown; what is confidential, to its teams."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, send_file

from engine.errors import Forbidden
from handlers import documents
from handlers.records import documents as rows
from handlers.records.documents import Document
from web.rights import LENDING, allows, guarded
from web.scope import actor, runtime

pages = Blueprint("documents", __name__, url_prefix="/documents")

CONFIDENTIAL = frozenset({"memo", "report", "contract", "term_sheet", "credit_report", "kyc"})
"""Kinds that tell of credit, KYC or terms."""
READERS = LENDING | {"compliance", "service_desk", "crm_specialist", "investor_relations", "data_steward", "auditor"}
"""Who reads those: whoever works on deals or checks them; marketing does not."""


@pages.get("/<int:document_id>")
@guarded("documents")
def download(document_id: int) -> Any:
    """The bytes of one document, to be saved: the browser neither guesses what they are nor runs them."""
    with runtime().reading() as db:
        found = rows.get(db, document_id)
        if not may_open(found):
            raise Forbidden(
                reason="this document is confidential to the teams that work on deals",
                reason_zh="该文件仅限办理业务的团队查阅",
            )
        content = documents.content(db, found)
    answer = send_file(BytesIO(content), mimetype=found.media_type, as_attachment=True, download_name=found.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def may_open(document: Document) -> bool:
    """Whether whoever is signed in may have the document."""
    who = actor()
    return document.kind not in CONFIDENTIAL or document.created_by == who.id or allows(READERS, who)
