"""What people keep for their inbox: filters with a name, and the secret by which a calendar reads their due dates."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, identity
from engine.errors import Forbidden, InvalidInput, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.ids import new_id
from engine.queries.lists import Ask
from engine.store import tables as t
from engine.store import upsert
from engine.store.inboxes import calendar_feed, inbox_filter

MOST = 30
"""Filters of one person."""


def save_filter(
    session: Session,
    actor: Actor,
    name: str,
    ask: Ask,
    team: str | None = None,
    id: int | None = None,
    replace: bool = True,
) -> int:
    """Keep a filter under a name; one of the actor's of that name and another list is replaced, if `replace`. Returns
    its id.

    team: shares it with a team of the actor's. id: this filter of the actor's gets the name. InvalidInput: no name, too
    many, somebody else's team, the name of another filter for `id` or without `replace`; NotFound for an id that is
    none of theirs.
    """
    name = " ".join(name.split())[:60]
    if not name:
        raise InvalidInput(place="name", reason="give the filter a name", reason_zh="请为筛选命名")
    if team is not None and team not in actor.teams:
        raise InvalidInput(place="team", reason="choose a team of your own", reason_zh="请选择您所在的团队")
    f = inbox_filter.c
    own = session.execute(sa.select(f.id, f.name, f.query).where(f.person_id == actor.id)).all()
    values = {"team": team, "query": asdict(ask)}
    there = next((row for row in own if row.name == name), None)
    same = there.id if there else None
    if id is not None and id not in {row.id for row in own}:
        raise NotFound(what="filter", id=id)
    renames_onto = id is not None and same not in (None, id)
    if renames_onto or (id is None and there and not replace and Ask(**there.query) != ask):
        raise InvalidInput(place="name", reason=f"“{name}” is another filter", reason_zh=f"已有名为“{name}”的筛选")
    if (found := id or same) is not None:
        session.execute(sa.update(inbox_filter).where(inbox_filter.c.id == found).values(name=name, **values))
        return int(found)
    if len(own) >= MOST:
        raise InvalidInput(place="name", reason=f"{MOST} filters are enough", reason_zh=f"最多保存 {MOST} 个筛选")
    id, now = new_id(), runtime_of(session).now()
    session.execute(sa.insert(inbox_filter).values(id=id, person_id=actor.id, name=name, created_at=now, **values))
    return id


def drop_filter(session: Session, actor: Actor, id: int) -> None:
    """Forget a filter: one's own, or one that is shared with a team that one leads. NotFound, Forbidden."""
    row = session.execute(sa.select(inbox_filter).where(inbox_filter.c.id == id)).first()
    if row is None:
        raise NotFound(what="filter", id=id)
    if row.person_id != actor.id and row.team not in actor.leads and not actor.is_admin:
        raise Forbidden(reason="only who saved the filter takes it away", reason_zh="仅保存者可删除该筛选")
    session.execute(sa.delete(inbox_filter).where(inbox_filter.c.id == id))


def make_feed(session: Session, actor: Actor) -> str:
    """A new secret for the actor's calendar feed; the one before ends. Only its hash is kept: it is read this once."""
    secret = secrets.token_urlsafe(32)
    values = {"sha256": _digest(secret), "created_at": runtime_of(session).now()}
    insert = upsert(session, calendar_feed).values(person_id=actor.id, **values)
    session.execute(insert.on_conflict_do_update(index_elements=["person_id"], set_=values))
    audit.append(session, f"person:{actor.id}", actor.id, "calendar_feed_made", {})
    return secret


def end_feed(session: Session, actor: Actor) -> None:
    """The address of the actor's calendar feed ends."""
    session.execute(sa.delete(calendar_feed).where(calendar_feed.c.person_id == actor.id))
    audit.append(session, f"person:{actor.id}", actor.id, "calendar_feed_ended", {})


def feed_holder(session: Session, secret: str) -> Actor:
    """Whose calendar feed it is. NotFound when the address has ended, or the person no longer works here."""
    held = sa.select(calendar_feed.c.person_id).join(t.person, t.person.c.id == calendar_feed.c.person_id)
    person = session.scalar(held.where(calendar_feed.c.sha256 == _digest(secret), t.person.c.active.is_(True)))
    if person is None:
        raise NotFound(what="calendar", id="…")
    return identity.actor(session, person)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
