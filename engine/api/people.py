"""What a person does with their own notices, and when they are away."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, identity
from engine.errors import Forbidden, InvalidInput, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.store import tables as t


def read_notification(session: Session, actor: Actor, id: int) -> None:
    """Mark one of the actor's notices as read."""
    session.execute(
        sa.update(t.notification)
        .where(
            t.notification.c.id == id,
            t.notification.c.person_id == actor.id,
            t.notification.c.read_at.is_(None),
        )
        .values(read_at=runtime_of(session).now())
    )


def read_all_notifications(session: Session, actor: Actor) -> None:
    """Mark all of the actor's notices as read."""
    session.execute(
        sa.update(t.notification)
        .where(t.notification.c.person_id == actor.id, t.notification.c.read_at.is_(None))
        .values(read_at=runtime_of(session).now())
    )


def set_absence(
    session: Session, actor: Actor, person: str, starts: datetime, ends: datetime, substitute: str | None = None
) -> int:
    """A person is away: new work passes them over, what names them goes to the substitute. Returns the absence's id.

    For oneself, for a member of a team that one leads, or as an administrator. InvalidInput: times or substitute.
    """
    _may_plan(session, actor, person)
    if starts.tzinfo is None or ends.tzinfo is None or ends <= starts:
        raise InvalidInput(place="ends", reason="later than the beginning, with zone", reason_zh="须晚于开始时间")
    if substitute is not None and (substitute == person or not identity.is_active(session, substitute)):
        raise InvalidInput(place="substitute", reason="somebody else who works here", reason_zh="须为其他在职人员")
    id = identity.add_absence(session, person, starts, ends, substitute)
    data = {"id": id, "starts": starts, "ends": ends, "substitute": substitute}
    audit.append(session, f"person:{person}", actor.id, "absence_set", data)
    return id


def end_absence(session: Session, actor: Actor, id: int) -> None:
    """Take an absence back, or end one that has begun. NotFound."""
    row = session.execute(sa.select(t.absence).where(t.absence.c.id == id)).first()
    if row is None:
        raise NotFound(what="absence", id=id)
    _may_plan(session, actor, row.person_id)
    session.execute(sa.delete(t.absence).where(t.absence.c.id == id))
    audit.append(session, f"person:{row.person_id}", actor.id, "absence_ended", {"id": id})


def change_password(session: Session, actor: Actor, before: str, password: str) -> None:
    """The actor's own password, who knows the one before (a wrong one counts as a failed sign-in: SignInRefused).

    InvalidInput says what a password must be.
    """
    identity.sign_in(session, actor.id, before)
    if len(password) < SHORTEST or password == before or actor.id.lower() in password.lower():
        reason = f"at least {SHORTEST} characters, another one than before, and without your user name"
        reason_zh = f"至少 {SHORTEST} 个字符，须与原密码不同，且不含用户名"
        raise InvalidInput(place="password", reason=reason, reason_zh=reason_zh)
    identity.set_password(session, actor.id, password)
    audit.append(session, f"person:{actor.id}", actor.id, "password_changed", {})


SHORTEST = 10
"""Characters of a password that a person chooses."""


def _may_plan(session: Session, actor: Actor, person: str) -> None:
    led = sa.select(t.membership.c.team_id).where(
        t.membership.c.person_id == person, t.membership.c.team_id.in_(actor.leads)
    )
    if actor.id != person and not actor.is_admin and session.scalar(led.limit(1)) is None:
        raise Forbidden(reason="absences are set by oneself or one's lead", reason_zh="请假由本人或其主管登记")
