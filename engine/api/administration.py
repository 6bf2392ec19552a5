"""Keeping people, teams, tokens and the house's own settings. Law: administrators alone; before and after are audited.

An installation never loses its last administrator. What the house put under two people goes through
`engine.api.critical`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import assignment, audit, entry, house, identity
from engine.api.critical import change, deed, keep_an_administrator, require_admin, write_setting
from engine.api.entering import check_password
from engine.errors import InvalidInput, NotFound
from engine.execution import runtime_of
from engine.identity import ADMIN, Actor
from engine.store import tables as t
from engine.store import take_turn

STRATEGIES = tuple(one for one in assignment.STRATEGIES if one != "keep_owner")
"""How a team's new tasks find somebody."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_SIGN_IN_NAME = "small letters, digits, . _ -", "须为小写字母、数字或 . _ -"
_TEAM = re.compile(r"[a-z][a-z0-9_]{0,59}")
_KEPT = ("name", "name_en", "email", "language", "region", "skills", "capacity")


def save_person(session: Session, actor: Actor, id: str, *, new: bool, **values: Any) -> None:
    """Add somebody, or change what is said of them: name, name_en, email, language, region, skills, capacity.

    InvalidInput names the field: a sign-in name of small letters and digits that nobody has, a name, an address that
    nobody else has, a capacity from 0 to 200 per cent. NotFound.
    """
    require_admin(actor)
    take_turn(session, identity.PEOPLE)
    row = session.execute(sa.select(t.person).where(t.person.c.id == id)).mappings().first()
    _require(not new or row is None, "id", "this name is taken", "该用户名已存在")
    _require(
        not new or _NAME.fullmatch(id) is not None, "id", "small letters, digits, . _ -", "须为小写字母、数字或 . _ -"
    )
    if not new and row is None:
        raise NotFound(what="person", id=id)
    before = {name: row[name] for name in _KEPT} if row is not None else {}
    after = {**before, **{name: value for name, value in values.items() if name in _KEPT}}
    _check_person(session, id, after)
    if row is None:
        identity.add_person(session, id, **after)
    else:
        session.execute(sa.update(t.person).where(t.person.c.id == id).values(after))
    changed = {name: value for name, value in after.items() if value != before.get(name)}
    if changed:
        data = {"before": {name: before.get(name) for name in changed}, "after": changed}
        audit.append(session, f"person:{id}", actor.id, "person_added" if new else "person_changed", data)


def _check_person(session: Session, id: str, values: Mapping[str, Any]) -> None:
    _require(bool(values.get("name")), "name", "is needed", "须填写姓名")
    _require(values.get("language", "zh") in ("zh", "en"), "language", "zh or en", "须为 zh 或 en")
    _require(0 <= int(values.get("capacity", 100)) <= 200, "capacity", "from 0 to 200", "须在 0 至 200 之间")
    email = values.get("email")
    if email:
        _require(re.fullmatch(r"[^@\s]+@[^@\s]+", email) is not None, "email", "is no address", "不是有效的邮箱地址")
        other = sa.select(t.person.c.id).where(sa.func.lower(t.person.c.email) == email.lower(), t.person.c.id != id)
        _require(session.scalar(other.limit(1)) is None, "email", "somebody else has it", "已被他人使用")


def _require(holds: bool, place: str, reason: str, reason_zh: str) -> None:
    if not holds:
        raise InvalidInput(place=place, reason=reason, reason_zh=reason_zh)


def set_active(session: Session, actor: Actor, id: str, active: bool) -> None:
    """Let somebody in again, or keep them out: they are signed out at once. What they hold stays theirs (`hand_over`).

    InvalidInput for the last administrator.
    """
    require_admin(actor)
    before = session.scalar(sa.select(t.person.c.active).where(t.person.c.id == id))
    if before is None:
        raise NotFound(what="person", id=id)
    if not active:
        keep_an_administrator(session, id)
    if before != active:
        session.execute(sa.update(t.person).where(t.person.c.id == id).values(active=active))
    if not active:
        entry.end_all(session, id)
    if before != active:
        audit.append(session, f"person:{id}", actor.id, "person_active", {"before": before, "after": active})


def set_teams(session: Session, actor: Actor, id: str, teams: Collection[str], why: str = "") -> bool:
    """Put somebody into exactly these teams. False when becoming (or no longer being) an administrator waits for a
    second person; the other teams count at once."""
    require_admin(actor)
    member = t.membership.c
    before = set(session.scalars(sa.select(member.team_id).where(member.person_id == id)))
    known = set(session.scalars(sa.select(t.team.c.id)))
    _require(set(teams) <= known, "teams", "there is no such team", "团队不存在")
    after = (set(teams) - {ADMIN}) | (before & {ADMIN})
    _write_teams(session, actor, id, before, after)
    if (ADMIN in teams) == (ADMIN in before):
        return True
    return change(session, actor, "administrators", id, {"member": ADMIN in teams}, why)


def _write_teams(session: Session, actor: Actor, id: str, before: set[str], after: set[str]) -> None:
    member = t.membership.c
    for team in after - before:
        identity.add_member(session, team, id)
    gone = before - after
    if gone:
        session.execute(sa.delete(t.membership).where(member.person_id == id, member.team_id.in_(gone)))
    if before != after:
        data = {"before": sorted(before), "after": sorted(after)}
        audit.append(session, f"person:{id}", actor.id, "teams_set", data)


@deed("administrators")
def _set_administrator(session: Session, actor: Actor, subject: str, data: Mapping[str, Any]) -> None:
    member = t.membership.c
    before = set(session.scalars(sa.select(member.team_id).where(member.person_id == subject)))
    if not data["member"]:
        keep_an_administrator(session, subject)
    _write_teams(session, actor, subject, before, before | {ADMIN} if data["member"] else before - {ADMIN})


def save_team(
    session: Session,
    actor: Actor,
    id: str,
    *,
    name: str,
    name_en: str = "",
    lead: str | None = None,
    strategy: str = "least_busy",
    full_load: int | None = None,
) -> None:
    """Add a team under the name that diagrams use, or change it. InvalidInput names the field."""
    require_admin(actor)
    _require(
        re.fullmatch(r"[a-z][a-z0-9_]{0,59}", id) is not None,
        "id",
        "small letters, digits, _",
        "须为小写字母、数字或 _",
    )
    _require(bool(name), "name", "is needed", "须填写名称")
    _require(strategy in STRATEGIES, "strategy", f"one of {', '.join(STRATEGIES)}", "分派方式不存在")
    _require(lead is None or identity.is_active(session, lead), "lead", "nobody who works here", "须为在职人员")
    _require(full_load is None or full_load > 0, "full_load", "above 0", "须大于 0")
    row = session.execute(sa.select(t.team).where(t.team.c.id == id)).mappings().first()
    after = {"name": name, "name_en": name_en, "lead": lead, "strategy": strategy, "full_load": full_load}
    before = {key: row[key] for key in after} if row is not None else {}
    if before != after:
        identity.add_team(session, id, **after)  # type: ignore[arg-type]  # each of its own kind
        audit.append(session, f"team:{id}", actor.id, "team_set", {"before": before, "after": after})


# ── programs ───────────────────────────────────────────────────────────────────────────────────────────────────


def create_token(
    session: Session, actor: Actor, name: str, scopes: Iterable[str], expires: datetime | None = None
) -> str:
    """A new token for a program, readable this once. InvalidInput: no name, one that is taken, no scope."""
    require_admin(actor)
    asked = " ".join(dict.fromkeys(scopes))
    taken = session.scalar(sa.select(t.api_token.c.id).where(t.api_token.c.name == name))
    _require(bool(name) and taken is None, "name", "a name that is not taken", "须为未使用的名称")
    _require(bool(asked), "scopes", "one at least", "至少选择一项权限")
    token = identity.make_token(session, name, asked)
    more = {"created_by": actor.id, "expires_at": expires}
    session.execute(sa.update(t.api_token).where(t.api_token.c.name == name).values(more))
    audit.append(session, f"token:{name}", actor.id, "token_made", {"scopes": asked, "expires": expires})
    return token


def revoke_token(session: Session, actor: Actor, name: str) -> None:
    """It opens nothing any more, from now on. NotFound."""
    require_admin(actor)
    mine = sa.and_(t.api_token.c.name == name, t.api_token.c.revoked_at.is_(None))
    now = runtime_of(session).now()
    if session.scalar(sa.update(t.api_token).where(mine).values(revoked_at=now).returning(t.api_token.c.id)) is None:
        raise NotFound(what="token", id=name)
    audit.append(session, f"token:{name}", actor.id, "token_revoked", {})


# ── the house ──────────────────────────────────────────────────────────────────────────────────────────────────


def set_house(session: Session, actor: Actor, name: str, language: str, contact: str = "") -> None:
    """How the house calls itself, what it speaks to whom nobody knows, and how people outside reach it (one line, shown
    as it is written). InvalidInput."""
    require_admin(actor)
    _require(bool(name.strip()), "name", "is needed", "须填写名称")
    _require(language in ("zh", "en"), "language", "zh or en", "须为 zh 或 en")
    told = {"name": name.strip(), "language": language} | ({"contact": contact.strip()} if contact.strip() else {})
    write_setting(session, actor, "house", told)


@deed("sign_on")
def _set_sign_on(session: Session, actor: Actor, subject: str, data: Mapping[str, Any]) -> None:
    write_setting(session, actor, "sign_on", data)


def note(
    session: Session,
    actor: Actor,
    subject: str,
    action: str,
    data: Mapping[str, object],
    teams: Collection[str] = (),
) -> None:
    """Write into the audit what an administrator did in a room above the engine, or somebody of these teams, to whom
    that room leaves it; in the same unit of work. Forbidden for others."""
    if actor.teams.isdisjoint(teams):
        require_admin(actor)
    audit.append(session, subject, actor.id, action, data)


def is_set_up(session: Session) -> bool:
    """Whether anybody was ever entered: until then an installation asks for its first administrator."""
    return session.scalar(sa.select(t.person.c.id).limit(1)) is not None


def set_up(
    session: Session, id: str, *, name: str, email: str | None, password: str, house_name: str, language: str
) -> Actor:
    """The first administrator of an empty installation, and its name. Forbidden once anybody is there.

    Two at once: the second breaks on the same row of the house and is refused.
    """
    if is_set_up(session) or house.get(session, "house"):
        raise InvalidInput(place="setup", reason="this was done before", reason_zh="初始设置已完成")
    _require(_NAME.fullmatch(id) is not None, "id", *_SIGN_IN_NAME)
    _check_person(session, id, {"name": name, "email": email, "language": language})
    check_password(id, password)
    row = {"key": "house", "value": {"name": house_name, "language": language}, "by": id}
    session.execute(sa.insert(t.house_setting).values(**row, at=runtime_of(session).now()))
    house.forget(session)
    identity.add_team(session, ADMIN, "系统管理", "Administrators", id)
    identity.add_person(session, id, name, email=email, language=language, password=password)
    identity.add_member(session, ADMIN, id)
    audit.append(session, "house:house", id, "set_up", {"name": house_name, "language": language, "first": id})
    return identity.actor(session, id)
