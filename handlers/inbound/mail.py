"""E-mail into messages. Law: whatever a mail program writes is read as well as it can be; nothing in it is executed,
fetched or believed. The mail itself is kept as it came, beside its attachments."""

from __future__ import annotations

import email.policy
import hashlib
import html
import re
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses

from handlers.inbound.receiving import Attached, Incoming

MOST_FILES = 30
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.S | re.I)
_BREAK = re.compile(r"<(br|/p|/div|/tr|/h\d)\b[^>]*>", re.I)
_BLANKS = re.compile(r"\n\s*\n\s*\n+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_QUOTED = re.compile(r"^\s*(>.*|-{2,}\s*(原始邮件|Original Message).*|在.*写道[:：]|On .*wrote:)\s*$", re.M)
_IDS = re.compile(r"<[^<>\s]+>")
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "ansi_x3.4-1968": "utf-8", "us-ascii": "utf-8"}


def read(content: bytes, at: datetime) -> Incoming:
    """A mail as it came (RFC 5322) into a message; `at`: when it was received. Never raises for what a mail may be."""
    mail = message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    digest = hashlib.sha256(content).hexdigest()
    own = _ids(mail, "Message-ID")
    answers = (*_ids(mail, "References"), *_ids(mail, "In-Reply-To"))
    sender = _addresses(mail, "From")[:1] or [("", "unknown")]
    text = _text(mail)
    return Incoming(
        channel="email",
        external_id=own[0] if own else f"sha256:{digest}",
        thread=(answers or own or (f"sha256:{digest}",))[0],
        sender=sender[0][1],
        sender_name=sender[0][0] or None,
        mailbox=next((address for _, address in (*_addresses(mail, "Delivered-To"), *_addresses(mail, "To"))), ""),
        subject=" ".join(_header(mail, "Subject").split())[:255],
        text=_fresh(text),
        at=at,
        answers=tuple(dict.fromkeys(answers)),
        files=(Attached("mail.eml", "message/rfc822", content), *_files(mail)),
        language="zh" if _CHINESE.search(f"{_header(mail, 'Subject')}{text}") else "en",
        automatic=_automatic(mail),
    )


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return str(mail.get(name, ""))
    except (ValueError, IndexError, AttributeError, TypeError):  # a header that the parser cannot take apart
        return ""


def _ids(mail: EmailMessage, name: str) -> tuple[str, ...]:
    return tuple(one[:255] for one in _IDS.findall(_header(mail, name)))


def _addresses(mail: EmailMessage, name: str) -> list[tuple[str, str]]:
    return [(shown.strip(), address) for shown, address in getaddresses([_header(mail, name)]) if address]


def _automatic(mail: EmailMessage) -> bool:
    """Sent by a program: out of office, bounces, lists (RFC 3834 §5, RFC 3464)."""
    if _header(mail, "Auto-Submitted").strip().lower() not in ("", "no"):
        return True
    if _header(mail, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    return mail.get_content_type() == "multipart/report" or _header(mail, "Return-Path").strip() == "<>"


def _text(mail: EmailMessage) -> str:
    """The plain words; of a mail in HTML alone, what of it is words."""
    try:
        part = mail.get_body(preferencelist=("plain", "html"))
    except (KeyError, ValueError, AttributeError):
        part = None
    if part is None:
        return ""
    words = _decoded(part)
    if part.get_content_type() == "text/html":
        words = html.unescape(_TAG.sub("", _BREAK.sub("\n", words)))
    return _BLANKS.sub("\n\n", words.replace("\r\n", "\n")).strip()


def _decoded(part: MIMEPart) -> str:
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    told = (part.get_content_charset() or "utf-8").lower()
    for charset in (_WIDER.get(told, told), "utf-8", "gb18030"):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("utf-8", errors="replace")


def _fresh(text: str) -> str:
    """Without what is quoted of earlier mails; all of it when nothing else would be left."""
    found = _QUOTED.search(text)
    own = text[: found.start()].strip() if found else text
    return own or text


def _files(mail: EmailMessage) -> tuple[Attached, ...]:
    found = []
    for number, part in enumerate(mail.iter_attachments(), start=1):
        raw = part.get_payload(decode=True)
        if not isinstance(raw, bytes):
            continue
        name = re.sub(r"[\x00-\x1f/\\]", "_", part.get_filename() or f"attachment-{number}")
        found.append(Attached(name, part.get_content_type(), raw))
    return tuple(found[:MOST_FILES])
