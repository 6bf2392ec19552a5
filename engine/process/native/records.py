"""Remembering what can be compensated (BPMN 2.0 §10.7.1): a record in the scope, with the data as they are now."""

from __future__ import annotations

from engine.process.native.bodies import keep_record
from engine.process.native.plan import PNode
from engine.process.native.run import Run
from engine.process.state import Scope, Token


def remember(run: Run, token: Token, p: PNode, inner: Scope | None) -> None:
    """A compensable activity has completed: note it in its scope, with its own data as they are now."""
    done = list(inner.done) if inner else []
    if p.undo is None and not done and (p.inner is None or run.plan.scopes[p.id].compensation is None):
        return
    record = {"node": p.id, "vars": dict(inner.vars) if inner and inner.kind != "body" else {}, "done": done}
    scope = run.scope(token.scope)
    if token.index < 0 or not keep_record(run, token, scope, record):
        scope.done = (*scope.done, record)
