"""What happened, as rows. Law: appended in the step's transaction, one compact row a step, never changed.

Each row of an instance holds the hash of the row before it and of itself (`linked`); the instance's own row holds the
last one. So a row that was changed, taken out or put in afterwards is found (`engine.verification`).

A row holds the triggers of the step with their payload (so that a finished case can be replayed) and its events as
short lists: `["e"|"l"|"c", element, scope]` entered, left, cancelled · `["f", flow]` taken · `["v", scope, values]`
written · `["t", kind, name, element, handled]` thrown · `["d", element, decision]` decided (more in decision_log).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.feel.codec import encode_value
from engine.ids import new_id
from engine.process.contract import Decided, Event, Passed, Threw, Took, VariablesSet
from engine.process.triggers import CarriedOver, Trigger
from engine.store import Prepared
from engine.store import tables as t

_PASSED = {"enter": "e", "leave": "l", "cancel": "c"}


def trigger_document(trigger: Trigger | CarriedOver) -> list[Any]:
    """A trigger as [kind, {field: value}], without fields that say nothing."""
    kind: Any = type(trigger)
    values = {name: getattr(trigger, name) for name in _names(kind)}
    return [kind.__name__, {k: v for k, v in values.items() if v not in (None, "", {}, ())}]


@lru_cache
def _names(kind: Any) -> tuple[str, ...]:
    """The fields of a kind of trigger."""
    return tuple(field.name for field in fields(kind))


def event_document(event: Event) -> list[Any]:
    """An event as a short list."""
    match event:
        case Passed():
            return [_PASSED[event.event], event.element, event.scope]
        case Took():
            return ["f", event.flow]
        case VariablesSet():
            return ["v", event.scope, dict(event.values)]
        case Threw():
            return ["t", event.kind, event.name, event.element, event.handled]
        case Decided():
            return ["d", event.element, event.decision]


ORIGIN = bytes(32)
"""What the first row of an instance is linked to."""


def linked(previous: bytes, parts: Iterable[bytes]) -> bytes:
    """SHA-256 over the hash before and the parts, each with its length before it, so that no two lists look alike."""
    pieces = [previous]
    for part in parts:
        pieces += (len(part).to_bytes(8, "big"), part)
    return hashlib.sha256(b"".join(pieces)).digest()


def row_parts(seq: int, at: datetime, actor: str | None, trigger: bytes, events: bytes) -> list[bytes]:
    """What a history row's hash covers, from exactly what is stored."""
    return [str(seq).encode(), at.astimezone(UTC).isoformat().encode(), (actor or "").encode(), trigger, events]


def decision_parts(
    element: str | None, decision: str, model_hash: str, inputs: bytes, output: bytes | None, fired: bytes
) -> list[bytes]:
    """The same for a row of the decision log, which hangs on its step's row."""
    return [(element or "").encode(), decision.encode(), model_hash.encode(), inputs, output or b"", fired]


def record(
    session: Session,
    instance_id: int,
    seq: int,
    at: datetime,
    actor: str,
    triggers: Sequence[Trigger | CarriedOver],
    events: Sequence[Event],
    previous: bytes,
) -> bytes:
    """Append one step's row, and a row of the decision log for every decision in it. Returns the row's hash."""
    trigger = encode_value([trigger_document(trigger) for trigger in triggers])
    told = encode_value([event_document(event) for event in events])
    parts = row_parts(seq, at, actor, trigger, told)
    decided = [_decision_row(instance_id, seq, at, event) for event in events if isinstance(event, Decided)]
    for row in decided:
        _LOG.later(session, row)
        parts += decision_parts(*(row[name] for name in DECISION_PARTS))
    digest = linked(previous, parts)
    row = {"instance_id": instance_id, "seq": seq, "at": at, "actor": actor, "trigger": trigger, "events": told}
    _APPEND.later(session, row | {"hash": digest})
    return digest


DECISION_PARTS = ("element", "decision", "model_hash", "inputs", "output", "fired")


def _encoded(table: sa.Table, *names: str) -> Prepared:
    """An insert that takes some documents as the bytes they are stored as: the hash covers the same bytes."""
    plain: dict[str, Any] = {column.name: sa.bindparam(column.name) for column in table.columns}
    return Prepared(sa.insert(table).values(plain | {n: sa.bindparam(n, type_=sa.LargeBinary) for n in names}))


_APPEND = _encoded(t.history, "trigger", "events")
_LOG = _encoded(t.decision_log, "inputs", "output", "fired")


def _decision_row(instance_id: int, seq: int, at: datetime, event: Decided) -> dict[str, Any]:
    result = event.result
    return {
        "id": new_id(),
        "instance_id": instance_id,
        "seq": seq,
        "element": event.element,
        "decision": event.decision,
        "model_hash": result.model_hash,
        "at": at,
        "inputs": encode_value(dict(result.inputs)),
        "output": None if result.value is None else encode_value(result.value),
        "fired": encode_value([[rule.table, rule.rule, list(rule.annotations)] for rule in result.fired]),
    }
