"""One message from outside to its matter: kept once, filed, told on. See the room's law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api, identity, outbox
from engine.execution import runtime_of
from engine.ids import new_id
from engine.store import tables as t
from engine.store import upsert
from handlers import documents, names
from handlers.channels.email import message_id
from handlers.inbound.routing import Route, key_in, route_of
from handlers.records import interactions, keys, main_party, parties, preferences, projects, service
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from handlers.records.interactions import Interaction
from handlers.records.parties import Party
from handlers.records.tables import inbound_message as inbound
from handlers.records.tables import party as party_table

COMPLAINT, INBOUND = "CO", "IN"
MESSAGES: Mapping[str, str] = {
    "complaint": "complaint_received",
    "suggestion": "complaint_received",
    "inquiry": "inquiry_received",
}
_SUBJECTS: Mapping[str, tuple[str, str]] = {"complaint": ("投诉", "Complaint"), "suggestion": ("建议", "Suggestion")}
"""What stands as the subject where a channel has none."""
DESK = "crm_specialist"
"""The team that sorts what no rule sorts."""
_LETTERS = 200
"""How many of the latest letters to a sender are looked at for the one that is answered."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came along."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came. `external_id`: the sender's own id for it; `thread`: what its conversation carries;
    `answers`: ids of letters that it refers to; `automatic`: sent by a program (RFC 3834), so it starts nothing."""

    channel: str
    external_id: str
    thread: str
    sender: str
    subject: str
    text: str
    at: datetime
    sender_name: str | None = None
    mailbox: str = ""
    answers: tuple[str, ...] = ()
    files: tuple[Attached, ...] = ()
    language: str = "zh"
    automatic: bool = False
    party_id: int | None = None
    """Known otherwise than by the address: a signed link says it."""
    route: str | None = None
    """Chosen by the sender, in a form."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a message. `state`: started, delivered or kept by a process; filed with a matter; a duplicate."""

    id: int
    route: str
    matter_key: str | None
    state: Literal["started", "delivered", "kept", "gathered", "filed", "duplicate"]


@dataclass(frozen=True, slots=True)
class _Sender:
    address: str
    party: Party | None
    contact_id: int | None


@dataclass(frozen=True, slots=True)
class _Matter:
    key: str
    route: str


def receive(session: Session, incoming: Incoming) -> Received:
    """Keep a message, find its matter, tell whom it concerns. The same `external_id` again changes nothing."""
    sender = _sender(session, incoming)
    row_id = _remember(session, incoming, sender)
    if row_id is None:
        return _earlier(session, incoming.external_id)
    matter = _matter(session, incoming, sender)
    route = _route(incoming, sender, matter)
    key = matter.key if matter else _new_key(session, route)
    files = _file(session, incoming, sender, key or f"{INBOUND}-{row_id}")
    settled = {"route": route, "matter_key": key, "files": [str(one) for one in files]}
    session.execute(inbound.update().where(inbound.c.id == row_id).values(**settled))
    topic = matter.route if route == "reply" and matter else route
    message = MESSAGES.get(topic) if not incoming.automatic and (route != "reply" or topic != "inquiry") else None
    if message is None or key is None:
        _tell(session, incoming, sender, key, row_id)
        return Received(row_id, route, key, "filed")
    opens = matter is None or service.closed_matter(session, key, incoming.at - service.REOPEN) is not None
    under = key if opens else f"{INBOUND}-{row_id}"
    done = api.send_message(
        session,
        api.SYSTEM,
        message,
        business_key=under,
        variables=_variables(incoming, sender, topic, files) | ({"matter_key": matter.key} if matter else {}),
        message_id=f"inbound:{incoming.external_id}"[:255],
    )
    return Received(row_id, route, key, done.state)


# ── who and what about ─────────────────────────────────────────────────────────────────────────────────────────────


def _sender(session: Session, incoming: Incoming) -> _Sender:
    """The client whose one person, or whose own address, this is; an address that several clients share is nobody's."""
    address = names.email_key(incoming.sender) or names.phone_key(incoming.sender) or incoming.sender[:255]
    people = preferences.reached_by(session, address)
    own = sa.select(party_table.c.id).where(sa.or_(party_table.c.email == address, party_table.c.phone == address))
    found = {one.party_id for one in people} | set(session.execute(own).scalars())
    clients = {parties.get(session, one).id for one in found}
    if incoming.party_id is not None:
        clients = {incoming.party_id}
    party = parties.get(session, clients.pop()) if len(clients) == 1 else None
    contact = next((one.contact_id for one in people if party is not None and one.party_id == party.id), None)
    return _Sender(address, party, contact)


def _remember(session: Session, incoming: Incoming, sender: _Sender) -> int | None:
    row = upsert(session, inbound).values(
        id=new_id(),
        channel=incoming.channel,
        external_id=incoming.external_id[:255],
        thread=incoming.thread[:255],
        sender=sender.address,
        sender_name=incoming.sender_name,
        party_id=sender.party.id if sender.party else None,
        contact_id=sender.contact_id,
        route="unsorted",
        subject=incoming.subject[:255],
        text=incoming.text,
        files=[],
        received_at=incoming.at,
    )
    fresh = row.on_conflict_do_nothing(index_elements=[inbound.c.external_id]).returning(inbound.c.id)
    found: int | None = session.execute(fresh).scalar()
    return found


def _earlier(session: Session, external_id: str) -> Received:
    row = session.execute(
        sa.select(inbound.c.id, inbound.c.route, inbound.c.matter_key).where(inbound.c.external_id == external_id[:255])
    ).one()
    return Received(row.id, row.route, row.matter_key, "duplicate")


def _matter(session: Session, incoming: Incoming, sender: _Sender) -> _Matter | None:
    """The running matter: of the letter that is answered, of the thread, or of the key that the subject quotes where
    it is the sender's own."""
    answered = _answered(session, incoming, sender)
    if answered is not None:
        return _Matter(answered, _route_of_key(answered))
    row = session.execute(
        sa.select(inbound.c.matter_key, inbound.c.route)
        .where(
            inbound.c.thread == incoming.thread[:255],
            inbound.c.sender == sender.address,
            inbound.c.external_id != incoming.external_id[:255],
            inbound.c.matter_key.is_not(None),
        )
        .order_by(inbound.c.id)
        .limit(1)
    ).first()
    if row is not None:
        return _Matter(row.matter_key, row.route if row.route in MESSAGES else _route_of_key(row.matter_key))
    quoted = key_in(incoming.subject)
    return _Matter(quoted, _route_of_key(quoted)) if quoted and _owns(session, sender, quoted) else None


def _route_of_key(key: str) -> str:
    return "complaint" if key.startswith(f"{COMPLAINT}-") else "reply"


def _answered(session: Session, incoming: Incoming, sender: _Sender) -> str | None:
    """The case of the letter of ours that this answers: its Message-ID is made from the letter's dedupe key."""
    if not incoming.answers:
        return None
    o, settings = t.outbox.c, runtime_of(session).settings
    rows = session.execute(
        sa.select(o.dedupe_key, t.instance.c.business_key)
        .join(t.instance, t.instance.c.id == o.instance_id)
        .where(o.recipient == sender.address, o.channel == "email", t.instance.c.business_key.is_not(None))
        .order_by(o.id.desc())
        .limit(_LETTERS)
    )
    asked = set(incoming.answers)
    return next(
        (str(row.business_key) for row in rows if message_id(row.dedupe_key, settings.mail_from) in asked), None
    )


def _owns(session: Session, sender: _Sender, key: str) -> bool:
    """Whether a quoted key is of the sender's own: nobody reaches another's matter by writing its number."""
    wrote = sa.select(inbound.c.id).where(inbound.c.matter_key == key, inbound.c.sender == sender.address)
    if session.execute(wrote.limit(1)).first() is not None:
        return True
    if sender.party is None:
        return False
    if sender.party.business_key == key:
        return True
    project = projects.find(session, key) if key.startswith("PJ-") else None
    if project is not None:
        held = projects.roles_of(session, project_id=project.id)
        return sender.party.id in {one.party_id for one in held}
    theirs = sa.select(inbound.c.id).where(inbound.c.matter_key == key, inbound.c.party_id == sender.party.id)
    return session.execute(theirs.limit(1)).first() is not None


def _route(incoming: Incoming, sender: _Sender, matter: _Matter | None) -> Route:
    if matter is not None:
        return "reply"
    if incoming.automatic:
        return "unsorted"
    routes: tuple[Route, ...] = ("complaint", "suggestion", "inquiry")
    chosen = next((one for one in routes if one == incoming.route), None)
    known = sender.party is not None
    return chosen or route_of(incoming.mailbox, incoming.subject, incoming.text, known=known)


def _new_key(session: Session, route: str) -> str | None:
    runtime = runtime_of(session)
    prefix = {"complaint": COMPLAINT, "suggestion": COMPLAINT, "inquiry": keys.PROJECT}.get(route)
    year = runtime.now().astimezone(runtime.zone).year
    return None if prefix is None else keys.next_key(session, prefix, year)


# ── filing and telling ─────────────────────────────────────────────────────────────────────────────────────────────


def _file(session: Session, incoming: Incoming, sender: _Sender, key: str) -> list[int]:
    stamp = Stamp(incoming.at, sender.address, incoming.channel)
    most = runtime_of(session).settings.max_upload_bytes
    made = []
    for one in incoming.files:
        if len(one.content) > most:
            continue
        filing = Filing(
            subject_key=key,
            kind="attachment",
            name=one.name[:200],
            party_id=sender.party.id if sender.party else None,
            contact_id=sender.contact_id,
        )
        made.append(documents.keep(session, one.content, filing, stamp, one.media_type).id)
    return made


def _variables(incoming: Incoming, sender: _Sender, topic: str, files: list[int]) -> dict[str, Any]:
    """What the process is told: the sender by address, the words, the conversation."""
    by_phone = "@" not in sender.address
    said: dict[str, Any] = {
        "channel": incoming.channel,
        "contact_name": incoming.sender_name,
        "email": None if by_phone else sender.address,
        "phone": sender.address if by_phone else None,
        "language": incoming.language,
        "files": [str(one) for one in files],
    }
    if topic == "inquiry":
        company = sender.party.legal_name if sender.party else incoming.sender_name or sender.address
        return said | {
            "client_name": company,
            "client_role": "borrower",
            "project_name": incoming.subject[:100] or None,
            "need": incoming.text[:2000],
            "source": incoming.channel,
            "consent_contact": True,
        }
    return said | {
        "kind": topic,
        "subject": incoming.subject or _SUBJECTS[topic][0 if incoming.language.startswith("zh") else 1],
        "text": incoming.text,
        "thread": incoming.thread,
        "party_id": str(sender.party.id) if sender.party else None,
    }


def _tell(session: Session, incoming: Incoming, sender: _Sender, key: str | None, row_id: int) -> None:
    """On the client's timeline, and to whoever looks after the client; of nobody's messages the desk is told."""
    project = projects.find(session, key) if key and key.startswith("PJ-") else None
    party = sender.party or (main_party(session, project.id) if project else None)
    if party is not None:
        interactions.add(
            session,
            Interaction(
                party_id=party.id,
                project_id=project.id if project else None,
                contact_id=sender.contact_id,
                at=incoming.at,
                channel=incoming.channel,
                direction="in",
                person=incoming.sender_name or sender.address,
                subject=incoming.subject[:255] or "来信",
                text=incoming.text,
                outcome="automatic" if incoming.automatic else None,
                by=f"channel:{incoming.channel}",
            ),
        )
    if incoming.automatic:
        return
    owner = (project.owner if project else None) or (party.owner if party else None)
    data = {
        "sender": incoming.sender_name or sender.address,
        "subject": incoming.subject,
        "client_name": party.legal_name if party else sender.address,
        "matter_key": key or "",
        "path": f"/clients/{party.business_key}" if party else "",
    }
    for person in [owner] if owner else identity.members(session, DESK):
        outbox.add(session, "in_app", person, "mail_received", data, dedupe_key=f"inbound:{row_id}:{person}")
