"""Mail over SMTP. Law: one message, one envelope, one recipient; the Message-ID is made from the dedupe key, so that
a mail server or reader that sees a repeated hand-over can tell.

`smtp_url`: `smtp://[user:password@]host[:port]` (STARTTLS when the server offers it; credentials never leave without
TLS except to this machine) or `smtps://…` (TLS from the start, port 465).
"""

from __future__ import annotations

import hashlib
import html
import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import ChannelDown, DeliveryDelayed, DocumentDamaged, NotFound, OperatorError, RecipientRefused
from engine.outbox import Message
from engine.settings import Settings
from engine.store import tables as t
from handlers import documents, letters
from handlers.channels.rendering import Text, render
from handlers.records import documents as records

TIMEOUT_SECONDS = 20
_LOCAL = ("localhost", "127.0.0.1", "::1")
_LINK = re.compile(r"https?://[^\s<>()\"',。;、)]+")


def send(settings: Settings, session: Session, message: Message) -> None:
    """Hand one mail to the server of `settings.smtp_url`.

    Recipient: an address, or the sign-in name of a person who has one. ChannelDown when the server cannot be
    reached or takes nothing, DeliveryDelayed when it does not take this mail now (4yz), RecipientRefused when it never
    will (5yz; RFC 5321 §4.2.1), TemplateWrong.
    """
    address = _address(session, message.recipient)
    own, house = letters.own(session), letters.signature(session)
    letter = render(settings, message.template, message.language, message.data, own, house)
    text = with_footer(letter, message)
    mail = compose(settings, message, address, text)
    attach(session, mail, message)
    _hand_over(settings, mail, address)


def _per_minute(settings: Settings) -> int:
    return settings.mail_per_minute


send.per_minute = _per_minute  # type: ignore[attr-defined]


def _address(session: Session, recipient: str) -> str:
    if "@" in recipient:
        return recipient
    found = session.execute(sa.select(t.person.c.email).where(t.person.c.id == recipient)).scalar()
    if not found:
        raise RecipientRefused(channel="email", recipient=recipient, reason="no mail address is known")
    return str(found)


def compose(settings: Settings, message: Message, address: str, text: Text) -> EmailMessage:
    """The mail: UTF-8 headers (RFC 2047), text and a plain HTML rendering of the same text."""
    mail = EmailMessage()
    mail["From"] = settings.mail_from
    mail["To"] = address
    mail["Subject"] = text.subject
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = message_id(message.dedupe_key, settings.mail_from)
    mail["Content-Language"] = text.language
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text.body)
    mail.add_alternative(_as_html(text), subtype="html")
    return mail


FOOTERS: Mapping[str, str] = {
    "zh": "对我们的服务有意见或建议，请告诉我们：{url}",
    "en": "Tell us what we could do better: {url}",
}


def with_footer(text: Text, message: Message) -> Text:
    """The text with the link by which a client answers, where the message has one."""
    url = message.data.get("feedback_url")
    if not url:
        return text
    return replace(text, body=f"{text.body}\n{FOOTERS[text.language].format(url=url)}\n")


def attach(session: Session, mail: EmailMessage, message: Message) -> None:
    """Add the documents that the message names (`files`: ids). RecipientRefused when one is gone: half a letter is
    none."""
    for id in message.data.get("files") or ():
        try:
            document = records.get(session, str(id))
            content = documents.content(session, document)
        except (NotFound, DocumentDamaged) as error:
            raise RecipientRefused(channel="email", recipient=message.recipient, reason=str(error)) from error
        kind, _, sub = document.media_type.partition("/")
        mail.add_attachment(content, maintype=kind, subtype=sub or "octet-stream", filename=document.name)


def message_id(dedupe_key: str, mail_from: str) -> str:
    """`<hash@domain of the sender>`: equal for every hand-over of one message (RFC 5322 §3.6.4)."""
    domain = parseaddr(mail_from)[1].partition("@")[2] or "localhost"
    return f"<{hashlib.sha256(dedupe_key.encode()).hexdigest()[:40]}@{domain}>"


def _as_html(text: Text) -> str:
    paragraphs = []
    for block in text.body.strip().split("\n\n"):
        escaped = html.escape(block, quote=False)
        linked = _LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escaped)
        paragraphs.append(f"<p>{linked.replace(chr(10), '<br>')}</p>")
    title, body = html.escape(text.subject), "".join(paragraphs)
    return (
        f'<!doctype html><html lang="{text.language}"><head><title>{title}</title></head><body>{body}</body></html>\n'
    )


def _hand_over(settings: Settings, mail: EmailMessage, address: str) -> None:
    server = urlsplit(settings.smtp_url)
    try:
        with _connect(server) as smtp:
            smtp.send_message(mail, to_addrs=[address])
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        raise _refused(address, code, answer) from error
    except smtplib.SMTPDataError as error:
        raise _refused(address, error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:  # the address needs SMTPUTF8, which the server does not speak
        raise RecipientRefused(channel="email", recipient=address, reason=str(error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise ChannelDown(channel="email", reason=str(error)) from error


def _refused(address: str, code: int, answer: bytes | str) -> OperatorError:
    """What a server's answer to this one mail means: 421 that it closes, 4yz for now, 5yz for good."""
    reason = f"{code} {answer.decode(errors='replace') if isinstance(answer, bytes) else answer}"
    if code == 421:
        return ChannelDown(channel="email", reason=reason)
    kind = RecipientRefused if 500 <= code < 600 else DeliveryDelayed
    return kind(channel="email", recipient=address, reason=reason)


def _connect(server: SplitResult) -> smtplib.SMTP:
    host = server.hostname or "localhost"
    smtp: smtplib.SMTP
    if server.scheme == "smtps":
        secure = ssl.create_default_context()
        smtp = smtplib.SMTP_SSL(host, server.port or 465, timeout=TIMEOUT_SECONDS, context=secure)
    else:
        smtp = smtplib.SMTP(host, server.port or 25, timeout=TIMEOUT_SECONDS)
    try:
        smtp.ehlo()
        encrypted = server.scheme == "smtps"
        if not encrypted and host not in _LOCAL and smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
            encrypted = True
        if server.username:
            if not encrypted and host not in _LOCAL:
                raise ChannelDown(channel="email", reason="the server offers no TLS; the password is not sent")
            smtp.login(unquote(server.username), unquote(server.password or ""))
    except BaseException:
        smtp.close()
        raise
    return smtp
