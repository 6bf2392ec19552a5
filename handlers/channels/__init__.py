"""Ways to reach people, one file a channel, all with one signature: `send(settings, session, message) -> None`.

Law: a channel sends one message or raises (ChannelDown, DeliveryDelayed, RecipientRefused, TemplateWrong); when, how
often and whether at all is the outbox's. `per_minute(settings)` on its function says how many it takes (0: any). A
channel marked `transactional` only writes rows, in the outbox's own transaction.
"""

from collections.abc import Mapping

from engine.outbox import Channel
from handlers.channels import bank, chat, email, in_app, sms, webhook

CHANNELS: Mapping[str, Channel] = {
    "email": email.send,
    "in_app": in_app.send,
    "bank": bank.send,
    "webhook": webhook.send,
    "chat": chat.send,
    "sms": sms.send,
}
"""By the name that models and reminder policies use; `bank` takes payment orders. The last three go to endpoints."""
