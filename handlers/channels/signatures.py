"""Signed messages between programs, HMAC-SHA-256 (RFC 2104) over moment and body, and sealed texts in links.

The header reads `t=<seconds since 1970>,v1=<hex>`; signed is `<t>.<body>`. Old messages are refused, so that one that
was overheard cannot be played again later. Keys are derived from the installation's secret, a name and a generation:
no table holds one, and a new generation makes the old key worthless.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import suppress
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from engine.settings import Settings, secret

HEADER = "Dealflow-Signature"
TOLERANCE = timedelta(minutes=5)
"""How old a signed message may be, and how far a sender's clock may run ahead."""
_SHORT = 16
"""Bytes of a link's signature: 128 bits."""


def key(settings: Settings, purpose: str, name: str, generation: int = 1) -> str:
    """The signing key of a partner, in hex: what is told to them once."""
    said = f"{purpose}:{name}:{generation}".encode()
    return hmac.new(secret(settings).encode(), said, hashlib.sha256).hexdigest()


def sign(signing_key: str, body: bytes, at: datetime) -> str:
    """The header's value for a body sent at a moment."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={_digest(signing_key, stamp, body)}"


def holds(signing_key: str, header: str, body: bytes, now: datetime) -> bool:
    """Whether the header is this key's over this body, and recent."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    stamp, told = parts.get("t", ""), parts.get("v1", "")
    if not stamp.isdigit() or not hmac.compare_digest(_digest(signing_key, stamp, body), told):
        return False
    return abs(now.timestamp() - int(stamp)) <= TOLERANCE.total_seconds()


def _digest(signing_key: str, stamp: str, body: bytes) -> str:
    return hmac.new(signing_key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def token(settings: Settings, purpose: str, text: str) -> str:
    """A text that comes back to us in a link: url-safe, made by nobody else and read by nobody else, for one purpose.

    AES-SIV (RFC 5297), so that the same text has the same link; addresses stand in the logs of every proxy.
    """
    return base64.urlsafe_b64encode(_box(settings, purpose).encrypt(text.encode(), None)).decode().rstrip("=")


def told_by(settings: Settings, purpose: str, given: str) -> str | None:
    """The text of a token; None when it is not ours. Letters of before have tokens that are signed alone."""
    try:
        raw = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
    except ValueError:
        return None
    with suppress(InvalidTag):
        return _box(settings, purpose).decrypt(raw, None).decode()
    mark, body = raw[:_SHORT], raw[_SHORT:]
    wanted = hmac.new(key(settings, purpose, "link").encode(), body, hashlib.sha256).digest()[:_SHORT]
    return body.decode(errors="replace") if hmac.compare_digest(mark, wanted) else None


def _box(settings: Settings, purpose: str) -> AESSIV:
    return AESSIV(bytes.fromhex(key(settings, purpose, "sealed link")))
