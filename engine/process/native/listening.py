"""Listeners of an element: before its work, before its outputs are mapped, before it is left. Law: one after the other.

Assignments are made at once, a topic or a script is a job that the element waits for. How far a token has come with
the listeners of its stage stands in its data, so that nothing runs twice when something is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.process.model import Listener
from engine.process.native.pausing import priority_of, retries_of
from engine.process.native.plan import PNode
from engine.process.native.run import Run
from engine.process.state import Stage, Token
from engine.process.waits import JobWait

HEARD = "heard"
"""In a token's data: its stage, and how many of that stage's listeners have had their turn."""


def hear(run: Run, token: Token, p: PNode, stage: int) -> bool:
    """Let the listeners of a stage have their turn. False: one works, and the node goes on when it is done."""
    entries = p.listeners.get(stage, ())
    if not entries:
        return True
    token.stage = stage
    kept, done = (token.data or {}).get(HEARD, (stage, 0))
    for number, entry in enumerate(entries[done if kept == stage else 0 :], start=done if kept == stage else 0):
        if entry.assigns is None:
            _open(run, token, p, entry)
        elif entry.assigns:
            place = run.place(token)
            run.write(place, run.params(entry.assigns, place))
        token.data = {**(token.data or {}), HEARD: [stage, number + 1]}
        if entry.assigns is None:
            return False
    return True


def _open(run: Run, token: Token, p: PNode, entry: Listener) -> None:
    given = dict(run.view(run.place(token)))
    job = JobWait(
        run.new_id(token.id), p.id, "topic" if entry.topic else "script", entry.topic or entry.script or "", given,
        retries_of(run, token, entry.retries or p.node.retries), None if entry.topic else "python",
        priority=priority_of(run, token, p), properties=p.node.properties,
    )  # fmt: skip
    run.open(job, "listener", token)


def go_on(run: Run, token: Token, p: PNode) -> None:
    """The listeners after the one that was done, or tried again; then what the stage stood before."""
    stage = token.stage
    if hear(run, token, p, stage):
        p.heard[stage](run, token, p)


def answered(run: Run, token: Token, p: PNode, results: Mapping[str, Any]) -> None:
    """A listener's job is done. Before the work its variables are the activity's own, else they go outwards."""
    if results and token.stage == Stage.OPENING and p.activity:
        if not token.inner:
            token.inner = run.new_scope(token.scope, token.id, p.id, "task", {}).id
        run.write_here(token.inner, results)
    elif results:
        run.write(token.scope if token.stage == Stage.PARTING else run.place(token), results)
    go_on(run, token, p)
