"""Changes that one administrator alone may not make, where the house says so. Law: who asks does not agree.

A verb whose kind the house put under two people is not done when it is called: it is written down, and done by the
second administrator's word with exactly the data that were asked for. Both stand in the audit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, house, identity
from engine.errors import AlreadyHandled, Forbidden, InvalidInput, NotFound
from engine.execution import runtime_of
from engine.identity import ADMIN, Actor
from engine.ids import new_id
from engine.store import tables as t
from engine.store import take_turn

KINDS = ("administrators", "modules", "sign_on", "two_people")
"""What can be put under two people: who is an administrator, modules, single sign-on, and this list itself."""
Deed = Callable[[Session, Actor, str, Mapping[str, Any]], None]
_DEEDS: dict[str, Deed] = {}


def deed(kind: str) -> Callable[[Deed], Deed]:
    """The function that makes a change of this kind: `(session, actor, subject, data)`."""

    def keep(function: Deed) -> Deed:
        _DEEDS[kind] = function
        return function

    return keep


def needs_two(session: Session, kind: str) -> bool:
    """Whether a second person has to agree: as the house says, and as long as there is a second administrator."""
    kinds = house.get(session, "two_people").get("kinds", [])
    return kind in kinds and len(identity.members(session, identity.ADMIN)) > 1


def change(session: Session, actor: Actor, kind: str, subject: str, data: Mapping[str, Any], why: str = "") -> bool:
    """Make the change, or ask for it: True when it is made. Forbidden to all but administrators."""
    require_admin(actor)
    if not needs_two(session, kind):
        _DEEDS[kind](session, actor, subject, data)
        return True
    id = new_id()
    row = {"kind": kind, "subject": subject, "data": dict(data), "why": why, "state": "open"}
    asked = {"asked_by": actor.id, "asked_at": runtime_of(session).now()}
    session.execute(sa.insert(t.critical_change).values(id=id, **row, **asked))
    audit.append(session, f"change:{id}", actor.id, "change_asked", {**row, "data": _shown(data)})
    return False


def decide(session: Session, actor: Actor, id: int, agree: bool) -> None:
    """Agree to a change or refuse it; who asked may only take it back. NotFound, AlreadyHandled, Forbidden."""
    require_admin(actor)
    c = t.critical_change.c
    row = session.execute(sa.select(t.critical_change).where(c.id == id).with_for_update()).first()
    if row is None:
        raise NotFound(what="change", id=id)
    if row.state != "open":
        raise AlreadyHandled(what=row.subject, by=row.decided_by, at=row.decided_at)
    if agree and row.asked_by == actor.id:
        raise Forbidden(reason="a second administrator has to agree", reason_zh="须由另一位管理员同意")
    state = "agreed" if agree else "withdrawn" if row.asked_by == actor.id else "refused"
    decided = {"state": state, "decided_by": actor.id, "decided_at": runtime_of(session).now()}
    session.execute(sa.update(t.critical_change).where(c.id == id).values(decided))
    audit.append(session, f"change:{id}", actor.id, f"change_{state}", {"asked_by": row.asked_by, "kind": row.kind})
    if agree:
        _DEEDS[row.kind](session, actor, row.subject, row.data)


def require_admin(actor: Actor) -> None:
    """Forbidden to all but administrators."""
    if not actor.is_admin:
        raise Forbidden(reason="this is for administrators", reason_zh="仅管理员可执行此操作")


def keep_an_administrator(session: Session, but: str) -> None:
    """InvalidInput when nobody but this person is an administrator; nobody else leaves before this unit has ended."""
    take_turn(session, identity.ADMINISTRATORS)
    if set(identity.members(session, ADMIN)) == {but}:
        raise InvalidInput(place="admin", reason="this is the last administrator", reason_zh="这是最后一位管理员")


@deed("two_people")
def _set_two_people(session: Session, actor: Actor, subject: str, data: Mapping[str, Any]) -> None:
    kinds = sorted(data["kinds"])
    if not set(kinds) <= set(KINDS):
        raise InvalidInput(place="kinds", reason=f"some of {', '.join(KINDS)}", reason_zh="类别不存在")
    write_setting(session, actor, "two_people", {"kinds": kinds})


def write_setting(session: Session, actor: Actor, key: str, value: Mapping[str, Any]) -> None:
    """Write a setting of the house, with before and after in the audit (no secrets)."""
    before = house.put(session, key, value, actor.id)
    audit.append(session, f"house:{key}", actor.id, "setting_set", {"before": _shown(before), "after": _shown(value)})


def _shown(value: Mapping[str, Any]) -> dict[str, Any]:
    """A setting without what must not be read."""
    return {name: "…" if "secret" in name and part else part for name, part in value.items()}
