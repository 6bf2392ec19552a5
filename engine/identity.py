"""People, teams, absences, rights. Law: a person is a row with a sign-in name; a team is the group that diagrams name.

A right comes from a team: members of `admin` may do everything, a team's lead may reassign that team's tasks.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound, SignInRefused
from engine.execution import runtime_of
from engine.ids import new_id
from engine.store import tables as t
from engine.store import upsert

if TYPE_CHECKING:
    from argon2 import PasswordHasher

ADMIN = "admin"
PEOPLE, ADMINISTRATORS = "people", "administrators"
"""Turns (`engine.store.turns`): of whoever enters somebody or gives them an address, and lets an administrator go."""
TRIES_BEFORE_LOCK = 5
LOCK_TIME = timedelta(minutes=15)


@cache
def _hasher() -> PasswordHasher:
    """Brought in by the first sign-in: workers have none."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """Checked when the name is unknown, so that an answer takes as long either way. Made once, not by every import."""
    return _hasher().hash(secrets.token_hex(8))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with their teams, a program with the scopes of its token, or the engine itself (`system`).

    unseen: business facts that they are not shown, hence find no task by.
    """

    id: str
    teams: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset()
    is_admin: bool = False
    scopes: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()


SYSTEM = Actor("system", is_admin=True)


def hash_password(password: str) -> str:
    """An argon2id hash with a salt of its own; slow on purpose."""
    return _hasher().hash(password)


def add_team(
    session: Session,
    id: str,
    name: str,
    name_en: str = "",
    lead: str | None = None,
    strategy: str = "least_busy",
    full_load: int | None = None,
) -> None:
    """Add a team or change its names, lead, strategy and a full load's points (for the strategy `capacity`)."""
    values = {"name": name, "name_en": name_en, "lead": lead, "strategy": strategy, "full_load": full_load}
    insert = upsert(session, t.team).values(id=id, **values)
    session.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values))


def add_person(
    session: Session,
    id: str,
    name: str,
    name_en: str = "",
    email: str | None = None,
    language: str = "zh",
    password: str | None = None,
    password_hash: str | None = None,
    region: str | None = None,
    skills: Iterable[str] = (),
    capacity: int = 100,
) -> None:
    """Add a person or change what is given. `password` is hashed here; `password_hash` comes from `hash_password`.

    `capacity`: per cent of a full load; 0: gets no new work.
    """
    values: dict[str, object] = {
        "name": name,
        "name_en": name_en,
        "email": email,
        "language": language,
        "region": region,
        "skills": list(skills),
        "capacity": capacity,
        "active": True,
    }
    if password is not None:
        password_hash = hash_password(password)
    if password_hash is not None:
        values["password_hash"] = password_hash
    insert = upsert(session, t.person).values(id=id, **values)
    session.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values))


def set_password(session: Session, person_id: str, password: str) -> None:
    """Replace a person's password and lift a lock."""
    session.execute(
        sa.update(t.person)
        .where(t.person.c.id == person_id)
        .values(password_hash=hash_password(password), failed_sign_ins=0, locked_until=None)
    )


def add_member(session: Session, team_id: str, person_id: str) -> None:
    """Put a person into a team; once is enough."""
    insert = upsert(session, t.membership).values(team_id=team_id, person_id=person_id)
    session.execute(insert.on_conflict_do_nothing())


def add_absence(
    session: Session, person_id: str, starts: datetime, ends: datetime, substitute: str | None = None
) -> int:
    """A person is away from `starts` to `ends`; new work goes to the substitute or past them."""
    id = new_id()
    session.execute(
        sa.insert(t.absence).values(id=id, person_id=person_id, starts=starts, ends=ends, substitute=substitute)
    )
    return id


def actor(session: Session, person_id: str) -> Actor:
    """The person as one who acts. NotFound when nobody active has that name."""
    person = session.execute(
        sa.select(t.person.c.id).where(t.person.c.id == person_id, t.person.c.active.is_(True))
    ).first()
    if person is None:
        raise NotFound(what="person", id=person_id)
    teams = frozenset(session.scalars(sa.select(t.membership.c.team_id).where(t.membership.c.person_id == person_id)))
    leads = frozenset(session.scalars(sa.select(t.team.c.id).where(t.team.c.lead == person_id)))
    return Actor(person_id, teams | leads, leads, ADMIN in teams)


def sign_in(session: Session, name: str, password: str) -> Mapping[str, object]:
    """The person's row when name and password fit; SignInRefused otherwise, with the time a lock ends.

    Failed tries are counted per person and survive the error. The slow hash is checked before anything is locked.
    """
    runtime = runtime_of(session)
    query, now = sa.select(t.person).where(t.person.c.id == name), runtime.now()
    with runtime.reading() as looking:
        before = looking.execute(query).mappings().first()
    fits = _fits(before["password_hash"] if before is not None else None, password)
    row = session.execute(query.with_for_update()).mappings().first()
    if row is not None and row["locked_until"] is not None and row["locked_until"] > now:
        raise SignInRefused(locked_until=row["locked_until"])
    known = before is not None and row is not None and row["password_hash"] == before["password_hash"]
    if row is None or not (known and fits and row["active"]):
        raise SignInRefused(locked_until=_count_failure(session, row, now))
    session.execute(sa.update(t.person).where(t.person.c.id == name).values(failed_sign_ins=0, locked_until=None))
    return dict(row)


def _fits(kept: str | None, password: str) -> bool:
    """Whether the password is the one; as slow for a name that has none."""
    from argon2.exceptions import InvalidHashError, VerifyMismatchError

    try:
        return _hasher().verify(kept or _nobody(), password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _count_failure(session: Session, row: sa.RowMapping | None, now: datetime) -> datetime | None:
    if row is None:
        return None
    failed = row["failed_sign_ins"] + 1
    locked = now + LOCK_TIME if failed % TRIES_BEFORE_LOCK == 0 else None
    session.execute(
        sa.update(t.person).where(t.person.c.id == row["id"]).values(failed_sign_ins=failed, locked_until=locked)
    )
    return locked


def members(session: Session, team: str) -> tuple[str, ...]:
    """Active members of a team, by name."""
    return tuple(
        session.scalars(
            sa.select(t.person.c.id)
            .join(t.membership, t.membership.c.person_id == t.person.c.id)
            .where(t.membership.c.team_id == team, t.person.c.active.is_(True))
            .order_by(t.person.c.id)
        )
    )


def is_active(session: Session, person_id: str) -> bool:
    """Whether there is such a person, and they still work here."""
    query = sa.select(t.person.c.id).where(t.person.c.id == person_id, t.person.c.active.is_(True))
    return session.scalar(query) is not None


def absent(session: Session, people: Collection[str], at: datetime) -> dict[str, str | None]:
    """Who of `people` is away at a moment, with their substitute (of the absence entered last that names one)."""
    if not people:
        return {}
    rows = session.execute(
        sa.select(t.absence.c.person_id, t.absence.c.substitute)
        .where(t.absence.c.person_id.in_(people), t.absence.c.starts <= at, t.absence.c.ends > at)
        .order_by(t.absence.c.id)
    )
    found: dict[str, str | None] = {}
    for row in rows:
        found[row.person_id] = row.substitute or found.get(row.person_id)
    return found


def lead_of(session: Session, team: str | None) -> str | None:
    """The lead of a team."""
    if team is None:
        return None
    return session.scalar(sa.select(t.team.c.lead).where(t.team.c.id == team))


def save_preferences(
    session: Session, who: Actor, *, language: str | None = None, settings: Mapping[str, object] | None = None
) -> None:
    """A person's own choices: language (`zh`, `en`) and named settings, merged into those kept."""
    row = session.execute(sa.select(t.person.c.settings).where(t.person.c.id == who.id).with_for_update()).first()
    if row is None:
        raise NotFound(what="person", id=who.id)
    values: dict[str, object] = {"settings": {**(row.settings or {}), **(settings or {})}}
    if language in ("zh", "en"):
        values["language"] = language
    session.execute(sa.update(t.person).where(t.person.c.id == who.id).values(values))


def make_token(session: Session, name: str, scopes: str) -> str:
    """A new API token; only its hash is kept, so this is the one time it can be read."""
    token = "df_" + secrets.token_urlsafe(32)
    session.execute(
        sa.insert(t.api_token).values(
            id=new_id(), name=name, sha256=_digest(token), scopes=scopes, created_at=runtime_of(session).now()
        )
    )
    return token


def token_holder(session: Session, token: str, scope: str) -> Actor | None:
    """Who stands behind an API token that has the scope, or None. Its scopes `team:<id>` give it a team's rights."""
    row = session.execute(
        sa.select(t.api_token.c.name, t.api_token.c.scopes).where(
            t.api_token.c.sha256 == _digest(token), t.api_token.c.revoked_at.is_(None), _lasts(session)
        )
    ).first()
    scopes = frozenset(row.scopes.split()) if row is not None else frozenset()
    if row is None or scope not in scopes:
        return None
    teams = frozenset(one.removeprefix("team:") for one in scopes if one.startswith("team:"))
    return Actor(f"api:{row.name}", teams, is_admin=ADMIN in teams, scopes=scopes)


def _lasts(session: Session) -> sa.ColumnElement[bool]:
    ends = t.api_token.c.expires_at
    return sa.or_(ends.is_(None), ends > runtime_of(session).now())


def by_outside(session: Session, outside_id: str, email: str | None) -> str | None:
    """Who is meant by a provider of single sign-on: whoever came by this id before, else the active person who has
    the (verified) address and no other id. None when that is nobody."""
    p = t.person.c
    known = session.scalar(sa.select(p.id).where(p.outside_id == outside_id, p.active.is_(True)))
    if known is not None or not email:
        return known
    mine = sa.and_(sa.func.lower(p.email) == email.lower(), p.outside_id.is_(None), p.active.is_(True))
    found = session.scalars(sa.select(p.id).where(mine).limit(2)).all()
    return found[0] if len(found) == 1 else None


def tie_outside(session: Session, person: str, outside_id: str) -> bool:
    """From now on the person is known by this id of the provider; returns whether that is new."""
    other = sa.or_(t.person.c.outside_id.is_(None), t.person.c.outside_id != outside_id)
    tied = sa.update(t.person).where(t.person.c.id == person, other).values(outside_id=outside_id)
    return session.scalar(tied.returning(t.person.c.id)) is not None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
