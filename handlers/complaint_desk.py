"""A complaint or suggestion by the public page, and how it stands, by link (process S1; requirements A34, B23).

Law: whoever writes is believed nothing but their words: the link shows dates, never what others wrote or what was
answered. What is sent twice is one message. The link is signed; nobody finds another's by counting.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.execution import runtime_of
from engine.settings import Settings
from handlers import case_files, documents, inputs, names
from handlers.channels import signatures
from handlers.inbound import Incoming, receive
from handlers.inbound.receiving import Attached
from handlers.records.tables import complaint as complaints
from handlers.records.tables import complaint_message as messages
from handlers.records.tables import inbound_message as inbound

PATH = "/complaint/"
"""Where web shows how it stands; the token follows."""
PURPOSE = "complaint_status"
KINDS = ("complaint", "suggestion")
MOST_LETTERS, MOST_FILES = 4000, 5
_BY_KEY, _BY_ROW = "key:", "row:"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a complaint stands, for its sender. `joined`: it was added to a matter that was under way before."""

    reference: str
    kind: str
    received_at: datetime
    joined: bool
    acknowledged_at: datetime | None = None
    due: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None


def take(
    session: Session, values: Mapping[str, Any], ticket: str, files: Sequence[tuple[str, bytes]] = ()
) -> tuple[str, str]:
    """What somebody wrote, on its way to S1; returns (reference, token of its page).

    values: kind complaint|suggestion, name, company, email, phone, reference (of the project or contract), subject,
    text, language. files: (name, bytes), five at most. InvalidInput names the field that is missing or wrong.
    """
    runtime = runtime_of(session)
    sender = _sender(values)
    text = inputs.prose(values.get("text"))
    if text is None:
        raise InvalidInput(place="text", reason="please write what happened", reason_zh="请写明情况")
    if len(text) > MOST_LETTERS:
        most = f"{MOST_LETTERS:,}"
        raise InvalidInput(place="text", reason=f"at most {most} characters", reason_zh=f"最多 {most} 个字符")
    if len(files) > MOST_FILES:
        raise InvalidInput(
            place="file", reason=f"at most {MOST_FILES} files", reason_zh=f"最多上传 {MOST_FILES} 个文件"
        )
    attached = [(case_files.checked(name, content), content) for name, content in files]
    kind = str(values.get("kind")) if values.get("kind") in KINDS else KINDS[0]
    named = [inputs.text(values.get(one)) for one in ("name", "company")]
    about = inputs.text(values.get("reference"))
    mark = hashlib.sha256(f"{ticket}|{sender}".encode()).hexdigest()[:40]
    incoming = Incoming(
        channel="web",
        external_id=f"complaint:{mark}",
        thread=f"complaint:{mark}",
        sender=sender,
        sender_name=" · ".join(one for one in named if one)[:200] or None,
        subject=(inputs.prose(values.get("subject")) or "")[:200],
        text="\n".join(one for one in (text, f"[{about[:100]}]" if about else "") if one),
        at=runtime.now(),
        files=tuple(Attached(name, documents.type_of(name), content) for name, content in attached),
        route=kind,
        language=inputs.text(values.get("language")) or runtime.settings.language,
    )
    done = receive(session, incoming)
    return done.matter_key or "", signatures.token(runtime.settings, PURPOSE, f"{_BY_ROW}{done.id}")


def _sender(values: Mapping[str, Any]) -> str:
    """Where the answer goes: an e-mail address, else a telephone number."""
    email, phone = inputs.text(values.get("email")), inputs.text(values.get("phone"))
    if email is not None:
        if names.email_key(email) is None:
            raise InvalidInput(place="email", reason="this is no e-mail address", reason_zh="电子邮箱格式有误")
        return email
    if phone is not None:
        if names.phone_key(phone) is None:
            raise InvalidInput(place="phone", reason="this is no telephone number", reason_zh="电话号码格式有误")
        return phone
    raise InvalidInput(
        place="email", reason="we need an e-mail address or a telephone number to answer you",
        reason_zh="请填写电子邮箱或电话，以便答复您",
    )  # fmt: skip


def url(settings: Settings, complaint_key: str) -> str:
    """The link that a letter to the sender bears."""
    return f"{settings.base_url.rstrip('/')}{PATH}{signatures.token(settings, PURPOSE, _BY_KEY + complaint_key)}"


def standing(session: Session, token: str) -> Standing:
    """How the complaint of a link stands. NotFound for a link that is not ours."""
    said = signatures.told_by(runtime_of(session).settings, PURPOSE, token)
    if said is None:
        raise NotFound(what="link", what_zh="链接", id=token[:12])
    if said.startswith(_BY_KEY):
        row = _complaint(session, complaints.c.business_key == said.removeprefix(_BY_KEY))
        if row is None:
            raise NotFound(what="link", what_zh="链接", id=token[:12])
        return _told(row, row.received_at, joined=False)
    return _of_message(session, int(said.removeprefix(_BY_ROW)))


def _of_message(session: Session, row_id: int) -> Standing:
    came = session.execute(sa.select(inbound).where(inbound.c.id == row_id)).one()
    under = sa.select(messages.c.complaint_id).where(messages.c.business_key.in_([came.matter_key, f"IN-{row_id}"]))
    row = _complaint(session, complaints.c.id.in_(under))
    if row is None:
        return Standing(came.matter_key or f"IN-{row_id}", came.route, came.received_at, joined=False)
    later = sa.select(messages.c.id).where(messages.c.complaint_id == row.id, messages.c.business_key == f"IN-{row_id}")
    if row.business_key != came.matter_key or session.execute(later).first() is not None:
        return Standing(row.business_key, row.kind, came.received_at, joined=True)
    return _told(row, came.received_at, joined=False)


def _complaint(session: Session, where: sa.ColumnElement[bool]) -> Any:
    return session.execute(sa.select(complaints).where(where).order_by(complaints.c.id).limit(1)).first()


def _told(row: Any, received_at: datetime, *, joined: bool) -> Standing:
    return Standing(
        reference=row.business_key,
        kind=row.kind,
        received_at=received_at,
        joined=joined,
        acknowledged_at=row.acknowledged_at,
        due=row.solve_due,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
    )
