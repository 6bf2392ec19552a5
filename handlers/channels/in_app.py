"""The bell in the page: a row in `notification`, in both languages, so that it follows the reader's choice."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import RecipientRefused
from engine.ids import new_id
from engine.outbox import Message
from engine.settings import Settings
from engine.store import Prepared
from engine.store import tables as t
from handlers import letters
from handlers.channels.rendering import render


def send(settings: Settings, session: Session, message: Message) -> None:
    """Write the notification of one person (recipient: their sign-in name). The subject is what the bell shows.

    RecipientRefused for an unknown person; TemplateWrong.
    """
    if _KNOWN.one(session, {"who": message.recipient}) is None:
        raise RecipientRefused(channel="in_app", recipient=message.recipient, reason="no such person")
    own, house = letters.own(session), letters.signature(session)
    _NOTIFY.later(
        session,
        {
            "id": new_id(),
            "person_id": message.recipient,
            "kind": message.template,
            "text_zh": render(settings, message.template, "zh", message.data, own, house).subject,
            "text_en": render(settings, message.template, "en", message.data, own, house).subject,
            "link": str(message.data.get("path") or message.data.get("link") or "")[:255],
            "created_at": message.created_at,
            "read_at": None,
        },
    )


_KNOWN = Prepared(sa.select(t.person.c.id).where(t.person.c.id == sa.bindparam("who")))
_NOTIFY = Prepared(sa.insert(t.notification))


send.transactional = True  # type: ignore[attr-defined]
