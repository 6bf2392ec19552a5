"""Group robots of WeCom, DingTalk and Feishu, through apprise. The recipient is the name of an endpoint.

Addresses as apprise writes them: `wecombot://KEY`, `dingtalk://SECRET@TOKEN`, `feishu://TOKEN` (Lark: `lark://TOKEN`);
`json://` and `jsons://` for a house's own gateway. No other service of apprise is even loaded: some reach into the
machine. What is sent is the template's subject and text; client letters do not belong in a group, task notices do.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from engine.errors import DeliveryDelayed, InvalidInput
from engine.outbox import Message
from engine.settings import Settings
from handlers import letters
from handlers.channels.rendering import render
from handlers.channels.webhook import active

ROBOTS: Mapping[str, tuple[str, str]] = {
    "wecombot": ("wecombot", "NotifyWeComBot"),
    "dingtalk": ("dingtalk", "NotifyDingTalk"),
    "feishu": ("feishu", "NotifyFeishu"),
    "lark": ("lark", "NotifyLark"),
    "json": ("custom_json", "NotifyJSON"),
    "jsons": ("custom_json", "NotifyJSON"),
}
"""Scheme of the address -> module and class of apprise's plugins; loaded when one is used."""


def send(settings: Settings, session: Session, message: Message) -> None:
    """Hand one message to a robot. RecipientRefused for an unknown endpoint, DeliveryDelayed when the service does not
    take it, TemplateWrong."""
    endpoint = active(session, "chat", message.recipient)
    own, house = letters.own(session), letters.signature(session)
    text = render(settings, message.template, message.language, message.data, own, house)
    robot = robot_at(endpoint.url)
    heard = _Heard()
    logging.getLogger("apprise").addHandler(heard)
    try:
        done = robot.notify(title=text.subject, body=text.body, body_format="text")
    finally:
        logging.getLogger("apprise").removeHandler(heard)
    if not done:
        reason = heard.last or "the service did not take it"
        raise DeliveryDelayed(channel="chat", recipient=endpoint.name, reason=reason)


def robot_at(url: str) -> Any:
    """The robot of an address. InvalidInput for an address that is none."""
    named = ROBOTS.get(urlsplit(url).scheme)
    kind = getattr(importlib.import_module(f"apprise.plugins.{named[0]}"), named[1]) if named else None
    parts = kind.parse_url(url) if kind is not None else None
    try:
        if kind is not None and parts:
            return kind(**parts)
    except TypeError as error:  # apprise's refusals are such
        raise InvalidInput(place="url", reason=str(error), reason_zh=f"机器人地址无效：{error}") from error
    wanted = ", ".join(f"{one}://" for one in ROBOTS)
    raise InvalidInput(place="url", reason=f"one of {wanted} is wanted", reason_zh=f"应为以下形式之一：{wanted}")


def checked(url: str) -> str:
    """An address that a robot can be reached at. InvalidInput."""
    robot_at(url)
    return url


class _Heard(logging.Handler):
    """What apprise says of its failure: it tells its log alone. Addresses hold keys and are not repeated."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage().partition("://")[0][:300]
