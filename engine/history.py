"""What happened, as rows. Law: appended in the step's transaction, one compact row a step, never changed.

A row holds the triggers of the step with their payload (so that a finished case can be replayed) and its events as
short lists: `["e"|"l"|"c", element, scope]` entered, left, cancelled · `["f", flow]` taken · `["v", scope, values]`
written · `["t", kind, name, element, handled]` thrown · `["d", element, decision]` decided (more in decision_log).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.ids import new_id
from engine.process.contract import Decided, Event, Passed, Threw, Took, VariablesSet
from engine.process.triggers import CarriedOver, Trigger
from engine.store import tables as t

_PASSED = {"enter": "e", "leave": "l", "cancel": "c"}


def trigger_document(trigger: Trigger | CarriedOver) -> list[Any]:
    """A trigger as [kind, {field: value}], without fields that say nothing."""
    values = {f.name: getattr(trigger, f.name) for f in fields(trigger)}
    return [type(trigger).__name__, {k: v for k, v in values.items() if v not in (None, "", {}, ())}]


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


def record(
    connection: sa.Connection,
    instance_id: int,
    seq: int,
    at: datetime,
    actor: str,
    triggers: Sequence[Trigger | CarriedOver],
    events: Sequence[Event],
) -> None:
    """Append one step's row, and a row of the decision log for every decision in it."""
    connection.execute(
        _APPEND,
        {
            "instance_id": instance_id,
            "seq": seq,
            "at": at,
            "actor": actor,
            "trigger": [trigger_document(trigger) for trigger in triggers],
            "events": [event_document(event) for event in events],
        },
    )
    decided = [event for event in events if isinstance(event, Decided)]
    if decided:
        connection.execute(sa.insert(t.decision_log), [_decision_row(instance_id, at, event) for event in decided])


_APPEND = sa.insert(t.history)


def _decision_row(instance_id: int, at: datetime, event: Decided) -> dict[str, Any]:
    result = event.result
    return {
        "id": new_id(),
        "instance_id": instance_id,
        "element": event.element,
        "decision": event.decision,
        "model_hash": result.model_hash,
        "at": at,
        "inputs": dict(result.inputs),
        "output": result.value,
        "fired": [[rule.table, rule.rule, list(rule.annotations)] for rule in result.fired],
    }
