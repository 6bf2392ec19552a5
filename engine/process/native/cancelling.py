"""Taking tokens away. Law: an interruption is immediate; what stands inside goes first, then what holds it.

Each flow node that was entered and not left is told as cancelled, a join once however many tokens stand before it.
"""

from __future__ import annotations

from engine.process.contract import Passed
from engine.process.native.bodies import parts_of, take_kept
from engine.process.native.run import DEAD, Run
from engine.process.parts import PartsNeeded, Range
from engine.process.state import Stage, Token

_SILENT = frozenset({Stage.ARRIVING, Stage.HELD})


def cancel_token(run: Run, token: Token) -> None:
    """Take one token away with all that it holds. Raises PartsNeeded when some of that is away."""
    if token.inner:
        _require_below(run, token.inner)
    _cancel(run, token)


def cancel_scope(run: Run, scope_id: int, spare: int = 0) -> None:
    """Take away every token that stands in a scope, but the spared one. The scope itself stays."""
    _require_below(run, scope_id)
    for id in run.inside(scope_id):
        if id != spare and id in run.tokens:
            _cancel(run, run.tokens[id])


def _require_below(run: Run, scope_id: int) -> None:
    """Raise PartsNeeded when something below a scope is away."""
    if not run.before.away:
        return
    wanted: list[Range] = []
    front = [scope_id]
    while front:
        scope = run.scopes[front.pop()]
        parts = parts_of(scope)
        if parts is not None and not run.before.here(*parts):
            wanted.append(parts)
        front += [inner for id in run.inside(scope.id) if (inner := run.tokens[id].inner)]
    if wanted:
        raise PartsNeeded(tuple(wanted))


def _cancel(run: Run, token: Token) -> None:
    token = run.token(token.id)
    stage, home = token.stage, run.home(token)
    run.close_all(token.waits)
    token.waits = ()
    if token.inner:
        for id in run.inside(token.inner):
            if id in run.tokens:
                _cancel(run, run.tokens[id])
        scope = run.scopes[token.inner]
        run.close_all(scope.waits)
        take_kept(run, scope)
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
