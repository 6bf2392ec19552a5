"""Instance rows. Law: loaded under a lock, written with a version check, by the unit of work alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions, history, shards, states
from engine.definitions import Package
from engine.errors import InternalError, NotFound
from engine.process import codec, stepping
from engine.process.contract import Closed, Ended, Event
from engine.process.parts import Range, part_of
from engine.process.state import Held, State
from engine.process.triggers import CarriedOver, Trigger
from engine.process.waits import Wait
from engine.store import Prepared, listed
from engine.store import tables as t


@dataclass(slots=True)
class Live:
    """An instance in the hands of a unit of work, with what happened to it since it was last written."""

    id: int
    package: Package
    state: State
    version: int
    business_key: str | None
    parent_id: int | None
    parent_wait: int | None
    root_id: int
    started_by: str | None
    facts: Mapping[str, Any]
    chain: bytes = history.ORIGIN
    """The hash of its last history row."""
    restarted_from: int | None = None
    """The ended instance whose work it goes on with; known while it is new."""
    status: str = "active"
    new: bool = False
    dirty: bool = False
    ended: Ended | None = None
    triggers: list[Trigger | CarriedOver] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    opened: dict[int, Wait] = field(default_factory=dict)
    rows: dict[int, bytes] = field(default_factory=dict)
    """Parts of the state as their rows are, of those that were loaded or written here. One that the state has in hand
    and no longer has anything in is over."""
    closed: list[Closed] = field(default_factory=list)

    @property
    def shard(self) -> int:
        """Where what is due of it belongs."""
        return shards.shard_of(self.root_id)

    def current_facts(self) -> dict[str, Any]:
        """The variables that the process's `facts` property names."""
        names = self.package.definition.properties.get("facts", "")
        if not names:
            return {}
        variables = self.state.variables()
        return {name: variables[name] for part in names.split(",") if (name := part.strip()) in variables}

    def fact_names(self) -> set[str]:
        """What the process's `facts` property names."""
        return {part.strip() for part in self.package.definition.properties.get("facts", "").split(",")} - {""}

    def clear(self) -> None:
        """Forget what has been written."""
        self.new = self.dirty = False
        self.triggers, self.events, self.opened, self.closed = [], [], {}, []


def _locking(wanted: sa.ColumnElement[int]) -> sa.Select[Any]:
    """The root of a tree of calls is locked before its member: a step that goes from a called process to its caller
    and one that goes the other way cannot hold each other up."""
    of = t.instance.alias("asked")
    root = sa.select(of.c.root_id).where(of.c.id == wanted).scalar_subquery()
    both = sa.select(t.instance).where(sa.or_(t.instance.c.id == wanted, t.instance.c.id == root))
    return both.order_by((t.instance.c.id == t.instance.c.root_id).desc())


_WANTED: sa.BindParameter[int] = sa.bindparam("wanted", type_=t.Id)
_SEEN = {"instance": "id"}
_LOAD = Prepared(sa.select(t.instance).where(t.instance.c.id == _WANTED), seen=_SEEN)
_LOCK = Prepared(_locking(_WANTED).with_for_update(), seen=_SEEN)
_LOCK_FREE = Prepared(_locking(_WANTED).with_for_update(skip_locked=True), seen=_SEEN)


def load(session: Session, instance_id: int, *, skip_locked: bool = False) -> Live | None:
    """The instance, its row (and its root's) locked until the transaction ends. NotFound when there is none.

    `skip_locked`: None when somebody else holds it just now.
    """
    in_hand = _in_hand(session).pop(instance_id, None)
    if in_hand is not None:
        return from_row(session, in_hand)
    query = _LOAD if is_sqlite(session) else _LOCK_FREE if skip_locked else _LOCK
    rows = {row["id"]: row for row in query.all(session, {"wanted": instance_id})}
    row = rows.get(instance_id)
    if row is None and not skip_locked:
        raise NotFound(what="instance", id=instance_id)
    if row is None or (query is not _LOAD and row["root_id"] not in rows):
        return None
    return from_row(session, row)


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def hold(session: Session, wanted: Iterable[tuple[int | None, int | None]]) -> set[int]:
    """Of these (instance, its root), the instances whose own row and whose root's row could be locked without waiting,
    all in one statement. Their rows are in hand: the first `load` of each asks for nothing.
    """
    pairs = list(wanted)
    ids = {id for pair in pairs for id in pair if id is not None}
    if not ids:
        return ids
    if is_sqlite(session):  # there, the transaction itself is the lock
        rows = _LOAD_MANY.all(session, {"ids": json.dumps(list(ids))})
    else:
        rows = _HOLD.all(session, {"ids": list(ids)})
    locked = {row["id"]: row for row in rows}
    held = {row["id"] for row in rows if row["root_id"] in locked}
    _in_hand(session).update((id, locked[id]) for id in held)
    return held


_OF_MANY = t.instance.c.id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(t.Id)))
_HOLD = Prepared(sa.select(t.instance).where(_OF_MANY).with_for_update(skip_locked=True))
_LOAD_MANY = Prepared(sa.select(t.instance).where(t.instance.c.id.in_(listed("ids"))))


def _in_hand(session: Session) -> dict[int, Mapping[str, Any]]:
    """Rows that were locked and read in this transaction, until somebody takes them up or writes them."""
    rows: dict[int, Mapping[str, Any]] = session.info.setdefault("instances.in_hand", {})
    return rows


def put_down(session: Session) -> None:
    """Somebody may have written rows past this module: those in hand are read anew."""
    _in_hand(session).clear()


def from_row(session: Session, row: Mapping[str, Any]) -> Live:
    """The instance of a row that is locked, or that is read alone."""
    return Live(
        id=row["id"],
        package=definitions.package(session, row["definition_id"]),
        state=codec.decode(row["body"]),
        version=row["version"],
        business_key=row["business_key"],
        parent_id=row["parent_id"],
        parent_wait=row["parent_wait"],
        root_id=row["root_id"],
        started_by=row["started_by"],
        facts=row["facts"] or {},
        chain=bytes(row["chain"] or history.ORIGIN),
        status=row["state"],
    )


def fetch(session: Session, live: Live, ranges: tuple[Range, ...]) -> dict[int, bytes]:
    """Load parts of the state that a step asks for. Parts that have no row are over."""
    found = states.parts(session, live.id, ranges)
    live.rows |= {part: body for part, body in found.items() if not live.state.here(part, part)}
    return found


def whole(session: Session, live: Live) -> State:
    """The state with all its parts, which stay in hand."""
    live.state = stepping.whole(live.state, partial(fetch, session, live))
    return live.state


def held(session: Session, live: Live, wait: int) -> Held | None:
    """An open wait with what it belongs to, wherever it is kept; None when it is open no more."""
    part = (part_of(wait), part_of(wait))
    if not live.state.here(*part):
        live.state = codec.with_parts(live.state, (part,), fetch(session, live, (part,)))
    return live.state.waits.get(wait)


def write(session: Session, live: Live, now: datetime, *, facts: bool = False) -> None:
    """Insert or update the rows (`facts`: those too); the version goes up by one.

    InternalError, at the latest with the commit, when somebody wrote past the lock.
    """
    live.version += 1
    _in_hand(session).pop(live.id, None)
    stored = codec.split(live.state)
    values: dict[str, Any] = {"version": live.version, "body": stored.body, "state": live.status}
    values["chain"] = live.chain
    if facts:
        values["facts"] = live.facts
    if live.ended is not None:
        values |= {"ended_at": now, "end_error": live.ended.error}
    if live.new:
        _INSERT.later(session, _first_row(live, now) | values)
    else:
        place = {"b_id": live.id, "b_version": live.version - 1}
        _update(tuple(values)).later(session, {**place, **values}, must=partial(_written_past, live.id))
    if stored.parts or live.rows:
        away = {part: body for part, body in live.rows.items() if not live.state.here(part, part)}
        now_kept = {**away, **stored.parts}
        states.write_parts(session.connection(), live.id, live.rows, now_kept)
        live.rows = now_kept


def _written_past(instance_id: int) -> InternalError:
    return InternalError(reason=f"instance {instance_id} was written by somebody else")


_INSERT = Prepared(sa.insert(t.instance), of="id")


@lru_cache
def _update(columns: tuple[str, ...]) -> Prepared:
    return Prepared(
        sa.update(t.instance)
        .where(t.instance.c.id == sa.bindparam("b_id"), t.instance.c.version == sa.bindparam("b_version"))
        .values({name: sa.bindparam(name) for name in columns})
        .returning(t.instance.c.version),
        of="b_id",
    )


def rebind(session: Session, live: Live, package: Package) -> None:
    """The instance belongs to another version from now on, and its open tasks with it."""
    live.package = package
    _in_hand(session).pop(live.id, None)
    mine = {"definition_id": package.id}
    session.execute(sa.update(t.instance).where(t.instance.c.id == live.id).values(mine))
    open_tasks = sa.and_(t.user_task.c.instance_id == live.id, t.user_task.c.state == "open")
    session.execute(sa.update(t.user_task).where(open_tasks).values(mine))


def _first_row(live: Live, now: datetime) -> dict[str, Any]:
    return {
        "id": live.id,
        "definition_id": live.package.id,
        "key": live.package.key,
        "business_key": live.business_key,
        "parent_id": live.parent_id,
        "parent_wait": live.parent_wait,
        "root_id": live.root_id,
        "restarted_from": live.restarted_from,
        "started_at": now,
        "started_by": live.started_by,
        "ended_at": None,
        "end_error": None,
    }


def peek(session: Session, instance_id: int, *, all_parts: bool = False) -> Live:
    """The instance without a lock, for reading alone (all_parts: with its whole state). NotFound: there is none."""
    row = _LOAD.one(session, {"wanted": instance_id})
    if row is None:
        raise NotFound(what="instance", id=instance_id)
    live = from_row(session, row)
    if all_parts:
        live.state = states.whole(session, instance_id, row["body"])
    return live
