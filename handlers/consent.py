"""Whether and when somebody outside may be written to. Law: who said no is not written to, but for an answer they asked
for or a notice that a contract or the law requires; nobody is woken up.

Our own people and addresses that the book does not know have said nothing: they may be written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo

from sqlalchemy.orm import Session

from engine.registry import Context, handles
from handlers import inputs
from handlers.records import preferences
from handlers.records.changes import once

QUIET: Mapping[str, tuple[str, str]] = {"sms": ("21:00", "08:00")}
"""The house's quiet hours by channel, for those who set none: a mail wakes nobody, a text does."""


def refused(session: Session, channel: str, address: str) -> bool:
    """Whether everybody whom the book knows by this address said no to this channel."""
    known = preferences.reached_by(session, address)
    return bool(known) and not any(one.allows(channel) for one in known)


def not_before(session: Session, channel: str, address: str, now: datetime, zone: tzinfo) -> datetime | None:
    """When a message may go out at the earliest, by the person's quiet hours or the house's; None: now."""
    known = preferences.reached_by(session, address)
    quiet = next((one.quiet for one in known if one.quiet), None) or QUIET.get(channel)
    return None if quiet is None else after(quiet, now, zone)


def after(quiet: tuple[str, str], now: datetime, zone: tzinfo) -> datetime | None:
    """The end of the quiet hours that `now` is in; None outside of them. Over midnight when the end comes first."""
    begin, end = (time.fromisoformat(one) for one in quiet)
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    within = begin <= clock < end if begin <= end else clock >= begin or clock < end
    if not within:
        return None
    day = local.date() + timedelta(days=1) if clock >= end else local.date()
    return datetime.combine(day, end, zone)


@handles("contact.set_preferences", transactional=True)
def contact_set_preferences(
    ctx: Context,
    contact_id: object,
    channels: Mapping[str, object] | None = None,
    quiet_from: str | None = None,
    quiet_until: str | None = None,
) -> Mapping[str, object]:
    """Keep what a person said of being written to.

    In: contact_id, channels {email|sms|phone|chat: yes or no}, quiet_from and quiet_until (HH:MM, business zone).
    Out: nothing. Errors: InvalidInput. Idempotent by job key.
    """

    def keep() -> Mapping[str, object]:
        person = inputs.ident(contact_id, "contact_id")
        said = {str(name): inputs.yes(value) for name, value in (channels or {}).items()}
        quiet = (str(quiet_from), str(quiet_until)) if quiet_from and quiet_until else None
        if person is not None:
            preferences.put(ctx.session, person, inputs.stamp(ctx, "client"), channels=said, quiet=quiet)
        return {}

    return once(ctx.session, ctx.job_key, "contact.set_preferences", ctx.now, keep)
