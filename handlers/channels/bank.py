"""The bank's letterbox: payment orders leave as files in `<data_dir>/bank/out`, one each, named by its reference.

A file appears whole or not at all (written beside, then renamed), and the same order again writes the same name: what
fetches the folder, SFTP or EBICS, never sees half an order nor two.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import ChannelDown, RecipientRefused
from engine.outbox import Message
from engine.settings import Settings
from handlers.bank import Order, cancellation, payment_order

OUT, IN, DONE = "out", "in", "done"


def folder(settings: Settings, name: str) -> Path:
    """One of the letterbox's folders; made when it is not there."""
    path = settings.data_dir / "bank" / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def send(settings: Settings, session: Session, message: Message) -> None:
    """Write one order. Templates: `pain.001` (data: an order) and `camt.055` (an order and `reason`).

    ChannelDown when the folder cannot be written; RecipientRefused for another template.
    """
    order = read(message.data)
    if message.template == "pain.001":
        content = payment_order(order)
    elif message.template == "camt.055":
        content = cancellation(order, str(message.data.get("reason") or ""))
    else:
        raise RecipientRefused(channel="bank", recipient=message.recipient, reason=f"no form {message.template}")
    try:
        place = folder(settings, OUT) / f"{order.ref}.{message.template}.xml"
        beside = place.with_suffix(".part")
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except OSError as error:
        raise ChannelDown(channel="bank", reason=str(error)) from error


def data(order: Order) -> dict[str, object]:
    """An order as a message carries it."""
    return {name: _plain(getattr(order, name)) for name in Order.__dataclass_fields__}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def read(given: Mapping[str, Any]) -> Order:
    """The order that a message carries."""
    values = {name: given.get(name) for name in Order.__dataclass_fields__}
    values |= {"amount": Decimal(str(given["amount"])), "day": date.fromisoformat(str(given["day"]))}
    values |= {"at": datetime.fromisoformat(str(given["at"]))}
    return Order(**values)  # type: ignore[arg-type]  # names and kinds are those of `data`
