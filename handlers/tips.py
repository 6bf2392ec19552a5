"""What colleagues learnt about a step of a process: shown beside its form, written by those who look after processes
or clients (requirement A46). Law: a tip says both languages; it is retired, never deleted; one person, one vote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit
from engine.api import Actor
from engine.errors import Forbidden, InvalidInput, NotFound
from engine.ids import new_id
from engine.store import upsert
from handlers import inputs
from handlers.records.tables import tip as tips
from handlers.records.tables import tip_vote as votes

WRITERS = frozenset({"process_owner", "crm_specialist"})
LONGEST_TITLE, LONGEST_TEXT = 100, 2000


@dataclass(frozen=True, slots=True)
class Tip:
    """A tip with its votes. `element` "": of the whole process; `vote`: what the reader said, None: nothing yet."""

    id: int
    process: str
    element: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    at: datetime
    by: str
    useful: int
    not_useful: int
    vote: bool | None


def may_write(who: Actor) -> bool:
    """Whether somebody may write tips."""
    return who.is_admin or not WRITERS.isdisjoint(who.teams)


def of(session: Session, reader: str, process: str, element: str) -> list[Tip]:
    """The tips of a step and of its whole process, those of the step first, the most useful of them first."""
    where = (tips.c.process == process, tips.c.element.in_([element, ""]))
    return sorted(_found(session, reader, *where), key=lambda one: (one.element == "", one.not_useful - one.useful))


def search(session: Session, reader: str, text: str = "", process: str = "") -> list[Tip]:
    """Tips that say every word, in either language; of one process if it is named. By process, newest first."""
    where = [tips.c.process == process] if process else []
    for word in text.split():
        said = (tips.c.title_zh, tips.c.title_en, tips.c.text_zh, tips.c.text_en)
        where.append(sa.or_(*(column.icontains(word, autoescape=True) for column in said)))
    return _found(session, reader, *where)


def get(session: Session, reader: str, tip_id: int) -> Tip:
    """One tip. NotFound, also for a retired one."""
    found = _found(session, reader, tips.c.id == tip_id)
    if not found:
        raise NotFound(what="tip", what_zh="经验提示", id=tip_id)
    return found[0]


def _found(session: Session, reader: str, *where: sa.ColumnElement[bool]) -> list[Tip]:
    yes = sa.func.coalesce(sa.func.sum(sa.case((votes.c.useful, 1), else_=0)), 0)
    said = sa.case((sa.and_(votes.c.person == reader, votes.c.useful), 2), (votes.c.person == reader, 1), else_=0)
    own = sa.func.coalesce(sa.func.max(said), 0)  # 0: nothing yet, 1: no, 2: yes
    query = (
        sa.select(tips, yes.label("yes"), sa.func.count(votes.c.person).label("all"), own.label("own"))
        .outerjoin(votes, votes.c.tip_id == tips.c.id)
        .where(tips.c.retired_at.is_(None), *where)
        .group_by(*tips.c)
        .order_by(tips.c.process, tips.c.at.desc(), tips.c.id.desc())
    )
    return [_tip(row) for row in session.execute(query)]


def _tip(row: Any) -> Tip:
    said = {name: getattr(row, name) for name in Tip.__dataclass_fields__ if name in tips.c}
    return Tip(**said, useful=int(row.yes), not_useful=row.all - int(row.yes), vote=(None, False, True)[row.own])


def write(session: Session, who: Actor, values: Mapping[str, Any], now: datetime, tip_id: int | None = None) -> int:
    """A new tip, or other words for one; returns its id. Forbidden for who may not; InvalidInput names the field.

    values: process, element, title_zh, text_zh, title_en, text_en; where English is not given, Chinese stands there.
    """
    require_writer(who)
    row = {name: inputs.text(values.get(name)) or "" for name in ("process", "element")}
    row |= {name: inputs.prose(values.get(name)) or "" for name in ("title_zh", "text_zh")}
    for name, most in (("process", 255), ("title_zh", LONGEST_TITLE), ("text_zh", LONGEST_TEXT)):
        if not row[name]:
            raise InvalidInput(place=name, reason="is missing", reason_zh="未填写")
        if len(row[name]) > most:
            raise InvalidInput(place=name, reason=f"more than {most} letters", reason_zh=f"不得超过 {most} 字")
    row["title_en"] = (inputs.prose(values.get("title_en")) or row["title_zh"])[:255]
    row["text_en"] = inputs.prose(values.get("text_en")) or row["text_zh"]
    stamped = {**row, "at": now, "by": who.id}
    if tip_id is None:
        tip_id = new_id()
        session.execute(tips.insert().values(id=tip_id, **stamped))
    else:
        get(session, who.id, tip_id)
        session.execute(tips.update().where(tips.c.id == tip_id).values(stamped))
    audit.append(session, f"tip:{tip_id}", who.id, "tip_written", row)
    return tip_id


def retire(session: Session, who: Actor, tip_id: int, now: datetime) -> None:
    """Show it no more. Forbidden, NotFound."""
    require_writer(who)
    get(session, who.id, tip_id)
    session.execute(tips.update().where(tips.c.id == tip_id).values(retired_at=now))
    audit.append(session, f"tip:{tip_id}", who.id, "tip_retired", {})


def vote(session: Session, who: Actor, tip_id: int, useful: bool, now: datetime) -> Tip:
    """Say whether it helped; a second vote replaces the first. Returns the tip as it stands. NotFound."""
    get(session, who.id, tip_id)
    said = {"useful": useful, "at": now}
    row = upsert(session, votes).values(tip_id=tip_id, person=who.id, **said)
    session.execute(row.on_conflict_do_update(index_elements=["tip_id", "person"], set_=said))
    return get(session, who.id, tip_id)


def seed(session: Session, by: Actor, now: datetime) -> None:
    """Write the tips that a demonstration begins with; none where there are some."""
    if session.scalar(sa.select(tips.c.id).limit(1)) is not None:
        return
    shipped = json.loads((Path(__file__).parent / "demonstration" / "tips.json").read_text(encoding="utf-8"))
    for one in shipped:
        write(session, by, one, now)


def require_writer(who: Actor) -> None:
    """Forbidden for who writes no tips."""
    if not may_write(who):
        raise Forbidden(
            reason="tips are written by process owners and CRM specialists",
            reason_zh="经验提示由流程负责人和客户关系专员维护",
        )
