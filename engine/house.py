"""What a house decides about itself, kept by key. Law: read often, written seldom; whoever writes audits.

| key | value |
|---|---|
| `house` | `{"name", "language"}`: how the house calls itself, and what it speaks to whom nobody knows |
| `modules` | `{"off": [name]}`: modules that are switched off |
| `sign_on` | single sign-on by OpenID Connect (`web.oidc` says which members) |
| `two_people` | `{"kinds": [kind]}`: changes that a second administrator must agree to (`engine.api.critical`) |
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.store import after_commit, take_turn, upsert
from engine.store import tables as t

_CACHE, KEPT = "house", timedelta(minutes=1)


def every(session: Session) -> Mapping[str, Mapping[str, Any]]:
    """All settings of the house by key; kept in the runtime, at most KEPT long: another process may change one."""
    runtime = runtime_of(session)
    now, known = runtime.now(), runtime.cache.get(_CACHE)
    if known is not None and abs(now - known[0]) < KEPT and _CACHE not in session.info:
        kept: Mapping[str, Mapping[str, Any]] = known[1]
        return kept
    found = {row.key: row.value for row in session.execute(sa.select(t.house_setting))}
    if _CACHE not in session.info:
        runtime.cache[_CACHE] = (now, found)
    return found


def get(session: Session, key: str) -> Mapping[str, Any]:
    """One of them; empty when nobody decided."""
    return every(session).get(key, {})


def hold(session: Session, key: str) -> Mapping[str, Any]:
    """One of them as it stands in the database now, for whoever goes on from it: nobody else writes it meanwhile."""
    take_turn(session, f"house:{key}")
    kept = session.scalar(sa.select(t.house_setting.c.value).where(t.house_setting.c.key == key))
    return kept or {}


def put(session: Session, key: str, value: Mapping[str, Any], by: str) -> Mapping[str, Any]:
    """Write one; returns what stood there."""
    before = hold(session, key)
    values = {"value": dict(value), "at": runtime_of(session).now(), "by": by}
    insert = upsert(session, t.house_setting).values(key=key, **values)
    session.execute(insert.on_conflict_do_update(index_elements=["key"], set_=values))
    forget(session)
    return before


def forget(session: Session) -> None:
    """Something was written here: nobody goes on with what was kept."""
    session.info[_CACHE] = "changed"
    after_commit(session, lambda: runtime_of(session).cache.pop(_CACHE, None))
