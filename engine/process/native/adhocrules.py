"""When an ad-hoc sub-process is complete (BPMN 2.0 §13.3.5)."""

from __future__ import annotations

from engine.process.native.cancelling import cancel_scope
from engine.process.native.run import Run


def closing(run: Run, scope_id: int) -> bool:
    """Whether the sub-process only waits for what still runs."""
    return bool((run.scopes[scope_id].data or {}).get("closing"))


def after_activity(run: Run, scope_id: int) -> None:
    """An activity of the sub-process has completed: does that complete it?"""
    scope = run.scopes[scope_id]
    spec = run.plan.scopes[scope.node].spec
    if spec.completion is None or closing(run, scope_id):
        return
    if run.holds(spec.completion, scope_id):
        kept = run.scope(scope_id)
        kept.data = {**(kept.data or {}), "closing": True}
        if spec.cancel_remaining:
            cancel_scope(run, scope_id)
            run.queue.append((None, -scope_id))
