"""What is done on a client's page: contacts noted, files uploaded, own fields written, changes decided on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from engine.errors import InvalidInput
from handlers import case_files, documents
from handlers.records import custom, interactions, requests
from handlers.records.changes import Stamp
from handlers.records.documents import Document, Filing
from handlers.records.interactions import Interaction
from handlers.records.parties import Party
from web.clients.page import CHANNELS, KINDS
from web.clients.room import back, now, pages, party_of
from web.rights import guarded
from web.scope import actor, runtime

LONGEST = 4000
"""Characters of a note."""


@pages.post("/<key>/talks")
@guarded("clients")
def note(key: str) -> Any:
    """Note a call, a visit or a thought; with a file it is filed as its minutes."""
    form = request.form
    subject, channel = form.get("subject", "").strip()[:255], form.get("channel", "")
    if not subject or channel not in CHANNELS:
        raise InvalidInput(place="subject", reason="say in a few words what it was about", reason_zh="请填写主题")
    with runtime().transaction() as db:
        party = party_of(db, key)
        kept = upload(db, party, "minutes")
        text = form.get("text", "").strip()[:LONGEST]
        if kept is not None:
            text = "\n".join(part for part in (text, f"📎 {kept.name}") if part)
        talk = Interaction(
            party_id=party.id,
            at=happened(form.get("at", "")),
            channel=channel,
            direction="in" if form.get("direction") == "in" else "out",
            person=form.get("person", "").strip()[:100] or None,
            subject=subject,
            text=text,
            by=actor().id,
        )
        interactions.add(db, talk)
    flash(_("It stands on the timeline now."), "success")
    return back(party.business_key, "contacts")


def happened(said: str) -> datetime:
    """The moment that was entered, in the business zone; never later than now. InvalidInput."""
    if not said:
        return now()
    try:
        moment = datetime.fromisoformat(said)
    except ValueError as error:
        raise InvalidInput(place="at", reason=f"no moment: {said}", reason_zh=f"不是有效的时间：{said}") from error
    return min(moment.replace(tzinfo=runtime().zone) if moment.tzinfo is None else moment, now())


@pages.post("/<key>/files")
@guarded("clients")
def file(key: str) -> Any:
    """File a document under the client."""
    kind = request.form.get("kind", "attachment")
    with runtime().transaction() as db:
        party = party_of(db, key)
        kept = upload(db, party, kind if kind in KINDS else "attachment")
    if kept is None:
        raise InvalidInput(place="file", reason="choose a file", reason_zh="请选择文件")
    flash(_("“%(name)s” is filed as version %(version)s.", name=kept.name, version=kept.version), "success")
    return back(party.business_key, "files")


def upload(db: Any, party: Party, kind: str) -> Document | None:
    """The file of the request, kept under the client; None without one. InvalidInput for what is not taken."""
    given = request.files.get("file")
    if given is None or not given.filename:
        return None
    content = given.stream.read()
    name = case_files.checked(given.filename, content)
    filing = Filing(subject_key=party.business_key, kind=kind, name=name, party_id=party.id)
    return documents.keep(db, content, filing, Stamp(now(), actor().id, "upload"))


@pages.post("/<key>/fields")
@guarded("client-data")
def fields(key: str) -> Any:
    """Write the house's own fields."""
    with runtime().transaction() as db:
        party = party_of(db, key)
        known = custom.fields_of(db, "party")
        values = {one.key: request.form.get(f"c_{one.key}", "").strip() or None for one in known}
        why = request.form.get("why", "").strip()[:200] or None
        custom.put(db, "party", party.id, values, Stamp(now(), actor().id, "manual", why=why))
    flash(_("The fields are saved."), "success")
    return back(party.business_key, "data")


CORRECTED = ("legal_name", "reg_no", "legal_rep", "address", "phone", "email", "website", "industry", "region")
"""Fields of a client that are corrected by hand."""


@pages.post("/<key>/details")
@guarded("client-data")
def details(key: str) -> Any:
    """Correct a field; one that only a second person may change waits for that person."""
    field, value = request.form.get("field", ""), request.form.get("value", "").strip()[:500]
    if field not in CORRECTED:
        raise InvalidInput(place="field", reason="cannot be changed here", reason_zh="该字段不可在此修改")
    why = request.form.get("why", "").strip()[:200] or None
    with runtime().transaction() as db:
        party = party_of(db, key)
        open_now = requests.propose(db, party.id, {field: value or None}, Stamp(now(), actor().id, "manual", why=why))
    if any(one.field == field for one in open_now):
        flash(_("This change waits for a second person now."), "info")
    else:
        flash(_("The change is saved."), "success")
    return back(party.business_key, "data")


@pages.post("/<key>/requests/<int:request_id>/<verdict>")
@guarded("client-data")
def decide(key: str, request_id: int, verdict: str) -> Any:
    """Approve or reject a change that somebody else asked for."""
    said = request.form.get("comment", "").strip()[:200] or None
    with runtime().transaction() as db:
        asked = requests.find(db, request_id)
        party = party_of(db, key)
        if asked.party_id != party.id or verdict not in ("approve", "reject"):
            raise InvalidInput(place="request", reason="is of another client", reason_zh="不属于该客户")
        stamp = Stamp(now(), actor().id, "manual")
        if verdict == "approve":
            requests.approve(db, request_id, stamp, said)
        else:
            requests.reject(db, request_id, stamp, said)
    done, refused = _("The change is made."), _("The change is refused; nothing was changed.")
    flash(done if verdict == "approve" else refused, "success")
    return back(party.business_key)
