"""A unit of work in hand: who acts, which instances, what is still to be done. Law: a value of one transaction.

`engine.advance` works through it, `engine.rows` writes it down.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from engine import definitions
from engine.execution import Runtime, runtime_of
from engine.ids import new_id
from engine.instances import Live
from engine.process.contract import Threw
from engine.process.state import new_state
from engine.process.triggers import Trigger
from engine.process.waits import ThrowWait

MOST_TRIGGERS = 10_000
"""A unit that goes on and on is a loop between instances: it ends as an error, not as a hung process."""


@dataclass(slots=True)
class Unit:
    """One unit of work: who acts, the instances in hand, what is still to be done."""

    session: Session
    actor: str
    runtime: Runtime
    now: datetime
    lives: dict[int, Live] = field(default_factory=dict)
    pending: deque[tuple[int, Trigger]] = field(default_factory=deque)
    thrown: deque[tuple[Live, Threw | ThrowWait]] = field(default_factory=deque)
    """What goes out, in the order of throwing; a ThrowWait behind its signal lets the thrower move on."""
    failures: dict[tuple[int, int], BaseException] = field(default_factory=dict)
    done: int = 0
    most: int = MOST_TRIGGERS
    began: float = field(default_factory=time.perf_counter)


def unit_of(session: Session, actor: str) -> Unit:
    """A fresh unit of work in this transaction."""
    runtime = runtime_of(session)
    return Unit(session, actor, runtime, runtime.now())


def begin(unit: Unit, definition_id: int, business_key: str | None, parent: Live | None = None, wait: int = 0) -> Live:
    """A new instance in the unit, not started yet. `parent` and `wait`: the call activity that it is called by."""
    id = new_id()
    live = Live(
        id=id,
        package=definitions.package(unit.session, definition_id),
        state=new_state(),
        version=0,
        business_key=business_key,
        parent_id=parent.id if parent else None,
        parent_wait=wait if parent else None,
        root_id=parent.root_id if parent else id,
        started_by=unit.actor,
        facts={},
        new=True,
        dirty=True,
    )
    unit.lives[id] = live
    return live
