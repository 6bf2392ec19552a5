"""Compensation: what has been done, and undoing it (BPMN 2.0 §10.7, §13.5.5)."""

from __future__ import annotations

from engine.process.native.plan import PNode
from engine.process.native.run import Run
from engine.process.state import Scope, Token


def remember(run: Run, token: Token, p: PNode, inner: Scope | None) -> None:
    """A compensable activity has completed: note it in its scope, with its own data as they are now."""
    record = {"node": p.id, "vars": dict(inner.vars) if inner else {}, "done": list(inner.done) if inner else []}
    scope = run.scope(token.scope)
    scope.done = (*scope.done, record)
