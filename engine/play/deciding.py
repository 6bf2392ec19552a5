"""One decision, outside any process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import ModelRefused, NotFound
from engine.feel import Moment
from engine.play.library import load
from engine.play.run import DEFAULT_NOW, ZONE


def decide(
    files: Iterable[str | Path],
    decision: str,
    inputs: Mapping[str, Any],
    now: datetime | None = None,
) -> dict[str, Any]:
    """Evaluate a decision or decision service by name or id.

    Gives {decision, value, fired, warnings, decisions}; values are Decimal, date, time, datetime, durations, lists and
    contexts. `now` is what now() and today() answer (default: the moment at which plays begin). Raises ModelRefused,
    NotFound.
    """
    library = load(files)
    if library.refused:
        raise ModelRefused(library.refused)
    model = library.decisions.get(decision)
    if model is None:
        raise NotFound(what="decision", id=decision)
    result = model.evaluate(decision, model.read(decision, inputs), Moment(now or DEFAULT_NOW, ZONE))
    return {
        "decision": result.decision,
        "value": result.value,
        "fired": [
            {
                "decision": fired.decision, "table": fired.table, "rule": fired.rule, "rule_id": fired.rule_id,
                "outputs": dict(fired.outputs), "annotations": list(fired.annotations),
            }
            for fired in result.fired
        ],
        "warnings": [str(warning) for warning in result.warnings],
        "decisions": dict(result.decisions),
    }  # fmt: skip
