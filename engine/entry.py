"""How people come in and stay in: browsers that are signed in, and links by which somebody chooses a password.

Law: what a browser or a link carries stands here only as its hash; a link serves once and ends by itself.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.store import tables as t

LINK_TIME = timedelta(hours=72)
"""How long a link to choose a password serves."""
SEEN_EVERY = timedelta(minutes=10)
"""How exactly it is kept when a browser was last seen."""
s = t.web_session.c


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser in which somebody is signed in. `id`: its hash."""

    id: str
    how: str
    agent: str
    started_at: datetime
    seen_at: datetime


def digest(secret: str) -> str:
    """What is stored of a secret: SHA-256, in hex. Enough, because our secrets are long and by chance."""
    return hashlib.sha256(secret.encode()).hexdigest()


def begin(session: Session, person: str, how: str, agent: str) -> str:
    """Somebody has signed in at a browser; returns what its cookie is to carry."""
    secret, now = secrets.token_urlsafe(24), runtime_of(session).now()
    row = {"person_id": person, "how": how, "agent": agent[:200], "started_at": now, "seen_at": now}
    session.execute(sa.insert(t.web_session).values(sha256=digest(secret), **row))
    return secret


def alive(session: Session, person: str, secret: str) -> bool:
    """Whether this browser is still signed in as the person."""
    query = sa.select(s.sha256).where(s.sha256 == digest(secret), s.person_id == person, s.ended_at.is_(None))
    return session.scalar(query) is not None


def stale(session: Session, secret: str) -> bool:
    """Whether it is worth writing down that this browser was seen."""
    seen = session.scalar(sa.select(s.seen_at).where(s.sha256 == digest(secret)))
    return seen is not None and runtime_of(session).now() - seen >= SEEN_EVERY


def seen(session: Session, secret: str) -> None:
    """This browser was seen just now."""
    now = runtime_of(session).now()
    session.execute(sa.update(t.web_session).where(s.sha256 == digest(secret)).values(seen_at=now))


def end(session: Session, secret: str) -> None:
    """Somebody signs out at one browser."""
    now = runtime_of(session).now()
    session.execute(
        sa.update(t.web_session).where(s.sha256 == digest(secret), s.ended_at.is_(None)).values(ended_at=now)
    )


def end_all(session: Session, person: str) -> int:
    """Sign somebody out everywhere; returns in how many browsers they were."""
    query = sa.update(t.web_session).where(s.person_id == person, s.ended_at.is_(None))
    return len(session.execute(query.values(ended_at=runtime_of(session).now()).returning(s.sha256)).all())


def open_sessions(session: Session, person: str, since: datetime) -> tuple[WebSession, ...]:
    """The browsers in which somebody is signed in and was seen since then, the latest first."""
    rows = session.execute(
        sa.select(s.sha256, s.how, s.agent, s.started_at, s.seen_at)
        .where(s.person_id == person, s.ended_at.is_(None), s.seen_at >= since)
        .order_by(s.seen_at.desc())
    )
    return tuple(WebSession(*row) for row in rows)


def make_link(session: Session, person: str, by: str) -> str:
    """A link's secret with which the person chooses a password; earlier links of theirs no longer serve."""
    secret, now = secrets.token_urlsafe(32), runtime_of(session).now()
    mine = sa.and_(t.entry_link.c.person_id == person, t.entry_link.c.used_at.is_(None))
    session.execute(sa.update(t.entry_link).where(mine).values(used_at=now))
    row = {"person_id": person, "created_at": now, "created_by": by, "expires_at": now + LINK_TIME}
    session.execute(sa.insert(t.entry_link).values(sha256=digest(secret), **row))
    return secret


def link_of(session: Session, secret: str) -> str | None:
    """Whose link it is; None when it is unknown, spent or over."""
    c = t.entry_link.c
    fresh = sa.and_(c.used_at.is_(None), c.expires_at > runtime_of(session).now())
    return session.scalar(sa.select(c.person_id).where(c.sha256 == digest(secret), fresh))


def use_link(session: Session, secret: str) -> str | None:
    """Spend a link; returns whose it was, once."""
    c, now = t.entry_link.c, runtime_of(session).now()
    spent = sa.update(t.entry_link).where(c.sha256 == digest(secret), c.used_at.is_(None), c.expires_at > now)
    owner: str | None = session.scalar(spent.values(used_at=now).returning(c.person_id))
    return owner
