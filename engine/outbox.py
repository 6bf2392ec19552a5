"""Messages to people, as rows. Law: written in the step's transaction, sent later, each dedupe key once.

A channel is a function `send(settings, session, message)`; it raises when the message could not be handed over. A
dead mail server never stops a process: the row waits and is tried again. What will never be delivered (the address
refused, a template at fault) fails at once and becomes an incident. Mail that waited untried for `mail_hold_hours`,
because its channel was switched off, is held: whether a letter of long ago still goes out is for a person to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import incidents
from engine.crashpoints import reached
from engine.errors import (
    ChannelDown,
    Contended,
    DatabaseUnavailable,
    RecipientRefused,
    StorageFull,
    TemplateWrong,
    both,
)
from engine.execution import Runtime, runtime_of
from engine.ids import new_id
from engine.log import logger
from engine.settings import Settings
from engine.store import Prepared, dialect_insert, upsert
from engine.store import tables as t

log = logger("outbox")
FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS = timedelta(seconds=30), timedelta(hours=1), 50
PERMANENT = (RecipientRefused, TemplateWrong)
"""Another attempt would end the same: not tried again."""
HANDOVER_TIME = timedelta(minutes=5)
"""A message being sent is left alone this long; then whoever held it is taken for dead."""
UNKNOWN = "being handed over: whether it arrived is not known"
"""What the row says from just before the handing over until its outcome is written. Whoever finds it there sends the
message again (with the same Message-ID), and says so: a letter that may come twice is better than none."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message on its way: what a channel is given."""

    id: int
    channel: str
    recipient: str
    template: str
    language: str
    data: Mapping[str, Any]
    dedupe_key: str
    created_at: datetime
    instance_id: int | None = None
    attempt: int = 1


Channel = Callable[[Settings, Session, Message], None]
MINUTE = timedelta(minutes=1)


def add(
    session: Session,
    channel: str,
    recipient: str,
    template: str,
    data: Mapping[str, object],
    *,
    dedupe_key: str,
    language: str | None = None,
    instance_id: int | None = None,
    not_before: datetime | None = None,
) -> str:
    """Queue one message; `duplicate` when the dedupe key was there before, else `waiting`.

    `not_before`: it waits until then (a person's quiet hours).
    """
    runtime = runtime_of(session)
    now = runtime.now()
    row = {
        "id": new_id(),
        "channel": channel,
        "recipient": recipient,
        "template": template,
        "language": language or runtime.settings.language,
        "data": dict(data),
        "dedupe_key": dedupe_key,
        "created_at": now,
        "due_at": not_before or now,
        "instance_id": instance_id,
    }
    added = _adding(session.get_bind().dialect.name).one(session, row)
    return "waiting" if added is not None else "duplicate"


_TOLD = (
    "id", "channel", "recipient", "template", "language", "data", "dedupe_key", "created_at", "due_at", "instance_id",
)  # fmt: skip


@lru_cache
def _adding(dialect: str) -> Prepared:
    insert = dialect_insert(dialect, t.outbox).values(
        {**{name: sa.bindparam(name) for name in _TOLD}, "state": "waiting", "attempts": 0}
    )
    return Prepared(insert.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(t.outbox.c.id))


def sweep(runtime: Runtime, channels: Mapping[str, Channel], limit: int = 100) -> int:
    """Send what is due; returns how many were handed over. What leaves the house has a transaction a message."""
    if "email" in channels and not runtime.settings.smtp_url:
        channels = {name: send for name, send in channels.items() if name != "email"}
    outward = tuple(name for name, send in channels.items() if not _writes_rows(send))
    if held := runtime.unit(lambda session: _hold_stale(session, outward)):
        log.warning("mail_held", count=held, hours=runtime.settings.mail_hold_hours, see="dealflow mail")
    claimed = runtime.unit(lambda session: _claim_within(session, channels, limit))
    if claimed:
        reached("mail.claimed")
    sent, down, untried = _send_rows(runtime, channels, claimed), set[str](), list[int]()
    for message in claimed:
        if _writes_rows(channels[message.channel]):
            continue
        if message.channel in down:
            untried.append(message.id)
            continue
        outcome = _send(runtime, channels[message.channel], message)
        if isinstance(outcome, ChannelDown):
            down.add(message.channel)
        elif outcome:
            sent += 1
    if untried:
        log.warning("channel_down", channels=sorted(down), waiting=len(untried) + len(down))
        runtime.unit(lambda session: _give_back(session, untried))
    return sent


def _writes_rows(channel: Channel) -> bool:
    """Whether the channel only writes into the database (`transactional` on its function)."""
    return bool(getattr(channel, "transactional", False))


def _send_rows(runtime: Runtime, channels: Mapping[str, Channel], claimed: Sequence[Message]) -> int:
    """Send those of channels that write rows in one transaction; when one is at fault, each in its own."""
    messages = [one for one in claimed if _writes_rows(channels[one.channel])]
    if len(messages) > 1:
        try:
            return runtime.unit(lambda session: sum(_write(session, channels[m.channel], m) for m in messages))
        except (StorageFull, DatabaseUnavailable, Contended):
            raise
        except Exception as error:  # by itself each of them shows whose fault it is
            log.info("sent_one_by_one", count=len(messages), why=str(error))
    return sum(_send(runtime, channels[one.channel], one) is True for one in messages)


def _write(session: Session, channel: Channel, message: Message) -> bool:
    if not _mark_sent(session, message):
        return False
    channel(runtime_of(session).settings, session, message)
    return True


def _hold_stale(session: Session, channels: tuple[str, ...]) -> int:
    """Hold what waited too long for its channel and was never tried: its due moment is still that of its making."""
    o = t.outbox.c
    before = runtime_of(session).now() - timedelta(hours=runtime_of(session).settings.mail_hold_hours)
    stale = sa.and_(o.state == "waiting", o.attempts == 0, o.due_at <= before, o.due_at == o.created_at)
    if session.scalar(sa.select(o.id).where(stale, o.channel.in_(channels)).limit(1)) is None:
        return 0
    done = session.execute(sa.update(t.outbox).where(stale, o.channel.in_(channels)).values(state="held"))
    return int(getattr(done, "rowcount", 0))


def _give_back(session: Session, ids: list[int]) -> None:
    """The channel does not work just now: what was not tried waits without having lost an attempt."""
    session.execute(
        sa.update(t.outbox)
        .where(t.outbox.c.id.in_(ids), t.outbox.c.state == "waiting")
        .values(due_at=runtime_of(session).now() + FIRST_WAIT, attempts=t.outbox.c.attempts - 1)
    )


def _claim_within(session: Session, channels: Mapping[str, Channel], limit: int) -> list[Message]:
    """Claim what is due: of a channel with a limit (`per_minute(settings)` on its function) no more than is left of it.

    The channel's row among the leases is held while its claims of the last minute are counted, so that two processes
    do not both find room.
    """
    settings = runtime_of(session).settings
    limits = {name: getattr(send, "per_minute", lambda _settings: 0)(settings) for name, send in channels.items()}
    found = _claim(session, tuple(name for name, most in limits.items() if not most), limit)
    for name, most in limits.items():
        if most:
            _hold(session, name)
            room = most - _lately(session, name)
            found += _claim(session, (name,), min(room, limit)) if room > 0 else []
    return found


def _hold(session: Session, channel: str) -> None:
    now = runtime_of(session).now()
    row = upsert(session, t.lease).values(name=f"channel:{channel}", holder="", until=now)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"until": now}))


def _lately(session: Session, channel: str) -> int:
    """How many messages went to the channel within the last minute, or are on their way to it."""
    now, o = runtime_of(session).now(), t.outbox.c
    gone = sa.and_(o.state == "sent", o.sent_at > now - MINUTE)
    claimed = o.due_at.between(now + HANDOVER_TIME - MINUTE, now + HANDOVER_TIME)
    going = sa.and_(o.state == "waiting", o.attempts > 0, claimed)
    return session.scalar(sa.select(sa.func.count()).where(o.channel == channel, sa.or_(gone, going))) or 0


def _claim(session: Session, channels: tuple[str, ...], limit: int) -> list[Message]:
    now = runtime_of(session).now()
    rows = session.execute(
        sa.select(t.outbox)
        .where(t.outbox.c.state == "waiting", t.outbox.c.due_at <= now, t.outbox.c.channel.in_(channels))
        .order_by(t.outbox.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        session.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id.in_([row.id for row in rows]))
            .values(due_at=now + HANDOVER_TIME, attempts=t.outbox.c.attempts + 1)
        )
    for row in rows:
        if row.last_error == UNKNOWN:
            log.warning("message_may_come_twice", channel=row.channel, key=row.dedupe_key, attempt=row.attempts + 1)
    return [
        Message(
            r.id,
            r.channel,
            r.recipient,
            r.template,
            r.language,
            r.data,
            r.dedupe_key,
            r.created_at,
            r.instance_id,
            r.attempts + 1,
        )
        for r in rows
    ]


def _send(runtime: Runtime, channel: Channel, message: Message) -> bool | ChannelDown:
    """A channel marked `transactional` writes rows with the mark; others talk to the world with no lock held."""
    gone = False
    try:
        if _writes_rows(channel):
            with runtime.transaction() as session:
                if not _write(session, channel, message):
                    return False
        else:
            if not runtime.unit(lambda session: _still_mine(session, message)):
                return False
            with runtime.reading() as session:
                reached("mail.before")
                channel(runtime.settings, session, message)
                gone = True
    except Exception as error:
        if not gone:  # what breaks behind the handing over does not call it back
            _postpone(runtime, message, error)
            return error if isinstance(error, ChannelDown) else False
    if gone:
        reached("mail.handed_over")
        _note(runtime, message)
        reached("mail.noted")
    log.info("message_sent", channel=message.channel, template=message.template, key=message.dedupe_key)
    return True


def _note(runtime: Runtime, message: Message) -> None:
    """It went, and the row is to say so: when the connection breaks just now, over another one."""
    try:
        runtime.unit(lambda session: _mark_sent(session, message))
    except DatabaseUnavailable:
        runtime.unit(lambda session: _mark_sent(session, message))


def _still_mine(session: Session, message: Message) -> bool:
    """Whether the claim stands: it may have run out while the messages before this one were sent. It is renewed."""
    done = session.execute(
        sa.update(t.outbox)
        .where(t.outbox.c.id == message.id, t.outbox.c.state == "waiting", t.outbox.c.attempts == message.attempt)
        .values(due_at=runtime_of(session).now() + HANDOVER_TIME, last_error=UNKNOWN)
    )
    return bool(getattr(done, "rowcount", 0))


def _mark_sent(session: Session, message: Message) -> bool:
    if not _SENT.run(session, {"message": message.id, "now": runtime_of(session).now()}):
        return False
    _log(session, message, "sent")
    return True


_SENT = Prepared(
    sa.update(t.outbox)
    .where(t.outbox.c.id == sa.bindparam("message"), t.outbox.c.state == "waiting")
    .values(state="sent", sent_at=sa.bindparam("now"), last_error=None)
)


def _log(session: Session, message: Message, outcome: str, detail: str | None = None) -> None:
    """One line of the delivery log: what an attempt came to."""
    row = {"id": new_id(), "message_id": message.id, "instance_id": message.instance_id, "attempt": message.attempt}
    _LOG.later(session, {**row, "at": runtime_of(session).now(), "outcome": outcome, "detail": detail})


_LOG = Prepared(sa.insert(t.delivery))


def _postpone(runtime: Runtime, message: Message, error: Exception) -> None:
    log.warning("message_not_sent", channel=message.channel, key=message.dedupe_key, error=str(error))
    over = isinstance(error, PERMANENT) or message.attempt >= MOST_ATTEMPTS

    def write(session: Session) -> None:
        done = session.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id == message.id, t.outbox.c.state == "waiting")
            .values(
                due_at=runtime.now() + min(FIRST_WAIT * 2 ** min(message.attempt - 1, 20), LONGEST_WAIT),
                last_error=str(error)[:2000],
                state="failed" if over else "waiting",
            )
        )
        if not getattr(done, "rowcount", 0):
            return
        _log(session, message, "failed" if over else "delayed", str(error)[:2000])
        if over:
            why, why_zh = both(error)
            texts = (
                f"{message.channel} → {message.recipient} ({message.template}): {why}",
                f"{message.channel} → {message.recipient}（{message.template}）：{why_zh}",
            )
            incidents.raise_incident(
                session, "mail", message.template, type(error).__name__, texts, instance_id=message.instance_id
            )

    runtime.unit(write)


@dataclass(frozen=True, slots=True)
class Outbox:
    """The outbox of one instance, for handlers (`registry.Outbox`)."""

    session: Session
    instance_id: int | None

    def add(
        self,
        channel: str,
        recipient: str,
        template: str,
        data: Mapping[str, object],
        *,
        dedupe_key: str,
        language: str | None = None,
        not_before: datetime | None = None,
    ) -> str:
        """Queue one message in the step's own transaction."""
        return add(
            self.session,
            channel,
            recipient,
            template,
            data,
            dedupe_key=dedupe_key,
            language=language,
            instance_id=self.instance_id,
            not_before=not_before,
        )
