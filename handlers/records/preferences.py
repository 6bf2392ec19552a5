"""What a client's person said of being written to: by which channels, and when not. The newest word counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from engine.store import upsert
from handlers import names
from handlers.records.changes import Stamp
from handlers.records.tables import contact as contacts
from handlers.records.tables import contact_preference as preferences

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as far as writing to them goes. `channels`: what they said of each; `consent`: of all others."""

    contact_id: int
    party_id: int
    consent: bool
    channels: Mapping[str, bool]
    quiet: tuple[str, str] | None
    """From, until, as clock times of the business zone."""

    def allows(self, channel: str) -> bool:
        """Whether this channel may be used."""
        return self.channels.get(channel, self.consent)


def reached_by(session: Session, address: str) -> tuple[Person, ...]:
    """The client's people with an e-mail address or a telephone number."""
    keyed = names.email_key(address) or address, names.phone_key(address) or address
    rows = session.execute(
        sa.select(
            contacts.c.id,
            contacts.c.party_id,
            contacts.c.consent,
            preferences.c.channels,
            preferences.c.quiet_from,
            preferences.c.quiet_until,
        )
        .join_from(contacts, preferences, preferences.c.contact_id == contacts.c.id, isouter=True)
        .where(sa.or_(contacts.c.email == keyed[0], contacts.c.mobile == keyed[1]))
        .order_by(contacts.c.id)
    )
    return tuple(
        Person(
            row.id,
            row.party_id,
            bool(row.consent),
            row.channels or {},
            (row.quiet_from, row.quiet_until) if row.quiet_from and row.quiet_until else None,
        )
        for row in rows
    )


def put(
    session: Session,
    contact_id: int,
    stamp: Stamp,
    *,
    channels: Mapping[str, bool] | None = None,
    quiet: tuple[str, str] | None = None,
) -> None:
    """Keep what a person said; channels not named stay as they were. InvalidInput for what is no clock time."""
    for clock in quiet or ():
        if not _CLOCK.fullmatch(clock):
            raise InvalidInput(place="quiet", reason=f"not a time: {clock}", reason_zh=f"不是有效时间：{clock}")
    before = session.execute(sa.select(preferences.c.channels).where(preferences.c.contact_id == contact_id)).scalar()
    values: dict[str, Any] = {
        "channels": {**(before or {}), **(channels or {})},
        "at": stamp.at,
        "by": stamp.by,
        "source": stamp.source,
    }
    if quiet is not None:
        values |= {"quiet_from": quiet[0], "quiet_until": quiet[1]}
    row = upsert(session, preferences).values(contact_id=contact_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=[preferences.c.contact_id], set_=values))
