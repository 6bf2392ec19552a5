"""Taking tokens away. Law: an interruption is immediate; what stands inside goes first, then what holds it.

Each flow node that was entered and not left is told as cancelled, a join once however many tokens stand before it.
"""

from __future__ import annotations

from engine.process.contract import Passed
from engine.process.native.run import DEAD, Run
from engine.process.state import Stage, Token

_SILENT = frozenset({Stage.ARRIVING, Stage.HELD})


def cancel_token(run: Run, token: Token) -> None:
    """Take one token away with all that it holds."""
    _cancel(run, token, _by_scope(run) if token.inner else {})


def cancel_scope(run: Run, scope_id: int, spare: int = 0) -> None:
    """Take away every token that stands in a scope, but the spared one. The scope itself stays."""
    inside = _by_scope(run)
    for id in inside.get(scope_id, ()):
        if id != spare and id in run.tokens:
            _cancel(run, run.tokens[id], inside)


def _by_scope(run: Run) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for token in run.tokens.values():
        found.setdefault(token.scope, []).append(token.id)
    return found


def _cancel(run: Run, token: Token, inside: dict[int, list[int]]) -> None:
    token = run.token(token.id)
    stage, home = token.stage, run.home(token)
    run.close_all(token.waits)
    token.waits = ()
    if token.inner:
        for id in inside.get(token.inner, ()):
            if id in run.tokens:
                _cancel(run, run.tokens[id], inside)
        run.close_all(run.scopes[token.inner].waits)
        del run.scopes[token.inner]
        token.inner = 0
    if stage not in _SILENT and (stage != Stage.JOINING or _last_before(run, token)):
        run.events.append(Passed("cancel", token.node, home, run.plan.nodes[token.node].type))
    _forget(run, token)
    run.consume(token)
    token.stage = DEAD


def _last_before(run: Run, token: Token) -> bool:
    return run.joins.get((token.scope, token.node)) == (token.id,)


def _forget(run: Run, token: Token) -> None:
    key = (token.scope, token.node)
    waiting = run.joins.get(key)
    if waiting is not None and token.id in waiting:
        rest = tuple(id for id in waiting if id != token.id)
        if rest:
            run.joins[key] = rest
        else:
            del run.joins[key]
