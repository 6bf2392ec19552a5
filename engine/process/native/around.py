"""Listeners of the process itself: before anything in it begins, and when it is over.

Law: they are heard by a token of their own that has entered no node, so that each may be a job, and an incident at one
is retried. Who cancels an instance, or lets it fail, waits for nobody: then only assignments are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import ModelError
from engine.process.model import Listener
from engine.process.native.pausing import retries_of
from engine.process.native.plan import PNode
from engine.process.native.run import Run, Stuck
from engine.process.state import Stage, Token
from engine.process.waits import JobWait

ROLE = "around"
"""The role of a listener's job, and in its token's data: which listeners it hears."""
THEN: dict[str, Callable[[Run, Token], None]] = {}
"""What goes on once all `start` or `end` listeners were heard (filled by `table`)."""


def hear(run: Run, which: str, scope_id: int, data: Mapping[str, Any]) -> bool:
    """Send out the token that hears the listeners of a moment. False when there are none."""
    if not run.plan.around[which]:
        return False
    token = run.new_token(next(iter(run.plan.nodes)), scope_id)
    token.stage = Stage.HELD
    token.data = {**data, ROLE: which, "heard": 0}
    run.push(go_on, token)
    return True


def hears(token: Token) -> bool:
    """Whether it is such a token."""
    return bool(token.data) and ROLE in token.data


def go_on(run: Run, token: Token, p: PNode) -> None:
    """The listeners that are left, up to the next job; after the last of them what they stand before."""
    entries = run.plan.around[token.data[ROLE]]
    for number in range(token.data["heard"], len(entries)):
        entry = entries[number]
        if entry.assigns is None:
            _open(run, token, entry)
        else:
            run.write(token.scope, run.params(entry.assigns, token.scope))
        token.data = {**token.data, "heard": number + 1}
        if entry.assigns is None:
            return
    THEN[token.data[ROLE]](run, token)


def _open(run: Run, token: Token, entry: Listener) -> None:
    job = JobWait(
        run.new_id(token.id), run.plan.key, "topic" if entry.topic else "script", entry.topic or entry.script or "",
        dict(run.view(token.scope)), retries_of(run, token, entry.retries), None if entry.topic else "python",
    )  # fmt: skip
    run.open(job, ROLE, token)


def answered(run: Run, token: Token, p: PNode, results: Mapping[str, Any]) -> None:
    """A listener's job is done; what it returned is the process's."""
    run.write(token.scope, results)
    go_on(run, token, p)


def at_last(run: Run, root: int) -> None:
    """The instance is cancelled or has failed: what its end listeners assign, as far as they were not heard yet."""
    gate = next((one for one in run.tokens.values() if hears(one) and one.data[ROLE] == "end"), None)
    for entry in run.plan.around["end"][gate.data["heard"] if gate is not None else 0 :]:
        try:
            run.write(root, run.params(entry.assigns or (), root))
        except (Stuck, ModelError):
            continue  # nothing may keep an instance from being ended
