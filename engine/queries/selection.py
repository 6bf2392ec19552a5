"""Which instances or failed jobs are meant, as a person says it. Law: a selection is a value; asked twice, it may find
other rows, so whoever acts on it writes down what it found first.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from engine.feel.codec import encode_value
from engine.queries.seen import stands_in_shown
from engine.store import tables as t

RUNNING = ("active", "suspended")
Work = Literal["done", "on_time", "late", "overdue"]
"""How a task counts in figures of work (`engine.queries.statistics`): done by the day of its completion, the others by
the day on which it was due."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The cases of somebody who is not shown all: those under these business keys, those that they began, and those in
    which they or their teams have or had a task."""

    person: str
    teams: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def condition(self) -> sa.ColumnElement[bool]:
        """It, as a condition on the instance."""
        i, u = t.instance.c, t.user_task.c
        theirs = sa.or_(*(column == self.person for column in (u.assignee, u.owner, u.completed_by)))
        task = sa.exists().where(u.instance_id == i.id, sa.or_(theirs, u.team.in_(self.teams)))
        return sa.or_(i.business_key.in_(self.keys), i.started_by == self.person, task)


@dataclass(frozen=True, slots=True)
class Cases:
    """Instances, by everything that is said of them; what is left empty does not count.

    `element`: somebody or something waits there (an open task, timer, job or message). `came`: an element that the case
    came to at some time; `did`: a user task that was completed, from `did_since` on and before `did_before`; both of
    cases whose history is still kept. `work`: how that task counts in these days; without `did` it may be any task, of
    the team `did_team` or by the person `did_by`. `state`: RUNNING by default, empty: any. `incident`: has an open
    incident with this code. `broken`: has any open incident. `facts`: business facts that are exactly so, by name.
    `text`: stands in the business key or in one of the facts, as it is written; `named`: business keys that count as if
    it did (what the book knows by that text). `reach`: of these, what somebody may see; `unseen`: facts that they may
    not, in which the text is not looked for.
    """

    ids: tuple[int, ...] = ()
    key: str | None = None
    version: int | None = None
    state: tuple[str, ...] = RUNNING
    business_key: str | None = None
    element: str | None = None
    incident: str | None = None
    started_before: datetime | None = None
    started_since: datetime | None = None
    ended_before: datetime | None = None
    ended_since: datetime | None = None
    came: str | None = None
    did: str | None = None
    work: Work | None = None
    did_team: str | None = None
    did_by: str | None = None
    did_before: datetime | None = None
    did_since: datetime | None = None
    broken: bool = False
    facts: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    named: tuple[str, ...] = ()
    reach: Reach | None = None
    unseen: frozenset[str] = frozenset()

    def rows(self) -> sa.Select[Any]:
        """SELECT subject_id, instance_id of what is meant. InvalidInput when nothing narrows it down."""
        _require_narrowed(self, "state", "reach", "unseen")
        i = t.instance.c
        return sa.select(i.id.label("subject_id"), i.id.label("instance_id")).where(*self.conditions())

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What is said, as conditions on the instance; none when nothing is."""
        i = t.instance.c
        found = _of_process(self.key, self.version, self.business_key)
        if self.state:
            found.append(i.state.in_(self.state))
        if self.ids:
            found.append(i.id.in_(self.ids))
        found += _between(i.started_at, self.started_since, self.started_before)
        found += _between(i.ended_at, self.ended_since, self.ended_before)
        if self.came is not None:
            found.append(_came_to(self.came))
        if self.did is not None or self.work is not None:
            found.append(_worked(self))
        if self.element is not None:
            found.append(_waits_at(self.element))
        if self.incident is not None:
            found.append(_broken(self.incident))
        if self.broken:
            found.append(_broken())
        if self.text:
            in_facts = _in_facts([_inside(self.text)])
            if self.unseen:
                in_facts = sa.and_(in_facts, stands_in_shown(i.facts, self.text, self.unseen))
            stands = i.business_key.contains(self.text, autoescape=True), in_facts
            found.append(sa.or_(*stands, i.business_key.in_(self.named)) if self.named else sa.or_(*stands))
        if self.reach is not None:
            found.append(self.reach.condition())
        return found + [_in_facts(_written(name, value)) for name, value in self.facts]


@dataclass(frozen=True, slots=True)
class Failures:
    """Jobs without attempts left, by everything that is said of them. `error`: the code of their incident."""

    ids: tuple[int, ...] = ()
    key: str | None = None
    version: int | None = None
    business_key: str | None = None
    element: str | None = None
    topic: str | None = None
    error: str | None = None

    def rows(self) -> sa.Select[Any]:
        """SELECT subject_id (the job), instance_id of what is meant. InvalidInput when nothing narrows it down."""
        _require_narrowed(self)
        j = t.job.c
        query = (
            sa.select(j.id.label("subject_id"), j.instance_id)
            .join(t.instance, t.instance.c.id == j.instance_id)
            .where(*failed(self))
        )
        return query


Selection = Cases | Failures


def failed(wanted: Failures) -> list[sa.ColumnElement[bool]]:
    """The conditions on job and instance that a selection of failed jobs sets."""
    j, n = t.job.c, t.incident.alias().c  # an alias: who asks may have the incidents joined already
    found: list[sa.ColumnElement[bool]] = [j.state == "failed"]
    if wanted.ids:
        found.append(j.id.in_(wanted.ids))
    if wanted.element is not None:
        found.append(j.element == wanted.element)
    if wanted.topic is not None:
        found.append(j.topic == wanted.topic)
    if wanted.error is not None:
        found.append(
            sa.exists().where(
                n.instance_id == j.instance_id, n.job_id == j.id, n.resolved_at.is_(None), n.code == wanted.error
            )
        )
    return found + _of_process(wanted.key, wanted.version, wanted.business_key)


def _of_process(key: str | None, version: int | None, business_key: str | None) -> list[sa.ColumnElement[bool]]:
    i, d = t.instance.c, t.definition.c
    found: list[sa.ColumnElement[bool]] = []
    if key is not None:
        found.append(i.key == key)
    if version is not None:
        versions = sa.select(d.id).where(d.version == version)
        found.append(i.definition_id.in_(versions.where(d.key == key) if key is not None else versions))
    if business_key is not None:
        found.append(i.business_key == business_key)
    return found


def _between(column: Any, since: datetime | None, before: datetime | None) -> list[sa.ColumnElement[bool]]:
    return [*([column >= since] if since is not None else []), *([column < before] if before is not None else [])]


def _came_to(element: str) -> sa.ColumnElement[bool]:
    """As history tells it: `["e", element, scope]` (`engine.history`)."""
    h = t.history.c
    events = sa.type_coerce(h.events, sa.LargeBinary)
    entered = encode_value(["e", element])[:-1] + b","
    return sa.exists().where(h.instance_id == t.instance.c.id, _Place(events, sa.literal(entered, sa.LargeBinary)) > 0)


def _worked(wanted: Cases) -> sa.ColumnElement[bool]:
    u = t.user_task.c
    work: Work = wanted.work or "done"
    done, open_late = u.state == "completed", sa.and_(u.state == "open", u.waiting_since.is_(None))
    states: dict[Work, sa.ColumnElement[bool]] = {
        "done": done,
        "on_time": sa.and_(done, u.completed_at <= u.due_at),
        "late": sa.and_(done, u.completed_at > u.due_at),
        "overdue": open_late,
    }
    day = u.completed_at if work == "done" else u.due_at
    found = [states[work], *_between(day, wanted.did_since, wanted.did_before)]
    if wanted.did is not None:
        found.append(u.element == wanted.did)
    if wanted.did_team is not None:
        found.append(u.team == wanted.did_team)
    if wanted.did_by is not None:
        holder = sa.case((done, u.completed_by), else_=u.assignee)
        found.append(holder == wanted.did_by)
    return t.instance.c.id.in_(sa.select(u.instance_id).where(*found))


def _waits_at(element: str) -> sa.ColumnElement[bool]:
    i = t.instance.c
    task = sa.exists().where(
        t.user_task.c.instance_id == i.id, t.user_task.c.element == element, t.user_task.c.state == "open"
    )
    others = (
        sa.exists().where(table.c.instance_id == i.id, table.c.element == element)
        for table in (t.timer, t.subscription, t.job)
    )
    return sa.or_(task, *others, _broken(element=element))


def _written(name: str, value: str) -> list[bytes]:
    """How a fact of that name may stand in the facts' bytes: as a text, a number, yes or no, a day."""
    kinds: list[object] = [value]
    for read in (int, Decimal, date.fromisoformat):
        with suppress(ValueError, ArithmeticError):
            kinds.append(read(value))
    if value in ("true", "false"):
        kinds.append(value == "true")
    return [encode_value({name: one})[1:-1] for one in kinds]


def _inside(text: str) -> bytes:
    """A piece of a text as it stands in the facts' bytes."""
    return encode_value(text)[1:-1]


def _in_facts(pieces: list[bytes]) -> sa.ColumnElement[bool]:
    """Whether one of the pieces stands in the facts."""
    facts = sa.type_coerce(t.instance.c.facts, sa.LargeBinary)
    return sa.or_(*(_Place(facts, sa.literal(piece, sa.LargeBinary)) > 0 for piece in pieces))


class _Place(sa.sql.functions.GenericFunction[int]):
    """Where bytes stand in other bytes, from 1; 0: nowhere. Both databases say it, by another name."""

    type = sa.Integer()
    inherit_cache = True
    name = "place_of_bytes"


@compiles(_Place)
def _place(element: _Place, compiler: Any, **kw: Any) -> str:
    whole, piece = (compiler.process(one, **kw) for one in element.clauses)
    return f"instr({whole}, {piece})" if compiler.dialect.name == "sqlite" else f"position({piece} in {whole})"


def _broken(code: str | None = None, element: str | None = None) -> sa.ColumnElement[bool]:
    n = t.incident.c
    said = [n.code == code] if code is not None else [n.element == element] if element is not None else []
    return sa.exists().where(n.instance_id == t.instance.c.id, n.resolved_at.is_(None), *said)


def _require_narrowed(wanted: Selection, *beside: str) -> None:
    if not any(value for name, value in asdict(wanted).items() if name not in beside):
        raise InvalidInput(
            place="criteria",
            reason="say which: by ids, process, element or error",
            reason_zh="请指明范围：按编号、流程、元素或错误",
        )


def document(wanted: Selection) -> dict[str, Any]:
    """The selection as it is kept and audited: what was said, by name; a long list of ids by its length."""
    said = {name: value for name, value in asdict(wanted).items() if value}
    said.pop("reach", None)
    said.pop("unseen", None)
    ids = said.pop("ids", ())
    told: dict[str, Any] = {"ids": list(ids)} if len(ids) <= 100 else {"number_of_ids": len(ids)}
    plain: dict[str, Any] = {name: list(v) if isinstance(v, tuple) else v for name, v in said.items()}
    return plain | (told if ids else {})


def number(session: Session, wanted: Selection) -> int:
    """How many rows a selection finds now."""
    return session.scalar(sa.select(sa.func.count()).select_from(wanted.rows().subquery())) or 0
