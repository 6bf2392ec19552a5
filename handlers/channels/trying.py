"""One message through a channel, now, to see whether it works. Law: nothing is kept of it, and nothing waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine.outbox import Message
from engine.settings import Settings
from handlers.channels import CHANNELS

TEMPLATE = "channel_test"


def send_trial(settings: Settings, session: Session, channel: str, recipient: str, by: str, now: datetime) -> None:
    """Hand the letter `channel_test` over. The channel's own errors say why not."""
    message = Message(0, channel, recipient, TEMPLATE, settings.language, {"by": by}, f"trial:{now.isoformat()}", now)
    CHANNELS[channel](settings, session, message)
