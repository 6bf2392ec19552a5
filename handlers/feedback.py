"""A word back on any letter: the link at its foot, and what comes in by it (requirement B21).

Law: the link is signed and names the letter and the client, so that nobody needs an account and nobody can speak for
another; what is sent twice is one message. It becomes a complaint or a suggestion of process S1, like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.execution import runtime_of
from engine.settings import Settings
from handlers import inputs
from handlers.channels import signatures
from handlers.inbound import Incoming, receive
from handlers.records import parties

PATH = "/feedback/"
"""Where web takes it; the token follows."""
PURPOSE = "feedback"
KINDS = ("suggestion", "complaint")
MOST_LETTERS = 4000


@dataclass(frozen=True, slots=True)
class Letter:
    """What a link says: to whom the letter went and which one it was."""

    party_id: int
    address: str
    key: str


def url(settings: Settings, letter: Letter) -> str:
    """The link at the foot of a letter."""
    said = orjson.dumps([letter.party_id, letter.address, letter.key]).decode()
    return f"{settings.base_url.rstrip('/')}{PATH}{signatures.token(settings, PURPOSE, said)}"


def letter_of(settings: Settings, token: str) -> Letter:
    """The letter of a link. NotFound for one that is not ours."""
    said = signatures.told_by(settings, PURPOSE, token)
    if said is None:
        raise NotFound(what="link", what_zh="链接", id=token[:12])
    party_id, address, key = orjson.loads(said)
    return Letter(int(party_id), str(address), str(key))


def take(session: Session, token: str, values: Mapping[str, Any]) -> str:
    """What the client wrote, on its way to S1; returns the business key. The same words again are the same message.

    values: kind suggestion|complaint, text, language. NotFound for a link that is not ours; InvalidInput without words,
    or with too many.
    """
    runtime = runtime_of(session)
    letter = letter_of(runtime.settings, token)
    text = inputs.text(values.get("text"))
    if text is None:
        raise InvalidInput(place="text", reason="please write a few words", reason_zh="请填写内容")
    if len(text) > MOST_LETTERS:
        most = f"{MOST_LETTERS:,}"
        raise InvalidInput(place="text", reason=f"at most {most} characters", reason_zh=f"最多 {most} 个字符")
    kind = values.get("kind") if values.get("kind") in KINDS else "suggestion"
    digest = hashlib.sha256(f"{letter.key}|{text}".encode()).hexdigest()[:32]
    party = parties.find(session, letter.party_id)
    incoming = Incoming(
        channel="web",
        external_id=f"feedback:{digest}",
        thread=f"feedback:{hashlib.sha256(letter.key.encode()).hexdigest()[:32]}",
        sender=letter.address,
        subject="",
        text=text,
        at=runtime.now(),
        party_id=party.id if party else None,
        route=str(kind),
        language=inputs.text(values.get("language")) or runtime.settings.language,
    )
    return receive(session, incoming).matter_key or ""
