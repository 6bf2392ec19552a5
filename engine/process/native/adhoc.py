"""Ad-hoc sub-processes (BPMN 2.0 §13.3.5): what stands in it without incoming flow begins, together or one by one.

After each activity the completion condition is asked; once it holds, what runs is cancelled or (cancelRemaining false)
allowed to end, and nothing new begins. Without tokens left, the sub-process is done.
"""

from __future__ import annotations

from engine.process.native import subprocesses
from engine.process.native.activities import complete
from engine.process.native.adhocrules import closing
from engine.process.native.plan import PNode
from engine.process.native.run import Run
from engine.process.state import Scope, Token


def work(run: Run, token: Token, p: PNode) -> None:
    """Begin all (parallel) or the first (sequential) of what stands in it."""
    scope = subprocesses.open_scope(run, token, p)
    spec = run.plan.scopes[p.id].spec
    firsts = _firsts(run, p)
    if spec.ordering == "Sequential" and firsts:
        scope.data = {**(scope.data or {}), "todo": list(firsts[1:])}
        firsts = firsts[:1]
    for node in reversed(firsts):
        run.push_new(node, scope.id)
    if not firsts:
        run.queue.append((None, -scope.id))


def _firsts(run: Run, p: PNode) -> list[str]:
    inside = [run.plan.nodes[id] for id in run.plan.scopes[p.id].spec.nodes]
    return [
        node.id
        for node in inside
        if not node.incoming and not node.node.attached_to and not node.node.by_event and not node.node.for_compensation
    ]


def emptied(run: Run, token: Token, scope: Scope) -> None:
    """Nothing runs: begin the next of a sequential one, or be done."""
    todo = (scope.data or {}).get("todo")
    if todo and not closing(run, scope.id):
        kept = run.scope(scope.id)
        kept.data = {**kept.data, "todo": todo[1:]}
        run.push_new(todo[0], scope.id)
    else:
        run.push(complete, token)
