"""The care of the book: findings, entries that look like one, what is held of a person. Data stewards act here."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext as _

from handlers import documents, merging
from handlers.privacy import collect, erase, find
from handlers.privacy.finding import files_of
from handlers.records.changes import Stamp
from handlers.views import book_quality
from web.clients.listing import sent
from web.paging import Pages, asked_page
from web.rights import guarded
from web.scope import actor, runtime

pages = Blueprint("quality", __name__, url_prefix="/data-quality")
SIZE = 50


@pages.get("")
@guarded("stewardship")
def index() -> Any:
    """Findings of the data, by rule; entries that look like one; merges that can be undone."""
    rule = request.args.get("rule") or None
    with runtime().reading() as db:
        counts = book_quality.counts(db)
        paged = Pages(asked_page(), SIZE, book_quality.number(db, rule))
        findings = book_quality.findings(db, rule, page=paged.number, size=SIZE)
        pairs = book_quality.duplicates(db)
        done = book_quality.merges(db)
    may_merge = merging.may_merge(actor())
    return render_template(
        "clients/quality.html", counts=counts, rule=rule, paged=paged, findings=findings, pairs=pairs, merges=done,
        may_merge=may_merge,
    )  # fmt: skip


@pages.post("/people/export")
@guarded("stewardship")
def person_export() -> Any:
    """Everything that is held of a person, by an address of theirs: JSON and documents in a ZIP file."""
    address = request.form.get("address", "").strip()[:200]
    out = io.BytesIO()
    with runtime().transaction() as db, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        subject = find(db, address)
        held = collect(db, subject)
        archive.writestr("data.json", json.dumps(held, ensure_ascii=False, indent=1, default=_plain))
        for one in files_of(db, subject):
            if one.removed_at is None:
                archive.writestr(f"documents/{one.id}-{one.name}", documents.content(db, one))
        book_quality.note_export(db, subject, actor().id)
    stamp = runtime().now().astimezone(runtime().zone)
    return sent(out.getvalue(), f"person-{stamp:%Y%m%d-%H%M}.zip", "application/zip")


@pages.post("/people/erase")
@guarded("stewardship")
def person_erase() -> Any:
    """Erase a person, with the reason; says what is kept and why."""
    address, why = request.form.get("address", "").strip()[:200], request.form.get("why", "").strip()[:200]
    with runtime().transaction() as db:
        done = erase(db, find(db, address), Stamp(runtime().now(), actor().id, "manual", why=why))
    flash(_("The person is erased."), "success")
    return render_template("clients/erased.html", done=done, client=request.form.get("client", "")[:50])


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else repr(value)
