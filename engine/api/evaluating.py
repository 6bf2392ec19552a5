"""A decision asked from outside any case. Law: nothing is written; a deployed model answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine import deciding
from engine.decisions.result import DecisionResult
from engine.execution import runtime_of
from engine.feel import Moment
from engine.identity import Actor


def evaluate_decision(
    session: Session, actor: Actor, key: str, variables: Mapping[str, Any], version: int | None = None
) -> DecisionResult:
    """What a deployed decision says of these inputs, now and in the business zone. NotFound when there is none."""
    runtime = runtime_of(session)
    model = deciding.deployed_decision(session, key, version)
    return model.evaluate(key, model.read(key, variables), Moment(now=runtime.now(), zone=runtime.zone))
