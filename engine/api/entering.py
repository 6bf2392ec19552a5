"""How people come in and go: browsers that are signed in, links to choose a password, providers of single sign-on.

Law: whoever is kept out is out at once, in every browser; a password comes from its owner alone, never from an
administrator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, entry, identity
from engine.api.critical import require_admin
from engine.errors import InvalidInput, NotFound
from engine.identity import ADMIN, Actor
from engine.store import tables as t
from engine.store import take_turn

SHORTEST_PASSWORD = 10


def begin_session(session: Session, person: str, how: str, agent: str) -> str:
    """Somebody has signed in at a browser (`how`: password, link, oidc); returns what its cookie is to carry."""
    return entry.begin(session, person, how, agent)


def end_session(session: Session, secret: str) -> None:
    """They sign out there."""
    entry.end(session, secret)


def saw_session(session: Session, secret: str) -> None:
    """They were seen there just now."""
    entry.seen(session, secret)


def invite(session: Session, actor: Actor, id: str) -> str:
    """A link's secret by which somebody chooses a password; earlier ones no longer serve. Shown once, kept nowhere."""
    require_admin(actor)
    if not identity.is_active(session, id):
        raise InvalidInput(place="person", reason="nobody who works here", reason_zh="须为在职人员")
    secret = entry.make_link(session, id, actor.id)
    audit.append(session, f"person:{id}", actor.id, "password_link_made", {})
    return secret


def choose_password(session: Session, secret: str, password: str) -> str:
    """Set the password of the person whose link it is; they are signed out everywhere. NotFound: spent or over."""
    person = entry.link_of(session, secret)
    if person is None or not identity.is_active(session, person):
        raise NotFound(what="link", id="…")
    check_password(person, password)
    if entry.use_link(session, secret) is None:
        raise NotFound(what="link", id="…")  # somebody was faster, with the same link
    _write_password(session, person, password, person)
    return person


def check_password(person: str, password: str) -> None:
    """InvalidInput for a password that is too short, holds the user name, or is a few signs again and again."""
    for holds, reason, reason_zh in (
        (len(password) >= SHORTEST_PASSWORD, f"{SHORTEST_PASSWORD} signs or more", f"至少 {SHORTEST_PASSWORD} 个字符"),
        (person.lower() not in password.lower(), "without the user name", "不得包含用户名"),
        (len(set(password)) > 3, "more than three different signs", "须包含三个以上不同字符"),
    ):
        if not holds:
            raise InvalidInput(place="password", reason=reason, reason_zh=reason_zh)


def _write_password(session: Session, person: str, password: str, by: str) -> None:
    identity.set_password(session, person, password)
    entry.end_all(session, person)
    audit.append(session, f"person:{person}", by, "password_set", {})


def sign_out_everywhere(session: Session, actor: Actor, person: str) -> int:
    """End the sessions of oneself, or as an administrator those of somebody. Returns how many there were."""
    if actor.id != person:
        require_admin(actor)
    ended = entry.end_all(session, person)
    audit.append(session, f"person:{person}", actor.id, "signed_out_everywhere", {"sessions": ended})
    return ended


# ── from outside ───────────────────────────────────────────────────────────────────────────────────────────────


def enter_from_outside(
    session: Session, outside_id: str, email: str | None, *, new: Mapping[str, str] | None = None
) -> str | None:
    """Who is meant by a provider's id and (verified) address; None when that is nobody who may come in.

    `new`: name, name_en and language of somebody to enter when nobody is known: under the address's first part, or
    that and a number, without a team. Who was kept out stays out.
    """
    person = identity.by_outside(session, outside_id, email)
    if person is None and new is not None:
        take_turn(session, identity.PEOPLE)  # who came in with the same address, or would have the same name
        person = identity.by_outside(session, outside_id, email)
    if person is None and new is not None and email and not _known(session, outside_id, email):
        person = _free_name(session, email)
        identity.add_person(session, person, email=email, **new)  # type: ignore[arg-type]  # texts, all of them
        audit.append(session, f"person:{person}", "system", "person_added", {"from": outside_id, "email": email})
    if person is not None and identity.tie_outside(session, person, outside_id):
        audit.append(session, f"person:{person}", person, "tied_to_provider", {"outside_id": outside_id})
    return person


def _known(session: Session, outside_id: str, email: str) -> bool:
    p = t.person.c
    query = sa.select(p.id).where(sa.or_(p.outside_id == outside_id, sa.func.lower(p.email) == email.lower()))
    return session.scalar(query.limit(1)) is not None


def _free_name(session: Session, email: str) -> str:
    base = "".join(
        sign for sign in email.partition("@")[0].lower() if sign.isascii() and (sign.isalnum() or sign in "._-")
    )
    taken = set(session.scalars(sa.select(t.person.c.id)))
    names = (f"{base or 'person'}{number or ''}" for number in range(len(taken) + 1))
    return next(name for name in names if name not in taken)


def teams_from_outside(session: Session, person: str, given: Iterable[str], governed: Iterable[str]) -> None:
    """Put somebody into the teams that their groups at the provider stand for, and out of the others that the provider
    governs. Teams it does not govern, and `admin`, are the house's own to give."""
    member = t.membership.c
    before = set(session.scalars(sa.select(member.team_id).where(member.person_id == person)))
    known = set(session.scalars(sa.select(t.team.c.id))) - {ADMIN}
    wanted = set(given) & known
    gone = (before & set(governed) & known) - wanted
    for team in wanted - before:
        identity.add_member(session, team, person)
    if gone:
        session.execute(sa.delete(t.membership).where(member.person_id == person, member.team_id.in_(gone)))
    if wanted - before or gone:
        after = (before | wanted) - gone
        data = {"before": sorted(before), "after": sorted(after)}
        audit.append(session, f"person:{person}", "system", "teams_from_provider", data)
