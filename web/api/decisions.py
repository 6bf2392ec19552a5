"""Decisions over REST: what a table says, without a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from engine import api
from web.api.calls import Call, Strict


class Inputs(Strict):
    variables: dict[str, Any] = Field(default_factory=dict, description="The decision's inputs.")


class Output(BaseModel):
    decision: str
    output: Any
    fired: list[dict[str, Any]] = Field(description="The rules that fired, by table.")


def evaluate(db: Any, who: api.Actor, body: Inputs, key: str) -> Mapping[str, Any]:
    """Evaluate a decision of the newest version. Nothing is written: what a case decides stands in its own log."""
    found = api.evaluate_decision(db, who, key, body.variables)
    fired = [{"table": one.decision, "rule": one.rule} for one in found.fired]
    return {"decision": key, "output": found.value, "fired": fired}


CALLS = (Call("POST", "/decisions/<key>/evaluate", "evaluateDecision", "decisions", "decisions", Output, evaluate,
              body=Inputs),)  # fmt: skip
