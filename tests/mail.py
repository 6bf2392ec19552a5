"""A real SMTP server on loopback, and the mails that it took in."""

from __future__ import annotations

import socket
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler


class PostOffice:
    """Use as a context manager; `address` is what the settings want, `mails` what came."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"smtp://127.0.0.1:{port}"
        office = self

        class Handler(MessageHandler):
            def handle_message(self, message: Message) -> None:
                office.mails.append(cast(EmailMessage, message_from_bytes(message.as_bytes(), policy=default)))

        self._server = Controller(Handler(), hostname="127.0.0.1", port=port)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def to(self, address: str) -> list[str]:
        """Subjects of the mails to an address, in the order they came."""
        return [str(mail["Subject"]) for mail in self.mails if address in str(mail["To"])]
